"""Panel positions of events + spec → returns of both windows as dense arrays, and the reason of every event that cannot take part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from newslink.study.spec import Events, Reason, StudySpec


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Event × tau arrays: r, m over estimation (er, em) and event window (wr, wm); NaN: no return. row: position of tau = 0."""

    row: np.ndarray
    er: np.ndarray
    em: np.ndarray
    wr: np.ndarray
    wm: np.ndarray


def positions(events: Events, dates: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row of tau = 0, column of the security) of each event, −1 where the panel has none. dates: ascending datetime64[D]."""
    row = np.searchsorted(dates, events.session)
    inside = row < len(dates)
    inside[inside] = dates[row[inside]] == events.session[inside]
    place = {str(name): at for at, name in enumerate(names)}
    column = np.array([place.get(str(name), -1) for name in events.security], dtype=np.int64)
    return np.where(inside, row, -1), column


def select(
    events: Events,
    dates: np.ndarray,
    names: np.ndarray,
    returns: np.ndarray,
    market: np.ndarray,
    spec: StudySpec,
    excluded: np.ndarray | None = None,
) -> tuple[np.ndarray, Windows]:
    """(reason per event, '' where it takes part; windows of those that do, in the events' order). excluded: reasons found before."""
    reason = np.full(len(events), "", dtype=object) if excluded is None else np.array(excluded, dtype=object)
    row, column = positions(events, dates, names)

    def exclude(wrong: np.ndarray, why: Reason) -> None:
        reason[wrong & (reason == "")] = why

    exclude(column < 0, Reason.UNKNOWN_SECURITY)
    exclude(row < 0, Reason.EVENT_NOT_IN_PANEL)
    exclude(_repeats(events.group, row, column, reason == ""), Reason.DUPLICATE_EVENT)
    locked = events.flag("limit_up") | events.flag("limit_down")
    for rule, flagged, why in (
        (spec.intraday, events.flag("intraday"), Reason.INTRADAY),
        (spec.date_only, events.flag("date_only"), Reason.DATE_ONLY),
        (spec.limit_locked, locked, Reason.LIMIT_LOCKED),
    ):
        if rule == "drop":
            exclude(flagged, why)
    # Row 0 of a panel made of prices has no return, so a window reaching it reaches beyond the prices.
    first = next((at for at, day in enumerate(returns) if np.isfinite(day).any()), len(dates))
    exclude(row + spec.estimation[0] < first, Reason.INSUFFICIENT_HISTORY)
    exclude(row + spec.window[1] >= len(dates), Reason.INSUFFICIENT_FUTURE)

    kept = np.flatnonzero(reason == "")
    er, em = _taken(returns, market, row[kept], column[kept], spec.estimation)
    wr, wm = _taken(returns, market, row[kept], column[kept], spec.window)
    if spec.mask_own_events:
        _mask_own_events(er, row[kept], column[kept], spec)
    # A benchmark return is needed by the mean model as well, for nothing but its own bookkeeping, so it is not demanded there.
    both = np.isfinite(er) if spec.model == "mean" else np.isfinite(er) & np.isfinite(em)
    zero = -spec.window[0]

    def exclude_kept(wrong: np.ndarray, why: Reason) -> None:
        mask = np.zeros(len(reason), bool)
        mask[kept[wrong]] = True
        exclude(mask, why)

    exclude_kept(both.sum(axis=1) < spec.needed, Reason.INSUFFICIENT_HISTORY)
    if spec.model != "mean":
        exclude_kept(~np.isfinite(wm).all(axis=1), Reason.MISSING_BENCHMARK)
    exclude_kept(~np.isfinite(wr[:, zero]), Reason.SUSPENDED_ON_EVENT)
    exclude_kept((~np.isfinite(wr)).sum(axis=1) > spec.missing_allowed, Reason.TOO_MANY_MISSING)
    exclude_kept(_flat(er, em, both, spec.model), Reason.NO_VARIATION)
    if spec.overlaps == "drop":
        exclude(overlapping(row, column, reason == "", spec.window_length, events.group), Reason.OVERLAPS_PREVIOUS)
    stays = reason[kept] == ""
    return reason, Windows(row[kept[stays]], er[stays], em[stays], wr[stays], wm[stays])


def _taken(returns: np.ndarray, market: np.ndarray, row: np.ndarray, column: np.ndarray, window: tuple[int, int]):
    at = row[:, None] + np.arange(window[0], window[1] + 1)
    # One flat take is twice as fast as two index arrays.
    return np.take(returns, at * returns.shape[1] + column[:, None]), np.take(market, at)


def _repeats(group: np.ndarray, row: np.ndarray, column: np.ndarray, among: np.ndarray) -> np.ndarray:
    """True for every event but the first of one group, security and session."""
    repeated = np.zeros(len(row), bool)
    at = np.flatnonzero(among)
    if len(at):
        codes = {name: code for code, name in enumerate(dict.fromkeys(group.tolist()))}
        key = np.array([codes[name] for name in group[at].tolist()], np.int64) * (column.max() + 1) + column[at]
        _, first = np.unique(key * (row.max() + 1) + row[at], return_index=True)
        repeated[at] = True
        repeated[at[first]] = False
    return repeated


def _flat(er: np.ndarray, em: np.ndarray, both: np.ndarray, model: str) -> np.ndarray:
    """True where sigma (or the slope) could not be estimated: a constant return, or for the market model a constant benchmark."""

    def constant(values: np.ndarray) -> np.ndarray:
        # Most rows move between their first two days, and need no further look.
        moved = (values[:, :2].min(axis=1) != values[:, :2].max(axis=1)) & both[:, :2].all(axis=1)
        still = np.flatnonzero(~moved)
        low = np.where(both[still], values[still], np.inf).min(axis=1, initial=np.inf)
        flat = np.zeros(len(values), bool)
        flat[still] = low == np.where(both[still], values[still], -np.inf).max(axis=1, initial=-np.inf)
        return flat

    own = er - em if model == "adjusted" else er
    return constant(own) | constant(em) if model == "market" else constant(own)


def overlapping(row: np.ndarray, column: np.ndarray, among: np.ndarray, length: int, group: np.ndarray) -> np.ndarray:
    """True for an event that begins inside the window of the last kept event of its security (in its group)."""
    late = np.zeros(len(row), bool)
    codes = {name: code for code, name in enumerate(dict.fromkeys(group.tolist()))}
    of_group = np.array([codes[name] for name in group.tolist()], np.int64)
    order = np.lexsort((np.arange(len(row)), row, column, of_group))
    order = order[among[order]]
    same = (np.diff(of_group[order]) == 0) & (np.diff(column[order]) == 0)
    near = same & (np.diff(row[order]) < length)
    # Only an event near the one before it can be late; it is so unless that one's own window has been left behind.
    last = -1
    for at in np.flatnonzero(near) + 1:
        if not near[at - 2] or at == 1:
            last = row[order[at - 1]]
        if row[order[at]] - last < length:
            late[order[at]] = True
        else:
            last = row[order[at]]
    return late


def own_events_nearby(row: np.ndarray, column: np.ndarray, spec: StudySpec) -> np.ndarray:
    """How many other events of the same security have their session inside each event's estimation window."""
    order = np.lexsort((row, column))
    key = column[order] * np.int64(10**9) + row[order]
    low = np.searchsorted(key, column * np.int64(10**9) + row + spec.estimation[0], side="left")
    high = np.searchsorted(key, column * np.int64(10**9) + row + spec.estimation[1], side="right")
    return high - low


def _mask_own_events(er: np.ndarray, row: np.ndarray, column: np.ndarray, spec: StudySpec) -> None:
    """NaN into er on every session of another event's window of the same security."""
    taus = np.arange(spec.estimation[0], spec.estimation[1] + 1)
    by_security: dict[int, list[int]] = {}
    for at, mine in enumerate(column.tolist()):
        by_security.setdefault(mine, []).append(at)
    for members in by_security.values():
        busy = np.unique(row[members][:, None] + np.arange(spec.window[0], spec.window[1] + 1))
        for at in members:
            er[at, np.isin(row[at] + taus, busy)] = np.nan
