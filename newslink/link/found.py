"""Mentions on their way to becoming links: settled ones as plain tuples, judged ones with their score."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from newslink.link.context import Ground
from newslink.link.find import CUT_SHORT, Code
from newslink.link.lexicon import PRE_IPO
from newslink.link.quick import Sure
from newslink.link.text import Haystack
from newslink.link.universe import Universe

__all__ = ["ELSEWHERE", "Batch", "Found", "Sure"]


ELSEWHERE = "+ named for sure elsewhere in the article"


@lru_cache(maxsize=1024)
def log_odds(confidence: float) -> float:
    """confidence: rounded to four digits, so that 1 stands for whatever is close to it."""
    confidence = min(confidence, 0.99995)
    return math.log(confidence / (1.0 - confidence))


@dataclass(slots=True)
class Found:
    """One mention on its way: field 0 title, 1 body, 2 markup; start, end in that field's original text; score in log odds.

    listing_said: the words or markup say which listing is meant.
    weak: the surface needs evidence, so other mentions of the company may help it.
    """

    entity: str
    security: str
    field: int
    start: int
    end: int
    score: float
    rule: str
    evidence: tuple[str, ...] | list[str]
    quoted: bool | None = None
    acts: bool = False
    listing_said: int = 0
    weak: bool = False
    opposed: bool = False
    party: bool = False

    @classmethod
    def of_code(cls, universe: Universe, code: Code, field: int, start: int, end: int, day: int) -> Found:
        score, evidence = (5.0, ["+ code"]) if code.sure else (1.6 if code.rule == "ticker_in_brackets" else 1.0, ["+ ticker"])
        if code.rule == CUT_SHORT:
            score, evidence = 4.0, ["+ name cut short behind a dividend mark"]
        known = universe.security(code.security)
        if known is not None and known.listed and known.listed.toordinal() - PRE_IPO > day:
            score, evidence = -3.0, [*evidence, "- not listed on that day"]
        security = code.security
        entity = universe.entity_of(security)
        return cls(entity, security, field, start, end, score, code.rule, evidence, listing_said=2 if code.sure else 1)

    @classmethod
    def of(cls, one: Found | Sure) -> Found:
        """The mention itself, or a settled one with the log odds of its confidence."""
        if type(one) is cls:
            return one
        return cls._of_sure(one)

    @classmethod
    def _of_sure(cls, sure: Sure) -> Found:
        entity, security, field, start, end, confidence, rule, evidence, quoted, said = sure
        return cls(
            entity,
            security,
            field,
            start,
            end,
            log_odds(confidence),
            rule,
            evidence,
            quoted or None,
            False,
            (2 if rule != "name" else 1) if said else 0,
        )


class Batch(NamedTuple):
    """A haystack of articles, and what is found in it so far: mentions by article, codes by their start, articles in which something is in doubt.

    days: by article. coded: articles with codes. ground: the same text as surroundings are weighed in.
    """

    hay: Haystack
    found: list[list[Found | Sure]]
    codes: dict[int, Code]
    days: list[int]
    doubtful: set[int]
    coded: Collection[int]
    ground: Ground
