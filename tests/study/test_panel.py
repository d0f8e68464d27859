"""Bars → returns on the exchange's sessions, and the card of one event."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from newslink.errors import StudyError
from newslink.frames import empty_bars
from newslink.pipeline.study_panel import card_of, panel_of
from newslink.sessions import SessionClock
from newslink.study import StudySpec

CLOCK = SessionClock()
DAYS = CLOCK.sessions("SH", date(2023, 1, 3), date(2024, 6, 28))


def bars(days: np.ndarray, change: np.ndarray, start: float = 10.0) -> pd.DataFrame:
    close = start * np.cumprod(1 + change)
    return pd.DataFrame({
        "session": days.astype("datetime64[s]"), "open": close, "high": close, "low": close, "close": close,
        "prev_close": close / (1 + change), "volume": 1.0, "amount": 1.0, "provider": "hand", "provisional": False,
    })  # fmt: skip


def moves(seed: int, size: int = len(DAYS)) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(size) * 0.015


def test_returns_are_close_over_the_exchanges_reference_price_on_its_sessions() -> None:
    change = moves(1)
    frame = bars(DAYS, change)
    frame.loc[100:, ["open", "high", "low", "close", "prev_close"]] /= 2  # a split: the reference price knows
    panel = panel_of({"600000.SH": frame}, bars(DAYS, moves(2)), CLOCK, "SH", StudySpec())
    assert np.array_equal(panel.dates, DAYS)
    np.testing.assert_allclose(panel.returns[:, 0], change, 1e-9, 1e-14)
    logs = panel_of({"600000.SH": frame}, bars(DAYS, moves(2)), CLOCK, "SH", StudySpec(returns="log"))
    np.testing.assert_allclose(logs.returns[:, 0], np.log1p(change), 1e-9, 1e-14)


def test_a_halt_leaves_gaps_and_its_resumption_is_no_one_day_return() -> None:
    traded = np.ones(len(DAYS), bool)
    traded[50:60] = False
    frame = bars(DAYS[traded], moves(3, traded.sum()))
    frame.loc[frame.index[-1], "provisional"] = True
    frame.loc[20, "prev_close"] = np.nan
    panel = panel_of({"600000.SH": frame}, bars(DAYS, moves(2)), CLOCK, "SH", StudySpec())
    assert np.flatnonzero(np.isnan(panel.returns[:, 0])).tolist() == [20, *range(50, 61), len(DAYS) - 1]


def test_without_prices_the_error_says_what_to_do() -> None:
    for given, index in (({"600000.SH": empty_bars()}, empty_bars()), ({"600000.SH": bars(DAYS, moves(1))}, empty_bars())):
        with pytest.raises(StudyError, match="prices update"):
            panel_of(given, index, CLOCK, "SH", StudySpec())


def test_the_card_of_an_event_has_what_is_over_and_its_band() -> None:
    market, own = moves(5), moves(6) * 0.4
    own = own + market
    own[300] += 0.06
    frame, index = bars(DAYS, own), bars(DAYS, market)
    card = card_of(frame, index, "600000.SH", DAYS[300].item(), CLOCK)
    assert card.reason == "" and abs(card.ar - 0.06) < 0.03 and card.ar > card.band[0] > 0.005
    assert card.band[0] < card.band[1] < card.band[2]
    # The event session is the last that has closed: its own answer is there, the next day's is not.
    today = card_of(frame.iloc[:301], index.iloc[:301], "600000.SH", DAYS[300].item(), CLOCK)
    assert today.ar == pytest.approx(card.ar, rel=1e-12) and today.car01 is None and today.car11 is None and today.reason == ""
    young = card_of(frame.iloc[250:], index.iloc[250:], "600000.SH", DAYS[300].item(), CLOCK)
    assert young.ar is None and young.reason == "insufficient_history"
    assert card_of(empty_bars(), empty_bars(), "600000.SH", DAYS[300].item(), CLOCK).reason
