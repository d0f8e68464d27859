"""A description of a live source → a Source that is polled for items. One dictionary (SOURCES), one shipped fake."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from newslink.articles.source import Poll, Source, SourceSpec, State, Tools, item_of
from newslink.errors import SourceError

_NAME = re.compile(r"[\w一-鿿][\w一-鿿 .:/@+-]{0,79}\Z")


def source_of(spec: SourceSpec, tools: Tools) -> Source:
    """The source described. Raises SourceError for an unknown kind, a bad name or an unusable address."""
    if spec.kind not in SOURCES:
        raise SourceError(spec.name or spec.kind, f"no source is of kind {spec.kind!r}; there are {', '.join(sorted(SOURCES))}")
    if not _NAME.match(spec.name):
        raise SourceError(spec.name[:80] or spec.kind, "a name of 1 to 80 letters, digits, blanks and . : / @ + - is expected")
    if spec.interval is not None and not 1 <= spec.interval <= 86_400 * 7:
        raise SourceError(spec.name, f"an interval of 1 second to 7 days is expected, found {spec.interval}")
    return SOURCES[spec.kind](spec, tools)


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
