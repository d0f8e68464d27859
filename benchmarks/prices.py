"""What prices cost: one security through the real client, and a market of them through chain, checks and store.

    python benchmarks/prices.py [--securities 150] [--years 20] [--store URL]

1. One security's whole history through akshare against the loopback world: the kept child, beside a fresh process a call.
2. An update of N securities from a fake provider into the store: time, size, memory; beside CSV files of the same bars. Figures for 5,000
   securities are N scaled up and say so.
3. The same update again (no request), and one new session for all.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.prices.akshare import akshare_providers  # noqa: E402
from newslink.prices.base import FakeProvider, random_walk  # noqa: E402
from newslink.prices.cache import BarCache  # noqa: E402
from newslink.prices.chain import Chain  # noqa: E402
from newslink.prices.throttle import Throttle  # noqa: E402
from newslink.prices.worker import Worker  # noqa: E402
from newslink.store import open_store  # noqa: E402
from tests.loopback.truth import Truth, invented  # noqa: E402
from tests.loopback.world import start_world  # noqa: E402

MARKET = 5000
LAST = date(2026, 6, 30)
ALONE = (
    "import akshare; frame = akshare.stock_zh_a_daily(symbol='sh600519', start_date='19900101', end_date='21000118'); "
    "akshare.stock_zh_a_daily(symbol='sh600519', adjust='qfq-factor'); assert len(frame) > 1000"
)


def timed(work, times: int) -> list[float]:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return spent


def peak_of(pid: int) -> float:
    """Most memory the process ever held, MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def one_security(years: int) -> None:
    start = date(LAST.year - years, LAST.month, 1)
    truth = Truth({"600519.SH": invented("600519.SH", start.isoformat(), LAST.isoformat(), level=200.0)}, {"600519.SH": "样本"})
    rows = len(truth.bars["600519.SH"])
    print(f"\n1. One security, {rows:,} bars, through the real client against the loopback (seconds, median)\n")
    print(f"{'way':44}{'median':>9}{'worst':>9}{'requests':>10}")
    with start_world(truth) as world:
        worker = Worker(environment=world.environment)
        providers = {provider.name: provider for provider in akshare_providers(worker)}
        first = timed(lambda: providers["sina"].daily("600519.SH", start, LAST, 60), 1)
        print(f"{'sina, first call (starts the child)':44}{first[0]:9.2f}{first[0]:9.2f}{'3':>10}")
        for name, times in (("sina", 7), ("eastmoney", 5), ("tencent", 3)):
            world.seen.clear()
            spent = timed(lambda name=name: providers[name].daily("600519.SH", start, LAST, 60), times)
            print(f"{name + ', kept child':44}{statistics.median(spent):9.2f}{max(spent):9.2f}{len(world.seen) // times:>10}")
        memory = peak_of(worker.pid)
        worker.close()
        environment = os.environ | world.environment | {"TQDM_DISABLE": "1"}
        spent = timed(lambda: subprocess.run([sys.executable, "-c", ALONE], env=environment, check=True), 3)
        print(f"{'baseline: sina, a fresh process a call':44}{statistics.median(spent):9.2f}{max(spent):9.2f}{'3':>10}")
    print(f"\nchild at its largest: {memory:,.0f} MB")


