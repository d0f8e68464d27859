"""A sentence → what it speaks of: the market, trade, or nature, places, arts, school, sport and daily life.

The words stand in ``data/scenes.tsv``; one small automaton finds them all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import daachorse

from newslink.link.classes import data_lines

_TOPICS = ("market", "trade", "life", "mild", "abroad")
# How many different words of each topic stand in a sentence: market, trade, life, mild, abroad.
Scene = list[int]


@lru_cache(maxsize=1)
def _words() -> dict[str, int]:
    topic: dict[str, int] = {}
    for line in data_lines("scenes.tsv"):
        name, _, words = line.partition("\t")
        for word in words.split():
            topic.setdefault(word, _TOPICS.index(name))
    return topic


def words_of(topic: str) -> list[str]:
    """The words of market, trade, life, mild or abroad."""
    number = _TOPICS.index(topic)
    return [word for word, found in _words().items() if found == number]


@lru_cache(maxsize=1)
def scenes() -> Callable[[str], Scene]:
    """sentence → Scene. Built when first asked for."""
    words = sorted(_words())
    topics = [_words()[w] for w in words]
    find = daachorse.CharwiseDoubleArrayAhoCorasick(words).find_overlapping

    def scene(sentence: str) -> Scene:
        counts = [0, 0, 0, 0, 0]
        found = find(sentence)
        for pattern in {match[2] for match in found} if len(found) > 1 else [match[2] for match in found]:
            counts[topics[pattern]] += 1
        return counts

    return scene
