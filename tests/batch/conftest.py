"""A real Dask scheduler with two real workers on loopback, as separate processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


class Cluster(NamedTuple):
    address: str
    workers: list[subprocess.Popen]
    folder: Path

    def add_worker(self) -> None:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--host", "127.0.0.1", "--nthreads", "1",
                   "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder), "--memory-limit", "0"]  # fmt: skip
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        self.workers.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment(), cwd=self.folder))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__VERSION": "2"}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "dask"
    folder.mkdir()
    told = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
               "--scheduler-file", str(told)]  # fmt: skip
    log = (folder / "scheduler.log").open("wb")
    scheduler = subprocess.Popen(command, stdout=log, stderr=log, env=environment(), cwd=folder)
    cluster = None
    try:
        for _ in range(300):
            found = re.search(r'"address": "(tcp://[^"]+)"', told.read_text()) if told.exists() else None
            if found:
                break
            assert scheduler.poll() is None, (folder / "scheduler.log").read_text()
            time.sleep(0.1)
        else:
            raise AssertionError((folder / "scheduler.log").read_text())
        cluster = Cluster(found[1], [], folder)
        cluster.add_worker()
        cluster.add_worker()
        yield cluster
    finally:
        for process in [*(cluster.workers if cluster else []), scheduler]:
            process.kill()
            process.wait()
