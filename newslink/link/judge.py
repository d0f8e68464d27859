"""One name match with what stands around it → which company, how sure, and why.

Only matches that need a closer look come here: surfaces with another meaning, several owners, a suspicious neighbour. Scores are log odds.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

from newslink.link import cues
from newslink.link.against import NAMESAKE, PLAIN_LOSS, RUNS_ON, STRADDLED, against
from newslink.link.classes import AFFILIATE, FOREIGN, PHRASE, PLAIN, WORD, SurfaceClass
from newslink.link.cue import Cue
from newslink.link.found import Found
from newslink.link.lexicon import Lexicon, Owner
from newslink.link.match import Match
from newslink.link.owners import Owners
from newslink.link.quotation import HEADS, PARTY_AFTER, PARTY_BEFORE, is_party, quoted
from newslink.link.senses import senses
from newslink.link.sentence import SentenceReader
from newslink.link.traits import EVERYDAY, Traits, traits_of

_CLOSED = frozenset("。,;!?的”\"'》」)】产行概领技板厂系设类用企赛市")
_OPENING = frozenset("【《:\n”0123456789)股司有龙、和及与有购仓")
_COMPANY_BEFORE = cues.company_before.bits
_SHUT = frozenset(("", "。", ";", "!", "?", "\n", "》", "】", "」", "”", "的"))  # nothing a company does begins so
_FIRM = 3.0  # what only a company has
_SPEAKS = 2.2  # what being quoted gives a name that is also a word
ODD = -2.5  # surroundings (see context.py) in which even a plain name is looked at closely
TELLING = 2.0  # surroundings that are named as evidence, and in which no ordinary word is passed over
_ASKED, _OWN_TITLE = ("获悉", "了解到", "方面", "有关负责人", "相关负责人", "工作人员", "发言人"), 6
_STATED = "+ a person said what this word means"
_NOT_STATED = "- not on the days for which a person said what this word means"


def probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


# What surroundings add to the rules: little, since the rules of one place partly say the same, and only for names that mean something else.
# Fitted on sentences whose names the weights never saw, and held against the news of ../shared, in which ordinary words are far more
# common than in invented sentences: at most this much, and nothing in favour of words that news of business is full of.
_OF_CONTEXT, _MOST_OF_CONTEXT = 0.3, 2.0
_STRANGE = -3.6  # surroundings so odd that they add to what else speaks against a plain name
_OF_ODDITY = 7.0  # of how much odder than that, against a plain name of which nothing is said that only companies do: at -3 it is none


def weighed(rules: float, context: float, name: Traits) -> float:
    """Log odds of a name judged by rules, in its surroundings."""
    if name.klass is PLAIN:
        return rules + _OF_ODDITY * min(0.0, context - ODD)
    if name.klass is PHRASE:  # mostly its company: only what stands around other things takes from it
        return rules + max(-_MOST_OF_CONTEXT, min(0.0, _OF_CONTEXT * (context - ODD)))
    if not name.heard:
        return rules
    most = 0.0 if name.frequent else _MOST_OF_CONTEXT
    return rules + max(-_MOST_OF_CONTEXT, min(most, _OF_CONTEXT * context))


class Judge:
    """Reads the surroundings of matches in one haystack."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.owners = Owners(lexicon)
        self._sentences = SentenceReader(lexicon)
        known = senses()
        self._senses = {i: known[s] for i, s in enumerate(lexicon.patterns[: len(lexicon.owners)]) if s in known}
        self.asked = [i for i, sense in self._senses.items() if sense.other or sense.beside]  # names always looked at closely
        self._traits: dict[int, Traits] = {}

    def traits(self, pattern: int) -> Traits:
        """Found when first asked for, then remembered."""
        name = self._traits.get(pattern)
        if name is None:
            name = self._traits[pattern] = traits_of(self._lexicon, self._senses, pattern)
        return name

    def stands(self, text: str, low: int, high: int, start: int, end: int, pattern: int, day: int, behind: int, ahead: int) -> bool:
        """Whether nothing straight beside the name speaks against its company or for its taking part for others. low, high bound its text."""
        before, after = text[max(low, start - cues.BEFORE_WINDOW) : start], text[end : min(high, end + cues.AFTER_WINDOW)]
        if (behind & PARTY_AFTER or ahead & PARTY_BEFORE) and is_party(before, after, behind, ahead):
            return False
        owner = self.owners[pattern, day][0]
        return against(self._lexicon, self.traits(pattern), owner, before, after, behind, ahead, day) is None

    def own_words(self, pattern: int) -> Collection[str]:
        """Words that speak of the company's own affairs, for a name that has senses."""
        sense = self._senses.get(pattern)
        return sense.own if sense is not None else ()

    def is_hopeless(self, text: str, match: Match) -> bool:
        """An ordinary word in a place where nothing could speak for the company: told from its two neighbours alone."""
        start, end = match.start, match.end
        if start == match.low or end == match.high or match.context > TELLING:
            return False
        if text[end] == "的":  # what it has may be a company's
            has = cues.possessive(text[end : min(match.high, end + cues.AFTER_WINDOW)], match.behind)
            if has and has[0].weight > _FIRM or self._lexicon.patterns[match.pattern] in EVERYDAY:
                return False
        elif text[end] in ",。" and match.pattern in self._senses:
            return False  # words further off may speak for the company
        return text[end] in _CLOSED and text[start - 1] not in _OPENING

    def mention(self, text: str, match: Match, day: int) -> Found:
        """The match as a mention of its company. quoted: True source, False acts itself, None neither is said."""
        start, end, pattern, behind, ahead = match.start, match.end, match.pattern, match.behind, match.ahead
        name = self._traits.get(pattern) or self.traits(pattern)
        owner, score, why = self.owners[pattern, day]
        score += name.prior
        where = (match.place & 1, match.first, match.last)
        if owner.stated:
            if owner.first <= day <= owner.last:
                return Found(owner.entity, owner.security, *where, score, "name", (_STATED,))
            return Found(owner.entity, owner.security, *where, -4.0, "name_in_context", (_NOT_STATED,))
        klass, weak = name.klass, name.weak
        before = text[max(match.low, start - cues.BEFORE_WINDOW) : start]
        after = text[end : min(match.high, end + cues.AFTER_WINDOW)]
        evidence = [*why, name.opening]
        said, is_quoted, party = _NOTHING, None, False
        odd = match.left or match.right or match.begins or match.runs or name.goes_on
        if weak or name.speaks or odd or behind & name.near_behind or ahead & name.near_ahead or before[-1:] == "《":
            said = self._beside(match, name, owner, before, after, day, score, evidence)
            score = said.score
        if weak or name.sense is not None:
            left, right = text[match.sentence_low : start], text[end : match.sentence_high]
            first = start == match.low
            score += self._sentences.weigh(
                name, pattern, left, right, before, after, ahead, first, match.left or match.right, said.opposed, said.claim, evidence
            )
        if name.speaks:
            heads = start == match.low or before[-1:] in HEADS
            own = name.sense.own if name.sense is not None else ()
            is_quoted = quoted(name.quoted, before, after, heads, said.acts, behind, ahead, own)
            if is_quoted and klass is WORD and not said.claim and not said.opposed:
                score += _SPEAKS
                evidence.append("+ speaks")
        if (behind & PARTY_AFTER or ahead & PARTY_BEFORE) and not said.acts and is_quoted is not True:
            party = is_party(before, after, behind, ahead)
        if (
            klass is not PLAIN
            or match.context < ODD
            and (not said.opposed or match.context < _STRANGE)
            and not name.speaks
            and not _acts(before, after, behind, ahead)
        ):
            score = weighed(score, match.context, name)
        if abs(match.context) > TELLING:
            evidence.append("+ words around it as around companies" if match.context > 0 else "- words around it as around other things")
        rule = "name" if klass is PLAIN and score > 2.5 else "name_in_context"
        return Found(owner.entity, owner.security, *where, score, rule, evidence, is_quoted, said.acts, 0, weak, said.opposed, party)

    def _beside(
        self, match: Match, name: Traits, owner: Owner, before: str, after: str, day: int, score: float, evidence: list[str]
    ) -> _Beside:
        """What stands straight beside the name, on either side; what is found is noted as evidence. score: of the name so far."""
        klass, weak, behind, ahead = name.klass, name.weak, match.behind, match.ahead
        claim, acts = 0.0, False
        reason = against(self._lexicon, name, owner, before, after, behind, ahead, day)
        if match.begins or match.runs:
            reason = _at_border(reason, klass, match, before, after)
        if reason is not None:
            plain = klass is PLAIN or klass is FOREIGN
            score -= PLAIN_LOSS.get(reason.words, reason.weight) if plain else reason.weight
            if reason is NAMESAKE and klass is not AFFILIATE:
                score -= 1.2
            evidence.append(reason.words)
        elif (weak or name.quoted) and (cue := _claim(after, behind, name)) is not None:
            claim = cue.weight
            score += claim if weak else claim * 0.3
            acts = cue.words in cues.OWN_ACT
            evidence.append(cue.words)
        titled = before[-1:] == "《" and reason is None and not claim
        if titled and (work := cues.WORK_AFTER.match(after)) and not (name.quoted and work[0] == "》"):
            if not weak or work[0] == "》":
                score -= 5.0 if cues.WORK_BEFORE.search(before) or not weak else 3.0
            evidence.append("- the title of a work")
        if owner.first > day and (cues.IPO_TALK.search(after) or cues.IPO_TALK.search(before)):
            score -= cues.IPO_TALK.weight
            evidence.append(cues.IPO_TALK.words)
        if match.left or match.right:
            score += (3.2 if match.left and match.right else 2.6) if weak else 0.5
            evidence.append("+ in a list of companies")
        led = ahead & _COMPANY_BEFORE and cues.company_before(before, ahead)
        if led:
            cue = led[0]
            score += cue.weight * (0.6 if klass is WORD and cue.weight < 2.0 else 1.0) if weak else 0.2
            evidence.append(cue.words)
        away = klass is AFFILIATE and reason is None and not acts and (behind | ahead) & cues.LIFE
        if away and self._sentences.is_away(before, after):
            score -= 3.4
            evidence.append("- scene of places, history or daily life")
        return _Beside(score, claim, acts, reason is not None)


