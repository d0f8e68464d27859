"""Data files of ambiguous surfaces and known phrases → class, prior and quotation flag of a surface.

A class says what else a surface may mean; the prior is how often, without any evidence, it means the company (log odds).
Surfaces in no list are plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.resources import files

from newslink.link.text import name_key


class SurfaceClass(IntEnum):
    PLAIN = 0
    WORD = 1
    SECTOR = 2
    PLACE = 3
    PERSON = 4
    AFFILIATE = 5
    SHORTENED = 6
    NICKNAME = 7
    FOREIGN = 8
    PHRASE = 9
    FUND = 10


# Members read through their class cost a look-up of a tenth of a microsecond and more each time: hot code takes them from here.
PLAIN, WORD, SECTOR, PLACE, PERSON, AFFILIATE = (
    SurfaceClass.PLAIN,
    SurfaceClass.WORD,
    SurfaceClass.SECTOR,
    SurfaceClass.PLACE,
    SurfaceClass.PERSON,
    SurfaceClass.AFFILIATE,
)
SHORTENED, NICKNAME, FOREIGN, PHRASE, FUND = (
    SurfaceClass.SHORTENED,
    SurfaceClass.NICKNAME,
    SurfaceClass.FOREIGN,
    SurfaceClass.PHRASE,
    SurfaceClass.FUND,
)

PRIOR = {
    SurfaceClass.PLAIN: 4.0,
    SurfaceClass.WORD: -2.4,
    SurfaceClass.SECTOR: -0.7,
    SurfaceClass.PLACE: -0.9,
    SurfaceClass.PERSON: -0.3,
    SurfaceClass.AFFILIATE: 3.0,
    SurfaceClass.SHORTENED: -0.6,
    SurfaceClass.NICKNAME: 2.2,
    SurfaceClass.FOREIGN: 2.2,
    SurfaceClass.PHRASE: 1.0,
    SurfaceClass.FUND: -0.9,
}
# Of several classes of one surface the one that asks for most evidence holds.
_STRICTNESS = (
    SurfaceClass.WORD,
    SurfaceClass.PLACE,
    SurfaceClass.SHORTENED,
    SurfaceClass.FUND,
    SurfaceClass.PERSON,
    SurfaceClass.SECTOR,
    SurfaceClass.PHRASE,
    SurfaceClass.FOREIGN,
    SurfaceClass.NICKNAME,
    SurfaceClass.AFFILIATE,
    SurfaceClass.PLAIN,
)
WORDS = {
    SurfaceClass.PLAIN: "name",
    SurfaceClass.WORD: "also an ordinary word",
    SurfaceClass.SECTOR: "also a sector or body",
    SurfaceClass.PLACE: "also a place",
    SurfaceClass.PERSON: "also a person, brand or foreign word",
    SurfaceClass.AFFILIATE: "group and sisters share the name",
    SurfaceClass.SHORTENED: "shortened name",
    SurfaceClass.NICKNAME: "nickname",
    SurfaceClass.FOREIGN: "Latin word",
    SurfaceClass.PHRASE: "may also read as a phrase",
    SurfaceClass.FUND: "many funds are called so",
}


@dataclass(frozen=True, slots=True)
class SurfaceLists:
    """classes: surface → class. quoted: surface → ``broker`` or ``vendor``. guards: phrases that are no company named here."""

    classes: dict[str, SurfaceClass]
    quoted: dict[str, str]
    guards: frozenset[str]


def data_lines(name: str) -> list[str]:
    """The lines of a data file, without blank ones and remarks."""
    text = files("newslink.link").joinpath("data", name).read_text("utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@lru_cache(maxsize=1)
def _word_lists() -> dict[str, tuple[str, ...]]:
    return {key: tuple(words.split()) for key, _, words in (line.partition("\t") for line in data_lines("words.tsv"))}


def word_list(key: str) -> tuple[str, ...]:
    """A short list of ``data/words.tsv``."""
    return _word_lists()[key]


@lru_cache(maxsize=1)
def surface_lists() -> SurfaceLists:
    classes: dict[str, SurfaceClass] = {}
    quoted: dict[str, str] = {}
    for line in data_lines("surfaces.tsv"):
        kind, _, words = line.partition("\t")
        for word in words.split():
            key = name_key(word.replace("_", " "))
            if kind in ("broker", "vendor"):
                quoted[key] = kind
            else:
                classes[key] = stricter(classes.get(key, SurfaceClass.PLAIN), SurfaceClass[kind.upper()])
    guards = frozenset(name_key(word) for line in data_lines("guards.txt") for word in line.split())
    return SurfaceLists(classes, quoted, guards)


def stricter(one: SurfaceClass, other: SurfaceClass) -> SurfaceClass:
    return min(one, other, key=_STRICTNESS.index)
