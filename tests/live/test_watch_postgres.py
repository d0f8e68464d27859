"""``newslink watch`` on PostgreSQL: killed and started again, two at once, and a stop by SIGTERM; every article is there once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newslink.model import Filter
from newslink.store import open_store
from tests.live.test_watch_command import ROOT, lines, title_of
from tests.store.conftest import postgres, postgres_url  # noqa: F401  fixtures

pytestmark = pytest.mark.xdist_group("postgres watch")


@pytest.fixture
def url(postgres_url: str) -> str:  # noqa: F811
    return postgres_url


def started(home: Path, url: str, *words: str) -> subprocess.Popen:
    environment = {**os.environ, "NEWSLINK_HOME": str(home), "NEWSLINK_STORE": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "newslink", "watch", *words, "--json"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until(store, many: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while store.counts().linked < many:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def titles(store) -> dict[str, str]:
    rows = store.page(Filter(), 0, 100_000).rows
    counts = store.counts()
    assert counts.ingested == counts.linked + counts.unlinked + counts.rejected == len(rows)
    return dict(zip(rows["article"], rows["title"], strict=True))


def test_killed_and_started_again_twice_at_once_it_has_every_article_once(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(lines(range(300)))
    (folder / "b.jsonl").write_bytes(lines(range(200, 500)))
    words = ("--folder", str(folder), "--interval", "1")
    with open_store(url) as store:
        process = started(tmp_path / "home", url, *words)
        try:
            wait_until(store, 1)
            process.send_signal(signal.SIGKILL)
        finally:
            process.communicate()
        both = [started(tmp_path / f"home{number}", url, *words) for number in (1, 2)]
        try:
            wait_until(store, 500)
            (folder / "c.jsonl").write_bytes(lines(range(500, 540)))
            wait_until(store, 540)
            for process in both:
                process.send_signal(signal.SIGTERM)
            ends = [process.communicate(timeout=120) for process in both]
        finally:
            for process in both:
                process.kill()
        assert [process.returncode for process in both] == [0, 0]
        assert all(b"Traceback" not in errors for _, errors in ends)
        assert sum(json.loads(out.splitlines()[-1])["new"] for out, _ in ends) <= 540
        assert titles(store) == {f"s:{n}": title_of(n) for n in range(540)}
