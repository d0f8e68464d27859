"""The masks told at a glance against the patterns themselves: where a pattern is found, its bit is set."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

from newslink.link import cues
from newslink.link.cue import Cue
from newslink.link.glance import Glance
from newslink.link.needs import edge, words
from newslink.link.text import haystack
from tests.link import scoring

EVERY = np.uint64((1 << 64) - 1)
REAL = 400  # how many of the texts are sentences


def _texts() -> list[str]:
    """Sentences about ambiguous names, and words of the patterns thrown together so that every pattern finds something."""
    chance = random.Random(7)
    pieces = [w for cue in cues.ALL_BEHIND + cues.ALL_AHEAD for w in re.findall(r"[一-鿿]+|[A-Za-z%]+", cue.pattern.pattern)]
    thrown = ["".join(chance.choice([*pieces, "。", "、", "(", ")", "3", ",", ":", "》"]) for _ in range(40)) for _ in range(300)]
    return [c.sentence for c in scoring.cases("adversarial.tsv")][:REAL] + thrown


@pytest.mark.parametrize("place", ["behind", "ahead"])
def test_a_mask_never_lacks_the_bit_of_a_pattern_that_is_found(place: str):
    ahead = place == "ahead"
    all_cues, window = (cues.ALL_AHEAD, cues.BEFORE_WINDOW) if ahead else (cues.ALL_BEHIND, cues.AFTER_WINDOW)
    glance = Glance(all_cues, window, backwards=ahead)
    texts = _texts()
    hay = haystack(texts)
    found: dict[str, int] = {}
    spared = tried = 0
    real = sum(map(len, texts[:REAL]))
    borders = np.arange(1, len(hay.units) - 1)
    for border, mask in zip(borders.tolist(), glance.masks(hay.units, borders, EVERY).tolist(), strict=True):
        low, high = hay.text.rfind("\n", 0, border) + 1, hay.text.find("\n", border)
        text = hay.text[max(low, border - window) : border] if ahead else hay.text[border : min(high, border + window)]
        for cue in all_cues:
            if border < real:
                tried += 1
                spared += not mask & cue.bit
            if cue.find(text):
                found[cue.pattern.pattern] = found.get(cue.pattern.pattern, 0) + 1
                assert mask & cue.bit, (cue.pattern.pattern, text)
    assert len(found) > 0.9 * len({c.pattern.pattern for c in all_cues}), "most patterns are found somewhere in these texts"
    assert spared > 0.7 * tried, "in sentences the masks spare most of the work"


def test_a_text_too_short_for_two_characters_is_seen_too():
    cue = Cue(re.compile("涨|跌停"), "behind", 1)
    hay = haystack(["茅台涨", "茅台跌", "茅台"])
    (ends,) = (hay.units == ord("台")).nonzero()
    assert [bool(m) for m in Glance([cue], 40).masks(hay.units, ends + 1, EVERY).tolist()] == [True, False, False]


def _set(bits: int) -> set[str]:
    return {chr(i) for i in range(0x10000) if bits >> i & 1}


@pytest.mark.parametrize(
    ("pattern", "backwards", "first", "second"),
    [
        ("涨停|跌", False, "涨跌", None),
        ("(?:大|小)?幅(?!度)增", False, "大小幅", "幅增"),
        ("[甲乙]{2,3}丙", False, "甲乙", "甲乙"),
        (r"(?:来源|据)(?:于)?\Z", True, "源据于", None),
        (r"(?:来源|引述)\Z", True, "源述", "来引"),
        ("a*", False, None, None),
    ],
)
def test_what_a_pattern_begins_with(pattern: str, backwards: bool, first: str | None, second: str | None):
    one, two = edge(pattern, backwards)
    assert len(_set(one)) == 0x10000 if first is None else _set(one) == set(first)
    assert len(_set(two)) == 0x10000 if second is None else _set(two) == set(second)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (".{0,4}?公告(?!牌)", {"公告"}),
        ("[^,]{0,9}(?:涨停|跌[近超]|[0-9]+连板)", {"涨停", "跌近", "跌超", "连板"}),
        ("(?:甲|乙)?丙", {"丙"}),
        ("(?:甲|乙)?", set()),
        (r"\d{6}", set()),
    ],
)
def test_words_of_which_one_must_be_there(pattern: str, needed: set[str]):
    assert set(words(pattern)) == needed
