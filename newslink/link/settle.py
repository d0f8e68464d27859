"""Names in a haystack → mentions: at once where nothing is open about them, one by one where something is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import repeat

import numpy as np

from newslink.link import cues
from newslink.link.classes import SurfaceClass
from newslink.link.context import Context, prepared, stops_of
from newslink.link.find import Code
from newslink.link.found import Batch, Found, Sure
from newslink.link.glance import Glance
from newslink.link.judge import ODD, Judge, probability
from newslink.link.lexicon import LAST, Lexicon
from newslink.link.listing import BEFORE_CODE, INFERRED, Listings
from newslink.link.market import choose
from newslink.link.match import Match
from newslink.link.names import Look, Looker, Names
from newslink.link.quotation import quotation
from newslink.link.repeated import EVIDENCE as REPEATED_EVIDENCE
from newslink.link.repeated import FIRST_ONES, SURE, SURE_OF_WEAK, Meant, Repeated, groups_of_names
from newslink.link.scenes import words_of
from newslink.link.sentence import NEAR
from newslink.link.text import DIGIT, UPPER, Haystack

MOST_JUDGED = 400  # matches of one surface in one article that are judged; the rest of a flood is counted by these
CODE_SURE = 0.9933
NAME_EVIDENCE, NAME_CODE_EVIDENCE = ("+ name",), ("+ name", "+ its code behind it")
_WORTHLESS = -1.8  # not even a candidate
_MOST_KNOWN = 200_000
_OPENS_BRACKET, _FULL_STOP = ord("("), ord(".")


class Settler:
    """Makes mentions of the names of one lexicon."""

    def __init__(self, lexicon: Lexicon, listings: Listings, context: Context) -> None:
        self._lexicon = lexicon
        self._universe = lexicon.universe
        self._listings = listings
        self._context = context
        self._judge = Judge(lexicon)
        self._looker = Looker(lexicon, self._judge.asked)
        life = {cues.LIFE: words_of("life")}
        self._behind = Glance(cues.ALL_BEHIND, cues.AFTER_WINDOW, topics=life)
        self._ahead = Glance(cues.ALL_AHEAD, cues.BEFORE_WINDOW, backwards=True, topics=life)
        self._entity = [owners[0].entity for owners in lexicon.owners]
        self._entity_of = np.array(self._entity, object)
        self._default_of = np.array([choose(lexicon, owners, owners[0], LAST, None) for owners in lexicon.owners], object)
        self._confidence = np.array([round(probability(s), 4) for s in lexicon.prior.tolist()])
        self._shared = lexicon.klass == SurfaceClass.AFFILIATE  # whose surroundings are asked for daily life (see judge)
        self._words = (lexicon.klass == SurfaceClass.WORD).tolist()
        self._repeated = Repeated(lexicon, listings, self._judge, self._behind, self._ahead)
        self._known: dict[tuple[int, int], tuple] = {}

    def settle(
        self, hay: Haystack, names: Names, found: list[list[Found | Sure]], codes: dict[int, Code], days: list[int], doubtful: set[int]
    ) -> None:
        """Put the mentions to those found by article; articles in which something is in doubt are noted. codes: by their start."""
        look = self._looker.look(hay, names)
        coded = {i for i, mine in enumerate(found) if mine} if codes else _NONE
        batch = Batch(hay, found, codes, days, doubtful, coded, prepared(hay.units))
        group, before = groups_of_names(names)
        repeated = np.zeros(len(group), bool)
        repeated[group[before > 0]] = True  # by group
        if not repeated.any():
            self._weigh(batch, names, look)
            return
        meant: dict[int, Meant | None] = {}
        sure, left = np.zeros(len(group), bool), np.ones(len(group), bool)
        for nth in range(FIRST_ONES):  # until one of them is sure
            (these,) = (left & (before == nth) & ~sure[group]).nonzero()
            if not len(these):
                break
            watched = group[these]
            meant |= self._weigh(batch, names.take(these), look.take(these), np.where(repeated[watched], watched, -1))
            sure[list(meant)] = True
            left[these] = False
        (rest,) = left.nonzero()
        if len(rest):
            names, look = names.take(rest), look.take(rest)
            (open_,) = (~self._repeated.settle(batch, names, look, group[rest], meant)).nonzero()
            if len(open_):
                self._weigh(batch, names.take(open_), look.take(open_))

    def _weigh(self, batch: Batch, names: Names, look: Look, group: np.ndarray | None = None) -> dict[int, Meant | None]:
        """Settle each of the names by what stands around it. group: the number of each, -1 where nothing asks for it.

        Gives what those groups surely mean; None for one that takes part for others, since whether it acts as well is seen from all its mentions.
        """
        hay, found, codes, days, doubtful = batch.hay, batch.found, batch.codes, batch.days, batch.doubtful
        lexicon, pattern, place = self._lexicon, names.pattern, names.place
        meant: dict[int, Meant | None] = {}
        context = self._context.scores(batch.ground, names.start, names.end)
        calm = look.calm & (context > ODD)
        sure = calm & lexicon.plain.take(pattern) & ~(lexicon.several[pattern] & names.foreign[place >> 1])
        plain = sure.copy()
        if codes:  # a bracket behind a name may hold its code
            (bracketed,) = (sure & (look.following == _OPENS_BRACKET)).nonzero()
            sure[[i for i, e in zip(bracketed.tolist(), names.end[bracketed].tolist(), strict=True) if e + 1 in codes]] = False
        self._take(found, pattern[sure], place[sure], look.first[sure], look.last[sure])
        if group is not None:
            (several,) = (plain & (group >= 0)).nonzero()
            for number, one in zip(group[several].tolist(), pattern[several].tolist(), strict=True):
                meant[number] = (self._entity[one], self._default_of[one], float(self._confidence[one]), "name", NAME_EVIDENCE)
        (rest,) = (~sure).nonzero()
        if not len(rest):
            return meant
        abroad = set(names.foreign.nonzero()[0].tolist())
        entity, words, judge, listings = self._entity, self._words, self._judge, self._listings
        open_ = listings.open
        judged: dict[tuple[int, int], int] = {}
        watched = repeat(-1) if group is None else group[rest].tolist()
        for match, number in zip(self._matches(batch, names, look, calm, context, plain, rest), watched, strict=False):
            article, surface = match.place >> 1, match.pattern
            code = codes.get(match.end + 1) if match.following == _OPENS_BRACKET else None
            if code is not None and match.plain and code.sure and self._universe.entity_of(code.security) == entity[surface]:
                where = (match.place & 1, match.first, match.last)
                found[article].append((entity[surface], code.security, *where, CODE_SURE, "name_code", NAME_CODE_EVIDENCE, False, True))
                continue
            count = judged.get((article, surface), 0)
            if count >= MOST_JUDGED:
                continue
            judged[article, surface] = count + 1
            day, foreign = days[article], article in abroad
            if match.calm and code is None:
                one = self._calm(hay.text, match, day, foreign)
                if one is not None:
                    found[article].append(one)
                    if number >= 0:
                        meant[number] = (one[0], one[1], *one[5:8])
                    continue
            if words[surface] and not match.left and not match.right and judge.is_hopeless(hay.text, match):
                continue
            mention = judge.mention(hay.text, match, day)
            if mention.score < _WORTHLESS and article not in batch.coded:
                continue
            if open_[surface] or match.numbered or match.crossed or match.following in BEFORE_CODE:
                listings.place(hay, match, mention, judge.owners[surface, day][0], day, codes, foreign)
            found[article].append(mention)
            doubtful.add(article)
            if number < 0 or number in meant:
                continue
            if mention.party:
                meant[number] = None
            elif not mention.opposed and mention.score > (SURE_OF_WEAK if mention.weak else SURE):
                meant[number] = (mention.entity, mention.security, round(probability(mention.score), 4), mention.rule, REPEATED_EVIDENCE)
        return meant

    def _take(self, found: list[list[Found | Sure]], pattern: np.ndarray, place: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
        """Names about which nothing is open, as settled mentions."""
        rows = zip(
            self._entity_of.take(pattern).tolist(),
            self._default_of.take(pattern).tolist(),
            (place & 1).tolist(),
            first.tolist(),
            last.tolist(),
            self._confidence.take(pattern).tolist(),
            repeat("name"),
            repeat(NAME_EVIDENCE),
            repeat(False),
            repeat(False),
            strict=False,  # repeat has no end
        )
        for article, one in zip((place >> 1).tolist(), rows, strict=True):
            found[article].append(one)

    def _matches(
        self, batch: Batch, names: Names, look: Look, calm: np.ndarray, context: np.ndarray, plain: np.ndarray, rest: np.ndarray
    ) -> Iterator[Match]:
        """The names at rest, with what is to be known to judge them."""
        hay, stops = batch.hay, stops_of(batch.ground)  # every text ends with one
        units = hay.units
        start, end, pattern, place = (column.take(rest) for column in (names.start, names.end, names.pattern, names.place))
        starts = hay.starts if hay.origin is None else np.searchsorted(hay.origin, hay.starts)
        before = np.maximum(start - 1, 0)
        asked = np.where(self._shared.take(pattern), _ALL_CUES, _NO_LIFE)
        columns = (
            start,
            end,
            pattern,
            place,
            look.first.take(rest),
            look.last.take(rest),
            calm[rest] & (~look.left[rest] & ~look.right[rest] | ~self._looker.weak[pattern]),
            look.left[rest],
            look.right[rest],
            look.following.take(rest),
            look.begins[rest],
            look.runs[rest],
            plain[rest],
            ((hay.kinds[before] & (DIGIT | UPPER)) != 0) | (units[before] == _FULL_STOP),
            starts.take(place),
            np.maximum(starts.take(place), starts[place + 1] - 1),
            np.maximum(stops[stops.searchsorted(start) - 1] + 1, start - NEAR),
            np.minimum(stops[stops.searchsorted(end)], end + NEAR),
            self._behind.masks(units, end, asked),
            self._ahead.masks(units, start, asked),
            context[rest],
        )
        crossed = repeat(False) if look.crossed is None else look.crossed[rest].tolist()
        return map(_match, zip(*(column.tolist() for column in columns), crossed, strict=False))  # repeat has no end

    def _calm(self, text: str, match: Match, day: int, foreign: bool) -> Sure | None:
        """A name that asks for no evidence, with nothing odd beside it: only its company on that day, its listing and quotation are open.

        None where more is open than that. foreign: the article speaks of another market than that at home.
        """
        pattern = match.pattern
        known = self._known.get((pattern, day))
        if known is None:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            known = self._known[pattern, day] = self._owner(pattern, day)
        entity, security, confidence, evidence, several = known
        if entity is None:
            return None
        said = False
        if several and foreign:
            market, where = self._listings.market(text, match)
            if market:
                owner = next(o for o in self._lexicon.owners[pattern] if o.entity == entity)
                security = self._listings.listing(pattern, owner, day, market)
                evidence = (*evidence, f"+ {market} {where}")
                said = where not in INFERRED
        is_quoted = False
        kind = self._lexicon.quoted.get(pattern)
        if kind is not None:
            role = quotation(kind, text, match, self._judge.own_words(pattern))
            if role is False:
                return None
            is_quoted = role is True
        return (entity, security, match.place & 1, match.first, match.last, confidence, "name", evidence, is_quoted, said)

    def _owner(self, pattern: int, day: int) -> tuple[str | None, str, float, tuple[str, ...], bool]:
        """(entity, listing, confidence, evidence, whether it has several listings); entity None where the day leaves doubt."""
        owners = self._lexicon.owners[pattern]
        owner, change, why = self._judge.owners[pattern, day]
        if change < -0.1 or owner.stated or len({o.entity for o in owners}) > 1:
            return None, "", 0.0, (), False
        confidence = round(probability(float(self._lexicon.prior[pattern]) + change), 4)
        several = len(self._universe.listings_of(owner.entity)) > 1
        return owner.entity, choose(self._lexicon, owners, owner, day, None), confidence, (*NAME_EVIDENCE, *why), several


_match = partial(tuple.__new__, Match)  # what Match._make does, in a tenth of its time
_NONE: frozenset[int] = frozenset()
_ALL_CUES = np.uint64((1 << 64) - 1)
_NO_LIFE = np.uint64(cues.LIFE - 1)
