"""Universe → the lexicon: every surface with its owners and dates, as columns ready for vector work, and the automaton over all patterns.

Patterns are the surfaces, then guards (known phrases that are no company), ends of legal names, and market words
(港股, 美股 …). Days are proleptic ordinals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from newslink.link.automaton import automaton
from newslink.link.classes import PRIOR, SurfaceClass, stricter, surface_lists, word_list
from newslink.link.codes import is_hong_kong_renminbi_counter
from newslink.link.corrections import Rulings
from newslink.link.text import name_key, normal
from newslink.link.universe import Universe
from newslink.link.variants import first_word_of, surfaces_of
from newslink.link.windows import SEEN
from newslink.model import Kind, NameKind, market_of

NAME, GUARD, MARKET, LEGAL = 0, 1, 2, 3
_LEGAL_ENDS = ("有限公司", "有限责任公司", "合伙企业", "事务所", "股份公司")
FIRST, LAST = 0, 4_000_000
PRE_IPO = 90  # days before listing on which a company already goes by its future short name in the news
AFTER_DELISTING = 400
MARKET_WORDS = {market: word_list(f"market_{market}") for market in ("HK", "US")}  # of other markets than that at home


@dataclass(frozen=True, slots=True)
class Owner:
    """One company's claim to a surface. security: the listing it is the name of. first, last: inclusive days.

    stated: a person said so. seen: the days are sightings, not official dates.
    """

    security: str
    entity: str
    first: int
    last: int
    kind: NameKind
    stated: bool = False
    seen: bool = False


@dataclass(slots=True)
class Lexicon:
    """patterns: what the automaton looks for; owners: for names only. The arrays run parallel to patterns."""

    universe: Universe
    patterns: list[str]
    kind: np.ndarray
    klass: np.ndarray
    prior: np.ndarray
    classes: list[SurfaceClass]
    priors: list[float]
    owners: list[tuple[Owner, ...]]
    quoted: dict[int, str]
    markets: dict[int, str]
    single: np.ndarray  # bool: one company, one stretch of days
    plain: np.ndarray  # bool: single, of a class that asks for no evidence, not one that is mostly quoted
    several: np.ndarray  # bool: the company has several listings
    first: np.ndarray
    last: np.ndarray
    machine: object
    full_names: dict[str, tuple[str, ...]]
    listed: dict[str, tuple[int, int]]

    def securities_of(self, entity: str) -> tuple[str, ...]:
        return self.universe.listings_of(entity)


_INDEX_CODE = re.compile(r"9[78]\d{4}\.SZ")  # CNI's own indices, which quote lists mix among the shares
_SURE = frozenset((SurfaceClass.PLAIN, SurfaceClass.AFFILIATE, SurfaceClass.NICKNAME, SurfaceClass.FOREIGN))


def _day(day: date | None, default: int) -> int:
    return default if day is None else day.toordinal()


def _life(universe: Universe, security: str) -> tuple[int, int]:
    """First and last day on which the company had any listing, as far as known."""
    listings = [universe.security(s) for s in universe.listings_of(security)]
    starts = [s.listed or universe.listed_after.get(s.id) for s in listings if s]
    ends = [s.delisted for s in listings if s]
    first = FIRST if any(d is None for d in starts) else _day(min(starts), FIRST)
    last = LAST if any(d is None for d in ends) else _day(max(ends), LAST)
    return first, last


def compile_lexicon(universe: Universe, rulings: Rulings, cache_dir: Path | None) -> Lexicon:
    lists = surface_lists()
    table: dict[str, dict[tuple, Owner]] = {}
    given_class: dict[str, SurfaceClass] = {}
    full_names: dict[str, list[str]] = {}
    lives: dict[str, tuple[int, int]] = {}
    first_words: dict[str, list[tuple[Owner, SurfaceClass]]] = {}
    kinds = {s.id: s.kind for s in universe.securities}
    for name in universe.names:
        if kinds.get(name.security) not in (Kind.STOCK, Kind.FUND) or _INDEX_CODE.match(name.security):
            continue
        entity = universe.entity_of(name.security)
        if entity not in lives:
            lives[entity] = _life(universe, entity)
        born, died = lives[entity]
        first, last = max(_day(name.valid_from, FIRST), born - PRE_IPO), min(_day(name.valid_to, LAST), died + AFTER_DELISTING)
        if name.kind is NameKind.FULL:
            full_names.setdefault(entity, []).append(normal(name.text))
        if first > last or is_hong_kong_renminbi_counter(name.security) and universe.security(f"0{name.security[1:]}") is not None:
            continue  # 80700.HK is the same share as 00700.HK, in another currency
        for surface, surface_class in surfaces_of(name, market_of(name.security)):
            owner = Owner(name.security, entity, first, last, name.kind, seen=name.source.startswith(SEEN))
            _claim(table, surface, owner)
            if kinds[name.security] is Kind.FUND:
                surface_class = SurfaceClass.FUND
            given_class[surface] = min(given_class.get(surface, surface_class), surface_class, key=_lenience)
        for surface, surface_class in first_word_of(name, market_of(name.security)):
            owner = Owner(name.security, entity, first, last, name.kind)
            first_words.setdefault(surface, []).append((owner, surface_class))
    for surface, claims in first_words.items():
        if surface not in table and len({owner.entity for owner, _ in claims}) == 1:
            _claim(table, surface, claims[0][0])
            given_class[surface] = claims[0][1]
    for ruling in rulings.meanings:
        surface = name_key(ruling.surface)
        if universe.security(ruling.security) is None or not surface:
            continue
        first, last = _day(ruling.valid_from, FIRST), _day(ruling.valid_to, LAST)
        _claim(table, surface, Owner(ruling.security, universe.entity_of(ruling.security), first, last, NameKind.NICKNAME, stated=True))
    for surface, securities in rulings.muted.items():
        if surface in table:
            gone = {universe.entity_of(s) for s in securities if s}
            table[surface] = {} if None in securities else {k: o for k, o in table[surface].items() if o.entity not in gone}
    # A muted surface stays as a guard, so that no shorter name inside it takes its place.
    guards = (lists.guards | {s for s, owners in table.items() if not owners}) - {s for s, owners in table.items() if owners}
    return _columns(universe, {s: tuple(o.values()) for s, o in table.items() if o}, given_class, guards, full_names, lives, cache_dir)


def _lenience(surface_class: SurfaceClass) -> float:
    return -PRIOR[surface_class]


def _claim(table: dict[str, dict[tuple, Owner]], surface: str, owner: Owner) -> None:
    claims = table.setdefault(surface, {})
    key = (owner.security, owner.stated)
    old = claims.get(key)
    if old is not None and owner.first <= old.last + 1 and old.first <= owner.last + 1:
        owner = Owner(
            owner.security, owner.entity, min(old.first, owner.first), max(old.last, owner.last), old.kind, owner.stated, owner.seen
        )
    elif old is not None:
        key = (*key, owner.first)
    claims[key] = owner


def _columns(universe, table, given_class, guards, full_names, lives, cache_dir) -> Lexicon:
    lists = surface_lists()
    surfaces = sorted(table)
    market_words = [(w, m) for m, words in MARKET_WORDS.items() for w in words if w not in table]
    legal = [w for w in _LEGAL_ENDS if w not in table]
    guard_list = sorted(guards - {w for w, _ in market_words} - set(legal))
    patterns = surfaces + guard_list + legal + [w for w, _ in market_words]
    size, names = len(patterns), len(surfaces)
    kind = np.zeros(size, np.uint8)
    kind[names : names + len(guard_list)] = GUARD
    kind[names + len(guard_list) :] = LEGAL
    kind[size - len(market_words) :] = MARKET
    klass, prior = np.zeros(size, np.uint8), np.zeros(size, np.float32)
    single, plain, several = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool)
    first, last = np.zeros(size, np.int32), np.full(size, LAST, np.int32)
    quoted: dict[int, str] = {}
    for i, surface in enumerate(surfaces):
        owners = table[surface]
        cls = given_class.get(surface, SurfaceClass.PLAIN)
        listed_class = lists.classes.get(surface)
        if listed_class is not None and listed_class is not SurfaceClass.PLAIN:
            cls = stricter(cls if cls is not SurfaceClass.SHORTENED else SurfaceClass.PLAIN, listed_class)
        stated = any(o.stated for o in owners)
        klass[i] = SurfaceClass.PLAIN if stated else cls
        prior[i] = 6.0 if stated else PRIOR[cls]
        entities = {o.entity for o in owners}
        single[i] = len(owners) == 1 or (len(entities) == 1 and len({(o.first, o.last) for o in owners}) == 1)
        several[i] = any(len(universe.listings_of(o.entity)) > 1 for o in owners)
        if surface in lists.quoted or surface.endswith(("证券", "期货")):
            quoted[i] = lists.quoted.get(surface, "broker")
        plain[i] = single[i] and (stated or cls in _SURE and i not in quoted)
        first[i], last[i] = min(o.first for o in owners), max(o.last for o in owners)
    return Lexicon(
        universe=universe,
        patterns=patterns,
        kind=kind,
        klass=klass,
        prior=prior,
        classes=[SurfaceClass(k) for k in klass.tolist()],
        priors=prior.tolist(),
        owners=[table[s] for s in surfaces],
        quoted=quoted,
        markets={size - len(market_words) + i: m for i, (_, m) in enumerate(market_words)},
        single=single,
        plain=plain,
        several=several,
        first=first,
        last=last,
        machine=automaton(patterns, cache_dir),
        full_names={e: tuple(set(n)) for e, n in full_names.items()},
        listed=lives,
    )


def ordinal_of(day: date | None) -> int:
    return LAST if day is None else day.toordinal()
