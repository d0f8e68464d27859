"""The command line as a person runs it: a process of its own, with its own home."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def newslink(own_home: Path) -> Callable[..., subprocess.CompletedProcess]:
    def run(*words: object, stdin: bytes | str = b"", code: int | None = 0, **environment: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [sys.executable, "-m", "newslink", *map(str, words)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "NEWSLINK_HOME": str(own_home), **environment},
            timeout=300,
        )
        errors = done.stderr.decode()
        assert "Traceback" not in errors, errors
        if code is not None:
            assert done.returncode == code, errors
        return done

    return run
