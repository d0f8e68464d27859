"""The exchanges' own lists, by way of akshare → securities and dated names, list by list; an interrupted refresh goes on where it was.

Shanghai, STAR, Shenzhen and Beijing (short names, Shanghai's full names, listing dates), delistings of Shanghai and Shenzhen, Shenzhen's
dated changes of short names, and the names of Hong Kong and US securities in Chinese and English. Shanghai publishes no former names.
Shenwan's list says which industry each A-share belonged to since when.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd

from newslink.model import SECURITY_ID, Kind, Name, NameKind, Security
from newslink.prices.base import Outcome, ProviderFailure

Rows = tuple[list[Security], list[Name]]


@dataclass(frozen=True, slots=True)
class Membership:
    """A security belongs to an industry since a day. code: six digits of Shenwan's classification, the first two being the first level."""

    security: str
    code: str
    since: date


@dataclass(frozen=True, slots=True)
class ListResult:
    """One list. failure: None when it was read; securities, names and industries are then new rows to put. rows: how many the list had."""

    name: str
    securities: tuple[Security, ...] = ()
    names: tuple[Name, ...] = ()
    industries: tuple[Membership, ...] = ()
    rows: int = 0
    failure: ProviderFailure | None = None


def clean(text: object) -> str:
    """A short name as articles write it: full-width letters narrowed, padding spaces between Chinese characters gone."""
    text = unicodedata.normalize("NFKC", "" if text is None else str(text)).strip()
    return re.sub(r"(?<=[一-鿿])\s+(?=[一-鿿A-Z])", "", text)


def day(value: object) -> date | None:
    """A date in any of the lists' notations (2001-08-27, 20010827, a timestamp); None where there is none."""
    text = "" if value is None else str(value)[:10].replace("/", "-")
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def current(
    table: pd.DataFrame,
    code: str,
    short: str,
    suffix: str,
    source: str,
    listed: str = "",
    full: str = "",
    english: str = "",
    width: int = 6,
) -> Rows:
    """Securities of a list of what is listed now, with their names from their listing on."""
    securities, names = [], []
    for row in table.to_dict("records"):
        identity = f"{str(row[code]).strip().split('.')[0].zfill(width) if width else str(row[code]).strip().upper()}.{suffix}"
        name = clean(row[short])
        if not SECURITY_ID.match(identity) or not name:
            continue
        since = day(row.get(listed)) if listed else None
        securities.append(Security(identity, name, Kind.STOCK, identity, since))
        names.append(Name(identity, name, NameKind.SHORT, None, None, source))
        for column, kind in ((full, NameKind.FULL), (english, NameKind.ENGLISH)):
            text = unicodedata.normalize("NFKC", str(row.get(column) or "")).strip() if column else ""
            if text and text != name and text not in ("-", "nan", "None"):
                names.append(Name(identity, text, kind, None, None, source))
    return securities, names


def gone(table: pd.DataFrame, code: str, short: str, suffix: str, source: str, listed: str, until: str) -> Rows:
    """Delisted securities: their last name, and the day from which they no longer trade."""
    securities, names = [], []
    for row in table.to_dict("records"):
        identity, name, end = f"{str(row[code]).strip().zfill(6)}.{suffix}", clean(row[short]), day(row[until])
        if SECURITY_ID.match(identity) and name:
            securities.append(Security(identity, name, Kind.STOCK, identity, day(row[listed]), end))
            names.append(Name(identity, name, NameKind.SHORT, None, end, source))
    return securities, names


def renamed(table: pd.DataFrame, source: str) -> tuple[list[Name], dict[str, date]]:
    """Dated changes of short names → (each former name with the days it held, security → first day of the name held now)."""
    names, since_when = [], {}
    for code, rows in table.groupby("证券代码", sort=True):
        identity = f"{str(code).zfill(6)}.SZ"
        if not SECURITY_ID.match(identity):
            continue
        changes = sorted(((day(row["变更日期"]), row) for row in rows.to_dict("records") if day(row["变更日期"])), key=lambda item: item[0])
        since = None
        for at, row in changes:
            before = clean(row["变更前简称"])
            if before:
                names.append(Name(identity, before, NameKind.FORMER, since, at - timedelta(days=1), source))
            since = at
        if since is not None:
            since_when[identity] = since
    return names, since_when


def shenzhen(table: pd.DataFrame, changes: pd.DataFrame) -> Rows:
    """Shenzhen's list with its name changes: the name held now is valid from its change on, former names before."""
    securities, names = current(table, "A股代码", "A股简称", "SZ", "szse", "A股上市日期")
    former, since = renamed(changes, "szse")
    return securities, [replace(name, valid_from=since.get(name.security)) for name in names] + former


