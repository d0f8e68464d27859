"""The same results wherever parts are worked off, whatever dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from newslink.batch import AHEAD, run_parts
from newslink.errors import BatchError
from tests.batch.conftest import Cluster
from tests.batch.work import DiesOnce, doubled, fails_at_three, process_of, slow

EXPECTED = [(part, part * 2) for part in range(12)]


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_the_order_of_the_parts(workers: int) -> None:
    assert list(run_parts(range(12), doubled, workers=workers)) == EXPECTED


def test_processes_really_share_the_work(tmp_path: Path) -> None:
    used = set(run_parts([tmp_path] * 4, process_of, workers=2))
    assert len(used) == 2
    assert os.getpid() not in used


def test_no_parts_give_no_results() -> None:
    assert list(run_parts([], doubled)) == []
    assert list(run_parts([], doubled, workers=1)) == []


def test_parts_are_taken_only_as_fast_as_they_are_done() -> None:
    taken: list[int] = []

    def parts():
        for part in range(1000):
            taken.append(part)
            yield part

    results = run_parts(parts(), doubled, workers=2)
    for _ in range(3):
        next(results)
    assert len(taken) <= 3 + 2 * AHEAD
    results.close()


def test_progress_counts_finished_parts() -> None:
    seen: list[int] = []
    list(run_parts(range(5), doubled, progress=lambda done, total, words: seen.append(done)))
    assert seen == [1, 2, 3, 4, 5]


def test_an_error_in_a_worker_comes_back_in_words() -> None:
    # SettingsError cannot be unpickled (its constructor wants three arguments); it must not break the pool.
    with pytest.raises(BatchError, match="SettingsError.*anything but three"):
        list(run_parts(range(6), fails_at_three, workers=2))


def test_a_killed_process_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert list(run_parts(range(12), DiesOnce(tmp_path, at=5), workers=2)) == EXPECTED
    assert len(list(tmp_path.glob("5-*"))) == 2


def test_a_part_that_always_kills_is_given_up_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="took down its worker"):
        list(run_parts(range(3), DiesOnce(tmp_path, at=1, always=True), workers=1))


def test_a_scheduler_gives_the_same_results(cluster: Cluster) -> None:
    assert list(run_parts(range(12), doubled, scheduler=cluster.address)) == EXPECTED


def test_a_dask_worker_killed_in_mid_part_loses_and_doubles_nothing(cluster: Cluster) -> None:
    results: list[tuple[int, int]] = []

    def kill_one() -> None:
        while len(results) < 2:
            time.sleep(0.02)
        cluster.workers[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    for result in run_parts(range(12), slow, scheduler=cluster.address):
        results.append(result)
    killer.join()
    assert results == EXPECTED
    assert cluster.workers[0].wait(5) == -signal.SIGKILL


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newslink.batch.CONNECT_SECONDS", 1)
    with pytest.raises(BatchError, match="No Dask scheduler.*tcp://127.0.0.1:9"):
        list(run_parts(range(2), doubled, scheduler="tcp://127.0.0.1:9"))
