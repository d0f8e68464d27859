"""Event rows → one marker a place: how many articles, what they are, and the first headlines, within a fixed budget of text.

The budget makes the figure's size independent of how many articles there are: few markers show three headlines each, many show one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from unicodedata import category

import numpy as np
import pandas as pd

from newslink.chart.slots import Slots

TEXT_BUDGET = 4_500  # characters of headlines in one figure
ROLES = ("subject", "mention", "source", "list")
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Markers:
    """Parallel arrays, ascending by place. count: distinct articles. role: the strongest of them, as index into ROLES. tag: the most
    frequent
    event tag or ''. hover: escaped, bounded lines joined by ``<br>``."""

    place: np.ndarray
    count: np.ndarray
    role: np.ndarray
    tag: list[str]
    hover: list[str]
    drawn: int
    undrawn: int


def plain(text: object, limit: int) -> str:
    """Text from outside → one line without control, format or direction characters, cut at ``limit`` with an ellipsis.

    Cut before cleaning as well: a hundred thousand characters cost no more than a few hundred.
    """
    raw = str(text)[: limit * 4 + 64]
    # Printable is the common case and tells at once that there is nothing to drop.
    kept = raw if raw.isprintable() else "".join(map(_kept, raw))
    clean = " ".join(kept.split())
    return clean if len(clean) <= limit else clean[: max(limit - 1, 0)] + "…"


def _kept(character: str) -> str:
    kind = category(character)
    return " " if kind in ("Cc", "Zl", "Zp") else "" if kind in ("Cf", "Cs", "Co") else character


def markers(events: pd.DataFrame, places: Slots, with_tags: bool = True) -> Markers:
    """events: session, article, published_at, title, role; tags if there are any. Articles count once a place."""
    place = places.place_of(events["session"].to_numpy("datetime64[D]"))
    inside = np.flatnonzero(place >= 0)
    articles, distinct = pd.factorize(events["article"].array)
    seen = np.bincount(articles[inside], minlength=len(distinct))
    drawn = int(np.count_nonzero(seen))
    names, kinds = pd.factorize(events["role"].array)
    role = np.array([ROLES.index(str(name)) if name in ROLES else len(ROLES) - 1 for name in list(kinds)] or [0], np.int64)[names]
    published = events["published_at"].to_numpy("datetime64[s]")
    # By place, then the strongest role first, then by time; a second link of the same article is dropped (first occurrence wins).
    order = inside[np.lexsort((published[inside], role[inside], place[inside]))]
    pair = place[order] * (len(distinct) + 1) + articles[order]
    order = order[np.sort(np.unique(pair, return_index=True)[1])]
    where, starts, counts = np.unique(place[order], return_index=True, return_counts=True)
    tags = events["tags"].to_numpy(object) if with_tags and "tags" in events.columns else None
    return Markers(
        place=where,
        count=counts,
        role=role[order[starts]] if len(order) else np.zeros(0, np.int64),
        tag=[_commonest(tags, order[s : s + n]) for s, n in zip(starts.tolist(), counts.tolist(), strict=True)],
        hover=_hover(events, order, starts, counts),
        drawn=drawn,
        undrawn=len(distinct) - drawn,
    )


def _commonest(tags: np.ndarray | None, rows: np.ndarray) -> str:
    if tags is None:
        return ""
    seen: dict[str, int] = {}
    for row in rows.tolist():
        for tag in tags[row] or ():
            seen[tag] = seen.get(tag, 0) + 1
    return max(seen, key=seen.__getitem__) if seen else ""


def budget(number: int) -> tuple[int, int]:
    """(headlines a marker, characters a headline) for a number of markers, so that all of them stay within the budget."""
    for lines, length in ((4, 60), (3, 44), (2, 36), (1, 32), (1, 24)):
        if number * lines * length <= TEXT_BUDGET:
            return lines, length
    return 1, max(4, TEXT_BUDGET // max(number, 1))


def _hover(events: pd.DataFrame, order: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> list[str]:
    lines, length = budget(len(starts))
    chosen = [order[s : s + min(n, lines)] for s, n in zip(starts.tolist(), counts.tolist(), strict=True)]
    rows = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
    times = clock_texts(events["published_at"].iloc[rows])
    titles = events["title"].iloc[rows].tolist()
    said = [escape(f"{time} {plain(title, length)}") for title, time in zip(titles, times, strict=True)]
    out, position = [], 0
    for part, number in zip(chosen, counts.tolist(), strict=True):
        text = said[position : position + len(part)]
        position += len(part)
        if number > len(part):
            text.append(f"… +{number - len(part)}")
        out.append("<br>".join(text))
    return out


def clock_texts(times: pd.Series) -> list[str]:
    """Beijing time as ``03-14 18:30``; '' where there is none."""
    if times.empty:
        return []
    local = pd.DatetimeIndex(times)
    local = (local.tz_localize("UTC") if local.tz is None else local).tz_convert(ZONE)
    return ["" if text is None or text != text else text for text in local.strftime("%m-%d %H:%M").tolist()]


def badge(count: int) -> str:
    """What stands in the marker: nothing for one article."""
    return "" if count < 2 else str(count) if count < 100 else "99+"


def size_of(count: np.ndarray) -> np.ndarray:
    """Marker diameter in pixels: area grows with the logarithm of the number of articles."""
    return np.round(np.minimum(12.0 + 4.0 * np.log2(np.maximum(count, 1)), 30.0), 1)


def top_tags(tags: list[str], most: int) -> Mapping[str, int]:
    """Tag → its number, most frequent first; the rest are 'other'."""
    seen: dict[str, int] = {}
    for tag in tags:
        if tag:
            seen[tag] = seen.get(tag, 0) + 1
    return {tag: i for i, tag in enumerate(sorted(seen, key=lambda t: (-seen[t], t))[:most])}
