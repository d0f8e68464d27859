"""What stands around a name: words that speak for the company being meant, words that speak against, words of quotation.

The patterns stand in ``data/cues.tsv`` with their weight and the evidence they give. What holds for all ports, hotels, trades, persons, book
titles stands there; what only one name means besides stands in ``data/senses.tsv``.
"""

from __future__ import annotations

import re

from newslink.link.classes import data_lines, word_list
from newslink.link.cue import Cue, FirstOf

BEFORE_WINDOW, AFTER_WINDOW = 24, 40
MOST_BITS = 63
LIFE = 1 << MOST_BITS  # the bit of the words that set a scene of places, arts or daily life


def _read() -> dict[str, tuple[Cue, ...]]:
    """Key → its cues in the order of the file. Bits of those behind and of those ahead are numbered apart."""
    pieces: dict[str, str] = {}
    found: dict[str, tuple[Cue, ...]] = {}
    taken = {"behind": 0, "ahead": 0}
    for line in data_lines("cues.tsv"):
        place, key, weight, evidence, pattern = line.split("\t")
        pattern = re.sub(r"<([a-z]+)>", lambda m: pieces[m[1]], pattern)
        if place == "piece":
            pieces[key] = pattern
            continue
        bit = 0
        if place in taken:
            bit = 1 << taken[place]
            taken[place] += 1
        found[key] = (*found.get(key, ()), Cue(re.compile(pattern), place, bit, float(weight or 0.0), evidence))
    if max(taken.values()) > MOST_BITS:
        raise ValueError(f"data/cues.tsv has more than {MOST_BITS} patterns of one place: the masks of glance.py must be widened")
    return found


_ALL = _read()
ALL_BEHIND, ALL_AHEAD = ([cue for cues in _ALL.values() for cue in cues if cue.place == place] for place in ("behind", "ahead"))


def _one(key: str) -> Cue:
    (cue,) = _ALL[key]
    return cue


COMPANY_AFTER, COMPANY_BEFORE, AGAINST_AFTER = _ALL["company_after"], _ALL["company_before"], _ALL["against_after"]
company_after, company_before, against_after = FirstOf(COMPANY_AFTER), FirstOf(COMPANY_BEFORE), FirstOf(AGAINST_AFTER)
TRADE_AFTER = {key.partition(".")[2]: _one(key) for key in _ALL if key.startswith("trade_after.")}

possessive = FirstOf(_ALL["possessive"])
LISTED_AFTER, FIRM_BEFORE = map(_one, ("listed_after", "firm_before"))
# The name goes on and becomes another name or word, or is a piece of one.
OTHER_LEGAL, BETWEEN, FOREIGN_BEFORE = map(_one, ("other_legal", "between", "foreign_before"))
SECTOR_AFTER, CHINA_AFTER, COUNTED_BEFORE = map(_one, ("sector_after", "china_after", "counted_before"))
MEASURED_BEFORE, TIME_BEFORE, TRADE_TALK, IPO_TALK = map(_one, ("measured_before", "time_before", "trade_talk", "ipo_talk"))
PRAISED_BEFORE, TOPIC_AFTER, BODY_AFTER, OBJECT_AFTER = map(_one, ("praised_before", "topic_after", "body_after", "object_after"))
PREMISES_AFTER, BRANCH_AFTER, PLACE_BEFORE, VENUE_BEFORE = map(_one, ("premises_after", "branch_after", "place_before", "venue_before"))
REGION_BEFORE, REGION_AND_MORE, FOREIGN_FUND = map(_one, ("region_before", "region_and_more", "foreign_fund"))
GOODS_BEFORE, GOODS_AFTER, GOES_PUBLIC = map(_one, ("goods_before", "goods_after", "goes_public"))
# Headlines, titles of works, scenes.
WORK_AFTER, WORK_BEFORE, LED = map(_one, ("work_after", "work_before", "led"))
HEADLINE_COMPANY, HEADLINE_FIRM, HOME_SCENE = map(_one, ("headline_company", "headline_firm", "home_scene"))
# Quotation.
SOURCE_AFTER, SOURCE_BEFORE, NAMED_ANALYST, ANALYST_NAME = map(_one, ("source_after", "source_before", "named_analyst", "analyst_name"))
CREDIT, FORECAST, HOUSE_VIEW, STRICTLY_OWN = map(_one, ("credit", "forecast", "house_view", "strictly_own"))
SPOKEN, SAID = map(_one, ("spoken", "said"))
BROKER_OWN, RATED_BEFORE, RATED_AFTER, OWN_NOTICE = map(_one, ("broker_own", "rated_before", "rated_after", "own_notice"))
HOUSES_AFTER, DESK_HEADLINE, REPORTER, OWN_DESK = map(_one, ("houses_after", "desk_headline", "reporter", "own_desk"))
PARTY_AFTER, PARTY_BEFORE = map(_one, ("party_after", "party_before"))
OWN_ACT = frozenset(("+ 公告", "+ 投资者互动", "+ 股东、股价或管理层", "+ 业绩", "+ 涨跌或停复牌"))

# What begins like something in AGAINST_AFTER: only sure names with one of these behind them need a closer look.
SUSPECT_NEXT = "市县区镇乡州岛杯奖路站街队馆村"
SUSPECT_PAIRS = frozenset(word_list("suspect_pairs"))
# What VENUE_BEFORE ends with: the same for what stands before a sure name.
SUSPECT_BEFORE = frozenset(word_list("suspect_before"))
