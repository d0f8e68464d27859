"""Copies, updates and news; clusters that come out the same however the articles arrive."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.articles import Placement, Signature, pack, parse, place, relate, signature, signatures, unpack
from newslink.articles.discovery import discover
from newslink.articles.times import BEIJING
from newslink.model import Article, Precision

START = datetime(2026, 6, 1, 9, 0, tzinfo=BEIJING)
STORY = (
    "德福科技公告称，公司持股5%以上股东拓阵基金及其一致行动人于2026年6月4日通过大宗交易累计减持公司股份50万股，占公司总股本的0.08%。"
    "本次权益变动后，合计持股比例由7.05%减少至6.97%，达到1%整数倍。减持计划尚未完成。"
)


def told(
    body: str = STORY,
    minutes: float = 0,
    title: str = "德福科技：股东减持50万股",
    name: str = "",
    companies: tuple[str, ...] = ("301511.SZ",),
) -> Signature:
    published = START + timedelta(minutes=minutes)
    return signature(Article(name or f"x:{minutes}", published, Precision.SECOND, title, body), companies)


def test_keys_are_those_that_stores_hold() -> None:
    """Keys and hashes are stored for years; another way to work them out must come to the same."""
    body = "五粮液5月6日公告，拟以1.25亿元至3.25亿元回购股份，占总股本2.125%。"
    article = Article("a", START.replace(hour=10), Precision.SECOND, "五粮液：拟回购3.25亿元股份", body)
    one = signature(article, ("000858.SZ", "510300.SH"))
    assert one.keys == (
        -8846543325359725708, -7153371345538168065, -6076391309703930042, -3337060879918976020, -1589770609468402210, -928727876952876743,
        606844827691448788, 867101050626858642, 1429388145045610494, 1739265068461017595, 4143277859481978799, 6205123229949217121,
    )  # fmt: skip
    assert (one.opening, one.step, len(one.grams), one.companies) == (890028032, 1, 30, {"000858.SZ"})
    assert one.grams[:3].tolist() == [384817210, 406451799, 518663386] and one.title[:3].tolist() == [459685626, 1132938015, 1165231631]


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=120)), max_size=8))
def test_many_at_once_are_what_each_is_alone(texts: list[tuple[str, str]]) -> None:
    articles = [Article(f"x:{n}", START, Precision.SECOND, title, body) for n, (title, body) in enumerate(texts)]
    articles.append(Article("long", None, Precision.NONE, "长" * 90, "".join(map(chr, range(0x4E00, 0x4E00 + 9000)))))
    many = signatures((article, ("600519.SH", "00700.HK")) for article in articles)
    for article, one in zip(articles, many, strict=True):
        alone = signature(article, ("00700.HK", "600519.SH"))
        assert pack(one) == pack(alone) and one.keys == alone.keys and unpack(pack(one)).keys == one.keys
        assert len(one.grams) <= 512 and (np.diff(one.grams.astype(np.int64)) > 0).all()


def kind(one: Signature, other: Signature) -> str | None:
    forth, back = relate(one, other), relate(other, one)
    assert forth == back
    return forth.kind if forth else None


def test_what_wires_wrap_a_story_in_makes_no_difference() -> None:
    wrapped = f"【德福科技：股东减持50万股】财联社6月4日电，{STORY}（财联社）"
    assert kind(told(), told(wrapped, 3)) == "copy"


def test_a_story_cut_short_is_a_copy() -> None:
    assert kind(told(), told(STORY[: STORY.index("本次")], 1)) == "copy"


def test_other_words_for_the_same_numbers_of_the_same_company_are_a_copy() -> None:
    again = (
        "德福科技公告，股东拓阵基金及其一致行动人6月4日以大宗交易方式累计减持50万股，占总股本0.08%，"
        "权益变动后，合计持股比例由7.05%降至6.97%，触及1%整数倍。"
    )
    assert kind(told(), told(again, 2)) == "copy"


def test_a_number_rounded_by_another_wire_is_the_same_number() -> None:
    exact = STORY.replace("50万股", "500,123股").replace("0.08%", "0.081%")
    rounded = STORY.replace("50万股", "50.01万股").replace("0.08%", "0.081%")
    assert kind(told(exact), told(rounded, 1)) == "copy"


def test_other_numbers_are_an_update() -> None:
    assert kind(told(), told(STORY.replace("50万股", "90万股").replace("0.08%", "0.14%"), 60)) == "update"


def test_a_rise_is_not_a_fall() -> None:
    flash = "沪深300指数午后震荡，成分股成交活跃，截至发稿指数上涨1.25%，报4012.35点，两市成交额超过1.2万亿元"
    assert kind(told(flash, companies=()), told(flash.replace("上涨", "下跌"), 5, companies=())) != "copy"


def test_another_company_in_the_same_words_is_another_story() -> None:
    assert kind(told(), told(STORY.replace("德福科技", "德邦科技"), 1, companies=("688035.SH",))) is None


def test_a_form_with_other_names_and_numbers_is_another_story() -> None:
    form = "中国证监会国际合作司发布关于{}股份有限公司境外发行上市备案通知书，公司拟发行不超过{}股境外上市普通股并在香港联合交易所上市。"
    one, other = form.format("瑶芯微电子科技", "34,584,500"), form.format("坦博尔集团", "64,133,200")
    assert kind(told(one, title="瑶芯微港股IPO获备案", companies=()), told(other, 2, title="坦博尔港股IPO获备案", companies=())) is None


def test_a_daily_line_in_the_same_words_is_news_again_the_next_day() -> None:
    line = "纳斯达克100指数跌幅扩大至2%。"
    assert kind(told(line, companies=()), told(line, 20, companies=())) == "copy"
    assert kind(told(line, companies=()), told(line, 24 * 60, companies=())) is None


def test_a_round_up_that_holds_the_story_is_no_copy_of_it() -> None:
    other_news = [f"第{i}条，某地发布第{i}号通知，要求有关部门落实第{i}项措施并于年底前完成验收；" for i in range(20)]
    assert kind(told(), told("今日要闻：" + "".join(other_news) + STORY, 30, title="今日要闻")) is None


PASSED = "交易所上市审核委员会召开第三十一次审议会议，审议结果显示，云杉机器人股份有限公司首发符合发行条件、上市条件和信息披露要求。"


def test_news_that_repeats_an_earlier_story_as_its_background_is_another_story() -> None:
    story = told(PASSED, title="云杉机器人首发过会", companies=())
    later = told(f"云杉机器人宣布，双足人形机器人累计下线约1.1万台。{PASSED}", 22 * 60, title="双足人形机器人累计下线约1.1万台", companies=())
    market = told(f"机器人板块迎来密集催化：{PASSED}", 15 * 60, title="巨头争相布局 板块获多重催化", companies=())
    reaction = told(f"亚太早盘，指数期货走低，原油高开。消息面上，{PASSED}分析人士称影响有限。", 60, title="期货走低 原油高开", companies=())
    assert [kind(story, one) for one in (later, market, reaction)] == [None, None, None]
    assert len({placement.cluster for placement in place([story, later, market, reaction])}) == 4


def test_the_whole_story_under_another_title_and_opening_is_a_copy() -> None:
    story = told(f"据知情人士透露，{PASSED}", title="云杉机器人首发过会", companies=())
    again = told(f"消息称，{PASSED}", 10, title="双足人形赛道再添一家公司", companies=())
    assert kind(story, again) == "copy"


def test_funds_do_not_make_another_set_of_companies() -> None:
    assert kind(told(), told(minutes=1, companies=("301511.SZ", "159940.SZ"))) == "copy"


def test_the_first_report_is_the_head_and_copies_have_little_novelty() -> None:
    late, first, update = told(minutes=10), told(STORY[:70], 0), told(STORY.replace("50万股", "90万股").replace("0.08%", "0.14%"), 60)
    news = told(
        "贵州茅台公告，公司聘任新的总经理，任期三年，相关议案已经董事会审议通过。", 5, title="茅台聘任总经理", companies=("600519.SH",)
    )
    placed = {p.article: p for p in place([late, first, update, news])}
    assert (placed["x:0"].kind, placed["x:0"].novelty) == ("head", 1.0)
    assert (placed["x:10"].kind, placed["x:10"].cluster, placed["x:10"].earlier) == ("copy", "x:0", "x:0")
    assert placed["x:10"].novelty < 0.1
    assert (placed["x:60"].kind, placed["x:60"].cluster, placed["x:60"].earlier) == ("update", "x:60", "x:10")
    assert 0 < placed["x:60"].novelty < 0.4
    assert placed["x:5"] == Placement("x:5", "x:5", "head", 1.0, "")


def test_an_earlier_report_arriving_late_becomes_the_head_of_all() -> None:
    known = [told(minutes=10), told(minutes=20)]
    before = {p.article: p for p in place(known)}
    moved = {p.article: p for p in place([told(minutes=0)], [(s, before[s.article]) for s in known])}
    assert {p.cluster for p in moved.values()} == {"x:0"} and len(moved) == 3


def test_an_edited_article_leaves_its_cluster() -> None:
    members = [told(minutes=m) for m in (0, 10)]
    before = {p.article: p for p in place(members)}
    edited = told("完全不同的内容，关于另一件事情的说明，与先前所述并无任何联系，请以此为准。", 10, title="更正")
    moved = place([edited], [(s, before[s.article]) for s in members])
    assert moved == [Placement("x:10", "x:10", "head", 1.0, "")]


def test_nothing_moves_when_nothing_is_new() -> None:
    members = [told(minutes=m) for m in (0, 10, 20)]
    before = place(members)
    assert place(members, list(zip(members, before, strict=True))) == []
    assert place([], list(zip(members, before, strict=True))) == []


def test_novelty_survives_a_store_that_forgets_the_earlier_article() -> None:
    members = [told(minutes=m) for m in (0, 10)]
    forgetful = {p.article: p._replace(earlier="") for p in place(members)}
    third = place([told(minutes=20)], [(s, forgetful[s.article]) for s in members])
    assert [(p.article, p.cluster, p.kind) for p in third] == [("x:20", "x:0", "copy")]


def in_batches(signatures: list[Signature], sizes: random.Random) -> dict[str, Placement]:
    """What a store does: look up candidates by key, fetch their clusters whole, place, write back."""
    by_id = {s.article: s for s in signatures}
    stored: dict[str, Placement] = {}
    by_key = defaultdict(set)
    rest = list(signatures)
    sizes.shuffle(rest)
    while rest:
        count = sizes.randint(1, max(1, len(signatures) // 5))
        batch, rest = rest[:count], rest[count:]
        near = {article for s in batch for key in s.keys for article in by_key[key]}
        clusters = {stored[article].cluster for article in near}
        near |= {article for article, p in stored.items() if p.cluster in clusters}
        for placement in place(batch, [(by_id[article], stored[article]) for article in near]):
            stored[placement.article] = placement
        for s in batch:
            for key in s.keys:
                by_key[key].add(s.article)
    return stored


WORDS = st.lists(
    st.sampled_from(
        [
            "公司公告减持50万股。",
            "占总股本0.08%。",
            "控股股东增持3.5亿元，",
            "中标12.4亿元项目，",
            "股票明日停牌。",
            "预计净利润增长35.6%，",
            "董事长辞职。",
        ]
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.integers(0, 4000), st.sampled_from([(), ("600519.SH",), ("000858.SZ",)])), max_size=14),
    st.randoms(use_true_random=False),
)
def test_clusters_do_not_depend_on_order_or_batches(stories: list, sizes: random.Random) -> None:
    signatures = [told("".join(words), minutes, name=f"x:{i}", companies=ids) for i, (words, minutes, ids) in enumerate(stories)]
    at_once = {p.article: p for p in place(signatures)}
    assert in_batches(signatures, sizes) == at_once
    for placement in at_once.values():
        head = at_once[placement.cluster]
        assert head.cluster == head.article and head.kind != "copy"
        assert 0 <= placement.novelty <= 1
        assert (placement.kind == "copy") == (placement.article != placement.cluster)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=3000), st.text(max_size=100), st.sets(st.sampled_from(["600519.SH", "00700.HK", "NIO.US"])))
def test_a_packed_signature_comes_back_whole(body: str, title: str, companies: set[str]) -> None:
    made = told(body, title=title, companies=tuple(companies))
    back = unpack(pack(made))
    for one, other in zip(made, back, strict=True):
        assert list(one) == list(other) if hasattr(one, "tolist") else one == other
    assert all(-(2**63) <= key < 2**63 for key in made.keys)


@pytest.mark.parametrize("raw", [b"", b"x" * 10, b"\xff" * 200])
def test_foreign_bytes_are_no_signature(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a packed signature"):
        unpack(raw)
    with pytest.raises(ValueError, match="not a packed signature"):
        unpack(pack(told())[:-3])


def test_an_article_without_time_is_a_copy_only_in_the_same_words() -> None:
    undated = signature(replace(Article("y:1", None, Precision.NONE, "德福科技：股东减持50万股", STORY)), ("301511.SZ",))
    assert kind(told(), undated) == "copy"
    assert {p.article: p.cluster for p in place([undated, told()])} == {"y:1": "x:0", "x:0": "x:0"}


def test_three_wires_meet_in_the_real_flashes(shared) -> None:
    articles = [a for a in (parse(item) for item in discover([shared / "flashes"])) if isinstance(a, Article)]
    articles = [a for a in articles if a.published < datetime(2026, 6, 3, tzinfo=BEIJING)]
    signatures = [signature(a, {n.security for n in a.annotations if n.security}) for a in articles]
    placed = {p.article: p for p in place(signatures)}
    by_id = {a.id: a for a in articles}
    copies = [p for p in placed.values() if p.kind == "copy"]
    # The wires share a large part of their items; nearly all copies stand beside another wire's head, not the same wire's.
    assert len(copies) > 0.2 * len(articles)
    assert sum(by_id[p.article].source != by_id[p.cluster].source for p in copies) > 0.9 * len(copies)
    assert all(by_id[p.cluster].published <= by_id[p.article].published for p in copies)
