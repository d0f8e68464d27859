"""One name match with what stands around it → which company, how sure, and why.

Only matches that need a closer look come here: surfaces with another meaning, several owners, a suspicious neighbour. Scores are log odds.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from newslink.link import cues
from newslink.link.classes import (
    AFFILIATE,
    FOREIGN,
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
)
from newslink.link.cue import Cue
from newslink.link.dispatch import Beginning, Ending
from newslink.link.lexicon import AFTER_DELISTING, PRE_IPO, Lexicon, Owner
from newslink.link.scenes import scenes
from newslink.link.senses import senses
from newslink.link.words import ends_word

WEAK = frozenset((WORD, SECTOR, PLACE, PERSON, SHORTENED, PHRASE, FUND))
_FREE_BEFORE = frozenset("的和与及或对由被在向从是据将给让使把跟同比即按因为如像了着过到于")
_LED = re.compile(r"(?:\A|\n|[。!?】])[^。,;!?:]{2,14}\Z")  # what leads up to a name that heads a line
_SENTENCE = re.compile(r"[。!?;\n]")
# What stands between a company and the legal name of another: not one name that goes on.
_BETWEEN = re.compile(
    r"股东|旗下|子公司|全资|控股子|下属|[与和及拟对向的在将为由获被等]|收购|参股|投资设立|公告|持有|联合|董事|客户|供应商|间接|直接|出资|关联|受让|签|中标|起诉|转让|认购|设立|成立|发行|出售|合作|竞得|购买|采购|委托|起|承"
)
_CLOSED = frozenset("。,;!?的”\"'》」)】产行概领技板厂系设类用企赛市")
_OPENING = frozenset("【《:\n”0123456789)股司有龙、和及与有购仓")
_SHUT = frozenset(("", "。", ";", "!", "?", "\n", "》", "】", "」", "”", "的"))  # nothing a company does begins so
_HEADS = ("【", "《", "\n")  # behind these, and at the beginning, a headline stands
_NEAR = 60
_JOINTS = ("、", "和", "及", ",")
_AWAY = (0.0, 1.4, 3.0, 3.6, 4.2)  # what a scene of another kind costs, by the words that set it
_SEEN_GRACE = 2000
_SEEN_SOON = 150
_VERBS = ("建设", "发展", "投资", "服务", "规划")
_REGIONAL = frozenset((AFFILIATE, PHRASE, PERSON, SHORTENED))
_FORMER_GRACE = 3 * 365
_MOST_OWNED = 200_000


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


def _ends(ending: Ending, before: str) -> bool:
    return before[-1:] in ending.last and ending.search(before) is not None


def _begins(beginning: Beginning, after: str) -> bool:
    return after[:1] in beginning.first and beginning.match(after) is not None


def probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


def owner_on(lexicon: Lexicon, owners: tuple[Owner, ...], day: int, evidence: list[str]) -> tuple[Owner, float]:
    """The owner whose name it was on the day, and what the date does to the score."""
    valid = [o for o in owners if o.first <= day <= o.last]
    if valid:
        stated = [o for o in valid if o.stated]
        valid = stated or valid
        entities = {o.entity for o in valid}
        if len(entities) > 1:
            # One name, two companies at a time: the listing at home first; a mainland list and a Hong Kong list are told apart later.
            best = min(valid, key=lambda o: (o.security.endswith(".US"), o.security.endswith(".HK"), -o.first, o.security))
            evidence.append("- another company has this name too")
            return best, -0.4
        if any(o.last < day for o in owners):
            evidence.append("+ name of that day")
        return min(valid, key=_home), 0.0
    past = [o for o in owners if o.last < day]
    if past:
        best = max(past, key=lambda o: o.last)
        age = day - best.last
        died = lexicon.listed.get(best.entity, (0, 0))[1]
        if died < day - AFTER_DELISTING:
            evidence.append("- no longer listed on that day")
            return best, -4.5
        if any(o.first > day for o in owners):
            evidence.append("- not its name on that day")
            return best, -2.5
        evidence.append("- former name")
        return best, -0.7 if age <= _FORMER_GRACE else -3.2 if age <= 2 * _FORMER_GRACE else -4.4
    best = min(owners, key=lambda o: o.first)
    evidence.append("- not yet its name on that day")
    born = lexicon.listed.get(best.entity, (0, 0))[0] - PRE_IPO
    near = {o.entity for o in owners if o.first - day <= _SEEN_GRACE / 2 + (best.first - day)}
    if best.seen and best.first - day <= _SEEN_GRACE and born <= day and len(near) == 1:
        # The name was first seen later; when it began nobody wrote down.
        return best, -1.0 if best.first - day <= _SEEN_SOON else -2.3
    return best, -6.5


def _home(owner: Owner) -> tuple:
    return (owner.security.endswith(".US"), owner.security.endswith(".HK"), owner.security != owner.entity, owner.security)


class Judge:
    """Reads the surroundings of matches in one haystack."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._owned: dict[tuple[int, int], tuple[Owner, float, tuple[str, ...]]] = {}
        self._opening = {k: "- " + words if k in WEAK else "+ name" for k, words in WORDS.items()}
        self._scenes = scenes()
        known = senses()
        self._senses = {i: known[s] for i, s in enumerate(lexicon.patterns[: len(lexicon.owners)]) if s in known}
        self.asked = [i for i, sense in self._senses.items() if sense.other or sense.beside]  # names always looked at closely

    def owner_on(self, pattern: int, day: int) -> tuple[Owner, float, tuple[str, ...]]:
        """The owner whose name the pattern was on the day, what the date does to the score, and why. Remembered."""
        known = self._owned.get((pattern, day))
        if known is None:
            if len(self._owned) > _MOST_OWNED:
                self._owned.clear()
            why: list[str] = []
            known = self._owned[pattern, day] = (*owner_on(self._lexicon, self._lexicon.owners[pattern], day, why), tuple(why))
        return known

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
        field_start: int,
        field_end: int,
        company_left: bool,
        company_right: bool,
        begins: bool = False,
        runs: bool = False,
    ) -> Verdict:
        """Judge text[start:end]; field_start, field_end bound the text it may look at.

        company_left/right: a listed name beside it in a list.

        begins, runs: the border of the name cuts through a common word.
        """
        lexicon = self._lexicon
        owner, score, why = self.owner_on(pattern, day)
        klass = lexicon.classes[pattern]
        score += lexicon.priors[pattern]
        if owner.stated:
            if not owner.first <= day <= owner.last:
                return Verdict(owner, -4.0, ["- not on the days for which a person said what this word means"])
            return Verdict(owner, score, ["+ a person said what this word means"])
        evidence = [*why, self._opening[klass]]
        before = text[max(field_start, start - cues.BEFORE_WINDOW) : start]
        after = text[end : min(field_end, end + cues.AFTER_WINDOW)]
        weak = klass in WEAK
        acts = False
        claim = 0.0
        against = self._against(owner, text[start:end], before, after, klass, pattern, day)
        if (begins or runs) and (against is None or against.words == "- 行业或普通词"):
            said = cues.company_after(after)
            own = said[0].weight if said else 0.0
            begins = begins and not (company_left and company_right) and not _ends(cues.firm_before, before)
            if begins or runs and own < 3.0:
                against = _STRADDLED if begins else _RUNS_ON
        elif begins and not _ends(cues.firm_before, before) and against.words in _PLAIN_LOSS and klass is PLAIN:
            against = _STRADDLED
        if against is not None:
            plain = klass is PLAIN or klass is FOREIGN
            score -= against.weight if not plain else _PLAIN_LOSS.get(against.words, against.weight)
            if against is _NAMESAKE and klass is not AFFILIATE:
                score -= 1.2
            evidence.append(against.words)
        elif (weak or pattern in lexicon.quoted) and after[:1] not in _SHUT:
            said = cues.company_after(after)
            if said:
                cue = said[0]
                if not cue.weight and weak and cues.LISTED_AFTER.pattern.match(after):
                    cue = cues.LISTED_AFTER
                if cue.weight:
                    claim = cue.weight
                    score += cue.weight if weak else cue.weight * 0.3
                    acts = cue.words in cues.OWN_ACT
                    evidence.append(cue.words)
        if (
            before[-1:] == "《"
            and against is None
            and not claim
            and pattern not in lexicon.quoted
            and (work := cues.WORK_AFTER.match(after))
        ):
            if not weak or work[0] == "》":
                score -= 5.0 if cues.WORK_BEFORE.search(before) or not weak else 3.0
            evidence.append("- the title of a work")
        score += self._beside(weak, klass, before, after, company_left, company_right, evidence)
        if klass is AFFILIATE and against is None and not acts and (around := self._scenes(before + after)).life and not around.market:
            score -= 3.4
            evidence.append("- scene of places, history or daily life")
        if weak or pattern in self._senses:
            score += self._scene(
                klass, weak, pattern, text, start, end, field_start, field_end, before, after, against is not None, claim, evidence
            )
        quoted = None
        kind = lexicon.quoted.get(pattern)
        if kind or text[end - 2 : end] in ("证券", "期货"):
            quoted = self._quoted(kind, before, after, start == field_start or before[-1:] in _HEADS, acts)
        party = not acts and (_begins(cues.party_after, after) or _ends(cues.party_before, before))
        return Verdict(owner, score, evidence, quoted, acts, party and quoted is not True, against is not None)

    def _against(self, owner: Owner, surface: str, before: str, after: str, klass: SurfaceClass, pattern: int, day: int) -> Cue | None:
        if cues.BODY_AFTER.match(after):
            return _BODY
        if surface.endswith(_VERBS) and cues.OBJECT_AFTER.match(after):
            return _PHRASE
        trade = cues.TRADE_AFTER.get(surface[-2:]) or cues.TRADE_AFTER.get(surface[-1:])
        if trade is not None and trade.match(after):
            return _PHRASE
        names = self._lexicon.full_names.get(owner.entity, ())
        quoted = pattern in self._lexicon.quoted
        against = cues.against_after(after)
        if against and not (quoted and cues.OWN_DESK.match(after)):
            longer = surface + against[1][0]
            # Where the company's own legal name goes on like this, it is still the company.
            return None if any(longer in name for name in names) else against[0]
        legal = cues.OTHER_LEGAL.match(after)
        if legal and not after.startswith(("股份有限公司", "有限公司", "公司")):
            longer = surface + legal[1]
            if legal[1] and not any(longer in name for name in names) and not _BETWEEN.search(legal[1]):
                return _OTHER_LEGAL
        if not owner.entity.endswith(".US") and _ends(cues.foreign_before, before):
            return _FOREIGN
        sector = klass is SECTOR or surface.startswith("中国") and not cues.company_after(after)
        if sector and ((cues.SECTOR_AFTER if klass is SECTOR else cues.CHINA_AFTER).match(after) or _ends(cues.counted_before, before)):
            return _SECTOR if klass is SECTOR else _CHINA
        if klass is not PLAIN and (_ends(cues.praised_before, before) or cues.TOPIC_AFTER.match(after)):
            return _SECTOR
        sense = self._senses.get(pattern)
        if sense is not None and sense.beside and sense.goes_on(before, after):
            return _OTHER_SENSE
        if klass is FUND and cues.FOREIGN_FUND.search(before):
            return _OTHER_FUND
        if klass in WEAK:
            if before[-1:] in _JOINTS and cues.GOODS_BEFORE.search(before) or cues.GOODS_AFTER.match(after):
                return _GOODS
            if cues.GOES_PUBLIC.match(after) and self._is_listed(owner, day):
                return _GOES_PUBLIC
        branch = cues.branch_after.word in after and cues.branch_after.match(after)
        if branch and not any(surface + branch[1] in name for name in names):
            return _BRANCH
        if klass is not PLAIN and cues.PREMISES_AFTER.match(after):
            return _PREMISES
        if klass not in _REGIONAL:
            return None
        if cues.REGION_AND_MORE.search(before) and not ends_word(before[-4:]):
            return _STRADDLED
        region = before[-1:] in cues.region_before.last and cues.region_before.search(before)
        if region and not any(region[1] in name for name in names):
            return _NAMESAKE
        return None

    def _is_listed(self, owner: Owner, day: int) -> bool:
        """Whether the company had long been on a mainland exchange: then it is another that goes public there."""
        return owner.entity.endswith((".SH", ".SZ", ".BJ")) and 0 < self._lexicon.listed.get(owner.entity, (0, 0))[0] < day - PRE_IPO

    def _beside(self, weak: bool, klass: SurfaceClass, before: str, after: str, left: bool, right: bool, evidence: list[str]) -> float:
        score = 0.0
        if left or right:
            score += (3.2 if left and right else 2.6) if weak else 0.5
            evidence.append("+ in a list of companies")
        cue = cues.company_before(before)
        if cue is not None:
            score += cue.weight * (0.6 if klass is WORD and cue.weight < 2.0 else 1.0) if weak else 0.2
            evidence.append(cue.words)
        return score

    def _scene(self, klass, weak, pattern, text, start, end, field_start, field_end, before, after, opposed, claim, evidence) -> float:
        score = 0.0
        low, high = max(field_start, start - _NEAR), min(field_end, end + _NEAR)
        left = text[low:start]
        cut = max(map(left.rfind, "。\n;!?")) + 1
        right = text[end:high]
        stop = _SENTENCE.search(right)
        scene = left[cut:] + " " + (right[: stop.start()] if stop else right)
        titled = before[-1:] == "《" and after[:1] == "》"
        opposed = opposed or titled
        firm = cues.HEADLINE_FIRM if klass is WORD else cues.HEADLINE_COMPANY
        heads = not opposed and (start == field_start or before[-1:] in ("【", "《"))
        if not opposed and after[:1] in (":", ",") and (heads or before.endswith("公司") and after[:1] == ":" or _LED.search(before)):
            company_like = firm.search(after[1:])
            if heads or after[:1] == ":" and company_like:
                claim = max(claim, 3.0 if company_like else 0.0)
                score += 3.6 if company_like else 2.1 if klass is WORD else 1.2
                evidence.append("+ headline of a company")
            elif company_like:
                score += 1.4
                evidence.append("+ a company's doings behind it")
        elif heads and firm.search(after):
            score += 1.4
            evidence.append("+ begins the sentence of a company")
        sense = self._senses.get(pattern)
        if sense is not None:
            said = sense.weigh(scene, claim >= 3.0, evidence)
            score += said * 1.6 if said < 0.0 and not weak and not claim else said
        if not weak:
            return score
        owner = self._lexicon.owners[pattern][0]
        abroad = klass is not SECTOR and not claim and cues.US_SCENE.search(scene) and not cues.HOME_SCENE.search(scene)
        if abroad and not any(s.endswith(".US") for s in self._lexicon.universe.listings_of(owner.entity)):
            score -= 2.4
            evidence.append("- a scene of the US market, where the company is not listed")
        if klass is FUND and before[-1:].isalnum() and not _ends(cues.firm_before, before):
            score -= 3.4
            evidence.append("- the name goes on before it")
        if klass is PLACE and claim < 3.0 and _ends(cues.place_before, before):
            score -= 2.4
            evidence.append("- where one goes or stays")
        of = self._scenes(scene)
        business = of.market or of.trade
        if of.market:
            score += (0.0, 0.5, 1.3, 2.0)[0 if opposed else min(of.market, 3)] if klass is WORD else 1.0
            evidence.append("+ business scene")
        elif of.trade:
            score += 0.2 if klass is WORD else 0.3 if klass is SECTOR else 0.6
            evidence.append("+ business scene")
        away = 2 * of.life + of.mild
        if away:
            loss = _AWAY[min(away, 4)]
            score -= 0.55 * loss if business else loss
            evidence.append("- scene of places, arts or daily life")
        inside = (
            "一" <= before[-1:] <= "鿿"
            and before[-1] not in _FREE_BEFORE
            and not text[start].isascii()
            and not _ends(cues.firm_before, before)
        )
        region = inside and before[-1] in cues.region_before.last and cues.region_before.search(before)
        names = self._lexicon.full_names.get(owner.entity, ()) if inside else ()
        if inside and not (region and klass is PLACE) and any(before[-2:] + text[start:end] in name for name in names):
            score += 2.6
            evidence.append("+ its legal name")
        elif region and any(region[1] in name for name in names):
            score += 0.8
            evidence.append("+ its region before it")
        elif inside:
            if klass is WORD or klass is SHORTENED or klass is PHRASE:
                score -= 1.6 if klass is WORD else 1.0
                evidence.append("- inside a longer phrase")
            if not ends_word(before[-4:]):
                score -= 1.6
                evidence.append("- letters before it make no word")
        return score

    def quotation(self, kind: str, text: str, start: int, end: int, low: int, high: int) -> bool | None:
        """Whether text[start:end] is quoted (True), acts itself (False), or neither is said (None)."""
        before = text[max(low, start - cues.BEFORE_WINDOW) : start]
        after = text[end : min(high, end + cues.AFTER_WINDOW)]
        if _ends(cues.foreign_before, before):
            return False
        said = cues.company_after(after)
        acts = said is not None and said[0].words in cues.OWN_ACT
        if not acts and (_begins(cues.party_after, after) or _ends(cues.party_before, before)):
            return False
        return self._quoted(kind, before, after, start == low or before[-1:] in _HEADS, acts)

    def _quoted(self, kind: str | None, before: str, after: str, heads: bool, acts: bool) -> bool | None:
        if after.startswith(":") and heads:
            if kind == "broker" and cues.HOUSE_VIEW.search(after[1:]) and not cues.STRICTLY_OWN.search(after[1:]):
                return True
            return not cues.BROKER_OWN.search(after[1:])
        if kind == "vendor" and after[:1] == "》":
            after = after[1:]  # a paper's name in its marks: 《纽约时报》
        if after.startswith("披露的") or kind == "broker" and cues.OWN_NOTICE.match(after):
            return False
        if cues.RATED_AFTER.match(after) and cues.RATED_BEFORE.search(before):
            return None
        if kind == "broker" and (cues.FORECAST.match(after) or cues.HOUSES_AFTER.match(after)):
            return True
        if acts:
            return False
        if _ends(cues.source_before, before) or (before.endswith("(") and after.startswith(")") and kind == "vendor"):
            return True
        if kind == "vendor" and after[:1] in ")、,。" and cues.CREDIT.search(before):
            return True
        if cues.SOURCE_AFTER.match(after) or cues.NAMED_ANALYST.match(after):
            return True
        if (
            kind == "broker"
            and (cues.ANALYST_NAME.match(after) or heads and cues.DESK_HEADLINE.match(after))
            and not cues.BROKER_OWN.search(after)
        ):
            return True
        if kind == "vendor" and cues.REPORTER.match(after):
            return True
        return None


