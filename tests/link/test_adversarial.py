"""The adversarial files are sound, and the linker holds on them. Naive matching runs beside it, so that the rows are known to be hard."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from newslink.link import Linker, parse_security_id
from tests.link import scoring, universe_files

FILES = ("adversarial.tsv", "adversarial_held.tsv")
# Written without sight of the rules and measured before they were read: what they gave at first sight stands in
# docs/decisions/0024-how-linking-is-measured.md. The writer of 12 knew the rules. 13 is to stay unread by the rules: mend nothing from it.
UNSEEN = tuple(f"adversarial_unseen_{i}.tsv" for i in range(1, 14))
MIXED = "adversarial_mixed.tsv"  # listings, roles, dates, foreign names
FLOORS = {"precision": 0.95, "recall": 0.90}
WITHOUT_SOURCES = tuple(f"adversarial_unseen_{i}.tsv" for i in (11, 12, 13))  # nobody is quoted in them
# Half of the names of 9 stand outside the list, and nobody has gone through its causes yet. In 11 goods are called by who makes them
# (a fridge, a sausage, a ring bought): no word beside the name says that they are not news of the maker.
BELOW = {"adversarial_unseen_9.tsv": 0.90, "adversarial_unseen_11.tsv": 0.92}
RECALL = {"adversarial_unseen_13.tsv": 0.96}  # 0.977 at first sight


@pytest.fixture(scope="module")
def linker(shared: Path) -> Linker:
    assert shared
    return Linker(universe_files.universe())


def rows() -> list[scoring.Case]:
    return [case for name in (*FILES, *UNSEEN, MIXED) for case in scoring.cases(name)]


def test_the_files_hold_distinct_rows_with_readable_codes() -> None:
    everything = rows()
    assert len(everything) >= 1_500
    assert len({(c.surface, c.sentence, c.day) for c in everything}) == len(everything)
    for case in everything:
        assert case.kind and case.surface and case.sentence == case.sentence.strip()
        for token in case.expect:
            for code in token.rstrip("?!~^").split("|"):
                assert parse_security_id(code) == code, case


def test_no_surface_of_a_lexical_kind_stands_in_both_halves() -> None:
    halves = [{(c.kind, c.surface) for c in scoring.cases(name) if c.kind in scoring.LEXICAL} for name in FILES]
    assert not halves[0] & halves[1]
    assert min(map(len, halves)) >= 140


def test_every_ambiguous_name_has_two_rows_for_it_and_two_against(shared: Path) -> None:
    """Against a broker, bank or vendor also counts a row in which it only speaks or takes part."""
    good: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    for case in rows():
        if case.kind not in scoring.LEXICAL:
            continue
        mine = [t for t in case.expect if case.trap in t.rstrip("?!~^").split("|")]
        (good if mine and not set(mine[0]) & set("?~^") else bad)[case.surface] += 1
        if mine and "^" in mine[0]:
            good[case.surface] += 1  # the company is right, its role is the trap
    names: dict[str, set[str]] = defaultdict(set)
    with (shared / "linking" / "ambiguous_names.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            names[row["name"]].add(row["kind"])
    assert not [n for n in names if good[n] < 2]
    # A name with ST in it is written for nobody else: one row against it is all that can be made up.
    assert not [n for n in names if bad[n] < (1 if "ST" in n else 2)]


@pytest.mark.parametrize("name", (*FILES, *UNSEEN))
def test_the_linker_holds_on_the_ambiguous_names_where_naive_matching_fails(linker: Linker, name: str) -> None:
    universe = universe_files.universe()
    cases = scoring.cases(name)
    scores = scoring.adversarial(universe, scoring.by_linker(linker), cases)
    naive = scoring.total(scoring.adversarial(universe, scoring.naive(universe, date(2026, 8, 1)), cases), scoring.LEXICAL)
    reached = scoring.total(scores, scoring.LEXICAL)
    assert naive.precision < 0.75  # the rows are hard (of the first five files below 0.65)
    assert reached.precision >= BELOW.get(name, FLOORS["precision"]), "\n".join(reached.errors)
    assert reached.recall >= RECALL.get(name, FLOORS["recall"]), "\n".join(reached.errors)


@pytest.mark.parametrize("name", (*FILES, MIXED))
def test_listings_follow_the_market_the_sentence_speaks_of(linker: Linker, name: str) -> None:
    score = scoring.adversarial(universe_files.universe(), scoring.by_linker(linker), scoring.cases(name))["exact listing"]
    assert score.precision >= 0.95, "\n".join(score.errors)


@pytest.mark.parametrize("name", [x for x in (*FILES, *UNSEEN, MIXED) if x not in WITHOUT_SOURCES])
def test_who_only_speaks_is_never_the_subject_of_someone_elses_news(linker: Linker, name: str) -> None:
    score = scoring.adversarial(universe_files.universe(), scoring.by_linker(linker), scoring.cases(name))["source"]
    assert score.precision >= 0.95, "\n".join(score.errors)
    assert score.recall >= 0.90, "\n".join(score.errors)


@pytest.mark.parametrize("kind", ["time", "variant"])
def test_dates_and_spellings_change_nothing_they_should_not(linker: Linker, kind: str) -> None:
    cases = [case for case in rows() if case.kind == kind]
    score = scoring.adversarial(universe_files.universe(), scoring.by_linker(linker), cases)[kind]
    assert score.wrong == 0 and score.missed == 0, "\n".join(score.errors)


def test_mixed_rows_name_the_right_companies(linker: Linker) -> None:
    scores = scoring.adversarial(universe_files.universe(), scoring.by_linker(linker), scoring.cases(MIXED))
    score = scoring.total(scores, ("group", "broker", "vendor", "role", "listing", "foreign"))
    assert score.precision >= 0.97 and score.recall >= 0.97, "\n".join(score.errors)