def market(count: int, years: int, url: str | None) -> None:
    start = date(LAST.year - years, LAST.month, 1)
    securities = [f"{600000 + n:06d}.SH" for n in range(count)]
    generating = timed(lambda: random_walk(securities[0], start, LAST), 5)
    calendar = random_walk("600000.SH", start, LAST + timedelta(days=5))["session"].to_numpy("datetime64[D]")

    def sessions_of(security: str, begin: date, end: date) -> np.ndarray:
        return calendar[(calendar >= np.datetime64(begin)) & (calendar <= np.datetime64(end))]

    class Walk(FakeProvider):
        """The same walk whatever the window, so that overlaps agree."""

        def daily(self, security, begin, end, seconds=None):
            self.calls.append((security, begin, end))
            bars = random_walk(security, start, end)
            return bars[bars["session"] >= np.datetime64(begin)].reset_index(drop=True)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.db"
        provider = Walk()
        now = [datetime(LAST.year, LAST.month, LAST.day, 12, tzinfo=UTC)]
        with open_store(url or f"sqlite:///{path}") as store:
            chain = Chain([provider], Throttle({}))
            cache = BarCache(store, chain, sessions_of, lambda: now[0], lambda security, moment: moment.date())
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

            def update(until: date) -> tuple[float, int]:
                provider.calls.clear()
                spent = timed(lambda: [cache.refresh(security, start, until) for security in securities], 1)[0]
                return spent, len(provider.calls)

            first, requests = update(LAST)
            rows = sum(len(store.read_bars(security)) for security in securities[:5]) // 5
            second, again = update(LAST)
            now[0] += timedelta(days=1)
            third, daily = update(LAST + timedelta(days=1))
            reading = statistics.median(timed(lambda: store.read_bars(securities[1]), 9))
        # Closed, so that what was still in the write-ahead log counts too.
        size = sum(file.stat().st_size for file in Path(folder).glob("bars.db*")) if url is None else 0
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        csv = Path(folder) / "csv"
        csv.mkdir()

        def write_csv() -> None:
            for security in securities[:20]:
                random_walk(security, start, LAST).to_csv(csv / f"{security}.csv", index=False)

        writing = timed(write_csv, 1)[0] / 20
        csv_size = sum(file.stat().st_size for file in csv.iterdir()) / 20
        csv_file = csv / f"{securities[1]}.csv"
        import pandas as pd

        csv_reading = statistics.median(timed(lambda: pd.read_csv(csv_file, parse_dates=["session", "fetched_at"]), 5))

    made, scale = statistics.median(generating), MARKET / count
    print(f"\n2. {count:,} securities × {years} years ({rows:,} bars each, {count * rows:,} in all); scaled by {scale:.1f} to {MARKET:,}\n")
    print(f"{'':44}{'measured':>14}{'for 5,000, scaled':>22}")
    print(f"{'first update, without inventing the bars, s':44}{first - made * count:14.1f}{(first - made * count) * scale:22,.0f}")
    print(f"{'   a security, ms':44}{(first / count - made) * 1000:14.1f}")
    print(f"{'   baseline: writing CSV, a security, ms':44}{(writing - made) * 1000:14.1f}")
    print(f"{'requests':44}{requests:14,}{requests * scale:22,.0f}")
    if size:
        print(f"{'store, MB':44}{size / 1e6:14.1f}{size * scale / 1e6:22,.0f}")
        print(f"{'   bytes a bar':44}{size / count / rows:14.1f}")
        print(f"{'   baseline: CSV, bytes a bar':44}{csv_size / rows:14.1f}")
    print(f"{'memory of the process at its largest, MB':44}{after:14.0f}{'does not grow':>22}")
    print(f"{'   before the update, MB':44}{before:14.0f}")
    print(f"{'reading one security whole, ms':44}{reading * 1000:14.1f}")
    print(f"{'   baseline: reading its CSV, ms':44}{csv_reading * 1000:14.1f}")
    print("\n3. Again\n")
    print(f"{'second update of the same range, s':44}{second:14.2f}{second * scale:22.1f}")
    print(f"{'   requests':44}{again:14}{again * scale:22.0f}")
    print(f"{'one new session, without inventing, s':44}{third - made * daily:14.2f}{(third - made * daily) * scale:22.1f}")
    print(f"{'   requests':44}{daily:14}{daily * scale:22.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--securities", type=int, default=150)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--store", help="SQLAlchemy URL (default: a SQLite file that is thrown away)")
    arguments = parser.parse_args()
    one_security(arguments.years)
    market(arguments.securities, arguments.years, arguments.store)


if __name__ == "__main__":
    main()
