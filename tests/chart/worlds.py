"""Bars and events for chart tests: the bundled figures and invented news, and random worlds of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FIGURES = Path(__file__).resolve().parents[2] / "newslink" / "sample" / "bars.csv"


def sample_bars(security: str = "688111.SH") -> pd.DataFrame:
    table = pd.read_csv(FIGURES, parse_dates=["date"])
    rows = table[table["security"] == security].rename(columns={"date": "session", "volume_shares": "volume"})
    return rows.drop(columns="security").reset_index(drop=True).assign(session=lambda frame: frame["session"].astype("datetime64[s]"))


def random_bars(sessions: int, seed: int = 7, start: str = "1994-01-03") -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    days = pd.bdate_range(start, periods=sessions)
    close = 20 * np.exp(np.cumsum(chance.normal(0, 0.02, sessions)))
    open_ = close * np.exp(chance.normal(0, 0.01, sessions))
    return pd.DataFrame(
        {
            "session": days.astype("datetime64[s]"), "open": open_, "high": np.maximum(open_, close) * 1.01,
            "low": np.minimum(open_, close) * 0.99, "close": close, "prev_close": np.concatenate(([np.nan], close[:-1])),
            "volume": chance.integers(1_000_000, 90_000_000, sessions).astype(float), "amount": np.full(sessions, 1e9),
        }
    )  # fmt: skip


def events(days: list, titles: list[str] | None = None, roles: list[str] | None = None, tags: list[tuple] | None = None) -> pd.DataFrame:
    """One event a day given (ISO text or datetime64); the same day may come several times."""
    session = pd.DatetimeIndex(days).astype("datetime64[s]")
    number = len(session)
    return pd.DataFrame(
        {
            "article": [f"a{i}" for i in range(number)],
            "security": "688111.SH",
            "session": session,
            "published_at": (session + pd.Timedelta(hours=2)).tz_localize("UTC"),
            "title": titles or [f"第 {i} 篇" for i in range(number)],
            "role": roles or ["subject"] * number,
            "tags": tags or [()] * number,
        }
    )


def random_events(bars: pd.DataFrame, number: int, seed: int = 3) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    picked = np.sort(chance.integers(0, len(bars), number))
    roles = chance.choice(["subject", "mention", "source", "list"], number).tolist()
    titles = [f"某某股份关于第{i}次回购股份进展情况的公告以及其他重要事项的说明" for i in range(number)]
    return events(bars["session"].to_numpy()[picked].tolist(), titles, roles, [("回购",)] * number)


NO_EVENTS = events([])
