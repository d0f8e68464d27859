"""Real servers and a real Chromium. One server a world: the bundled sample, and a store of our own with hostile and many articles."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from newslink.store import open_store
from tests.chart.worlds import random_bars

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "screenshots"
WAIT = 90_000  # milliseconds; a loaded machine is no failure


@dataclass
class World:
    """A running dashboard."""

    url: str
    home: Path
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(home: Path, **environment: str) -> Iterator[World]:
    """A dashboard over the home folder, until the generator is closed."""
    port = free_port()
    log = home.parent / f"{home.name}.log"
    settings = {**os.environ, "NEWSLINK_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    settings.pop("NEWSLINK_STORE", None)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", str(port), "--server.headless", "true"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=output, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _until_healthy(url, process, log)
            yield World(url, home, log)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-3000:])
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the dashboard did not start")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An empty store, so the bundled sample."""
    yield from serve(tmp_path_factory.mktemp("sample") / "home")


HOSTILE = (
    "<script>window.__ran=1;alert('x')</script>贵州茅台",
    '<img src="http://evil.example/x.png" onerror="window.__ran=1;alert(1)">贵州茅台公告',
    "![x](http://evil.example/y.png) [贵州茅台](javascript:alert(1)) $\\href{http://evil.example}{x}$ :material/home: :red[红]",
    '\u202e贵州茅台\u202c \u0000\u0007\u200b=HYPERLINK("http://evil.example")',
    "</div></body><iframe src='http://evil.example'></iframe><svg onload=alert(1)>贵州茅台",
)

HOSTILE_NAME = "<img src=x onerror=alert(1)>![x](javascript:alert(1))"


def hostile_surroundings(home: Path) -> None:
    """Saved views, an alert and a learnt name, all with names that are markup."""
    views = {name[:40]: {"code": ["600519.SH"], "q": [name]} for name in HOSTILE}
    (home / "shelf.json").write_text(json.dumps({"watch": ["600519.SH", "<script>alert(1)</script>"], "views": views}), encoding="utf-8")
    with open_store(f"sqlite:///{home / 'newslink.db'}") as store:
        for number, words in enumerate(HOSTILE):
            alert = {"key": f"k{number}", "rule": words[:80], "kind": "tag", "at": "2022-05-30T00:00:00+00:00", "words": words}
            store.add_to_inbox(f"k{number}", alert | {"url": "javascript:alert(1)", "security": "600519.SH", "channels": ["<b>"]})
        store.set_state("alerts/rules", [{"name": words[:80], "kind": "keyword", "keyword": words} for words in HOSTILE])
        learnt = {"security": "600519.SH", "kind": "nickname", "first": "2022-05-01", "last": "2022-05-29", "still_used": True, "count": 3}
        store.set_state("learnt-names", [learnt | {"text": words[:60], "articles": 2, "examples": [], "rivals": ["<b>"]} for words in HOSTILE])


