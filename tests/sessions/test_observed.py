"""The clock learns the days an index really traded from the store."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from newslink.pipeline.clock import clock_of
from newslink.sessions import SessionClock
from newslink.store import open_store


def test_a_storm_day_is_known_once_the_index_shows_it(tmp_path) -> None:
    plain = SessionClock()
    days = plain.sessions("HK", date(2025, 9, 1), date(2025, 10, 31))
    days = days[days != np.datetime64("2025-09-24")]
    level = np.linspace(26000, 25000, len(days))
    bars = pd.DataFrame({
        "session": days.astype("datetime64[s]"), "open": level, "high": level, "low": level, "close": level, "prev_close": level,
        "volume": 1.0, "amount": 1.0, "provider": "hand", "fetched_at": pd.Timestamp("2025-11-01", tz="UTC"), "provisional": False,
    })  # fmt: skip
    published = datetime(2025, 9, 23, 17, tzinfo=ZoneInfo("Asia/Hong_Kong"))
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert clock_of(store).standing("HK", published).session == date(2025, 9, 24)
        store.write_bars("HSI.HK", bars)
        clock = clock_of(store)
    assert clock.standing("HK", published).session == date(2025, 9, 25)
    assert clock.standing("SH", published).session == date(2025, 9, 24)
    span = (date(2021, 11, 1), date(2022, 6, 30))  # the bundled index bars agree with the library on every day
    assert np.array_equal(clock.sessions("SH", *span), plain.sessions("SH", *span))
