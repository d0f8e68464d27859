"""Watch, dashboard, HTTP API and readers at work for minutes, with faults and kills → counts that reconcile, nothing lost, steady memory.

    python benchmarks/soak.py [--minutes 10] [--readers 20] [--sessions 2] [--rate 4] [--kills 2] [--keep FOLDER]

Everything is on the loopback and in a temporary home. A folder fills and a feed misbehaves by turns; ``newslink watch`` reads both and is
killed (SIGKILL) and started again; the dashboard has sessions of its own over its websocket; three of four readers ask the HTTP API, the
fourth the store through ``newslink.open``. Ends with exit code 1 when an article is lost or doubled, counts do not add up, a reader gets a
wrong answer, a process ends or logs a traceback, or memory grows: last quarter against first quarter of a process's life after warming up.
Runs too short to tell growth from warming up print memory without judging it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.pipeline.watch import source_records  # noqa: E402
from newslink.store import open_store  # noqa: E402
from tests.chart.worlds import random_bars  # noqa: E402
from tests.live.soak_readers import Answers, api_reader, sessions, store_reader  # noqa: E402
from tests.live.soak_verdict import Sample, archive_failures, log_failures, memory, table_failures  # noqa: E402
from tests.live.soak_world import SECURITIES, Feed, FolderWriter, Ledger  # noqa: E402

CATCH_UP = 240.0  # seconds for what was written last; a feed that was refused asks again later


@dataclass
class Service:
    """One process with its log, which goes on through restarts. samples: (seconds, megabytes resident) since it was last started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    samples: list[Sample] = field(default_factory=list)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        self.samples = []
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self, how: int = signal.SIGTERM, seconds: float = 60) -> int | None:
        """The return code; None where it had to be killed."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def sample(self) -> None:
        if self.process is not None and (megabytes := resident(self.process.pid)) is not None:
            self.samples.append((time.monotonic(), megabytes))


def resident(pid: int) -> float | None:
    """Megabytes of a process in memory; None where there is no such process any more."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize() / 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.2)
    return False


