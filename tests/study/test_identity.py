"""The dummy regression of Karafiath (1988) as a second opinion: statsmodels on both windows, one dummy a session of the event window."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests

from newslink.study import StudySpec, run_study
from newslink.study.significance import adjusted_p
from newslink.study.tables import TABLES
from tests.study.conftest import made_events, made_panel


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("model", ["market", "mean"])
def test_dummy_coefficients_are_the_abnormal_returns_with_their_errors(seed: int, model: str) -> None:
    panel = made_panel(seed, missing=0.05 if seed % 2 else 0.0)
    rng = np.random.default_rng(seed)
    rows = rng.integers(150, 290, 8)
    events = made_events(panel.names[rng.integers(0, len(panel.names), 8)], panel.dates[rows])
    spec = StudySpec(model, "simple", (-121, -11), (-4, 6), ((0, 0), (-1, 1), (-4, 6), (2, 5)), max_missing=11)
    result = run_study(panel, events, spec, strict=False)
    assert len(result.kept) >= 4
    for place, at in enumerate(result.kept):
        row = int(np.searchsorted(panel.dates, events.session[at]))
        column = list(panel.names).index(events.security[at])
        y = np.concatenate([panel.returns[row - 121 : row - 10, column], panel.returns[row - 4 : row + 7, column]])
        x = np.concatenate([panel.market[row - 121 : row - 10], panel.market[row - 4 : row + 7]])
        dummies = np.vstack([np.zeros((111, 11)), np.eye(11)])
        there = np.isfinite(y)
        used = dummies[there].any(axis=0)
        base = np.ones((there.sum(), 1)) if model == "mean" else np.column_stack([np.ones(there.sum()), x[there]])
        fitted = sm.OLS(y[there], np.column_stack([base, dummies[there][:, used]])).fit()
        skip = base.shape[1]
        np.testing.assert_allclose(result.abnormal[place][used], fitted.params[skip:], 1e-9, 1e-13)
        np.testing.assert_allclose(result.error[place][used], fitted.bse[skip:], 1e-9)
        assert np.isnan(result.abnormal[place][~used]).all()
        for each in result.cars:
            weight = np.zeros(len(fitted.params))
            inside = [tau for tau in range(11) if used[tau] and each.start <= tau - 4 <= each.end]
            weight[[skip + int(used[:tau].sum()) for tau in inside]] = 1
            test = fitted.t_test(weight)
            np.testing.assert_allclose([each.car[place], each.s_exact[place]], [test.effect[0], test.sd[0, 0]], 1e-9, 1e-13)
            p = TABLES["car"](result, "r").query(f"event_id == {events.id[at]} and start == {each.start} and end == {each.end}")["p_exact"]
            np.testing.assert_allclose(p.iloc[0], float(test.pvalue), 1e-7)


def test_benjamini_hochberg_equals_statsmodels_and_leaves_unknowns_out() -> None:
    p = np.random.default_rng(4).random(40) ** 2
    np.testing.assert_allclose(adjusted_p(p), multipletests(p, method="fdr_bh")[1], 1e-12)
    holed = np.insert(p, [3, 10], np.nan)
    assert np.isnan(adjusted_p(holed)[[3, 11]]).all()
    np.testing.assert_allclose(adjusted_p(holed)[np.isfinite(holed)], adjusted_p(p))


def test_an_effect_put_in_is_found_and_its_size_with_it() -> None:
    panel = made_panel(9, sessions=800, securities=30)
    rng = np.random.default_rng(1)
    rows, columns = rng.choice(np.arange(150, 780), 40, replace=False), rng.integers(0, 30, 40)
    returns = panel.returns.copy()
    returns[rows, columns] += 0.03
    moved = type(panel)(panel.dates, panel.names, returns, panel.market)
    result = run_study(moved, made_events(panel.names[columns], panel.dates[rows]), StudySpec())
    day = result.spans["g"]
    assert abs(day["mean"][0] - 0.03) < 0.01
    for p in ("p_kp", "p_bmp", "p_patell", "p_rank", "p_grank", "p_gsign", "p_cross"):
        assert day[p][0] < 0.001, p
    assert abs(result.daily["g"]["mean"][8]) < 0.015 and result.daily["g"]["p_kp"][8] > 0.01
