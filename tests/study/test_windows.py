"""Which events take part, and what is said of those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from newslink.errors import StudyError
from newslink.study import Panel, StudySpec, panel_from_levels, run_study
from newslink.study.spec import EXPLAINED, Reason
from newslink.study.tables import TABLES
from newslink.study.windows import overlapping
from newslink.study.words import REASONS
from tests.study.conftest import made_events

SPEC = StudySpec(max_loss=1.0)


def reasons(panel: Panel, names, rows, spec: StudySpec = SPEC, **flags) -> list[str]:
    events = made_events(names, panel.dates[np.array(rows)], **flags)
    return [str(reason) for reason in run_study(panel, events, spec, strict=False).reason]


def test_every_reason_has_its_words_in_every_language() -> None:
    assert set(EXPLAINED) == set(REASONS["zh"]) == set(REASONS["en"]) == set(Reason)


def test_windows_beyond_either_end_of_the_prices_are_named(panel) -> None:
    levels = np.cumprod(1 + panel.returns, axis=0)
    priced = panel_from_levels(panel.dates, panel.names, levels, np.cumprod(1 + panel.market), "simple")
    assert reasons(panel, ["S0"] * 4, [129, 130, 309, 310]) == ["insufficient_history", "", "", "insufficient_future"]
    # A panel made of prices has no return on its first session.
    assert reasons(priced, ["S0"] * 4, [130, 131, 309, 310]) == ["insufficient_history", "", "", "insufficient_future"]


def test_unknown_names_closed_days_and_duplicates_are_named(panel) -> None:
    saturday = panel.dates[200] + (5 - (panel.dates[200].astype("int64") + 3) % 7)
    events = made_events(["S9", "S1", "S2", "S2"], [panel.dates[200], saturday, panel.dates[200], panel.dates[200]])
    found = run_study(panel, events, SPEC, strict=False)
    assert found.reason.tolist() == ["unknown_security", "event_not_in_panel", "", "duplicate_event"]
    table = TABLES["excluded"](found, "r")
    assert table["reason"].tolist() == ["unknown_security", "event_not_in_panel", "duplicate_event"]
    assert table["explanation"].str.len().min() > 20
    two_groups = made_events(["S2", "S2"], [panel.dates[200]] * 2, group=["a", "b"])
    assert (run_study(panel, two_groups, SPEC).reason == "").all()


def test_missing_sessions_are_never_filled_and_leave_reasons(panel) -> None:
    returns = panel.returns.copy()
    returns[200, 0] = np.nan  # the event session itself
    returns[196:201, 1] = np.nan
    returns[203:208, 2] = np.nan  # five of twenty-one, one more than a fifth
    returns[203:207, 3] = np.nan
    returns[70:140, 4] = np.nan
    market = panel.market.copy()
    market[105] = np.nan
    holed = Panel(panel.dates, panel.names, returns, market)
    assert reasons(holed, list(panel.names), [200] * 6) == [
        "suspended_on_event", "suspended_on_event", "too_many_missing", "", "insufficient_history", "",
    ]  # fmt: skip
    kept = run_study(holed, made_events(["S3"], [panel.dates[200]]), SPEC, strict=False)
    assert np.isnan(kept.abnormal[0, 13:17]).all() and kept.notes["missing"].tolist() == [4]
    assert kept.fit.L1.tolist() == [119]
    market[201] = np.nan
    assert reasons(Panel(panel.dates, panel.names, returns, market), ["S5"], [200]) == ["missing_benchmark"]


def test_prices_across_a_gap_make_no_return() -> None:
    level = np.array([[10.0], [np.nan], [20.0], [22.0], [-22.0], [0.0], [11.0]])
    market = np.arange(100.0, 107.0)
    dates = np.arange("2024-01-01", "2024-01-08", dtype="datetime64[D]")
    for kind, expected in (("simple", 0.1), ("log", np.log(1.1))):
        got = panel_from_levels(dates, np.array(["A"], dtype=object), level, market, kind).returns[:, 0]
        assert np.isfinite(got).tolist() == [False, False, False, True, False, False, False] and got[3] == pytest.approx(expected)


def test_a_security_that_is_its_own_benchmark_or_never_moves_is_left_out(panel) -> None:
    returns = panel.returns.copy()
    returns[:, 0], returns[:, 1], returns[:, 2] = panel.market, 0.0, 2 * panel.market + 0.001
    returns[70:185:2, 1] = np.nan
    returns[75:190, 3] = 0.0  # still for most of the time, and yet it moves
    still = Panel(panel.dates, panel.names, returns, panel.market)
    assert reasons(still, ["S0", "S1", "S2", "S3"], [200] * 4) == ["no_variation"] * 3 + [""]
    assert reasons(still, ["S0", "S1", "S3"], [200] * 3, StudySpec("adjusted", max_loss=1.0)) == ["no_variation", "", ""]
    assert reasons(still, ["S0", "S1", "S3"], [200] * 3, StudySpec("mean", max_loss=1.0)) == ["", "no_variation", ""]


def test_flagged_events_are_kept_or_dropped_as_the_spec_says(panel) -> None:
    flags = {"intraday": [1, 0, 0, 0], "date_only": [0, 1, 0, 0], "limit_down": [0, 0, 1, 0]}
    assert reasons(panel, ["S0", "S1", "S2", "S3"], [200] * 4, **flags) == [""] * 4
    strict = StudySpec(max_loss=1.0, intraday="drop", date_only="drop", limit_locked="drop")
    assert reasons(panel, ["S0", "S1", "S2", "S3"], [200] * 4, strict, **flags) == ["intraday", "date_only", "limit_locked", ""]


def test_an_event_inside_the_last_kept_window_is_dropped_or_flagged(panel) -> None:
    names, rows = ["S0", "S0", "S0", "S1", "S0"], [200, 210, 222, 205, 230]
    assert reasons(panel, names, rows, StudySpec(max_loss=1.0, overlaps="drop")) == ["", "overlaps_previous", "", "", "overlaps_previous"]
    kept = run_study(panel, made_events(names, panel.dates[rows]), SPEC)
    assert kept.notes["overlaps_previous"].tolist() == [False, True, False, False, True]
    assert kept.notes["own_events"].tolist() == [0, 0, 2, 0, 2]


@pytest.mark.parametrize("seed", range(5))
def test_late_events_are_those_a_walk_through_the_days_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, 120, 200), rng.integers(0, 6, 200)
    among, group = rng.random(200) < 0.8, np.array(["a", "b"], dtype=object)[rng.integers(0, 2, 200)]
    expected, last = np.zeros(200, bool), {}
    for at in np.argsort(row, kind="stable"):
        if among[at] and row[at] - last.get((group[at], column[at]), -99) < 7:
            expected[at] = True
        elif among[at]:
            last[group[at], column[at]] = row[at]
    assert expected.sum() > 20
    np.testing.assert_array_equal(overlapping(row, column, among, 7, group), expected)


def test_own_events_can_be_masked_out_of_the_estimation_window(panel) -> None:
    returns = panel.returns.copy()
    returns[150, 0] += 0.9  # the earlier event: a shock that would swell sigma
    shocked = Panel(panel.dates, panel.names, returns, panel.market)
    events = made_events(["S0", "S0"], panel.dates[[150, 250]])
    plain = run_study(shocked, events, SPEC)
    masked = run_study(shocked, events, StudySpec(max_loss=1.0, mask_own_events=True))
    assert masked.fit.L1.tolist() == [120, 99] and masked.fit.sigma[1] < plain.fit.sigma[1] / 3


def test_a_study_that_lost_too_much_refuses_and_says_why(panel) -> None:
    events = made_events(["S0", "S1", "S2"], panel.dates[[10, 20, 200]])
    with pytest.raises(StudyError, match="2 of 3 .*insufficient_history 2.*35%"):
        run_study(panel, events, StudySpec())
    loose = run_study(panel, events, StudySpec(), strict=False)
    assert loose.refused and loose.lost == pytest.approx(2 / 3)
    with pytest.raises(StudyError, match="there were none"):
        run_study(panel, made_events([], np.array([], "datetime64[D]")), StudySpec())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "magic"}, "magic"), ({"returns": "gross"}, "gross"), ({"estimation": (-11, -130)}, "ends before"),
        ({"estimation": (-130, -10)}, "must end before"), ({"window": (1, 5), "cars": ()}, "event session 0"),
        ({"cars": ((-11, 0),)}, "must lie in"), ({"minimum": 3}, "too few"), ({"max_loss": 1.5}, "share"),
        ({"max_loss": float("nan")}, "share"), ({"overlaps": "merge"}, "keep or drop"), ({"estimation": (-9000, -11)}, "5,000"),
    ],
)  # fmt: skip
def test_a_spec_that_cannot_be_is_refused_in_words(change: dict, words: str) -> None:
    with pytest.raises(StudyError, match=words):
        StudySpec(**change)


def test_events_never_look_ahead(panel) -> None:
    """Whatever comes after the event window changes nothing."""
    events = made_events(["S0", "S1", "S2"], panel.dates[[200, 210, 220]])
    first = run_study(panel, events, StudySpec())
    returns, market = panel.returns.copy(), panel.market.copy()
    returns[231:], market[231:] = 9.9, -0.5
    later = run_study(Panel(panel.dates, panel.names, returns, market), events, StudySpec())
    for name in ("ar", "car", "aar", "caar"):
        assert TABLES[name](first, "r").equals(TABLES[name](later, "r"))
