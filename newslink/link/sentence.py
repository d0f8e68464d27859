"""The sentence around a name that may mean something else → how far it speaks for the company (log odds), with the evidence."""

from __future__ import annotations

from newslink.link import cues
from newslink.link.classes import FUND, PHRASE, PLACE, SECTOR, SHORTENED, WORD
from newslink.link.lexicon import Lexicon
from newslink.link.scenes import scenes
from newslink.link.traits import Traits
from newslink.link.words import ends_word

NEAR = 60  # characters on each side of a name that are read as its sentence, at most
_HEADS, _MARKS = ("【", "《"), (":", ",")
_FREE_BEFORE = frozenset("的和与及或对由被在向从是据将给让使把跟同比即按因为如像了着过到于")
_AWAY = (0.0, 1.4, 3.0, 3.6, 4.2)  # what a scene of another kind costs, by the words that set it
_MARKET, _TRADE, _MOST_BUSINESS = 1.1, 0.7, 3.0  # a word of the market, of trade, and all of them, around a word of everyday life
_MARKET_WORD = (0.0, 0.5, 1.3, 2.0)  # what market words give an ordinary word, by their number


class SentenceReader:
    """Weighs sentences around the names of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._scenes = scenes()

    def weigh(
        self,
        name: Traits,
        pattern: int,
        left: str,
        right: str,
        before: str,
        after: str,
        ahead: int,
        first: bool,
        listed: bool,
        opposed: bool,
        claim: float,
        evidence: list[str],
    ) -> float:
        """left, right: the sentence on both sides; before, after: the text there; ahead: mask of what may be found before the name.

        first: the name begins its text. listed: it stands in a list of companies. opposed: something beside it speaks
        against. claim: weight of what is said of companies only.
        """
        klass, weak = name.klass, name.weak
        opposed = opposed or (before[-1:] == "《" and after[:1] == "》")
        score = 0.0
        if not opposed and (first or before[-1:] in _HEADS or after[:1] in _MARKS):
            score, claim = self._headline(klass is WORD, before, after, ahead, first, claim, evidence)
        scene = f"{left} {right}"
        if name.sense is not None:
            said = name.sense.weigh(scene, claim >= 3.0, evidence)
            score += said * 1.6 if said < 0.0 and not weak and not claim else said
        if not weak:
            return score
        owner = self._lexicon.owners[pattern][0]
        market, trade, life, mild, abroad = self._scenes(scene)
        if abroad and klass is not SECTOR and not claim and not cues.HOME_SCENE.search(scene) and not self._is_abroad(owner.entity):
            score -= 2.4
            evidence.append("- a scene of the US market, where the company is not listed")
        firm = ahead & cues.FIRM_BEFORE.bit and cues.FIRM_BEFORE.search(before)
        if klass is FUND and before[-1:].isalnum() and not firm:
            score -= 3.4
            evidence.append("- the name goes on before it")
        if klass is PLACE and claim < 3.0 and ahead & cues.PLACE_BEFORE.bit and cues.PLACE_BEFORE.search(before):
            score -= 2.4
            evidence.append("- where one goes or stays")
        if name.everyday and (market or trade):
            score += 0.0 if opposed else min(_MARKET * market + _TRADE * trade, _MOST_BUSINESS)
            evidence.append("+ business scene")
        elif market:
            score += _MARKET_WORD[0 if opposed else min(market, 3)] if klass is WORD else 1.0
            evidence.append("+ business scene")
        elif trade:
            score += 0.2 if klass is WORD else 0.3 if klass is SECTOR else 0.6
            evidence.append("+ business scene")
        away = 2 * life + mild
        if away:
            loss = _AWAY[min(away, 4)]
            score -= 0.55 * loss if market or trade else loss
            evidence.append("- scene of places, arts or daily life")
        last = before[-1:]
        joined = "一" <= last <= "鿿" or klass is WORD and last.isascii() and last.isalpha()
        free = firm or last in _FREE_BEFORE or listed and (klass is not WORD or name.everyday)
        free = free or ahead & cues.TIME_BEFORE.bit and cues.TIME_BEFORE.search(before)
        # What is done with companies ends before the name: 重仓|苹果. Words are also held, sold and watched.
        free = free or klass is PHRASE and joined and cues.company_before(before, ahead)
        if joined and not free and not name.surface[0].isascii():
            score += self._inside(name, owner.entity, before, ahead, evidence)
        return score

    def _headline(
        self, word: bool, before: str, after: str, ahead: int, first: bool, claim: float, evidence: list[str]
    ) -> tuple[float, float]:
        """(score, claim) of a name that heads a headline or a line. word: it is an ordinary word, so only a company's own doings count."""
        firm = cues.HEADLINE_FIRM if word else cues.HEADLINE_COMPANY
        heads = first or before[-1:] in _HEADS
        mark = after[:1]
        if mark in _MARKS and (heads or mark == ":" and before.endswith("公司") or ahead & cues.LED.bit and cues.LED.search(before)):
            talk = cues.TRADE_TALK.match(after[1:]) if word else None
            if talk and not firm.search(talk[0]):
                evidence.append("- a trade as a whole behind it")
                return 0.0, claim
            company_like = firm.search(after[1:])
            if heads or mark == ":" and company_like:
                evidence.append("+ headline of a company")
                return (3.6 if company_like else 2.1 if word else 1.2), max(claim, 3.0 if company_like else 0.0)
            if company_like:
                evidence.append("+ a company's doings behind it")
                return 1.4, claim
        elif heads and firm.search(after):
            evidence.append("+ begins the sentence of a company")
            return 1.4, claim
        return 0.0, claim

    def _inside(self, name: Traits, entity: str, before: str, ahead: int, evidence: list[str]) -> float:
        """For a name straight behind other characters: its legal name or region goes before it, or it is a piece of something else."""
        klass = name.klass
        names = self._lexicon.full_names.get(entity, ())
        region = ahead & cues.REGION_BEFORE.bit and cues.REGION_BEFORE.search(before)
        if not (region and klass is PLACE) and any(before[-2:] + name.surface in full for full in names):
            evidence.append("+ its legal name")
            return 2.6
        if region and any(region[1] in full for full in names):
            evidence.append("+ its region before it")
            return 0.8
        score = 0.0
        if klass is WORD or klass is SHORTENED or klass is PHRASE:
            score -= 1.6 if klass is WORD else 1.0
            evidence.append("- inside a longer phrase")
        if not ends_word(before[-4:]):
            score -= 1.6
            evidence.append("- letters before it make no word")
        return score

    def _is_abroad(self, entity: str) -> bool:
        return any(s.endswith(".US") for s in self._lexicon.universe.listings_of(entity))

    def is_away(self, before: str, after: str) -> bool:
        """Whether the text on both sides speaks of places, history or daily life, and not of the market."""
        market, _, life, _, _ = self._scenes(f"{before}\n{after}")
        return bool(life and not market)
