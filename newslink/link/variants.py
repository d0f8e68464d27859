"""One dated name → the surfaces under which texts carry it, each with the class its form alone gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newslink.link.classes import SurfaceClass, word_list
from newslink.link.text import name_key
from newslink.link.windows import QUOTE_MARK
from newslink.model import Name, NameKind

_VOTING = re.compile(r"-(?:SW|SWB|WB|SB|UW|SU|W|U|B|S|R|P|Z|D|BU|SS|UV|WD)+\Z")
_WARNED = re.compile(r"(S?\*?ST|SST|S|PT|G|\*ST)(?=[一-鿿])(.+)\Z")
_SHARE_CLASS = re.compile(r"[AB]\Z")
_CHINESE = re.compile(r"[一-鿿]")
_LEGAL = re.compile(r"(?:\(集团\)|集团)?(?:控股)?(?:股份|有限责任|股份有限|有限)公司\Z")
# What US and Hong Kong lists print behind the company's name.
_SECURITY_WORDS = re.compile(
    r"(?i)(?:,? (?:-|–) .*|\s(?:Class [A-Z]|Common|Ordinary|American Depositary|ADS|ADR|Depositary|Units?|Warrants?|Rights?|Sponsored"
    r"|Subordinate|Each|Preferred|Series|Shares? of Beneficial|Capital Stock|Voting|Registered|New York Registry|Limited Partnership"
    r"|Trust Units|Senior|Notes)\b.*)\Z"
)
_LEGAL_ENGLISH = re.compile(
    r"(?i)[,.]?\s+(?:Inc|Incorporated|Corp|Corporation|Co|Company|Ltd|Limited|PLC|P\.L\.C|N\.V|S\.A|S\.p\.A|SE|AG|AB|ASA|LLC|L\.P|LP"
    r"|Holdings?|Group|\(The\)|The|& Co)\.?\Z"
)
_DERIVED = re.compile(
    r"(?i)\b(?:Warrants?|Units?|Rights?|Preferred|Notes due|Debentures?|Depositary Shares? (?:each )?representing a 1/|Subordinated)\b|%"
)
# Single English words that are names and much else besides.
_COMMON = frozenset(word_list("english"))
_CAPITALS = frozenset(word_list("capitals"))


def surfaces_of(name: Name, market: str) -> Iterator[tuple[str, SurfaceClass]]:
    """(surface as the haystack holds it, class). Nothing for bare letters and digits."""
    key = name_key(name.text)
    if name.kind is NameKind.ENGLISH or (not _CHINESE.search(key) and market == "US"):
        yield from _english(key, name.kind is NameKind.ENGLISH)
        return
    if not _CHINESE.search(key):
        if 3 <= len(key) <= 24 and key[0].isalpha() and not re.fullmatch(r"[A-Z0-9 ]*\d{3,}", key):
            yield key, SurfaceClass.FOREIGN
        return
    if QUOTE_MARK.match(key) or len(key) < 2:
        if len(key) > 3:
            yield key, SurfaceClass.PLAIN  # as it stands: what is left without the mark may be cut short and is never learnt from
        return
    if name.kind is NameKind.FULL:
        yield from _legal(key)
        return
    base = SurfaceClass.NICKNAME if name.kind is NameKind.NICKNAME else SurfaceClass.PLAIN
    plain = _VOTING.sub("", key)
    yield key, base
    if plain != key and len(plain) > 1:
        yield plain, base if len(plain) > 2 else SurfaceClass.NICKNAME
    if market == "US":
        stem = re.sub(r" ?[A-C]\Z", "", plain)
        if stem != plain and len(stem) > 1:
            yield stem, SurfaceClass.NICKNAME
    warned = _WARNED.match(plain)
    if warned:
        mark, core = warned.groups()
        if "ST" in mark:
            yield "*ST" + core, base
            yield "ST" + core, base
        stem = _SHARE_CLASS.sub("", core)
        if len(stem) >= 3:
            yield stem, SurfaceClass.SHORTENED
        return
    stem = _SHARE_CLASS.sub("", plain)
    if stem != plain and len(stem) > 1 and market in ("SH", "SZ") and (len(stem) > 2 or plain.endswith("A")):
        yield stem, base if len(stem) > 2 else SurfaceClass.SHORTENED


def _legal(key: str) -> Iterator[tuple[str, SurfaceClass]]:
    if len(key) > 6:
        yield key, SurfaceClass.PLAIN
        bare = key.replace("(", "").replace(")", "")
        if bare != key:
            yield bare, SurfaceClass.PLAIN


def _english(key: str, official: bool) -> Iterator[tuple[str, SurfaceClass]]:
    """official: from a list of legal English names, of which a single word says little (California, Genius); else a name in use (Adobe)."""
    if _DERIVED.search(key):
        return
    text = _SECURITY_WORDS.sub("", key).strip(" ,-")
    for _ in range(4):
        shorter = _LEGAL_ENGLISH.sub("", text).strip(" ,")
        if shorter == text:
            break
        text = shorter
    words = text.split()
    if not words or not text[0].isalpha() or not text.isascii() or "ETF" in key or "Acquisition" in key:
        return
    if len(words) == 1 and (len(text) < 4 or text.isupper() and len(text) < 5) and (official or len(text) < 3 or text in _CAPITALS):
        return
    if len(words) == 1 and (official or text.lower() in _COMMON):
        yield text, SurfaceClass.WORD
        return
    if len(words) > 1 and (len(text) < 6 or all(w.lower() in _COMMON for w in words)):
        return
    yield text, SurfaceClass.FOREIGN
