"""Every figure of the R package estudy2 on the shared inputs: equal to ours, or ours with the named difference put in, exactly.

Where a firm was listed inside the window the package leaves the textbook in four places, each shown here: the market's moments over days the
firm does not have (Patell, BMP), the days of all firms averaged in place of the days there are, and a day's sum scaled up to all firms
before it is divided by the root of those present (ranks, Corrado's sign). The last two make its rank tests too careful: see the last test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from newslink.study import Events, Panel, StudySpec, panel_from_levels, run_study
from newslink.study.tables import TABLES
from tests.study.conftest import made_events, made_panel
from tests.study.stocknet import MODELS, RUNS, stocknet

FIRMS = 7


def wilcoxon(abnormal: np.ndarray) -> list[float]:
    """Sum of the ranks of sizes that belong to positive abnormal returns, day by day."""
    return [float((rankdata(np.abs(day)) * (day > 0)).sum()) for day in abnormal.T]


def test_on_complete_data_estudy2_agrees_but_for_the_freedom_of_its_patell(shared) -> None:
    """Its Patell is ours times exactly sqrt((L1 − 1)/(L1 − 2)): a residual s.d. with ddof 1."""
    other = pd.read_csv(shared / "eventstudy/stocknet_us/cross_estudy2_aar.csv")
    assert len(other) == 64
    for run, (_, (start, end), window, _) in RUNS.items():
        result = stocknet(shared, run, "market", (window,))
        both = other[other["run"] == run].merge(TABLES["aar"](result, run), on=["group", "tau"], suffixes=("_other", ""))
        assert len(both) == (other["run"] == run).sum()
        length = end - start + 1
        for theirs, mine, factor in (
            ("mean_other", "mean", 1), ("t_test", "t_cross", 1), ("bw_1985", "t_crude", 1), ("bmp", "t_bmp", 1),
            ("patell", "z_patell", np.sqrt((length - 1) / (length - 2))), ("sign", "z_sign", 1), ("gsign", "z_gsign", 1),
            ("rank", "z_rank", 1), ("mrank", "z_rank", 1),
        ):  # fmt: skip
            np.testing.assert_allclose(both[theirs], both[mine] * factor, 1e-8, 1e-11, err_msg=f"{run} {theirs}")
        whole = pd.read_csv(shared / "eventstudy/stocknet_us/cross_estudy2_caar.csv").query(f"run == '{run}'").set_index("group")
        assert sorted(whole.index) == ["banks", "brexit"]
        for group, theirs in whole.iterrows():
            mine = result.events.group[result.kept] == group
            assert both.loc[both["group"] == group, "wilcoxon"].tolist() == wilcoxon(result.abnormal[mine])
            ours = {name: values[0] for name, values in result.spans[group].items()}
            expected = [ours["z_rank"], ours["t_crude"], ours["mean"] / (window[1] - window[0] + 1)]
            np.testing.assert_allclose([theirs["car_rank"], theirs["car_bw_1985"], theirs["mean_daily_ar"]], expected, 1e-8, 1e-11)


@pytest.fixture(scope="module")
def covid(shared):
    folder = shared / "eventstudy/estudy2_covid"
    table = pd.read_csv(folder / "input_log_returns.csv")
    names = table.columns[1:-1].to_numpy(object)
    dates = table["date"].to_numpy("datetime64[D]")
    panel = Panel(dates, names, table[list(names)].to_numpy(float), table["GSPC"].to_numpy(float))
    zero = int(np.searchsorted(dates, np.datetime64("2020-03-16")))
    events = Events(names, np.full(FIRMS, "g", dtype=object), names, np.full(FIRMS, dates[zero]))
    results = {model: run_study(panel, events, StudySpec(model, "log", (-zero, -1), (0, 4), ((0, 4),))) for model in MODELS}
    return folder, panel, zero, results


def test_the_log_returns_are_those_of_its_prices(covid) -> None:
    folder, panel, _, _ = covid
    prices = pd.read_csv(folder / "input_prices.csv")
    found = panel_from_levels(
        prices["date"].to_numpy("datetime64[D]"), panel.names, prices[list(panel.names)].to_numpy(), prices["GSPC"].to_numpy(), "log"
    )
    assert np.array_equal(found.dates[1:], panel.dates)
    np.testing.assert_allclose(found.returns[1:], panel.returns, 1e-8, 1e-12)
    np.testing.assert_allclose(found.market[1:], panel.market, 1e-8, 1e-12)


def test_firms_listed_inside_the_window_are_estimated_on_the_days_they_have(covid) -> None:
    folder, panel, zero, results = covid
    fit = TABLES["fit"](results["market"], "r").set_index("ticker")
    expected = pd.read_csv(folder / "expected_market_model.csv").set_index("ticker")
    assert fit["L1"].tolist() == expected["L1"].tolist() == [240, 227, 212, 240, 240, 240, 240]
    for ours, theirs in (("alpha", "alpha"), ("beta", "beta"), ("sigma", "s_ddof2")):
        np.testing.assert_allclose(fit[ours], expected[theirs], 1e-8, 1e-12)
    # Every session of its table, the eight after the event window as well.
    longer = StudySpec("market", "log", (-zero, -1), (0, len(panel.dates) - zero - 1), ())
    found = run_study(panel, results["market"].events, longer)
    every = pd.read_csv(folder / "expected_ar_all.csv")[list(panel.names)].to_numpy()
    np.testing.assert_allclose(np.hstack([found.fit.residual, found.abnormal]).T, every, 1e-8, 1e-12)


@pytest.mark.parametrize(("model", "name"), [("market", ""), ("mean", "_mean_adj"), ("adjusted", "_mrkt_adj")])
def test_abnormal_returns_and_the_t_tests_are_equal_with_missing_data(covid, model: str, name: str) -> None:
    folder, panel, _, results = covid
    expected = pd.read_csv(folder / f"expected_ar_event{name}.csv")[list(panel.names)].to_numpy()
    np.testing.assert_allclose(results[model].abnormal.T, expected, 1e-8, 1e-12)
    ours = TABLES["aar"](results[model], "r")
    theirs = pd.read_csv(folder / f"expected_parametric{name or '_sim'}.csv")
    for mine, other in (("mean", "mean"), ("t_cross", "t_test_stat"), ("t_crude", "bw_1985_stat")):
        np.testing.assert_allclose(ours[mine], theirs[other], 1e-8, 1e-12, err_msg=mine)
    # Brown & Warner (1980): firms as if independent, each with its own variance about its mean.
    quiet = results[model].windows.er - results[model].windows.em if model == "adjusted" else results[model].fit.residual
    alone = np.sqrt(np.nanvar(quiet, axis=1, ddof=1).sum()) / FIRMS
    np.testing.assert_allclose(ours["mean"] / alone, theirs["bw_1980_stat"], 1e-8)


def test_the_tests_of_the_whole_window_are_equal(covid) -> None:
    folder, panel, zero, results = covid
    whole = pd.read_csv(folder / "expected_car_parametric_sim.csv").set_index("name")
    caar = TABLES["caar"](results["market"], "r").iloc[0]
    # Their car_mean is a mean daily abnormal return.
    np.testing.assert_allclose(caar["mean"] / 5, whole.loc["car_brown_warner_1985", "car_mean"], 1e-8)
    np.testing.assert_allclose(caar["t_crude"], whole.loc["car_brown_warner_1985", "statistic"], 1e-8)
    # Lamb (1995): the portfolio's own spread, with the forecast correction of a portfolio of the mean length.
    result, market = results["market"], panel.market
    moved = market[zero : zero + 5] - market[:zero].mean()
    spread = ((market[:zero] - market[:zero].mean()) ** 2).sum()
    error = np.nanstd(np.nanmean(result.fit.residual, axis=0), ddof=1) * np.sqrt(1 + 1 / result.fit.L1.mean() + moved**2 / spread)
    lamb = result.abnormal.mean(axis=0) / error
    np.testing.assert_allclose(lamb, pd.read_csv(folder / "expected_parametric_sim.csv")["lmb_stat"], 1e-8)
    np.testing.assert_allclose(lamb.sum() / np.sqrt(5), whole.loc["car_lamb", "statistic"], 1e-8)


def test_patell_and_bmp_part_from_estudy2_exactly_by_its_moments_of_the_market(covid) -> None:
    """Its forecast correction takes the market's moments over all estimation sessions, its Patell a residual s.d. with ddof 1."""
    folder, panel, zero, results = covid
    theirs = pd.read_csv(folder / "expected_parametric_sim.csv")
    result = results["market"]
    market = panel.market
    dof1 = pd.read_csv(folder / "expected_market_model.csv")["s_ddof1"].to_numpy()
    moved = market[zero : zero + 5] - market[:zero].mean()
    spread = ((market[:zero] - market[:zero].mean()) ** 2).sum()
    length = result.fit.L1
    error = dof1[:, None] * np.sqrt(1 + 1 / length[:, None] + moved[None, :] ** 2 / spread)
    s = result.abnormal / error
    np.testing.assert_allclose(s.sum(axis=0) / np.sqrt(((length - 2) / (length - 4)).sum()), theirs["pt_stat"], 1e-8)
    np.testing.assert_allclose(s.mean(axis=0) * np.sqrt(FIRMS) / s.std(axis=0, ddof=1), theirs["bh_stat"], 1e-8)
    # The same two with the textbook's own moments are ours, and near: the five complete firms do not differ at all.
    ours = TABLES["aar"](result, "r")
    np.testing.assert_allclose(ours["z_patell"], theirs["pt_stat"], 0.005)
    np.testing.assert_allclose(ours["t_bmp"], theirs["bh_stat"], 0.005)
    complete = length == 240
    np.testing.assert_allclose((s * dof1[:, None] / result.fit.sigma[:, None])[complete], (result.abnormal / result.error)[complete], 1e-10)


