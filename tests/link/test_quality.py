"""The figures linking is held to, on real inputs with labels. Each is measured beside naive matching of today's names."""

from __future__ import annotations

from pathlib import Path

import pytest

from newslink.link import Linker
from tests.link import scoring, universe_files
from tests.link.scoring import Score


def held(score: Score, precision: float = 0.0, recall: float = 0.0) -> None:
    words = "\n".join(score.errors[:60])
    assert score.precision >= precision, f"precision {score.precision:.4f}\n{words}"
    assert score.recall >= recall, f"recall {score.recall:.4f}\n{words}"


def test_companies_of_the_real_posts(universe, way, naive) -> None:
    labelled = scoring.posts()
    assert len(labelled) >= 30
    held(scoring.score_posts(universe, way, labelled, mainland=True), 0.99, 0.975)
    held(scoring.score_posts(universe, way, labelled), 0.96, 0.975)
    assert scoring.score_posts(universe, naive, labelled).precision < 0.96


def test_right_companies_of_telegraph_items_are_kept_and_wrong_ones_are_not_made(universe, way) -> None:
    scores = scoring.score_telegraph(universe, way)
    held(scores["company"], 0.985, 0.98)
    held(scores["listing"], 0.95)
    held(scores["source"], 0.95, 0.90)


def test_labelled_stocks_of_2018_to_2020_are_found_by_the_names_of_their_time(universe, way, naive) -> None:
    rows = scoring.astock()
    held(scoring.score_astock(universe, way, rows), recall=0.985)
    assert scoring.score_astock(universe, naive, rows).recall < 0.85


@pytest.mark.parametrize("style", ["open", "met"])
def test_it_does_not_matter_how_sightings_were_turned_into_dates(shared: Path, style: str) -> None:
    assert shared
    universe = universe_files.universe(style)
    way = scoring.by_linker(Linker(universe))
    held(scoring.score_astock(universe, way, scoring.astock()), recall=0.98)
    held(scoring.score_posts(universe, way, scoring.posts(), mainland=True), 0.985, 0.97)


def test_securities_that_newswires_annotate_are_found(universe, way) -> None:
    held(scoring.score_flashes(universe, way, scoring.flashes()), recall=0.97)
