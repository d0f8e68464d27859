"""Companies with several listings → the listing an article means: the one named, else the one whose market it speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import daachorse

from newslink.link.lexicon import Lexicon, Owner
from newslink.link.needs import words
from newslink.model import market_of

_HK = re.compile(
    r"港股(?!通)|恒指|恒生(?!电子|活|命)|H股|港元|港币|港交所|联交所|国企指数|红筹|南向资金|内房股|内银股|恒科|\d{4,5}\.HK|\d港仙"
)
_US = re.compile(r"美股|纳斯达克|纳指|道指|纽交所|中概|ADR|ADS|美东|美国上市|热门股|\.US")
_A = re.compile(r"A股|沪指|深成指|创业板|科创板|上证|两市|沪深|北向|北交所|\d{6}\.S[HZ]|主力资金|涨停|跌停|龙虎榜|融资净买入")
# 3、 or 3. or 3 behind a full stop, or 【; its first characters stand in front, so that other places are passed over fast.
_ITEM = re.compile(
    r"[\d【](?:(?<=【)|(?<![\d.]\d)\d?[、.](?!\d)|(?<=[。;\s]\d)\d?(?=[A-Za-z一-鿿])(?![月日年个家只亿万倍成次名位大天周时分岁元]))"
)
_MARKETS = {"HK": _HK, "US": _US, "A": _A}
_NONE: frozenset[str] = frozenset()
_SUFFIX = re.compile(r"\(?(A股|H股|港股|美股|ADR|ADS)(?!市场|通|板块|概念|主板|创业板|投资者|指数)")
_MARKET_OF = {"A股": "A", "H股": "HK", "港股": "HK", "美股": "US", "ADR": "US", "ADS": "US"}
_STOP = re.compile(r"[。!?\n]")


def scene_market(text: str, start: int, end: int, field_start: int, field_end: int, head: str) -> tuple[str | None, str]:
    """(HK, US, A or None, words): what the sentence, else its paragraph or numbered item before it, else the head, speaks of.

    head: title or first words.
    """
    suffix = _SUFFIX.match(text, end, end + 4)
    if suffix:  # 中芯国际H股
        return _MARKET_OF[suffix[1]], "share class behind it"
    low = max(field_start, start - 200)
    left = text[low:start]
    cut = max(left.rfind("。"), left.rfind("\n"), left.rfind("!"), left.rfind("?")) + 1
    right = text[end : min(field_end, end + 120)]
    stop = _STOP.search(right)
    sentence = left[cut:] + "|" + (right[: stop.start()] if stop else right)
    found = _spoken_of(sentence)
    before, where = left[cut:], "sentence"
    if not found and cut and text[end : end + 1] != ":":
        before, where = left[_item_start(left) :], "paragraph"
        found = _spoken_of(before)
    if not found:
        before, where = head, "headline"
        found = _spoken_of(head)
    if len(found) == 1:
        return next(iter(found)), where
    if found:
        # The nearest market word before the name decides.
        return _nearest(before, found), where
    return None, ""


def _item_start(left: str) -> int:
    """Where the paragraph or numbered item that goes on to the end of left begins."""
    begin = left.rfind("\n") + 1
    for item in _ITEM.finditer(left, begin):
        begin = item.end()
    return begin


@lru_cache(maxsize=256)  # names of one article ask for the same headline
def _spoken_of(text: str) -> frozenset[str]:
    """The markets text speaks of. One look for words without which none of the patterns matches settles most."""
    find, markets = _machine()
    maybe = {market for match in find(text) for market in markets[match[2]]}
    return frozenset(m for m in maybe if _MARKETS[m].search(text)) if maybe else _NONE


@lru_cache(maxsize=1)
def _machine() -> tuple[Callable[[str], list[tuple[int, int, int]]], list[list[str]]]:
    """(finder of words that patterns need, markets of each)."""
    needed = {market: words(pattern.pattern) for market, pattern in _MARKETS.items()}
    surfaces = sorted({word for some in needed.values() for word in some})
    find = daachorse.CharwiseDoubleArrayAhoCorasick(surfaces).find_overlapping
    return find, [[market for market, some in needed.items() if word in some] for word in surfaces]


def _nearest(left: str, found: frozenset[str]) -> str | None:
    ends = {m: max((x.end() for x in p.finditer(left)), default=-1) for m, p in _MARKETS.items() if m in found}
    best = max(ends, key=ends.__getitem__)
    return best if ends[best] >= 0 else ("A" if "A" in found else None)


def side(security: str) -> str:
    market = market_of(security)
    return "A" if market in ("SH", "SZ", "BJ") else market


def choose(lexicon: Lexicon, owners: tuple[Owner, ...], owner: Owner, day: int, market: str | None) -> str:
    """The listing of owner's company meant in the given market; without a market the listing the words are the name of, home first."""
    listings = lexicon.universe.listings_of(owner.entity)
    named = [o.security for o in owners if o.entity == owner.entity and o.first <= day <= o.last] or [owner.security]
    if market is not None:
        for pool in (named, listings):
            fitting = [s for s in pool if side(s) == market and alive(lexicon, s, day) and not s.startswith(("200", "900"))]
            if fitting:
                return fitting[0]
    if all(side(s) != "A" for s in named):
        # A Hong Kong list without dates must not outvote the same words' dated claim at home (赛力斯 before its Hong Kong listing).
        named += [o.security for o in owners if o.entity == owner.entity and side(o.security) == "A"]
    home = sorted(named, key=lambda s: (not alive(lexicon, s, day), s != owner.entity, s.endswith(".US"), s.endswith(".HK"), s))
    return home[0]


def alive(lexicon: Lexicon, security: str, day: int) -> bool:
    """Listed on the day, as far as known."""
    known = lexicon.universe.security(security)
    if known is None:
        return False
    return not (known.listed and known.listed.toordinal() > day + 90) and not (known.delisted and known.delisted.toordinal() <= day)
