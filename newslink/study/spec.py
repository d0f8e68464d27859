"""What a study is asked to do (``StudySpec``), what it is asked about (``Events``), and why an event may not take part (``Reason``)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from enum import StrEnum

import numpy as np

from newslink.errors import StudyError

MODELS = ("market", "adjusted", "mean")
RETURNS = ("simple", "log")
TOO_FEW_FOR_A_VERDICT = 5


class Reason(StrEnum):
    """Why an event was left out. One reason each, the first that applies in this order."""

    OTHER_CALENDAR = "other_calendar"
    NO_BAR = "no_bar"
    UNKNOWN_SECURITY = "unknown_security"
    EVENT_NOT_IN_PANEL = "event_not_in_panel"
    DUPLICATE_EVENT = "duplicate_event"
    INTRADAY = "intraday"
    DATE_ONLY = "date_only"
    LIMIT_LOCKED = "limit_locked"
    INSUFFICIENT_HISTORY = "insufficient_history"
    INSUFFICIENT_FUTURE = "insufficient_future"
    MISSING_BENCHMARK = "missing_benchmark"
    SUSPENDED_ON_EVENT = "suspended_on_event"
    TOO_MANY_MISSING = "too_many_missing"
    NO_VARIATION = "no_variation"
    OVERLAPS_PREVIOUS = "overlaps_previous"


EXPLAINED = {
    Reason.OTHER_CALENDAR: "the security trades on another exchange's calendar; study each calendar for itself",
    Reason.NO_BAR: "no price is known on the event session or after it",
    Reason.UNKNOWN_SECURITY: "no column of prices goes by this name",
    Reason.EVENT_NOT_IN_PANEL: "the event date is not a session of the price table",
    Reason.DUPLICATE_EVENT: "another event of the same group has this security and session",
    Reason.INTRADAY: "published while trading; the spec leaves such events out",
    Reason.DATE_ONLY: "published at an unknown time of the day; the spec leaves such events out",
    Reason.LIMIT_LOCKED: "closed at its price limit on the event session; the spec leaves such events out",
    Reason.INSUFFICIENT_HISTORY: "the estimation window begins before the prices do, or holds too few returns",
    Reason.INSUFFICIENT_FUTURE: "the event window ends after the prices do",
    Reason.MISSING_BENCHMARK: "the benchmark has no return on a session of the event window",
    Reason.SUSPENDED_ON_EVENT: "no return on the event session itself: suspended, or the first session after a gap",
    Reason.TOO_MANY_MISSING: "too many sessions of the event window have no return",
    Reason.NO_VARIATION: "the estimation window has no variation to estimate from",
    Reason.OVERLAPS_PREVIOUS: "its window meets that of an earlier event of the same security; the spec leaves such events out",
}


@dataclass(frozen=True, slots=True)
class StudySpec:
    """A study in full. All windows are in sessions relative to the event session (tau = 0), both ends inclusive.

    model: market (OLS on the benchmark), adjusted (return less benchmark), mean (constant mean). returns: simple or log, used throughout.
    minimum: valid returns needed in the estimation window; None is half of it. max_missing: sessions of the event window that may lack a
    return; None is a fifth of it. max_loss: share of events that may be left out before the study refuses.
    mask_own_events: leave the event windows of a security's other events out of its estimation window.
    overlaps, intraday, date_only, limit_locked: ``keep`` (flagged; overlap is what the Kolari-Pynnonen factor corrects) or ``drop``.
    """

    model: str = "market"
    returns: str = "simple"
    estimation: tuple[int, int] = (-130, -11)
    window: tuple[int, int] = (-10, 10)
    cars: tuple[tuple[int, int], ...] = ((0, 0), (0, 1), (-1, 1), (-5, 5), (1, 10))
    minimum: int | None = None
    max_missing: int | None = None
    max_loss: float = 0.35
    mask_own_events: bool = False
    overlaps: str = "keep"
    intraday: str = "keep"
    date_only: str = "keep"
    limit_locked: str = "keep"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise StudyError(f"model {self.model!r} is none of {', '.join(MODELS)}.")
        if self.returns not in RETURNS:
            raise StudyError(f"returns {self.returns!r} are none of {', '.join(RETURNS)}.")
        for name, (start, end) in {"estimation": self.estimation, "window": self.window}.items():
            if start > end:
                raise StudyError(f"{name} {start}:{end} ends before it begins.")
            if max(abs(start), abs(end)) > 5000:
                raise StudyError(f"{name} {start}:{end} is wider than 5,000 sessions.")
        if self.estimation[1] >= self.window[0]:
            last, first = self.estimation[1], self.window[0]
            raise StudyError(f"the estimation window must end before the event window begins: {last} is not before {first}.", "study_windows")
        if not self.window[0] <= 0 <= self.window[1]:
            raise StudyError(f"the event window {self.window[0]}:{self.window[1]} must hold the event session 0.", "study_zero")
        for start, end in self.cars:
            if start > end or start < self.window[0] or end > self.window[1]:
                raise StudyError(f"CAR window {start}:{end} must lie in the event window {self.window[0]}:{self.window[1]}.")
        if self.needed < self.estimated + 3:
            raise StudyError(f"{self.needed} returns are too few to estimate the {self.model} model: at least {self.estimated + 3}.", "study_few")
        if not 0 <= self.max_loss <= 1 or math.isnan(self.max_loss):
            raise StudyError(f"max_loss {self.max_loss} must be a share between 0 and 1.")
        for name in ("overlaps", "intraday", "date_only", "limit_locked"):
            if getattr(self, name) not in {"keep", "drop"}:
                raise StudyError(f"{name} must be keep or drop, not {getattr(self, name)!r}.")

    @property
    def estimated(self) -> int:
        """Parameters of the normal return that cost a degree of freedom (for ``adjusted``: the mean in sigma)."""
        return 2 if self.model == "market" else 1

    @property
    def estimation_length(self) -> int:
        return self.estimation[1] - self.estimation[0] + 1

    @property
    def window_length(self) -> int:
        return self.window[1] - self.window[0] + 1

    @property
    def needed(self) -> int:
        """Valid returns needed in the estimation window."""
        return math.ceil(self.estimation_length / 2) if self.minimum is None else self.minimum

    @property
    def missing_allowed(self) -> int:
        return self.window_length // 5 if self.max_missing is None else self.max_missing

    def as_dict(self) -> dict:
        """Plain types, every default resolved, for spec.json."""
        plain = asdict(self) | {"minimum": self.needed, "max_missing": self.missing_allowed}
        return {name: list(map(list, v)) if name == "cars" else list(v) if isinstance(v, tuple) else v for name, v in plain.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events to study, one element each. session: datetime64[D], tau = 0, already aligned. group: statistics are made per group.

    flags: name (intraday, date_only, suspended, limit_up, limit_down, ex_date, provisional) → bool array.
    """

    id: np.ndarray
    group: np.ndarray
    security: np.ndarray
    session: np.ndarray
    flags: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(self.id), len(self.group), len(self.security), len(self.session), *map(len, self.flags.values())}
        if len(sizes) != 1:
            raise StudyError(f"the columns of the events differ in length: {sorted(sizes)}.")

    def __len__(self) -> int:
        return len(self.id)

    def flag(self, name: str) -> np.ndarray:
        """The flag's array; all False where it was not given."""
        return self.flags.get(name, np.zeros(len(self), bool))
