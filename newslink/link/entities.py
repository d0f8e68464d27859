"""Securities with their names → which of them are listings of one company, and the days on which a code took over from another.

Joined by curated pairs (``data/entities.tsv``), by equal names across A, B and Hong Kong lists, by Hong Kong names marked as
secondary across to the US list, and across the code change of the Beijing exchange. Equal names are not always one company: the
known false friends are listed here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from newslink.link.windows import QUOTE_MARK, text_key
from newslink.model import Kind, Name, NameKind, Security, market_of

# On this day every share of the Beijing exchange changed to a code that begins with 920.
BEIJING_CODE_CHANGE = date(2025, 10, 9)
# Same short name, different companies.
FALSE_FRIENDS = {
    frozenset(pair)
    for pair in (
        ("000831.SZ", "00769.HK"),  # 中国稀土 (A) and China Rare Earth Holdings
        ("000951.SZ", "03808.HK"),  # 中国重汽: the Jinan truck company and its Hong Kong parent
        ("000522.SZ", "00874.HK"),  # 白云山: the one absorbed in 2013 never had H shares
        ("000522.SZ", "600332.SH"),
        ("600637.SH", "600832.SH"),
        ("603033.SH", "831834.BJ"),  # 三维股份
        ("600480.SH", "900957.SH"),  # 凌云股份 makes car parts; 凌云B股 never had A shares
        ("600631.SH", "600827.SH"),
        ("601515.SH", "600006.SH"),  # 东风股份, one after the other
        ("603031.SH", "605198.SH"),  # 安德利, one after the other
    )
}
_ORDER = {"SH": 0, "SZ": 0, "BJ": 0, "US": 1, "HK": 2}
_TAIL = re.compile(r"(?:-(?:[A-Z]{1,3})|A股?|B股?|H股?|股份|集团股份)\Z")
_SECONDARY = re.compile(r"[一-鿿]-(?:S|W|SW|WS)\Z")
_HEAD = re.compile(r"\A(?:\*?ST|S\*ST|SST|S|PT|G|退市)(?=[一-鿿])")


def stem(text: str) -> str:
    """A short name without share class, weighted-voting and warning marks: 美团-W → 美团, *ST海航 → 海航, 京东方A → 京东方."""
    text = text_key(text)
    text = _HEAD.sub("", QUOTE_MARK.sub("", text))
    return _TAIL.sub("", text) or text


def is_old_beijing(security: str) -> bool:
    return security.endswith(".BJ") and not security.startswith("920")


def join(securities: Iterable[Security], names: Iterable[Name]) -> dict[str, str]:
    """Security id → entity id. Entities the securities name themselves are kept; the rest is found by equal short names."""
    known = {s.id: s for s in securities}
    parent = {s: s for s in known}

    def root(security: str) -> str:
        while parent[security] != security:
            parent[security] = parent[parent[security]]
            security = parent[security]
        return security

    def unite(one: str, other: str) -> None:
        if one not in parent or other not in parent or frozenset((one, other)) in FALSE_FRIENDS:
            return
        a, b = root(one), root(other)
        if a != b:
            first, second = sorted((a, b), key=lambda s: _rank(s, known))
            parent[second] = first

    claimed = set()
    for security in known.values():
        if security.entity and security.entity != security.id:
            claimed.add(security.id)
            parent.setdefault(security.entity, security.entity)
            a, b = root(security.entity), root(security.id)
            if a != b:
                parent[b] = a
    current: dict[str, set[str]] = defaultdict(set)
    for s in known.values():
        if s.kind is Kind.STOCK:
            current[s.id].add(s.name)
    for name in names:
        if name.kind is NameKind.SHORT and name.security in current and (name.valid_to is None or name.valid_to.year >= 2020):
            current[name.security].add(name.text)
    by_stem: dict[tuple[str, str], list[str]] = defaultdict(list)
    for security, texts in current.items():
        for text in {stem(t) for t in texts}:
            by_stem[_side(security), text].append(security)
    # A Hong Kong name marked as secondary or weighted (富途控股-W) and the same words on a US list are one company.
    marked = {(s, stem(t)) for s, texts in current.items() if s.endswith(".HK") for t in texts if _SECONDARY.search(t)}
    for security, text in sorted(marked):
        abroad = by_stem.get(("US", text), ())
        if len(abroad) == 1 and security not in claimed:
            unite(abroad[0], security)
    for (side, text), members in list(by_stem.items()):
        if side == "A":
            for other in by_stem.get(("HK", text), ()):
                # Two characters left of ST国华 or *ST华讯 are anybody's name.
                if len(members) == 1 and other not in claimed and (len(text) > 2 or text in current[members[0]]):
                    unite(members[0], other)
            for other in by_stem.get(("B", text), ()):
                for member in members if other not in claimed else ():
                    if member.endswith(".SH") == other.endswith(".SH"):
                        unite(member, other)
            new = [m for m in members if m.startswith("920")]
            for old in members:
                if is_old_beijing(old) and len(new) == 1:
                    unite(new[0], old)
    return {s: root(s) for s in known}


def _side(security: str) -> str:
    if security.startswith(("200", "201")) and security.endswith(".SZ") or security.startswith("900") and security.endswith(".SH"):
        return "B"
    market = market_of(security)
    return "A" if market in {"SH", "SZ", "BJ"} else market


def _rank(security: str, known: Mapping[str, Security]) -> tuple:
    one = known.get(security)
    return (
        _side(security) == "B",
        _ORDER.get(market_of(security), 9),
        one is not None and one.delisted is not None,
        is_old_beijing(security),
        security,
    )
