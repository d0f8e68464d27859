"""A description of a live source → a Source that is polled for items. One Protocol, one dictionary (SOURCES), one shipped fake.

A source never decides what an article is: it gives items, which go the way of items from files. So an item seen twice is known by its
locator and fingerprint, and polling again after a crash adds nothing twice.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from newslink.articles.items import RawItem, fingerprint_of
from newslink.errors import SourceError
from newslink.model import Rejection

State = Mapping[str, Any]
Rows = list[dict[str, Any]]
# function name, arguments, seconds → rows as dictionaries; raises SourceError. The pipeline wires it to a process that can be killed.
Call = Callable[[str, Mapping[str, Any], float], Rows]

_NAME = re.compile(r"[\w一-鿿][\w一-鿿 .:/@+-]{0,79}\Z")


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


def source_of(spec: SourceSpec, tools: Tools) -> Source:
    """The source described. Raises SourceError for an unknown kind, a bad name or an unusable address."""
    if spec.kind not in SOURCES:
        raise SourceError(spec.name or spec.kind, f"no source is of kind {spec.kind!r}; there are {', '.join(sorted(SOURCES))}")
    if not _NAME.match(spec.name):
        raise SourceError(spec.name[:80] or spec.kind, "a name of 1 to 80 letters, digits, blanks and . : / @ + - is expected")
    if spec.interval is not None and not 1 <= spec.interval <= 86_400 * 7:
        raise SourceError(spec.name, f"an interval of 1 second to 7 days is expected, found {spec.interval}")
    return SOURCES[spec.kind](spec, tools)


def item_of(locator: str, row: Mapping[str, Any]) -> RawItem:
    """A row under our field names (see ``articles.columns``) as an item. Keys are sorted, so the same row has the same fingerprint."""
    raw = json.dumps({k: v for k, v in row.items() if v not in (None, "", [])}, ensure_ascii=False, sort_keys=True).encode(
        "utf-8", "replace"
    )
    return RawItem(locator, fingerprint_of(raw), "jsonl", raw)


class FakeSource:
    """A source that plays back what it was given, one batch a poll: rows, or an exception to raise. For tests and trials; it ships."""

    kind = "fake"

    def __init__(self, name: str, batches: Sequence[Sequence[Mapping[str, Any]] | Exception], interval: float = 1.0) -> None:
        self.name, self.batches, self.interval = name, batches, interval
        self._at_failure: dict[int, int] = {}

    def poll(self, state: State) -> Poll:
        at = int(state.get("at", 0)) + self._at_failure.get(int(state.get("at", 0)), 0)
        if at >= len(self.batches):
            return Poll(state={"at": at}, finished=True)
        batch = self.batches[at]
        if isinstance(batch, Exception):
            # A failure has no state of its own: it is raised once, then passed over.
            self._at_failure[int(state.get("at", 0))] = self._at_failure.get(int(state.get("at", 0)), 0) + 1
            raise batch
        items = [item_of(f"fake:{self.name}#{row.get('id', position)}", row) for position, row in enumerate(batch)]
        return Poll(items, {"at": at + 1})


def _fake(spec: SourceSpec, tools: Tools) -> Source:
    """address: a JSON list of batches, each a list of rows."""
    try:
        batches = json.loads(spec.address or "[]")
    except ValueError as error:
        raise SourceError(spec.name, f"the address of a fake source is a JSON list of batches: {error}") from None
    return FakeSource(spec.name, batches, spec.interval or 1.0)


def _rss(spec: SourceSpec, tools: Tools) -> Source:
    from newslink.articles.feeds import FeedSource

    return FeedSource(spec.name, spec.address, spec.interval or 300.0, allow=tuple(spec.options.get("allow", ())))


def _akshare(spec: SourceSpec, tools: Tools) -> Source:
    from newslink.articles.live import live_source

    return live_source(spec, tools)


def _folder(spec: SourceSpec, tools: Tools) -> Source:
    from newslink.articles.sources_files import FolderSource

    return FolderSource(spec.name, Path(spec.address), spec.interval or 10.0)


def _git(spec: SourceSpec, tools: Tools) -> Source:
    from newslink.articles.sources_git import GitSource

    allow = tuple(spec.options.get("allow", ()))
    return GitSource(
        spec.name, spec.address, tools.home / "git", spec.interval or 300.0, branch=str(spec.options.get("branch", "")), allow=allow
    )


def _lines(spec: SourceSpec, tools: Tools) -> Source:
    from newslink.articles.sources_files import LinesSource

    return LinesSource(spec.name, interval=spec.interval or 1.0)


SOURCES: dict[str, Callable[[SourceSpec, Tools], Source]] = {
    "akshare": _akshare,
    "fake": _fake,
    "folder": _folder,
    "git": _git,
    "rss": _rss,
    "stdin": _lines,
}


def deadline_of(seconds: float) -> Callable[[], float]:
    """A function that says how many seconds are left, never below zero."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())
