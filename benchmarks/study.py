"""How fast, and how honest: event studies against a loop of statsmodels OLS, and placebo events on real returns.

    python benchmarks/study.py [--draws 1000] [--fast]

Speed: 2,000 events x 300 securities x 20 years, median of repeated runs; the baseline is a loop over the same events in the same process
that calls OLS, forecasts the event window and sums the CARs with their exact errors (no test across events, which the study does on top).

Placebo: dates drawn at random on the real daily returns in ../shared/prices; how often each test rejects at a nominal 1, 5 and 10 %. Near
these where a test holds, far above where it does not.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.study import Events, Panel, StudySpec, panel_from_levels, run_study  # noqa: E402

SHARED = ROOT.parent / "shared"
SPEC = StudySpec()


def synthetic(securities: int, sessions: int, events: int, seed: int = 1) -> tuple[Panel, Events]:
    """A one-factor panel with fat tails, two per cent of the returns missing, events anywhere they fit."""
    rng = np.random.default_rng(seed)
    market = rng.standard_t(4, sessions) * 0.008
    returns = market[:, None] * rng.uniform(0.5, 1.5, securities) + rng.standard_t(4, (sessions, securities)) * 0.012
    returns[rng.random(returns.shape) < 0.02] = np.nan
    dates = np.busday_offset("2004-01-01", np.arange(sessions), roll="forward").astype("datetime64[D]")
    names = np.array([f"S{number:03d}" for number in range(securities)], dtype=object)
    row = rng.integers(140, sessions - 20, events)
    column = rng.integers(0, securities, events)
    ids = np.arange(events).astype(object)
    return Panel(dates, names, returns, market), Events(ids, np.full(events, "all", dtype=object), names[column], dates[row])


def loop_of_ols(panel: Panel, events: Events, spec: StudySpec) -> np.ndarray:
    """The same estimation event by event: abnormal returns over forecast errors, event × tau."""
    import statsmodels.api as sm

    place = {name: at for at, name in enumerate(panel.names)}
    found, scars = np.full((len(events), spec.window_length), np.nan), []
    for at in range(len(events)):
        row, column = np.searchsorted(panel.dates, events.session[at]), place[events.security[at]]
        y = panel.returns[row + spec.estimation[0] : row + spec.estimation[1] + 1, column]
        x = panel.market[row + spec.estimation[0] : row + spec.estimation[1] + 1]
        there = np.isfinite(y)
        model = sm.OLS(y[there], sm.add_constant(x[there])).fit()
        later = sm.add_constant(panel.market[row + spec.window[0] : row + spec.window[1] + 1], has_constant="add")
        ahead = model.get_prediction(later)
        abnormal = panel.returns[row + spec.window[0] : row + spec.window[1] + 1, column] - ahead.predicted_mean
        found[at] = abnormal / ahead.se_obs
        covariance = model.scale * np.eye(len(later)) + later @ model.cov_params() @ later.T
        for start, end in spec.cars:
            span = slice(start - spec.window[0], end - spec.window[0] + 1)
            scars.append(abnormal[span].sum() / np.sqrt(covariance[span, span].sum()))
    return found


def speed() -> bool:
    panel, events = synthetic(300, 5040, 2000)
    timed: list[float] = []

    def measure() -> object:
        for _ in range(5):
            start = time.perf_counter()
            result = run_study(panel, events, SPEC, strict=False)
            timed.append(time.perf_counter() - start)
        return result

    # Before and after the loop, so that a busy machine is busy for both.
    measure()
    start = time.perf_counter()
    plain = loop_of_ols(panel, events, SPEC)
    loop = time.perf_counter() - start
    result = measure()
    ours = result.abnormal / result.error
    apart = np.nanmax(np.abs(ours - plain[result.kept]))
    ratio = loop / median(timed)
    print("2,000 events x 300 securities x 20 years (5,040 sessions), market model, L1 = 120, window -10..+10, five CAR windows")
    print(f"  newslink.study, whole study with every test   {median(timed):7.3f} s (median of 10; {len(result.kept)} events took part)")
    print(f"  loop of statsmodels OLS, ARs and CARs alone   {loop:7.3f} s")
    print(f"  ratio {ratio:.0f}x; largest difference of a standardised abnormal return {apart:.1e}")
    crowd = Events(events.id, events.group, events.security, panel.dates[np.random.default_rng(2).integers(3000, 3100, 2000)])
    start = time.perf_counter()
    run_study(panel, crowd, StudySpec(max_loss=1.0), strict=False)
    print(f"  the same events crowded into 100 sessions     {time.perf_counter() - start:7.3f} s")
    return median(timed) <= 2.0 and ratio >= 20 and apart < 1e-8


def real_panel() -> Panel | None:
    """Raw A-share closes over the exchange's previous close, against CSI 300; None where the shared prices are absent."""
    import pandas as pd

    files = sorted(SHARED.glob("prices/*.baostock.raw.csv"))
    index = SHARED / "prices/000300.SH.index.tushare.index.csv"
    if not files or not index.exists():
        return None
    level = pd.read_csv(index)
    level = pd.Series(level["close"].to_numpy(float), index=pd.to_datetime(level["date"].astype(str))).sort_index()
    level = level[level.index != "2026-03-16"]  # its bars are suspect
    columns = {}
    for path in files:
        bars = pd.read_csv(path)
        change = bars["close"].astype(float) / bars["preclose"].astype(float) - 1
        columns[path.name.split(".baostock")[0]] = pd.Series(change.to_numpy(), index=pd.to_datetime(bars["date"]))
    frame = pd.DataFrame(columns).reindex(level.index)
    dates = level.index.to_numpy("datetime64[D]")
    market = panel_from_levels(dates, np.array([]), np.zeros((len(level), 0)), level.to_numpy(), "simple").market
    return Panel(dates, np.array(frame.columns, dtype=object), frame.to_numpy(float), market)


