"""The soak run itself in small, and that each of its checks can fail."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from newslink.articles.feeds import FeedSource
from newslink.errors import SourceError
from newslink.pipeline.ingest import ingest
from newslink.settings import Settings
from newslink.store import open_store
from tests.live.soak_readers import Answers, Memory, counted
from tests.live.soak_verdict import archive_failures, log_failures, memory, quarters, table_failures
from tests.live.soak_world import Feed, FolderWriter, Ledger, piece

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_twenty_seconds_of_everything_at_once_lose_nothing(tmp_path: Path) -> None:
    words = ["--minutes", "0.34", "--readers", "4", "--sessions", "1", "--kills", "1", "--keep", str(tmp_path / "soak")]
    command = [sys.executable, str(ROOT / "benchmarks" / "soak.py"), *words]
    result = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=900, check=False)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    assert "killed and started again: 1 times" in result.stdout
    assert all(kind in result.stdout for kind in ("API events", "store events", "dashboard chart"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ledger]:
    """Sixty articles with twins and broken items, ingested once."""
    base = tmp_path_factory.mktemp("soak")
    ledger = Ledger()
    writer = FolderWriter(base / "news", ledger, 1.0)
    for _ in range(20):
        writer.write(3)
    ingest([base / "news"], Settings(base, f"sqlite:///{base}/a.db"))
    return base / "a.db", ledger


def test_what_was_written_is_what_is_stored(archive: tuple[Path, Ledger]) -> None:
    file, ledger = archive
    assert (len(ledger.articles), ledger.linked, ledger.broken, ledger.twins) == (60, 48, 3, 4)
    with open_store(f"sqlite:///{file}") as store:
        assert archive_failures(store, ledger) == []
    assert table_failures(file, ledger) == []


def test_a_lost_a_strange_and_a_changed_article_and_a_lost_rejection_are_seen(archive: tuple[Path, Ledger]) -> None:
    file, ledger = archive
    lost = piece("other", 1)
    first, second, *rest = ledger.articles.values()
    changed = Ledger({one.id: one for one in (*rest, lost)} | {second.id: piece("other", 2)}, ledger.broken + 1)
    with open_store(f"sqlite:///{file}") as store:
        words = "\n".join(archive_failures(store, changed))
    assert f"1 articles lost: {lost.id}" in words
    assert f"1 articles not written by us: {first.id}" in words
    assert f"1 articles with another title: {second.id}" in words
    assert "(articles, linked, rejected)" in words
    assert any(line.startswith("rejections: 3") for line in table_failures(file, changed))


def test_growth_is_told_from_warming_up() -> None:
    warming = [(float(at), 100.0 + min(at, 50)) for at in range(600)]
    growing = [(float(at), 100.0 + at / 10) for at in range(600)]
    first, last, seconds = quarters(growing)
    assert (first, last, seconds) == (pytest.approx(112.7, abs=0.3), pytest.approx(153.2, abs=0.3), 539)
    table, failures = memory({"steady": warming, "leaking": growing})
    assert len(table) == 3 and len(failures) == 1 and failures[0].startswith("leaking grew by 40")
    assert memory({"short": [(at / 10, float(at)) for at in range(600)]})[1] == []
    assert memory({"never": []})[1] == ["never: no memory samples"]


def test_a_coloured_traceback_in_a_log_is_found(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    good.write_text("newslink watch: posts, feed\n", encoding="utf-8")
    bad.write_text("\x1b[31m──\x1b[0m\x1b[1;31mTrace\x1b[0mback \x1b[1;2;31m(most recent call last)\n", encoding="utf-8")
    assert log_failures({"good": good, "none": tmp_path / "none.log"}) == []
    assert len(log_failures({"good": good, "bad": bad})) == 1


def test_counts_that_fall_or_do_not_add_up_are_a_wrong_answer() -> None:
    answers, memory_ = Answers(), Memory()
    good = {"articles": 3, "linked": 2, "unlinked": 1, "rejected": 0}
    for counts in (good, good | {"linked": 3}, good | {"articles": 2, "linked": 1}):
        with answers.timed("counts"):
            counted(memory_, counts)
    assert [len(answers.taken["counts"]), len(answers.failures())] == [1, 2]
    assert Answers().failures() == ["no reader had an answer"]


@pytest.fixture
def feed() -> Iterator[Feed]:
    feed = Feed(Ledger(), 1.0)
    feed.entries = [piece("feed", number) for number in range(40)]
    yield feed
    feed.close()


def test_the_feed_misbehaves_in_every_way_and_a_reader_still_gets_all_of_it(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    source = FeedSource("feed", feed.url, allow=["127.0.0.1"], seconds=2.0)
    refused = 0
    for _ in range(3 * len(Feed.FAULTS)):
        try:
            source.poll({})
        except SourceError:
            refused += 1
    assert feed.ledger.faults == dict.fromkeys(Feed.FAULTS, 1)
    assert refused == len(Feed.FAULTS) - 1  # one that is cut short is a feed, though not a whole one
    feed.calm.set()
    poll = source.poll({})
    assert len(list(poll.items)) == 40
    assert list(source.poll(poll.state).items) == []
    with pytest.raises(urllib.error.HTTPError, match="304"):
        urllib.request.urlopen(urllib.request.Request(feed.url, headers={"If-None-Match": poll.state["etag"]}), timeout=10)
