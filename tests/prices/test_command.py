"""``newslink prices``: the words, what is stored and what is told; the loopback world is met through environment variables alone."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from newslink.cli import main
from tests.loopback.world import Fault
from tests.prices.test_served_truth import truth_of

ROOT = Path(__file__).resolve().parents[2]
SINCE, UNTIL = "2022-05-05", "2022-06-30"


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def shell(world, tmp_path, monkeypatch, capsys):
    """The command in this process; the environment is what a shell would have set."""
    monkeypatch.delenv("NEWSLINK_STORE", raising=False)
    monkeypatch.delenv("NEWSLINK_OFFLINE", raising=False)
    for name, value in (world.environment | {"NEWSLINK_HOME": str(tmp_path / "home")}).items():
        monkeypatch.setenv(name, value)

    def run(*words: str, **more: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in more.items():
                patch.setenv(name, value)
            capsys.readouterr()
            try:
                code = main(["prices", *words])
            except SystemExit as end:
                code = end.code
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return run


def update(shell, *securities: str, **more: str) -> dict:
    done = shell("update", "--security", *securities, "--since", SINCE, "--until", UNTIL, "--json", **more)
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1]) | {"code": done.returncode, "stderr": done.stderr}


def shown(shell, security: str, *words: str) -> list[dict]:
    done = shell("show", "--security", security, "--start", SINCE, "--end", UNTIL, *words)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_update_then_show_gives_the_served_truth_and_a_second_update_asks_nobody(world, shell) -> None:
    first = update(shell, "688111.SH", "600519.SH")
    assert (first["code"], first["updated"], first["failed"]) == (0, 2, 0), first
    asked = len(world.seen)
    second = update(shell, "688111.SH", "600519.SH")
    assert (second["code"], second["requests"], second["bars"]) == (0, 0, 0)
    assert len(world.seen) == asked
    rows = shown(shell, "688111.SH")
    truth = truth_of(world, "688111.SH", *map(np.datetime64, (SINCE, UNTIL)))
    assert [row["session"] for row in rows] == truth["session"].dt.strftime("%Y-%m-%d").tolist()
    for column in ("open", "high", "low", "close", "prev_close"):
        np.testing.assert_allclose([float(row[column]) for row in rows], truth[column], atol=1e-9)
    assert list(rows[0]) == [
        "session", "open", "high", "low", "close", "prev_close", "volume", "amount", "provider", "fetched_at", "provisional",
    ]  # fmt: skip
    assert {row["provisional"] for row in rows} == {"false"}
    forward, backward = shown(shell, "688111.SH", "--adjust", "qfq"), shown(shell, "688111.SH", "--adjust", "hfq")
    assert float(forward[-1]["close"]) == float(rows[-1]["close"]) and float(backward[0]["close"]) == float(rows[0]["close"])
    for adjusted in (forward, backward):
        close = np.array([float(row["close"]) for row in adjusted])
        np.testing.assert_allclose(close[1:] / close[:-1], (truth["close"] / truth["prev_close"])[1:], atol=1e-9)
    lines = shell("show", "--security", "688111.SH", "--start", SINCE, "--end", UNTIL, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["close"] for line in lines] == truth["close"].tolist()


def test_killed_in_mid_update_a_rerun_ends_the_same(world, shell) -> None:
    world.faults.append(Fault("hang", host="*", skip=4))  # the first security passes, the second hangs
    words = ["update", "--security", "688111.SH", "600519.SH", "--since", SINCE, "--until", UNTIL]
    process = subprocess.Popen(
        [sys.executable, "-m", "newslink", "prices", *words],
        cwd=ROOT,
        env=os.environ.copy(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while len(world.seen) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(world.seen) >= 5
    world.faults.clear()
    assert update(shell, "688111.SH", "600519.SH")["updated"] == 2
    for security in ("688111.SH", "600519.SH"):
        truth = truth_of(world, security, *map(np.datetime64, (SINCE, UNTIL)))
        assert [float(row["close"]) for row in shown(shell, security)] == truth["close"].tolist()


def test_what_cannot_be_had_is_told_in_words_and_the_exit_code(world, shell) -> None:
    world.faults.append(Fault("status", host="*", status=456))
    failed = update(shell, "600519.SH")
    assert (failed["code"], failed["failed"]) == (1, 1)
    assert "refused the request" in failed["stderr"] and "status 456" in failed["stderr"]
    offline = update(shell, "600519.SH", NEWSLINK_OFFLINE="1")
    assert offline["code"] == 1 and "offline" in offline["stderr"]


SMALL_MARKET = (
    "import sys; from newslink.pipeline import linking; linking.bundled = lambda: ((), ())\n"
    "from newslink.cli import main; sys.exit(main(sys.argv[1:]))"
)


def test_the_whole_market_killed_in_the_middle_asks_afterwards_only_for_what_is_missing(world, shell, tmp_path) -> None:
    """Four securities and the three indices they are held against are the market: the bundled lists are left out."""
    rows = "".join(f"{code}\t样本{code}\tshort\t\t\n" for code in ("300750.SZ", "600036.SH", "600519.SH", "688111.SH"))
    (tmp_path / "names.tsv").write_text("security\tname\tkind\tvalid_from\tvalid_to\n" + rows, encoding="utf-8")
    assert main(["universe", "import", str(tmp_path / "names.tsv")]) == 0
    words = [sys.executable, "-c", SMALL_MARKET, "prices", "update", "--all", "--since", SINCE, "--until", UNTIL, "--json"]

    def run() -> dict:
        done = subprocess.run(words, cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    process = subprocess.Popen(words, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def asked(security: str) -> bool:
        return any(security[:6] in str(request.query) + request.path for request in list(world.seen))

    deadline = time.monotonic() + 90
    while not asked("600519.SH") and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert asked("600519.SH")
    world.seen.clear()
    summary = run()
    assert (summary["securities"], summary["updated"], summary["failed"], summary["left"]) == (7, 7, 0, 0)
    assert not asked("300750.SZ") and not asked("600036.SH"), "what was stored before the kill is not asked for again"
    assert asked("688111.SH")
    world.seen.clear()
    again = run()
    assert (again["updated"], again["requests"], again["bars"]) == (7, 0, 0) and not world.seen


def test_the_lists_killed_in_the_middle_go_on_with_the_next_list(world, shell, tmp_path) -> None:
    from newslink.store import open_store

    world.faults.append(Fault("hang", host="www.bse.cn"))
    words = [sys.executable, "-m", "newslink", "universe", "refresh"]
    process = subprocess.Popen(words, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while "www.bse.cn" not in world.hosts() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    world.faults.clear()
    with open_store(os.environ.get("NEWSLINK_STORE") or f"sqlite:///{tmp_path}/home/newslink.db") as store:
        before = {one.id for one in store.securities()}
    assert "600519.SH" in before and "000001.SZ" in before and "920799.BJ" not in before
    world.seen.clear()
    assert main(["universe", "refresh", "--json"]) == 0
    assert "query.sse.com.cn" in world.hosts(), "Shanghai's delistings come after Beijing"
    assert not [one for one in world.seen if one.host == "www.szse.cn" and one.query.get("CATALOGID") == "1110"], "and Shenzhen's list was done"


@pytest.mark.parametrize(("words", "code"), [
    (["update"], 2), (["update", "--all", "--security", "600519.SH"], 2), (["update", "--security", "600519.SH", "--since", "soon"], 2),
    (["show"], 2), (["show", "--security", "600519.SH", "--adjust", "vic"], 2), ([], 2), (["show", "--security", "没有这家公司"], 3),
])  # fmt: skip
def test_wrong_words_are_answered_with_usage_and_no_traceback(shell, words, code) -> None:
    done = shell(*words)
    assert done.returncode == code
    assert "Traceback" not in done.stderr and done.stderr and not done.stdout


def test_a_range_without_bars_says_how_to_fetch_them(shell) -> None:
    done = shell("show", "--security", "600036.SH", "--start", "2019-01-01", "--end", "2019-02-01")
    assert done.returncode == 1
    assert "newslink prices update --security 600036.SH" in done.stderr
    assert done.stdout.splitlines() == ["session,open,high,low,close,prev_close,volume,amount,provider,fetched_at,provisional"]