def industries(table: pd.DataFrame) -> list[Membership]:
    """Every change of industry that Shenwan records, B-shares and what is no code left out."""
    found = []
    for row in table.to_dict("records"):
        code, since = str(row["symbol"]).strip().zfill(6), day(row["start_date"])
        market = "SH" if code.startswith("6") else "SZ" if code.startswith(("0", "3")) else "BJ" if code.startswith(("4", "8", "92")) else ""
        industry = str(row["industry_code"]).strip()
        if market and since and re.fullmatch(r"\d{6}", code) and re.fullmatch(r"\d{6}", industry):
            found.append(Membership(f"{code}.{market}", industry, since))
    return found


# list → (the child's tables it needs, how their rows become securities and names). The columns are akshare's.
INDUSTRIES = "industries"
LISTS: dict[str, tuple[tuple[str, ...], Callable[..., Rows | list[Membership]]]] = {
    "sse": (("sse",), lambda t: current(t, "证券代码", "证券简称", "SH", "sse", "上市日期", "公司全称")),
    "sse_star": (("sse_star",), lambda t: current(t, "证券代码", "证券简称", "SH", "sse", "上市日期", "公司全称")),
    "szse": (("szse", "szse_renamed"), shenzhen),
    "bse": (("bse",), lambda t: current(t, "证券代码", "证券简称", "BJ", "bse", "上市日期")),
    "sse_delisted": (("sse_delisted",), lambda t: gone(t, "公司代码", "公司简称", "SH", "sse", "上市日期", "暂停上市日期")),
    "szse_delisted": (("szse_delisted",), lambda t: gone(t, "证券代码", "证券简称", "SZ", "szse", "上市日期", "终止上市日期")),
    "hk": (("hk",), lambda t: current(t, "代码", "中文名称", "HK", "sina", english="英文名称", width=5)),
    "us": (("us",), lambda t: current(t, "symbol", "cname", "US", "sina", english="name", width=0)),
    INDUSTRIES: (("sw",), industries),
}


def parse_list(name: str, *tables: pd.DataFrame) -> ListResult:
    """One list's rows. Raises ProviderFailure(SCHEMA) when a column is missing or nothing in it is a security."""
    try:
        found = LISTS[name][1](*tables)
    except KeyError as error:
        raise ProviderFailure(name, Outcome.SCHEMA, f"column {error} is missing") from error
    securities, names, memberships = ([], [], found) if name == INDUSTRIES else (*found, [])
    if not names and not memberships:
        raise ProviderFailure(name, Outcome.SCHEMA, f"none of {len(tables[0])} rows is a security")
    return ListResult(name, tuple(securities), tuple(names), tuple(memberships), len(tables[0]))


class ListRefresh:
    """fetch(table) → one table (``AkshareProvider.listing``). state: file that remembers which lists are done; None forgets.

    now: aware. A list done within max_age is not asked for again.
    """

    def __init__(
        self,
        fetch: Callable[[str], pd.DataFrame],
        state: Path | None,
        now: Callable[[], datetime],
        max_age: timedelta = timedelta(hours=20),
    ) -> None:
        self.fetch, self.state, self.now, self.max_age = fetch, state, now, max_age

    def due(self, names: tuple[str, ...] = tuple(LISTS)) -> list[str]:
        """The lists that are not fresh."""
        done = self._done()
        return [name for name in names if name not in done or self.now() - done[name] > self.max_age]

    def run(self, names: tuple[str, ...] = tuple(LISTS)) -> Iterator[ListResult]:
        """Every due list, one after the other; one that fails is given with its failure and stays due.

        A list counts as done when the next is asked for, so that its rows are stored by then.
        """
        for name in self.due(names):
            try:
                yield parse_list(name, *map(self.fetch, LISTS[name][0]))
            except ProviderFailure as failure:
                yield ListResult(name, failure=failure)
                continue
            self._mark(name)

    def _done(self) -> dict[str, datetime]:
        try:
            return {name: datetime.fromisoformat(at) for name, at in json.loads(self.state.read_text(encoding="utf-8")).items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _mark(self, name: str) -> None:
        if self.state is None:
            return
        done = {key: at.isoformat() for key, at in self._done().items()} | {name: self.now().isoformat()}
        self.state.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.state.with_name(f"{self.state.name}.{os.getpid()}")
        fresh.write_text(json.dumps(done), encoding="utf-8")
        fresh.replace(self.state)
