"""Corrected times and clusters merged or split by people, through re-reading, edits, twins, new copies and relinking."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newslink.model import Filter, Precision
from newslink.pipeline.overrule import overrule
from newslink.pipeline.relink import relink
from newslink.pipeline.statements import Kind, Statement
from tests.corrections.conftest import Desk, contents
from tests.store.audit import audit

STORY = (
    "贵州茅台公告，一季度净利润172.45亿元，同比增长23.58%，营业收入322.96亿元。公司表示，全年经营目标不变，渠道改革继续推进，"
    "系列酒增长较快。"
)
OTHER = (
    "五粮液公告，拟回购不超过10亿元股份，回购价格上限为每股220元，回购期限十二个月，资金来源为自有资金，"
    "回购股份将用于员工持股计划。"
)


def test_a_corrected_time_moves_the_article_to_its_session_and_back(desk: Desk) -> None:
    one = desk.post(1, "贵州茅台公告", "贵州茅台净利润增长。", "2022-05-30 10:30:00 +0800")
    desk.ingest()
    before = contents(desk.store)
    assert desk.session(one, "600519.SH") == "2022-05-30"
    done = desk.say(Kind.TIME, article=one, published="2022-05-30 18:30")
    assert done.articles == (one,) and desk.session(one, "600519.SH") == "2022-05-31"
    entry = desk.store.article(one)
    assert entry.article.published == datetime(2022, 5, 30, 10, 30, tzinfo=UTC) and entry.article.precision is Precision.MINUTE
    assert [(note.kind, note.surface) for note in entry.article.annotations] == [("time", "2022-05-30T10:30:00+08:00")]
    audit(desk.store)
    again = desk.say(Kind.TIME, article=one, published="2022-06-10")
    assert desk.session(one, "600519.SH") == "2022-06-13" and desk.store.article(one).article.precision is Precision.DAY
    assert len(desk.store.page(Filter(start=date(2022, 6, 10), end=date(2022, 6, 10))).rows) == 1
    desk.undo(again)
    assert desk.session(one, "600519.SH") == "2022-05-31"
    desk.undo(done)
    assert contents(desk.store) == before
    audit(desk.store)


def test_a_time_may_be_said_to_be_unknown(desk: Desk) -> None:
    one = desk.post(1, "贵州茅台公告", "贵州茅台净利润增长。")
    desk.ingest()
    done = desk.say(Kind.TIME, article=one, published="none")
    assert desk.store.article(one).article.published is None and desk.store.article(one).standings == (None,)
    audit(desk.store)
    desk.undo(done)
    assert desk.session(one, "600519.SH") == "2022-05-30"


def test_a_corrected_time_survives_the_same_file_an_edit_and_a_twin_and_undoing_gives_the_publishers_newest(desk: Desk) -> None:
    one = desk.post(1, "贵州茅台公告", "贵州茅台净利润增长。")
    desk.ingest()
    done = desk.say(Kind.TIME, article=one, published="2022-06-10 18:00:00")
    desk.ingest()
    relink(desk.settings)
    assert desk.session(one, "600519.SH") == "2022-06-13"
    desk.post(1, "贵州茅台公告（更新）", "贵州茅台净利润增长，五粮液跟进。", "2022-05-31 10:30:00 +0800")
    assert desk.ingest().updated == 1
    assert desk.session(one, "600519.SH") == "2022-06-13" and "更新" in desk.store.article(one).article.title
    twin = desk.folder / "twin"
    desk.folder = twin
    desk.post(1, "贵州茅台公告", "贵州茅台净利润增长。", "2022-05-31 09:45:00 +0800")
    desk.folder = twin.parent
    assert desk.ingest().duplicates == 1
    assert desk.session(one, "600519.SH") == "2022-06-13" and len(desk.store.article(one).article.origins) == 2
    audit(desk.store)
    desk.undo(done)
    # The earliest time its two files give.
    assert desk.store.article(one).article.published == datetime(2022, 5, 31, 1, 45, tzinfo=UTC)
    assert desk.session(one, "600519.SH") == "2022-05-31"
    assert not desk.store.article(one).article.annotations
    audit(desk.store)


def copies(desk: Desk, count: int = 3) -> list[str]:
    return [
        desk.post(n, "贵州茅台：一季度净利润增长", STORY, f"2022-05-30 1{n}:30:00 +0800") for n in range(1, count + 1)
    ]


def test_an_article_set_apart_stays_alone_when_copies_come_and_all_are_linked_again(desk: Desk) -> None:
    first, second, third = copies(desk)
    desk.ingest()
    before = contents(desk.store)
    assert desk.cluster(first) == {first, second, third}
    done = desk.say(Kind.SPLIT, article=second)
    assert set(done.articles) == {second}
    assert (desk.cluster(first), desk.cluster(second)) == ({first, third}, {second})
    audit(desk.store)
    fourth = desk.post(4, "贵州茅台：一季度净利润增长", STORY, "2022-05-30 15:30:00 +0800")
    desk.ingest()
    relink(desk.settings)
    assert (desk.cluster(first), desk.cluster(second)) == ({first, third, fourth}, {second})
    (desk.folder / next(path.name for path in desk.folder.iterdir() if "0000004" in path.name)).unlink()
    desk.undo(done)
    assert desk.cluster(second) == {first, second, third, fourth}
    audit(desk.store)
    assert {id: found for id, found in contents(desk.store).items() if id != fourth}.keys() == before.keys()


def test_when_the_first_report_is_set_apart_the_next_one_heads_the_rest(desk: Desk) -> None:
    first, second, third = copies(desk)
    desk.ingest()
    before = contents(desk.store)
    done = desk.say(Kind.SPLIT, article=first, other=third)
    assert (desk.cluster(first), desk.cluster(third)) == ({first}, {second, third})
    assert desk.store.cluster_of(third)[0].head == second
    audit(desk.store)
    folded = set(desk.store.page(Filter(fold_copies=True)).rows["article"])
    assert folded == {first, second}
    desk.undo(done)
    assert contents(desk.store) == before
    audit(desk.store)


def test_two_stories_put_together_stay_together_with_what_copies_them(desk: Desk) -> None:
    first, second = copies(desk, 2)
    stranger = desk.post(7, "五粮液拟回购", OTHER, "2022-05-30 09:00:00 +0800")
    desk.ingest()
    before = contents(desk.store)
    done = desk.say(Kind.MERGE, article=second, other=stranger)
    assert set(done.articles) == {first, second, stranger} - {stranger}, "the earliest keeps its head: itself"
    assert desk.cluster(first) == {first, second, stranger} and desk.store.cluster_of(first)[0].head == stranger
    audit(desk.store)
    copy = desk.post(8, "五粮液拟回购股份", OTHER, "2022-05-30 11:00:00 +0800")
    desk.ingest()
    relink(desk.settings)
    assert desk.cluster(copy) == {first, second, stranger, copy}
    desk.undo(done)
    assert (desk.cluster(first), desk.cluster(copy)) == ({first, second}, {stranger, copy})
    assert all(contents(desk.store)[id][0] == before[id][0] for id in before)
    audit(desk.store)


def test_the_later_of_a_merge_and_a_split_holds(desk: Desk) -> None:
    first, second = copies(desk, 2)
    desk.ingest()
    desk.say(Kind.SPLIT, article=first)
    together = desk.say(Kind.MERGE, article=first, other=second)
    assert desk.cluster(first) == {first, second}
    desk.say(Kind.SPLIT, article=second, other=first)
    assert desk.cluster(first) == {first}
    desk.undo(together)
    assert desk.cluster(first) == {first}
    audit(desk.store)


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (3, 1, 4, 2)])
def test_clusters_do_not_depend_on_the_order_of_arrival(desk: Desk, order: tuple[int, ...]) -> None:
    ids = {}
    for n in order:
        ids[n] = desk.post(n, "贵州茅台：一季度净利润增长", STORY, f"2022-05-30 1{n}:30:00 +0800")
        desk.ingest()
    desk.say(Kind.SPLIT, article=ids[2])
    late = desk.post(5, "贵州茅台：一季度净利润增长", STORY, "2022-05-30 08:30:00 +0800")
    desk.ingest()
    assert desk.cluster(ids[2]) == {ids[2]}
    assert desk.cluster(late) == {late, ids[1], ids[3], ids[4]} and desk.store.cluster_of(late)[0].head == late
    audit(desk.store)


articles = st.sampled_from("abcdef")
pairs = st.lists(articles, min_size=2, max_size=2, unique=True)
said = st.lists(
    st.one_of(
        st.builds(lambda pair: Statement(Kind.MERGE, article=pair[0], other=pair[1]), pairs),
        st.builds(lambda a: Statement(Kind.SPLIT, article=a), articles),
        st.builds(lambda pair: Statement(Kind.SPLIT, article=pair[0], other=pair[1]), pairs),
    ),
    max_size=8,
)


@given(st.lists(articles, min_size=6, max_size=6), said)
def test_every_cluster_is_headed_by_its_first_and_the_last_word_holds(labels: list[str], statements: list[Statement]) -> None:
    groups: dict[str, list[str]] = {}
    for article, label in zip("abcdef", labels, strict=True):
        groups.setdefault(label, []).append(article)
    found = {article: min(group) for group in groups.values() for article in group}
    now = overrule(found, statements, lambda article: article)
    assert now.keys() == found.keys()
    for head in set(now.values()):
        assert head == min(article for article in now if now[article] == head)
    if statements:
        last = statements[-1]
        if last.kind is Kind.MERGE:
            assert now[last.article] == now[last.other]
        elif last.other:
            assert now[last.article] != now[last.other]
        else:
            assert list(now.values()).count(now[last.article]) == 1
    else:
        assert now == found
