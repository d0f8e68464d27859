"""Indicators against pandas, against figures worked by hand, and at their edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from newslink.chart import indicators

CLOSE = 20 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.02, 200)))


@pytest.mark.parametrize("window", [1, 5, 60, 200, 201])
def test_ma_is_the_rolling_mean(window):
    np.testing.assert_allclose(indicators.ma(CLOSE, window), pd.Series(CLOSE).rolling(window).mean(), rtol=1e-12)


@pytest.mark.parametrize("window", [12, 26])
def test_ema_is_the_recursive_mean_from_the_first_value(window):
    np.testing.assert_allclose(indicators.ema(CLOSE, window), pd.Series(CLOSE).ewm(span=window, adjust=False).mean(), rtol=1e-12)


def test_boll_is_two_sample_deviations_around_the_mean():
    middle, upper, lower = indicators.boll(CLOSE)
    rolling = pd.Series(CLOSE).rolling(20)
    np.testing.assert_allclose(upper, rolling.mean() + 2 * rolling.std(), rtol=1e-10)
    np.testing.assert_allclose(middle - lower, upper - middle, rtol=1e-8)


def test_macd_bar_is_twice_the_distance_of_its_lines():
    close = pd.Series(CLOSE)
    dif = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    dea = dif.ewm(span=9, adjust=False).mean()
    for mine, theirs in zip(indicators.macd(CLOSE), (dif, dea, 2 * (dif - dea)), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("window", [6, 12, 24])
def test_rsi_is_the_smoothed_share_of_rises(window):
    move = pd.Series(CLOSE).diff().iloc[1:]
    rises = move.clip(lower=0).ewm(alpha=1 / window, adjust=False).mean()
    expected = 100 * rises / move.abs().ewm(alpha=1 / window, adjust=False).mean()
    found = indicators.rsi(CLOSE, window)
    assert np.isnan(found[:window]).all()
    np.testing.assert_allclose(found[window:], expected.iloc[window - 1 :], rtol=1e-10)


def test_a_price_that_never_moves_has_no_rsi_and_one_that_only_rises_has_a_hundred():
    assert np.isnan(indicators.rsi(np.full(30, 8.0), 6)).all()
    np.testing.assert_allclose(indicators.rsi(np.arange(1.0, 31.0), 6)[6:], 100.0)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_short_histories_give_short_curves(size):
    close = CLOSE[:size]
    for curve in (
        indicators.ma(close, 5),
        indicators.ema(close, 5),
        *indicators.boll(close),
        *indicators.macd(close),
        indicators.rsi(close, 6),
    ):
        assert len(curve) == size
