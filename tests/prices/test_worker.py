"""The fetching process: its deadline, its end, its environment. Programs that hang, crash, fork and babble stand in for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from newslink.prices.base import Outcome, ProviderFailure
from newslink.prices.child.main import table
from newslink.prices.worker import ALLOWED, Worker, child_environment, unpacked
from tests.loopback.world import Fault, start_world

ROOT = Path(__file__).resolve().parents[2]


def program(text: str) -> list[str]:
    return [sys.executable, "-I", "-c", text]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and not been waited for does not count."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    return False


def ends(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def failing(worker: Worker, seconds: float = 1.0) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as failure:
        worker.call("x", "sina_daily", {"symbol": "sh600519"}, seconds)
    return failure.value


def test_a_hanging_child_costs_its_deadline_and_leaves_neither_it_nor_its_children(tmp_path) -> None:
    note = tmp_path / "pids"
    worker = Worker(command=program(
        "import os, subprocess, sys, time\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{other.pid}}')\n"
        "time.sleep(600)"
    ))  # fmt: skip
    began = time.monotonic()
    assert failing(worker, 2.0).outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 3.0
    assert all(ends(int(pid)) for pid in note.read_text().split())
    assert worker.pid is None


def test_numbers_cross_to_the_parent_bit_for_bit_and_what_is_none_as_nan() -> None:
    whole, real = [1, 2, 3], [0.1, float("nan"), 1e-300]
    sent = table(pd.DataFrame({"date": [date(2022, 1, 4), None, date(2022, 1, 6)], "whole": whole, "real": real, "far": [1.0, np.inf, -np.inf]}))
    came = unpacked(json.loads(json.dumps(sent, allow_nan=False)))
    assert came["columns"] == ["date", "whole", "real", "far"]
    assert came["data"][:2] == [["2022-01-04", None, "2022-01-06"], whole]
    np.testing.assert_array_equal(came["data"][2], real)
    np.testing.assert_array_equal(came["data"][3], [1.0, np.nan, np.nan])


def test_when_the_parent_is_gone_whatever_the_child_started_ends_with_it(tmp_path) -> None:
    """The real child's own loop, in a process that has forked before: one that ignores everything that can be ignored."""
    note = tmp_path / "pid"
    text = (
        "import os, signal, sys, time; sys.path.insert(0, sys.argv[1])\n"
        "if not os.fork():\n"
        "    [signal.signal(one, signal.SIG_IGN) for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)]\n"
        "    open(sys.argv[2], 'w').write(str(os.getpid())); os.close(0); os.close(1); time.sleep(600)\n"
        "from newslink.prices.child.main import serve\n"
        "serve()"
    )
    child = subprocess.Popen([sys.executable, "-c", text, str(ROOT), str(note)], stdin=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 20
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    forked = int(note.read_text())
    assert alive(forked) and os.getpgid(forked) == child.pid
    child.stdin.close()
    assert child.wait(20) == -signal.SIGKILL
    assert ends(forked)


def babbling(size: int, body: bytes) -> str:
    """A program that answers one request with a frame of the given length and body, and then waits."""
    return (
        "import sys; sys.stdin.readline()\n"
        f"sys.stdout.buffer.write(({size}).to_bytes(8, 'big') + {body!r}); sys.stdout.flush(); sys.stdin.readline()"
    )


def framed(reply: dict) -> str:
    body = json.dumps(reply).encode()
    return babbling(len(body), body)


@pytest.mark.parametrize(("text", "outcome"), [
    ("import os; os._exit(7)", Outcome.TRANSPORT),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Outcome.TRANSPORT),
    (babbling(2**64 - 1, b""), Outcome.TRANSPORT),
    (babbling(4, b"junk"), Outcome.SCHEMA),
    (babbling(2, b"[]"), Outcome.SCHEMA),
    (babbling(20000, b"[" * 20000), Outcome.SCHEMA),
    (babbling(9, b"{"), Outcome.TIMEOUT),
    (babbling(8, b'{"ok":5}'), Outcome.SCHEMA),
    (framed({"ok": {"bars": {"columns": ["open"], "data": [{"f8": "no base64!"}]}}}), Outcome.SCHEMA),
    (framed({"ok": {"bars": {"columns": ["open"], "data": [{"f8": "AAAA"}]}}}), Outcome.SCHEMA),
    (framed({"ok": {"bars": {"columns": ["open"], "data": [{}]}}}), Outcome.SCHEMA),
])  # fmt: skip
def test_a_child_that_crashes_or_babbles_is_a_failure_and_not_a_crash_of_ours(text, outcome) -> None:
    worker = Worker(command=program(text))
    assert failing(worker).outcome is outcome
    worker.close()
    assert worker.pid is None


