"""The bundled sample's figures → bars: five securities and CSI 300, 2021-11-01 … 2022-06-30: a first run shows a real chart offline."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files

import pandas as pd

from newslink.prices.base import Outcome, ProviderFailure, frame_of, window

# When the figures were compiled: shown as the age of the data, never refreshed.
COMPILED = datetime(2022, 7, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def sample_bars() -> dict[str, pd.DataFrame]:
    """Security id → its bars (raw, prev_close as the exchange published it, volume in shares, amount in the trading currency)."""
    with files("newslink.sample").joinpath("bars.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, parse_dates=["date"])
    table = table.rename(columns={"date": "session", "volume_shares": "volume"})
    return {
        str(security): frame_of(
            {name: rows[name].to_numpy() for name in table.columns if name != "security"}, "sample", COMPILED, COMPILED.date()
        )
        for security, rows in table.groupby("security", sort=True)
    }


class SampleProvider:
    """The sample behind the provider border. Knows its six securities and nothing else."""

    name = "sample"
    markets = frozenset({"SH", "SZ", "US"})
    host = ""

    def serves(self, security: str) -> bool:
        return security in sample_bars()

    def daily(self, security: str, start: date, end: date, seconds: float | None = None) -> pd.DataFrame:
        if not self.serves(security):
            raise ProviderFailure(self.name, Outcome.UNKNOWN, security)
        bars = window(sample_bars()[security], start, end)
        if bars.empty:
            raise ProviderFailure(self.name, Outcome.EMPTY, f"{start}..{end}; the sample covers 2021-11-01..2022-06-30")
        return bars
