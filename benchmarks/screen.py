"""The K-line on screen in a real Chromium beside the plain way (all candles, one marker an article, ``st.plotly_chart``), in the same run.

    python benchmarks/screen.py [--rounds 5] [--sizes 250x100,2500x1000,8000x5000] [--dashboard 8000x5000] [--sessions 20] [--seconds 60]

Prints, per size: milliseconds to build the figure (processor time), kilobytes sent, first view, filter change to painted, the longest
blocked frame of zooming, for ours and the plain way, both alone on a page; then the dashboard itself over a store of that size: first view
beside an empty page with a one-trace chart, when the table follows, and a role chosen in its filter; then many sessions at once
(``screen_sessions.py``). Medians; ratios are what counts, milliseconds depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.screen_server import server  # noqa: E402
from benchmarks.screen_sessions import many_sessions  # noqa: E402
from benchmarks.screen_world import SECURITY, fill  # noqa: E402
from newslink.chart import ChartOptions, kline_figure  # noqa: E402
from newslink.ui.kline import packed  # noqa: E402
from tests.chart.worlds import random_bars, random_events  # noqa: E402

QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
APP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import time
import streamlit as st
st.set_page_config(layout="wide")
kind = st.query_params.get("kind", "ours")
if kind == "empty":
    import plotly.graph_objects as go
    st.plotly_chart(go.Figure(go.Scatter(y=[1, 2, 3])), key="c")
    st.stop()
from tests.chart.worlds import random_bars, random_events
n, m = (int(x) for x in st.query_params.get("size", "250x100").split("x"))

@st.cache_resource
def world(n, m):
    bars = random_bars(n)
    return bars, random_events(bars, m)

bars, events = world(n, m)
begun = time.process_time()
number = st.session_state.setdefault("number", 0)
if st.button("filter"):
    st.session_state["number"] = number = number + 1
events = events.iloc[number * 3 % 50:]
if kind == "plain":
    import plotly.graph_objects as go
    high = dict(zip(bars["session"], bars["high"]))
    figure = go.Figure(go.Candlestick(x=bars["session"], open=bars["open"], high=bars["high"], low=bars["low"], close=bars["close"]))
    figure.add_scatter(x=events["session"], y=[high[day] * 1.03 for day in events["session"]], mode="markers", text=events["title"])
    figure.update_layout(height=640, xaxis_rangeslider_visible=False, title=str(number))
    st.plotly_chart(figure, key="chart", config=dict(scrollZoom=True))
else:
    from datetime import date
    from newslink.chart import ChartOptions, kline_figure
    from newslink.ui.kline import kline, packed
    names = "chart open high low close change volume articles click no_bar box zoom_in zoom_out reset png".split()
    nothing = lambda *a: None
    kline(packed(kline_figure(bars, events, ChartOptions())), key="chart", scope="x", full=(date(1994, 1, 3), date(2030, 1, 1)), selected=None,
          coarse=False, words=dict.fromkeys(names, "x"), language="zh", height=640, about="x", file="x", on_pick=nothing, on_box=nothing,
          on_zoom=nothing)
"""
READY = {
    "ours": "() => { const k = document.querySelector('.nl-kline'); return k && k.dataset.drawn ? k.dataset.drawn : null; }",
    "plain": "() => { const t = document.querySelector('.js-plotly-plot .gtitle'); return t ? t.textContent : null; }",
    "empty": "() => document.querySelector('.js-plotly-plot .scatterlayer path') ? '1' : null",
}
CHANGED = "(before) => {{ const now = ({ready})(); return now !== null && now !== before; }}"
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# The longest gap between two frames while something is done: what a person feels as a stutter.
WATCH = "() => { window.gaps = []; let last = performance.now(); const f = (now) => { window.gaps.push(now - last); last = now; window.on && requestAnimationFrame(f); }; window.on = true; requestAnimationFrame(f); }"  # noqa: E501
GAP = "() => { window.on = false; return Math.max(...window.gaps.slice(1)); }"


