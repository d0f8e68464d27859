"""The archive of daily bars: a compressed block of columns per security and four years, in the store's own file.

Measured: blocks of one year cost three times as much to read a whole history, a single block per security many times as much to append a
day to. In the same file, a backup and a kill -9 treat bars as they treat everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from newslink.errors import StoreError
from newslink.frames import check_bars, empty_bars
from newslink.store.backend import Reader
from newslink.store.barcodec import columns_of, frame_of, pack_bars, unpack_bars
from newslink.store.codec import micros_of, moment_of
from newslink.store.database import Database
from newslink.store.keys import day_number, day_of
from newslink.store.terms import Term, Terms

_BLOCKS = 4096  # more than a security can have
BLOCK_YEARS = 4
Columns = dict[str, np.ndarray]


class Covered(NamedTuple):
    """Sessions in [start, end], both inclusive, were asked for at asked_at (aware)."""

    start: date
    end: date
    asked_at: datetime


class Bars:
    """The part of ``Store`` about prices. Writing is an upsert by session; each call is one transaction."""

    database: Database
    terms: Terms

    def read_bars(self, security: str, start: date | None = None, end: date | None = None) -> pd.DataFrame:
        """Bars frame of the sessions in [start, end], both inclusive; empty where nothing is stored."""
        return self.bars_of([security], start, end).get(security, empty_bars())

    def bars_of(self, securities: Iterable[str], start: date | None = None, end: date | None = None) -> dict[str, pd.DataFrame]:
        """security → bars frame, for those that have bars there."""
        columns = self.bar_columns(securities, start, end)
        if not columns:
            return {}
        if len(columns) == 1:
            return {security: frame_of(one) for security, one in columns.items()}
        # One frame cut in pieces: making a frame costs fifty times as much as a view of one.
        parts = list(columns.values())
        whole = frame_of({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
        ends = np.cumsum([len(part["session"]) for part in parts]).tolist()
        return {s: _piece(whole, begin, end) for s, begin, end in zip(columns, [0, *ends], ends, strict=False)}

    def bar_columns(self, securities: Iterable[str], start: date | None = None, end: date | None = None) -> dict[str, Columns]:
        """The same as plain arrays: session (days since 1970, ascending), prices, volume, amount, provider, fetched_at (seconds), provisional."""
        first = start.year // BLOCK_YEARS if start else 0
        last = end.year // BLOCK_YEARS if end else _BLOCKS - 1
        securities = list(securities)
        blocks: dict[str, list[Columns]] = {}
        with self.database.read() as reader:
            numbers = self.terms.numbers(reader, Term.SECURITY, securities)
            if not numbers:
                return {}
            for security in dict.fromkeys(securities):
                number = numbers.get(security)
                if number is None:
                    continue
                rows = reader.rows(
                    "SELECT data FROM bars WHERE key BETWEEN ? AND ? ORDER BY key", (number * _BLOCKS + first, number * _BLOCKS + last)
                )
                if rows:
                    blocks[security] = [unpack_bars(bytes(data)) for (data,) in rows]
        out = {}
        for security, years in blocks.items():
            columns = years[0] if len(years) == 1 else {name: np.concatenate([year[name] for year in years]) for name in years[0]}
            days = columns["session"]
            low = int(np.searchsorted(days, day_number(start))) if start else 0
            high = int(np.searchsorted(days, day_number(end), side="right")) if end else len(days)
            if low < high:
                out[security] = {name: values[low:high] for name, values in columns.items()}
        return out

    def write_bars(self, security: str, frame: pd.DataFrame) -> None:
        """Upsert by session. Raises FrameError where the frame breaks its contract."""
        self.write_many_bars({security: frame})

    def write_many_bars(self, frames: dict[str, pd.DataFrame]) -> None:
        """Bars of many securities in one transaction."""
        ready = {security: columns_of(check_bars(frame)) for security, frame in frames.items() if len(frame)}
        if not ready:
            return
        with self.database.write() as writer:
            adding = self.terms.adding(writer)
            numbers = adding.numbers(Term.SECURITY, ready)
            rows, states = [], []
            for security, columns in ready.items():
                number = numbers[security]
                places = (columns["session"].astype("datetime64[D]").astype("datetime64[Y]").astype("int64") + 1970) // BLOCK_YEARS
                for place in np.unique(places):
                    key = number * _BLOCKS + int(place)
                    new = {name: values[places == place] for name, values in columns.items()}
                    old = writer.row("SELECT data FROM bars WHERE key = ?", (key,))
                    merged = _merged(unpack_bars(bytes(old[0])), new) if old else new
                    rows.append((key, len(merged["session"]), pack_bars(merged)))
                states.append(number)
            writer.run_many(
                "INSERT INTO bars (key, rows, data) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET rows = excluded.rows, data = excluded.data",
                rows,
            )
            writer.run_many(
                "INSERT INTO bar_state (security, first_session, last_session, rows, fetched_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (security) DO UPDATE SET first_session = excluded.first_session, last_session = excluded.last_session, "
                "rows = excluded.rows, fetched_at = excluded.fetched_at",
                [_state(writer, number) for number in states],
            )
            writer.bump("bars_version")
        adding.keep()

    def coverage(self, security: str) -> list[Covered]:
        """What was asked for, oldest first by start; empty for a security that never was."""
        with self.database.read() as reader:
            number = self.terms.numbers(reader, Term.SECURITY, [security]).get(security)
            rows = reader.rows('SELECT start, "end", asked_at FROM coverage WHERE security = ? ORDER BY start', (number,)) if number else []
        return [Covered(day_of(start), day_of(end), moment_of(asked_at, 0)) for start, end, asked_at in rows]

    def write_coverage(self, security: str, start: date, end: date, asked_at: datetime) -> None:
        """Stretches inside the new one are forgotten: it is the fresher knowledge."""
        if end < start:
            raise StoreError(f"coverage of {security} from {start} to {end}: expected start ≤ end")
        low, high, at = day_number(start), day_number(end), micros_of(asked_at)
        with self.database.write() as writer:
            adding = self.terms.adding(writer)
            number = adding.numbers(Term.SECURITY, [security])[security]
            writer.run('DELETE FROM coverage WHERE security = ? AND start >= ? AND "end" <= ?', (number, low, high))
            writer.run(
                'INSERT INTO coverage (security, start, "end", asked_at) VALUES (?, ?, ?, ?) ON CONFLICT (security, start) DO UPDATE SET '
                '"end" = excluded."end", asked_at = excluded.asked_at WHERE coverage."end" <= excluded."end"',
                (number, low, high, at),
            )
        adding.keep()

    def bar_freshness(self) -> pd.DataFrame:
        """security, first_session, last_session, rows, fetched_at (newest, UTC); one row a security with bars."""
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT t.text, b.first_session, b.last_session, b.rows, b.fetched_at FROM bar_state b JOIN term t ON t.id = b.security "
                "ORDER BY t.text"
            )
        frame = pd.DataFrame(rows, columns=["security", "first_session", "last_session", "rows", "fetched_at"])
        for name in ("first_session", "last_session"):
            frame[name] = frame[name].to_numpy("int64").astype("datetime64[D]").astype("datetime64[s]")
        frame["fetched_at"] = pd.DatetimeIndex(frame["fetched_at"].to_numpy("int64").astype("datetime64[s]")).tz_localize("UTC")
        return frame


def _piece(whole: pd.DataFrame, begin: int, end: int) -> pd.DataFrame:
    piece = whole.iloc[begin:end]
    piece.index = pd.RangeIndex(end - begin)
    return piece


def _merged(old: Columns, new: Columns) -> Columns:
    """Rows of both by session; of one session the new one."""
    days = np.concatenate([new["session"], old["session"]])
    _, first = np.unique(days, return_index=True)
    return {name: np.concatenate([new[name], old[name]])[first] for name in new}


def _state(reader: Reader, number: int) -> tuple[int, int, int, int, int]:
    first, last = number * _BLOCKS, number * _BLOCKS + _BLOCKS - 1
    blocks = reader.rows("SELECT key, rows FROM bars WHERE key BETWEEN ? AND ? ORDER BY key", (first, last))
    edges = [
        unpack_bars(bytes(reader.value("SELECT data FROM bars WHERE key = ?", (key,))))
        for key in dict.fromkeys((blocks[0][0], blocks[-1][0]))
    ]
    newest = max(int(block["fetched_at"].max()) for block in edges)
    return number, int(edges[0]["session"][0]), int(edges[-1]["session"][-1]), sum(rows for _, rows in blocks), newest
