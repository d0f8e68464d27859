"""``newslink serve`` as a process: loopback by default, no exposure without a token, a real socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from newslink.cli import main

ROOT = Path(__file__).resolve().parents[2]


def test_without_a_token_no_other_machine_is_served(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSLINK_API_TOKEN", raising=False)
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "NEWSLINK_API_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("NEWSLINK_API_TOKEN", "short")
    assert main(["serve"]) == 2
    assert "short" not in capsys.readouterr().err.replace("shorter", "")


def test_it_listens_on_the_loopback_and_ends_cleanly(store_url: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = "t" * 32
    environment = {**os.environ, "NEWSLINK_HOME": str(tmp_path), "NEWSLINK_API_TOKEN": token}
    command = [sys.executable, "-m", "newslink", "serve", "--port", str(port), "--store", store_url]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        address = f"http://127.0.0.1:{port}/api/counts"
        for _ in range(300):
            try:
                opener.open(address, timeout=5)
            except urllib.error.HTTPError as error:
                assert error.code == 401
                break
            except OSError:
                assert process.poll() is None, process.stderr.read().decode()
                time.sleep(0.1)
        else:
            pytest.fail("the service did not come up")
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        assert b'"articles":31' in opener.open(request, timeout=10).read()
    finally:
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
    assert token.encode() not in out + errors
    assert b"Traceback" not in errors
