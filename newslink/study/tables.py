"""``StudyResult`` → tables, one row a number's owner: ar, car, aar, caar, fit, tests, events and excluded.csv.

run is a name given by the caller, so that tables of several studies can stand in one file. Dates are ISO text.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from newslink.study.run import StudyResult
from newslink.study.significance import TESTS, adjusted_p
from newslink.study.spec import EXPLAINED, Reason

STATISTICS = (
    "n", "pos", "mean", "t_cross", "p_cross", "t_crude", "z_patell", "p_patell", "t_bmp", "p_bmp", "rbar", "t_kp", "p_kp",
    "z_rank", "p_rank", "z_sign", "p_sign_exact", "z_gsign",
)  # fmt: skip


def _dates(result: StudyResult, rows: np.ndarray) -> np.ndarray:
    return result.panel.dates[rows].astype(str)


def fit_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row an event given, those left out with their reason as status: window, sigma, alpha, beta and the benchmark's moments."""
    events, kept, fit, spec = result.events, result.kept, result.fit, result.spec
    size = len(events)
    table = pd.DataFrame({
        "run": run, "model": spec.model, "event_id": events.id, "group": events.group, "ticker": events.security,
        "event_date": events.session.astype(str), "status": ["ok" if reason == "" else str(reason) for reason in result.reason],
    })  # fmt: skip
    row = result.windows.row
    columns: dict[str, np.ndarray] = {
        "L1": fit.L1, "est_start": _dates(result, row + spec.estimation[0]), "est_end": _dates(result, row + spec.estimation[1]),
        "sigma": fit.sigma, "rho1": fit.rho1, "alpha": fit.alpha, "beta": fit.beta, "dof": fit.dof, "r2": fit.r2,
        "xbar": fit.xbar, "sxx": fit.sxx,
    }  # fmt: skip
    for name, values in columns.items():
        whole = name in {"L1", "dof"}
        column = np.full(size, np.nan) if values.dtype.kind == "f" else np.full(size, None, dtype=object)
        column[kept] = values
        table[name] = pd.array(column, dtype="Int64") if whole else column
    return table


def ar_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row an event and tau. s_ar: standard error of ar, forecast-error-corrected; sar = ar / s_ar; p two-sided, t(L1 − k)."""
    taus, kept = result.taus, result.kept
    shape = result.abnormal.shape
    sar = result.abnormal / result.error
    return pd.DataFrame({
        "run": run, "model": result.spec.model, "event_id": np.repeat(result.events.id[kept], shape[1]),
        "tau": np.tile(taus, shape[0]),
        "date": _dates(result, (result.windows.row[:, None] + taus).ravel()),
        "r": result.windows.wr.ravel(), "rm": result.windows.wm.ravel(),
        "normal": result.normal.ravel(), "ar": result.abnormal.ravel(), "s_ar": result.error.ravel(), "sar": sar.ravel(),
        "p": (2 * stats.t.sf(np.abs(sar), result.fit.dof[:, None])).ravel(),
    })  # fmt: skip


def car_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row an event and CAR window. s_simple = sigma·sqrt(days); s_exact is forecast-error-corrected; bhar: simple returns only."""
    parts = []
    for order, each in enumerate(result.cars):
        with np.errstate(divide="ignore", invalid="ignore"):
            scar = each.car / each.s_exact
            parts.append(pd.DataFrame({
                "run": run, "model": result.spec.model, "event_id": result.events.id[result.kept],
                "start": each.start, "end": each.end, "L2": each.end - each.start + 1, "car": each.car,
                "s_simple": each.s_simple, "t_simple": each.car / each.s_simple,
                "s_exact": each.s_exact, "scar": scar, "p_exact": 2 * stats.t.sf(np.abs(scar), result.fit.dof), "bhar": each.bhar,
                "_event": np.arange(len(result.kept)), "_order": order,
            }))  # fmt: skip
    columns = ["run", "model", "event_id", "start", "end", "L2", "car", "s_simple", "t_simple", "s_exact", "scar", "p_exact", "bhar"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values(["_event", "_order"], kind="stable")[columns].reset_index(drop=True)


def aar_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row a group and tau: mean abnormal return and every test."""
    return _across(result, run, result.daily, {"tau": result.taus})


def caar_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row a group and CAR window."""
    spans = np.array(result.spec.cars, dtype=np.int64).reshape(-1, 2)
    return _across(result, run, result.spans, {"start": spans[:, 0], "end": spans[:, 1], "L2": spans[:, 1] - spans[:, 0] + 1})


def _across(result: StudyResult, run: str, found: dict[str, dict[str, np.ndarray]], keys: dict[str, np.ndarray]) -> pd.DataFrame:
    columns = ["run", "model", "group", *keys, *STATISTICS]
    parts = [
        pd.DataFrame({"run": run, "model": result.spec.model, "group": group, **keys, **{name: tests[name] for name in STATISTICS}})
        for group, tests in found.items()
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def tests_table(result: StudyResult, run: str) -> pd.DataFrame:
    """Every test of every CAR window in long form; p_adjusted: Benjamini-Hochberg within a test over all windows and groups."""
    parts = []
    for group, tests in result.spans.items():
        for name, (statistic, p) in TESTS.items():
            for at, (start, end) in enumerate(result.spec.cars):
                parts.append((run, result.spec.model, group, start, end, name, int(tests["n"][at]), tests[statistic][at], tests[p][at]))
    table = pd.DataFrame(parts, columns=["run", "model", "group", "start", "end", "test", "n", "statistic", "p"])
    table["p_adjusted"] = np.nan
    for name in TESTS:
        mine = (table["test"] == name).to_numpy()
        table.loc[mine, "p_adjusted"] = adjusted_p(table.loc[mine, "p"].to_numpy(float))
    return table


def excluded_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row an event left out: its reason as a word and in words."""
    out, events = np.flatnonzero(result.reason != ""), result.events
    reasons = [Reason(result.reason[at]) for at in out]
    return pd.DataFrame({
        "run": run, "model": result.spec.model, "event_id": events.id[out], "group": events.group[out], "ticker": events.security[out],
        "event_date": events.session[out].astype(str), "reason": [str(reason) for reason in reasons],
        "explanation": [EXPLAINED[reason] for reason in reasons],
    })  # fmt: skip


def events_table(result: StudyResult, run: str) -> pd.DataFrame:
    """One row an event that took part, with every flag and note: what a reader must know before trusting it."""
    events, kept = result.events, result.kept
    return pd.DataFrame({
        "run": run, "model": result.spec.model, "event_id": events.id[kept], "group": events.group[kept], "ticker": events.security[kept],
        "event_date": events.session[kept].astype(str), **result.notes,
    })  # fmt: skip


# file name → its table
TABLES: dict[str, Callable[[StudyResult, str], pd.DataFrame]] = {
    "ar": ar_table, "car": car_table, "aar": aar_table, "caar": caar_table, "fit": fit_table, "tests": tests_table,
    "events": events_table, "excluded": excluded_table,
}  # fmt: skip
