"""URL ↔ view: what goes in comes out, whatever comes in is understood or dropped, nothing raises."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newslink.model import Filter, Role
from newslink.ui import state
from newslink.ui.state import PARAMETERS, View, changed, format_view, parse_view

DAYS = st.dates(state.EARLIEST, state.LATEST)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60)
SECURITIES = st.sampled_from(["", "600519.SH", "00700.HK", "NIO.US", "920799.BJ", "BRK.B.US"])


def some(choices):
    return st.lists(st.sampled_from(choices), unique=True).map(lambda chosen: tuple(one for one in choices if one in chosen))


VIEWS = st.builds(
    View,
    security=SECURITIES,
    range=st.sampled_from(list(state.RANGES)),
    start=st.none() | DAYS,
    end=st.none() | DAYS,
    period=st.sampled_from(state.PERIODS),
    adjust=st.sampled_from(state.ADJUSTS),
    overlays=some(state.OVERLAYS),
    panels=some(state.PANELS),
    log=st.booleans(),
    green_up=st.booleans(),
    colour_by=st.sampled_from(state.COLOUR_BY),
    compare=st.booleans(),
    keyword=WORDS | st.just(""),
    sources=st.lists(WORDS, unique=True, max_size=5).map(tuple),
    categories=st.lists(WORDS, unique=True, max_size=5).map(tuple),
    tags=st.lists(WORDS, unique=True, max_size=5).map(tuple),
    roles=some([role.value for role in Role]),
    relevance=st.integers(0, 100),
    fold=st.booleans(),
    day=st.none() | DAYS,
    article=WORDS | st.just(""),
    language=st.sampled_from(["", "zh", "en"]),
    page=st.integers(1, 100_000),
    only=st.booleans(),
    market=st.sampled_from(["", *state.MARKET_GROUPS]),
    span=st.sampled_from(["", *state.SPANS]),
    study=st.sampled_from(
        ["", "this.market.simple.none.-130.-11.-5.10", "filtered.mean.log.tag.-60.-6.0.0", "this.market.simple.none.-130.-11.-5.10.399997.SZ"]
    ),
)


def lists(parameters: dict) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}


@given(VIEWS)
def test_a_view_survives_its_link(view):
    assert parse_view(lists(format_view(view))) == (view, ())


def test_the_plain_view_needs_no_parameters():
    assert format_view(View()) == {} and parse_view({}) == (View(), ())


ANYTHING = st.text(max_size=400) | st.sampled_from(
    ["<script>", "javascript:alert(1)", "9" * 400, "-1", "٣", "1e9", "\u202e", "0000-00-00", "NaN"]
)


@given(st.dictionaries(st.sampled_from(sorted(PARAMETERS)) | st.text(max_size=10), st.lists(ANYTHING, max_size=40), max_size=25))
def test_whatever_a_link_holds_it_gives_a_view_that_holds(parameters):
    view, bad = parse_view(parameters)
    assert set(bad) <= PARAMETERS
    again, nothing = parse_view(lists(format_view(view)))
    assert again == view and nothing == ()
    assert len(view.keyword) <= 200 and view.keyword.isprintable() and len(view.sources) <= 30
    assert view.range in state.RANGES and view.period in state.PERIODS and 0 <= view.relevance <= 100 and view.page >= 1
    assert isinstance(view.filter(with_dates=True, with_security=True), Filter)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("period", "<svg>"), ("from", "2022-13-01"), ("from", "1900-01-01"), ("adj", "x"), ("rel", "x"), ("role", "boss"), ("lang", "fr"),
     ("over", "ma,evil"), ("code", "60051"), ("code", "../../etc"), ("span", "9w"), ("study", "this.market.simple.none.-1.2.3"), ("study", "<b>"),
     ("study", "this.market.simple.none.-130.-11.-5.10.<b>")],
)  # fmt: skip
def test_what_makes_no_sense_is_named(parameter, value):
    view, bad = parse_view({parameter: [value]})
    assert bad == (parameter,)


def test_a_code_in_small_letters_is_understood():
    assert parse_view({"code": ["600519.sh"]}) == (View(security="600519.SH"), ())


@given(st.none() | DAYS, st.none() | DAYS, st.sampled_from(list(state.RANGES)), DAYS)
def test_the_window_is_never_upside_down(start, end, span, newest):
    first, last = View(start=start, end=end, range=span).window(newest)
    assert first <= last


def test_a_range_button_takes_the_place_of_chosen_dates_and_the_other_way_round():
    view = View(start=date(2022, 1, 1), end=date(2022, 2, 1))
    assert (changed(view, range="3m").start, changed(view, range="3m").range) == (None, "3m")
    assert changed(View(range="5y"), start=date(2022, 1, 1)).range == "1y"


def test_another_security_closes_what_was_open_for_the_last_one():
    view = View(security="600519.SH", day=date(2022, 1, 4), article="a", sources=("甲",), page=4, keyword="回购")
    after = changed(view, security="00700.HK")
    assert (after.day, after.article, after.sources, after.page, after.keyword) == (None, "", (), 1, "回购")
