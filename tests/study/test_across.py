"""Tests across events, each against a plain loop over pairs or days."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from newslink.study import Panel, StudySpec, correlation, run_study
from newslink.study.correlation import mean_correlation, sums_by_distance
from newslink.study.path import caar_path
from newslink.study.significance import _ranks
from tests.study.conftest import made_events, made_panel


def plain_rbar(row, residual, length: int) -> float:
    """Every pair by hand: common dates, Pearson, share of common sessions."""
    total, pairs = 0.0, 0
    days = residual.shape[1]
    for a, b in combinations(range(len(row)), 2):
        pairs += 1
        apart = abs(int(row[a]) - int(row[b]))
        if apart >= length or apart >= days:
            continue
        one = {int(row[a]) + at: residual[a, at] for at in range(days)}
        two = {int(row[b]) + at: residual[b, at] for at in range(days)}
        common = [(one[t], two[t]) for t in one if t in two and np.isfinite(one[t]) and np.isfinite(two[t])]
        if len(common) > 1:
            total += np.corrcoef(*np.array(common).T)[0, 1] * (length - apart) / length
    return total / pairs


@pytest.mark.parametrize("way", ["pair by pair", "by dates", "by dates in small steps"])
@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("crowd", [3, 60])
def test_mean_correlation_equals_a_loop_over_all_pairs(crowd: int, missing: float, way: str, monkeypatch) -> None:
    if way != "pair by pair":
        monkeypatch.setattr(correlation, "_FEW", 0)
    if way == "by dates in small steps":
        monkeypatch.setattr(correlation, "_CROWD", 7)
        monkeypatch.setattr(correlation, "_SPAN", 5)
    rng = np.random.default_rng(crowd)
    row = rng.integers(100, 100 + 400 // crowd, 60)
    row[:25] = row[0]
    residual = rng.standard_normal((60, 40)) + rng.standard_normal(40)
    residual[rng.random(residual.shape) < missing] = np.nan
    sums = sums_by_distance(row, residual, 8)
    for length in (1, 3, 8):
        np.testing.assert_allclose(mean_correlation(sums, 60, length), plain_rbar(row, residual, length), 1e-9)


def test_windows_longer_than_the_estimation_window_share_no_dates_and_add_nothing() -> None:
    residual = np.random.default_rng(0).standard_normal((2, 5))
    sums = sums_by_distance(np.array([10, 17]), residual, 30)
    assert mean_correlation(sums, 2, 30) == 0.0
    assert np.isnan(mean_correlation(sums, 1, 3))


def test_one_busy_security_is_not_called_significant_because_its_windows_overlap() -> None:
    """Twenty events in forty sessions of one name after a drift: BMP is fooled, the overlap-weighted factor is not."""
    fooled = {"p_bmp": 0, "p_kp": 0}
    for seed in range(60):
        panel = made_panel(seed, sessions=260, securities=1)
        rows = 200 + np.random.default_rng(seed).choice(40, 20, replace=False)
        spec = StudySpec(estimation=(-121, -2), window=(-1, 5), cars=((0, 4),), max_loss=1.0)
        found = run_study(panel, made_events(["S0"] * 20, panel.dates[rows]), spec).spans["g"]
        for name in fooled:
            fooled[name] += int(found[name][0] < 0.05)
    assert fooled["p_bmp"] >= 10 and fooled["p_kp"] <= 8


def test_grank_is_the_rank_of_the_window_as_one_more_day() -> None:
    panel = made_panel(3, securities=12, missing=0.03)
    rows = np.random.default_rng(3).integers(150, 300, 25)
    events = made_events(panel.names[np.arange(25) % 12], panel.dates[rows])
    spec = StudySpec(estimation=(-100, -3), window=(-2, 3), cars=((0, 0), (-1, 2)), max_missing=0, max_loss=1.0)
    result = run_study(panel, events, spec)
    for at, each in enumerate(result.cars):
        s = each.car / each.s_exact
        pool = np.column_stack([result.fit.residual / result.fit.sigma[:, None], s / s.std(ddof=1)])
        scaled = np.array([stats.rankdata(row, nan_policy="omit") / (np.isfinite(row).sum() + 1) - 0.5 for row in pool])
        mean = np.nanmean(scaled, axis=0)
        weight = np.isfinite(scaled).sum(axis=0) / len(pool)
        z = mean[-1] / np.sqrt((weight * mean**2).mean())
        t = z * np.sqrt((98 + 1 - 2) / (98 + 1 - 1 - z**2))
        np.testing.assert_allclose(result.spans["g"]["t_grank"][at], t, 1e-9)
        np.testing.assert_allclose(result.spans["g"]["p_grank"][at], 2 * stats.t.sf(abs(t), 97), 1e-9)


def plain_rank_z(pool: np.ndarray, days: list[int]) -> float:
    """Corrado & Zivney (1992) day by day: scaled ranks, sqrt(n) times the mean of each day, their root mean square over all days."""
    scaled = np.array([stats.rankdata(row, nan_policy="omit") / (np.isfinite(row).sum() + 1) - 0.5 for row in pool])
    by_day = [column[np.isfinite(column)] for column in scaled.T]
    spread = np.sqrt(np.mean([len(day) * day.mean() ** 2 for day in by_day if len(day)]))
    wanted = [by_day[day] for day in days if len(by_day[day])]
    return sum(day.mean() for day in wanted) / (spread * np.sqrt(sum(1 / len(day) for day in wanted)))


def test_the_rank_test_counts_the_events_each_day_has() -> None:
    panel = made_panel(7, securities=12, missing=0.15)
    rows = np.random.default_rng(7).integers(150, 300, 20)
    spec = StudySpec(estimation=(-100, -3), window=(-2, 3), cars=((0, 0), (-1, 2)), max_missing=5, max_loss=1.0)
    result = run_study(panel, made_events(panel.names[np.arange(20) % 12], panel.dates[rows]), spec, strict=False)
    pool = np.hstack([result.fit.residual, result.abnormal])
    assert (np.isfinite(pool[:, 98:]).sum(axis=0) < len(pool)).any()
    daily = [plain_rank_z(pool, [98 + day]) for day in range(6)]
    np.testing.assert_allclose(result.daily["g"]["z_rank"], daily, 1e-10)
    np.testing.assert_allclose(result.spans["g"]["z_rank"], [daily[2], plain_rank_z(pool, [99, 100, 101, 102])], 1e-10)


def test_the_rank_statistic_keeps_its_spread_on_a_day_that_few_events_have() -> None:
    """Three of twelve events have the day after theirs: by chance alone the statistic of that day still has a variance near one."""
    found, spec = [], StudySpec(estimation=(-60, -2), window=(-1, 1), cars=(), max_missing=1)
    for seed in range(400):
        panel = made_panel(seed, sessions=100, securities=12)
        returns = panel.returns.copy()
        returns[81, 3:] = np.nan
        events = made_events(panel.names, [panel.dates[80]] * 12)
        found.append(run_study(Panel(panel.dates, panel.names, returns, panel.market), events, spec).daily["g"]["z_rank"][2])
    # The standard error of a standard deviation from 400 draws is 0.035.
    assert 0.88 < np.std(found) < 1.12


def test_the_exact_sign_test_is_the_binomial() -> None:
    panel = made_panel(5, securities=9)
    result = run_study(panel, made_events(panel.names, [panel.dates[200]] * 9), StudySpec())
    for table in (result.daily["g"], result.spans["g"]):
        for n, pos, p in zip(table["n"], table["pos"], table["p_sign_exact"], strict=True):
            assert p == pytest.approx(stats.binomtest(int(pos), int(n), 0.5).pvalue, rel=1e-10)


def test_too_few_events_give_no_number_rather_than_a_wrong_one() -> None:
    panel = made_panel()
    result = run_study(panel, made_events(["S0"], [panel.dates[200]]), StudySpec())
    found = result.spans["g"]
    for name in ("t_cross", "t_bmp", "t_kp", "p_kp", "rbar", "t_grank"):
        assert np.isnan(found[name]).all(), name
    assert np.isfinite(found["z_patell"]).all() and (found["n"] == 1).all()


def test_placebo_events_reject_at_the_nominal_rate() -> None:
    """600 draws of 15 unrelated events: the share below 5 % of a right test lies within 2.5 to 7.5 with probability above 0.99."""
    panel = made_panel(21, sessions=1500, securities=25)
    rng, spec = np.random.default_rng(5), StudySpec(window=(-1, 5), estimation=(-102, -3), cars=((0, 0), (0, 4)))
    hits = {name: np.zeros(2) for name in ("p_kp", "p_bmp", "p_patell", "p_rank", "p_gsign")}
    for _ in range(600):
        columns, rows = rng.integers(0, 25, 15), rng.integers(110, 1490, 15)
        found = run_study(panel, made_events(panel.names[columns], panel.dates[rows]), spec).spans["g"]
        for name in hits:
            hits[name] += found[name] < 0.05
    for name, count in hits.items():
        assert (count / 600 > 0.025).all() and (count / 600 < 0.075).all(), (name, count / 600)


def test_the_path_adds_up_and_its_band_is_that_of_the_last_car() -> None:
    panel = made_panel(8, securities=10)
    spec = StudySpec(cars=((-10, 10),))
    result = run_study(panel, made_events(panel.names, [panel.dates[250 + 3 * at] for at in range(10)]), spec)
    path = caar_path(result, "g")
    np.testing.assert_allclose(path.mean, np.cumsum(path.aar), 1e-9)
    rbar = result.spans["g"]["rbar"][0]
    error = np.sqrt((result.cars[0].s_exact ** 2).sum() * (1 + 9 * rbar)) / 10
    np.testing.assert_allclose(path.high[-1], stats.norm.ppf(0.975) * error, 1e-9)
    np.testing.assert_allclose(path.low, -path.high)


@pytest.mark.parametrize("digits", [0, 1, 12, 16])
@pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e300])
def test_ranks_equal_scipys_with_ties_and_gaps(digits: int, size: float) -> None:
    values = size * np.round(np.random.default_rng(digits).standard_normal((50, 30)), digits)
    values[:10, 3] = np.nextafter(values[:10, 7], np.inf)  # as near as two numbers can be
    values[np.random.default_rng(1).random(values.shape) < 0.1] = np.nan
    pooled, alone = _ranks(values, 20)
    np.testing.assert_array_equal(pooled, np.nan_to_num(stats.rankdata(values, axis=1, nan_policy="omit")))
    np.testing.assert_array_equal(alone, np.nan_to_num(stats.rankdata(values[:, :20], axis=1, nan_policy="omit")))
