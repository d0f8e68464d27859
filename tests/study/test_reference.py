"""All of the shared event studies with expected figures, number by number."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from newslink.study import Events, Panel, StudySpec, panel_from_levels, run_study
from newslink.study.tables import TABLES

RUNS = {
    "P1": ("simple", (-130, -11), (-10, 10), ((0, 0), (0, 1), (-1, 1), (-5, 5), (1, 10), (-10, 10))),
    "P2": ("log", (-280, -31), (-5, 5), ((0, 0), (0, 1), (-1, 1), (1, 5), (-5, 5))),
}
MODELS = ("market", "mean", "adjusted")


@pytest.fixture(scope="module")
def stocknet(shared):
    folder = shared / "eventstudy/stocknet_us"
    prices, market, events = (pd.read_csv(folder / f"{name}.csv") for name in ("adj_close", "market_level", "events"))
    given = Events(
        events["event_id"].to_numpy(object), events["group"].to_numpy(object), events["ticker"].to_numpy(object),
        events["event_date"].to_numpy("datetime64[D]"),
    )  # fmt: skip
    results = {}
    for run, (returns, estimation, window, cars) in RUNS.items():
        panel = panel_from_levels(
            prices["Date"].to_numpy("datetime64[D]"), prices.columns[1:].to_numpy(object), prices.iloc[:, 1:].to_numpy(),
            market.iloc[:, 1].to_numpy(), returns,
        )  # fmt: skip
        for model in MODELS:
            results[run, model] = run_study(panel, given, StudySpec(model, returns, estimation, window, cars))
    return folder, results


def agree(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    assert list(found.columns) == list(expected.columns) and len(found) == len(expected)
    found, expected = (frame.sort_values(keys, kind="stable").reset_index(drop=True) for frame in (found, expected))
    for name in expected:
        if expected[name].dtype.kind in "fi":
            ours = found[name].to_numpy(float, na_value=np.nan)
            np.testing.assert_allclose(ours, expected[name].to_numpy(float), 1e-8, 1e-12, err_msg=name)
        else:
            assert found[name].fillna("").astype(str).tolist() == expected[name].fillna("").astype(str).tolist(), name


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("run", list(RUNS))
@pytest.mark.parametrize("table", ["fit", "ar", "car", "aar", "caar"])
def test_every_number_of_the_stocknet_study_is_reproduced(stocknet, table: str, run: str, model: str) -> None:
    folder, results = stocknet
    expected = pd.read_csv(folder / f"expected_{table}.csv")
    expected = expected[(expected["run"] == run) & (expected["model"] == model)].reset_index(drop=True)
    assert len(expected) > 10
    keys = [name for name in ("event_id", "group", "tau", "start", "end") if name in expected]
    agree(TABLES[table](results[run, model], run), expected, keys)


def test_estudy2_agrees_on_complete_data_where_the_textbook_does(stocknet) -> None:
    """cross_estudy2_aar holds another package's numbers: its Patell is ours times exactly sqrt((L1 − 1)/(L1 − 2))."""
    folder, results = stocknet
    other = pd.read_csv(folder / "cross_estudy2_aar.csv")
    assert len(other) > 30
    for run in other["run"].unique():
        ours = TABLES["aar"](results[run, "market"], run)
        length = RUNS[run][1][1] - RUNS[run][1][0] + 1
        both = other[other["run"] == run].merge(ours, on=["group", "tau"], suffixes=("_other", ""))
        assert len(both) == (other["run"] == run).sum()
        for theirs, mine, factor in (
            ("mean_other", "mean", 1), ("t_test", "t_cross", 1), ("bw_1985", "t_crude", 1), ("bmp", "t_bmp", 1),
            ("patell", "z_patell", np.sqrt((length - 1) / (length - 2))), ("sign", "z_sign", 1), ("gsign", "z_gsign", 1),
            ("rank", "z_rank", 1),
        ):  # fmt: skip
            np.testing.assert_allclose(both[theirs], both[mine] * factor, 1e-8, 1e-11, err_msg=f"{run} {theirs}")


def test_the_tiny_study_gives_exact_fractions(shared) -> None:
    tiny = json.loads((shared / "eventstudy/tiny/market_model.json").read_text())
    returns = np.array([*tiny["est_firm"], *tiny["evt_firm"]])[:, None]
    market = np.array([*tiny["est_market"], *tiny["evt_market"]])
    dates = np.arange("2024-01-01", "2024-01-08", dtype="datetime64[D]")
    spec = StudySpec("market", "simple", (-5, -1), (0, 1), ((0, 1),), minimum=5)
    one = Events(*(np.array([value], dtype=object) for value in (1, "g", "X")), dates[5:6])
    result = run_study(Panel(dates, np.array(["X"], dtype=object), returns, market), one, spec)
    fit = TABLES["fit"](result, "r").iloc[0]
    car = TABLES["car"](result, "r").iloc[0]
    ar = TABLES["ar"](result, "r")
    expected = [tiny[name] for name in ("alpha", "beta", "sigma2", "dof")]
    np.testing.assert_allclose([fit.alpha, fit.beta, fit.sigma**2, fit.dof], expected, 1e-12)
    np.testing.assert_allclose(ar["ar"], tiny["ar"], 1e-12)
    np.testing.assert_allclose((ar["s_ar"] / fit.sigma) ** 2, tiny["C"], 1e-12)
    np.testing.assert_allclose(ar["sar"], tiny["t_ar"], 1e-12)
    np.testing.assert_allclose(
        [car.car, (car.s_exact / fit.sigma) ** 2, car.scar, car.t_simple],
        [tiny["car"], tiny["car_var_over_sigma2"], tiny["t_car_exact"], tiny["t_car_simple"]], 1e-12,
    )  # fmt: skip


