"""Addresses of a running API, store and dashboard → questions asked in a loop, timed, and each answer checked against the one before."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager

import newslink
from tests.live.soak_world import SECURITIES

PAUSE = 1.0  # seconds a reader thinks between two questions, on average
PAGES = ("", "news", "market", "data")
_MOST = 20


class Answers:
    """How long answers took, by kind of question, and what was wrong with them. Safe for several threads."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []
        self.many_wrong = 0
        self._lock = threading.Lock()

    @contextmanager
    def timed(self, kind: str):
        """Time what happens inside; whatever it raises is a failure of that kind and goes no further."""
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            self.fail(f"{kind}: {type(error).__name__}: {error}")
        else:
            with self._lock:
                self.taken[kind].append((time.perf_counter() - began) * 1000)

    def fail(self, words: str) -> None:
        with self._lock:
            self.many_wrong += 1
            if len(self.wrong) < _MOST:
                self.wrong.append(f"{time.strftime('%H:%M:%S')} {words[:1000]}")

    def failures(self) -> list[str]:
        more = self.many_wrong - len(self.wrong)
        none = [] if self.taken else ["no reader had an answer"]
        return none + self.wrong + ([f"{more} further wrong answers"] if more else [])

    def table(self) -> list[str]:
        lines = [f"{'answers, ms':<24}{'count':>7}{'p50':>9}{'p95':>9}{'longest':>9}"]
        for kind, taken in sorted(self.taken.items()):
            ordered = sorted(taken)
            p95 = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
            lines.append(f"{kind:<24}{len(ordered):>7}{statistics.median(ordered):>9.0f}{p95:>9.0f}{ordered[-1]:>9.0f}")
        return lines


