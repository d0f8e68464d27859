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
# A word with a capital inside is nobody's everyday word: CrowdStrike, DoorDash.
_COINED = re.compile(r"[a-z]{2}[A-Z]")
_PREFERRED = re.compile(r"-P[A-Z]?\.US\Z")  # what is printed of a company means its common share
_TRADES = frozenset(word_list("trades"))
_DERIVED = re.compile(
    r"(?i)\b(?:Warrants?|Units?|Rights?|Preferred|Notes due|Debentures?|Depositary Shares? (?:each )?representing a 1/|Subordinated)\b|%"
)
# Single English words that are names and much else besides.
_COMMON = frozenset(word_list("english"))
_CAPITALS = frozenset(word_list("capitals"))


def surfaces_of(name: Name, market: str) -> Iterator[tuple[str, SurfaceClass]]:
    """(surface as the haystack holds it, class). Nothing for bare letters and digits."""
    key = name_key(name.text)
    if _PREFERRED.search(name.security):
        return
    if name.kind is NameKind.ENGLISH or (not _CHINESE.search(key) and market == "US"):
        # What our own list has is a name in use in Chinese news; other lists give legal names.
        official = name.kind is NameKind.ENGLISH and name.source != "curated"
        yield from _english(key, official, short=name.source == "curated" and name.kind is not NameKind.ENGLISH)
        return
    if not _CHINESE.search(key):
        if 3 <= len(key) <= 24 and key[0].isalpha() and not re.fullmatch(r"[A-Z0-9 ]*\d{3,}", key):
            yield key, SurfaceClass.FOREIGN
        return
    if QUOTE_MARK.match(key) or len(key) < 2:
        if len(key) > 2:
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


def _english(key: str, official: bool, short: bool) -> Iterator[tuple[str, SurfaceClass]]:
    """official: from a list of legal English names, of which a single word says little (California, Genius); else a name in use (Adobe).

    short: may be as short as two capitals (IBM, KKR), because somebody wrote it down as what the company is called.
    """
    if short and re.fullmatch(r"[A-Z]{2,4}|[A-Z][a-z]{2}", key):
        yield key, SurfaceClass.FOREIGN
        return
    if _DERIVED.search(key):
        return
    text = _SECURITY_WORDS.sub("", key).strip(" ,-")
    for _ in range(5):
        shorter = _LEGAL_ENGLISH.sub("", text).strip(" ,")
        if shorter == text:
            break
        text = shorter
    words = text.split()
    if not words or not text[0].isalpha() or not text.isascii() or "ETF" in key or "Acquisition" in key:
        return
    if len(words) == 1:
        yield from _single(text, official)
    elif len(text) >= 6 and not all(w.lower() in _COMMON for w in words):
        yield text, SurfaceClass.FOREIGN
        if not official:
            yield text.upper(), SurfaceClass.FOREIGN
    if not official and key != text and " " in key and len(key) >= 6:
        yield key, SurfaceClass.FOREIGN  # Carlyle Group, as it was written down


def first_word_of(name: Name, market: str) -> Iterator[tuple[str, SurfaceClass]]:
    """What news prints of a legal name that says the trade as well: Credo of Credo Technology Group. Anybody may claim such a word."""
    if market != "US" or name.kind is not NameKind.ENGLISH or name.source == "curated" or _PREFERRED.search(name.security):
        return
    for surface, surface_class in _english(name_key(name.text), official=True, short=False):
        first, blank, trade = surface.partition(" ")
        if blank and surface_class is SurfaceClass.FOREIGN and trade in _TRADES:
            yield from _single(first, official=True, derived=True)


def _single(word: str, official: bool, derived: bool = False) -> Iterator[tuple[str, SurfaceClass]]:
    """derived: the list has a longer name (Credo Technology), of which news prints the first word."""
    short = len(word) < 4 or word.isupper() and len(word) < 5
    if short and (official or len(word) < 3 or word in _CAPITALS) or derived and (len(word) < 5 or word.lower() in _COMMON):
        return
    if word.lower() in _COMMON:
        yield word, SurfaceClass.WORD
        return
    coined = _COINED.search(word) is not None
    surface_class = SurfaceClass.WORD if official and not coined else SurfaceClass.FOREIGN
    for spelling in {word, word.upper(), word.capitalize()} if not official or coined else {word}:
        if len(spelling) > 4 or spelling == word:
            yield spelling, surface_class
