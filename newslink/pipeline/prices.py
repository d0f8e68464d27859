"""Settings and store → a price desk: bars from the store at once, what is missing fetched in the background, minutes on demand.

The only place that wires providers, throttle, breaker, calendar and store together; the command line and the screen share it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from newslink.errors import NewslinkError, PriceUnavailable
from newslink.model import Security, market_of
from newslink.prices.adjust import adjust
from newslink.prices.akshare import MINUTE_PERIODS, akshare_providers
from newslink.prices.base import Outcome, ProviderFailure, window
from newslink.prices.cache import BarCache, Refresh
from newslink.prices.chain import Attempt, Chain
from newslink.prices.files import FileProvider
from newslink.prices.health import SourceHealth, health
from newslink.prices.lists import ListRefresh
from newslink.prices.throttle import Breaker, Throttle
from newslink.prices.worker import Worker
from newslink.sessions import SessionClock
from newslink.settings import Settings
from newslink.store import Attempted

# A closed session counts as final this long after the close, when auctions, after-hours volume and slow providers have settled.
SETTLING = timedelta(minutes=60)
# How far back a security without any bars is fetched: the events, and a year before them for models and averages.
DEFAULT_HISTORY = timedelta(days=5 * 366)
FILES_FOLDER = "bars"


@dataclass
class Job:
    """A refresh under way. done of total securities; read it from any thread.

    resting: seconds until a service may be asked again, where the job ended early because all of them rest; 0 otherwise.
    failures: security → the sentence for the person, in English; told: security → the attempts behind it, for words in either language.
    """

    total: int
    done: int = 0
    added: int = 0
    requests: int = 0
    current: str = ""
    resting: float = 0.0
    failures: dict[str, str] = field(default_factory=dict)
    told: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)
    finished: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Stop after the security now being asked about; what was fetched stays."""
        self.cancelled.set()

    @property
    def running(self) -> bool:
        return not self.finished.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Block until finished; whether it is."""
        return self.finished.wait(seconds)


class PriceDesk:
    """settings, an open store (the archive) and, for tests, other providers or another time. Thread-safe as far as the store is.

    security: id → what the universe knows of it (``Universe.security``), for the dates of its listing.
    """

    def __init__(
        self,
        settings: Settings,
        store: object,
        providers: list | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: SessionClock | None = None,
        throttle: Throttle | None = None,
        security: Callable[[str], Security | None] = lambda identity: None,
    ) -> None:
        self.settings, self.store, self.now = settings, store, now
        self.clock = clock or SessionClock()
        self.worker = Worker()
        self._attempts: deque[Attempt] = deque(maxlen=500)
        self._akshare = [] if settings.offline else akshare_providers(self.worker, clock=now)
        # Minutes are asked for by somebody who waits; a whole-market update must not stand before them.
        self._minute_worker = Worker()
        self._minutes = [] if settings.offline else akshare_providers(self._minute_worker, clock=now)
        files = settings.home / FILES_FOLDER
        own = [FileProvider(files)] if files.is_dir() else []
        self.providers = providers if providers is not None else [*own, *self._akshare]
        breaker = Breaker(settings.home / "prices" / "breaker.json")
        self.chain = Chain(self.providers, throttle, breaker, self.note) if self.providers else None
        self.cache = BarCache(store, self.chain, self.sessions_of, now, self.closed_until, self.listing)
        self._security = security
        self._jobs: dict[tuple, Job] = {}
        self._lock = threading.Lock()

    # ---------------------------------------------------------------- calendar
    def sessions_of(self, security: str, start: date, end: date) -> np.ndarray:
        """Sessions (datetime64[D]) of the security's market in [start, end]."""
        return self.clock.sessions(market_of(security), start, end)

    def listing(self, security: str) -> tuple[date | None, date | None]:
        """(first day of trading, day from which it no longer trades), None where unknown or open."""
        known = self._security(security)
        return (known.listed, known.delisted) if known is not None else (None, None)

    def closed_until(self, security: str, now: datetime) -> date:
        """The last session whose figures have settled by now."""
        return self.clock.last_closed(market_of(security), now - SETTLING)

    # ---------------------------------------------------------------- bars
    def bars(self, security: str, start: date | None = None, end: date | None = None, way: str = "raw") -> pd.DataFrame:
        """Stored bars of [start, end], inclusive, never fetched.

        way: raw, qfq or hfq, anchored at the newest or oldest bar stored, whatever the window, so that the same day shows the same price
        in every window.
        """
        if way == "raw":
            return self.store.read_bars(security, start, end)
        return window(adjust(self.store.read_bars(security), way), start or date.min, end or date.max)

    def refresh(self, security: str, start: date | None = None, end: date | None = None) -> Refresh:
        """Fetch what is missing in [start, end] (default: five years up to today) and store it.

        Raises PriceUnavailable, UnknownToProviders.
        """
        return self.cache.refresh(security, *self._window(start, end))

    def _window(self, start: date | None, end: date | None) -> tuple[date, date]:
        today = self.now().date() + timedelta(days=1)  # the exchange's date may be ahead of UTC's
        end = min(end or today, today)
        return start or end - DEFAULT_HISTORY, end

    def refresh_in_background(
        self, securities: Iterable[str], start: date | None = None, end: date | None = None, then: Callable[[Job], None] | None = None
    ) -> Job:
        """A job that refreshes them one after the other.

        The same request while one is running gives that job back, so a page that is drawn again does not ask again.
        then: called at the end, in the job's thread.
        """
        wanted = tuple(dict.fromkeys(securities))
        key = (wanted, start, end)
        with self._lock:
            running = self._jobs.get(key)
            if running is not None and running.running:
                return running
            job = self._jobs[key] = Job(len(wanted))
        threading.Thread(target=self._run, args=(job, wanted, start, end, then), name="newslink-prices", daemon=True).start()
        return job

    def run(
        self,
        securities: Iterable[str],
        start: date | None,
        end: date | None,
        progress: Callable[[Job], None] = lambda job: None,
        patience: float = 0.0,
    ) -> Job:
        """The same in this thread. progress: called after each security, and before a wait.

        patience: seconds to wait when every service rests after failures. Where they rest for longer the job ends there, rather than
        call thousands of securities failed that nobody was asked about.
        """
        wanted = tuple(dict.fromkeys(securities))
        job = Job(len(wanted))
        self._run(job, wanted, start, end, None, progress, patience)
        return job

    def _run(self, job: Job, wanted: tuple[str, ...], start, end, then, progress=lambda job: None, patience: float = 0.0) -> None:
        try:
            for security in wanted:
                if job.cancelled.is_set():
                    break
                job.current = security
                try:
                    if patience and not self._awake(job, security, start, end, patience, progress):
                        break
                    done = self.refresh(security, start, end)
                    job.added, job.requests = job.added + done.added, job.requests + done.requests
                except NewslinkError as error:
                    job.told[security] = getattr(error, "attempts", ())
                    job.failures[security] = str(error)
                job.done += 1
                progress(job)
        finally:
            job.current = ""
            job.finished.set()
            if then is not None:
                then(job)

    def _awake(self, job: Job, security: str, start: date | None, end: date | None, patience: float, progress: Callable[[Job], None]) -> bool:
        """Wait until somebody may be asked about the security, where anything of it is missing. False: the job is to end here."""
        while (rest := self._all_rest(security)) and self.cache.missing(security, *self._window(start, end)):
            if rest > patience:
                job.resting = rest
                return False
            job.current = f"{security}, waiting {rest:.0f} s"
            progress(job)
            if job.cancelled.wait(rest):
                return False
        job.current = security
        return True

    def _all_rest(self, security: str) -> float:
        """Seconds until the first service that serves the security may be asked; 0 where one may be asked now."""
        able = [provider for provider in self.providers if provider.serves(security)] if self.chain else []
        return min((self.chain.breaker.resting(provider.host) for provider in able), default=0.0)

    # ---------------------------------------------------------------- minutes, lists, health
    def minute(self, security: str, period: str = "5") -> pd.DataFrame:
        """Minute bars of the last sessions (1, 5, 15, 30 or 60 minutes), fetched now: never on the way to a first paint.

        Not stored. Raises PriceUnavailable.
        """
        if period not in MINUTE_PERIODS:
            raise PriceUnavailable(f"There are no {period}-minute bars; expected {', '.join(MINUTE_PERIODS)}.")
        told, failures = [], []
        for provider in (one for one in self._minutes if one.serves_minutes(security, period)):
            if self.chain.breaker.resting(provider.host) or not self.chain.throttle.wait(provider.host, 10):
                told.append(f"{provider.name} is resting.")
                failures.append(ProviderFailure(provider.name, Outcome.SKIPPED))
                continue
            try:
                bars = provider.minute(security, period, 15)
                self.note(Attempt(provider.name, security, Outcome.OK))
                return bars
            except ProviderFailure as failure:
                self.chain.breaker.note(provider.host, failure.outcome)
                self.note(Attempt(provider.name, security, failure.outcome, failure.detail))
                told.append(str(failure))
                failures.append(failure)
        offline = " newslink is offline (NEWSLINK_OFFLINE=1)." if self.settings.offline else ""
        none = PriceUnavailable(f"Minute bars of {security} could not be had: {' '.join(told) or 'no provider has them.'}{offline}", "minute_none")
        none.failures = tuple(failures)
        raise none

    def lists(self) -> ListRefresh:
        """The exchanges' lists, resumable. Raises PriceUnavailable offline."""
        if not self._akshare:
            raise PriceUnavailable("The lists of securities cannot be fetched: newslink is offline (NEWSLINK_OFFLINE=1).")
        return ListRefresh(self._akshare[1].listing, self.settings.home / "prices" / "lists.json", self.now)

    def note(self, attempt: Attempt) -> None:
        """Put one attempt on record, in the store where it keeps them. A store that is busy never stops a fetch."""
        self._attempts.append(attempt)
        if hasattr(self.store, "log_attempts"):
            with contextlib.suppress(NewslinkError):
                self.store.log_attempts(
                    [Attempted(attempt.at, attempt.provider, attempt.security, attempt.outcome, attempt.seconds, attempt.detail)]
                )

    def attempts(self, count: int = 200) -> list[Attempt]:
        """The newest attempts, oldest first: of every process where the store keeps them, else of this one."""
        if not hasattr(self.store, "attempts"):
            return list(self._attempts)[-count:]
        rows = self.store.attempts(limit=count).iloc[::-1].to_dict("records")
        return [
            Attempt(row["provider"], row["security"], Outcome(row["outcome"]), row["detail"], row["seconds"], row["at"].to_pydatetime())
            for row in rows
        ]

    def health(self) -> list[SourceHealth]:
        """Recent state of each source."""
        return health(self.attempts())

    def close(self) -> None:
        """End the fetching processes."""
        self.worker.close()
        self._minute_worker.close()


def price_desk(settings: Settings, store: object, **more) -> PriceDesk:
    """The desk over an open store. Starts nothing: the fetching process begins with the first request."""
    return PriceDesk(settings, store, **more)

