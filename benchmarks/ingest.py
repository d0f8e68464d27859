"""Generated short articles as JSON lines → `newslink ingest`, end to end: read, parsed, linked, placed on sessions, stored, searchable, clustered.

    python benchmarks/ingest.py [--articles 100000] [--workers 0,1,2] [--days 1500] [--keep FOLDER]

One line a number of workers, each into an empty store in a process of its own: the first run, and the same files again. Articles are some 110
characters of made-up words with one to four real short names; one in twenty is a repost by another wire within the hour. Wall-clock and
processor time (of all processes) are both shown: on a machine with idle cores the first counts, on a busy one the second.
The baseline of a run is the first line: reading the same files, one JSON object a line, and doing nothing with them. ``writer`` is the
processor time of the one process that stores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

BEIJING = timezone(timedelta(hours=8))
CHARACTERS = "公司告股份业绩增长预计市场投资项目减持回购东董事合同订单产能毛利营收净同比环季度年监管问询重组收购定分红智能制造新材料医药生物电子通信软件"
WIRES = ["财联社", "新华财经", "证券时报", "界面新闻", "上海证券报"]


def articles(count: int, days: int, seed: int = 11) -> Iterator[dict[str, str]]:
    from newslink.link import bundled

    draw = random.Random(seed)
    names = [one.name for one in bundled()[0] if one.id.endswith((".SH", ".SZ"))][:5000]
    draw.shuffle(names)
    weights = list(accumulate(1 / (n + 20) for n in range(len(names))))
    words = ["".join(draw.choices(CHARACTERS, k=2)) for _ in range(3000)]
    common = list(accumulate(1 / (n + 5) for n in range(len(words))))
    began = datetime(2019, 1, 1, 8, tzinfo=BEIJING)
    last: dict[str, str] = {}
    for n in range(count):
        when = began + timedelta(days=int(n * days / count), seconds=draw.randrange(43_000))
        if last and draw.random() < 0.05:
            copy = dict(last, id=str(n), source=draw.choice(WIRES))
            copy["published_at"] = (datetime.fromisoformat(last["published_at"]) + timedelta(minutes=draw.randrange(1, 60))).isoformat()
            yield copy
            continue
        said = draw.choices(names, cum_weights=weights, k=draw.randint(1, 4))
        text = draw.choices(words, cum_weights=common, k=40)
        for at, name in enumerate(said[1:]):
            text[3 + at * 11] = f"，{name}"
        text[12] = f"{draw.randrange(1, 9999) / 100}%，"
        text[30] = f"{draw.randrange(1, 99999)}万元，"
        last = {
            "id": str(n),
            "published_at": when.isoformat(),
            "title": f"{said[0]}：{''.join(draw.choices(words, cum_weights=common, k=8))}",
            "text": f"{said[0]}{''.join(text)}。",
            "source": draw.choice(WIRES),
            "url": f"https://example.com/{n}",
        }  # fmt: skip
        yield last


def write(folder: Path, count: int, days: int) -> None:
    """Files of 10,000 lines."""
    file = None
    for n, row in enumerate(articles(count, days)):
        if n % 10_000 == 0:
            if file:
                file.close()
            file = (folder / f"{n // 10_000:05d}.jsonl").open("w", encoding="utf-8")
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    file.close()


def used() -> float:
    """Processor seconds of this process and of all that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def one_run(folder: Path, home: Path, workers: int) -> None:
    """Runs in a process of its own; one JSON line."""
    from newslink.pipeline.ingest import ingest
    from newslink.settings import Settings

    settings = Settings(home=home, store_url=f"sqlite:///{home}/newslink.db")
    began, cpu, own = time.perf_counter(), used(), time.process_time()
    summary = ingest([folder], settings, workers=workers)
    wall = time.perf_counter() - began
    for child in multiprocessing.active_children():
        child.join()  # only then does the system count what it used
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": used() - cpu,
                "writer": time.process_time() - own,
                "own_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "worker_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
                "new": summary.new,
                "unchanged": summary.unchanged,
                "linked": summary.linked,
            }
        )
    )


def measured(folder: Path, home: Path, workers: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(folder), str(home), str(workers)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        one_run(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=1500, help="over how many days the articles are spread")
    parser.add_argument("--workers", default="0,1,2")
    parser.add_argument("--keep", type=Path, help="folder for the files, made once and used again by later runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)) / f"lines-{options.articles}-{options.days}"
        if not folder.exists():
            folder.mkdir(parents=True)
            write(folder, options.articles, options.days)
        began = time.process_time()
        size = sum(len(json.loads(line)) > 0 for file in sorted(folder.iterdir()) for line in file.open(encoding="utf-8"))
        took = time.process_time() - began
        print(f"{size:,} articles; json.loads of every line alone takes {took:.2f} s: {size / took:,.0f}/s\n")
        print(
            f"{'workers':8}{'run':8}{'wall s':>8}{'a second':>10}{'processor s':>13}{'a second':>10}{'writer s':>10}{'MB':>6}{'worker MB':>11}"
        )
        for workers in map(int, options.workers.split(",")):
            home = Path(temporary, f"home-{workers}")
            home.mkdir()
            first = measured(folder, home, workers)
            again = measured(folder, home, workers)
            for label, run in (("first", first), ("again", again)):
                print(
                    f"{workers:<8}{label:8}{run['wall']:8.1f}{size / run['wall']:10,.0f}{run['cpu']:13.1f}{size / run['cpu']:10,.0f}"
                    f"{run['writer']:10.1f}{run['own_mb']:6.0f}{run['worker_mb']:11.0f}",
                    flush=True,
                )
            print(f"        {first['new']:,} new, {first['linked']:,} linked; again {again['unchanged']:,} unchanged, "
                  f"{first['cpu'] / again['cpu']:.1f} times faster")  # fmt: skip


if __name__ == "__main__":
    main()