def test_the_signs_are_equal_but_that_it_pools_the_firms_days(covid) -> None:
    folder, panel, zero, results = covid
    result = results["market"]
    ours = TABLES["aar"](result, "r")
    theirs = pd.read_csv(folder / "expected_nonparametric_sim.csv")
    np.testing.assert_allclose(ours["z_sign"], theirs["sign_stat"], 1e-8, 1e-12)
    quiet = result.fit.residual
    there = np.isfinite(quiet)
    pooled = (quiet[there] > 0).mean()
    np.testing.assert_allclose((ours["pos"] - FIRMS * pooled) / np.sqrt(FIRMS * pooled * (1 - pooled)), theirs["gsign_stat"], 1e-8)
    averaged = np.mean([(row[np.isfinite(row)] > 0).mean() for row in quiet])
    np.testing.assert_allclose((ours["pos"] - FIRMS * averaged) / np.sqrt(FIRMS * averaged * (1 - averaged)), ours["z_gsign"], 1e-10)
    assert theirs["wlcx_stat"].tolist() == wilcoxon(result.abnormal)


def as_estudy2(scores: np.ndarray, root: bool = True) -> np.ndarray:
    """Its statistic of every day from scores (ranks or signs about their middle), firm × day of both windows, NaN where there is none.

    A day's sum is the mean times all firms; it is divided by the firms present (or their root) and held against the root mean square of
    every day, the mean taken over the average number of days a firm has.
    """
    present = np.isfinite(scores).sum(axis=0)
    day = np.nanmean(scores, axis=0) * len(scores) / (np.sqrt(present) if root else present)
    return day / np.sqrt(np.nansum(day**2) / np.isfinite(scores).sum(axis=1).mean())


