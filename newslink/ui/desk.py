"""Settings → the open store, universe, calendar and price desk of this server, shared by all sessions; none holds a session's state.

An empty store shows the bundled sample instead: its posts are read into a store of their own under the home folder, so that nothing of the
sample ever gets into the analyst's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st

from newslink.errors import NewslinkError, StoreError
from newslink.link import Universe
from newslink.model import Filter
from newslink.pipeline.bars import bars_of
from newslink.pipeline.clock import calendar_mark, clock_of
from newslink.pipeline.ingest import ingest
from newslink.pipeline.linking import universe_of
from newslink.pipeline.prices import Job, PriceDesk, price_desk
from newslink.sessions import SessionClock
from newslink.settings import Settings
from newslink.store import Store, open_store
from newslink.ui.answers import Answers

RETRY_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Desk:
    """sample: the store is the bundled sample's. version: the store's, when this desk was opened for a run."""

    settings: Settings
    store: Store
    universe: Universe
    clock: SessionClock
    prices: PriceDesk
    sample: bool
    version: int

    def answer(self, make: Callable[[], Any], *question: Hashable) -> Any:
        """What make gives, or what it gave for the same question since the store last changed."""
        return _ANSWERS.get((self.settings.store_url, self.version, *question), make)

    def bounds(self, security: str) -> tuple[date, date]:
        """First and last day on which a bar or an article of the security stands; today twice when there is nothing."""
        today = datetime.now(UTC).date()
        return self.answer(lambda: self._bounds(security, today), "bounds", security, today)

    def _bounds(self, security: str, today: date) -> tuple[date, date]:
        bars = bars_of(self.store, security)
        days = [] if bars.empty else [bars["session"].iloc[0].date(), bars["session"].iloc[-1].date()]
        sessions = self.store.session_counts(security)["session"]
        days += [] if sessions.empty else [sessions.iloc[0].date(), sessions.iloc[-1].date()]
        if days and not self.sample and (today - max(days)).days < 15:
            days.append(today)
        return (min(days), max(days)) if days else (today, today)

    def newest_day(self) -> date | None:
        """Beijing day of the newest article with a time; None in an empty store."""
        page = self.store.page(Filter(), 0, 1)
        return None if page.rows.empty else _beijing_day(page.rows["published_at"].iloc[0])

    def busiest(self) -> str:
        """The security that the newest articles name most; '' where nothing is linked."""
        named = [security for each in self.store.page(Filter(), 0, 200).rows["securities"] for security, _ in tuple(each)[:3]]
        return max(named, key=named.count) if named else ""


def _beijing_day(moment) -> date | None:
    return None if moment != moment else moment.tz_convert("Asia/Shanghai").date()


# What every run of every session asks for is kept in plain dictionaries: Streamlit's own cache costs more than what is asked.
_ANSWERS = Answers()
_STORES: dict[tuple[str, str], dict[str, Store]] = {}
_LOADING = threading.Lock()


def _stores(home: str, url: str) -> dict[str, Store]:
    """Role → store: the analyst's own, and the sample's once it was needed."""
    known = _STORES.get((home, url))
    if known is None:
        with _LOADING:
            known = _STORES.get((home, url))
            if known is None:
                Path(home).mkdir(parents=True, exist_ok=True)
                known = _STORES[home, url] = {"own": open_store(url)}
    return known


def _sample_store(settings: Settings, stores: dict[str, Store]) -> Store:
    with _LOADING:
        if "sample" not in stores:
            path = settings.home / "cache" / "sample.db"
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                stores["sample"] = _filled(settings, path)
            except StoreError:
                # Left behind by another version, or damaged: nothing in it is the analyst's.
                for left_over in path.parent.glob(f"{path.name}*"):
                    left_over.unlink(missing_ok=True)
                stores["sample"] = _filled(settings, path)
        return stores["sample"]


def _filled(settings: Settings, path: Path) -> Store:
    url = f"sqlite:///{path}"
    ingest([Path(str(files("newslink.sample").joinpath("posts")))], settings, url)
    return open_store(url)


@st.cache_resource(show_spinner=False, max_entries=4)
def _clock(home: str, url: str, sample: bool, calendar: tuple) -> SessionClock:
    """calendar: a mark of what it is made of."""
    return clock_of(_stores(home, url)["sample" if sample else "own"])


@st.cache_resource(show_spinner=False, max_entries=4)
def _desk(home: str, url: str, offline: bool, sample: bool, names: str) -> Desk:
    """names: a mark of what the universe is made of."""
    settings = Settings(Path(home), url, offline)
    stores = _stores(home, url)
    store = stores["sample"] if sample else stores["own"]
    universe = universe_of(store)
    clock = _clock(home, url, sample, calendar_mark(store))
    if sample:
        # Corrections of the sample stay in the sample.
        settings = replace(settings, store_url=f"sqlite:///{settings.home / 'cache' / 'sample.db'}")
    # Prices always go to the analyst's own store: the sample brings its own.
    prices = price_desk(Settings(Path(home), url, offline), stores["own"], clock=clock, security=universe.security)
    return Desk(settings, store, universe, clock, prices, sample, 0)


_OPENED: dict[tuple, tuple[tuple, Desk]] = {}


def open_desk(settings: Settings) -> Desk:
    """The desk of these settings as the store is now: one small query where nothing has changed. Raises StoreError when it cannot be opened."""
    home, url = str(settings.home), settings.store_url
    stores = _stores(home, url)
    key, mark = (home, url, settings.offline), tuple(store.version() for store in stores.values())
    known = _OPENED.get(key)
    if known is None or known[0] != mark:
        known = _OPENED[key] = (mark, _opened_anew(settings, stores))
    return known[1]


def _opened_anew(settings: Settings, stores: dict[str, Store]) -> Desk:
    counts = stores["own"].counts()
    sample = counts.linked + counts.unlinked + counts.rejected == 0
    store = _sample_store(settings, stores) if sample else stores["own"]
    # Before anything is read: what changes meanwhile is then read again by the next run.
    version = store.version()
    home, url = str(settings.home), settings.store_url
    desk = _desk(home, url, settings.offline, sample, store.names_version())
    desk.prices.clock = _clock(home, url, sample, calendar_mark(store))  # jobs under way go on with it
    return replace(desk, clock=desk.prices.clock, version=version)


def pulse(settings: Settings) -> int:
    """A number that changes whenever something is written to the analyst's own store, whatever is on screen."""
    return _stores(str(settings.home), settings.store_url)["own"].version()


@dataclass(slots=True)
class Fetch:
    """What is known of the last fetch of a security in this server: when it was asked, the job, and why it failed."""

    asked: datetime
    job: Job

    @property
    def problem(self) -> str:
        return next(iter(self.job.failures.values()), "")


_FETCHES: dict[str, Fetch] = {}


def fetch(desk: Desk, security: str, wanted: bool, force: bool = False) -> Fetch | None:
    """Start (or join) the background fetch of a security's bars. Never blocks; a failed one rests ten minutes.

    wanted: something is missing. force: the analyst pressed the button.
    """
    known = _FETCHES.get(security)
    if desk.settings.offline or desk.sample:
        return known
    now = datetime.now(UTC)
    rested = known is None or (not known.job.running and now - known.asked > RETRY_AFTER)
    if force and (known is None or not known.job.running) or wanted and rested:
        with suppress(NewslinkError):
            known = _FETCHES[security] = Fetch(now, desk.prices.refresh_in_background([security]))
    return known
