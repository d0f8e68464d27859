"""What judging needs to know of a name wherever it stands: found when it is first met, then remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newslink.link import cues
from newslink.link.classes import (
    AFFILIATE,
    FUND,
    PERSON,
    PHRASE,
    PLACE,
    PLAIN,
    SECTOR,
    SHORTENED,
    WORD,
    WORDS,
    SurfaceClass,
    word_list,
)
from newslink.link.cue import Cue, bits_of
from newslink.link.lexicon import Lexicon
from newslink.link.senses import Sense
from newslink.link.text import name_key
from newslink.link.trades import words_behind

WEAK = frozenset((WORD, SECTOR, PLACE, PERSON, SHORTENED, PHRASE, FUND))
REGIONAL = frozenset((AFFILIATE, PHRASE, PERSON, SHORTENED))
THINGS = frozenset((WORD, PHRASE, PERSON, PLACE))
FREQUENT = frozenset(name_key(word) for word in word_list("frequent"))
_HEARD = frozenset((WORD, PLACE, SECTOR, PERSON, AFFILIATE))
_SELDOM = 0.5  # what a word that news of business seldom holds has before one it is full of
EVERYDAY = frozenset(name_key(word) for word in word_list("everyday"))
_VERBS = ("建设", "发展", "投资", "服务", "规划")

_BEHIND_ALL = cues.against_after.bits | bits_of(cues.BODY_AFTER, cues.OTHER_LEGAL, cues.BRANCH_AFTER)
_AHEAD_NOT_PLAIN, _BEHIND_NOT_PLAIN = cues.PRAISED_BEFORE.bit, bits_of(cues.TOPIC_AFTER, cues.PREMISES_AFTER)
_AHEAD_WEAK, _BEHIND_WEAK = cues.GOODS_BEFORE.bit, bits_of(cues.GOODS_AFTER, cues.GOES_PUBLIC)
_AHEAD_REGIONAL = bits_of(cues.REGION_AND_MORE, cues.REGION_BEFORE)
_AHEAD_EACH, _BEHIND_EACH = cues.company_before.bits | cues.PARTY_BEFORE.bit, cues.PARTY_AFTER.bit


@dataclass(frozen=True, slots=True)
class Traits:
    """One name. weak: it needs evidence. opening: the first words of its evidence. quoted: broker, vendor or None; speaks: it may be quoted.

    goes_on: its sense has words that count only straight beside it. country: it begins with the country's name. everyday: a word of everyday
    life, which news of business seldom holds; frequent: a word it is full of; heard: what stands around it is weighed. trade: what its last
    words are against, where they name a trade; trade_words: words behind it that make another thing of it. verb: it ends in one. ahead,
    behind: bits of the cues that may speak against it; near_ahead, near_behind: of all that say anything of a name of its kind.
    """

    surface: str
    klass: SurfaceClass
    weak: bool
    prior: float
    opening: str
    quoted: str | None
    speaks: bool
    sense: Sense | None
    goes_on: bool
    country: bool
    everyday: bool
    frequent: bool
    heard: bool
    verb: bool
    trade: Cue | None
    trade_words: tuple[str, ...]
    ahead: int
    behind: int
    near_ahead: int
    near_behind: int


def traits_of(lexicon: Lexicon, senses: dict[int, Sense], pattern: int) -> Traits:
    surface, klass = lexicon.patterns[pattern], lexicon.classes[pattern]
    weak, plain = klass in WEAK, klass is PLAIN
    frequent = klass is WORD and (surface.isascii() or surface in FREQUENT)
    country, verb = surface.startswith("中国"), surface.endswith(_VERBS)
    trade = cues.TRADE_AFTER.get(surface[-2:]) or cues.TRADE_AFTER.get(surface[-1:])
    ahead, behind = cues.FOREIGN_BEFORE.bit | cues.VENUE_BEFORE.bit, _BEHIND_ALL
    asked: Sequence[tuple[bool, int, int]] = (
        (verb, 0, cues.OBJECT_AFTER.bit),
        (trade is not None, 0, trade.bit if trade else 0),
        (klass is SECTOR, cues.COUNTED_BEFORE.bit, cues.SECTOR_AFTER.bit),
        (country, cues.COUNTED_BEFORE.bit, cues.CHINA_AFTER.bit),
        (not plain, _AHEAD_NOT_PLAIN, _BEHIND_NOT_PLAIN),
        (klass is FUND, cues.FOREIGN_FUND.bit, 0),
        (weak, _AHEAD_WEAK, _BEHIND_WEAK),
        (klass in REGIONAL, _AHEAD_REGIONAL, 0),
        (klass in THINGS, cues.MEASURED_BEFORE.bit, 0),
    )
    for holds, before, after in asked:
        if holds:
            ahead, behind = ahead | before, behind | after
    sense = senses.get(pattern)
    life = cues.LIFE if klass is AFFILIATE else 0
    return Traits(
        surface=surface,
        klass=klass,
        weak=weak,
        prior=lexicon.priors[pattern] + (_SELDOM if klass is WORD and not frequent else 0.0),
        opening="- " + WORDS[klass] if weak else "+ name",
        quoted=lexicon.quoted.get(pattern),
        speaks=pattern in lexicon.quoted or surface[-2:] in ("证券", "期货"),
        sense=sense,
        goes_on=sense is not None and bool(sense.beside),
        country=country,
        everyday=surface in EVERYDAY,
        frequent=frequent,
        heard=klass in _HEARD,
        verb=verb,
        trade=trade,
        trade_words=words_behind(surface) if weak else (),
        ahead=ahead,
        behind=behind,
        near_ahead=ahead | _AHEAD_EACH | life,
        near_behind=behind | _BEHIND_EACH | life,
    )
