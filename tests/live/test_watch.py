"""The watch loop against a store of its own in memory: nothing lost or doubled, back-off, a clean stop, a restart that goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from newslink.articles.source import Poll, item_of
from newslink.articles.sources import FakeSource
from newslink.errors import SourceError, StoreError
from newslink.pipeline.watch import SourceRecord, Watch, source_records, wait_after


@dataclass
class Memory:
    """Keeps states and items the way a store does: by locator and fingerprint."""

    states: dict[str, Any] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    stored: int = 0
    fail_at: set[int] = field(default_factory=set)
    batches: int = 0

    def state(self, name: str) -> Any:
        return self.states.get(name)

    def set_state(self, name: str, value: Any) -> None:
        self.states[name] = value

    def ingest(self, items: Iterable) -> dict[str, int]:
        self.batches += 1
        if self.batches in self.fail_at:
            raise StoreError("disk full")
        new = unchanged = updated = 0
        for item in items:
            before = self.items.get(item.locator)
            new, unchanged, updated = (
                new + (before is None),
                unchanged + (before == item.fingerprint),
                updated + (before not in (None, item.fingerprint)),
            )
            self.items[item.locator] = item.fingerprint
            self.stored += 1
        return {"files": new + unchanged + updated, "new": new, "unchanged": unchanged, "updated": updated}


def rows(*numbers: int) -> list[dict[str, str]]:
    return [{"id": f"x:{number}", "title": f"标题{number}"} for number in numbers]


def run(memory: Memory, *sources: Any, seconds: float = 5.0, once: bool = False, after: Any = None) -> dict[str, int]:
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    try:
        return Watch(sources, memory, memory.ingest, after).run(stop, once)
    finally:
        timer.cancel()


def test_everything_a_source_gives_is_stored_once_and_the_watch_ends_with_the_sources() -> None:
    memory = Memory()
    totals = run(memory, FakeSource("甲", [rows(1, 2), rows(3)], 0.01), FakeSource("乙", [rows(1)], 0.01))
    assert totals["new"] == 4
    assert len(memory.items) == 4
    assert {record.name: record.received for record in source_records(memory)} == {"甲": 3, "乙": 1}


def test_a_restart_goes_on_where_it_was() -> None:
    memory = Memory()
    first = FakeSource("甲", [rows(1, 2)], 0.01)
    run(memory, first)
    second = FakeSource("甲", [rows(1, 2), rows(3)], 0.01)
    run(memory, second)
    assert memory.stored == 3  # the first batch was not asked for again
    assert sorted(memory.items) == ["fake:甲#x:1", "fake:甲#x:2", "fake:甲#x:3"]


def test_a_batch_that_could_not_be_stored_comes_again() -> None:
    memory = Memory(fail_at={1})
    totals = run(memory, FakeSource("甲", [rows(1, 2), rows(3)], 0.01))
    assert len(memory.items) == 3
    assert totals["failed_polls"] == 1
    record = SourceRecord.read(memory, "甲")
    assert (record.failures, record.last_error) == (0, "disk full")


def test_a_failing_source_is_recorded_and_harms_no_other() -> None:
    memory = Memory()
    failing = FakeSource("坏", [SourceError("坏", "status 503"), RuntimeError("a bug"), rows(9)], 0.01)
    run(memory, failing, FakeSource("好", [rows(1)], 0.01))
    assert set(memory.items) == {"fake:坏#x:9", "fake:好#x:1"}
    record = SourceRecord.read(memory, "坏")
    assert record.last_error == "RuntimeError: a bug"
    assert record.last_error_at
    assert record.last_success


def test_waiting_doubles_with_failures_up_to_an_hour_and_honours_the_server() -> None:
    record = SourceRecord("甲")
    waits = []
    for failures in range(9):
        record.failures = failures
        waits.append(wait_after(record, 60.0))
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    record.failures = 1
    assert wait_after(record, 60.0, retry_after=900.0) == 900.0
    assert wait_after(record, 7200.0) == 7200.0


class Endless:
    """A source with an endless stream of items in one poll, and a count of what was asked of it."""

    kind, interval = "fake", 0.01

    def __init__(self, name: str) -> None:
        self.name, self.polls, self.given, self.done_calls = name, 0, 0, 0

    def poll(self, state: Any) -> Poll:
        self.polls += 1

        def items():
            while True:
                self.given += 1
                yield item_of(f"endless#{self.given}", {"title": "x"})

        def done() -> None:
            self.done_calls += 1

        return Poll(items(), {"at": 1}, done=done)


def test_a_stop_in_the_middle_of_a_poll_keeps_the_old_state_and_ends_at_once() -> None:
    memory, source = Memory(), Endless("长")
    began = time.monotonic()
    run(memory, source, seconds=0.3)
    assert time.monotonic() - began < 3
    assert source.polls == 1
    assert source.done_calls == 0
    assert SourceRecord.read(memory, "长").state == {}
    assert source.given - memory.stored <= 1  # taken from the stream batch by batch, not all at once


class Hanging:
    kind, interval, name = "fake", 0.01, "挂"

    def poll(self, state: Any) -> Poll:
        time.sleep(30)
        return Poll()


def test_a_hanging_source_does_not_keep_the_watch_from_stopping_nor_others_from_running() -> None:
    memory = Memory()
    began = time.monotonic()
    run(memory, Hanging(), FakeSource("好", [rows(1), rows(2)], 0.01), seconds=0.6)
    assert time.monotonic() - began < 3
    assert len(memory.items) == 2


def test_state_that_grows_without_bound_is_refused() -> None:
    class Greedy:
        kind, interval, name = "fake", 0.01, "贪"

        def poll(self, state: Any) -> Poll:
            return Poll([], {"all": "x" * 100_000})

    memory = Memory()
    run(memory, Greedy(), once=True)
    assert "64 kB" in SourceRecord.read(memory, "贪").last_error
    assert SourceRecord.read(memory, "贪").state == {}


def test_once_asks_each_source_once() -> None:
    memory = Memory()
    run(memory, FakeSource("甲", [rows(1), rows(2)], 0.01), once=True)
    assert list(memory.items) == ["fake:甲#x:1"]


def test_alerts_are_looked_at_only_when_something_is_new() -> None:
    memory, calls = Memory(), []
    run(memory, FakeSource("甲", [rows(1), rows(1), rows(2)], 0.01), after=lambda: calls.append(1))
    assert len(calls) == 2


def test_a_record_written_by_another_version_is_read_as_far_as_it_goes() -> None:
    memory = Memory({"source/甲": {"failures": "many", "received": 7, "unknown": 1, "interval": 5}, "sources": ["甲"]})
    record = source_records(memory)[0]
    assert (record.failures, record.received, record.interval) == (0, 7, 5)
