"""An article with its securities → its signature: what finding and judging copies needs to know, in about half a kilobyte."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

import numpy as np

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


# Multipliers of the rolling hash; fixed, since keys are stored.
_ROLL = [np.uint64(m) for m in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)]
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)
_OPENING = 48
_BUCKETS = 12
_BOUNDS = (np.arange(1, _BUCKETS, dtype=np.uint64) * np.uint64(2**32 // _BUCKETS)).astype(np.uint32)


def _grams(words: str) -> np.ndarray:
    """uint32 hashes of all runs of four characters, in order of the text, repeats included."""
    points = np.frombuffer(words.encode("utf-32-le", errors="replace"), np.uint32).astype(np.uint64)
    if len(points) < 4:
        points = np.concatenate([points, np.zeros(4 - len(points), np.uint64)])
    rolled = points[:-3] * _ROLL[0]
    rolled += points[1:-2] * _ROLL[1]
    rolled += points[2:-1] * _ROLL[2]
    rolled += points[3:] * _ROLL[3]
    rolled ^= rolled >> _SHIFT
    rolled *= _MIX
    return (rolled >> _SHIFT).astype(np.uint32)


def _pairs(words: str) -> np.ndarray:
    """uint32 hashes of all runs of two characters."""
    points = np.frombuffer(words.encode("utf-32-le", errors="replace"), np.uint32)
    return (points[:-1] * np.uint32(65599) + points[1:]) * np.uint32(0x9E3779B1)


def _distinct(hashes: np.ndarray) -> np.ndarray:
    """Sorted, without repeats; for short arrays twice as fast as numpy's own unique."""
    ordered = np.sort(hashes)
    if len(ordered) < 2:
        return ordered
    keep = np.empty(len(ordered), bool)
    keep[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def _minima(ordered: np.ndarray) -> list[int]:
    """The smallest hash in each of 12 equal ranges (one-permutation min-hash); an empty range takes the next smallest hash, round about."""
    starts = np.searchsorted(ordered, _BOUNDS).tolist()
    size = len(ordered)
    return ordered[[0, *(start if start < size else 0 for start in starts)]].tolist()


def _key(kind: int, *parts: int) -> int:
    """A signed 64-bit key, so that any database can hold it."""
    value = 0xCBF29CE484222325 ^ kind
    for part in parts:
        value = ((value ^ part) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 29
    return value - (1 << 64) if value >> 63 else value


def signature(article: Article, securities: Iterable[str] = ()) -> Signature:
    """The signature of an article that names these securities (ids; of a company with several listings always the same one; funds are
    passed over)."""
    text = _words(article)
    words = _FILLER.sub("", text).lower()
    run = _grams(words)
    grams = _distinct(run)
    companies = frozenset(security for security in securities if not _FUND.match(security))
    numbers = _numbers(text)
    whole = _minima(grams)
    keys = {_key(1 + i, *whole[3 * i : 3 * i + 3]) for i in range(4)}
    # A wire that shortens keeps the beginning: the opening's own minima find what the whole text's would miss.
    first = _minima(np.sort(run[:_OPENING])) if len(run) > _OPENING else whole
    keys.update(_key(11 + i, *first[2 * i : 2 * i + 2]) for i in range(4))
    # Told in other words, but of the same company with the same rare numbers.
    rare = sorted((n for n in numbers if n.digits > 2), key=lambda n: (-n.digits, n))[:3]
    for number in rare:
        keys.update(_key(21, _hash(company), _hash(f"{number.value:.3g}{number.kind}")) for company in sorted(companies)[:2])
    title = _FILLER.sub("", unicodedata.normalize("NFKC", article.title[:200])).lower()
    if len(title) > 5:
        keys.add(_key(31, _hash(title)))
    step = 1
    while len(grams) > _MAX_GRAMS:
        step *= 2
        grams = grams[grams % np.uint32(step) == 0]
    heads = _distinct(_pairs(title))[:_MAX_TITLE]
    time = NO_TIME if article.published is None or article.precision is Precision.NONE else int(article.published.timestamp())
    return Signature(article.id, time, tuple(sorted(keys)), grams, step, _hash(words[:10]), heads, companies, numbers)


_HEAD = struct.Struct("<qIIIHHHH")  # time, step, opening, bytes of the names, keys, grams, title, numbers
_NUMBER_CELL = struct.Struct("<ddBB")
_KINDS = ("", "%", "倍")


def pack(signature: Signature) -> bytes:
    """The signature as bytes to store: fixed cells, little-endian, names in UTF-8. ``unpack`` reads them back."""
    names = "\n".join((signature.article, *sorted(signature.companies))).encode(errors="replace")
    counts = (len(signature.keys), len(signature.grams), len(signature.title), len(signature.numbers))
    cells = _HEAD.pack(signature.time, signature.step, signature.opening, len(names), *counts)
    numbers = (_NUMBER_CELL.pack(n.value, n.step, min(n.digits, 255), _KINDS.index(n.kind)) for n in signature.numbers)
    keys = np.array(signature.keys, "<i8").tobytes()
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
