"""The shared studies with expected figures, number by number; what R packages say of them is in test_estudy2 and test_eventstudy_r."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from newslink.study import Events, Panel, StudySpec, run_study
from newslink.study.tables import TABLES
from tests.study.stocknet import MODELS, RUNS, agree, stocknet


@pytest.fixture(scope="module")
def results(shared):
    return {(run, model): stocknet(shared, run, model) for run in RUNS for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("run", list(RUNS))
@pytest.mark.parametrize("table", ["fit", "ar", "car", "aar", "caar"])
def test_every_number_of_the_stocknet_study_is_reproduced(shared, results, table: str, run: str, model: str) -> None:
    expected = pd.read_csv(shared / "eventstudy/stocknet_us" / f"expected_{table}.csv")
    expected = expected[(expected["run"] == run) & (expected["model"] == model)].reset_index(drop=True)
    assert len(expected) > 10
    keys = [name for name in ("event_id", "group", "tau", "start", "end") if name in expected]
    agree(TABLES[table](results[run, model], run), expected, keys)


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