def first_view(browser, url: str, kind: str, then: str = "") -> float | tuple[float, float]:
    """Milliseconds from asking for the page to the picture, in a fresh browser profile; then: and to what this selects."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(url)
    page.wait_for_function(READY[kind], timeout=180_000)
    taken = (time.perf_counter() - begun) * 1000
    if then:
        page.wait_for_selector(then)
    after = (time.perf_counter() - begun) * 1000
    context.close()
    return (taken, after) if then else taken


def redraw_and_zoom(browser, url: str, kind: str, rounds: int) -> tuple[float, float]:
    """(median milliseconds from a filter click to painted, longest gap between two frames in ten zoom steps, median of the rounds)."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(180_000)
    page.goto(url)
    page.wait_for_function(READY[kind])
    page.wait_for_timeout(1500)
    taken = []
    for _ in range(rounds):
        before = page.evaluate(READY[kind])
        begun = time.perf_counter()
        page.get_by_role("button", name="filter").click()
        page.wait_for_function(CHANGED.format(ready=READY[kind]), arg=before)
        page.evaluate(PAINTED)
        taken.append((time.perf_counter() - begun) * 1000)
        page.wait_for_timeout(600)
    box = page.locator(".nl-stage" if kind == "ours" else ".js-plotly-plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    gaps = []
    for _ in range(rounds if kind == "ours" else 1):  # the plain way takes seconds a step
        page.evaluate(WATCH)
        for step in range(10):
            page.mouse.wheel(0, -160 if step < 5 else 160)
            page.wait_for_timeout(120)
        page.wait_for_timeout(500)
        gaps.append(page.evaluate(GAP))
    gap = statistics.median(gaps)
    context.close()
    return statistics.median(taken), gap


def figure_costs(sessions: int, articles: int) -> tuple[float, float, float]:
    """(processor milliseconds to build, kilobytes of JSON, kilobytes sent)."""
    bars = random_bars(sessions)
    events = random_events(bars, articles)
    taken = []
    for _ in range(15):
        begun = time.process_time()
        figure = kline_figure(bars, events, ChartOptions())
        taken.append((time.process_time() - begun) * 1000)
    plain = len(json.dumps(figure, ensure_ascii=False, separators=(",", ":")).encode()) / 1024
    return statistics.median(taken), plain, len(packed(figure)) / 1024


def dashboard(browser, size: str, empty: float, rounds: int) -> None:
    """The whole page over a store of that size: the first view on a warm server, and a role added to and taken from the filter."""
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home), *map(int, size.split("x")))
        with server(ROOT / "dashboard.py", environment={"NEWSLINK_HOME": home, "NEWSLINK_OFFLINE": "1"}) as url:
            address = f"{url}/?code={SECURITY}&range=all"
            first_view(browser, address, "ours")  # warm
            views = [first_view(browser, address, "ours", "[data-testid=stDataFrame]") for _ in range(rounds)]
            chart, table = (statistics.median(times) for times in zip(*views, strict=True))
            print(
                f"dashboard {size}: chart after {chart:.0f} ms, table after {table:.0f} ms; an empty page with a one-trace chart "
                f"{empty:.0f} ms, ratio {chart / empty:.2f}",
                flush=True,
            )
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
            page = context.new_page()
            page.goto(address)
            page.wait_for_function(READY["ours"])
            box = page.locator(".st-key-w-roles input")
            taken = []
            for turn in range(2 * rounds):
                if not box.is_visible():  # Escape closes the filter as well
                    page.get_by_role("button", name="筛选").first.click()
                box.click()
                page.wait_for_timeout(500)
                if not page.locator("[role=option]").first.is_visible():  # the click closed a list that was still open
                    box.click()
                page.wait_for_timeout(500)
                before = page.evaluate(READY["ours"])
                begun = time.perf_counter()
                if turn % 2:
                    page.keyboard.press("Backspace")
                else:
                    page.locator("[role=option]").first.click()
                page.wait_for_function(CHANGED.format(ready=READY["ours"]), arg=before)
                page.evaluate(PAINTED)
                taken.append((time.perf_counter() - begun) * 1000)
                page.keyboard.press("Escape")
            context.close()
            print(
                f"dashboard {size}: a role chosen or taken back to painted {statistics.median(taken):.0f} ms, longest {max(taken):.0f} ms",
                flush=True,
            )


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="250x100,2500x1000,8000x5000")
    parser.add_argument("--dashboard", default="8000x5000")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=QUIET)
        script = Path(folder) / "app.py"
        script.write_text(APP, encoding="utf-8")
        with server(script, "--runner.postScriptGC", "false") as url:
            print("bars x articles | way   | build ms |  KB (sent) | first view ms | filter → painted ms | longest blocked frame ms")
            for size in given.sizes.split(","):
                build, kilobytes, sent = figure_costs(*map(int, size.split("x")))
                found = {}
                for kind in ("plain", "ours"):
                    address = f"{url}/?kind={kind}&size={size}"
                    first_view(browser, address, kind)  # warm
                    first = statistics.median(first_view(browser, address, kind) for _ in range(3 if kind == "ours" else 1))
                    found[kind] = redraw_and_zoom(browser, address, kind, given.rounds)
                    cost = f"{build:8.1f} | {kilobytes:4.0f} ({sent:3.0f})" if kind == "ours" else "         |           "
                    print(f"{size:>15} | {kind:5} | {cost} | {first:13.0f} | {found[kind][0]:19.0f} | {found[kind][1]:10.0f}", flush=True)
                print(f"{'':>15} | filter change {found['plain'][0] / found['ours'][0]:.1f} times faster", flush=True)
            first_view(browser, f"{url}/?kind=empty", "empty")  # warm
            empty = statistics.median(first_view(browser, f"{url}/?kind=empty", "empty") for _ in range(given.rounds))
        for size in filter(None, given.dashboard.split(",")):
            dashboard(browser, size, empty, given.rounds)
        browser.close()
    if given.sessions:
        many_sessions(given.sessions, given.seconds)


if __name__ == "__main__":
    main()
