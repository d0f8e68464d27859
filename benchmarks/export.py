"""A hundred thousand joined rows → CSV, Excel and JSON lines: seconds and peak memory, beside pandas' own writer in the same run.

    python benchmarks/export.py [rows]

pandas.to_csv is the baseline; it guards nothing, so it does less. Memory is the growth of the process's peak, in a child of its own each.
"""

from __future__ import annotations

import io
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from newslink.export import About, write_events_csv, write_events_excel, write_events_jsonl  # noqa: E402


def frames(rows: int, size: int = 10_000) -> Iterator[pd.DataFrame]:
    """Made-up rows of the usual widths; a tenth of the titles begin like a formula or hold quotes and commas."""
    random = np.random.default_rng(20220527)
    for start in range(0, rows, size):
        n = min(size, rows - start)
        number = np.arange(start, start + n)
        odd = number % 10 == 0
        title = [
            f'=标题"{i}",某公司公告' if o else f"某公司发布第{i}号公告，净利润同比增长"
            for i, o in zip(number.tolist(), odd.tolist(), strict=True)
        ]
        yield pd.DataFrame(
            {
                "session": pd.Timestamp("2022-01-04") + pd.to_timedelta(random.integers(0, 900, n), "D"),
                "security": np.array(["600519.SH", "000001.SZ", "00700.HK", "NIO.US"], dtype=object)[number % 4],
                "name": "贵州茅台",
                "published_at": pd.Timestamp("2022-01-01", tz="UTC") + pd.to_timedelta(random.integers(0, 7e7, n), "s"),
                "title": title,
                "source": "财联社",
                "url": [f"https://example.com/a/{i:018d}.html" for i in number.tolist()],
                "rule": "name",
                "surface": "茅台",
                "role": "subject",
                "relevance": random.random(n),
                **{name: random.random(n) * 2000 for name in ("prev_close", "open", "high", "low", "close")},
                **{f"{kind}_{h}": random.normal(size=n) / 50 for kind in ("return", "excess") for h in (0, 1, 5)},
                "volume": random.integers(0, 10**8, n).astype(float),
                "bucket": "after_close",
                "confidence": random.random(n),
                "article": [f"em:{i:018d}" for i in number.tolist()],
                "tags": [("减持", "回购")] * n,
                "intraday": odd,
                "suspended": ~odd,
            }
        )


def ours_csv(rows: int) -> None:
    write_events_csv(frames(rows), io.BytesIO())


def pandas_csv(rows: int) -> None:
    file = io.BytesIO()
    for part in frames(rows):
        part.to_csv(file, index=False, encoding="utf-8-sig")


def json_lines(rows: int) -> None:
    write_events_jsonl(frames(rows), io.BytesIO())


def excel(rows: int) -> None:
    write_events_excel(frames(rows), About("benchmark", datetime.now(UTC)), io.BytesIO())


def nothing(rows: int) -> None:
    for _ in frames(rows):
        pass


def measured(work: Callable[[int], None], rows: int, answer: multiprocessing.queues.SimpleQueue) -> None:
    work(1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    work(rows)
    answer.put((time.perf_counter() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def main(rows: int = 100_000, rounds: int = 3) -> None:
    context = multiprocessing.get_context("spawn")
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for work in (nothing, pandas_csv, ours_csv, json_lines, excel):
            answer = context.SimpleQueue()
            child = context.Process(target=measured, args=(work, rows, answer))
            child.start()
            found.setdefault(work.__name__, []).append(answer.get())
            child.join()
    making = statistics.median(seconds for seconds, _ in found["nothing"])
    base = statistics.median(seconds for seconds, _ in found["pandas_csv"]) - making
    print(f"{rows:,} rows, medians of {rounds} rounds; making the rows ({making:.2f} s) is subtracted\n")
    print(f"{'writer':12} {'seconds':>8} {'to pandas':>10} {'peak growth MB':>15}")
    for name, runs in found.items():
        if name != "nothing":
            seconds = statistics.median(s for s, _ in runs) - making
            print(f"{name:12} {seconds:8.2f} {seconds / base:9.2f}x {statistics.median(mb for _, mb in runs):15.0f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
