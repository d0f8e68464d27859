"""A researcher's own files with everything that happens to prices, through the command, against OLS of statsmodels event by event."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from newslink.cli import main
from tests.study.stocknet import MODELS

SESSIONS, FIRMS = 420, 8
# (firm, session): firm 0 is listed at 150, firm 1 leaves after 302, firm 2 is halted from 200 to 205; several events of one firm.
EVENTS = (
    (0, 250), (0, 300), (1, 300), (1, 290), (2, 203), (2, 206), (2, 207), (2, 260), (3, 300), (3, 303), (4, 350), (5, 350), (6, 350),
    (7, 131), (7, 130), (7, 418), (1, 310),
)  # fmt: skip
LEFT_OUT = {
    5: "suspended_on_event", 6: "suspended_on_event", 7: "too_many_missing", 15: "insufficient_history", 16: "insufficient_future",
    17: "suspended_on_event",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rng = np.random.default_rng(5)
    change = rng.standard_t(5, SESSIONS) * 0.01
    own = change[:, None] * rng.uniform(0.5, 1.5, FIRMS) + rng.standard_t(5, (SESSIONS, FIRMS)) * 0.015
    prices = 50 * np.exp(np.cumsum(own, axis=0))
    prices[:150, 0], prices[303:, 1], prices[200:206, 2] = np.nan, np.nan, np.nan
    prices[rng.random(prices.shape) < 0.01] = np.nan
    place = tmp_path_factory.mktemp("files")
    dates = np.busday_offset("2018-01-01", np.arange(SESSIONS), roll="forward").astype(str)
    wide = pd.DataFrame(prices, columns=[f"F{firm}" for firm in range(FIRMS)])
    wide.insert(0, "Date", dates)
    wide.to_csv(place / "prices.csv", index=False)
    pd.DataFrame({"Date": dates, "I": 1000 * np.exp(np.cumsum(change))}).to_csv(place / "market.csv", index=False)
    pd.DataFrame([(f"F{firm}", dates[row]) for firm, row in EVENTS], columns=["ticker", "event_date"]).to_csv(place / "events.csv", index=False)
    return place


def returns_of(levels: np.ndarray, kind: str) -> np.ndarray:
    grown = levels[1:] / levels[:-1]
    return np.concatenate([np.full((1, *levels.shape[1:]), np.nan), np.log(grown) if kind == "log" else grown - 1])


def plain(y: np.ndarray, x: np.ndarray, later: np.ndarray, market: np.ndarray, model: str) -> tuple[np.ndarray, np.ndarray]:
    """(abnormal returns of the event window, their covariance) by OLS with forecast errors; y, x: of the estimation window."""
    there, size = np.isfinite(y), len(later)
    if model == "adjusted":
        return later - market, np.var((y - x)[there], ddof=1) * np.eye(size)
    base, ahead = (np.ones((there.sum(), 1)), np.ones((size, 1))) if model == "mean" else (
        sm.add_constant(x[there]), sm.add_constant(market, has_constant="add"),
    )  # fmt: skip
    fitted = sm.OLS(y[there], base).fit()
    return later - ahead @ fitted.params, fitted.scale * np.eye(size) + ahead @ fitted.cov_params() @ ahead.T


@pytest.mark.parametrize("returns", ["simple", "log"])
@pytest.mark.parametrize("model", MODELS)
def test_late_listed_delisted_halted_and_repeated_events_are_those_of_ols(folder, tmp_path, model: str, returns: str) -> None:
    files = [word for name in ("prices", "market", "events") for word in (f"--{name}", str(folder / f"{name}.csv"))]
    assert main([
        "study", *files, "--model", model, "--returns", returns, "--estimation=-130:-11", "--window=-2:2", "--cars=0:0,-1:1",
        "--max-loss", "0.5", "--output", str(tmp_path),
    ]) == 0  # fmt: skip
    assert pd.read_csv(tmp_path / "excluded.csv").set_index("event_id")["reason"].to_dict() == LEFT_OUT
    own = returns_of(pd.read_csv(folder / "prices.csv").iloc[:, 1:].to_numpy(), returns)
    market = returns_of(pd.read_csv(folder / "market.csv")["I"].to_numpy(), returns)
    single = pd.read_csv(tmp_path / "ar.csv").set_index("event_id")
    sums = pd.read_csv(tmp_path / "car.csv").set_index(["event_id", "start", "end"])
    gaps = 0
    for number, (firm, row) in enumerate(EVENTS, 1):
        if number in LEFT_OUT:
            continue
        before, window = slice(row - 130, row - 10), slice(row - 2, row + 3)
        abnormal, covariance = plain(own[before, firm], market[before], own[window, firm], market[window], model)
        gaps += np.isnan(abnormal).sum() + np.isnan(own[before, firm]).sum()
        found = single.loc[number]
        np.testing.assert_allclose(found["ar"], abnormal, 1e-8, 1e-12)
        np.testing.assert_allclose(found["s_ar"], np.where(np.isfinite(found["ar"]), np.sqrt(np.diag(covariance)), found["s_ar"]), 1e-8)
        for start, end in ((0, 0), (-1, 1)):
            inside = np.isfinite(abnormal) & (np.arange(-2, 3) >= start) & (np.arange(-2, 3) <= end)
            car = sums.loc[(number, start, end)]
            np.testing.assert_allclose([car["car"], car["s_exact"]], [abnormal[inside].sum(), np.sqrt(inside @ covariance @ inside)], 1e-8)
    assert gaps > 20
