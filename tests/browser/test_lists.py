"""The pages that list, in a real browser: search, read, take away; links; hostile surroundings; a phone."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.browser.conftest import HOSTILE

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