@pytest.fixture(scope="module")
def covid(shared):
    folder = shared / "eventstudy/estudy2_covid"
    table = pd.read_csv(folder / "input_log_returns.csv")
    names = table.columns[1:-1].to_numpy(object)
    dates = table["date"].to_numpy("datetime64[D]")
    panel = Panel(dates, names, table[list(names)].to_numpy(float), table["GSPC"].to_numpy(float))
    zero = int(np.searchsorted(dates, np.datetime64("2020-03-16")))
    events = Events(names, np.full(7, "g", dtype=object), names, np.full(7, dates[zero]))
    results = {model: run_study(panel, events, StudySpec(model, "log", (-zero, -1), (0, 4), ((0, 4),))) for model in MODELS}
    return folder, panel, zero, results


def test_firms_listed_inside_the_window_are_estimated_on_the_days_they_have(covid) -> None:
    folder, _, _, results = covid
    fit = TABLES["fit"](results["market"], "r").set_index("ticker")
    expected = pd.read_csv(folder / "expected_market_model.csv").set_index("ticker")
    assert fit["L1"].tolist() == expected["L1"].tolist() == [240, 227, 212, 240, 240, 240, 240]
    for ours, theirs in (("alpha", "alpha"), ("beta", "beta"), ("sigma", "s_ddof2")):
        np.testing.assert_allclose(fit[ours], expected[theirs], 1e-8, 1e-12)


@pytest.mark.parametrize(("model", "name"), [("market", ""), ("mean", "_mean_adj"), ("adjusted", "_mrkt_adj")])
def test_abnormal_returns_means_and_the_two_t_tests_equal_estudy2_with_missing_data(covid, model: str, name: str) -> None:
    folder, panel, _, results = covid
    expected = pd.read_csv(folder / f"expected_ar_event{name}.csv")[list(panel.names)].to_numpy()
    np.testing.assert_allclose(results[model].abnormal.T, expected, 1e-8, 1e-12)
    ours = TABLES["aar"](results[model], "r")
    theirs = pd.read_csv(folder / f"expected_parametric{name or '_sim'}.csv")
    for mine, other in (("mean", "mean"), ("t_cross", "t_test_stat"), ("t_crude", "bw_1985_stat")):
        np.testing.assert_allclose(ours[mine], theirs[other], 1e-8, 1e-12, err_msg=mine)
    if model == "market":
        whole = pd.read_csv(folder / "expected_car_parametric_sim.csv").set_index("name")
        caar = TABLES["caar"](results[model], "r").iloc[0]
        # Their car_mean is a mean daily abnormal return.
        np.testing.assert_allclose(caar["mean"] / 5, whole.loc["car_brown_warner_1985", "car_mean"], 1e-8)
        np.testing.assert_allclose(caar["t_crude"], whole.loc["car_brown_warner_1985", "statistic"], 1e-8)


def test_the_signs_equal_estudy2_and_its_generalised_sign_pools_firms_instead_of_averaging_them(covid) -> None:
    folder, panel, zero, results = covid
    ours = TABLES["aar"](results["market"], "r")
    theirs = pd.read_csv(folder / "expected_nonparametric_sim.csv")
    np.testing.assert_allclose(ours["z_sign"], theirs["sign_stat"], 1e-8, 1e-12)
    quiet = results["market"].fit.residual
    there = np.isfinite(quiet)
    pooled = (quiet[there] > 0).mean()
    np.testing.assert_allclose((ours["pos"] - 7 * pooled) / np.sqrt(7 * pooled * (1 - pooled)), theirs["gsign_stat"], 1e-8)
    averaged = np.mean([(row[np.isfinite(row)] > 0).mean() for row in quiet])
    np.testing.assert_allclose((ours["pos"] - 7 * averaged) / np.sqrt(7 * averaged * (1 - averaged)), ours["z_gsign"], 1e-10)


def test_patell_and_bmp_part_from_estudy2_exactly_by_its_late_listing_formulas(covid) -> None:
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
    np.testing.assert_allclose(s.mean(axis=0) * np.sqrt(7) / s.std(axis=0, ddof=1), theirs["bh_stat"], 1e-8)
    # The same two with the textbook's own moments are ours, and near: the five complete firms do not differ at all.
    ours = TABLES["aar"](result, "r")
    np.testing.assert_allclose(ours["z_patell"], theirs["pt_stat"], 0.005)
    np.testing.assert_allclose(ours["t_bmp"], theirs["bh_stat"], 0.005)
    complete = length == 240
    np.testing.assert_allclose((s * dof1[:, None] / result.fit.sigma[:, None])[complete], (result.abnormal / result.error)[complete], 1e-10)


def test_the_rank_test_with_missing_days_follows_its_formula(covid) -> None:
    result = covid[3]["market"]
    pool = np.hstack([result.fit.residual, result.abnormal])
    ranks = np.full(pool.shape, np.nan)
    for at, row in enumerate(pool):
        there = np.isfinite(row)
        ranks[at, there] = rankdata(row[there]) / (there.sum() + 1) - 0.5
    days = [column[np.isfinite(column)] for column in ranks.T]
    mean = np.array([day.mean() for day in days])
    spread = np.sqrt(np.mean([len(day) / 7 * day.mean() ** 2 for day in days]))
    np.testing.assert_allclose(TABLES["aar"](result, "r")["z_rank"], mean[240:] / spread, 1e-10)
    np.testing.assert_allclose(TABLES["caar"](result, "r")["z_rank"], np.sqrt(5) * mean[240:].mean() / spread, 1e-10)
