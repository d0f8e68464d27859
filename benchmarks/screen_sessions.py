"""Many analysts at once on the dashboard itself, each changing a filter every two seconds: how long the server takes, what it costs.

    python benchmarks/screen_sessions.py [--sessions 20] [--seconds 60] [--size sample|8000x5000]

Speaks Streamlit's websocket as the browser does: a first view by the address, then the messages a browser sends when a widget is changed, with
the fragment it is in. Every analyst has a security of the bundled sample (or the one of the made store) and changes role, tag, range,
relevance and folding at random, so that both views that are kept and views that must be made are asked for. One ``--sessions 1`` run is the
baseline: what a change costs when nobody else is there.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.screen_server import server  # noqa: E402
from benchmarks.screen_world import SECURITY, fill  # noqa: E402

SAMPLE = ("300750.SZ", "600519.SH", "688111.SH", "600160.SH")

# What the filters are before anything is chosen, so that every change changes something.
UNTOUCHED = {"w-roles": ([],), "w-tags": ([],), "w-range": (["1年"], ["1Y"]), "w-relevance": (0.0,), "w-fold": (False,)}


@dataclass
class Widget:
    id: str
    fragment: str
    kind: str
    options: list[str]


@dataclass
class Analyst:
    """One session. widgets: key → what the server last said of it."""

    url: str
    security: str
    chance: random.Random
    more: str = ""  # other parameters of the address
    widgets: dict[str, Widget] = field(default_factory=dict)
    received: int = 0
    said: list[str] = field(default_factory=list)  # HTML and captions, for tests
    address: str = ""  # as the server last set it
    chosen: dict[str, object] = field(default_factory=dict)  # key → the value it was changed to
    socket: Any = None

    async def ask(self, key: str = "", value: object = None) -> float:
        """Milliseconds until the server says it is done: with a changed widget, or the first view."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        run = message.rerun_script
        run.query_string = self.address or f"code={self.security}{self.more}"
        if key:
            widget = self.widgets[key]
            run.fragment_id = widget.fragment
            state = run.widget_states.widgets.add()
            state.id = widget.id
            if isinstance(value, bool):
                state.bool_value = value
            elif isinstance(value, float):
                state.double_array_value.data.append(value)
            else:
                state.string_array_value.data.extend(value)
        begun = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            raw = await self.socket.recv()
            self.received += len(raw)
            answer = ForwardMsg()
            answer.ParseFromString(raw)
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self.note(answer.delta)
            elif kind == "page_info_changed":
                self.address = answer.page_info_changed.query_string
            elif (
                kind == "script_finished" and answer.script_finished != answer.FINISHED_EARLY_FOR_RERUN
            ):  # a callback asked for other parts
                if answer.script_finished not in (0, 3):  # the script, or a fragment of it, ended well
                    raise RuntimeError(f"the run ended with {answer.script_finished}")
                return (time.perf_counter() - begun) * 1000

    def note(self, delta) -> None:
        if delta.WhichOneof("type") == "new_element":
            kind = delta.new_element.WhichOneof("type")
            if kind == "exception":
                raise RuntimeError(delta.new_element.exception.message)
            element = getattr(delta.new_element, kind)
            if kind in ("html", "markdown"):
                self.said.append(element.body)
            given = [getattr(option, "content", option) for option in getattr(element, "options", ())]
            identity = getattr(element, "id", "")
        elif delta.WhichOneof("type") == "add_block" and delta.add_block.popover.id:
            kind, identity, given = "popover", delta.add_block.popover.id, []
        else:
            return
        if identity.startswith("$$ID-"):
            self.widgets[identity.split("-", 2)[2]] = Widget(identity, delta.fragment_id, kind, given)

    async def change(self) -> float:
        """Another filter, chosen at random."""
        while True:
            field_ = self.chance.choice(["w-roles", "w-tags", "w-range", "w-relevance", "w-fold"])
            value = self._drawn(field_, self.widgets[field_].options)
            now = (self.chosen[field_],) if field_ in self.chosen else UNTOUCHED[field_]
            if value not in now:
                self.chosen[field_] = value
                return await self.ask(field_, value)

    def _drawn(self, field_: str, options: list[str]) -> object:
        if field_ == "w-relevance":
            return float(self.chance.randrange(0, 60, 5))
        if field_ == "w-fold":
            return not self.chosen.get(field_, False)
        if field_ == "w-range":
            return [self.chance.choice(options)]
        return sorted(self.chance.sample(options, self.chance.randrange(min(3, len(options)) + 1)))

    async def open(self) -> float:
        """Milliseconds of the first view; the filter is open then."""
        import websockets

        self.socket = await websockets.connect(
            f"{self.url.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit"], max_size=None
        )
        taken = await self.ask()
        if "filters" not in self.widgets:  # a fresh server first runs the page by itself
            taken += await self.ask()
        await self.ask("filters", True)
        self.received = 0
        return taken

    async def work(self, seconds: float, every: float) -> list[float]:
        """Milliseconds of each change."""
        taken = []
        await asyncio.sleep(self.chance.random() * every)
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            begun = time.perf_counter()
            taken.append(await self.change())
            await asyncio.sleep(max(0.0, every - (time.perf_counter() - begun)))
        await self.socket.close()
        return taken


