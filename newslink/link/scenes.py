"""A sentence → what it speaks of: the market, trade, or nature, places, arts, school, sport and daily life.

The words stand in ``data/scenes.tsv``; one small automaton finds them all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import daachorse

from newslink.link.classes import data_lines

_TOPICS = ("market", "trade", "life", "mild")


@dataclass(frozen=True, slots=True)
class Scene:
    """How many different words of each kind stand in a sentence."""

    market: int = 0
    trade: int = 0
    life: int = 0
    mild: int = 0


@lru_cache(maxsize=1)
def scenes() -> Callable[[str], Scene]:
    """sentence → Scene. Built when first asked for."""
    topic: dict[str, int] = {}
    for line in data_lines("scenes.tsv"):
        name, _, words = line.partition("\t")
        for word in words.split():
            topic.setdefault(word, _TOPICS.index(name))
    words = sorted(topic)
    topics = [topic[w] for w in words]
    machine = daachorse.CharwiseDoubleArrayAhoCorasick(words)

    @lru_cache(maxsize=4096)
    def scene(sentence: str) -> Scene:
        counts = [0, 0, 0, 0]
        for pattern in {match[2] for match in machine.find_overlapping(sentence)}:
            counts[topics[pattern]] += 1
        return Scene(*counts)

    return scene
