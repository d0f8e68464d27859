"""Haystack → codes written out in it: 600519.SH, SH600519, (600519), 00700.HK, $AAPL, NYSE:NIO, BABA.US. Bare digits are never a code.

Positions are found by vector work on character classes; only runs of digits or capitals that can be a code are looked at one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from newslink.link.classes import word_list
from newslink.link.text import CJK, DIGIT, LATIN, UPPER, Haystack
from newslink.link.universe import Universe
from newslink.link.windows import QUOTE_MARK
from newslink.model import Kind, NameKind

_EXCHANGE = {"SH": "SH", "SS": "SH", "SZ": "SZ", "BJ": "BJ", "HK": "HK"}
_TAIL = re.compile(r"\.(SH|SS|SZ|BJ|HK|sh|sz|bj|hk|Hk|XSHG|XSHE|Sh|Sz)(?![A-Za-z0-9])| ?(HK|hk)(?![A-Za-z0-9])")
_HEAD = re.compile(r"(?<![A-Za-z0-9])(SH|SZ|BJ|HK|sh|sz|bj|hk)[.: ]?\Z")
_SAYS_CODE = re.compile(r"(?:代码|股票代号|证券代号|股号)(?:为|是)?[:\s]{0,2}\Z")
_INDEX_BEFORE = re.compile(r"(?:指数|成指|综指|A指|50|300|500|1000)[(\s]{0,2}\Z")
_US_HEAD = re.compile(
    r"(?:NYSE|NASDAQ|Nasdaq|AMEX|OTC|US|纽交所|纳斯达克|纽约证券交易所|美交所|纳斯达克代码|美股代码|美股|股票代码)(?: ?American)?[:.] ?\Z"
)
_US_TAIL = re.compile(r"\.(?:US|us|N|O|OQ|A|NYSE|NASDAQ)(?![A-Za-z0-9])")
_US_SCENE = re.compile(r"美股|ETF|ADR|纳斯达克|纽交所|美国上市|盘前|中概|基金|股")
_EXCHANGE_NUMBERS = frozenset(("SH", "SZ", "BJ"))
_WORDS_IN_CAPITALS = frozenset(word_list("capitals"))
_US_MARKET = re.compile(r"美股|纳斯达克|纳指|纽交所|美国上市|盘前|盘后|夜盘|隔夜|中概|华尔街|标普500")
_MOVE = re.compile(r"(?:盘前|盘后|夜盘|股价|一度|现|收|大){0,3}[涨跌](?:幅)?[超逾近约至达]?[\d.]{1,6}%")
_GOODS_IN_CAPITALS = frozenset(word_list("moving_capitals"))
_MOVES = np.zeros(65536, bool)
_MOVES[[ord(c) for c in "涨跌盘夜股收"]] = True
_STANDS_FREE = re.compile(r"[A-Z]{4,5}\Z")


_HEADS = np.zeros(65536, bool)
_HEADS[[ord(c) for c in "HhZzJjKk"]] = True  # the last letter of SH, sz …
_SPACED_HEADS = np.zeros(65536, bool)
_SPACED_HEADS[[ord(c) for c in ":. "]] = True  # what may stand between it and the digits
_MARKS = np.zeros(65536, bool)
_MARKS[[ord(c) for c in "$:(."]] = True


_BODIES = frozenset(
    "局会心织学部盟署院法统划率度术"
)  # last characters of bodies, laws and quantities, whose capitals in brackets are no ticker
_DIVIDEND = np.array([ord(c) for c in "XDR"])
CUT_SHORT = "name"  # the rule of XD贵州茅: a name after all


def _cut_short(universe: Universe) -> dict[str, tuple[str, str]]:
    """First three characters → (name, security) of names of four, where one company alone begins so: quote lists print XD贵州茅."""
    found: dict[str, tuple[str, str]] = {}
    shared: set[str] = set()
    for name in universe.names:
        text = name.text
        if name.kind is not NameKind.SHORT or len(text) != 4 or name.security[-2:] not in _EXCHANGE_NUMBERS or QUOTE_MARK.match(text):
            continue
        old = found.setdefault(text[:3], (text, name.security))
        if old[0] != text and universe.entity_of(old[1]) != universe.entity_of(name.security):
            shared.add(text[:3])
    return {cut: whole for cut, whole in found.items() if cut not in shared}


def _runs(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted positions → starts and ends of stretches without a gap."""
    fresh = np.flatnonzero(np.diff(positions) != 1)
    starts = positions[np.concatenate(([0], fresh + 1))]
    ends = positions[np.concatenate((fresh, [len(positions) - 1]))] + 1
    return starts, ends


