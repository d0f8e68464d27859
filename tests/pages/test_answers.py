"""Kept answers: asked once, bounded, forgotten with the store's change, and errors never kept."""

from __future__ import annotations

import pytest

from newslink.ui.answers import Answers


def test_the_same_question_is_answered_once():
    asked = []
    answers = Answers()
    for _ in range(3):
        assert answers.get(("a", 1), lambda: asked.append(1) or "x") == "x"
    assert asked == [1]
    assert answers.get(("a", 2), lambda: "y") == "y"


def test_no_more_than_allowed_are_kept_and_the_oldest_go_first():
    answers = Answers(3)
    for number in range(5):
        answers.get(number, lambda number=number: number)
        answers.get(0, lambda: 0)
    assert len(answers) == 3
    assert answers.get(0, lambda: pytest.fail("the one in use was forgotten")) == 0


def test_a_failure_is_not_kept():
    answers = Answers()
    with pytest.raises(KeyError):
        answers.get("a", lambda: {}["missing"])
    assert answers.get("a", lambda: 1) == 1
