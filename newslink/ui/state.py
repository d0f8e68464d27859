"""URL parameters → what is being looked at (``View``), and back. Whatever is not understood is dropped, never run.

A copied link opens the same view: everything an analyst chose is in the URL and nothing else is, so the defaults of a later version do
not
change an old link's meaning more than they must.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from newslink.model import SECURITY_ID, Filter, Role

RANGES = {"1m": 31, "3m": 92, "6m": 183, "1y": 366, "3y": 1097, "5y": 1828, "all": 0}
PERIODS = ("auto", "day", "week", "month", "60", "15", "5")
MINUTES = ("60", "15", "5")
ADJUSTS = ("qfq", "hfq", "raw")
OVERLAYS = ("ma", "ema", "boll")
PANELS = ("macd", "rsi")
LANGUAGES = ("zh", "en")
COLOUR_BY = ("role", "tag")
MARKET_GROUPS = {"cn": ("SH", "SZ", "BJ"), "hk": ("HK",), "us": ("US",)}
SPANS = {"1d": 1, "1w": 7, "1m": 31, "3m": 92, "1y": 366}
EARLIEST, LATEST = date(1980, 1, 1), date(2100, 12, 31)
_TEXT = 200
_MANY = 30


@dataclass(frozen=True, slots=True)
class View:
    """range: a key of RANGES, used when start and end are None. day: the chosen session; article: the open one.

    relevance: percent. language: '' is the browser's. page: of the news list, from 1. only: the news list is of the security alone.
    span: the market page's days, a key of SPANS; '' is as many as hold something. market: whose securities it lists, a key
    of MARKET_GROUPS, '' all. study: what was last studied (``study_page``), '' nothing.
    """

    security: str = ""
    range: str = "1y"
    start: date | None = None
    end: date | None = None
    period: str = "auto"
    adjust: str = "qfq"
    overlays: tuple[str, ...] = ("ma",)
    panels: tuple[str, ...] = ()
    log: bool = False
    green_up: bool = False
    colour_by: str = "role"
    compare: bool = False
    keyword: str = ""
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    relevance: int = 0
    fold: bool = False
    day: date | None = None
    article: str = ""
    language: str = ""
    page: int = 1
    only: bool = False
    span: str = ""
    market: str = ""
    study: str = ""

    def filter(self, with_dates: bool = False, with_security: bool = False) -> Filter:
        """The one filter behind markers, list, counts and exports."""
        return Filter(
            securities=(self.security,) if with_security and self.security else (),
            start=self.start if with_dates else None,
            end=self.end if with_dates else None,
            keyword=self.keyword,
            sources=self.sources,
            categories=self.categories,
            tags=self.tags,
            roles=tuple(Role(role) for role in self.roles),
            min_relevance=self.relevance / 100,
            fold_copies=self.fold,
        )

    def window(self, newest: date) -> tuple[date, date]:
        """The days to show, inclusive: those chosen, else the range that ends with newest."""
        if self.start or self.end:
            end = self.end or newest
            start = self.start or end - timedelta(days=RANGES["1y"])
            return (start, end) if start <= end else (end, start)
        days = RANGES[self.range]
        return (newest - timedelta(days=days) if days else EARLIEST, newest)


def _text(value: str) -> str:
    return "".join(c for c in value[: _TEXT * 2] if c.isprintable())[:_TEXT].strip()


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value.strip()) if len(value) <= 12 else None
    except ValueError:
        return None
    return day if day and EARLIEST <= day <= LATEST else None


def _one_of(choices: Iterable[str], default: str):
    return lambda value: value if value in choices else default


def _some_of(choices: Sequence[str]):
    def chosen(value: str) -> tuple[str, ...]:
        given = value[:_TEXT].split(",")
        return tuple(choice for choice in choices if choice in given)

    return chosen


def _security(value: str) -> str:
    value = value.strip().upper() if len(value) <= 24 else ""
    return value if SECURITY_ID.match(value) else ""


def _number(low: int, high: int, default: int):
    def number(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            return default
        return min(max(int(value), low), high)

    return number


_STUDY = re.compile(r"(this|watch|filtered)\.(market|adjusted|mean)\.(simple|log)\.(none|security|tag)((?:\.-?\d{1,4}){4})(?:\.(.{4,16}))?\Z")


def _study(value: str) -> str:
    """Sample, model, returns, groups, the ends of both windows, and the index if not the market's: ``this.market.simple.none.-130.-11.-5.10``."""
    found = _STUDY.match(value)
    return value if found and (found[6] is None or SECURITY_ID.match(found[6])) else ""