LEVELS = (0.01, 0.05, 0.10)
TESTS = {
    "cross t": "p_cross", "Patell": "p_patell", "BMP": "p_bmp", "KP": "p_kp",
    "rank": "p_rank", "GRANK": "p_grank", "sign": "p_sign_exact", "gsign": "p_gsign",
}  # fmt: skip


def placebo(draws: int) -> None:
    panel = real_panel()
    if panel is None:
        print("placebo: ../shared/prices is absent, skipped")
        return
    spec = StudySpec(window=(-1, 5), cars=((0, 0), (0, 4)), estimation=(-121, -2), max_loss=1.0)
    rng = np.random.default_rng(11)
    count, usable = len(panel.names), np.flatnonzero(np.isfinite(panel.returns).mean(axis=1) > 0.7)
    low, high = max(usable[0], 0) + 125, usable[-1] - 8

    def scattered() -> tuple:
        return rng.integers(0, count, 20), rng.integers(low, high, 20)

    def one_date() -> tuple:
        return np.arange(count), np.full(count, rng.integers(low, high))

    def busy() -> tuple:
        start = rng.integers(low, high - 40)
        return np.full(20, rng.integers(0, count)), start + rng.choice(40, 20, replace=False)

    span = f"{panel.dates[usable[0]]} .. {panel.dates[usable[-1]]}"
    print(f"\nplacebo on {count} A-shares against CSI 300, {span}, {draws} draws; % rejected")
    print(f"  {'sample':30s} {'L2':>3s} {'level':>6s} " + " ".join(f"{name:>8s}" for name in TESTS))
    samples = {"20 events, 20 dates": scattered, f"{count} stocks, one date": one_date, "one stock, 20 of 40 sessions": busy}
    for label, draw in samples.items():
        found_p = {name: np.zeros((draws, 2)) for name in TESTS}
        for number in range(draws):
            column, row = draw()
            ids, group = np.arange(len(row)).astype(object), np.full(len(row), "g", dtype=object)
            events = Events(ids, group, panel.names[column], panel.dates[row])
            found = run_study(panel, events, spec, strict=False).spans["g"]
            for name, p in TESTS.items():
                found_p[name][number] = found[p]
        for at, length in enumerate((1, 5)):
            for level in LEVELS:
                shares = [100 * (known[np.isfinite(known)] < level).mean() for known in (found_p[name][:, at] for name in TESTS)]
                print(f"  {label:30s} {length:3d} {level:6.0%} " + " ".join(f"{share:8.1f}" for share in shares))
    errors = ", ".join(f"{level:.0%}: {100 * np.sqrt(level * (1 - level) / draws):.1f}" for level in LEVELS)
    print(f"  (standard errors of true shares at {draws} draws: {errors})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--fast", action="store_true", help="speed only")
    options = parser.parse_args()
    held = speed()
    if not options.fast:
        placebo(options.draws)
    sys.exit(0 if held else 1)
