"""What a live source is: polled for items, one batch at a time, remembering nothing but a small state.

A source never decides what an article is: it gives items, which go the way of items from files. So an item seen twice is known by its
locator and fingerprint, and polling again after a crash adds nothing twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from newslink.articles.items import RawItem, fingerprint_of
from newslink.model import Rejection

State = Mapping[str, Any]
Rows = list[dict[str, Any]]
# function name, arguments, seconds → rows as dictionaries; raises SourceError. The pipeline wires it to a process that can be killed.
Call = Callable[[str, Mapping[str, Any], float], Rows]


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll brought. items may be an iterator, read once and in order. state: handed to the next poll once all items are stored.

    done: called when items and state are stored; a source with a memory of its own keeps it there. note: what a person should know.
    finished: nothing will come any more (end of standard input).
    """

    items: Iterable[RawItem | Rejection] = ()
    state: State = field(default_factory=dict)
    note: str = ""
    finished: bool = False
    done: Callable[[], None] = lambda: None


@runtime_checkable
class Source(Protocol):
    """name: unique among the sources that run. kind: its key in SOURCES. interval: seconds between polls when all goes well."""

    name: str
    kind: str
    interval: float

    def poll(self, state: State) -> Poll:
        """Items since state (empty at first). Bounded in time and memory. Raises SourceError, nothing else; state is JSON and small."""
        ...


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source as a person describes it. address: URL, path or the name of an akshare function, by kind."""

    kind: str
    name: str
    address: str = ""
    interval: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tools:
    """What sources are given from outside. home: a folder they may write to. call: akshare in a child process.

    watchlist: securities asked for one by one. names_of: what a security is called, to check that an answer is about it.
    """

    home: Path = Path()
    call: Call | None = None
    watchlist: Callable[[], Sequence[str]] = tuple
    names_of: Callable[[str], Sequence[str]] = lambda security: ()


def item_of(locator: str, row: Mapping[str, Any]) -> RawItem:
    """A row under our field names (see ``articles.columns``) as an item. Keys are sorted, so the same row has the same fingerprint."""
    raw = json.dumps({k: v for k, v in row.items() if v not in (None, "", [])}, ensure_ascii=False, sort_keys=True).encode(
        "utf-8", "replace"
    )
    return RawItem(locator, fingerprint_of(raw), "jsonl", raw)


def deadline_of(seconds: float) -> Callable[[], float]:
    """A function that says how many seconds are left, never below zero."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())
