"""Long pages read by a person from end to end, and 100 links no newswire made: the right company, the right listing, the right role.

The labels are places and security ids; the texts are read in ../shared, and without it these tests are skipped.
"""

from __future__ import annotations

from tests.link import scoring


def test_long_pages_name_the_right_companies_as_the_right_listing_in_the_right_role(universe, way, naive) -> None:
    rows = scoring.pages("read_pages.tsv")
    assert len(rows) == 48
    scores = scoring.score_pages(universe, way, rows)
    company, listing, source = (scores[k] for k in ("company", "listing", "source"))
    assert company.right + company.missed > 500
    assert company.precision >= 0.98 and company.recall >= 0.98, "\n".join(company.errors)
    assert listing.precision >= 0.95, "\n".join(listing.errors)
    assert source.precision >= 0.95 and source.recall >= 0.90, "\n".join(source.errors)
    assert scoring.score_pages(universe, naive, rows)["company"].precision < 0.95


def test_links_no_wire_made_stay_right_and_wrong_ones_stay_away(universe, way) -> None:
    scores = scoring.score_pages(universe, way, scoring.pages("wire_links.tsv"), whole=False)
    assert scores["company"].precision >= 0.97 and scores["company"].recall >= 0.98, "\n".join(scores["company"].errors)
    assert scores["listing"].precision >= 0.95, "\n".join(scores["listing"].errors)


def test_items_as_they_come_name_the_right_companies(universe, way) -> None:
    """Ordinary items and round-ups, half of which name nobody: figures of their first reading stand in docs/decisions/0024."""
    rows = scoring.pages("read_items.tsv")
    assert len(rows) == 160
    scores = scoring.score_pages(universe, way, rows)
    company, listing, source = (scores[k] for k in ("company", "listing", "source"))
    assert company.precision >= 0.98 and company.recall >= 0.98, "\n".join(company.errors)
    assert listing.precision >= 0.95, "\n".join(listing.errors)
    assert source.precision >= 0.95 and source.recall >= 0.90, "\n".join(source.errors)
