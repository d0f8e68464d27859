"""The pages that list, in a real browser: search, read, take away; links; hostile surroundings; a phone; minute bars of a served market."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import HOSTILE, ROOT, serve
from tests.loopback.world import Fault, start_world

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]

LISTS = ".nl-read, .nl-cards, .nl-empty, [data-testid=stPlotlyChart], [data-testid=stDataFrame]"


def opened(one, path: str) -> None:
    one.open(path)
    one.page.wait_for_selector(LISTS)
    one.rest()


def test_news_are_searched_read_corrected_and_taken_away(visit, sample):
    one = visit(sample)
    opened(one, "news")
    keyword = one.page.locator(".st-key-w-keyword input")
    keyword.fill("电池")
    keyword.press("Enter")
    one.page.wait_for_url(re.compile("q="))
    one.page.locator("mark.nl-hit").first.wait_for()
    box = one.page.locator(".st-key-w-search input")
    box.fill("ndsd")
    box.press("Enter")
    one.page.wait_for_url(re.compile("only=1"))
    one.rest()
    assert "code=300750.SZ" in one.page.url
    with one.page.expect_download() as waiting:
        one.page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_bytes().decode("utf-8-sig"))))
    assert rows and {row["security"] for row in rows} == {"300750.SZ"}

    # the same link in another browser
    link, title = one.page.url, one.page.inner_text(".st-key-reader h2")
    two = visit(sample)
    two.page.goto(link)
    two.page.wait_for_selector(".st-key-reader h2")
    two.rest()
    assert two.page.inner_text(".st-key-reader h2") == title

    # a correction, seen on the data page and taken back there
    one.page.locator(".st-key-reader").get_by_role("button", name="更正").first.click()
    one.page.get_by_role("button", name="不是这家公司").first.click()
    one.page.get_by_text("已更正。").first.wait_for()
    one.rest()
    opened(one, "data")
    one.page.get_by_role("tab", name="更正记录").click()
    assert "不是这家公司" in one.text()
    one.page.get_by_role("button", name="撤回").first.click()
    one.page.get_by_text("已更正。").first.wait_for()
    one.rest()


def test_a_study_is_run_and_its_link_shows_the_same(visit, sample):
    one = visit(sample)
    opened(one, "study")
    one.page.get_by_role("button", name="开始研究").click()
    one.page.wait_for_url(re.compile("study=filtered"))
    one.page.locator(".js-plotly-plot").nth(3).wait_for()
    one.rest()
    said = one.page.inner_text(".nl-read h2")
    assert "不作整体结论" not in said
    one.shot("zh-study-run", full=True)
    two = visit(sample, locale="en-US", scheme="dark")
    two.page.goto(one.page.url)
    two.page.locator(".js-plotly-plot").nth(3).wait_for()
    two.rest()
    assert "Kolari" in two.page.inner_text(".nl-read")
    assert not re.search("[一-鿿]", two.page.inner_text(".nl-read")), "the verdict is in English"


def test_a_row_of_the_market_opens_the_chart(visit, sample):
    one = visit(sample)
    opened(one, "market")
    one.page.locator("[data-testid=stDataFrame]").first.wait_for()
    one.page.locator(".js-plotly-plot").first.wait_for()
    one.rest()
    box = one.page.locator("[data-testid=stDataFrame]").first.bounding_box()
    one.page.mouse.click(box["x"] + 16, box["y"] + 36 + 17)
    one.chart()
    assert one.page.inner_text(".nl-quote b") == "宁德时代"


def test_the_header_of_a_number_stands_over_its_right_edge_like_the_number(visit, sample):
    """``T+0`` of the events table: the ink of header and cells ends where the column ends, that of the title begins where it begins."""
    one = visit(sample)
    one.open("?code=300750.SZ")
    one.chart()
    table = one.page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    one.rest()
    picture = np.asarray(Image.open(io.BytesIO(table.screenshot())).convert("L"), dtype=float)
    before = 33 + 86 + 122  # the box to tick, session, time of publication

    def ink(left: int, width: int, top: int) -> tuple[float, float]:
        """Where ink begins and ends in a cell, as shares of its width."""
        cell = picture[top + 4 : top + 27, left + 3 : left + width - 3]
        at = np.flatnonzero((np.abs(cell - np.median(cell)) > 40).any(axis=0))
        return at[0] / cell.shape[1], at[-1] / cell.shape[1]

    assert ink(before, 260, 0)[0] < 0.1, "text stands on the left"
    header, number = ink(before + 260, 68, 0), ink(before + 260, 68, 31)
    assert header[1] > 0.85 and number[1] > 0.85 and header[0] > 0.3, (header, number)


@pytest.mark.parametrize("page", ["data", "news", "market", "study"])
def test_hostile_names_of_files_views_alerts_and_rules_are_text(visit, own, page):
    one = visit(own)
    opened(one, f"{page}?code=000002.SZ&only=1" if page == "news" else page)
    if page == "data":
        for tab in ("拒收的文件", "待确认", "提醒", "更正记录", "设置"):
            one.page.get_by_role("tab", name=tab).click()
            one.page.wait_for_timeout(400)
        one.page.get_by_role("tab", name="待确认").click()
        assert "<script>window.__ran=1" in one.text()
        one.shot("hostile-data", full=True)
    if page == "news":
        assert "<img src=x onerror" in one.page.inner_text(".st-key-reader .nl-meta")
    assert one.page.locator("iframe, img[src*=evil], img[src=x], a[href^='javascript'], [onerror], [onload]").count() == 0


def test_hostile_saved_views_are_text_and_open_what_they_hold(visit, own):
    one = visit(own)
    one.open("?code=600519.SH&from=2022-05-01&to=2022-05-31")
    one.chart()
    one.page.get_by_text("自选 · 视图").click()
    one.page.locator(".st-key-view-0 button").wait_for()
    said = [one.page.inner_text(f".st-key-view-{number} button") for number in range(len(HOSTILE))]
    assert said[0].startswith("<script>") and said[2].startswith("![x](http")
    assert one.page.locator("img[src*=evil], a[href^='javascript'], [onerror], .katex").count() == 0
    one.page.locator(".st-key-view-0 button").click()
    one.page.wait_for_url(re.compile("q=%3Cscript"))
    one.rest()


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-US", "dark")])
def test_every_page_fits_a_phone(visit, sample, locale, scheme):
    for page in ("news", "market", "study?study=filtered.market.simple.none.-30.-6.-3.5", "data"):
        one = visit(sample, width=390, height=844, locale=locale, scheme=scheme)
        opened(one, page)
        one.page.wait_for_timeout(800)
        one.rest()
        assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        one.shot(f"{locale[:2]}-{scheme}-390-{page.partition('?')[0]}", full=True)


def test_headings_and_names_are_there_for_those_who_listen(visit, sample):
    one = visit(sample)
    opened(one, "market")
    assert one.page.locator("h1").all_inner_texts() == ["市场"]
    assert len(one.page.locator("h3").all_inner_texts()) >= 4
    unnamed = one.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] :is(button, input)')]"
        ".filter((e) => e.offsetParent && e.tabIndex >= 0 && !(e.innerText || e.ariaLabel || e.title || e.labels?.length || "
        "e.placeholder || e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML.slice(0, 200))"
    )
    assert unnamed == []


@pytest.fixture(scope="module")
def market():
    """A fake market under which akshare, unmodified, meets only this machine."""
    with start_world() as world:
        yield world


@pytest.fixture(scope="module")
def served(tmp_path_factory, market):
    """A store of our own over that market, an article in the middle of its minutes."""
    base = tmp_path_factory.mktemp("served")
    last = market.truth.bars["600519.SH"].dropna(subset=["close"])["session"].iloc[-1]
    row = {"id": "m", "title": "贵州茅台盘中公告", "text": "贵州茅台（600519）公告。", "published_at": f"{last:%Y-%m-%d} 10:07:00", "source": "甲"}
    (base / "news.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    home = base / "home"
    environment = {**os.environ, "NEWSLINK_HOME": str(home)}
    environment.pop("NEWSLINK_STORE", None)
    command = [sys.executable, "-m", "newslink", "ingest", str(base / "news.jsonl")]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=600)
    yield from serve(home, **market.environment)


def test_minute_bars_carry_the_news_of_their_minutes_and_say_when_there_are_none(visit, served, market):
    one = visit(served)
    one.open("?code=600519.SH&period=5")
    one.page.locator(".st-key-minute-chart .js-plotly-plot").wait_for()
    one.rest()
    drawn = one.page.evaluate("() => { const d = document.querySelector('.st-key-minute-chart .js-plotly-plot').data;"
                              " return [d[0].type, d[0].x.length, d.at(-1).mode, d.at(-1).x]; }")  # fmt: skip
    assert drawn[0] == "candlestick" and 100 < drawn[1] <= 400
    assert drawn[2] == "markers+text" and len(drawn[3]) == 1 and drawn[3][0].endswith("10:10"), "the first bar that ends after publication"
    assert "分钟线只取最近几个交易日" in one.text()
    ticks = one.page.locator(".st-key-minute-chart .y2tick text").all_text_contents()
    assert ticks and all(re.fullmatch(r"[\d.]+[万亿]", tick) for tick in ticks)
    candle = one.page.locator(".st-key-minute-chart .nsewdrag").first.bounding_box()
    one.page.mouse.move(candle["x"] + candle["width"] * 0.3, candle["y"] + candle["height"] * 0.5)
    one.page.locator(".st-key-minute-chart .hovertext").first.wait_for()
    assert "开" in one.page.locator(".st-key-minute-chart .hoverlayer").text_content()
    one.shot("zh-minute")
    market.faults.append(Fault("status", status=503))
    try:
        two = visit(served)
        two.open("?code=600519.SH&period=15")
        two.page.get_by_text("分钟线取不到").wait_for()
        two.rest()
        said = two.text()
        assert "新浪财经" in said and "东方财富" in said and "could not" not in said
        # The article is there to read all the same.
        assert "贵州茅台盘中公告" in said
    finally:
        market.faults.clear()
