"""Closing prices → the curves analysts put over and under them. Arrays in, arrays of the same length out, NaN until there is enough to
go on.

Conventions are those of the domestic terminals, so that the figures agree with them: EMA starts at the first price
(``Y = (2X + (N-1)Y') / (N+1)``), MACD's bar is twice the difference of DIF and DEA, RSI smooths as ``SMA(X, N, 1)``, BOLL uses the
sample deviation.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def ma(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last ``window`` values."""
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        total = np.cumsum(np.concatenate(([0.0], values)))
        out[window - 1 :] = (total[window:] - total[:-window]) / window
    return out


def _smooth(values: np.ndarray, weight: float) -> np.ndarray:
    """``y = weight·x + (1 - weight)·y'``, from the first value on."""
    out = np.empty(len(values))
    level = np.nan
    for i, value in enumerate(values.tolist()):
        level = value if level != level else weight * value + (1.0 - weight) * level
        out[i] = level
    return out


def ema(values: np.ndarray, window: int) -> np.ndarray:
    """Exponential mean with weight 2 / (window + 1)."""
    return _smooth(values, 2.0 / (window + 1))


def boll(values: np.ndarray, window: int = 20, width: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(middle, upper, lower): the mean and ``width`` sample standard deviations around it."""
    middle = ma(values, window)
    spread = np.full(len(values), np.nan)
    if len(values) >= window:
        spread[window - 1 :] = sliding_window_view(values, window).std(axis=1, ddof=1)
    return middle, middle + width * spread, middle - width * spread


def macd(values: np.ndarray, fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(DIF, DEA, bar)."""
    dif = ema(values, fast) - ema(values, slow)
    dea = ema(dif, signal)
    return dif, dea, 2.0 * (dif - dea)


def rsi(values: np.ndarray, window: int) -> np.ndarray:
    """Share of rises in all moves, in percent; NaN before ``window`` moves are known and where nothing has moved."""
    out = np.full(len(values), np.nan)
    if len(values) > 1:
        move = np.diff(values)
        rises = _smooth(np.maximum(move, 0.0), 1.0 / window)
        moves = _smooth(np.abs(move), 1.0 / window)
        out[1:] = np.divide(100.0 * rises, moves, out=np.full(len(moves), np.nan), where=moves > 0)
        out[:window] = np.nan
    return out
