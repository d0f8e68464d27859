"""The shared study of 43 events on 25 US stocks: its two runs, three models, and any of them carried out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from newslink.study import Events, StudyResult, StudySpec, panel_from_levels, run_study

RUNS = {
    "P1": ("simple", (-130, -11), (-10, 10), ((0, 0), (0, 1), (-1, 1), (-5, 5), (1, 10), (-10, 10))),
    "P2": ("log", (-280, -31), (-5, 5), ((0, 0), (0, 1), (-1, 1), (1, 5), (-5, 5))),
}
MODELS = ("market", "mean", "adjusted")


def stocknet(shared: Path, run: str, model: str, cars: tuple[tuple[int, int], ...] | None = None) -> StudyResult:
    """One run and model; cars: other windows than the run's own."""
    folder = shared / "eventstudy/stocknet_us"
    prices, market, events = (pd.read_csv(folder / f"{name}.csv") for name in ("adj_close", "market_level", "events"))
    given = Events(
        events["event_id"].to_numpy(object), events["group"].to_numpy(object), events["ticker"].to_numpy(object),
        events["event_date"].to_numpy("datetime64[D]"),
    )  # fmt: skip
    returns, estimation, window, own = RUNS[run]
    panel = panel_from_levels(
        prices["Date"].to_numpy("datetime64[D]"), prices.columns[1:].to_numpy(object), prices.iloc[:, 1:].to_numpy(),
        market.iloc[:, 1].to_numpy(), returns,
    )  # fmt: skip
    return run_study(panel, given, StudySpec(model, returns, estimation, window, own if cars is None else cars))


def agree(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    """Same columns and rows, numbers to 1e-8."""
    assert list(found.columns) == list(expected.columns) and len(found) == len(expected)
    found, expected = (frame.sort_values(keys, kind="stable").reset_index(drop=True) for frame in (found, expected))
    for name in expected:
        if expected[name].dtype.kind in "fi":
            ours = found[name].to_numpy(float, na_value=np.nan)
            np.testing.assert_allclose(ours, expected[name].to_numpy(float), 1e-8, 1e-12, err_msg=name)
        else:
            assert found[name].fillna("").astype(str).tolist() == expected[name].fillna("").astype(str).tolist(), name
