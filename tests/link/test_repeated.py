"""A name met again in one article: its mentions are weighed in full until one is sure, the others by what stands straight beside them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from newslink.link import Linker, Universe
from newslink.link.repeated import EVIDENCE
from newslink.model import Article, Link, Name, Precision, Role, Security

DAY = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=8)))
SURE = "金山办公公告，公司上半年净利润同比增长20%。金山办公股价涨停。"


@pytest.fixture(scope="module")
def linker() -> Linker:
    securities = [
        Security("688111.SH", "金山办公"),
        Security("600519.SH", "贵州茅台"),
        Security("300024.SZ", "机器人"),
        Security("600030.SH", "中信证券"),
        Security("601318.SH", "中国平安"),
        Security("02318.HK", "中国平安", entity="601318.SH"),
        Security("AAPL.US", "苹果"),
    ]
    return Linker(Universe(securities, [Name(s.id, s.name) for s in securities]))


def links(linker: Linker, body: str) -> dict[str, Link]:
    return {link.security: link for link in linker.link(Article("a", DAY, Precision.SECOND, "", body))}


def places(link: Link, body: str, surface: str) -> list[bool]:
    """For each place of surface in body whether the link mentions it."""
    mentioned = {m.start for m in link.mentions}
    found, at = [], body.find(surface)
    while at >= 0:
        found.append(at in mentioned)
        at = body.find(surface, at + 1)
    return found


def test_further_mentions_say_by_what_they_are_settled(linker: Linker) -> None:
    body = SURE + "分析师看好金山办公。天气转凉后，人们仍在谈论金山办公。"
    (link,) = links(linker, body).values()
    assert places(link, body, "金山办公") == [True] * 4
    assert [m.evidence == EVIDENCE for m in link.mentions] == [False, True, True, True]
    assert all(body[m.start : m.end] == m.surface == "金山办公" for m in link.mentions)


def test_what_stands_straight_beside_a_further_mention_still_speaks(linker: Linker) -> None:
    body = SURE + "某地的金山办公楼失火。金山办公有限责任公司是另一家企业。读者买了《金山办公》一书。金山办公回应。"
    (link,) = links(linker, body).values()
    assert places(link, body, "金山办公") == [True, True, False, True, False, True]
    assert link.mentions[-1].evidence == EVIDENCE


def test_an_unsure_beginning_settles_nothing(linker: Linker) -> None:
    body = "孩子在院子里种了苹果。苹果树开花了。他吃了一个苹果。苹果很甜。"
    assert not any(m.evidence == EVIDENCE for link in links(linker, body).values() for m in link.mentions)


def test_what_is_sure_later_on_settles_what_comes_behind_it(linker: Linker) -> None:
    body = "路过一家苹果。苹果股价大涨，市值创新高。分析师看好苹果。天气转凉，人们仍在谈论苹果。"
    link = links(linker, body)["AAPL.US"]
    assert link.confidence > 0.9
    assert [m.evidence == EVIDENCE for m in link.mentions][-2:] == [True, True]
    assert link.mentions[0].evidence != EVIDENCE


def test_a_word_is_weighed_wherever_it_stands(linker: Linker) -> None:
    body = "机器人(300024.SZ)公告，净利润增长三成。机器人(300024.SZ)股价涨停。展会上一台机器人为观众倒水，孩子们围着机器人拍照。"
    link = links(linker, body)["300024.SZ"]
    assert link.confidence > 0.9
    assert places(link, body, "机器人") == [True, True, False, False]


def test_a_broker_is_asked_each_time_whether_it_is_quoted(linker: Linker) -> None:
    body = "中信证券认为，贵州茅台估值合理。中信证券表示，需求回暖。中信证券研报指出，库存下降。中信证券预计，价格回升。"
    found = links(linker, body)
    assert found["600030.SH"].role is Role.SOURCE
    assert len(found["600030.SH"].mentions) == 4


def test_the_listing_is_asked_each_time_where_another_market_is_spoken_of(linker: Linker) -> None:
    body = "港股午评：中国平安涨3%。港股方面，中国平安领涨。恒生指数走强，中国平安H股成交放大，中国平安港股创新高。"
    assert list(links(linker, body)) == ["02318.HK"]


@pytest.mark.parametrize("times", [3, 50, 3_000])
def test_batches_give_the_same_as_one_by_one(linker: Linker, times: int) -> None:
    bodies = [SURE + "金山办公再度上榜。" * times, "贵州茅台上涨。" * times, "苹果发布新品。" * times, "路边的苹果熟了。" * times]
    bodies += [
        SURE + "金山办公：下半年有信心。金山办公（688111.SH）涨停。" * times,
        "贵州茅台(600519.SH)上涨。",
    ]  # codes of one are not another's
    articles = [Article(str(i), DAY, Precision.SECOND, "", body) for i, body in enumerate(bodies)]
    assert linker.link_many(articles) == [linker.link(one) for one in articles]
