"""What is typed into the search box → securities, best first. Codes, names of any time, English names, pinyin and its initials.

One long string of all keys is searched, so a look-up costs about a millisecond whatever the size of the list.
Pinyin is spelled when first asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import product

from newslink.errors import UnknownSecurity
from newslink.link.codes import parse_security_id
from newslink.link.windows import QUOTE_MARK, text_key
from newslink.model import Kind, Name, NameKind, Security, market_of

MAX_QUERY = 64
# Characters read in more than one way in names of companies and places; every reading is findable.
POLYPHONES = {
    "行": ("hang", "xing"), "长": ("chang", "zhang"), "重": ("zhong", "chong"), "乐": ("le", "yue"), "厦": ("xia", "sha"),
    "都": ("du", "dou"), "藏": ("zang", "cang"), "盛": ("sheng", "cheng"), "朝": ("chao", "zhao"), "传": ("chuan", "zhuan"),
    "会": ("hui", "kuai"), "参": ("can", "shen"), "柏": ("bai", "bo"), "泊": ("bo", "po"), "蚌": ("bang", "beng"),
    "六": ("liu", "lu"), "奇": ("qi", "ji"), "车": ("che", "ju"), "曾": ("zeng", "ceng"), "单": ("dan", "shan"), "百": ("bai", "bo"),
    "调": ("tiao", "diao"), "和": ("he", "huo"), "得": ("de", "dei"), "大": ("da", "dai"), "合": ("he", "ge"), "石": ("shi", "dan"),
    "广": ("guang", "an"), "冠": ("guan",), "铅": ("qian", "yan"), "莘": ("xin", "shen"), "薄": ("bo", "bao"), "尉": ("wei", "yu"),
    "佛": ("fo", "fu"), "系": ("xi", "ji"), "便": ("bian", "pian"), "华": ("hua",), "万": ("wan", "mo"), "宿": ("su", "xiu"),
    "省": ("sheng", "xing"), "解": ("jie", "xie"), "仇": ("qiu", "chou"), "阿": ("a", "e"), "晟": ("sheng", "cheng"), "家": ("jia",),
    "露": ("lu", "lou"), "拓": ("tuo", "ta"), "还": ("hai", "huan"), "了": ("le", "liao"), "地": ("di", "de"), "亿": ("yi",),
}  # fmt: skip
_KIND = {Kind.STOCK: 0, Kind.FUND: 1, Kind.INDEX: 2}
_MARKET = {"SH": 0, "SZ": 0, "BJ": 1, "HK": 2, "US": 3}
_CURRENT, _EARLIER, _LONG = 0, 1, 2


@lru_cache(maxsize=20_000)
def _readings(char: str) -> tuple[str, ...]:
    if char in POLYPHONES:
        return POLYPHONES[char]
    from pypinyin import Style, pinyin  # loads its dictionaries: only when somebody types letters

    return (pinyin(char, style=Style.NORMAL, errors="default")[0][0].lower().replace("ü", "v"),)


def spell(text: str, most: int = 8) -> tuple[tuple[str, str], ...]:
    """(initials, full pinyin) of a name, one pair for each way to read it; letters and digits stand for themselves."""
    parts = [_readings(c) if "一" <= c <= "鿿" else (c.lower(),) for c in text if c.isalnum()]
    found = []
    for choice in product(*parts):
        found.append(("".join(p[0] for p in choice), "".join(choice)))
        if len(found) >= most:
            break
    return tuple(dict.fromkeys(found))


class _Keys:
    """Keys in one string, each knowing its security and how good a key it is."""

    def __init__(self, rows: Iterable[tuple[str, int, int]]) -> None:
        rows = sorted({(key, owner, worth) for key, owner, worth in rows if key and "\n" not in key})
        self.rows = rows
        self.blob = "\n" + "\n".join(key for key, _, _ in rows) + "\n"
        self.starts = []
        at = 1
        for key, _, _ in rows:
            self.starts.append(at)
            at += len(key) + 1

    def hits(self, query: str, inside: bool) -> Iterable[tuple[int, int, int, int]]:
        """(how: 0 exact, 1 prefix, 2 inside; worth; length of the key; owner)."""
        needle = query if inside else "\n" + query
        at = self.blob.find(needle)
        while at >= 0:
            start = at if inside else at + 1
            i = bisect_right(self.starts, start) - 1
            key, owner, worth = self.rows[i]
            how = 2 if self.starts[i] != start else (0 if len(key) == len(query) else 1)
            yield how, worth, len(key), owner
            at = self.blob.find(needle, at + 1)


class Finder:
    """Search over the securities given; names add further keys."""

    def __init__(self, securities: Sequence[Security], names: Sequence[Name]) -> None:
        self._securities = securities
        self._place = {s.id: i for i, s in enumerate(securities)}
        self._names = names

    def find(self, text: str, limit: int = 20) -> list[Security]:
        query = text_key(text[:MAX_QUERY])
        if not query or limit < 1:
            return []
        found = self._look_up(query)
        if not found and not query.isascii():
            from zhconv import convert  # its table is only needed for traditional characters

            simple = convert(query, "zh-cn")
            found = self._look_up(simple) if simple != query else found
        best = sorted(found.items(), key=lambda item: (*item[1], self._order(item[0])))
        return [self._securities[i] for i, _ in best[:limit]]

    def _look_up(self, query: str) -> dict[int, tuple[int, int, int]]:
        found: dict[int, tuple[int, int, int]] = {}

        def note(owner: int, rank: tuple[int, int, int]) -> None:
            if owner not in found or rank < found[owner]:
                found[owner] = rank

        try:
            owner = self._place.get(parse_security_id(query))
            if owner is not None:
                note(owner, (0, 0, 0))
        except UnknownSecurity:
            pass
        short = query.isascii() and len(query) == 1
        for how, worth, _, owner in self._text.hits(query, inside=not short):
            note(owner, (how, self._standing(owner), worth))
        if query.isascii() and query.isalpha():
            for how, worth, _, owner in self._pinyin.hits(query.lower(), inside=False):
                # Two letters are somebody's initials in full: still after whatever is really written so.
                note(owner, (how, self._standing(owner), worth + 1))
        return found

    def _standing(self, owner: int) -> int:
        security = self._securities[owner]
        return 2 * _KIND[security.kind] + (security.delisted is not None)

    def _order(self, owner: int) -> tuple:
        security = self._securities[owner]
        return (security.id != security.entity, _MARKET[market_of(security.id)], len(security.name), security.id)

    @cached_property
    def _text(self) -> _Keys:
        rows: list[tuple[str, int, int]] = []
        for place, security in enumerate(self._securities):
            code, _, market = security.id.rpartition(".")
            rows.append((security.id, place, _CURRENT))
            rows.append((f"{market}{code}", place, _CURRENT))
            if market == "HK" and code.isdigit():
                bare = str(int(code))
                rows += [(bare, place, _CURRENT), (f"{bare}.HK", place, _CURRENT), (f"{int(code):04d}.HK", place, _CURRENT)]
            rows.append((code, place, _CURRENT))
            rows.append((text_key(security.name), place, _CURRENT))
        for name in self._names:
            place = self._place.get(name.security)
            if place is not None:
                rows.append((text_key(name.text), place, self._worth(name)))
        return _Keys(rows)

    @cached_property
    def _pinyin(self) -> _Keys:
        rows: list[tuple[str, int, int]] = []
        for name in self._names:
            place = self._place.get(name.security)
            if place is None or name.kind not in (NameKind.SHORT, NameKind.FORMER, NameKind.NICKNAME) or len(name.text) > 16:
                continue
            text = text_key(name.text).lstrip("*")
            if text.isascii() or QUOTE_MARK.match(text):
                continue
            worth = self._worth(name)
            for initials, full in spell(text):
                rows += [(initials, place, worth), (full, place, worth)]
            plain = text.removeprefix("ST")
            if plain != text:
                rows += [(key, place, _EARLIER) for pair in spell(plain) for key in pair]
        return _Keys(rows)

    def _worth(self, name: Name) -> int:
        if name.kind in (NameKind.FULL, NameKind.ENGLISH):
            return _LONG
        if name.kind is NameKind.NICKNAME:
            return _CURRENT
        return _CURRENT if text_key(self._securities[self._place[name.security]].name) == text_key(name.text) else _EARLIER
