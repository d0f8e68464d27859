"""A broker, bank or medium beside other names → whether it is quoted, acts itself, or only takes part for others."""

from __future__ import annotations

from collections.abc import Collection

from newslink.link import cues
from newslink.link.cue import bits_of
from newslink.link.match import Match

_NOTICE = 8  # characters within which a notice of its own is named
_ENDS = ("", "。", "\n")
HEADS = ("【", "《", "\n", "。", "?", "!", ";")  # behind these, and at the beginning, a headline stands
PARTY_AFTER, PARTY_BEFORE, _FOREIGN = cues.PARTY_AFTER.bit, cues.PARTY_BEFORE.bit, cues.FOREIGN_BEFORE.bit
_SAID_BEHIND = cues.SOURCE_AFTER.bit | cues.NAMED_ANALYST.bit
_BROKER_BEHIND = bits_of(cues.OWN_NOTICE, cues.FORECAST, cues.HOUSES_AFTER)
_DESK_BEHIND = bits_of(cues.ANALYST_NAME, cues.DESK_HEADLINE)


def is_party(before: str, after: str, behind: int, ahead: int) -> bool:
    """Whether the name takes part for others: as sponsor, adviser, pledgee. behind, ahead: masks of what may be found there."""
    return bool((behind & PARTY_AFTER and cues.PARTY_AFTER.match(after)) or (ahead & PARTY_BEFORE and cues.PARTY_BEFORE.search(before)))


def quotation(kind: str, text: str, match: Match, own: Collection[str]) -> bool | None:
    """Whether the plain name at match is quoted (True), acts itself (False), or neither is said (None). kind: broker or vendor; own: as in ``quoted``."""
    start, end, behind, ahead = match.start, match.end, match.behind, match.ahead
    before = text[max(match.low, start - cues.BEFORE_WINDOW) : start]
    after = text[end : min(match.high, end + cues.AFTER_WINDOW)]
    if ahead & _FOREIGN and cues.FOREIGN_BEFORE.search(before):
        return False
    said = cues.company_after(after, behind)
    acts = said is not None and said[0].words in cues.OWN_ACT
    if not acts and is_party(before, after, behind, ahead):
        return False
    return quoted(kind, before, after, start == match.low or before[-1:] in HEADS, acts, behind, ahead, own)


def quoted(
    kind: str | None, before: str, after: str, heads: bool, acts: bool, behind: int, ahead: int, own: Collection[str] = ()
) -> bool | None:
    """As ``quotation``. kind: broker, vendor or None. heads: the name begins a headline. acts: what stands behind it only a company does.

    own: words that speak of the company's own affairs (上海钢联：钢银电商 …).
    """
    head = after[:1]
    if heads and head == ":":
        if any(word in after for word in own):
            return False
        if kind == "broker" and cues.HOUSE_VIEW.search(after[1:]) and not cues.STRICTLY_OWN.search(after[1:]):
            return True
        return not cues.BROKER_OWN.search(after[1:])
    broker, vendor = kind == "broker", kind == "vendor"
    if vendor and head == "》":
        after = after[1:]  # a paper's name in its marks: 《纽约时报》
        behind = -1  # which the mask was not made for
    if head == "披" and after.startswith("披露的") or broker and behind & cues.OWN_NOTICE.bit and cues.OWN_NOTICE.match(after):
        return False
    if (
        behind & cues.RATED_AFTER.bit
        and ahead & cues.RATED_BEFORE.bit
        and cues.RATED_AFTER.match(after)
        and cues.RATED_BEFORE.search(before)
    ):
        return None
    if broker and behind & _BROKER_BEHIND and (cues.FORECAST.match(after) or cues.HOUSES_AFTER.match(after)):
        return True
    said_before = ahead & cues.SOURCE_BEFORE.bit and cues.SOURCE_BEFORE.search(before)
    if acts and not (said_before and "公告" not in after[:_NOTICE]):
        return False
    if said_before:
        return True
    bracketed = before[-1:] == "(" and head == ")"
    if bracketed and (vendor or cues.SPOKEN.pattern.match(after, 1) or after[1:2] in _ENDS and cues.SAID.search(before)):
        return True
    if vendor and ahead & cues.CREDIT.bit and after[:1] in ")、,。" and cues.CREDIT.search(before):
        return True
    if behind & _SAID_BEHIND and (cues.SOURCE_AFTER.match(after) or cues.NAMED_ANALYST.match(after)):
        return True
    if (
        broker
        and behind & _DESK_BEHIND
        and (cues.ANALYST_NAME.match(after) or heads and cues.DESK_HEADLINE.match(after))
        and not cues.BROKER_OWN.search(after)
    ):
        return True
    if vendor and behind & cues.REPORTER.bit and cues.REPORTER.match(after):
        return True
    return None