@dataclass
class Measured:
    """Milliseconds of each change and of each first view, ascending; processor milliseconds and kilobytes sent of a change."""

    changes: list[float]
    first_views: list[float]
    processor: float
    sent: float


def at_once(
    url: str, securities: tuple[str, ...], number: int, seconds: float, every: float = 2.0, used: Callable[[], float] = time.process_time
) -> Measured:
    """used: processor seconds of the server so far; read once all sessions have their first view, and at the end."""
    analysts = [Analyst(url, securities[i % len(securities)], random.Random(i)) for i in range(number)]

    async def together() -> Measured:
        first = await asyncio.gather(*(one.open() for one in analysts))
        before = used()
        taken = [one for each in await asyncio.gather(*(one.work(seconds, every) for one in analysts)) for one in each]
        processor = (used() - before) * 1000 / len(taken)
        return Measured(sorted(taken), sorted(first), processor, sum(one.received for one in analysts) / 1024 / len(taken))

    return asyncio.run(together())


def share(ordered: list[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def many_sessions(sessions: int, seconds: int, size: str = "sample") -> None:
    """Print what it takes, with one session alone as the baseline."""
    with tempfile.TemporaryDirectory() as home:
        securities = SAMPLE
        if size != "sample":
            fill(Path(home), *map(int, size.split("x")))
            securities = (SECURITY,)
        with server(ROOT / "dashboard.py", environment={"NEWSLINK_HOME": home, "NEWSLINK_OFFLINE": "1"}) as url:
            process = next(one for one in psutil.Process().children() if "dashboard.py" in " ".join(one.cmdline()))
            at_once(url, securities, 1, 6, 0.2)  # warm
            for number, length in ((1, min(seconds, 15)), (sessions, seconds)):
                before = process.memory_info().rss
                found = at_once(url, securities, number, length, used=lambda: sum(process.cpu_times()[:2]))
                grown = (process.memory_info().rss - before) / 2**20
                print(
                    f"{size}: {number} sessions, {len(found.changes)} filter changes: median {statistics.median(found.changes):.0f} ms, "
                    f"p95 {share(found.changes, 0.95):.0f} ms, longest {found.changes[-1]:.0f} ms; first view "
                    f"{statistics.median(found.first_views):.0f} ms; processor {found.processor:.0f} ms and {found.sent:.0f} KB a change; "
                    f"{grown / number:.1f} MB a session over {before / 2**20:.0f} MB; load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="sample")
    given = parser.parse_args()
    many_sessions(given.sessions, given.seconds, given.size)