def test_its_rank_and_median_sign_tests_with_missing_days_are_reproduced(covid) -> None:
    folder, panel, zero, results = covid
    theirs = pd.read_csv(folder / "expected_nonparametric_sim.csv")
    pool = np.hstack([results["market"].fit.residual, results["market"].abnormal])
    days = np.isfinite(pool).sum(axis=1)[:, None]
    ranks = rankdata(pool, axis=1, nan_policy="omit")
    np.testing.assert_allclose(as_estudy2(ranks - (days + 1) / 2, root=False)[240:], theirs["rank_stat"], 1e-8)
    np.testing.assert_allclose(as_estudy2(ranks / (days + 1) - 0.5)[240:], theirs["mrank_stat"], 1e-8)
    np.testing.assert_allclose(as_estudy2(np.sign(pool - np.nanmedian(pool, axis=1, keepdims=True)))[240:], theirs["csign_stat"], 1e-8)
    # Its rank test of a whole window takes one middle rank for firms of different lengths.
    middle = ((days + 1) / 2).mean()
    spread = np.sqrt(((np.nanmean(ranks, axis=0) - middle) ** 2).sum() / days.mean())
    whole = pd.read_csv(folder / "expected_car_nonparametric_sim.csv")["statistic"][0]
    np.testing.assert_allclose(np.sqrt(5) * (ranks[:, 240:].mean() - middle) / spread, whole, 1e-8)


def test_ours_is_the_same_without_its_two_scalings(covid) -> None:
    """Corrado & Zivney (1992): the days there are, and a day's own root of firms. 0.878 against its 0.850 on the first day."""
    folder, panel, zero, results = covid
    pool = np.hstack([results["market"].fit.residual, results["market"].abnormal])
    scores = rankdata(pool, axis=1, nan_policy="omit") / (np.isfinite(pool).sum(axis=1)[:, None] + 1) - 0.5
    present = np.isfinite(pool).sum(axis=0)
    day = np.sqrt(present) * np.nanmean(scores, axis=0)
    ours = TABLES["aar"](results["market"], "r")["z_rank"]
    np.testing.assert_allclose(ours, (day / np.sqrt((day**2).mean()))[240:], 1e-10)
    theirs = pd.read_csv(folder / "expected_nonparametric_sim.csv")["mrank_stat"]
    assert [round(ours[0], 3), round(theirs[0], 3)] == [0.878, 0.850]
    np.testing.assert_allclose(TABLES["caar"](results["market"], "r")["z_rank"], ours.sum() / np.sqrt(5), 1e-10)


def test_by_chance_alone_ours_has_the_spread_a_test_needs_and_its_own_falls_short() -> None:
    """Half the firms listed after two thirds of the estimation window: a statistic held against N(0, 1) must have a variance of one."""
    ours, theirs, spec = [], [], StudySpec(estimation=(-90, -1), window=(0, 0), cars=(), minimum=20)
    for seed in range(500):
        panel = made_panel(seed, sessions=91, securities=12)
        returns = panel.returns.copy()
        returns[:60, 6:] = np.nan
        result = run_study(
            Panel(panel.dates, panel.names, returns, panel.market), made_events(panel.names, [panel.dates[90]] * 12), spec
        )  # fmt: skip
        pool = np.hstack([result.fit.residual, result.abnormal])
        scores = rankdata(pool, axis=1, nan_policy="omit") / (np.isfinite(pool).sum(axis=1)[:, None] + 1) - 0.5
        ours.append(result.daily["g"]["z_rank"][0])
        theirs.append(as_estudy2(scores)[-1])
    # The standard error of a standard deviation from 500 draws is 0.03.
    assert abs(np.std(ours) - 1) < 0.1 and np.std(theirs) < 0.8
