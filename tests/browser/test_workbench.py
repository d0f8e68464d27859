"""The page K 线与新闻 in a real browser: from the first view to the exported file."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]


def day(ordinal: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=ordinal)).isoformat()


def click_marker(one, position: int) -> int:
    """Click the position-th marked place; gives its day as days since 1970."""
    ordinal = one.kline("k.keep.last[k.keep.places.at(a)]", position)
    point = one.kline("k.point(a)", ordinal)
    one.page.mouse.click(point["x"], point["y"])
    one.page.wait_for_function("(d) => new URL(location.href).searchParams.get('day') === d", arg=day(ordinal))
    one.rest()
    return ordinal


def test_search_filter_click_read_and_take_away(visit, sample):
    one = visit(sample)
    one.open()
    one.chart()
    assert "样例数据" in one.text() and "宁德时代" in one.text()
    one.shot("zh-light-1440")

    # search by pinyin initials
    box = one.page.locator(".st-key-w-search input")
    one.page.keyboard.press("/")
    assert box.evaluate("(e) => document.activeElement === e")
    box.fill("gzmt")
    box.press("Enter")
    one.page.wait_for_url(re.compile("code=600519"))
    one.rest()
    one.page.wait_for_function("() => document.querySelector('.nl-quote b')?.textContent === '贵州茅台'")
    assert one.page.inner_text(".nl-quote").count("600519.SH") == 1

    # counts reconcile, and markers are the same articles
    line = one.page.locator(".nl-line2").nth(1).inner_text()
    numbers = [int(n) for n in re.findall(r"\d+", line)]
    assert numbers[0] == sum(numbers[1:4])
    assert numbers[4] == sum(numbers[5:])
    assert one.kline("[...k.keep.marks.values()].reduce((n, m) => n + Number(m.count), 0)") == numbers[5]

    # click a marker: the article opens beside the chart with its words lit up
    ordinal = click_marker(one, -1)
    lit = one.page.locator(".st-key-reader mark.nl-mine").first
    lit.wait_for()
    assert "茅台" in lit.inner_text() and "置信度" in lit.get_attribute("title")
    assert f"→ {day(ordinal)}" in one.page.inner_text(".st-key-reader .nl-why")
    assert one.page.locator(".nl-band").is_visible()

    # take it away: the bytes are what Excel needs, the rows what the chart shows
    with one.page.expect_download() as waiting:
        one.page.get_by_role("button", name="CSV").click()
    raw = waiting.value.path().read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == numbers[5] and {row["security"] for row in rows} == {"600519.SH"}
    assert waiting.value.suggested_filename.endswith(".csv") and "600519.SH" in waiting.value.suggested_filename
    marked = {day(value) for value in one.kline("k.keep.places.map((p) => k.keep.last[p])")}
    assert {row["session"] for row in rows} == marked

    for name, start in (("Excel", b"PK"), ("网页", b"<!")):
        with one.page.expect_download() as waiting:
            one.page.get_by_role("button", name=name).click()
        assert waiting.value.path().read_bytes()[:2] == start
    with one.page.expect_download() as waiting:
        one.page.get_by_role("button", name="保存图片").click()
    assert waiting.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_zoom_follows_the_price_and_survives_filters_and_picks(visit, sample):
    one = visit(sample)
    one.open("?code=300750.SZ")
    one.chart()
    whole = one.kline("k.painter.panes.find((p) => p.id === 'y').high - k.painter.panes.find((p) => p.id === 'y').low")
    stage = one.page.locator(".nl-stage").bounding_box()
    one.page.mouse.move(stage["x"] + stage["width"] * 0.45, stage["y"] + 150)
    for _ in range(8):
        one.page.mouse.wheel(0, -240)
        one.page.wait_for_timeout(60)
    one.page.wait_for_timeout(400)
    view = one.kline("k.viewDays()")
    narrow = one.kline("k.painter.panes.find((p) => p.id === 'y').high - k.painter.panes.find((p) => p.id === 'y').low")
    assert view is not None and narrow < whole * 0.8
    # the price axis shows exactly what is visible
    fits = one.kline("(() => { const [a, b] = k.seen(), p = k.painter.panes.find((p) => p.id === 'y'), c = k.keep.candle; "
                     "return c.low.slice(a, b + 1).every((v) => v === null || v >= p.low) && c.high.slice(a, b + 1).every((v) => v === null || v <= p.high); })()")  # fmt: skip # noqa: E501
    assert fits
    # a filter
    drawn = one.page.get_attribute(".nl-kline", "data-drawn")
    one.page.get_by_role("button", name="筛选").click()
    one.page.get_by_text("折叠转载").click()
    one.page.wait_for_url(re.compile("fold=1"))
    one.rest()
    assert one.kline("k.viewDays()") == view
    # a display option redraws, and keeps the view
    one.page.keyboard.press("Escape")
    one.rest()  # closing is told to the server, which draws the filters once more
    one.page.get_by_role("button", name="显示").click()
    one.page.get_by_text("对数坐标").click()
    one.page.wait_for_url(re.compile("log=1"))
    one.page.wait_for_function("(n) => document.querySelector('.nl-kline').dataset.drawn !== n", arg=drawn)
    one.rest()
    assert one.kline("k.viewDays()") == view
    one.page.keyboard.press("Escape")
    # the keyboard: the next session with news is chosen and brought into view
    one.page.locator(".nl-stage").focus()
    one.page.keyboard.press("ArrowLeft")
    one.page.wait_for_url(re.compile("day="))
    one.rest()
    assert one.kline("k.selected") is not None
    # Escape shows everything again
    one.page.locator(".nl-stage").focus()
    one.page.keyboard.press("Escape")
    one.page.wait_for_timeout(300)
    assert one.kline("k.viewDays()") is None


def test_a_row_of_the_table_lights_its_marker_up(visit, sample):
    one = visit(sample)
    one.open("?code=300750.SZ")
    one.chart()
    table = one.page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    cells = table.locator("[role=gridcell]").all_text_contents()
    assert any(re.fullmatch(r"-?\d+\.\d+", cell) for cell in cells) and not any("rror" in cell for cell in cells)
    box = table.bounding_box()
    one.page.mouse.click(box["x"] + 16, box["y"] + 36 + 35 * 2 + 17)
    one.page.wait_for_url(re.compile("art="))
    one.rest()
    assert one.page.locator(".nl-band").is_visible()
    chosen = re.search(r"day=([\d-]+)", one.page.url).group(1)
    assert chosen in one.page.inner_text(".st-key-reader .nl-why")


def test_boxed_days_become_the_filter(visit, sample):
    one = visit(sample)
    one.open("?code=300750.SZ")
    one.chart()
    first, last = one.kline("[k.keep.last[60], k.keep.last[90]]")
    a, b = one.kline("k.point(a)", first), one.kline("k.point(a)", last)
    one.page.keyboard.down("Shift")
    one.page.mouse.move(a["x"], a["y"])
    one.page.mouse.down()
    one.page.mouse.move((a["x"] + b["x"]) / 2, a["y"] + 20, steps=4)
    one.page.mouse.move(b["x"], b["y"], steps=4)
    one.page.mouse.up()
    one.page.keyboard.up("Shift")
    one.page.wait_for_url(re.compile("from=.*to="))
    one.rest()
    one.page.wait_for_function("(n) => document.querySelector('.nl-kline').kline.keep.last.length === n", arg=31)
    assert one.kline("[k.keep.last[0], k.keep.last.at(-1)]") == [first, last]


def test_a_deep_link_opens_the_same_view(visit, sample):
    first = visit(sample)
    first.open("?code=300750.SZ&from=2022-03-01&to=2022-06-30&period=week&over=boll&ind=macd&color=tag&cmp=1")
    first.chart()
    click_marker(first, -1)
    link, title = first.page.url, first.page.inner_text(".st-key-reader h2")
    second = visit(sample)
    second.page.goto(link)
    second.chart()
    assert second.page.inner_text(".st-key-reader h2") == title
    assert second.kline("k.keep.period") == "week"
    assert second.kline("k.keep.lines.map((l) => l.name)") == first.kline("k.keep.lines.map((l) => l.name)")
    assert second.kline("k.selected") == first.kline("k.selected")


def test_language_and_theme_come_from_the_browser_and_can_be_switched(visit, sample):
    one = visit(sample, locale="en-US", scheme="dark", height=1100)
    one.open("?code=600519.SH&over=ma,boll&ind=macd,rsi&cmp=1&color=tag")
    one.chart()
    assert "Chart & news" in one.text() and "Received" in one.text()
    assert one.kline("k.painter.colours.paper") == "#0e1420"
    legend = one.kline("k.keep.legend.map((key) => key.name)")
    assert len(legend) > 1 and not re.search(r"[\u4e00-\u9fff]", "".join(legend))
    one.shot("en-dark-1440")
    one.page.get_by_text("中文").click()
    one.page.wait_for_url(re.compile("lang=zh"))
    one.rest()
    assert "K 线与新闻" in one.text()
    assert len(one.kline("k.painter.panes.map((p) => p.id)")) == 5
    # The index it is compared with stays in the picture, and each lower pane says what its curves are.
    assert one.kline("(() => { const p = k.painter.panes.find((p) => p.id === 'y'), line = k.keep.lines.find((l) => l.meta === 'benchmark');"
                     " return line.y.every((v) => v === null || (v > p.low && v < p.high)); })()")  # fmt: skip
    notes = one.page.locator(".nl-note").all_inner_texts()
    assert len(notes) == 2 and "DIF" in notes[0] and "MACD" in notes[0] and "RSI6" in notes[1]


@pytest.mark.parametrize(("locale", "scheme", "name"), [("zh-CN", "light", "zh-light-390"), ("en-US", "dark", "en-dark-390")])
def test_a_phone_shows_everything_without_scrolling_sideways(visit, sample, locale, scheme, name):
    one = visit(sample, width=390, height=844, locale=locale, scheme=scheme)
    one.open("?code=300750.SZ")
    one.chart()
    one.shot(name, full=True)
    assert one.page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert one.page.locator(".nl-stage").bounding_box()["width"] <= 390
    ordinal = one.kline("k.keep.last[k.keep.places.at(-1)]")
    one.page.locator(".nl-stage").scroll_into_view_if_needed()
    point = one.kline("k.point(a)", ordinal)
    one.page.touchscreen.tap(point["x"], point["y"])
    one.page.wait_for_url(re.compile("day="))


def test_two_sessions_do_not_see_each_other(visit, sample):
    one, two = visit(sample), visit(sample, locale="en-US")
    one.open("?code=300750.SZ&ind=macd")
    two.open("?code=600519.SH")
    one.chart()
    two.chart()
    click_marker(one, -1)
    two.page.get_by_role("button", name="Display").click()
    two.page.get_by_text("Log axis").click()
    two.page.wait_for_url(re.compile("log=1"))
    two.rest()
    assert "day=" not in two.page.url and "ind=" not in two.page.url and "300750" not in two.page.url
    assert "log=" not in one.page.url and "600519" not in one.page.url
    assert one.page.inner_text(".nl-quote b") == "宁德时代"


def test_a_correction_takes_the_article_off_the_chart_and_back(visit, sample):
    one = visit(sample)
    one.open("?code=600160.SH")
    one.chart()
    before = one.kline("[...k.keep.marks.values()].reduce((n, m) => n + Number(m.count), 0)")
    click_marker(one, 0)
    one.page.locator(".st-key-reader").get_by_role("button", name="更正").first.click()
    one.page.get_by_role("button", name="不是这家公司").first.click()
    one.page.get_by_text("已更正。").first.wait_for()
    one.rest()
    number = "[...k.keep.marks.values()].reduce((n, m) => n + Number(m.count), 0)"
    # At once, without a new page; and what was taken off stays open, so that it can be put back.
    assert one.kline(number) == before - 1
    counts = [int(n) for n in re.findall(r"\d+", one.page.locator(".nl-line2").nth(1).inner_text())]
    assert counts[4] == sum(counts[5:]) and counts[5] == before - 1
    assert one.page.locator(".st-key-reader .nl-muted").count() == 1
    one.page.reload()
    one.chart()
    assert one.kline(number) == before - 1
    one.page.locator(".st-key-reader").get_by_role("button", name="更正").first.click()
    one.page.get_by_role("button", name="确认", exact=True).first.click()
    one.page.get_by_text("已更正。").first.wait_for()
    one.rest()
    assert one.kline(number) == before
