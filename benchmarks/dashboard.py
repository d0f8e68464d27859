"""A store → memory and answer times of the dashboard process on it, visited over Streamlit's own websocket; no browser needed.

    python benchmarks/dashboard.py sqlite:////folder/store-1000000.db [--rounds 3] [--securities 3]

Every page is visited for the most mentioned securities, with and without a keyword, in one session a security; the chart also over all
years. Baseline in the same run: the process before anybody came, and the same visits on the bundled sample.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from screen import server  # noqa: E402

from newslink.store import open_store  # noqa: E402

PAGES = ("", "news", "market", "data")
KEYWORDS = ("", "减持", "业绩")
Taken = dict[str, list[float]]  # page → milliseconds


async def visit(url: str, code: str, dates: str, taken: Taken) -> None:
    import websockets
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    async with websockets.connect(f"{url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket:
        for page, span in [*((page, dates) for page in PAGES), ("", "range=all")]:
            for keyword in KEYWORDS:
                message = BackMsg()
                message.rerun_script.query_string = f"code={code}&q={keyword}&{span}&lang=zh"
                message.rerun_script.page_name = page
                begun = time.perf_counter()
                await socket.send(message.SerializeToString())
                while True:
                    answer = ForwardMsg()
                    answer.ParseFromString(await socket.recv())
                    if answer.WhichOneof("type") == "script_finished":
                        break
                taken.setdefault((page or "chart") + (" (all years)" if span != dates else ""), []).append(
                    (time.perf_counter() - begun) * 1000
                )


def measured(store_url: str | None, codes: list[str], dates: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = {"NEWSLINK_HOME": home, "NEWSLINK_OFFLINE": "1"} | ({"NEWSLINK_STORE": store_url} if store_url else {})
        with server(ROOT / "dashboard.py", environment=environment) as url:
            process = next(one for one in psutil.Process().children() if "dashboard.py" in " ".join(one.cmdline()))
            before, taken, used = process.memory_info().rss, Taken(), process.cpu_times()
            for _ in range(rounds):
                for code in codes:
                    asyncio.run(visit(url, code, dates, taken))
            # VmHWM: the most that was ever resident
            peak = (
                next(int(line.split()[1]) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "VmHWM" in line)
                / 1024
            )
            what, visits = "store" if store_url else "sample", sum(map(len, taken.values()))
            spent = (sum(process.cpu_times()[:2]) - sum(used[:2])) * 1000 / visits
            for page, times in taken.items():
                print(
                    f"{what:<8}{page:<20}{len(times):>5} visits: median {statistics.median(times):>5.0f} ms, slowest {max(times):>6.0f} ms"
                )
            print(
                f"{what:<8}{visits} visits, {spent:.0f} ms of processor each on average; "
                f"memory {before / 2**20:.0f} MB before, {process.memory_info().rss / 2**20:.0f} MB after, {peak:.0f} MB at its peak"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="SQLAlchemy URL of a filled store")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--securities", type=int, default=3, help="how many of the most mentioned ones")
    options = parser.parse_args()
    with open_store(options.store, create=False) as store:
        with store.database.read() as reader:
            last = reader.value("SELECT max(session) FROM session_tally")
        from newslink.store.keys import day_of

        top = store.top_mentioned(day_of(last), limit=options.securities)
        counts = store.counts()
    print(f"{counts.linked + counts.unlinked:,} articles, {counts.links:,} links")
    measured(None, ["300750.SZ", "600519.SH"], "range=1y", 1)
    measured(options.store, list(top["security"]), f"from={day_of(last - 366)}&to={day_of(last)}", options.rounds)


if __name__ == "__main__":
    main()
