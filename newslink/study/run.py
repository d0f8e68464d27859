"""Panel + events + spec → ``StudyResult``: every number of an event study, every event either in it or listed with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from newslink.errors import StudyError
from newslink.study.models import Cars, Fit, cars, day_errors, estimation_abnormal, fit, normal_returns
from newslink.study.significance import Sample, group_tests
from newslink.study.spec import Events, Reason, StudySpec
from newslink.study.windows import Windows, overlapping, own_events_nearby, positions, select


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Returns on one calendar. dates: ascending datetime64[D]; returns: date × security; market: one a date; NaN where there is none."""

    dates: np.ndarray
    names: np.ndarray
    returns: np.ndarray
    market: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.dates), len(self.names))
        if self.returns.shape != shape or self.market.shape != shape[:1]:
            raise StudyError(f"returns are {self.returns.shape}, the benchmark {self.market.shape}: expected {shape} and {shape[:1]}.")
        if len(self.dates) > 1 and not (self.dates[1:] > self.dates[:-1]).all():
            raise StudyError("the dates of the panel must ascend without repeats.")


@dataclass(frozen=True, slots=True, eq=False)
class StudyResult:
    """kept: positions of the events that took part; reason: '' or a Reason for every event given. All event arrays follow kept.

    abnormal, normal, error: event × tau. cars: one a CAR window. daily, spans: group → test → array over taus / CAR windows.
    notes: name → bool or count per kept event (flags as given, overlaps, own_events in the estimation window, missing sessions).
    """

    spec: StudySpec
    events: Events
    panel: Panel
    reason: np.ndarray
    kept: np.ndarray
    windows: Windows
    fit: Fit
    normal: np.ndarray
    abnormal: np.ndarray
    error: np.ndarray
    cars: list[Cars]
    daily: dict[str, dict[str, np.ndarray]]
    spans: dict[str, dict[str, np.ndarray]]
    notes: dict[str, np.ndarray]

    @property
    def taus(self) -> np.ndarray:
        return np.arange(self.spec.window[0], self.spec.window[1] + 1)

    @property
    def lost(self) -> float:
        """Share of the events given that were left out."""
        return float((self.reason != "").mean()) if len(self.reason) else 0.0

    @property
    def refused(self) -> bool:
        """More was lost than the spec allows: there are numbers for what is left, and no verdict may rest on them."""
        return self.lost > self.spec.max_loss


def panel_from_levels(dates: np.ndarray, names: np.ndarray, levels: np.ndarray, market: np.ndarray, returns: str) -> Panel:
    """Prices or index levels → returns between neighbouring sessions. A missing or non-positive level leaves both its returns NaN:
    nothing is filled forward, because invented zeros shrink sigma and beta."""
    both = np.column_stack([np.asarray(levels, float), np.asarray(market, float)])
    both[~(np.isfinite(both) & (both > 0))] = np.nan
    change = np.full(both.shape, np.nan)
    change[1:] = np.log(both[1:] / both[:-1]) if returns == "log" else both[1:] / both[:-1] - 1.0
    return Panel(dates, names, change[:, :-1], change[:, -1])


def run_study(panel: Panel, events: Events, spec: StudySpec, strict: bool = True, excluded: np.ndarray | None = None) -> StudyResult:
    """The whole study. strict: StudyError when no event is left or more than ``spec.max_loss`` of them are lost; else the result says so.

    excluded: a Reason for every event known beforehand not to take part, '' for the others.
    """
    reason, windows = select(events, panel.dates, panel.names, panel.returns, panel.market, spec, excluded)
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = fit(windows, spec.model)
        # A security that is its own benchmark leaves only rounding as a residual, and any event would look infinitely significant.
        returns = np.where(np.isfinite(windows.er), windows.er, 0.0)
        exact = ~(fitted.sigma > 1e-10 * np.sqrt(np.einsum("ij,ij->i", returns, returns) / fitted.L1))
    if exact.any():
        at = np.flatnonzero(reason == "")
        reason[at[exact]] = Reason.NO_VARIATION
        windows = Windows(*(getattr(windows, name)[~exact] for name in ("row", "er", "em", "wr", "wm")))
        fitted = fit(windows, spec.model)
    kept = np.flatnonzero(reason == "")
    if strict:
        _refuse(reason, kept, spec)
    normal = normal_returns(windows, fitted, spec.model)
    abnormal = windows.wr - normal
    error = day_errors(windows, fitted, spec.model)
    found = cars(windows, fitted, spec.model, abnormal, normal, spec.window[0], spec.cars, spec.returns == "simple")
    quiet = estimation_abnormal(windows, fitted, spec.model)
    daily, spans = {}, {}
    groups = dict.fromkeys(events.group[kept].tolist())
    for group in groups:
        # A slice of everything costs nothing; a mask would copy every array.
        mine = events.group[kept] == group if len(groups) > 1 else slice(None)
        sample = Sample(
            quiet[mine], fitted.residual[mine], abnormal[mine], abnormal[mine] / error[mine], fitted.sigma[mine], fitted.dof[mine],
            windows.row[mine], spec.window[0],
        )  # fmt: skip
        size = len(sample.row)
        sums = np.array([each.car[mine] for each in found]).reshape(len(found), size).T
        scaled = np.array([(each.car / each.s_exact)[mine] for each in found]).reshape(len(found), size).T
        daily[group], spans[group] = group_tests(sample, sums, scaled, list(spec.cars))
    return StudyResult(
        spec, events, panel, reason, kept, windows, fitted, normal, abnormal, error, found, daily, spans,
        _notes(panel, events, spec, kept, windows),
    )  # fmt: skip


def _refuse(reason: np.ndarray, kept: np.ndarray, spec: StudySpec) -> None:
    if len(reason) and len(kept) / len(reason) >= 1 - spec.max_loss and len(kept):
        return
    names, counts = np.unique(reason[reason != ""].astype(str), return_counts=True)
    why = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True)) or "there were none"
    raise StudyError(
        f"{len(reason) - len(kept)} of {len(reason)} events cannot take part ({why}); "
        f"the study refuses beyond {spec.max_loss:.0%}. Widen the prices, shorten the windows, or raise max_loss."
    )


def _notes(panel: Panel, events: Events, spec: StudySpec, kept: np.ndarray, windows: Windows) -> dict[str, np.ndarray]:
    row, column = positions(events, panel.dates, panel.names)
    notes = {name: flag[kept] for name, flag in events.flags.items()}
    row, column = row[kept], column[kept]
    notes["overlaps_previous"] = overlapping(row, column, np.ones(len(row), bool), spec.window_length, events.group[kept])
    notes["own_events"] = own_events_nearby(row, column, spec)
    notes["missing"] = (~np.isfinite(windows.wr)).sum(axis=1)
    valid = np.isfinite(windows.er)
    notes["zero_share"] = ((windows.er == 0) & valid).sum(axis=1) / np.maximum(valid.sum(axis=1), 1)
    return notes
