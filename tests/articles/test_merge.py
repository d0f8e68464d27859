"""Twins of one id become one article, whatever their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from newslink.articles import RawItem, merge_origins, parse
from newslink.articles.times import BEIJING
from newslink.model import Annotation, Article, Origin, Precision

NOON = datetime(2022, 5, 31, 12, 0, tzinfo=BEIJING)
INLINE = Annotation("body", 0, 2, "正文", "inline", "1.600519", "600519.SH")
CHART = Annotation("body", 9, 9, "K图", "chart", "0.000858", "000858.SZ")


def twin(name: str, **changes: object) -> Article:
    base = Article(
        "em:1", NOON, Precision.SECOND, "标题", "正文", source="东财滚动新闻", tags=("东财滚动新闻",), origins=(Origin(name, name, "post"),)
    )
    return replace(base, **changes)


def test_the_merged_article_is_the_same_in_every_order() -> None:
    twins = [
        twin("a.md", annotations=(INLINE,)),
        twin(
            "b.md", published=NOON - timedelta(minutes=6), body="正文更长一些", annotations=(CHART,), source="财联社", tags=("财联社新闻",)
        ),
        twin("c.md", published=NOON.replace(hour=0), precision=Precision.DAY, title="替身", body="x" * 99),
        twin("d.md", published=None, precision=Precision.NONE),
    ]
    merged = {merge_origins(order) for order in permutations(twins)}
    assert len(merged) == 1
    (found,) = merged
    assert (found.title, found.body) == ("标题", "正文")
    assert (found.published, found.precision) == (NOON - timedelta(minutes=6), Precision.SECOND)
    assert found.source == "财联社"
    assert found.tags == ("东财滚动新闻", "财联社新闻")
    assert [(a.kind, a.start) for a in found.annotations] == [("inline", 0), ("chart", 2)]
    assert [o.locator for o in found.origins] == ["a.md", "b.md", "c.md", "d.md"]


def test_merging_again_with_what_is_merged_changes_nothing() -> None:
    twins = [twin("a.md", annotations=(INLINE,)), twin("b.md", annotations=(CHART,))]
    merged = merge_origins(twins)
    assert merge_origins([merged, twins[1]]) == merge_origins([twins[0], merged]) == merged


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"published": None, "precision": Precision.NONE, "body": "x" * 50}),
        ({}, {"precision": Precision.DAY, "body": "x" * 50}),
        ({}, {"title": "", "body": "x" * 50}),
        ({"annotations": (INLINE,)}, {"body": "x" * 50}),
        ({"body": "更长的正文"}, {}),
    ],
)
def test_the_text_is_chosen_by_time_title_annotations_and_length(better: dict, worse: dict) -> None:
    one, other = twin("z.md", **better), twin("a.md", **worse)
    assert merge_origins([other, one]).body == one.body


def test_different_articles_are_never_merged() -> None:
    with pytest.raises(ValueError, match="different ids"):
        merge_origins([twin("a.md"), twin("b.md", id="em:2")])
    with pytest.raises(ValueError, match="at least one"):
        merge_origins([])


def test_the_three_files_of_one_real_article_become_one(shared) -> None:
    paths = sorted((shared / "posts").glob("*202205262391921712.md"))
    twins = [parse(RawItem(p.name, p.name, "post", p.read_bytes(), 1)) for p in paths]
    assert len(twins) == 3
    merged = {merge_origins(order) for order in permutations(twins)}
    assert len(merged) == 1
    (found,) = merged
    assert found.title.startswith("国内首次！蔚来汽车")
    assert (found.published, found.precision) == (datetime(2022, 5, 26, 0, 19, 55, tzinfo=BEIJING), Precision.SECOND)
    assert {a.security for a in found.annotations if a.security} == {"NIO.US", "600160.SH", "300343.SZ", "600636.SH"}
    assert len(found.origins) == 3 and found.source == "上海证券报"
