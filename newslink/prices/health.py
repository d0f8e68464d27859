"""Attempts at providers → the state of each source, for the page that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newslink.prices.base import Outcome
from newslink.prices.chain import Attempt


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One provider's recent record. failures: attempts since the last that brought bars; last: the newest attempt."""

    provider: str
    last: Attempt
    last_ok: datetime | None
    failures: int
    attempts: int


def health(attempts: Sequence[Attempt]) -> list[SourceHealth]:
    """One row a provider, in order of first appearance. attempts: oldest first."""
    result = {}
    for attempt in attempts:
        before = result.get(attempt.provider)
        brought = attempt.outcome in (Outcome.OK, Outcome.INCOMPLETE)
        neutral = attempt.outcome in (Outcome.EMPTY, Outcome.UNKNOWN, Outcome.SKIPPED)
        failures = 0 if brought else (before.failures if before else 0) + (0 if neutral else 1)
        last_ok = attempt.at if brought else (before.last_ok if before else None)
        result[attempt.provider] = SourceHealth(attempt.provider, attempt, last_ok, failures, (before.attempts if before else 0) + 1)
    return list(result.values())