# What the same words cost a name that means nothing else: a sister with its own legal name is still the company, mostly.
_PLAIN_LOSS = {"- legal name of another company": 2.5, "- 行业或普通词": 0.8, "- 关联方或基金": 2.8}
_OTHER_LEGAL = Cue(re.compile(""), 4.4, "- legal name of another company")
_FOREIGN = Cue(re.compile(""), 5.2, "- a foreign namesake")
_OTHER_SENSE = Cue(re.compile(""), 5.0, "- goes on as what the name also means")
_BODY = Cue(re.compile(""), 6.0, "- a body of the trade")
_CHINA = Cue(re.compile(""), 5.4, "- a sector, a body or things of the country")
_PHRASE = Cue(re.compile(""), 5.4, "- reads as a phrase")
_PREMISES = Cue(re.compile(""), 4.0, "- a house, school or shop of this name")
_OTHER_FUND = Cue(re.compile(""), 5.0, "- a fund of a foreign house")
_GOODS = Cue(re.compile(""), 5.0, "- goods beside it")
_GOES_PUBLIC = Cue(re.compile(""), 5.0, "- goes public, and this company is listed already")
_STRADDLED = Cue(re.compile(""), 5.4, "- begins inside another word")
_RUNS_ON = Cue(re.compile(""), 5.0, "- goes on into another word")
_NAMESAKE = Cue(re.compile(""), 2.2, "- a namesake of another region")
_BRANCH = Cue(re.compile(""), 4.6, "- a company of another trade with this name in front")
_SECTOR = Cue(re.compile(""), 3.4, "- a sector, a body or things of the country")
