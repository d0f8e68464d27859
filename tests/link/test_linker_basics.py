"""The linker on hand-made securities: codes, dated names, segmentation, listings, roles."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from newslink.link import Linker, Universe
from newslink.model import Annotation, Article, Kind, Name, NameKind, Precision, Role, Security

BEIJING = timezone(timedelta(hours=8))


def article(
    title: str, body: str = "", day: date | None = date(2022, 5, 31), annotations: tuple[Annotation, ...] = (), id: str = "a"
) -> Article:
    published = None if day is None else datetime(day.year, day.month, day.day, 10, tzinfo=BEIJING)
    return Article(id, published, Precision.NONE if day is None else Precision.SECOND, title, body, annotations=annotations)


@pytest.fixture(scope="module")
def universe() -> Universe:
    securities = [
        Security("600519.SH", "贵州茅台", listed=date(2001, 8, 27)),
        Security("000858.SZ", "五粮液"),
        Security("000002.SZ", "万科A"),
        Security("02202.HK", "万科企业", entity="000002.SZ"),
        Security("300024.SZ", "机器人"),
        Security("300178.SZ", "腾邦退"),
        Security("601515.SH", "衢州东峰"),
        Security("600006.SH", "东风股份"),
        Security("000725.SZ", "京东方A"),
        Security("002310.SZ", "东方新能"),
        Security("002202.SZ", "金风科技"),
        Security("02208.HK", "金风科技", entity="002202.SZ"),
        Security("NIO.US", "蔚来"),
        Security("688327.SH", "云从科技", listed=date(2022, 5, 27)),
        Security("600030.SH", "中信证券"),
        Security("000951.SZ", "中国重汽"),
        Security("03808.HK", "中国重汽"),
        Security("920799.BJ", "艾融软件"),
        Security("002626.SZ", "金达威"),
        Security("399006.SZ", "创业板指", Kind.INDEX),
        Security("00700.HK", "腾讯控股"),
        Security("BABA.US", "阿里巴巴"),
        Security("300750.SZ", "宁德时代"),
    ]
    names = [
        Name("601515.SH", "东风股份", NameKind.SHORT, date(2012, 2, 16), date(2023, 3, 1)),
        Name("601515.SH", "衢州东峰", NameKind.SHORT, date(2023, 3, 2)),
        Name("600006.SH", "东风汽车", NameKind.SHORT, None, date(2023, 12, 1)),
        Name("600006.SH", "东风股份", NameKind.SHORT, date(2023, 12, 2)),
        Name("300178.SZ", "*ST腾邦", NameKind.SHORT, date(2021, 4, 1), date(2022, 5, 30)),
        Name("300178.SZ", "腾邦退", NameKind.SHORT, date(2022, 5, 31)),
        Name("002310.SZ", "东方园林", NameKind.SHORT, None, date(2025, 1, 1)),
        Name("002310.SZ", "东方新能", NameKind.SHORT, date(2025, 1, 2)),
        Name("02202.HK", "万科企业"),
    ]
    return Universe(securities, names)


@pytest.fixture(scope="module")
def linker(universe: Universe) -> Linker:
    return Linker(universe)


def named(linker: Linker, *args, **kwargs) -> list[str]:
    return sorted(k.security for k in linker.link(article(*args, **kwargs)) if k.confidence >= 0.5)


@pytest.mark.parametrize(
    ("text", "securities"),
    [
        ("代码为600519.SH的公司", ["600519.SH"]),
        ("SH600519今日大涨", ["600519.SH"]),
        ("sz000858大涨", ["000858.SZ"]),
        ("某公司(600519)公告", ["600519.SH"]),
        ("股票代码：600519", ["600519.SH"]),
        ("公司00700.HK涨5%", ["00700.HK"]),
        ("某股(0700.HK)走高", ["00700.HK"]),
        ("关注$NIO和大盘", ["NIO.US"]),
        ("(NYSE:NIO)大涨", ["NIO.US"]),
        ("BABA.US盘前涨2%", ["BABA.US"]),
        ("纽交所：NIO", ["NIO.US"]),
        ("共售出600519件商品", []),
        ("编号202112的文件", []),
        ("涉及600519.5万元", []),
        ("某公司(830799)公告", ["920799.BJ"]),
        ("指数399006.SZ上涨", []),
        ("外交部：NIO不应这样", []),
        ("高盛：BABA", []),
    ],
)
def test_a_code_counts_only_where_something_says_it_is_one(linker, text, securities):
    assert named(linker, text) == securities


def test_spaced_full_width_and_traditional_forms_give_the_same_link(linker):
    for text in ("五粮液公告", "五 粮 液公告", "五\u200b粮\u200b液公告", "五糧液公告"):
        assert named(linker, text) == ["000858.SZ"], text
    assert named(linker, "万 科Ａ公告") == ["000002.SZ"]
    assert named(linker, "*ST 腾邦公告", day=date(2022, 5, 1)) == ["300178.SZ"]


def test_a_reused_name_goes_to_the_company_that_bore_it_on_the_day(linker):
    assert named(linker, "东风股份公告回购", day=date(2020, 6, 1)) == ["601515.SH"]
    assert named(linker, "东风股份公告回购", day=date(2024, 6, 1)) == ["600006.SH"]


def test_a_company_is_not_linked_long_before_its_listing(linker):
    assert named(linker, "云从科技完成新一轮融资", day=date(2018, 1, 1)) == []
    assert named(linker, "云从科技下周上市", day=date(2022, 5, 1)) == ["688327.SH"]


def test_the_best_cut_wins_over_the_leftmost_match(linker):
    assert named(linker, "北京东方园林公告") == ["002310.SZ"]
    assert named(linker, "京东方公告") == ["000725.SZ"]


def test_an_ordinary_word_needs_a_company_around_it(linker):
    assert named(linker, "工业机器人产量增长，机器人产业迎来政策利好") == []
    assert named(linker, "机器人：上半年净利润同比增长20%", "机器人公告，公司中标。") == ["300024.SZ"]


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("小区门口开着一家宁德时代，店员捡到钱包交给民警", False),
        ("中山南路宁德时代旁的行道树被吹倒，砸中两辆电动车", False),
        ("宁德时代门口排起长队", False),
        ("岛城宁德时代立交桥西向匝道今夜起施工", False),
        ("科创板又迎来一家宁德时代供应商，宁德时代持股2%", True),
        ("沿着一带一路宁德时代把工厂建到匈牙利", True),
        ("宁德时代与特斯拉对面而坐，重谈供货价", True),
        ("供应商在宁德时代门口拉起横幅讨债", True),
        ("宁德时代停车场项目配套换电站，首批落地厦门", True),
    ],
)
def test_a_shop_or_crossing_of_a_sure_name_is_not_its_company(linker, text, linked):
    assert bool([k for k in linker.link(article(text)) if k.security == "300750.SZ" and k.confidence >= 0.5]) is linked


def test_the_listing_follows_the_market_spoken_of_and_the_other_is_kept(linker):
    (link,) = [k for k in linker.link(article("港股碳中和概念股走低，金风科技跌超5%")) if k.confidence >= 0.5]
    assert (link.security, link.alternatives) == ("02208.HK", ("002202.SZ",))
    (link,) = [k for k in linker.link(article("风电板块走强，金风科技涨停")) if k.confidence >= 0.5]
    assert (link.security, link.alternatives) == ("002202.SZ", ("02208.HK",))


def test_same_name_of_two_companies_is_told_apart_by_the_code_behind_it(linker):
    assert named(linker, "中国重汽(03808.HK)发布公告") == ["03808.HK"]
    assert named(linker, "中国重汽(000951)发布公告") == ["000951.SZ"]


def test_a_quoted_broker_is_a_source_and_a_reporting_broker_is_the_subject(linker):
    roles = {k.security: k.role for k in linker.link(article("中信证券：建议关注白酒", "中信证券研报指出，贵州茅台估值合理。"))}
    assert roles["600030.SH"] is Role.SOURCE
    roles = {k.security: k.role for k in linker.link(article("中信证券：上半年净利润同比增长10%", "中信证券公告，上半年净利润增长。"))}
    assert roles["600030.SH"] is Role.SUBJECT


def test_batches_and_single_articles_agree(linker):
    articles = [article("贵州茅台公告", "五粮液、机器人等涨停", id=str(i)) for i in range(3)] + [article("", "")]
    assert linker.link_many(articles) == [linker.link(a) for a in articles]


def test_a_block_of_related_articles_is_set_aside(linker):
    body = "贵州茅台公告。相关报道：宁德时代大涨"
    note = Annotation("body", 7, len(body), "", "related", "")
    assert named(linker, "", body, annotations=(note,)) == ["600519.SH"]


def test_charts_and_markup_count_without_words(linker):
    chart = Annotation("body", 2, 2, "K 000858|0|6", "chart", "0.000858", "000858.SZ")
    links = linker.link(article("白酒走强", "今日白酒走强", annotations=(chart,)))
    assert [(k.security, k.mentions[0].field, k.mentions[0].rule) for k in links if k.confidence >= 0.5] == [
        ("000858.SZ", "markup", "chart")
    ]


@pytest.mark.parametrize(("articles", "characters"), [(3, 10**6), (100, 40), (1, 1), (2, 25)])
def test_however_a_batch_is_cut_nothing_is_lost(linker, monkeypatch, articles: int, characters: int) -> None:
    batch = [article(f"贵州茅台第{i}次公告", "五粮液" * (i % 3), id=str(i)) for i in range(11)]
    monkeypatch.setattr("newslink.link.linker.CHUNK_ARTICLES", articles)
    monkeypatch.setattr("newslink.link.linker.CHUNK_CHARACTERS", characters)
    assert linker.link_many(iter(batch)) == [linker.link(one) for one in batch]
