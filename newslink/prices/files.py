"""A folder of CSV or Parquet files → bars: one file a security, named by its id (``600519.SH.csv``, ``00700.HK.parquet``).

Columns, in any order, others ignored:

    date (or session)        the exchange's date, YYYY-MM-DD
    open high low close      raw prices in the trading currency
    prev_close (or preclose) optional: the exchange's reference. Without it the last close stands in, and every row says so by
                             the provider name ``files+last_close``: returns on ex-dates are then wrong by the dividend
    volume (or volume_shares)  shares; a row of none is a suspended day and left out, except for indices
    amount                   optional: in the trading currency

Raw daily files of baostock are read as they are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from newslink.model import SECURITY_ID, Kind
from newslink.prices.base import MARKETS, Outcome, ProviderFailure, frame_of, window
from newslink.prices.instrument import instrument

SUFFIXES = (".csv", ".parquet")
OTHER_NAMES = {"date": "session", "volume_shares": "volume", "preclose": "prev_close"}


class FileProvider:
    """folder: where the files lie. Reads a file again only when it has changed."""

    name, host, markets = "files", "", MARKETS

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[tuple[int, int], pd.DataFrame]] = {}

    def serves(self, security: str) -> bool:
        return self._path(security) is not None

    def daily(self, security: str, start: date, end: date, seconds: float | None = None) -> pd.DataFrame:
        path = self._path(security)
        if path is None:
            raise ProviderFailure(self.name, Outcome.UNKNOWN, f"no file {security}.csv or .parquet in {self.folder}")
        bars = window(self._bars(path), start, end)
        if bars.empty:
            raise ProviderFailure(self.name, Outcome.EMPTY, f"{path.name} has nothing in {start}..{end}")
        return bars

    def _path(self, security: str) -> Path | None:
        if "/" in security or "\\" in security or security.startswith("."):
            return None
        return next((path for suffix in SUFFIXES if (path := self.folder / f"{security}{suffix}").is_file()), None)

    def _bars(self, path: Path) -> pd.DataFrame:
        stat = path.stat()
        mark = (stat.st_mtime_ns, stat.st_size)
        if path not in self._read or self._read[path][0] != mark:
            self._read[path] = mark, read(path)
        return self._read[path][1]


def indexed(security: str) -> bool:
    """Whether the file is of an index, whose volume may be unknown."""
    return bool(SECURITY_ID.match(security)) and instrument(security).kind is Kind.INDEX


def read(path: Path) -> pd.DataFrame:
    """The whole file as bars. Raises ProviderFailure(SCHEMA) naming the file and what is wrong with it."""
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, encoding="utf-8-sig", dtype="str")
    except (OSError, ValueError, UnicodeError) as error:
        raise ProviderFailure("files", Outcome.SCHEMA, f"{path.name} cannot be read: {str(error)[:120]}") from error
    table = table.rename(columns={theirs: ours for theirs, ours in OTHER_NAMES.items() if ours not in table.columns})
    lacking = [name for name in ("session", "open", "high", "low", "close", "volume") if name not in table.columns]
    if lacking:
        raise ProviderFailure("files", Outcome.SCHEMA, f"{path.name} has no column {lacking[0]!r}")
    table["session"] = pd.to_datetime(table["session"], errors="coerce", format="%Y-%m-%d" if path.suffix == ".csv" else None)
    if table["session"].isna().any():
        row = int(np.flatnonzero(table["session"].isna())[0])
        raise ProviderFailure("files", Outcome.SCHEMA, f"{path.name}, row {row + 2}: the date is not YYYY-MM-DD")
    table = table.sort_values("session", kind="stable").reset_index(drop=True)
    columns = {"session": table["session"].dt.normalize()}
    for name in ("open", "high", "low", "close", "prev_close", "volume", "amount"):
        if name in table.columns:
            columns[name] = pd.to_numeric(table[name], errors="coerce")
    if not indexed(path.stem):
        traded = ~(columns["volume"] == 0).to_numpy()
        columns = {name: values[traded].reset_index(drop=True) for name, values in columns.items()}
    label = "files"
    if "prev_close" not in columns:
        columns["prev_close"], label = columns["close"].shift(), "files+last_close"
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return frame_of(columns, label, written, datetime.now(UTC).date())
