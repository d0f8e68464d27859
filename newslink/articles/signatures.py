"""An article with its securities → its signature: what finding and judging copies needs to know, in about half a kilobyte."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np

from newslink.articles import grams
from newslink.model import Article, Precision

_MAX_GRAMS = 512
_MAX_CHARACTERS = 20_000
_MAX_TITLE = 64
NO_TIME = -(2**62)

_HEADLINE = re.compile(r"\A\s*【[^】\n]{0,120}】")
_LEAD = re.compile(r"\A\s*[^，。\s]{0,14}?\d{1,2}(?:月\d{1,2})?日(?:电|讯|消息)[，,]?\s*")
_CREDIT = re.compile(r"[（(][^（）()\d]{2,16}[）)]\s*\Z")
_FILLER = re.compile(r"[\W_]+")
_CODE = re.compile(r"[（(](?:[^（）()]{0,12}[:：])?\d{5,6}(?:\.[A-Z]{2})?[）)]|\d{5,6}\.(?:SH|SZ|BJ|HK)")
_NUMBER = re.compile(r"(?<![\dA-Za-z.])(\d[\d,]*(?:\.\d+)?)(%|个?百分点|万亿|万|亿|倍|[年月日时号:：A-Za-z]|点(?!位))?", re.ASCII)
_DOWN = re.compile(r"(?:[跌降减亏负][^\d，。；、\s]{0,5}|-)\Z")
_FACTOR = {"万亿": 1e12, "亿": 1e8, "万": 1e4}
_MAX_NUMBERS = 48
_FUND = re.compile(r"(?:1[568]\d{4}\.SZ|5\d{5}\.SH)\Z")


class Number(NamedTuple):
    """A number said in a text. value in plain units (万 and 亿 resolved), negative after 跌, 降, 减, 亏. step: one unit of its last digit.
    digits: how many significant ones. kind: "%", "倍" or "".
    """

    value: float
    step: float
    digits: int
    kind: str


class Signature(NamedTuple):
    """What clustering needs to know of an article.

    article: its id. time: Unix seconds; a day alone counts as its midnight; a very small number where there is no time.
    keys: 64-bit signed integers to look candidates up by; two copies share at least one. grams: sorted uint32 hashes of the text's runs of
    four characters, of a long text those divisible by step (at most 512 kept). opening: hash of the first words.
    title: sorted uint32 hashes of the title's runs of two characters. companies: the ids of stocks named. numbers: those said in the text.
    """

    article: str
    time: int
    keys: tuple[int, ...]
    grams: np.ndarray
    step: int
    opening: int
    title: np.ndarray
    companies: frozenset[str]
    numbers: tuple[Number, ...]


def _hash(text: str) -> int:
    return crc32(text.encode(errors="replace"))


def _words(article: Article) -> str:
    """The story without what each wire wraps it in: headline in 【】, date line, credit."""
    text = (article.body or article.title)[:_MAX_CHARACTERS].rstrip()
    if (m := _HEADLINE.match(text)) and m.end() < len(text):
        text = text[m.end() :]
    if m := _LEAD.match(text):
        text = text[m.end() :]
    if text.endswith((")", "）")) and (m := _CREDIT.search(text, max(0, len(text) - 20))):
        text = text[: m.start()]
    return unicodedata.normalize("NFKC", text)


def _numbers(text: str) -> tuple[Number, ...]:
    """Dates, clock times, security codes and model names (``Nemotron 3``) are no numbers."""
    found: dict[Number, None] = {}
    if "(" in text or ".S" in text:
        text = _CODE.sub("  ", text)
    for m in _NUMBER.finditer(text):
        printed, unit = m.groups()
        if unit and unit not in _UNITS and (unit != "点" or len(printed) <= 2):
            continue
        at = m.start()
        if at > 1 and text[at - 1] == " " and text[at - 2].isascii() and text[at - 2].isalpha():
            continue
        printed = printed.replace(",", "")
        whole, _, decimals = printed.partition(".")
        factor = _FACTOR.get(unit, 1.0)
        value = float(printed[:18]) * factor
        kind = "%" if unit in _PERCENT else "倍" if unit == "倍" else ""
        digits = len((whole + decimals).lstrip("0"))
        down = _DOWN.search(text, max(0, at - 6), at)
        found[Number(-value if down else value, factor / 10 ** len(decimals[:12]), digits, kind)] = None
        if len(found) == _MAX_NUMBERS:
            break
    return tuple(found)


_PERCENT = frozenset(("%", "百分点", "个百分点"))
_UNITS = _PERCENT.union(_FACTOR, ("倍",))


_OPENING = 48
_AT_ONCE = 200_000  # characters whose runs are in memory together


def signature(article: Article, securities: Iterable[str] = ()) -> Signature:
    """The signature of an article that names these securities (ids; of a company with several listings always the same one; funds are
    passed over). Many at once cost half of each: ``signatures``."""
    return signatures([(article, securities)])[0]


def companies_of(securities: Iterable[str]) -> frozenset[str]:
    """What a signature keeps of them."""
    return frozenset(security for security in securities if not _FUND.match(security))


def signatures(articles: Iterable[tuple[Article, Iterable[str]]]) -> list[Signature]:
    """One signature an article with its securities, in order."""
    out: list[Signature] = []
    part: list[_Told] = []
    size = 0
    for article, securities in articles:
        part.append(_told(article, securities))
        size += len(part[-1].words) + len(part[-1].title)
        if size >= _AT_ONCE:
            out += _signatures(part)
            part, size = [], 0
    return out + _signatures(part)


class _Told(NamedTuple):
    """What a signature is made of. words, title: letters, digits and Chinese characters alone, in lower case."""

    article: Article
    words: str
    title: str
    companies: frozenset[str]
    numbers: tuple[Number, ...]


def _told(article: Article, securities: Iterable[str]) -> _Told:
    text = _words(article)
    title = unicodedata.normalize("NFKC", article.title[:200])
    return _Told(article, _FILLER.sub("", text).lower(), _FILLER.sub("", title).lower(), companies_of(securities), _numbers(text))


def _signatures(told: Sequence[_Told]) -> list[Signature]:
    if not told:
        return []
    runs = grams.quads([one.words for one in told])
    ordered = grams.distinct(runs)
    heads = grams.hashes_of(grams.distinct(grams.pairs([one.title for one in told])))
    rows = zip(told, grams.hashes_of(ordered), heads, _keys(told, runs, ordered), strict=True)
    return [_signature(one, hashes, head[:_MAX_TITLE], keys) for one, hashes, head, keys in rows]


def _keys(told: Sequence[_Told], runs: grams.Cells, ordered: grams.Cells) -> list[tuple[int, ...]]:
    """Of each the keys, ascending."""
    whole = grams.minima(ordered)
    # A wire that shortens keeps the beginning: the opening's own minima find what the whole text's would miss.
    first = grams.minima(grams.distinct(grams.first_of(runs, _OPENING)))
    columns = [grams.mixed(1 + i, *whole[:, 3 * i : 3 * i + 3].T) for i in range(4)]
    columns += [grams.mixed(11 + i, *first[:, 2 * i : 2 * i + 2].T) for i in range(4)]
    keys = [set(row) for row in np.stack(columns, axis=1).tolist()]
    # Told in other words, but of the same company with the same rare numbers.
    rare = [(at, *said) for at, one in enumerate(told) if one.numbers and one.companies for said in _rare(one)]
    titled = [(at, _hash(one.title)) for at, one in enumerate(told) if len(one.title) > 5]
    for kind, found in ((21, rare), (31, titled)):
        if found:
            owners, *parts = zip(*found, strict=True)
            for at, key in zip(owners, grams.mixed(kind, *(np.array(part, np.uint64) for part in parts)).tolist(), strict=True):
                keys[at].add(key)
    return [tuple(sorted(its)) for its in keys]


def _rare(one: _Told) -> Iterator[tuple[int, int]]:
    """(hash of a company, hash of one of the numbers with the most digits)."""
    rare = sorted((n for n in one.numbers if n.digits > 2), key=lambda n: (-n.digits, n))[:3]
    for number in rare:
        said = _hash(f"{number.value:.3g}{number.kind}")
        for company in sorted(one.companies)[:2]:
            yield _hash(company), said


def _signature(one: _Told, hashes: np.ndarray, title: np.ndarray, keys: tuple[int, ...]) -> Signature:
    step = 1
    while len(hashes) > _MAX_GRAMS:
        step *= 2
        hashes = hashes[hashes % np.uint32(step) == 0]
    article = one.article
    time = NO_TIME if article.published is None or article.precision is Precision.NONE else int(article.published.timestamp())
    return Signature(article.id, time, keys, hashes, step, _hash(one.words[:10]), title, one.companies, one.numbers)


_HEAD = struct.Struct("<qIIIHHHH")  # time, step, opening, bytes of the names, keys, grams, title, numbers
_NUMBER_CELL = struct.Struct("<ddBB")
_KINDS = ("", "%", "倍")


def pack(signature: Signature) -> bytes:
    """The signature as bytes to store: fixed cells, little-endian, names in UTF-8. ``unpack`` reads them back."""
    names = "\n".join((signature.article, *sorted(signature.companies))).encode(errors="replace")
    counts = (len(signature.keys), len(signature.grams), len(signature.title), len(signature.numbers))
    cells = _HEAD.pack(signature.time, signature.step, signature.opening, len(names), *counts)
    numbers = (_NUMBER_CELL.pack(n.value, n.step, min(n.digits, 255), _KINDS.index(n.kind)) for n in signature.numbers)
    keys = struct.pack(f"<{len(signature.keys)}q", *signature.keys)
    hashes = (signature.grams.astype("<u4").tobytes(), signature.title.astype("<u4").tobytes())
    return b"".join((cells, names, keys, *hashes, *numbers))


def unpack(packed: bytes) -> Signature:
    """The signature that ``pack`` wrote. Raises ValueError for bytes it did not write."""
    try:
        time, step, opening, length, keys, grams, title, numbers = _HEAD.unpack_from(packed)
        at = _HEAD.size
        article, *companies = packed[at : at + length].decode().split("\n")
        at += length
        key_cells = np.frombuffer(packed, "<i8", keys, at)
        at += 8 * keys
        gram_cells = np.frombuffer(packed, "<u4", grams, at)
        at += 4 * grams
        title_cells = np.frombuffer(packed, "<u4", title, at)
        at += 4 * title
        said = tuple(
            Number(value, unit, digits, _KINDS[kind])
            for value, unit, digits, kind in _NUMBER_CELL.iter_unpack(packed[at : at + _NUMBER_CELL.size * numbers])
        )
        if at + _NUMBER_CELL.size * numbers != len(packed):
            raise ValueError("length")
    except (struct.error, ValueError, IndexError) as error:
        raise ValueError(f"not a packed signature: {error}") from None
    return Signature(article, time, tuple(key_cells.tolist()), gram_cells, step, opening, title_cells, frozenset(companies), said)
