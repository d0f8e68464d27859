"""Bars of securities and of an index → the panel of returns a study runs on; bars of one security → the small card of one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from newslink.errors import StudyError
from newslink.model import market_of
from newslink.sessions import SessionClock
from newslink.study import Events, Panel, Reason, StudySpec, run_study


def panel_of(bars: Mapping[str, pd.DataFrame], benchmark: pd.DataFrame, clock: SessionClock, market: str, spec: StudySpec) -> Panel:
    """Bars → returns on the exchange's sessions, close over the exchange's reference price.

    A return counts only where the security traded on the session before: after a halt the reference is days old and the benchmark's one day
    does not match it. A bar fetched before its close counts for nothing.
    """
    frames = [frame for frame in (*bars.values(), benchmark) if len(frame)]
    if not frames:
        raise StudyError("No prices are known for these securities: run `newslink prices update` first.", "study_no_prices")
    if not len(benchmark):
        raise StudyError("No prices are known for the benchmark: run `newslink prices update` with the index first.", "study_no_benchmark")
    first = min(frame["session"].iloc[0] for frame in frames)
    last = max(frame["session"].iloc[-1] for frame in frames)
    dates = clock.sessions(market, first.to_datetime64(), last.to_datetime64())
    columns = np.column_stack([_returns(frame, dates, spec.returns) for frame in bars.values()])
    return Panel(dates, np.array(list(bars), dtype=object), columns, _returns(benchmark, dates, spec.returns))


def _returns(frame: pd.DataFrame, dates: np.ndarray, kind: str) -> np.ndarray:
    change = np.full(len(dates), np.nan)
    if not len(frame):
        return change
    session = frame["session"].to_numpy("datetime64[D]")
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = frame["close"].to_numpy(float) / frame["prev_close"].to_numpy(float)
        value = np.log(grown) if kind == "log" else grown - 1.0
    value[~np.isfinite(value) | frame["provisional"].to_numpy(bool)] = np.nan
    place = np.searchsorted(dates, session)
    known = place < len(dates)
    known[known] = dates[place[known]] == session[known]
    # The first bar's reference is the close of a session not fetched; every other must follow its neighbour.
    after = np.ones(len(session), bool)
    after[1:] = np.diff(place) == 1
    use = known & after
    change[place[use]] = value[use]
    return change


@dataclass(frozen=True, slots=True)
class Card:
    """One event on the K-line page. ar, car01, car11: abnormal returns of [0, 0], [0, 1], [−1, 1].

    None where the window is not over or a session is missing. band: half width of each window's band of ordinary days, 95 of 100.
    reason: why there is nothing, a ``Reason`` or an error's code; '' otherwise. flags: of the event.
    """

    ar: float | None = None
    car01: float | None = None
    car11: float | None = None
    band: tuple[float | None, float | None, float | None] = (None, None, None)
    reason: str = ""
    flags: tuple[str, ...] = ()


def card_of(
    bars: pd.DataFrame, benchmark: pd.DataFrame, security: str, session: date, clock: SessionClock, spec: StudySpec | None = None
) -> Card:
    """The small card for one event, from bars already at hand (130 sessions before the event and one after)."""
    spans = ((0, 0), (0, 1), (-1, 1))
    base = spec or StudySpec()
    one = Events(*(np.array([value], dtype=object) for value in (1, "all", security)), np.array([session], "datetime64[D]"))
    values: list[float | None] = []
    band: list[float | None] = []
    reason = ""
    for start, end in spans:
        # Each window for itself: the day of the event has an answer before the day after it is over.
        estimation = (base.estimation[0], min(base.estimation[1], -2))
        own = replace(base, estimation=estimation, window=(start, end), cars=((start, end),), max_missing=0)
        try:
            result = run_study(panel_of({security: bars}, benchmark, clock, market_of(security), own), one, own, strict=False)
        except StudyError as error:
            return Card(reason=error.code or str(error))
        if not len(result.kept):
            # The session is one of the exchange's: where the prices end before it, they are what is missing.
            why = str(result.reason[0])
            reason = reason or (Reason.NO_BAR if why == Reason.EVENT_NOT_IN_PANEL else why)
            values.append(None)
            band.append(None)
            continue
        values.append(float(result.cars[0].car[0]))
        band.append(float(1.959964 * result.cars[0].s_exact[0]))
    return Card(*values, band=tuple(band), reason="" if values[0] is not None else reason)