def test_after_a_killed_request_the_next_one_is_answered_by_a_new_child(running_world) -> None:
    running_world.faults.clear()
    worker = Worker(environment=running_world.environment)
    # A drip: every byte comes in time for the socket, so only the kill ends it.
    running_world.faults.append(Fault("drip", host="finance.sina.com.cn"))
    assert failing(worker, 3.0).outcome is Outcome.TIMEOUT
    running_world.faults.clear()
    tables = worker.call("x", "sina_daily", {"symbol": "sh600519"}, 20)
    assert len(tables["bars"]["data"][0]) > 100
    assert worker.started == 2
    pid = worker.pid
    worker.call("x", "sina_daily", {"symbol": "sh600519"}, 20)
    assert worker.pid == pid, "a child that answered is kept warm"
    worker.close()
    assert ends(pid)


def test_the_child_sees_proxies_certificates_and_locale_and_nothing_else(tmp_path) -> None:
    secrets = {
        "NEWSLINK_STORE": "postgresql://u:secret@h/d",
        "AWS_SECRET_ACCESS_KEY": "k",
        "PYTHONPATH": "/x",
        "HOME": "/root",
        "USER": "u",
    }
    ours = {"HTTPS_PROXY": "http://127.0.0.1:1", "LANG": "C.UTF-8", "SSL_CERT_FILE": "/ca.pem"}
    worker = Worker(environment=secrets | ours, command=program(
        "import json, os, sys; sys.stdin.readline()\n"
        "body = json.dumps({'ok': dict(os.environ)}).encode()\n"
        "sys.stdout.buffer.write(len(body).to_bytes(8, 'big') + body); sys.stdout.flush(); input()"
    ))  # fmt: skip
    seen = worker.call("x", "any", {}, 10)
    worker.close()
    assert {name: seen[name] for name in ours} == ours
    assert not set(secrets) - {"HOME"} & set(seen)
    assert seen["HOME"] != "/root", "a .netrc of the user's must not be found"
    assert seen["TZ"] == "Asia/Shanghai"
    assert "secret" not in json.dumps(seen)
    assert not set(child_environment(dict.fromkeys(ALLOWED, "x"), "/h")) & {"PYTHONPATH", "LD_PRELOAD", "PYTHONSTARTUP"}


def test_when_the_parent_is_killed_the_child_ends_too(tmp_path) -> None:
    note = tmp_path / "pid"
    with start_world() as world:
        world.faults.append(Fault("hang", host="finance.sina.com.cn"))
        parent = subprocess.Popen(
            [sys.executable, "-c", (
                "import sys, threading, time; sys.path.insert(0, sys.argv[1])\n"
                "from newslink.prices.worker import Worker\n"
                "worker = Worker()\n"
                "threading.Thread(target=lambda: worker.call('x', 'sina_daily', {'symbol': 'sh600519'}, 60), daemon=True).start()\n"
                "time.sleep(1.5); open(sys.argv[2], 'w').write(str(worker.pid)); time.sleep(60)"
            ), str(ROOT), str(note)],
            env=os.environ | world.environment,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        child = int(note.read_text())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert ends(child, 10)


@pytest.mark.parametrize("arguments", [{"symbol": "../../etc/passwd"}, {"symbol": "sh600519&x=1"}, {"symbol": "a" * 41}, {"symbol": 5}])
def test_an_argument_that_is_no_code_is_refused_before_any_request(world, running_worker, arguments) -> None:
    with pytest.raises(ProviderFailure) as failure:
        running_worker.call("x", "sina_daily", arguments, 10)
    assert failure.value.outcome is Outcome.SCHEMA
    assert not world.seen


def test_only_listed_requests_are_answered(world, running_worker) -> None:
    with pytest.raises(ProviderFailure):
        running_worker.call("x", "__import__", {"symbol": "os"}, 10)
    assert not world.seen


def test_importing_prices_and_its_desk_loads_no_akshare() -> None:
    text = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import newslink.prices, newslink.prices.akshare, newslink.prices.chain, newslink.prices.cache, newslink.prices.worker\n"
        "import newslink.prices.lists, newslink.prices.files, newslink.prices.child.fetch\n"
        "assert not {'akshare', 'py_mini_racer', 'curl_cffi'} & set(sys.modules), 'akshare was imported'"
    )
    subprocess.run([sys.executable, "-c", text, str(ROOT)], check=True)
