"""Providers in order → one checked reply: the next is asked when one fails, all within one deadline, and every attempt is on record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from newslink.errors import PriceError, PriceUnavailable, UnknownToProviders
from newslink.frames import empty_bars
from newslink.prices.base import NAMES, WORDS, Outcome, PriceProvider, ProviderFailure
from newslink.prices.check import check_reply, coverage
from newslink.prices.throttle import Breaker, Throttle

TOTAL_SECONDS = 40.0
ATTEMPT_SECONDS = 15.0
# Too little to get an answer in: a helping second opinion is not sought then.
LEAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One provider asked once. seconds: how long it took; detail: the fact behind the outcome, in English."""

    provider: str
    security: str
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def words(self, language: str = "zh") -> str:
        """What the person reads: ``腾讯财经：超时，已终止``, ``tencent did not finish in time and was stopped``."""
        chinese, english = WORDS[self.outcome]
        return f"{NAMES.get(self.provider, self.provider)}：{chinese}" if language == "zh" else f"{self.provider} {english}"


@dataclass(frozen=True, slots=True)
class Reply:
    """Checked bars (maybe none: nothing traded) and how they were come by.

    missing: sessions without a bar. confirmed: nothing is missing, or a second provider misses the same, so they are days without trading.
    """

    bars: pd.DataFrame
    attempts: tuple[Attempt, ...]
    missing: tuple[date, ...] = ()
    confirmed: bool = True


class Chain:
    """providers: in order of preference. record: called with every Attempt, for the page that shows the sources' health.

    seconds: deadline of a whole request; attempt_seconds: of one provider, so that a hanging one leaves time for the next.
    """

    def __init__(
        self,
        providers: Sequence[PriceProvider],
        throttle: Throttle | None = None,
        breaker: Breaker | None = None,
        record: Callable[[Attempt], None] | None = None,
        seconds: float = TOTAL_SECONDS,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self.providers = list(providers)
        self.throttle, self.breaker = throttle or Throttle(), breaker or Breaker()
        self.seconds, self.attempt_seconds = seconds, attempt_seconds
        self._record = record or (lambda attempt: None)

    def order(self, security: str, start: date, end: date) -> list[PriceProvider]:
        """Who is asked, in order. Long windows go first to providers that need few requests for them."""
        able = [provider for provider in self.providers if provider.serves(security)]
        if (end - start).days > 3 * 366:
            able.sort(key=lambda provider: provider.cost(security, start, end) if hasattr(provider, "cost") else 1)
        return able

    def fetch(
        self,
        security: str,
        start: date,
        end: date,
        sessions: np.ndarray | None = None,
        stored: pd.DataFrame | None = None,
        required: np.ndarray | None = None,
    ) -> Reply:
        """Bars of [start, end], inclusive, from the first provider that has them whole and right.

        sessions: the calendar in that window (datetime64[D]), None where unknown; a bar on any other day is refused.
        required: those of them that must have a bar (default: all); an open session, or one before the listing, only may.
        stored: final bars already held, for the overlap check.
        Raises UnknownToProviders when two providers say so, PriceUnavailable otherwise; both carry ``attempts``.
        """
        deadline = time.monotonic() + self.seconds
        required = sessions if required is None else required
        attempts: list[Attempt] = []
        best: tuple[pd.DataFrame, tuple[date, ...]] | None = None
        empties, strangers = set(), set()
        for provider in self.order(security, start, end):
            left = deadline - time.monotonic()
            if best is not None and left < LEAST_SECONDS:
                break
            try:
                bars, missing = self.ask(
                    provider, security, start, end, sessions, required, stored, min(left, self.attempt_seconds), attempts
                )
            except ProviderFailure as failure:
                if failure.outcome is Outcome.EMPTY:
                    empties.add(provider.host or provider.name)
                elif failure.outcome is Outcome.UNKNOWN:
                    strangers.add(provider.host or provider.name)
                if len(empties) > 1 and best is None:
                    return Reply(empty_bars(), tuple(attempts), tuple(required.tolist()) if required is not None else ())
                if len(strangers) > 1 and best is None and not empties:
                    raise with_attempts(UnknownToProviders(self.sentence(security, attempts, "unknown")), attempts) from failure
                continue
            if not missing:
                return Reply(bars, tuple(attempts))
            if best is not None:
                if set(best[1]) == set(missing):
                    return Reply(best[0], tuple(attempts), best[1], confirmed=True)
                if len(missing) >= len(best[1]):
                    continue
            best = bars, missing
        if best is not None:
            return Reply(best[0], tuple(attempts), best[1], confirmed=False)
        raise with_attempts(PriceUnavailable(self.sentence(security, attempts, "unavailable")), attempts)

    def ask(
        self,
        provider: PriceProvider,
        security: str,
        start: date,
        end: date,
        sessions: np.ndarray | None,
        required: np.ndarray | None,
        stored: pd.DataFrame | None,
        seconds: float,
        attempts: list[Attempt],
    ) -> tuple[pd.DataFrame, tuple[date, ...]]:
        """One provider's checked bars, and the required sessions they lack. Raises ProviderFailure; recorded either way."""
        began = time.monotonic()

        def note(outcome: Outcome, detail: str = "") -> None:
            attempt = Attempt(provider.name, security, outcome, detail, round(time.monotonic() - began, 3))
            attempts.append(attempt)
            self.breaker.note(provider.host, outcome)
            self._record(attempt)

        rest = self.breaker.resting(provider.host)
        if seconds <= 0 or rest > 0 or not self.throttle.wait(provider.host, seconds):
            detail = f"for another {rest:.0f} s" if rest else "no time left"
            note(Outcome.SKIPPED, detail)
            raise ProviderFailure(provider.name, Outcome.SKIPPED, detail)
        try:
            bars = provider.daily(security, start, end, max(0.1, seconds - (time.monotonic() - began)))
            bars = check_reply(bars, security, start, end, provider.name, sessions, stored)
        except ProviderFailure as failure:
            note(failure.outcome, failure.detail)
            raise
        except Exception as error:  # a provider's own mistake stops here, like a bad reply
            note(Outcome.SCHEMA, f"{type(error).__name__}: {str(error)[:200]}")
            raise ProviderFailure(provider.name, Outcome.SCHEMA, type(error).__name__) from error
        missing = coverage(bars, required).missing if required is not None else ()
        note(Outcome.INCOMPLETE if missing else Outcome.OK, f"{len(missing)} sessions, first {missing[0]}" if missing else "")
        return bars, missing

    @staticmethod
    def sentence(security: str, attempts: Sequence[Attempt], why: str) -> str:
        """What happened, provider by provider, and what to do."""
        told = "; ".join(f"{attempt.words('en')}{f' ({attempt.detail})' if attempt.detail else ''}" for attempt in attempts)
        if why == "unknown":
            return f"{security}: {told}. Two providers agree; check the code."
        return f"Prices of {security} could not be had: {told or 'no provider serves it'}. Stored bars stay; try again later."


def with_attempts(error: PriceError, attempts: Sequence[Attempt]) -> PriceError:
    error.attempts = tuple(attempts)
    return error
