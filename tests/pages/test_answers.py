"""Kept answers: asked once, bounded, forgotten with the store's change, and errors never kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from newslink.ui.answers import Answers, weight


def test_the_same_question_is_answered_once():
    asked = []
    answers = Answers()
    for _ in range(3):
        assert answers.get(("a", 1), lambda: asked.append(1) or "x") == "x"
    assert asked == [1]
    assert answers.get(("a", 2), lambda: "y") == "y"


def test_no_more_bytes_than_allowed_are_kept_and_the_oldest_go_first():
    answers = Answers(35_000)
    for number in range(5):
        answers.get(number, lambda: "x" * 9_000)
        answers.get(0, lambda: "x" * 9_000)
        assert answers.bytes <= 35_000
    assert len(answers) == 3
    assert answers.get(0, lambda: pytest.fail("the one in use was forgotten")) == "x" * 9_000
    assert answers.get(1, lambda: "again") == "again"


def test_what_is_larger_than_all_that_is_allowed_is_given_and_not_kept():
    answers = Answers(5_000)
    answers.get("small", lambda: "x")
    assert answers.get("large", lambda: "x" * 9_000) == "x" * 9_000
    assert answers.get("large", lambda: "made again") == "made again"
    assert answers.get("small", lambda: pytest.fail("it had room")) == "x"


def test_an_answer_that_is_made_twice_at_once_is_counted_once():
    answers = Answers()
    answers.get("a", lambda: answers.get("a", lambda: "x" * 100) + "y")
    assert answers.bytes == 1_101


@dataclass(frozen=True)
class Shown:
    bars: pd.DataFrame
    name: str


def test_frames_weigh_no_less_than_they_do_wherever_they_are():
    frame = pd.DataFrame({"x": np.zeros(1_000)})
    assert frame.memory_usage(index=True).sum() <= weight(frame) < 30_000
    assert weight(Shown(frame, "茅台")) == weight((frame, "茅台")) == weight(frame) + 2
    assert weight([frame, frame]) == 2 * weight(frame)


def test_a_failure_is_not_kept():
    answers = Answers()
    with pytest.raises(KeyError):
        answers.get("a", lambda: {}["missing"])
    assert answers.get("a", lambda: 1) == 1