def own_articles(folder: Path, many: int) -> None:
    """Articles about 贵州茅台 (600519.SH) and 宁德时代 (300750.SZ): hostile ones, and as many harmless ones as asked for."""
    folder.mkdir(parents=True)
    rows = [
        {
            "id": f"h{i}", "title": title, "text": f"贵州茅台（600519）{title} {'长' * (100_000 if i == 0 else 10)}",
            "published_at": f"2022-05-{10 + i:02d} 09:00:00", "source": title[:60], "url": "javascript:alert(1)", "category": title[:40],
        }
        for i, title in enumerate(HOSTILE)
    ]  # fmt: skip
    rows.append(
        {
            "id": "one",
            "title": "宁德时代签下订单",
            "text": "宁德时代（300750）公告。",
            "published_at": "2022-05-12 18:30:00",
            "source": "甲",
        }
    )
    rows += [
        {
            "id": f"m{i}", "title": f"巨化股份第{i}号消息", "text": f"巨化股份（600160）第{i}号消息，内容各不相同{i * 7919}。",
            "published_at": f"2022-{1 + i % 6:02d}-{1 + i % 27:02d} {i % 24:02d}:{i % 60:02d}:00", "source": f"来源{i % 9}",
        }
        for i in range(many)
    ]  # fmt: skip
    (folder / "news.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    (folder / "broken.md").write_bytes(b"\xff\xfe\x00 not a post")
    # Names of files are words from outside as well.
    post = "---\ntitle: 万科Ａ公告\ndate: 2022-05-16 09:00:00 +0800\n---\n万科Ａ（000002）公告。\n"
    (folder / f"{HOSTILE_NAME}.md").write_text(post, encoding="utf-8")
    (folder / f"{HOSTILE_NAME}.jsonl").write_text("{broken\n", encoding="utf-8")


def long_history(home: Path, security: str, sessions: int) -> None:
    """Twelve years of invented bars for a security, in the store of a home folder."""
    bars = random_bars(sessions, start="2011-01-03").assign(
        provider="test", fetched_at=pd.Timestamp("2022-07-01", tz="UTC"), provisional=False
    )
    bars.loc[0, "prev_close"] = bars.loc[0, "open"]
    with open_store(f"sqlite:///{home / 'newslink.db'}") as store:
        store.write_bars(security, bars)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A store with hostile and five thousand articles; every price provider is down."""
    base = tmp_path_factory.mktemp("own")
    own_articles(base / "news", 5_000)
    home = base / "home"
    environment = {**os.environ, "NEWSLINK_HOME": str(home)}
    environment.pop("NEWSLINK_STORE", None)
    command = [sys.executable, "-m", "newslink", "ingest", str(base / "news"), "--json"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=600)
    long_history(home, "000002.SZ", 3_000)
    hostile_surroundings(home)
    dead = f"http://127.0.0.1:{free_port()}"
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), dead)
    yield from serve(home, **proxies, NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost")


@dataclass
class Visit:
    """A page with what it did behind our backs: dialogs opened, requests to other hosts, errors of scripts."""

    page: object
    world: World
    dialogs: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.world.url}/{path}")

    def chart(self) -> None:
        """Wait until the K-line stands and nothing runs any more."""
        try:
            self.page.wait_for_selector(".nl-kline[data-drawn]", timeout=WAIT)
        except Exception as error:
            shot = self.shot("no-chart", full=True)
            asked = self.page.evaluate(
                "() => performance.getEntriesByType('resource').filter((one) => one.name.includes('.js') && one.name.includes('component'))"
                ".map((one) => [one.name, one.startTime, one.responseEnd, one.responseStatus])"
            )
            print("scripts of the chart:", asked)
            shot.with_suffix(".html").write_text(self.page.content(), encoding="utf-8")
            shot.with_suffix(".log").write_text(self.world.log.read_text(errors="replace"), encoding="utf-8")
            raise AssertionError(f"no chart came ({shot}); scripts said {self.errors}; the page says:\n{self.text()[:1500]}") from error
        self.rest()

    def rest(self) -> None:
        """Wait until the server has answered everything."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=WAIT)
        self.page.wait_for_timeout(250)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=WAIT)

    def kline(self, expression: str, argument: object = None) -> object:
        """Ask the chart: ``k`` is it, ``a`` the argument."""
        return self.page.evaluate(f"(a) => {{ const k = document.querySelector('.nl-kline').kline; return {expression}; }}", argument)

    def text(self) -> str:
        return self.page.inner_text("body")

    def shot(self, name: str, full: bool = False) -> Path:
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=str(path), full_page=full)
        return path


@pytest.fixture
def visit(chromium):
    """visit(world, width=1440, ...) → a fresh page; afterwards no dialog, no foreign request and no script error may have happened."""
    opened = []

    def make(world: World, width: int = 1440, height: int = 950, locale: str = "zh-CN", scheme: str = "light") -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme, accept_downloads=True, has_touch=width < 500
        )
        page = context.new_page()
        page.set_default_timeout(WAIT)
        one = Visit(page, world)
        page.on("dialog", lambda dialog: (one.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: one.foreign.append(request.url) if _foreign(request.url, world) else None)
        page.on("pageerror", lambda error: one.errors.append(str(error)))
        opened.append((context, one))
        return one

    yield make
    for context, one in opened:
        ran = one.page.evaluate("() => window.__ran")
        context.close()
        assert (one.dialogs, one.foreign, one.errors, ran) == ([], [], [], None)


def _foreign(url: str, world: World) -> bool:
    return not url.startswith((world.url, world.url.replace("http", "ws", 1), "data:", "blob:"))