class _Beside(NamedTuple):
    """score: log odds of the name with it. claim: the weight of what is said of companies only. acts: it says what the company does itself.

    opposed: something speaks against the name.
    """

    score: float
    claim: float
    acts: bool
    opposed: bool


_NOTHING = _Beside(0.0, 0.0, False, False)


def _at_border(reason: Cue | None, klass: SurfaceClass, match: Match, before: str, after: str) -> Cue | None:
    """What speaks against a name whose border cuts through a common word, reason being what was found beside it."""
    begins = match.begins and not (match.ahead & cues.FIRM_BEFORE.bit and cues.FIRM_BEFORE.search(before))
    if reason is None or reason.words == "- 行业或普通词":
        said = cues.company_after(after, match.behind)
        begins = begins and not (match.left and match.right)
        if begins or match.runs and (said is None or said[0].weight < 3.0):
            return STRADDLED if begins else RUNS_ON
    elif begins and klass is PLAIN and reason.words in PLAIN_LOSS:
        return STRADDLED
    return reason


def _claim(after: str, behind: int, name: Traits) -> Cue | None:
    """What is said straight behind the name of companies only."""
    weak = name.weak
    if after[:1] in _SHUT:
        has = cues.possessive(after, behind) if weak and after[:1] == "的" else None
        return has[0] if has and (has[0].weight > _FIRM or name.klass is not WORD or name.everyday) else None
    said = cues.company_after(after, behind)
    if said is None:
        return None
    if said[0].weight:
        return said[0]
    return cues.LISTED_AFTER if weak and behind & cues.LISTED_AFTER.bit and cues.LISTED_AFTER.match(after) else None


def _acts(before: str, after: str, behind: int, ahead: int) -> bool:
    """Whether what is said straight beside a name is said of companies."""
    if cues.company_before(before, ahead) is not None or after.startswith(_ASKED) or "公司" in after[:_OWN_TITLE]:
        return True
    said = cues.company_after(after, behind)
    return said is not None and said[0].weight > _FIRM or cues.OTHER_LEGAL.match(after) is not None
