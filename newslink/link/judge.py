"""One name match with what stands around it → which company, how sure, and why.

Only matches that need a closer look come here: surfaces with another meaning, several owners, a suspicious neighbour. Scores are log odds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from newslink.link import cues
from newslink.link.against import NAMESAKE, PLAIN_LOSS, RUNS_ON, STRADDLED, against
from newslink.link.classes import AFFILIATE, FOREIGN, PLAIN, WORD
from newslink.link.lexicon import Lexicon, Owner
from newslink.link.owners import Owners
from newslink.link.quotation import HEADS, is_party, quoted
from newslink.link.senses import senses
from newslink.link.sentence import SentenceReader
from newslink.link.traits import Traits, traits_of

_CLOSED = frozenset("。,;!?的”\"'》」)】产行概领技板厂系设类用企赛市")
_OPENING = frozenset("【《:\n”0123456789)股司有龙、和及与有购仓")
_SHUT = frozenset(("", "。", ";", "!", "?", "\n", "》", "】", "」", "”", "的"))  # nothing a company does begins so


@dataclass(slots=True)
class Verdict:
    """score: log odds that owner is meant. quoted: True source, False acts itself, None neither is said.

    party: takes part for others, as sponsor, adviser, pledgee. opposed: what stands beside it makes it part of another name or word.
    """

    owner: Owner
    score: float
    evidence: list[str] = field(default_factory=list)
    quoted: bool | None = None
    acts: bool = False
    party: bool = False
    opposed: bool = False


def probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


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

    def hopeless(self, text: str, start: int, end: int, pattern: int, low: int, high: int) -> bool:
        """An ordinary word in a place where nothing could speak for the company: told from its two neighbours alone."""
        if start == low or end == high:
            return False
        if text[end] in ",。" and pattern in self._senses:
            return False  # words further off may speak for the company
        return text[end] in _CLOSED and text[start - 1] not in _OPENING

    def verdict(
        self,
        text: str,
        start: int,
        end: int,
        pattern: int,
        day: int,
        low: int,
        high: int,
        sentence_low: int,
        sentence_high: int,
        behind: int,
        ahead: int,
        company_left: bool = False,
        company_right: bool = False,
        begins: bool = False,
        runs: bool = False,
    ) -> Verdict:
        """Judge text[start:end]; low, high bound the text it may look at, sentence_low, sentence_high its sentence.

        behind, ahead: masks of the cues that may be found behind it and before it. company_left/right: a listed name beside it in a list.
        begins, runs: the border of the name cuts through a common word.
        """
        name = self._traits.get(pattern)
        if name is None:
            name = self._traits[pattern] = traits_of(self._lexicon, self._senses, pattern)
        owner, score, why = self.owners.on(pattern, day)
        score += name.prior
        if owner.stated:
            if not owner.first <= day <= owner.last:
                return Verdict(owner, -4.0, ["- not on the days for which a person said what this word means"])
            return Verdict(owner, score, ["+ a person said what this word means"])
        klass, weak = name.klass, name.weak
        evidence = [*why, name.opening]
        before = text[max(low, start - cues.BEFORE_WINDOW) : start]
        after = text[end : min(high, end + cues.AFTER_WINDOW)]
        acts = False
        claim = 0.0
        reason = against(self._lexicon, name, owner, before, after, behind, ahead, day)
        if begins or runs:
            begins = begins and not (ahead & cues.FIRM_BEFORE.bit and cues.FIRM_BEFORE.search(before))
            if reason is None or reason.words == "- 行业或普通词":
                said = cues.company_after(after, behind)
                own = said[0].weight if said else 0.0
                begins = begins and not (company_left and company_right)
                if begins or runs and own < 3.0:
                    reason = STRADDLED if begins else RUNS_ON
            elif begins and klass is PLAIN and reason.words in PLAIN_LOSS:
                reason = STRADDLED
        if reason is not None:
            plain = klass is PLAIN or klass is FOREIGN
            score -= PLAIN_LOSS.get(reason.words, reason.weight) if plain else reason.weight
            if reason is NAMESAKE and klass is not AFFILIATE:
                score -= 1.2
            evidence.append(reason.words)
        elif (weak or name.quoted) and after[:1] not in _SHUT:
            said = cues.company_after(after, behind)
            if said:
                cue = said[0]
                if not cue.weight and weak and cues.LISTED_AFTER.match(after):
                    cue = cues.LISTED_AFTER
                if cue.weight:
                    claim = cue.weight
                    score += cue.weight if weak else cue.weight * 0.3
                    acts = cue.words in cues.OWN_ACT
                    evidence.append(cue.words)
        if before[-1:] == "《" and reason is None and not claim and not name.quoted and (work := cues.WORK_AFTER.match(after)):
            if not weak or work[0] == "》":
                score -= 5.0 if cues.WORK_BEFORE.search(before) or not weak else 3.0
            evidence.append("- the title of a work")
        if company_left or company_right:
            score += (3.2 if company_left and company_right else 2.6) if weak else 0.5
            evidence.append("+ in a list of companies")
        led = cues.company_before(before, ahead)
        if led is not None:
            cue = led[0]
            score += cue.weight * (0.6 if klass is WORD and cue.weight < 2.0 else 1.0) if weak else 0.2
            evidence.append(cue.words)
        if klass is AFFILIATE and reason is None and not acts and self._sentences.is_away(before, after):
            score -= 3.4
            evidence.append("- scene of places, history or daily life")
        if weak or name.sense is not None:
            left, right = text[sentence_low:start], text[end:sentence_high]
            score += self._sentences.weigh(
                name, pattern, left, right, before, after, ahead, start == low, reason is not None, claim, evidence
            )
        is_quoted = None
        if name.quoted or name.house:
            heads = start == low or before[-1:] in HEADS
            is_quoted = quoted(name.quoted, before, after, heads, acts, behind, ahead)
        party = not acts and is_quoted is not True and is_party(before, after, behind, ahead)
        return Verdict(owner, score, evidence, is_quoted, acts, party, reason is not None)
