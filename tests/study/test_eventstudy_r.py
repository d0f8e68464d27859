"""Every figure of the R package EventStudy 0.50.0 on the shared inputs: equal to ours, or ours with the named difference put in, exactly.

The package holds errors of forecast to be nothing (AR, CAR, BMP, KP are over sigma alone, Patell's CAAR over a plain sum), correlates
residuals by their place in the estimation window, not by date, and its rank test repeats the first day's number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.study.stocknet import MODELS, RUNS, stocknet


def bmp(scaled: np.ndarray) -> np.ndarray:
    return scaled.mean(axis=0) * np.sqrt(len(scaled)) / scaled.std(axis=0, ddof=1)


def factor(rbar: float, n: int) -> float:
    """Kolari & Pynnonen's."""
    return np.sqrt((1 - rbar) / (1 + (n - 1) * rbar))


@pytest.fixture(scope="module", params=[(run, model) for run in RUNS for model in MODELS], ids=lambda each: "-".join(each))
def both(shared, request):
    """(our study with every window from the first session on, its figures of events, its figures across them)."""
    run, model = request.param
    first, last = RUNS[run][2]
    result = stocknet(shared, run, model, tuple((first, tau) for tau in range(first, last + 1)))
    tables = (pd.read_csv(shared / f"eventstudy/stocknet_us/cross_EventStudyR_{name}.csv") for name in ("ar", "aar"))
    return result, *(table[(table["run"] == run) & (table["model"] == model)] for table in tables)


def groups(result, across: pd.DataFrame):
    for group in result.daily:
        theirs = across[across["group"] == group].sort_values("relative_index")
        assert theirs["relative_index"].tolist() == result.taus.tolist()
        yield result.events.group[result.kept] == group, result.daily[group], result.spans[group], theirs


def same(ours, theirs) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), 1e-8, 1e-11)


def test_abnormal_returns_are_equal_and_its_t_leaves_the_forecast_error_out(both) -> None:
    result, single, _ = both
    theirs = single.set_index(["event_id", "relative_index"]).sort_index()
    order = [(event, tau) for event in result.events.id[result.kept].tolist() for tau in result.taus.tolist()]
    assert len(order) == len(theirs)
    theirs = theirs.loc[order]
    same(result.abnormal.ravel(), theirs["abnormal_returns"])
    same((result.abnormal / result.fit.sigma[:, None]).ravel(), theirs["ar_t"])
    same(np.column_stack([each.car for each in result.cars]).ravel(), theirs["car"])
    same(np.column_stack([each.car / each.s_simple for each in result.cars]).ravel(), theirs["car_t"])


def test_means_cross_sectional_t_and_both_sign_tests_are_equal(both) -> None:
    result, _, across = both
    for _, daily, spans, theirs in groups(result, across):
        for name, day, whole in (("mean", "aar", "caar"), ("t_cross", "aar_t", "caar_t"), ("z_sign", "sign_z", "csign_z"),
                                 ("z_gsign", "gsign_z", "cgsign_z")):  # fmt: skip
            same(daily[name], theirs[day])
            same(spans[name], theirs[whole])


def test_patell_is_equal_and_that_of_a_window_sums_days_as_if_they_shared_no_estimate(both) -> None:
    result, _, across = both
    # Its market-adjusted return pays for a mean that was never estimated.
    paid = np.sqrt(1 + 1 / result.spec.estimation_length) if result.spec.model == "adjusted" else 1.0
    for mine, daily, _, theirs in groups(result, across):
        same(daily["z_patell"] / paid, theirs["aar_z"])
        s = (result.abnormal / result.error)[mine].sum(axis=0)
        variance = (result.fit.dof / (result.fit.dof - 2))[mine].sum()
        same(np.cumsum(s) / np.sqrt(np.arange(1, len(s) + 1) * variance) / paid, theirs["caar_z"])


def test_bmp_is_equal_without_the_forecast_error(both) -> None:
    result, _, across = both
    for mine, _, _, theirs in groups(result, across):
        scaled = (result.abnormal / result.fit.sigma[:, None])[mine]
        same(bmp(scaled), theirs["bmp_t"])
        same(bmp(np.cumsum(scaled, axis=1)), theirs["cbmp_t"])


def test_kolari_pynnonen_is_equal_where_all_events_share_a_date_and_else_pairs_different_dates(both) -> None:
    result, _, across = both
    one_date = 0
    for mine, daily, _, theirs in groups(result, across):
        n = int(mine.sum())
        by_place = np.corrcoef(result.fit.residual[mine])[np.triu_indices(n, 1)].mean()
        same(theirs["bmp_t"] * factor(by_place, n), theirs["kp_t"])
        same(theirs["cbmp_t"] * factor(by_place, n), theirs["ckp_t"])
        if len(set(result.windows.row[mine].tolist())) == 1:
            one_date += 1
            same(by_place, daily["rbar"][0])
        else:
            assert abs(by_place - daily["rbar"][0]) > 1e-4
    assert one_date == 2


def test_its_rank_test_is_ours_of_the_first_day_repeated(both) -> None:
    """And that one with a sample's standard deviation."""
    result, _, across = both
    size = result.fit.residual.shape[1] + result.abnormal.shape[1]
    for _, daily, _, theirs in groups(result, across):
        assert theirs["rank_z"].nunique() == 1
        same(daily["z_rank"][0] * np.sqrt((size - 1) / size), theirs["rank_z"].iloc[0])
