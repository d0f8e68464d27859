"""The same store wherever parts are worked off: this process, local processes, a Dask scheduler with a worker that is killed in mid-part."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from newslink.pipeline import ingest as ingesting
from newslink.pipeline.ingest import ingest
from newslink.pipeline.relink import relink
from newslink.settings import Settings
from newslink.store import open_store
from tests.batch.conftest import Cluster
from tests.store.audit import audit
from tests.store.make import content

NAMES = ("贵州茅台", "五粮液", "宁德时代", "腾讯控股", "天气")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows with twins under two file names, reposts and one that cannot be read."""
    folder = tmp_path_factory.mktemp("archive")
    for file in ("a.jsonl", "b.jsonl"):
        with (folder / file).open("w", encoding="utf-8") as out:
            for n in range(120):
                key = n if n % 5 == 0 or file == "a.jsonl" else n + 1000
                out.write(
                    f'{{"id": "{key}", "title": "{NAMES[n % 5]}第{n // 10}次公告", "text": "{NAMES[n % 5]}公告，{"一" * (n % 7)}营收{n}.37亿元。",'
                    f' "published_at": "2024-03-{1 + n % 28:02d}T10:{n % 60:02d}:00+08:00", "source": "通讯社"}}\n'
                )
            out.write("{broken\n")
    return folder


@pytest.fixture(scope="module")
def wanted(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, object]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home, f"sqlite:///{home}/newslink.db")
    summary = ingest([archive], settings)
    assert summary.linked and summary.unlinked and summary.duplicates and summary.rejected == 2
    return held(settings), summary


def held(settings: Settings) -> dict:
    with open_store(settings.store_url) as store:
        audit(store)
        ids = [e.article.id for _, e in store.articles()]
        return content(store) | {"clusters": sorted(store.clusters_of(ids)[0], key=repr), "updates": sorted(store.updates(ids), key=repr)}


def test_local_processes_fill_the_same_store(archive: Path, wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH", 20)
    settings = Settings(tmp_path, f"sqlite:///{tmp_path}/newslink.db")
    done: list[int] = []
    assert ingest([archive], settings, workers=2, progress=lambda at, total, words: done.append(at)) == wanted[1]
    assert held(settings) == wanted[0]
    assert done == sorted(done) and done[-1] == wanted[1].files
    assert ingest([archive], settings, workers=2).unchanged + wanted[1].rejected == wanted[1].files


def test_parts_end_at_a_number_of_bytes_too(archive: Path, wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH_BYTES", 3_000)
    settings = Settings(tmp_path, f"sqlite:///{tmp_path}/newslink.db")
    done: list[int] = []
    assert ingest([archive], settings, progress=lambda at, total, words: done.append(at)) == wanted[1]
    assert held(settings) == wanted[0]
    assert len(done) > 10 and max(b - a for a, b in zip(done, done[1:], strict=False)) < 30


def test_a_cluster_that_loses_a_worker_in_mid_part_fills_the_same_store(
    archive: Path, wanted, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "BATCH", 10)
    settings = Settings(tmp_path, f"sqlite:///{tmp_path}/newslink.db")
    done: list[int] = []
    killed: list[float] = []

    def kill_one() -> None:
        while not done:
            time.sleep(0.005)
        cluster.workers[0].send_signal(signal.SIGKILL)
        killed.append(time.monotonic())

    killer = threading.Thread(target=kill_one)
    killer.start()
    summary = ingest([archive], settings, scheduler=cluster.address, progress=lambda at, total, words: done.append(at))
    killer.join()
    assert killed and cluster.workers[0].wait(5) == -signal.SIGKILL
    assert len(done) > 3
    assert summary == wanted[1]
    assert held(settings) == wanted[0]
    assert relink(settings, scheduler=cluster.address).changed == 0
    assert held(settings) == wanted[0]
