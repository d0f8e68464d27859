"""Ambiguous name → what else it means, as words around it: 金龙鱼 in a tank (水族, 鱼缸) and on a shelf (食用油, 大豆).

The words stand in ``data/senses.tsv``. What is general (a class of places, of persons) stands with the cues; here only what one must know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import daachorse

from newslink.link.classes import data_lines
from newslink.link.text import name_key

_REGION = re.compile(
    r"(?:北京|上海|深圳|广州|杭州|南京|苏州|重庆|天津|武汉|成都|西安|沈阳|长沙|厦门"
    r"|福州|合肥|广东|江苏|浙江|山东|河南|湖南|湖北|江西|福建|辽宁|甘肃|新疆|四川|广西|云南|海南|安徽|吉林)\Z"
)
_OTHER, _MORE_OTHER = 2.4, 0.9
_OWN, _MORE_OWN = 2.2, 0.9
_DECISIVE = 2  # so many words of the other meaning outweigh what only companies do


class Sense:
    """other, own: words in the sentence that speak for the other meaning, for the company. beside: other, straight before or behind."""

    __slots__ = ("_ahead", "_find", "_words", "beside", "other", "own")

    def __init__(self, other: Sequence[str], beside: Sequence[str], own: Sequence[str]) -> None:
        self.other, self.beside = frozenset(other), tuple(beside)
        self._ahead = tuple(word for word in beside if len(word) > 1)  # before the name one character says too little
        self.own = frozenset(own)
        self._words = list(dict.fromkeys((*other, *own)))
        self._find = daachorse.CharwiseDoubleArrayAhoCorasick(self._words).find_overlapping if self._words else None

    def goes_on(self, before: str, after: str) -> bool:
        """A word of the other meaning stands straight before or behind the name."""
        return after.startswith(self.beside) or before.endswith(self._ahead)

    def weigh(self, sentence: str, claimed: bool, evidence: list[str]) -> float:
        """Log odds of the company by the words of the sentence; what was found is noted as evidence.

        claimed: what stands behind the name is said of companies only, so the other meaning's words weigh less.
        """
        found = self._find(sentence) if self._find else None
        if not found:
            return 0.0
        words = [self._words[i] for i in sorted({match[2] for match in found})]
        own, other = [w for w in words if w in self.own], [w for w in words if w in self.other]
        score = 0.0
        if own:
            score += _OWN + _MORE_OWN * min(len(own) - 1, 2) if not all(map(_REGION.match, own)) else 0.5
            evidence.append("+ " + ", ".join(own[:3]))
        if other:
            score -= (_OTHER + _MORE_OTHER * min(len(other) - 1, 2)) * (0.4 if claimed and len(other) < _DECISIVE else 1.0)
            evidence.append("- " + ", ".join(other[:3]))
        return score


@lru_cache(maxsize=1)
def senses() -> dict[str, Sense]:
    """Surface as the haystack holds it → its senses."""
    found: dict[str, Sense] = {}
    for line in data_lines("senses.tsv"):
        names, other, own = (*line.split("\t"), "", "")[:3]
        words = other.split()
        beside = tuple(w[1:] for w in words if w[0] == "^")
        sense = Sense([w for w in words if w[0] != "^"], beside, own.split())
        for name in names.split():
            found[name_key(name)] = sense
    return found