class Memory:
    """What one reader saw last. Nothing is ever taken out of the store here, so numbers only rise."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def rises(self, what: str, now: int) -> None:
        before = self.seen.get(what, 0)
        self.seen[what] = now
        if now < before:
            raise AssertionError(f"{what}: {now} after {before}")


def counted(memory: Memory, counts: dict[str, int]) -> None:
    if counts["articles"] != counts["linked"] + counts["unlinked"]:
        raise AssertionError(f"counts do not reconcile: {counts}")
    for name in ("articles", "rejected"):
        memory.rises(name, counts[name])


def _rounds(number: int, stop: threading.Event, questions: list[tuple[str, Callable[[str], None]]], answers: Answers) -> None:
    chance = random.Random(number)
    turn = number
    while not stop.wait(PAUSE * chance.uniform(0.5, 1.5)):
        kind, ask = questions[turn % len(questions)]
        with answers.timed(kind):
            ask(chance.choice(SECURITIES))
        turn += 1


def api_reader(url: str, number: int, stop: threading.Event, answers: Answers) -> None:
    memory, known = Memory(), []

    def get(path: str, **parameters: object) -> bytes:
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        try:
            with urllib.request.urlopen(f"{url}{path}{query}", timeout=120) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}{query} {error.code} {error.read(300)!r}") from None

    def counts(security: str) -> None:
        counted(memory, json.loads(get("/api/counts")))

    def events(security: str) -> None:
        page = json.loads(get("/api/events", security=security, limit=200))
        memory.rises(f"events of {security}", page["total"])
        if len(page["rows"]) != min(page["total"], 200):
            raise AssertionError(f"{len(page['rows'])} rows of {page['total']}")
        known[:] = [row["article"] for row in page["rows"][-20:]] or known

    def table(security: str) -> None:
        content = get("/api/events.csv", security=security, start="2022-04-01", end="2022-06-30")
        memory.rises(f"lines of {security}", content.count(b"\r\n"))

    def article(security: str) -> None:
        if known:
            found = json.loads(get(f"/api/articles/{urllib.parse.quote(known[0])}"))
            if found["id"] != known[0] or not found["links"]:
                raise AssertionError(f"asked for {known[0]}, got {found['id']} with {len(found['links'])} links")

    def bars(security: str) -> None:
        if not json.loads(get("/api/bars", security=security, start="2022-04-01", end="2022-06-30"))["rows"]:
            raise AssertionError(f"no bars of {security}")

    def search(security: str) -> None:
        if not json.loads(get("/api/securities", q=security[:6]))["rows"]:
            raise AssertionError(f"{security} is not found")

    questions = [("API counts", counts), ("API events", events), ("API article", article), ("API CSV", table), ("API bars", bars)]
    _rounds(number, stop, [*questions, ("API securities", search)], answers)


def store_reader(url: str, number: int, stop: threading.Event, answers: Answers) -> None:
    """A notebook that stays open; every fifth question opens the store anew, as a script does."""
    memory = Memory()
    with newslink.open(url) as archive:

        def counts(security: str) -> None:
            counted(memory, archive.counts())

        def events(security: str) -> None:
            memory.rises(f"events of {security}", len(archive.events(security)))

        def filtered(security: str) -> None:
            frame = archive.events(start="2022-04-01", end="2022-06-30", keyword="天气 OR 贵州茅台")
            if set(frame["security"]) - {*SECURITIES, ""} and len(frame) == 0:
                raise AssertionError("no event of the words asked for")

        def article(security: str) -> None:
            newest = archive.events(security)["article"]
            if len(newest):
                archive.article(newest.iloc[-1])

        def anew(security: str) -> None:
            with newslink.open(url) as other:
                counted(memory, other.counts())

        questions = [("store counts", counts), ("store events", events), ("store keyword", filtered), ("store article", article)]
        _rounds(number, stop, [*questions, ("store opened", anew)], answers)


def sessions(url: str, many: int, stop: threading.Event, answers: Answers) -> None:
    """Open pages of the dashboard, each asking for another view now and then; every tenth view closes the page and opens a new one."""

    async def all_of_them() -> None:
        await asyncio.gather(*(_page(url, number, stop, answers) for number in range(many)))

    asyncio.run(all_of_them())


async def _page(url: str, number: int, stop: threading.Event, answers: Answers) -> None:
    import websockets

    chance = random.Random(number)
    address = f"{url.replace('http', 'ws')}/_stcore/stream"
    turn = number
    while not stop.is_set():
        try:
            with answers.timed("dashboard health"):
                await asyncio.to_thread(_healthy, url)
            async with websockets.connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=60) as connection:
                for _ in range(10):
                    if stop.is_set():
                        return
                    page = PAGES[turn % len(PAGES)]
                    turn += 1
                    with answers.timed(f"dashboard {page or 'chart'}"):
                        await asyncio.wait_for(_view(connection, page, chance), 180)
                    await asyncio.sleep(PAUSE * chance.uniform(1, 3))
        except Exception as error:
            answers.fail(f"dashboard: {type(error).__name__}: {error}")
            await asyncio.sleep(2)


def _healthy(url: str) -> None:
    for path in ("/", "/_stcore/health"):
        with urllib.request.urlopen(f"{url}{path}", timeout=60) as answer:
            answer.read()


async def _view(connection: object, page: str, chance: random.Random) -> None:
    """One run of a page, to its end. Raises AssertionError where the page shows an exception."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = BackMsg()
    message.rerun_script.page_name = page
    extra = chance.choice(["", "&role=subject", "&over=boll", "&ind=macd", "&range=3m", "&range=6m"])
    message.rerun_script.query_string = f"code={chance.choice(SECURITIES)}{extra}"
    await connection.send(message.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(await connection.recv())
        kind = answer.WhichOneof("type")
        if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
            element = answer.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise AssertionError(f"the page shows {element.exception.type}: {element.exception.message[:300]}")
        if kind == "page_not_found":
            raise AssertionError(f"there is no page {page!r}")
        if kind == "script_finished":
            if answer.script_finished not in (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN):
                raise AssertionError(f"the run of {page!r} ended with {answer.script_finished}")
            return
