"""Returns of both windows → abnormal returns with their forecast-error-corrected variances, for every event at once.

Notation of MacKinlay (1997): R = a + b·Rm + e over the estimation window; AR = R − normal return; sigma² = SSE / (L1 − k). The covariance
of the event window's ARs is sigma²·[I + X*(X'X)⁻¹X*']; of it only sums are ever needed, so it is never built.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from newslink.study.windows import Windows


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One element an event. L1: valid estimation returns; dof = L1 − k; xbar, sxx of the benchmark over them; residual: event × tau."""

    L1: np.ndarray
    dof: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    r2: np.ndarray
    rho1: np.ndarray
    xbar: np.ndarray
    sxx: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Cars:
    """One CAR window over all events. days: sessions with a return in it. s_simple = sigma·sqrt(days); s_exact is corrected."""

    start: int
    end: int
    days: np.ndarray
    car: np.ndarray
    s_simple: np.ndarray
    s_exact: np.ndarray
    bhar: np.ndarray


def fit(windows: Windows, model: str) -> Fit:
    """Estimate the normal return of every event. For ``adjusted`` nothing is estimated but sigma, about the mean, with ddof 1."""
    r, m = windows.er, windows.em
    both = np.isfinite(r) & np.isfinite(m)
    valid = np.isfinite(r) if model == "mean" else both
    count = np.count_nonzero(valid, axis=1)
    ybar, yc = _centred(r - m if model == "adjusted" else r, valid)
    xbar, xc = _centred(m, both)
    sxx = np.einsum("ij,ij->i", xc, xc)
    syy = np.einsum("ij,ij->i", yc, yc)
    nothing = np.full(len(count), np.nan)
    if model == "market":
        beta = np.einsum("ij,ij->i", xc, yc) / sxx
        alpha = ybar - beta * xbar
        residual = yc - beta[:, None] * xc
        sse = np.einsum("ij,ij->i", residual, residual)
        r2 = 1.0 - sse / syy
        k = 2
    else:
        residual, sse, k = yc, syy, 1
        beta = np.zeros(len(count)) if model == "mean" else np.ones(len(count))
        alpha = ybar if model == "mean" else np.zeros(len(count))
        r2 = np.zeros(len(count)) if model == "mean" else nothing
        if model == "adjusted":
            xbar, sxx = nothing, nothing
    rho1 = _neighbours(residual, valid)
    residual[~valid] = np.nan
    return Fit(count, count - k, alpha, beta, np.sqrt(sse / (count - k)), r2, rho1, xbar, sxx, residual)


def _centred(values: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean of each row's valid elements, the elements less it; 0 where they are not valid)."""
    filled = np.where(valid, values, 0.0)
    mean = filled.sum(axis=1) / np.maximum(np.count_nonzero(valid, axis=1), 1)
    filled -= mean[:, None]
    filled *= valid
    return mean, filled


def _neighbours(residual: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """First-order autocorrelation of each row: Pearson's, over neighbouring sessions that both have a residual. residual: 0 elsewhere."""
    both = valid[:, 1:] & valid[:, :-1]
    later, earlier = residual[:, 1:] * both, residual[:, :-1] * both
    count, sum_later, sum_earlier = np.count_nonzero(both, axis=1), later.sum(axis=1), earlier.sum(axis=1)
    # Residuals lie about zero already, so taking these means out afterwards loses no digits.
    cross = np.einsum("ij,ij->i", later, earlier) - sum_later * sum_earlier / count
    squares_later = np.einsum("ij,ij->i", later, later) - sum_later**2 / count
    return cross / np.sqrt(squares_later * (np.einsum("ij,ij->i", earlier, earlier) - sum_earlier**2 / count))


def normal_returns(windows: Windows, fitted: Fit, model: str) -> np.ndarray:
    """Event × window tau: what the model expects."""
    if model == "adjusted":
        return windows.wm
    if model == "mean":
        return np.broadcast_to(fitted.alpha[:, None], windows.wr.shape)
    return fitted.alpha[:, None] + fitted.beta[:, None] * windows.wm


def estimation_abnormal(windows: Windows, fitted: Fit, model: str) -> np.ndarray:
    """Event × estimation tau: abnormal returns in sample. The market-adjusted ones keep their mean, which no model took out."""
    return windows.er - windows.em if model == "adjusted" else fitted.residual


def day_errors(windows: Windows, fitted: Fit, model: str) -> np.ndarray:
    """Event × window tau: standard error of each AR, forecast-error-corrected (none for ``adjusted``, which forecasts nothing)."""
    return fitted.sigma[:, None] * np.sqrt(_variance(np.ones(windows.wr.shape), windows.wm, fitted, model, axis=None))


def cars(
    windows: Windows, fitted: Fit, model: str, abnormal: np.ndarray, normal: np.ndarray, first: int, spans, simple: bool
) -> list[Cars]:
    """CARs over each (start, end). A session without a return adds nothing to the sum or the variance. first: tau of column 0.

    bhar: product of 1 + R less product of 1 + normal, simple returns only (NaN for logs).
    """
    found = []
    for start, end in spans:
        columns = slice(start - first, end - first + 1)
        there = np.isfinite(abnormal[:, columns])
        days = there.sum(axis=1)
        empty = days == 0
        car = np.where(empty, np.nan, np.where(there, abnormal[:, columns], 0.0).sum(axis=1))
        spread = _variance(there.astype(float), windows.wm[:, columns], fitted, model, axis=1)
        bhar = np.full(len(car), np.nan)
        if simple:
            held = np.where(there, 1.0 + windows.wr[:, columns], 1.0).prod(axis=1)
            bhar = np.where(empty, np.nan, held - np.where(there, 1.0 + normal[:, columns], 1.0).prod(axis=1))
        s_simple = np.where(empty, np.nan, fitted.sigma * np.sqrt(days))
        s_exact = np.where(empty, np.nan, fitted.sigma * np.sqrt(spread))
        found.append(Cars(start, end, days, car, s_simple, s_exact, bhar))
    return found


def _variance(weight: np.ndarray, market: np.ndarray, fitted: Fit, model: str, axis: int | None) -> np.ndarray:
    """gamma'[I + X*(X'X)⁻¹X*']gamma for 0/1 weights summed along axis; axis None: each day for itself."""

    def total(values: np.ndarray) -> np.ndarray:
        return values if axis is None else values.sum(axis=axis)

    def spread(values: np.ndarray) -> np.ndarray:
        return values[:, None] if axis is None else values

    days = total(weight)
    if model == "adjusted":
        return days
    variance = days + days**2 / spread(fitted.L1)
    if model == "market":
        away = total(np.where(weight > 0, weight * (market - fitted.xbar[:, None]), 0.0))
        variance = variance + away**2 / spread(fitted.sxx)
    return variance
