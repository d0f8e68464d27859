"""A whole market through the real client: akshare, unmodified, in its child, against the loopback world in a process of its own.

    python benchmarks/market.py [--securities 5000] [--years 20] [--processes 2] [--seconds 850] [--folder F]

The update is the one of ``prices update --all`` without the pauses between calls, which are politeness towards hosts that are not there.
Each process, with a child of its own, updates its share into the one store. It stops after --seconds and goes on where it was when called
again with the same --folder; the times of all runs are added up. When all is there, the same closed range is updated once more. Baseline:
the same histories, one after the other, by akshare alone in one process, which stores nothing and checks nothing. Securities share fifty
invented histories; each is asked for, parsed, checked and stored alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LAST = date(2026, 6, 30)
HISTORIES = 50
SUMS = ("looked_at", "bars", "windows", "failed")
ALONE = """
import json, sys, time, akshare
began = time.perf_counter()
for symbol in sys.argv[1:]:
    akshare.stock_zh_a_daily(symbol=symbol); akshare.stock_zh_a_daily(symbol=symbol, adjust="qfq-factor")
print(json.dumps(time.perf_counter() - began))
"""


def codes(count: int) -> list[str]:
    """Main-board codes of Shanghai and Shenzhen, half and half."""
    return [f"{600000 + n // 2:06d}.SH" if n % 2 else f"{1 + n // 2:06d}.SZ" for n in range(count)]


def serve(count: int, years: int) -> None:
    """The world, until standard input ends; each line of it is answered with the number of requests seen so far."""
    from newslink.sessions import SessionClock
    from tests.loopback.truth import Truth, invented
    from tests.loopback.world import start_world

    sessions = SessionClock().sessions("SH", date(LAST.year - years, LAST.month, LAST.day), LAST)
    histories = [invented(f"{n}", sessions=sessions) for n in range(HISTORIES)]
    with start_world(Truth({code: histories[n % HISTORIES] for n, code in enumerate(codes(count))})) as world:
        for code in codes(min(count, HISTORIES)):  # packing is the server's slow part, and nobody's business here
            world.services.sina_packed(code, "x")
        print(json.dumps(world.environment), flush=True)
        for _ in sys.stdin:
            print(len(world.seen), flush=True)


def update(share: list[str], years: int, url: str, seconds: float) -> None:
    """One run of the update of a share of the market; its figures as JSON."""
    from newslink.model import Security
    from newslink.pipeline.prices import price_desk
    from newslink.prices.throttle import Throttle
    from newslink.settings import Settings
    from newslink.store import open_store

    began, peaks = time.perf_counter(), [0.0, 0.0]
    with open_store(url) as store:
        store.put_securities([Security(code, code) for code in share])
        desk = price_desk(Settings.from_environment(), store, throttle=Throttle({}))

        def after(job) -> None:
            peaks[:] = peak("self"), max(peaks[1], peak(desk.worker.pid) if desk.worker.pid else 0.0)
            if time.perf_counter() - began > seconds:
                job.cancel()

        start = date(LAST.year - years, LAST.month, LAST.day)
        job = desk.run(share, start, LAST, after)
        desk.close()
    print(json.dumps({
        "wall": time.perf_counter() - began, "looked_at": job.done, "bars": job.added, "windows": job.requests, "failed": len(job.failures),
        "parent": peaks[0], "child": peaks[1], "first_failure": next(iter(job.failures.values()), ""),
    }))  # fmt: skip


def peak(pid: int | str) -> float:
    """Most memory the process ever held, MB; 0 when it has just gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--securities", type=int, default=5000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=850.0, help="longest single run of the update")
    parser.add_argument("--folder", type=Path, help="where the store is kept between runs (default: thrown away)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part == "serve":
        serve(arguments.securities, arguments.years)
    elif arguments.part:
        share = codes(arguments.securities)[int(arguments.part) :: arguments.processes]
        update(share, arguments.years, f"sqlite:///{arguments.folder / 'bars.db'}", arguments.seconds)
    else:
        with tempfile.TemporaryDirectory() as thrown_away:
            folder = arguments.folder or Path(thrown_away)
            folder.mkdir(parents=True, exist_ok=True)
            measure(arguments.securities, arguments.years, arguments.processes, arguments.seconds, folder)


def measure(count: int, years: int, processes: int, seconds: float, folder: Path) -> None:
    size = ["--securities", str(count), "--years", str(years), "--processes", str(processes)]
    server = subprocess.Popen(
        [sys.executable, __file__, "--part", "serve", *size], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        environment = os.environ | json.loads(server.stdout.readline()) | {"NEWSLINK_HOME": str(folder / "home"), "TQDM_DISABLE": "1"}

        def seen() -> int:
            server.stdin.write("\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        def run(longest: float) -> dict:
            before, words = seen(), [sys.executable, __file__, *size, "--seconds", str(longest), "--folder", str(folder)]
            running = [
                subprocess.Popen([*words, "--part", str(part)], env=environment, stdout=subprocess.PIPE, text=True)
                for part in range(processes)
            ]
            each = [json.loads(one.communicate()[0]) for one in running]
            worst = {name: max(one[name] for one in each) for name in ("wall", "parent", "child", "first_failure")}
            return worst | {name: sum(one[name] for one in each) for name in SUMS} | {"requests": seen() - before}

        tally = folder / "runs.json"
        runs = json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else []
        runs.append(run(seconds))
        tally.write_text(json.dumps(runs), encoding="utf-8")
        told(runs, count, years)
        if runs[-1]["looked_at"] < count:
            print(f"\nnot finished: call again with --folder {folder}")
            return
        sample = [f"{code[-2:].lower()}{code[:6]}" for code in codes(count)[: min(count, 50)]]
        alone = json.loads(subprocess.run([sys.executable, "-c", ALONE, *sample], env=environment, check=True, stdout=-1, text=True).stdout)
        again = run(seconds)
        print(f"{'   baseline: akshare alone, s, scaled':44}{alone / len(sample) * count:14,.0f}")
        store = sum(file.stat().st_size for file in folder.glob("bars.db*"))
        print(f"{'store, MB':44}{store / 1e6:14,.0f}")
        print(f"{'   bytes a bar':44}{store / max(1, sum(one['bars'] for one in runs)):14.1f}")
        print(f"{'second update of the same range, s':44}{again['wall']:14.1f}")
        print(f"{'   requests':44}{again['requests']:14,}")
    finally:
        server.stdin.close()
        server.wait(30)


def told(runs: list[dict], count: int, years: int) -> None:
    total = {name: sum(one[name] for one in runs) for name in ("wall", "bars", "windows", "failed", "requests")}
    print(f"\n{count:,} securities × {years} years through the real client; runs: {len(runs)}\n", flush=True)
    print(f"{'update, s':44}{total['wall']:14,.1f}")
    print(f"{'   a security fetched, ms':44}{total['wall'] / max(1, total['windows']) * 1000:14.1f}")
    print(f"{'bars stored':44}{total['bars']:14,}")
    print(f"{'requests':44}{total['requests']:14,}")
    print(f"{'failed':44}{total['failed']:14,}  {runs[-1]['first_failure'][:100]}")
    print(f"{'a process at its largest, MB':44}{max(one['parent'] for one in runs):14.0f}")
    print(f"{'its child at its largest, MB':44}{max(one['child'] for one in runs):14.0f}")


if __name__ == "__main__":
    main()
