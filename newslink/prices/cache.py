"""Stored bars first, then only what is missing: closed sessions are asked for once and never again, today's bar is provisional.

The archive (``newslink.store`` in the program, `MemoryArchive` in tests) keeps raw bars by security and session, and the stretches of
closed sessions that have been asked for, so that a suspended month is known to be empty rather than missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from newslink.errors import PriceUnavailable
from newslink.frames import BAR_PRICES, empty_bars
from newslink.prices.base import window
from newslink.prices.chain import Attempt, Chain

# Sessions before a missing stretch that are asked for again, to see corrections and other companies' data.
OVERLAP = 5
# A row whose reference price nobody could tell is asked for again, but not sooner than this.
REPAIR_AFTER = timedelta(days=1)
# How far back such rows are looked for: a refresh must not read twenty years to find that nothing is missing.
REPAIR_REACH = timedelta(days=400)
# An unclosed session is not worth asking about more often.
PROVISIONAL_AFTER = timedelta(seconds=60)
# Two services that lack the newest session may both be late. Only after this is a missing bar at the end a suspension for good.
LATE = timedelta(days=3)


class Stretch(NamedTuple):
    """Closed sessions in [start, end], both inclusive, that were asked for at asked_at (aware)."""

    start: date
    end: date
    asked_at: datetime


class Archive(Protocol):
    """What the cache needs of a store. Writing is an upsert by session; each call is one transaction."""

    def read_bars(self, security: str, start: date | None = None, end: date | None = None) -> pd.DataFrame: ...
    def write_bars(self, security: str, bars: pd.DataFrame) -> None: ...
    def coverage(self, security: str) -> Iterable[tuple[date, date, datetime]]: ...
    def write_coverage(self, security: str, start: date, end: date, asked_at: datetime) -> None: ...


class MemoryArchive:
    """An archive that forgets: for tests, and for a look without a store."""

    def __init__(self) -> None:
        self.frames: dict[str, pd.DataFrame] = {}
        self.stretches: dict[str, list[Stretch]] = {}

    def read_bars(self, security: str, start: date | None = None, end: date | None = None) -> pd.DataFrame:
        bars = self.frames.get(security, empty_bars())
        return window(bars, start or date.min, end or date.max)

    def write_bars(self, security: str, bars: pd.DataFrame) -> None:
        both = pd.concat([self.frames[security], bars]) if security in self.frames else bars
        self.frames[security] = both.drop_duplicates("session", keep="last").sort_values("session").reset_index(drop=True)

    def coverage(self, security: str) -> list[Stretch]:
        return list(self.stretches.get(security, ()))

    def write_coverage(self, security: str, start: date, end: date, asked_at: datetime) -> None:
        self.stretches.setdefault(security, []).append(Stretch(start, end, asked_at))


@dataclass(frozen=True, slots=True)
class Correction:
    """A closed session on which a provider now says something else. kept: the stored value stands, because another provider spoke."""

    security: str
    session: date
    column: str
    was: float
    now: float
    provider: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Refresh:
    """What one refresh did. requests: windows asked for; added, changed: rows written; missing: sessions still in doubt."""

    security: str
    requests: int = 0
    added: int = 0
    changed: int = 0
    corrections: tuple[Correction, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    missing: tuple[date, ...] = ()


def merged(stretches: Iterable[tuple[date, date, datetime]]) -> list[tuple[date, date]]:
    """Disjoint stretches, ascending; stretches that touch become one."""
    result: list[tuple[date, date]] = []
    for start, end, _ in sorted(stretches, key=lambda stretch: stretch[0]):
        if result and start <= result[-1][1] + timedelta(days=1):
            result[-1] = result[-1][0], max(result[-1][1], end)
        else:
            result.append((start, end))
    return result


def outside(start: date, end: date, covered: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """The parts of [start, end] that no stretch covers."""
    parts, at = [], start
    for begin, last in covered:
        if last < at or begin > end:
            continue
        if begin > at:
            parts.append((at, begin - timedelta(days=1)))
        at = max(at, last + timedelta(days=1))
    if at <= end:
        parts.append((at, end))
    return parts


class BarCache:
    """sessions_of(security, start, end) → its market's sessions as datetime64[D]. now: aware time.

    closed_until(security, now) → the last session that has closed by then. listing(security) → (first day, day from which it no longer
    trades), None where unknown or open: no bar is expected outside, and none refused.
    """

    def __init__(
        self,
        archive: Archive,
        chain: Chain | None,
        sessions_of: Callable[[str, date, date], np.ndarray],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        closed_until: Callable[[str, datetime], date] | None = None,
        listing: Callable[[str], tuple[date | None, date | None]] = lambda security: (None, None),
    ) -> None:
        self.archive, self.chain, self.sessions_of, self.now = archive, chain, sessions_of, now
        self.closed_until = closed_until or (lambda security, now: now.date() - timedelta(days=1))
        self.listing = listing
        self._asked: dict[str, datetime] = {}

    def bars(self, security: str, start: date, end: date) -> pd.DataFrame:
        """What is stored in [start, end], both inclusive. Never asks anyone."""
        return self.archive.read_bars(security, start, end)

    def _expected(self, security: str, start: date, end: date) -> np.ndarray:
        """The sessions in [start, end] on which the security could have traded."""
        listed, delisted = self.listing(security)
        start = max(start, listed or start)
        end = min(end, delisted - timedelta(days=1) if delisted else end)
        return self.sessions_of(security, start, end) if start <= end else np.empty(0, "datetime64[D]")

    def missing(self, security: str, start: date, end: date) -> list[tuple[date, date]]:
        """The stretches a refresh would ask for. Empty: everything closed is there, and nothing is open."""
        now = self.now()
        closed = self.closed_until(security, now)
        end = min(end, max(closed, now.date() + timedelta(days=1)))
        if start > end:
            return []
        covered = merged(self.archive.coverage(security))
        if covered:
            # One stretch without holes: a hole would look like an ex-date to whoever adjusts the bars.
            start, end = (min(start, covered[-1][1] + timedelta(days=1)), end) if start > covered[-1][1] else (start, end)
            end = max(end, covered[0][0] - timedelta(days=1)) if end < covered[0][0] else end
        parts = []
        for begin, last in outside(start, end, covered):
            if len(self._expected(security, begin, last)):
                parts.append((begin, last))
        if now - self._asked.get(security, datetime.min.replace(tzinfo=UTC)) < PROVISIONAL_AFTER:
            # The open session, and late ones, were asked about a moment ago: only older ones are worth a request.
            settled = min(closed, now.date() - LATE)
            parts = [(begin, last) for begin, last in parts if len(self._expected(security, begin, min(last, settled)))]
        recent = max(start, end - REPAIR_REACH)
        return self._with_repairs(parts, self.archive.read_bars(security, recent, end), now)

    @staticmethod
    def _with_repairs(parts: list[tuple[date, date]], stored: pd.DataFrame, now: datetime) -> list[tuple[date, date]]:
        unknown = stored.iloc[1:]
        unknown = unknown[unknown["prev_close"].isna() & (unknown["fetched_at"] < pd.Timestamp(now - REPAIR_AFTER))]
        if len(unknown):
            begin, last = unknown["session"].iloc[0].date(), unknown["session"].iloc[-1].date()
            if not any(first <= begin and last <= final for first, final in parts):
                parts = [*parts, (begin, last)]
        return parts

    def refresh(self, security: str, start: date, end: date) -> Refresh:
        """Ask for what is missing in [start, end] and store it.

        Bars go in before the note that they were asked for, so a kill between the two costs one repeated request and nothing else.
        Raises PriceUnavailable or UnknownToProviders; what was stored before stays.
        """
        parts = self.missing(security, start, end)
        if not parts:
            return Refresh(security)
        if self.chain is None:
            raise PriceUnavailable(f"Prices of {security} are not up to date and newslink is offline (NEWSLINK_OFFLINE=1).")
        done = Refresh(security)
        for begin, last in parts:
            done = self._fetch(done, begin, last)
        return done

    def _fetch(self, done: Refresh, begin: date, last: date) -> Refresh:
        security, now = done.security, self.now()
        closed = self.closed_until(security, now)
        asked_from = self._overlapping(security, begin)
        stored = self.archive.read_bars(security, asked_from, last)
        sessions = self.sessions_of(security, asked_from, last)
        if last > min(closed, now.date() - LATE):
            self._asked[security] = now
        required = self._expected(security, asked_from, min(last, closed)) if asked_from <= closed else sessions[:0]
        reply = self.chain.fetch(security, asked_from, last, sessions, stored[~stored["provisional"]], required)
        bars = reply.bars
        bars = bars.assign(provisional=bars["session"] > pd.Timestamp(closed))
        missing = reply.missing
        bars, corrections = reconcile(security, stored, bars)
        added = int((~np.isin(bars["session"].to_numpy("datetime64[D]"), stored["session"].to_numpy("datetime64[D]"))).sum())
        if len(bars):
            self.archive.write_bars(security, bars)
        recent = tuple(day for day in missing if day > now.date() - LATE)
        for first, final in self._settled(begin, min(last, closed), recent if reply.confirmed else missing):
            self.archive.write_coverage(security, first, final, now)
        return Refresh(
            security, done.requests + 1, done.added + added, done.changed + len(bars) - added, done.corrections + corrections,
            done.attempts + reply.attempts, done.missing + (() if reply.confirmed else missing),
        )  # fmt: skip

    def _overlapping(self, security: str, begin: date) -> date:
        """Where to ask from: some sessions before begin where those are stored, else begin."""
        before = self.archive.read_bars(security, begin - timedelta(days=30), begin - timedelta(days=1))
        return before["session"].iloc[-OVERLAP:].iloc[0].date() if len(before) else begin

    @staticmethod
    def _settled(begin: date, last: date, doubtful: tuple[date, ...]) -> list[tuple[date, date]]:
        """The stretches that need not be asked for again: what lies between the sessions nobody has vouched for."""
        return outside(begin, last, merged((day, day, None) for day in doubtful)) if begin <= last else []


def reconcile(security: str, stored: pd.DataFrame, bars: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Correction, ...]]:
    """(rows to write, corrections found).

    Closed rows that are already stored are written only where the same provider corrects itself, or where a reference price has become
    known that was not, or only from the words of a dividend. Another provider's different price is put on record; the stored one stands.
    """
    final = stored[~stored["provisional"]]
    if final.empty or bars.empty:
        return bars, ()
    both = bars.merge(final, on="session", how="left", suffixes=("", "_was"), indicator=True)
    write, corrections = np.ones(len(both), bool), []
    for row in np.flatnonzero((both["_merge"] == "both").to_numpy()):
        line = both.iloc[row]
        same = line["provider"].partition("+")[0] == line["provider_was"].partition("+")[0]
        guessed = np.isnan(line["prev_close_was"]) or line["provider_was"].endswith(("+dividend", "+qfq"))
        learnt = guessed and not np.isnan(line["prev_close"]) and not line["provider"].endswith(("+dividend", "+qfq"))
        found = [
            Correction(security, line["session"].date(), name, float(line[f"{name}_was"]), float(line[name]), line["provider"], not same)
            for name in BAR_PRICES
            if abs(line[name] - line[f"{name}_was"]) > 5e-5 * max(1.0, line[name] / 100)  # False where either is NaN
        ]
        corrections += found
        write[row] = learnt or (same and bool(found))
    return bars[write].reset_index(drop=True), tuple(corrections)
