"""``newslink watch`` as a process of its own: stopped by SIGTERM, killed at any moment, and started again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newslink.cli import main
from newslink.store import open_store
from tests.live.test_contract import write_posts

ROOT = Path(__file__).resolve().parents[2]


def command(home: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, "NEWSLINK_HOME": str(home), "NEWSLINK_STORE": f"sqlite:///{home}/a.db", "PYTHONUNBUFFERED": "1"}
    return [sys.executable, "-m", "newslink", "watch", *words], environment


def run(home: Path, *words: str, feed: bytes = b"", seconds: float = 120) -> subprocess.CompletedProcess:
    line, environment = command(home, *words)
    return subprocess.run(line, cwd=ROOT, env=environment, input=feed, capture_output=True, timeout=seconds, check=False)


def articles(home: Path) -> dict[str, str]:
    from newslink.model import Filter

    with open_store(f"sqlite:///{home}/a.db") as store:
        rows = store.page(Filter(), 0, 100_000).rows
        counts = store.counts()
        assert counts.linked + counts.unlinked == len(rows)
    return dict(zip(rows["article"], rows["title"], strict=True))


def title_of(number: int) -> str:
    letters = random.Random(number)
    return f"贵州茅台(600519){''.join(chr(letters.randrange(0x4E00, 0x9FA5)) for _ in range(24))}"


def lines(numbers: range) -> bytes:
    """Texts with nothing in common, as news has: thousands of copies of one text would be another test."""
    rows = ({"id": f"s:{n}", "title": title_of(n), "text": "正文。", "published": "2022-05-27 17:47:41"} for n in numbers)
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_folder_and_standard_input_are_read_once_and_a_second_run_changes_nothing(home: Path, tmp_path: Path) -> None:
    write_posts(tmp_path / "posts", 0, 1, 2)
    words = ("--folder", str(tmp_path / "posts"), "--stdin", "--once", "--json")
    first = run(home, *words, feed=lines(range(1500)) + b"not json\n")
    totals = json.loads(first.stdout.splitlines()[-1])
    assert first.returncode == 0, first.stderr.decode()
    assert (totals["new"], totals["rejected"], totals["articles"]) == (1503, 1, 1503)
    assert totals["files"] == sum(totals[name] for name in ("new", "updated", "unchanged", "duplicates", "rejected"))
    again = json.loads(run(home, *words, feed=lines(range(1500)) + b"not json\n").stdout.splitlines()[-1])
    assert (again["new"], again["unchanged"], again["articles"]) == (0, 1503, 1503)


def started(home: Path, *words: str) -> subprocess.Popen:
    line, environment = command(home, *words)
    return subprocess.Popen(line, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(condition: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def stored(home: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{home}/a.db?mode=ro", uri=True, timeout=5) as connection:
            return connection.execute("SELECT count(*) FROM article").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_sigterm_ends_it_cleanly_and_new_files_are_seen_while_it_runs(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    write_posts(folder, 0, 1)
    process = started(home, "--folder", str(folder), "--interval", "1", "--json")
    try:
        wait_for(lambda: stored(home) == 2)
        write_posts(folder, 2)
        wait_for(lambda: stored(home) == 3)
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["new"] == 3
    assert b"Traceback" not in errors


def test_killed_at_any_moment_and_started_again_it_has_every_article_once(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(lines(range(1500)))
    (folder / "b.jsonl").write_bytes(lines(range(1250, 2500)))
    for begun in (0, 600):  # killed with the first batch written, and again further on
        process = started(home, "--folder", str(folder), "--interval", "1")
        try:
            wait_for(lambda begun=begun: stored(home) > begun)
            process.send_signal(signal.SIGKILL)
        finally:
            process.communicate()
    result = run(home, "--folder", str(folder), "--once", "--json")
    assert result.returncode == 0, result.stderr.decode()
    assert articles(home) == {f"s:{n}": title_of(n) for n in range(2500)}


def test_what_is_wrong_with_the_words_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["watch"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    bad = tmp_path / "sources.toml"
    for text, words in (
        ("[[source]]\nkind = 'telepathy'\nname = 'x'\n", "telepathy"),
        ("[[source]]\nkind = 'rss'\nname = 'x'\naddress = 'file:///etc/passwd'\n", "http"),
        ("[[source]]\nkind = 'folder'\nname = 'x'\n[[source]]\nkind = 'folder'\nname = 'x'\n", "two sources"),
        ("[[source]]\nkind = 'folder'\nname = '../../x\\u0000'\n", "name"),
        ("[[source]]\nkind = 'folder'\ninterval = 'often'\n", "interval"),
        ("not toml at all [", "TOML"),
    ):
        bad.write_text(text, encoding="utf-8")
        assert main(["watch", "--sources", str(bad), "--once"]) == 3, text
        assert words in capsys.readouterr().err
    assert main(["watch", "--sources", str(tmp_path / "missing.toml")]) == 3


def test_offline_nothing_is_fetched(home: Path, tmp_path: Path) -> None:
    write_posts(tmp_path / "posts", 0)
    line, environment = command(
        home, "--rss", "https://example.com/feed.xml", "--akshare", "cls", "--folder", str(tmp_path / "posts"), "--once", "--json"
    )
    result = subprocess.run(line, cwd=ROOT, env={**environment, "NEWSLINK_OFFLINE": "1"}, capture_output=True, timeout=120, check=False)
    assert result.returncode == 0
    assert result.stderr.count(b": offline, ") == 2
    assert json.loads(result.stdout.splitlines()[-1])["new"] == 1
