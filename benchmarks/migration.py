"""A filled store of schema 2 → today's: time, memory, room on disk; killed on the way and run again, with the same outcome.

    python benchmarks/migration.py [--articles 100000] [--kills 3] [--filled FOLDER]

The store is that of ``benchmarks/store.py`` (filled: the folder in which it was kept), in which each article is given twelve random bands and a
signature of 700 bytes, laid out as schema 2 had them (``tests/store/released``). The baseline is copying the file.
Each migration runs in a process of its own, so that its peak memory is its own; the log beside the file is looked at twenty times a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.store import BATCH, Corpus  # noqa: E402
from newslink.store import open_store  # noqa: E402

BANDS, BYTES = 12, 700  # an article
RELEASED = ROOT / "tests" / "store" / "released" / "2.sqlite.sql"
MOVED = ("band", "signature")  # tables that became others


def fill(path: Path, articles: int, folder: Path | None) -> None:
    """A store of schema 2 at path."""
    ready = folder and folder / f"store-{articles}.db"
    if ready and ready.exists():
        shutil.copyfile(ready, path)
    else:
        with open_store(f"sqlite:///{path}") as store:
            entries = Corpus(articles).entries()
            while batch := list(islice(entries, BATCH)):
                store.put(batch)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA cache_size=-400000")
        file.execute("PRAGMA synchronous=OFF")
        file.execute("BEGIN")
        for table in MOVED:
            file.execute(f"DROP TABLE {table}")
        for statement in RELEASED.read_text(encoding="utf-8").split(";\n"):
            if statement.strip().startswith(tuple(f"CREATE {kind} {table}{end}" for table in MOVED for kind, end in (("TABLE", " "), ("INDEX", "_")))):
                file.execute(statement)
        # In the order in which an ingest writes them.
        file.execute(f"INSERT INTO signature SELECT key, randomblob({BYTES}) FROM article ORDER BY key")
        file.execute(
            f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {BANDS}) "
            "INSERT INTO band SELECT random(), a.key FROM article a CROSS JOIN n"
        )
        file.execute("UPDATE article SET signed = 1")
        file.execute("UPDATE meta SET value = '2' WHERE name = 'schema'")
        file.execute("COMMIT")


def schema_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0])


def told(path: Path) -> str:
    """A digest of every row of the tables that were moved, and of the database's own list of tables."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        queries = ("SELECT name, sql FROM sqlite_master ORDER BY name", *(f"SELECT * FROM {table} ORDER BY 1, 2, 3" for table in MOVED))
        for query in queries:
            for row in file.execute(query):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def peak() -> float:
    """MB this process had at most since it was last forgotten. (What getrusage tells begins with the parent's.)"""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def migrate(path: Path) -> None:
    """Runs in a process of its own: one line when it begins, and one of JSON."""
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    print("begun", flush=True)
    cpu, wall = time.process_time(), time.perf_counter()
    open_store(f"sqlite:///{path}").close()
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "before_mb": before, "peak_mb": peak()}))


def started(path: Path) -> subprocess.Popen:
    """Begun, and about to open the store."""
    child = subprocess.Popen([sys.executable, __file__, "--one", str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "begun\n"
    return child


def watched(path: Path) -> dict[str, float]:
    """One migration to its end: seconds, processor seconds, memory, the log at its largest."""
    log = 0
    beside = Path(f"{path}-wal")
    child = started(path)
    while child.poll() is None:
        log = max(log, beside.stat().st_size if beside.exists() else 0)
        time.sleep(0.05)
    assert child.returncode == 0
    return json.loads(child.stdout.read()) | {"log": log}


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        migrate(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3, help="runs that are killed, evenly spread over the time an undisturbed one takes")
    parser.add_argument("--filled", type=Path, help="folder with a store that `benchmarks/store.py --keep` filled; it stays as it is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        old, path = Path(temporary, "schema2.db"), Path(temporary, "moved.db")
        began = time.perf_counter()
        fill(old, options.articles, options.filled)
        print(f"filled   {options.articles:,} articles as schema 2 in {time.perf_counter() - began:,.0f} s", flush=True)
        began, cpu = time.perf_counter(), time.process_time()
        shutil.copyfile(old, path)
        os.sync()
        print(f"{'':24}{'wall s':>8}{'processor s':>13}{'memory MB':>11}{'log MB':>8}{'file MB':>9}")
        size = old.stat().st_size
        print(f"{'copying the file':24}{time.perf_counter() - began:8.1f}{time.process_time() - cpu:13.1f}{'':19}{size / 1e6:9,.0f}", flush=True)
        run = watched(path)
        assert schema_of(path) > 2
        print(f"{'schema 2 to today':24}{run['wall']:8.1f}{run['cpu']:13.1f}{run['peak_mb']:11,.0f}{run['log'] / 1e6:8,.0f}"
              f"{path.stat().st_size / 1e6:9,.0f}   ({run['before_mb']:.0f} MB before it began)", flush=True)  # fmt: skip
        wanted = told(path)
        for n in range(options.kills):
            for file in Path(temporary).glob("moved.db*"):
                file.unlink()
            shutil.copyfile(old, path)
            child = started(path)
            time.sleep(run["wall"] * (n + 1) / (options.kills + 1))
            child.send_signal(signal.SIGKILL)
            killed = child.wait() == -signal.SIGKILL
            found = schema_of(path)
            again = watched(path)
            same = "the same" if told(path) == wanted else "ANOTHER OUTCOME"
            outcome = f"{'killed' if killed else 'was done'} at {(n + 1) / (options.kills + 1):.0%}"
            print(f"{outcome:24}{again['wall']:8.1f}{again['cpu']:13.1f}   to run it again, from schema {found}: {same}", flush=True)


if __name__ == "__main__":
    main()
