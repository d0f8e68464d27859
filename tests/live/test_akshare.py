"""akshare itself, unmodified, in the child process, against a fake world on the loopback."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from newslink.articles import parse
from newslink.articles.live import CHILD, WIRES, NoticeSource, StockNewsSource, WireSource
from newslink.articles.source import Tools
from newslink.errors import SourceError
from newslink.model import Article, Precision
from newslink.pipeline.sources import NewsCall
from tests.live.world import NewsWorld, news_row, notice
from tests.loopback.proxy import Fault

MOUTAI = "600519.SH"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[NewsWorld, NewsCall]]:
    world = NewsWorld()
    # A machine far from Shanghai: two of the functions print times in the machine's zone.
    call = NewsCall(environment={**os.environ, **world.proxy.environment, "TZ": "America/New_York"})
    yield world, call
    call.close()
    world.close()


@pytest.fixture
def world(running: tuple[NewsWorld, NewsCall]) -> Iterator[NewsWorld]:
    yield running[0]
    running[0].faults.clear()
    running[0].news.clear()
    running[0].notices.clear()


@pytest.fixture
def call(running: tuple[NewsWorld, NewsCall]) -> NewsCall:
    return running[1]


def articles_of(items: object) -> list[Article]:
    found = [parse(item) for item in items]
    assert all(isinstance(article, Article) for article in found)
    return found


@pytest.mark.parametrize("wire", sorted(WIRES))
def test_every_wire_gives_the_same_flashes_at_the_same_beijing_time(world: NewsWorld, call: NewsCall, wire: str) -> None:
    source = WireSource(wire, WIRES[wire], call, 60.0)
    poll = source.poll({})
    articles = articles_of(poll.items)
    assert [article.published.astimezone(UTC) for article in articles] == [
        datetime(2022, 5, 27, 9, 47, 41, tzinfo=UTC),
        datetime(2022, 5, 27, 9, 49, 41, tzinfo=UTC),
    ]
    assert [article.title for article in articles] == ["宁德时代获宝马定点", "贵州茅台披露年报"]
    assert all(article.body and article.source == WIRES[wire].source for article in articles)
    assert poll.note == ""


def test_a_poll_that_shares_nothing_with_the_last_says_that_items_may_be_missing(world: NewsWorld, call: NewsCall) -> None:
    source = WireSource("cls", WIRES["cls"], call, 60.0)
    state = source.poll({}).state
    kept = list(world.flashes)
    world.flashes[:] = [
        {"title": "新的", "text": "全部是新的。", "time": "2022-05-27 20:00:00", "epoch": 1653652800, "code": "202205279000000009"}
    ]
    try:
        assert "may be missing" in source.poll(state).note
    finally:
        world.flashes[:] = kept


def test_news_of_a_security_keep_the_bracket_around_its_code(world: NewsWorld, call: NewsCall) -> None:
    title, text = "贵州茅台(<em>600519</em>)发布年报", "贵州茅台(<em>600519</em>.SH)公告，<em>600519</em>收涨。"
    world.news["600519"] = [news_row(title, text, "202205279000000003")]
    tools = Tools(call=call, watchlist=lambda: [MOUTAI], names_of=lambda security: ["贵州茅台"])
    (article,) = articles_of(StockNewsSource("news", tools, 900.0).poll({}).items)
    assert article.title == "贵州茅台(600519)发布年报"
    assert article.body == "贵州茅台(600519.SH)公告，600519收涨。"
    assert article.id == "em:202205279000000003"


def test_another_companys_news_are_refused(world: NewsWorld, call: NewsCall) -> None:
    world.news["*"] = [news_row("来伊份(<em>603777</em>)公告", "来伊份披露。", "202205279000000004")] * 3
    tools = Tools(call=call, watchlist=lambda: [MOUTAI], names_of=lambda security: ["贵州茅台"])
    with pytest.raises(SourceError, match="another company's news"):
        StockNewsSource("news", tools, 900.0).poll({})


def test_a_security_that_fails_does_not_lose_the_others_and_the_next_poll_goes_on(world: NewsWorld, call: NewsCall) -> None:
    world.news["600519"] = [news_row("贵州茅台披露", "贵州茅台。", "202205279000000005")]
    world.news["300750"] = [news_row("另一家", "另一家。", "202205279000000006")]
    names = {MOUTAI: ["贵州茅台"], "300750.SZ": ["宁德时代"], "600160.SH": ["巨化股份"]}
    tools = Tools(call=call, watchlist=lambda: list(names), names_of=names.__getitem__)
    source = StockNewsSource("news", tools, 900.0, at_once=2)
    poll = source.poll({})
    assert [article.title for article in articles_of(poll.items)] == ["贵州茅台披露"]
    assert "300750.SZ" in poll.note
    assert poll.state == {"next": 2}


def test_notices_know_their_day_and_their_company(world: NewsWorld, call: NewsCall) -> None:
    world.notices[:] = [
        notice("600519", "贵州茅台", "贵州茅台2021年年度报告", "AN202205271000000001"),
        notice("600519", "贵州茅台", "关于回购股份的公告", "AN202205271000000002"),
        notice("000001", "平安银行", "别家的公告", "AN202205271000000003", stray=True),
    ]
    tools = Tools(call=call, watchlist=lambda: [MOUTAI])
    source = NoticeSource("notices", tools, 1800.0, everyone=False, today=lambda: datetime(2022, 5, 27, 12, tzinfo=UTC))
    articles = articles_of(source.poll({}).items)
    assert [article.title for article in articles] == ["贵州茅台2021年年度报告", "贵州茅台(600519)：关于回购股份的公告"]
    assert {article.precision for article in articles} == {Precision.DAY}
    assert {annotation.security for article in articles for annotation in article.annotations} == {MOUTAI}


def test_all_notices_of_a_day(world: NewsWorld, call: NewsCall) -> None:
    world.notices[:] = [notice("600519", "贵州茅台", "公告甲", "AN1"), notice("000001", "平安银行", "公告乙", "AN2")]
    source = NoticeSource("notices", Tools(call=call), 1800.0, everyone=True, today=lambda: datetime(2022, 5, 27, 12, tzinfo=UTC))
    assert len(articles_of(source.poll({}).items)) == 2


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("status", "status 503"),
        ("html", "web page"),
        ("empty", "empty body"),
        ("reset", "ConnectionError|ProxyError"),
        ("truncated", "JSONDecodeError"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(world: NewsWorld, call: NewsCall, kind: str, words: str) -> None:
    world.faults.append(Fault(kind, path="/tapp/*", status=503))
    with pytest.raises(SourceError, match=words):
        WireSource("ths", WIRES["ths"], call, 60.0).poll({})


@pytest.mark.parametrize(("kind", "words"), [("status", "status 429"), ("html", "web page"), ("empty", "empty body")])
def test_the_search_is_held_to_the_same(world: NewsWorld, call: NewsCall, kind: str, words: str) -> None:
    world.news["600519"] = [news_row("贵州茅台", "贵州茅台", "202205279000000003")]
    world.faults.append(Fault(kind, path="/search/*", status=429))
    with pytest.raises(SourceError, match=words):
        call("stock_news_em", {"symbol": "600519"}, 20.0)


def test_an_answer_that_never_comes_is_given_up_and_the_next_works(world: NewsWorld, call: NewsCall) -> None:
    world.faults.append(Fault("hang", path="/v1/roll/*", times=1))
    began = time.monotonic()
    with pytest.raises(SourceError):
        call("stock_info_global_cls", {"symbol": "全部"}, 1.5)
    assert time.monotonic() - began < 6
    assert len(call("stock_info_global_cls", {"symbol": "全部"}, 30.0)) == 2


def test_a_function_that_is_not_about_news_is_not_run(call: NewsCall) -> None:
    for function in ("stock_zh_a_hist", "__class__", "os"):
        with pytest.raises(SourceError, match="no news function"):
            call(function, {}, 20.0)


def test_columns_that_changed_are_an_error_and_not_empty_articles() -> None:
    def changed(function: str, arguments: dict, seconds: float) -> list[dict]:
        return [{"headline": "x", "发布时间": "2022-05-27 17:47:41"}]

    with pytest.raises(SourceError, match="without the column"):
        WireSource("ths", WIRES["ths"], changed, 60.0).poll({})


def test_a_child_that_answers_nonsense_is_one_error_of_ours() -> None:
    code = (
        "import sys, struct; sys.stdin.readline(); body = b'[1]'; "
        "sys.stdout.buffer.write(struct.pack('>Q', len(body)) + body); sys.stdout.flush(); sys.stdin.read()"
    )
    call = NewsCall(command=[sys.executable, "-c", code])
    try:
        with pytest.raises(SourceError):
            call("stock_info_global_em", {}, 20.0)
    finally:
        call.close()


def test_closing_does_not_wait_for_a_request_under_way() -> None:
    call = NewsCall(command=[sys.executable, "-c", "import time; time.sleep(60)"])
    failures = []

    def ask() -> None:
        try:
            call("stock_info_global_em", {}, 50.0)
        except SourceError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while call._worker.pid is None:
        time.sleep(0.01)
    began = time.monotonic()
    call.close()
    asking.join(10)
    assert time.monotonic() - began < 10
    assert len(failures) == 1
    with pytest.raises(SourceError, match="stopping"):
        call("stock_info_global_em", {}, 1.0)


def test_the_child_imports_nothing_of_ours() -> None:
    """It is run in isolation, so that an article or a reply can reach no store and no setting through it."""
    assert "newslink" not in [word.split(".")[0] for word in CHILD.read_text().split() if word.startswith("newslink.")]
    assert json.dumps({"ok": True})
