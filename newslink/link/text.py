"""Texts → one normalised haystack with a map back to every original position.

Character for character (never changing the count): full width → half width, traditional → simplified, control characters → blank.
Taken out, with the map keeping the original positions: zero-width characters, and single blanks inside what may be one name
(五 粮 液, 万 科Ａ, *ST 腾邦).
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from newslink.errors import UniverseError

SEPARATOR = "\n"  # no name holds a line end, so no match crosses from one text into the next
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ZERO_WIDTH = (
    0x00AD,
    0x034F,
    0x061C,
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    0xFE00,
    0xFE0E,
    0xFE0F,
    0xFEFF,
)
# What a normalised character is; one bit each, the ones that may be taken out highest, so that one comparison finds them.
CJK, DIGIT, LOWER, UPPER, BLANK, GONE = 1, 2, 4, 8, 64, 128
LATIN = UPPER | LOWER
_REPLACEMENT = 0xFFFD
# Simplified forms that only serve as surnames or in fixed words are left as they are: 乾 and 著 stay in 乾照光电 and 著名.
_KEPT = "乾著瞭么於畲鍾祇徵藉夥锺摺餘"


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """(normalised code point, class) by UTF-16 unit."""
    table = np.arange(65536, dtype=np.uint16)
    for unit in range(0x80, 65536):
        if 0xD800 <= unit < 0xE000:
            table[unit] = _REPLACEMENT  # halves of pairs and lone surrogates: no name holds them
            continue
        folded = unicodedata.normalize("NFKC", chr(unit))
        if len(folded) == 1 and ord(folded) < 65536:
            table[unit] = ord(folded)
    for traditional, simple in _simplified().items():
        if traditional not in _KEPT:
            table[ord(traditional)] = ord(simple)
    for unit in (*range(0x0A), *range(0x0B, 0x20), 0x7F, 0x85, 0xA0, 0x2028, 0x2029, 0x3000):
        table[unit] = 0x20
    table[0x0A] = 0x0A
    for unit in _ZERO_WIDTH:
        table[unit] = 0
    for unit, plain in (
        (0x2018, "'"),
        (0x2019, "'"),
        (0x2014, "-"),
        (0x2013, "-"),
        (0x2012, "-"),
        (0x2212, "-"),
        (0x00B7, "·"),
        (0x30FB, "·"),
    ):
        table[unit] = ord(plain)
    kinds = np.zeros(65536, dtype=np.uint8)
    kinds[0x4E00:0xA000] = CJK
    kinds[0x3400:0x4DC0] = CJK
    kinds[ord("A") : ord("Z") + 1] = UPPER
    kinds[ord("a") : ord("z") + 1] = LOWER
    kinds[ord("0") : ord("9") + 1] = DIGIT
    kinds[0x20] = BLANK
    kinds[0] = GONE
    return table, kinds


def _simplified() -> dict[str, str]:
    """Single traditional character → simplified, from zhconv's table, read as a file: importing the package loads pkg_resources with it."""
    spec = find_spec("zhconv")
    if spec is None or not spec.submodule_search_locations:
        raise UniverseError(
            "The package zhconv with its table of traditional characters is not installed: pip install -r requirements.txt."
        )
    path = Path(spec.submodule_search_locations[0], "zhcdict.json")
    try:
        table = json.loads(path.read_text("utf-8"))["zh2Hans"]
    except (OSError, KeyError, ValueError) as error:
        raise UniverseError(
            f"The table of traditional characters in the package zhconv cannot be read ({error}): expected {path}."
        ) from error
    return {a: b for a, b in table.items() if len(a) == 1 == len(b) and ord(a) < 65536 and ord(b) < 65536}


@dataclass(slots=True)
class Haystack:
    """Many texts joined. text: normalised; units: its code points; origin: original position of each, None where nothing was taken out.

    starts: original position at which each text begins, with one beyond the end; texts: the originals.
    """

    texts: list[str]
    joined: str
    text: str
    units: np.ndarray
    kinds: np.ndarray
    origin: np.ndarray | None
    starts: np.ndarray

    def original(self, position: int) -> int:
        """Position in the joined originals of a normalised character."""
        return position if self.origin is None else int(self.origin[position])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Original start and end of normalised [start, end)."""
        if self.origin is None:
            return start, end
        return int(self.origin[start]), int(self.origin[end - 1]) + 1


def haystack(texts: list[str]) -> Haystack:
    """Normalise and join texts. A text may hold anything a str can, lone surrogates and NULs included."""
    table, classes = _tables()
    joined = f"{SEPARATOR}{SEPARATOR.join(texts)}{SEPARATOR}"  # so that every text has a border on both sides
    raw = joined.encode("utf-16-le", "surrogatepass")
    if len(raw) != 2 * len(joined):
        raw = _ASTRAL.sub("\ufffd", joined).encode("utf-16-le", "surrogatepass")
    if len(raw) != 2 * len(joined):  # a lone high surrogate met a lone low one and the codec made them a pair
        raw = "".join("\ufffd" if ord(c) > 0xFFFF or 0xD800 <= ord(c) < 0xE000 else c for c in joined).encode("utf-16-le")
    units = table.take(np.frombuffer(raw, np.uint16))
    kinds = classes.take(units)
    starts = np.ones(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=starts[1:])
    starts[1:] += 1
    origin = None
    special = np.flatnonzero(kinds >= BLANK)
    if len(special):
        drop = _droppable(units, kinds, special)
        if len(drop):
            keep = np.ones(len(units), bool)
            keep[drop] = False
            origin = np.flatnonzero(keep)
            units, kinds = units[keep], kinds[keep]
    return Haystack(texts, joined, units.tobytes().decode("utf-16-le"), units, kinds, origin, starts)


def _droppable(units: np.ndarray, kinds: np.ndarray, special: np.ndarray) -> np.ndarray:
    """Positions to take out, of those of blanks and zero-width characters."""
    left = kinds[np.maximum(special - 1, 0)]
    after = np.minimum(special + 1, len(units) - 1)
    right = kinds[after] == CJK
    # Between two Chinese characters; ST before one; one before the share class. A blank between words goes too: what then matches
    # across it is only believed where the rest of the name is spaced or bounded as well (rule "spaced").
    inner = (left == CJK) & (right | (units[after] == 65) | (units[after] == 66))
    inner |= (units[np.maximum(special - 1, 0)] == 84) & right
    return special[inner | (kinds[special] == GONE)]


@lru_cache(maxsize=1)
def _mapping() -> dict[int, int | None]:
    table, _ = _tables()
    return {i: int(n) or None for i, n in enumerate(table.tolist()) if i != n or i == 0}


def normal(text: str) -> str:
    """One short string as the haystack would hold it, blanks kept: the form in which names are looked up."""
    return text if text.isascii() and text.isprintable() else text.translate(_mapping())


def name_key(text: str) -> str:
    """A name's looked-up form: normalised, without any blank."""
    return normal(text).replace(" ", "") if not text.isascii() else " ".join(text.split())