# field of View → (parameter, how its text is read). A parameter that may repeat is in _LISTS.
_READERS = {
    "security": ("code", _security),
    "range": ("range", _one_of(RANGES, "1y")),
    "start": ("from", _day),
    "end": ("to", _day),
    "period": ("period", _one_of(PERIODS, "auto")),
    "adjust": ("adj", _one_of(ADJUSTS, "qfq")),
    "overlays": ("over", _some_of(OVERLAYS)),
    "panels": ("ind", _some_of(PANELS)),
    "log": ("log", lambda value: value == "1"),
    "green_up": ("greenup", lambda value: value == "1"),
    "colour_by": ("color", _one_of(COLOUR_BY, "role")),
    "compare": ("cmp", lambda value: value == "1"),
    "keyword": ("q", _text),
    "relevance": ("rel", _number(0, 100, 0)),
    "fold": ("fold", lambda value: value == "1"),
    "day": ("day", _day),
    "article": ("art", _text),
    "language": ("lang", _one_of(LANGUAGES, "")),
    "page": ("p", _number(1, 100_000, 1)),
    "only": ("only", lambda value: value == "1"),
    "market": ("mkt", _one_of(("", *MARKET_GROUPS), "")),
    "span": ("span", _one_of(("", *SPANS), "")),
    "study": ("study", _study),
}
_LISTS = {"sources": "src", "categories": "cat", "tags": "tag", "roles": "role"}
PARAMETERS = frozenset(parameter for parameter, _ in _READERS.values()) | frozenset(_LISTS.values())


def parse_view(parameters: Mapping[str, Sequence[str]]) -> tuple[View, tuple[str, ...]]:
    """(view, parameters that could not be used). parameters: name → its values. Never raises; unknown names are ignored."""
    found: dict[str, object] = {}
    bad: list[str] = []
    for name, (parameter, read) in _READERS.items():
        values = parameters.get(parameter)
        if not values:
            continue
        value = read(values[-1])
        found[name] = value
        if not _understood(value, values[-1]):
            bad.append(parameter)
    for name, parameter in _LISTS.items():
        values = [text for value in parameters.get(parameter, ())[:_MANY] if (text := _text(value))]
        if name == "roles":
            known = [role.value for role in Role]
            bad += [parameter] * any(value not in known for value in values)
            values = [role for role in known if role in values]
        if values:
            found[name] = tuple(dict.fromkeys(values))
    return View(**found), tuple(dict.fromkeys(bad))  # type: ignore[arg-type]


def _understood(value: object, text: str) -> bool:
    printed = "" if value is None else _printed(value)
    return sorted(printed.casefold().split(",")) == sorted(text.strip().casefold().split(","))


def format_view(view: View) -> dict[str, str | list[str]]:
    """The parameters of a view; what is at its default is left out. ``parse_view`` of it gives the view back."""
    default, out = View(), {}
    for field in fields(View):
        value = getattr(view, field.name)
        if value == getattr(default, field.name):
            continue
        if field.name in _LISTS:
            out[_LISTS[field.name]] = list(value)
        else:
            out[_READERS[field.name][0]] = _printed(value)
    return out


def _printed(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return ",".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def changed(view: View, **more: object) -> View:
    """The view with other choices. A new window or filter closes nothing; another security closes the open article and session."""
    if "security" in more and more["security"] != view.security:
        more = {"day": None, "article": "", "sources": (), "categories": (), "page": 1} | more
    if ("start" in more or "end" in more) and "range" not in more:
        more = {"range": "1y"} | more
    if "range" in more and "start" not in more:
        more = {"start": None, "end": None} | more
    return replace(view, **more)