def answers_at(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


class Soak:
    """One run. failures: in words; empty when all went well."""

    def __init__(self, base: Path, given: argparse.Namespace) -> None:
        self.given, self.base, self.home = given, base, base / "home"
        self.home.mkdir(parents=True)
        self.file = self.home / "newslink.db"
        self.url = f"sqlite:///{self.file}"
        self.ledger, self.failures, self.answers = Ledger(), [], Answers()
        self.writer, self.feed = FolderWriter(base / "news", self.ledger, given.rate), Feed(self.ledger, given.rate / 8)
        self.api, self.screen = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        ours = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLINK_") and "proxy" not in name.lower()}
        ours |= {"NEWSLINK_HOME": str(self.home), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "newslink"]
        self.watch = Service("watch", [*command, "watch", "--json"], ours, base / "watch.log")
        serve = [*command, "serve", "--port", self.api.rpartition(":")[2]]
        self.serve = Service("API", serve, ours, base / "api.log")
        shown = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true"]
        shown += ["--server.port", self.screen.rpartition(":")[2]]
        self.dashboard = Service("dashboard", shown, ours | {"NEWSLINK_OFFLINE": "1"}, base / "dashboard.log")
        self.services = (self.watch, self.serve, self.dashboard)
        self.ours: list[Sample] = []  # of this process, which holds the readers that use the Python API
        self.kills = 0

    def prepare(self) -> None:
        """Sources, bars, and the first articles, so that the dashboard shows this store and not the sample."""
        (self.home / "sources.toml").write_text(
            f"[[source]]\nkind = 'folder'\nname = 'posts'\naddress = '{self.writer.folder}'\ninterval = 1\n"
            f"[[source]]\nkind = 'rss'\nname = 'feed'\naddress = '{self.feed.url}'\ninterval = 1\nallow = ['127.0.0.1']\n",
            encoding="utf-8",
        )
        with open_store(self.url) as store:
            for security in SECURITIES:
                bars = random_bars(700, start="2020-01-02").assign(
                    provider="soak", fetched_at=pd.Timestamp("2022-07-01", tz="UTC"), provisional=False
                )
                bars.loc[0, "prev_close"] = bars.loc[0, "open"]
                store.write_bars(security, bars)
        self.writer.write(30)

    def run(self) -> None:
        self.prepare()
        for one in self.services[:2]:
            one.start()
        if not until(lambda: self.stored() >= 30, 120):
            self.failures.append("watch stored nothing within two minutes")
            return
        self.dashboard.start()
        if not until(lambda: answers_at(f"{self.api}/api/health") and answers_at(f"{self.screen}/_stcore/health"), 180):
            self.failures.append("API or dashboard did not start within three minutes")
            return
        writing, reading = threading.Event(), threading.Event()
        writers = [threading.Thread(target=one.run, args=(writing,), daemon=True) for one in (self.writer, self.feed)]
        readers = [threading.Thread(target=sessions, args=(self.screen, self.given.sessions, reading, self.answers), daemon=True)]
        for number in range(self.given.readers):
            ask, where = (store_reader, self.url) if number % 4 == 3 else (api_reader, self.api)
            readers.append(threading.Thread(target=ask, args=(where, number, reading, self.answers), daemon=True))
        for thread in (*writers, *readers):
            thread.start()
        self.endure(time.monotonic())
        writing.set()
        for thread in writers:
            thread.join(30)
        self.feed.calm.set()
        if not until(lambda: self.stored() >= len(self.ledger.articles) and self.stored("rejection") >= self.ledger.broken, CATCH_UP):
            self.failures.append("watch did not catch up")
        reading.set()
        for thread in readers:
            thread.join(120)
            if thread.is_alive():
                self.failures.append("a reader still waits for its answer")

    def endure(self, began: float) -> None:
        """Sampling memory, and killing the watch in the first third, so that the rest of the run shows one life of it."""
        length = self.given.minutes * 60
        kills = [began + length * (number + 1) / (3 * self.given.kills) for number in range(self.given.kills)]
        while (now := time.monotonic()) < began + length:
            self.ours.append((time.monotonic(), resident(os.getpid()) or 0.0))
            for one in self.services:
                one.sample()
                if not one.running():
                    self.failures.append(f"{one.name} ended by itself")
                    return
            if kills and now >= kills[0]:
                kills.pop(0)
                self.watch.end(signal.SIGKILL)
                self.kills += 1
                self.watch.start()
            time.sleep(min(1.0, length / 100))

    def stored(self, table: str = "article") -> int:
        try:
            with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10) as connection:
                return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def end(self) -> None:
        """Everything stops when asked to."""
        for one in self.services:
            code = one.end()
            if one.process is not None and code not in {0, -signal.SIGTERM}:
                self.failures.append(f"{one.name} ended with {code} on SIGTERM")

    def judge(self) -> None:
        self.failures += self.answers.failures() + log_failures({one.name: one.log for one in self.services})
        if not self.ledger.faults and self.given.minutes > 0.2:
            self.failures.append("no fault was injected")
        with open_store(self.url) as store:
            self.failures += archive_failures(store, self.ledger)
            self.failures += table_failures(self.file, self.ledger)
            records = source_records(store)
        again = subprocess.run(
            [*self.watch.command, "--once"], cwd=ROOT, env=self.watch.environment, capture_output=True, text=True, timeout=600, check=False
        )
        if again.returncode or '"new": 0' not in again.stdout:
            self.failures.append(f"reading everything once more: {again.returncode} {again.stdout[-500:]} {again.stderr[-500:]}")
        table, grown = memory({one.name: one.samples for one in self.services} | {"readers": self.ours})
        self.failures += grown
        print("\n".join(table))
        print("\n".join(self.answers.table()))
        faults = ", ".join(f"{name} {times}" for name, times in sorted(self.ledger.faults.items()))
        print(f"faults injected: {self.ledger.faults.total()} ({faults}), broken items {self.ledger.broken}, twins {self.ledger.twins}")
        print(f"watch killed and started again: {self.kills} times")
        for record in records:
            print(f"source {record.name}: received {record.received}, last error: {record.last_error or 'none'}")
        print(f"articles written {len(self.ledger.articles)}, of these naming a security {self.ledger.linked}")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=2, help="open pages of the dashboard")
    parser.add_argument("--rate", type=float, default=4.0, help="articles a second into the folder; an eighth of it into the feed")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for store and logs (default: a temporary one, removed)")
    given = parser.parse_args(words)
    base = given.keep or Path(tempfile.mkdtemp(prefix="soak-"))
    soak = Soak(base, given)
    try:
        try:
            soak.run()
        finally:
            soak.end()
        soak.judge()
    finally:
        soak.feed.close()
        if given.keep is None:
            shutil.rmtree(base, ignore_errors=True)
    for failure in soak.failures:
        print(f"FAILED: {failure}")
    print("failed" if soak.failures else "passed: nothing lost, nothing doubled, counts reconcile")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
