"""Hostile articles, many, one and none, providers that are down, links that make no sense, in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.browser.conftest import HOSTILE, ROOT, serve

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]


def test_hostile_articles_are_shown_as_text_on_the_chart_page(visit, own):
    one = visit(own)
    one.open("?code=600519.SH&from=2022-05-01&to=2022-05-31&color=tag")
    one.chart()
    assert one.kline("[...k.keep.marks.values()].reduce((n, m) => n + Number(m.count), 0)") == len(HOSTILE)
    for position in range(len(one.kline("k.keep.places"))):
        ordinal = one.kline("k.keep.last[k.keep.places[a]]", position)
        point = one.kline("k.point(a)", ordinal)
        one.page.mouse.move(point["x"] - 2, point["y"])
        one.page.mouse.move(point["x"], point["y"])
        assert one.page.locator(".nl-card").is_visible()
        one.page.mouse.click(point["x"], point["y"])
        one.rest()
    assert one.page.locator(".st-key-reader iframe, .st-key-reader img, .st-key-reader script, .st-key-reader svg[onload]").count() == 0
    assert one.page.locator("iframe[src*=evil], img[src*=evil], a[href^='javascript']").count() == 0
    one.shot("hostile")


def test_hostile_articles_are_shown_as_text_on_the_other_pages(visit, own):
    one = visit(own)
    for page in ("news?q=贵州茅台", "market?from=2022-05-01&to=2022-05-31", "data", "study"):
        one.open(page)
        one.page.wait_for_selector(".nl-read, .nl-cards, .nl-empty, [data-testid=stPlotlyChart]")
        one.rest()
        assert one.page.locator("iframe[src*=evil], img[src*=evil], a[href^='javascript'], [onerror], [onload]").count() == 0
        assert "This app has encountered an error" not in one.text()


def test_hostile_parameters_are_dropped_and_said(visit, own):
    one = visit(own)
    one.open(
        "?code=600519.SH&q=<script>alert(1)</script>&period=<svg onload=1>&from=9999999&role=<b>&lang=javascript:alert(1)&art=<img src=x>"
    )
    one.chart()
    assert "看不懂的参数" in one.text() and "period" in one.text()
    assert "onload" not in one.page.url


def test_five_thousand_articles_are_drawn_at_once_and_all_of_them(visit, own):
    one = visit(own)
    one.open("?code=600160.SH&from=2022-01-01&to=2022-07-31")
    one.chart()
    assert one.kline("k.keep.candle.close.length") <= 400
    line = one.page.locator(".nl-line2").nth(1).inner_text()
    numbers = [int(n.replace(",", "")) for n in re.findall(r"[\d,]+", line)]
    assert numbers[4] == 5_000 == sum(numbers[5:])
    one.shot("five-thousand")


def test_zooming_into_a_long_history_brings_finer_candles_and_keeps_the_days(visit, own):
    one = visit(own)
    one.open("?code=000002.SZ&range=all")
    one.chart()
    assert one.kline("k.keep.period") == "month" and one.kline("k.keep.last.length") <= 400
    stage = one.page.locator(".nl-stage").bounding_box()
    one.page.mouse.move(stage["x"] + stage["width"] * 0.5, stage["y"] + 150)
    for period in ("week", "day"):
        for _ in range(40):
            one.page.mouse.wheel(0, -200)
            # The view moves at once; finer candles are asked for once it has come to rest.
            one.page.wait_for_timeout(60)
            days = one.kline("k.viewDays()")
            one.page.wait_for_timeout(500)
            one.rest()
            if one.kline("k.keep.period") == period:
                break
        one.rest()
        assert one.kline("k.keep.period") == period
        now = one.kline("k.viewDays()")
        # The days looked at stay what they were, to the width of one candle of the coarser kind.
        assert all(abs(a - b) <= 45 for a, b in zip(days, now, strict=True)), (days, now)
        assert one.kline("k.keep.last.length") <= 400


def test_one_article_says_when_it_was_published_and_where_it_stands(visit, own):
    one = visit(own)
    one.open("?code=300750.SZ&from=2022-05-01&to=2022-05-31")
    one.chart()
    assert one.kline("k.keep.places.length") == 1
    assert "2022-05-12 18:30 盘后 → 2022-05-13" in one.page.inner_text(".st-key-reader .nl-why")


def test_nothing_found_says_so_and_offers_a_way_out(visit, own):
    one = visit(own)
    one.open("?code=600519.SH&q=绝不会有的词组&from=2022-05-01&to=2022-05-31")
    one.chart()
    assert "没有符合条件的文章" in one.text()
    one.page.get_by_role("button", name="清除筛选").click()  # beside what says so, without opening the filter
    one.page.wait_for_function("() => !location.search.includes('q=')")
    one.rest()
    assert one.kline("k.keep.places.length") == len(HOSTILE)


def test_providers_that_are_down_leave_the_articles_on_the_chart(visit, own):
    one = visit(own)
    one.open("?code=000001.SZ")
    one.chart()
    one.page.get_by_text("行情源暂时不可用").wait_for()
    assert "还没有行情" in one.text()
    # The page was drawn twice in quick succession; the widgets still show the view.
    for label in ("1年", "自动"):
        assert one.page.get_by_role("radio", name=label, exact=True).get_attribute("aria-checked") == "true"
    one.shot("provider-down")


def test_an_unknown_name_is_said_and_changes_nothing(visit, own):
    one = visit(own)
    one.open("?code=600519.SH")
    one.chart()
    box = one.page.locator(".st-key-w-search input")
    box.fill("<b>没有这家公司xyz</b>")
    box.press("Enter")
    one.page.get_by_text("没有找到").wait_for()
    assert "600519" in one.page.url


def test_rejected_files_are_listed_with_their_reason(visit, own):
    one = visit(own)
    one.open("data")
    one.page.wait_for_selector(".nl-cards")
    one.rest()
    assert "篇数核对一致" in one.text()
    one.shot("data")


@pytest.mark.parametrize("page", ["news", "market", "study", "data"])
def test_every_other_page_is_fit_to_show(visit, sample, page):
    one = visit(sample)
    one.open(page)
    one.page.wait_for_selector(".nl-read, .nl-cards, .nl-empty, [data-testid=stPlotlyChart]")
    if page == "study":
        one.page.get_by_role("button", name="开始研究").click()
    one.page.wait_for_timeout(1500)
    one.rest()
    assert "This app has encountered an error" not in one.text() and "画不出来" not in one.text()
    one.shot(f"zh-{page}")


OVERTAKEN = """async () => {
  const address = performance.getEntriesByType('resource').map((one) => one.name).find((name) => name.includes('kline.js'));
  const { mount } = await import(address);
  const place = document.body.appendChild(document.createElement('div')), component = { parentElement: place, data: null };
  class Painter {}
  const seen = [], count = () => seen.push(place.querySelectorAll('.nl-kline').length);
  const first = mount(component, Painter), second = mount(component, Painter);
  const turn = () => new Promise((done) => setTimeout(done, 20));
  count(); first(); await turn(); count(); second(); await turn(); count();
  place.remove(); second(); await turn(); count();
  return seen;
}"""


def test_a_figure_that_overtakes_another_keeps_its_chart(sample, visit):
    """A page drawn twice in quick succession: the first call's clean-up runs after the second call drew."""
    one = visit(sample)
    one.open()
    one.chart()
    assert one.page.evaluate(OVERTAKEN) == [1, 1, 1, 0]


