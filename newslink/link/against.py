"""What stands beside a name → the strongest reason why it is not this company: another name, a body, a place, goods, an ordinary word."""

from __future__ import annotations

import re

from newslink.link import cues
from newslink.link.classes import FUND, PLAIN, SECTOR
from newslink.link.cue import Cue
from newslink.link.lexicon import PRE_IPO, Lexicon, Owner
from newslink.link.traits import Traits
from newslink.link.words import ends_word

_NO_PATTERN = re.compile("")
OTHER_SENSE = Cue(_NO_PATTERN, "within", 0, 5.0, "- goes on as what the name also means")
OTHER_TRADE = Cue(_NO_PATTERN, "within", 0, 5.4, "- reads as a phrase")
STRADDLED = Cue(_NO_PATTERN, "within", 0, 5.4, "- begins inside another word")
RUNS_ON = Cue(_NO_PATTERN, "within", 0, 5.0, "- goes on into another word")
NAMESAKE = Cue(_NO_PATTERN, "within", 0, 2.2, "- a namesake of another region")
_OWN_LEGAL = ("股份有限公司", "有限公司", "公司")
_JOINTS = ("、", "和", "及", ",")
# What the same words cost a name that means nothing else: a sister with its own legal name is still the company, mostly.
PLAIN_LOSS = {"- legal name of another company": 2.5, "- 行业或普通词": 0.8, "- 关联方或基金": 2.8}


def against(lexicon: Lexicon, name: Traits, owner: Owner, before: str, after: str, behind: int, ahead: int, day: int) -> Cue | None:
    """The first reason found, None without any. before, after: the text on both sides; behind, ahead: masks of what may be found there."""
    behind &= name.behind
    ahead &= name.ahead
    sense = name.sense
    if sense is not None and sense.beside and sense.goes_on(before, after):
        return OTHER_SENSE
    if name.trade_words and after.startswith(name.trade_words):
        return OTHER_TRADE
    if not behind and not ahead:
        return None
    klass, surface = name.klass, name.surface
    names = lexicon.full_names.get(owner.entity, ())
    if behind:
        if behind & cues.BODY_AFTER.bit and cues.BODY_AFTER.match(after):
            return cues.BODY_AFTER
        if name.verb and behind & cues.OBJECT_AFTER.bit and cues.OBJECT_AFTER.match(after):
            return cues.OBJECT_AFTER
        if name.trade is not None and behind & name.trade.bit and name.trade.match(after):
            return name.trade
        found = cues.against_after(after, behind)
        if found and not (name.quoted and cues.OWN_DESK.match(after)):
            longer = surface + found[1][0]
            # Where the company's own legal name goes on like this, it is still the company.
            return None if any(longer in full for full in names) else found[0]
        legal = cues.OTHER_LEGAL.match(after) if behind & cues.OTHER_LEGAL.bit else None
        if legal and legal[1] and not after.startswith(_OWN_LEGAL):
            longer = surface + legal[1]
            if not any(longer in full for full in names) and not cues.BETWEEN.search(legal[1]):
                return cues.OTHER_LEGAL
    if ahead & cues.FOREIGN_BEFORE.bit and not owner.entity.endswith(".US") and cues.FOREIGN_BEFORE.search(before):
        return cues.FOREIGN_BEFORE
    if ahead & cues.VENUE_BEFORE.bit and cues.VENUE_BEFORE.search(before):
        return cues.VENUE_BEFORE
    if klass is SECTOR or name.country:
        going_on = cues.SECTOR_AFTER if klass is SECTOR else cues.CHINA_AFTER
        goes_on = behind & going_on.bit and going_on.match(after) or ahead & cues.COUNTED_BEFORE.bit and cues.COUNTED_BEFORE.search(before)
        if goes_on and (klass is SECTOR or not cues.company_after(after, -1)):
            return going_on
    if klass is not PLAIN and (
        ahead & cues.PRAISED_BEFORE.bit
        and cues.PRAISED_BEFORE.search(before)
        or behind & cues.TOPIC_AFTER.bit
        and cues.TOPIC_AFTER.match(after)
    ):
        return cues.SECTOR_AFTER
    if ahead & cues.MEASURED_BEFORE.bit and cues.MEASURED_BEFORE.search(before):
        return cues.MEASURED_BEFORE
    if klass is FUND and cues.FOREIGN_FUND.search(before):
        return cues.FOREIGN_FUND
    if name.weak:
        listed = ahead & cues.GOODS_BEFORE.bit and before[-1:] in _JOINTS and cues.GOODS_BEFORE.search(before)
        if listed or behind & cues.GOODS_AFTER.bit and cues.GOODS_AFTER.match(after):
            return cues.GOODS_AFTER
        if behind & cues.GOES_PUBLIC.bit and cues.GOES_PUBLIC.match(after) and _is_listed(lexicon, owner, day):
            return cues.GOES_PUBLIC
    branch = cues.BRANCH_AFTER.match(after) if behind & cues.BRANCH_AFTER.bit else None
    if branch and not any(surface + branch[1] in full for full in names):
        return cues.BRANCH_AFTER
    if klass is not PLAIN and behind & cues.PREMISES_AFTER.bit and cues.PREMISES_AFTER.match(after):
        return cues.PREMISES_AFTER
    if ahead & cues.REGION_AND_MORE.bit and cues.REGION_AND_MORE.search(before) and not ends_word(before[-4:]):
        return STRADDLED
    region = cues.REGION_BEFORE.search(before) if ahead & cues.REGION_BEFORE.bit else None
    return NAMESAKE if region and not any(region[1] in full for full in names) else None


def _is_listed(lexicon: Lexicon, owner: Owner, day: int) -> bool:
    """Whether the company had long been on a mainland exchange: then it is another that goes public there."""
    return owner.entity.endswith((".SH", ".SZ", ".BJ")) and 0 < lexicon.listed.get(owner.entity, (0, 0))[0] < day - PRE_IPO
