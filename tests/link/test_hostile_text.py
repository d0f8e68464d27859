"""Text that was not written to be read: offsets stay right, work and memory stay bounded, nothing crashes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newslink.link import Linker, Universe
from newslink.link.quick import MOST_MENTIONS
from newslink.model import Article, Name, Precision, Security

NOON = datetime(2022, 5, 31, 12, tzinfo=timezone(timedelta(hours=8)))
NAMES = {
    "600519.SH": "贵州茅台",
    "000858.SZ": "五粮液",
    "000002.SZ": "万科A",
    "300024.SZ": "机器人",
    "601988.SH": "中国银行",
    "300178.SZ": "*ST腾邦",
    "600030.SH": "中信证券",
    "00700.HK": "腾讯控股",
    "AAPL.US": "苹果",
    "NIO.US": "蔚来",
}


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(Universe([Security(id, name) for id, name in NAMES.items()], [Name("600519.SH", "茅台")]))


def article(title: str, body: str, id: str = "x") -> Article:
    return Article(id, NOON, Precision.SECOND, title, body)


PIECES = st.sampled_from(
    [
        *NAMES.values(),
        "五 粮 液",
        "万 科Ａ",
        "*ST 腾邦",
        "貴州茅臺",
        "\u200b",
        "\ufeff",
        "\x00",
        "\ud83d",
        "\udc00",
        "😀",
        "　",
        "\n",
        "(600519)",
        "600519.SH",
        "$AAPL",
        "NYSE:NIO",
        "（00700.HK）",
        "ＳＨ６００５１９",
        "、",
        "：",
        "，",
        "公告",
        "涨停",
        "集团",
        "港股",
        "【",
        "】",
        "来源：",
        "有限公司",
        "１２３",
        "ﬁ",
        "㈱",
        "İ",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(alphabet=st.characters(), max_size=6)), max_size=24).map("".join)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS, body=TEXTS, others=st.lists(TEXTS, max_size=3))
def test_the_surface_is_always_the_text_between_its_offsets(linker: Linker, title: str, body: str, others: list[str]) -> None:
    articles = [article(title, body)] + [article(t, t, str(i)) for i, t in enumerate(others)]
    together = linker.link_many(articles)
    assert together == [linker.link(a) for a in articles]
    for one, links in zip(articles, together, strict=True):
        for link in links:
            assert 0.0 <= link.confidence <= 1.0 and 0.0 <= link.relevance <= 1.0
            for mention in link.mentions:
                text = one.title if mention.field == "title" else one.body
                assert mention.field in ("title", "body")
                assert text[mention.start : mention.end] == mention.surface != ""


def test_a_hundred_thousand_mentions_are_kept_as_a_few_with_their_number(linker: Linker) -> None:
    (link,) = linker.link(article("", "贵州茅台，" * 100_000))
    assert len(link.mentions) == MOST_MENTIONS
    assert link.mentions[-1].evidence[-1] == f"+ {100_000 - MOST_MENTIONS} more mentions"


@pytest.mark.parametrize(
    "piece",
    [
        "机器人",
        "中国银行",
        "五 粮 液 ",
        "(600519",
        "600519.",
        "((((((",
        "1",
        "A",
        "\x00",
        "\ud83d",
        "😀",
        "、机器人",
        "中信证券中信证券",
        "来源：",
        "【",
        "有限公司",
        "港股涨",
        "*ST",
    ],
)
def test_ten_megabytes_of_anything_are_linked_in_bounded_time(linker: Linker, piece: str) -> None:
    body = piece * (3_300_000 // len(piece))
    began = time.process_time()
    links = linker.link(article("贵州茅台公告", body))
    assert time.process_time() - began < 60  # a bound against blow-up, not a speed: a second or two is usual
    assert "600519.SH" in {k.security for k in links if k.confidence >= 0.5}
    assert all(len(k.mentions) <= MOST_MENTIONS for k in links)


def test_nothing_in_nothing_out(linker: Linker) -> None:
    assert linker.link_many([]) == []
    assert linker.link_many([article("", "")] * 3) == [(), (), ()]
    assert linker.link(article("\ud800", "\udfff")) == ()


def test_a_universe_without_names_links_nothing() -> None:
    assert Linker(Universe([], [])).link(article("贵州茅台(600519)公告", "")) == ()
