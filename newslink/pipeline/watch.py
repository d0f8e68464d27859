"""Sources polled each at its own pace, until told to stop → articles in the store. One long-lived process, bounded in memory.

Polls run in threads, a few at once; storing happens in one. A source's state is kept only when everything it brought is stored, and items
are known by locator and fingerprint: a kill at any moment loses nothing and doubles nothing, and the next start goes on from there.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from newslink.articles.source import Poll, Source
from newslink.errors import NewslinkError, SourceError, StoreError

log = logging.getLogger(__name__)

BATCH = 500  # items stored in one go
AT_ONCE = 4  # polls running
LONGEST_WAIT = 3600.0
AFTER_SECONDS = 60.0
STANDING = frozenset(("articles", "linked", "unlinked"))  # of a summary: the store's totals, not this batch's
_PREFIX = "source/"
_SMALL = 65_536


class Keeper(Protocol):
    """What is asked of the store: a small JSON value by name."""

    def state(self, name: str) -> Any: ...

    def set_state(self, name: str, value: Any) -> None: ...


Ingest = Callable[[Sequence[Any]], Any]  # items → a Summary with counts


@dataclass
class SourceRecord:
    """What is kept of a source, and what the page 数据 shows. Times are ISO 8601, UTC, empty for never. failures: in a row, now.

    received: items ever handed over. note: what the last poll said a person should know. state: the source's own.
    """

    name: str
    kind: str = ""
    interval: float = 0.0
    last_attempt: str = ""
    last_success: str = ""
    last_error: str = ""
    last_error_at: str = ""
    next_at: float = 0.0
    failures: int = 0
    received: int = 0
    note: str = ""
    state: dict = field(default_factory=dict)

    @classmethod
    def read(cls, keeper: Keeper, name: str) -> SourceRecord:
        """From the store; what cannot be understood (written by another version) is left at its default."""
        record = cls(name)
        kept = keeper.state(_PREFIX + name)
        for key, default in asdict(record).items():
            value = kept.get(key) if isinstance(kept, dict) else None
            if isinstance(value, type(default)) or (isinstance(default, float) and isinstance(value, int)):
                setattr(record, key, value)
        record.name = name
        return record

    def write(self, keeper: Keeper) -> None:
        keeper.set_state(_PREFIX + self.name, asdict(self))


def source_records(keeper: Keeper) -> list[SourceRecord]:
    """Every source that was ever watched, by name."""
    names = keeper.state("sources")
    return [SourceRecord.read(keeper, name) for name in sorted(names)] if isinstance(names, list) else []


def wait_after(record: SourceRecord, interval: float, retry_after: float | None = None) -> float:
    """Seconds to the next poll: the interval, doubled with every failure in a row, at most an hour (or the interval, if that is longer)."""
    if not record.failures:
        return interval
    grown = min(interval * 2.0 ** min(record.failures, 12), max(LONGEST_WAIT, interval))
    return max(grown, retry_after or 0.0)


class Watch:
    """ingest: stores a batch and returns its summary. after: called when something new was stored, and every minute (alerts hang here)."""

    def __init__(
        self,
        sources: Sequence[Source],
        keeper: Keeper,
        ingest: Ingest,
        after: Callable[[], None] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.sources = {source.name: source for source in sources}
        self.keeper, self.ingest, self.after, self.now = keeper, ingest, after, now
        self.records = {name: SourceRecord.read(keeper, name) for name in self.sources}
        self.totals: Counter[str] = Counter()
        self._looked = now()
        self._came: queue.SimpleQueue[tuple[Source, Poll | Exception]] = queue.SimpleQueue()
        self._running: set[str] = set()

    def run(self, stop: threading.Event, once: bool = False) -> dict[str, int]:
        """Poll until stop is set, or every source has ended. once: each source once (a stream to its end). Returns the totals."""
        self._register()
        due = {name: 0.0 if once else self._first(record) for name, record in self.records.items()}
        while not stop.is_set() and (due or self._running):
            if self.after is not None and self.now() - self._looked >= AFTER_SECONDS:
                self._after()
            for name in sorted(due, key=due.__getitem__):
                if due[name] <= self.now() and name not in self._running and len(self._running) < AT_ONCE:
                    self._start(self.sources[name])
            wait = min([at - self.now() for name, at in due.items() if name not in self._running], default=0.5)
            try:
                source, came = self._came.get(timeout=min(max(wait, 0.02), 0.5))
            except queue.Empty:
                continue
            finished = self._take(source, came, stop)
            self._running.discard(source.name)
            if finished or (once and source.kind != "stdin"):
                due.pop(source.name, None)
            else:
                due[source.name] = 0.0 if once else self.records[source.name].next_at
        return dict(self.totals)

    def _register(self) -> None:
        names = self.keeper.state("sources")
        known = set(names) if isinstance(names, list) else set()
        if not known >= set(self.sources):
            self.keeper.set_state("sources", sorted(known | set(self.sources)))

    def _first(self, record: SourceRecord) -> float:
        """Where it was before the restart, but never later than its present interval or a wait after failures allows."""
        source = self.sources[record.name]
        return min(record.next_at, self.now() + wait_after(record, source.interval))

    def _start(self, source: Source) -> None:
        self._running.add(source.name)
        state = dict(self.records[source.name].state)

        def poll() -> None:
            try:
                self._came.put((source, source.poll(state)))
            except Exception as error:
                self._came.put((source, error))
            except BaseException as error:  # a source has no say in when the process ends
                self._came.put((source, SourceError(source.name, f"{type(error).__name__}: {error}")))

        threading.Thread(target=poll, name=f"poll {source.name}", daemon=True).start()

    def _take(self, source: Source, came: Poll | Exception, stop: threading.Event) -> bool:
        """Store what came; True when the source has ended. A failure is recorded and never ends the loop."""
        record = self.records[source.name]
        record.kind, record.interval, record.last_attempt = source.kind, source.interval, _stamp(self.now())
        retry_after = None
        finished = False
        try:
            if isinstance(came, Exception):
                raise came
            if not self._store(record, came, stop):
                return False  # stopped in between: the state stays as it was, and the rest comes again
            finished = came.finished
            record.state, record.note = _small(came.state, source.name), came.note[:500]
            record.failures, record.last_success = 0, record.last_attempt
        except NewslinkError as error:
            retry_after = getattr(error, "retry_after", None)
            self._failed(record, str(error))
        except Exception as error:  # a source that breaks its contract must not end the others
            log.exception("source %s", source.name)
            self._failed(record, f"{type(error).__name__}: {error}")
        wait = wait_after(record, source.interval, retry_after)
        record.next_at = self.now() + wait * random.uniform(0.95, 1.05)
        self._keep(record)
        if not record.failures and isinstance(came, Poll):
            came.done()
        return finished

    def _store(self, record: SourceRecord, poll: Poll, stop: threading.Event) -> bool:
        changed = False
        for batch in _batches(poll.items, BATCH):
            summary = self.ingest(batch)
            figures = {name: value for name, value in _figures(summary).items() if isinstance(value, int)}
            self.totals.update({name: value for name, value in figures.items() if name not in STANDING})
            self.totals.update({name: value - self.totals[name] for name, value in figures.items() if name in STANDING})
            record.received += len(batch)
            changed |= bool(figures.get("new") or figures.get("updated"))
            if stop.is_set():
                return False
        if changed:
            self._after()
        return True

    def _after(self) -> None:
        self._looked = self.now()
        if self.after is not None:
            self.after()

    def _failed(self, record: SourceRecord, words: str) -> None:
        record.failures += 1
        record.last_error, record.last_error_at = words[:500], record.last_attempt
        self.totals["failed_polls"] += 1
        log.warning("%s", words[:500])

    def _keep(self, record: SourceRecord) -> None:
        try:
            record.write(self.keeper)
        except StoreError as error:
            # Not kept: the next poll repeats what is already stored, which changes nothing.
            log.warning("state of %s not kept: %s", record.name, error)


def _figures(summary: Any) -> dict[str, Any]:
    if isinstance(summary, dict):
        return summary
    with contextlib.suppress(TypeError):
        return asdict(summary)
    return {}


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    stream = iter(items)
    while batch := list(itertools.islice(stream, size)):
        yield batch


def _small(state: Any, name: str) -> dict:
    if len(repr(state)) > _SMALL:
        raise SourceError(name, "wants to keep more than 64 kB of state")
    return dict(state)


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