def test_what_comes_in_while_the_page_is_open_is_shown_without_a_reload(visit, tmp_path):
    """First the sample, then the analyst's first article, then one more; the page is opened once."""
    home, news = tmp_path / "home", tmp_path / "news"
    news.mkdir()

    def ingest(name: str, title: str, time: str) -> None:
        text = f"---\ntitle: {title}\ndate: 2022-05-12 {time} +0800\n---\n贵州茅台（600519）{title}。\n"
        (news / f"{name}.md").write_text(text, encoding="utf-8")
        environment = {**os.environ, "NEWSLINK_HOME": str(home)}
        environment.pop("NEWSLINK_STORE", None)
        subprocess.run(
            [sys.executable, "-m", "newslink", "ingest", str(news)], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=300
        )

    server = serve(home, NEWSLINK_OFFLINE="1")
    one = visit(next(server))
    try:
        one.open("news")
        one.page.get_by_text("库里还没有文章").first.wait_for()
        one.rest()
        one.page.evaluate("() => { window.__opened = 1; }")
        for name, title, time in (("first", "第一篇关于直销渠道的消息", "10:30:00"), ("second", "第二篇关于产能扩建的消息", "11:00:00")):
            ingest(name, title, time)
            one.page.wait_for_function("(title) => document.body.innerText.includes(title)", arg=title)  # in the reader: the newest
        assert one.page.get_by_text("库里还没有文章").count() == 0
        assert one.page.evaluate("() => window.__opened") == 1
    finally:
        server.close()
