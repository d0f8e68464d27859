"""Store, names and calendar → what each page shows (``view_types``). Reads only: never fetches, never waits for a network."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pandas as pd

from newslink.link import Universe
from newslink.model import CURRENCIES, Filter, Kind, Security, market_of
from newslink.pipeline.bars import bars_of, benchmark_of
from newslink.pipeline.events import events_of
from newslink.pipeline.view_types import ArticleView, ChartView, Counts, Facets, LinkView, Quote, Staleness
from newslink.prices import adjust as adjusted
from newslink.sessions import SessionClock
from newslink.store import Store

BEIJING = timezone(timedelta(hours=8))
DEFAULT_WINDOW = timedelta(days=365)
RUN_UP = 250  # sessions before the window that feed moving averages


def chart_view(
    store: Store,
    universe: Universe,
    clock: SessionClock,
    security: str,
    start: date | None = None,
    end: date | None = None,
    filter: Filter = Filter(),  # noqa: B008  frozen
    adjust: str = "qfq",
    now: datetime | None = None,
) -> ChartView:
    """Everything the page K 线与新闻 needs. start, end: inclusive; None takes the last year of bars. filter: all but security and dates."""
    now = now or datetime.now(BEIJING)
    known = universe.security(security) or Security(security, security, Kind.STOCK, security)
    raw = bars_of(store, security)
    last_bar = raw["session"].iloc[-1].date() if len(raw) else None
    end = end or last_bar or now.date()
    start = start or max(end - DEFAULT_WINDOW, raw["session"].iloc[0].date() if len(raw) else date.min)
    if start > end:
        start, end = end, start
    wanted = Filter(
        securities=(security,), start=start, end=end, keyword=filter.keyword, sources=filter.sources, categories=filter.categories,
        tags=filter.tags, roles=filter.roles, min_relevance=filter.min_relevance, fold_copies=filter.fold_copies,
    )  # fmt: skip
    events = events_of(store, wanted, universe, clock, {security: raw})
    unfiltered = wanted == Filter(securities=(security,), start=start, end=end)
    counts = _counts(store, security, start, end, events, unfiltered)
    benchmark = benchmark_of(security)
    index_bars = bars_of(store, benchmark) if benchmark != security else raw.iloc[:0]
    return ChartView(
        security=known,
        name=universe.name_on(security),
        bars=_windowed(adjusted(raw, adjust), start, end, RUN_UP),
        events=events,
        counts=counts,
        staleness=staleness_of(raw, clock, market_of(security), now),
        first_day=start,
        last_day=end,
        quote=_quote(raw, security),
        benchmark=_windowed(index_bars, start, end, 0),
        benchmark_name=universe.name_on(benchmark),
        history=(raw["session"].iloc[0].date(), last_bar) if last_bar else None,
        facets=facets_of(store, Filter(securities=(security,))),
    )


def _windowed(bars: pd.DataFrame, start: date, end: date, before: int) -> pd.DataFrame:
    if not len(bars):
        return bars
    sessions = bars["session"]
    first = max(int(sessions.searchsorted(pd.Timestamp(start))) - before, 0)
    return bars.iloc[first : int(sessions.searchsorted(pd.Timestamp(end), side="right"))].reset_index(drop=True)


def _quote(raw: pd.DataFrame, security: str) -> Quote | None:
    if not len(raw):
        return None
    bar = raw.iloc[-1]
    return Quote(
        session=bar["session"].date(), close=bar["close"], prev_close=bar["prev_close"], open=bar["open"], high=bar["high"], low=bar["low"],
        volume=bar["volume"], amount=bar["amount"], currency=CURRENCIES[market_of(security)], provisional=bool(bar["provisional"]),
    )  # fmt: skip


def staleness_of(raw: pd.DataFrame, clock: SessionClock, market: str, now: datetime, fetching: bool = False, problem: str = "") -> Staleness:
    """Where the newest bar came from, and the session that ought to be there by now."""
    expected = clock.last_closed(market, now)
    if not len(raw):
        return Staleness(expected_session=expected, fetching=fetching, problem=problem)
    bar = raw.iloc[-1]
    return Staleness(
        provider=str(bar["provider"]),
        fetched_at=bar["fetched_at"].to_pydatetime(),
        last_session=bar["session"].date(),
        expected_session=expected,
        sample=bool((raw["provider"] == "sample").any()),
        fetching=fetching,
        problem=problem,
    )