@dataclass(frozen=True, slots=True)
class Code:
    """A code in the normalised haystack, [start, end), and whether something said that it is one (False: capitals that may be a ticker)."""

    start: int
    end: int
    security: str
    rule: str
    sure: bool = True


class CodeFinder:
    """Codes of one universe."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._by_digits: dict[str, str] = {}
        self._cut_short = _cut_short(universe)
        for s in universe.securities:
            code, _, market = s.id.rpartition(".")
            if market in _EXCHANGE_NUMBERS and s.kind is not Kind.INDEX:
                self._by_digits[code] = s.id

    def security(self, code: str, market: str) -> str | None:
        """Our id of a written code, also where the Beijing exchange has since given it a new one; None when nobody is called so."""
        universe = self._universe
        if market == "HK":
            code = code.zfill(5)
        found = universe.security(f"{code}.{market}")
        if found is None and market == "HK" and code.startswith("8"):
            found = universe.security(f"0{code[1:]}.HK")  # the renminbi counter of the same share
        if found is None and len(code) == 6 and code[:2] in ("43", "83", "87", "88", "82"):
            found = universe.security(f"{code}.BJ") or universe.security(f"920{code[3:]}.BJ")
        return found.id if found is not None and found.kind is not Kind.INDEX else None

    def codes(self, hay: Haystack) -> list[Code]:
        out: list[Code] = []
        digits = np.flatnonzero(hay.kinds == DIGIT)
        if len(digits) > 2:
            self._digits(hay, digits, out)
        letters = np.flatnonzero((hay.kinds & (LATIN | DIGIT)) != 0)
        if len(letters):
            self._capitals(hay, letters, out)
        return out

    def _digits(self, hay: Haystack, digits: np.ndarray, out: list[Code]) -> None:
        starts, ends = _runs(digits)
        lengths = ends - starts
        long = (lengths >= 3) & (lengths <= 6)
        starts, ends, lengths = starts[long], ends[long], lengths[long]
        units, kinds, size = hay.units, hay.kinds, len(hay.units)
        before = units[np.maximum(starts - 1, 0)]
        after = units[np.minimum(ends, size - 1)]
        beyond = np.minimum(ends + 1, size - 1)
        # 46 '.', 40 '(', 41 ')', 58 ':', H h Z z J j K k
        dotted = (after == 46) & ((kinds[beyond] & LATIN) > 0)
        headed = _HEADS[before] | (_SPACED_HEADS[before] & _HEADS[units[np.maximum(starts - 2, 0)]])
        said = (before == 58) | (before == 0x7801)  # 码, as in 代码600519
        bracketed = (before == 40) & ((after == 41) | (after == 46) | (after == 44) | (after == 32))
        hong_kong = (after == 72) | ((after == 32) & (units[beyond] == 72))
        fits = ((lengths == 6) & (dotted | headed | said | bracketed | (after == 41))) | (
            (lengths <= 5) & (dotted | headed | hong_kong | ((bracketed | said) & (lengths == 5)))
        )
        text = hay.text
        for start, end in zip(starts[fits].tolist(), ends[fits].tolist(), strict=True):
            found = self._one(text, start, end)
            if found is not None:
                out.append(found)

    def _one(self, text: str, start: int, end: int) -> Code | None:
        digits = text[start:end]
        head = _HEAD.search(text, max(0, start - 4), start)
        tail = _TAIL.match(text, end, end + 8)
        if tail:
            mark = (tail[1] or tail[2]).upper()
            market = {"XSHG": "SH", "XSHE": "SZ"}.get(mark) or _EXCHANGE[mark]
            if (market == "HK") == (len(digits) <= 5):
                found = self.security(digits, market)
                return Code(start, tail.end(), found, "code") if found else None
            return None
        if head:
            market = _EXCHANGE[head[1].upper()]
            if (market == "HK") == (len(digits) <= 5) and (market != "HK" or len(digits) >= 4):
                found = self.security(digits, market)
                return Code(head.start(1), end, found, "code") if found else None
            return None
        said = _SAYS_CODE.search(text, max(0, start - 10), start) is not None
        left, right = text[start - 1 : start], text[end : end + 1]
        in_brackets = left == "(" and right in "), "
        if not said and not (in_brackets and start >= 2 and ("一" <= text[start - 2] <= "鿿" or text[start - 2].isalnum())):
            return None
        if _INDEX_BEFORE.search(text, max(0, start - 8), start):
            return None
        if len(digits) == 6:
            security = self._by_digits.get(digits) or self.security(digits, "BJ")
        elif len(digits) == 5:
            security = self.security(digits, "HK")
        else:
            return None
        return Code(start, end, security, "code_said" if said else "code_in_brackets") if security else None

    def _capitals(self, hay: Haystack, letters: np.ndarray, out: list[Code]) -> None:
        starts, ends = _runs(letters)
        fits = (hay.kinds[starts] == UPPER) & (hay.kinds[ends - 1] == UPPER) & (ends - starts <= 5)
        starts, ends = starts[fits], ends[fits]
        size = len(hay.units)
        after = hay.units[np.minimum(ends, size - 1)]
        marked = _MARKS[hay.units[np.maximum(starts - 1, 0)]] | (after == 46) | (after == 41)
        behind = hay.kinds[np.minimum(ends + 2, size - 1)] & hay.kinds[np.minimum(ends, size - 1)]
        dividend = (
            (ends - starts == 2) & ((behind & CJK) > 0) & np.isin(hay.units[starts], _DIVIDEND) & np.isin(hay.units[ends - 1], _DIVIDEND)
        )
        fits = dividend | marked | (ends - starts >= 4) | ((ends - starts >= 2) & _MOVES[after])
        text = hay.text
        for start, end in zip(starts[fits].tolist(), ends[fits].tolist(), strict=True):
            found = self._ticker(text, start, end)
            if found is not None:
                out.append(found)

    def _ticker(self, text: str, start: int, end: int) -> Code | None:
        symbol = text[start:end]
        if not symbol.isupper():
            return None
        if symbol in ("XD", "XR", "DR") and (whole := self._cut_short.get(text[end : end + 3])):
            name, security = whole
            if text[end + 3 : end + 4] != name[3]:
                return Code(start, end + 3, security, CUT_SHORT)
        security = f"{symbol}.US"
        known = self._universe.security(security)
        if known is None:
            return None
        left = text[start - 1 : start]
        if left == "$" and symbol.isalpha():
            return Code(start - 1, end, security, "cashtag")
        if left in ":. " and _US_HEAD.search(text, max(0, start - 12), start):
            return Code(start, end, security, "code")
        tail = _US_TAIL.match(text, end, end + 8)
        if tail:
            return Code(start, tail.end(), security, "code")
        if symbol in _WORDS_IN_CAPITALS:
            return None
        if left == "(" and text[start - 2] in _BODIES:
            return None  # 国际金融中心管理局(AIFC)
        if left == "(" and text[end : end + 1] == ")" and len(symbol) >= 3 and start >= 2 and (text[start - 2].isalpha()):
            return Code(start, end, security, "ticker_in_brackets", sure=False)
        moves = left not in "-./_@#" and symbol not in _GOODS_IN_CAPITALS and _MOVE.match(text, end, end + 24)
        # MU涨3%, POET跌近7%: among US shares, capitals that move are a ticker.
        if moves and _US_MARKET.search(text, max(0, start - 150), end + 60):
            return Code(start, end, security, "bare_ticker", sure=False)
        free = _STANDS_FREE.match(symbol) and left not in "-./_@#" and text[end : end + 1] not in ("-", "/", "_", "&")
        if free and _US_SCENE.search(text, max(0, start - 30), end + 30):
            return Code(start, end, security, "bare_ticker", sure=False)
        return None
