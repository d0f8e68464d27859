"""A name that ends in a trade and what stands behind it → whether the two go on as a place's trade and no company: 甘肃能源|局, 青岛啤酒|节.

The words stand in ``data/trades.tsv``.
"""

from __future__ import annotations

from functools import lru_cache

from newslink.link.classes import data_lines


@lru_cache(maxsize=1)
def _trades() -> dict[str, tuple[str, ...]]:
    return {trade: tuple(words.split()) for trade, _, words in (line.partition("\t") for line in data_lines("trades.tsv"))}


@lru_cache(maxsize=4096)
def words_behind(surface: str) -> tuple[str, ...]:
    """Words that make another thing of the surface when they begin straight behind it; none for a surface that ends in no trade."""
    trades = _trades()
    return trades.get(surface[-2:], ()) + trades.get(surface[-3:], ()) if len(surface) > 3 else ()
