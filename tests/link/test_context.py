"""What stands around a name, weighed: only the sentence counts, never the name, its neighbours in a batch, or how often it is asked."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from newslink.link.context import REACH, SIZE, Context, features, prepared
from newslink.link.text import haystack

CONTEXT = Context.shipped()


def score(text: str, name: str) -> float:
    return scores([(text, name)])[0]


def scores(pairs: list[tuple[str, str]]) -> list[float]:
    hay = haystack([text for text, _ in pairs])
    start = np.array([text.index(name) for text, name in pairs]) + hay.starts[:-1]
    end = start + [len(name) for _, name in pairs]
    if hay.origin is not None:
        start, end = np.searchsorted(hay.origin, start), np.searchsorted(hay.origin, end)
    return CONTEXT.scores(prepared(hay.units), start, end).round(4).tolist()


def test_business_speaks_for_a_company_and_daily_life_against_it() -> None:
    for company, other in (
        ("甲乙丙的经销商库存压力在三季度明显缓解。", "孩子们在甲乙丙里捉迷藏，玩到天黑才回家。"),
        ("甲乙丙与客户签订了三年供货协议，首批订单下月交付。", "诗人把甲乙丙比作故乡的月亮。"),
    ):
        assert score(company, "甲乙丙") > 1 > -1 > score(other, "甲乙丙")


def test_the_name_itself_is_not_looked_at() -> None:
    assert score("据悉，甲乙丙计划扩产。", "甲乙丙") == score("据悉，探路者计划扩产。", "探路者")


def test_digits_and_capitals_are_alike_and_the_next_sentence_does_not_count() -> None:
    assert score("甲乙丙净利润增长12%", "甲乙丙") == score("甲乙丙净利润增长87%", "甲乙丙")
    assert score("ABC推甲乙丙", "甲乙丙") == score("abc推甲乙丙", "甲乙丙")
    assert score("甲乙丙扩产。天气很好", "甲乙丙") == score("甲乙丙扩产。股价大涨", "甲乙丙")


@given(st.lists(st.text(st.characters(codec="utf-16"), max_size=50), min_size=1, max_size=6))
def test_a_name_weighs_the_same_alone_and_in_a_batch(around: list[str]) -> None:
    pairs = [(f"{text[: len(text) // 2]}甲乙丙{text[len(text) // 2 :]}", "甲乙丙") for text in around]
    assert scores(pairs) == [score(*pair) for pair in pairs]


def test_any_text_costs_the_same_and_stays_in_bounds() -> None:
    hay = haystack(["甲乙丙" * 40_000, "", "甲乙丙"])
    start = np.array([1, 60_001, len(hay.units) - 4])
    found = features(hay.units, start, start + 3)
    assert found.shape[0] == 3 and found.max() <= SIZE
    assert found.shape[1] < 6 * REACH
    assert np.isfinite(CONTEXT.scores(prepared(hay.units), start, start + 3)).all()
    assert len(CONTEXT.scores(prepared(hay.units), start[:0], start[:0])) == 0
