"""Store, names and calendar → what each page shows (``view_types``). Reads only: never fetches, never waits for a network."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from newslink.events import HORIZONS
from newslink.link import Universe
from newslink.link.corrections import CorrectionKind
from newslink.model import CURRENCIES, Filter, Kind, Security, Standing, market_of
from newslink.pipeline.bars import bars_of, benchmark_of, flags_of
from newslink.pipeline.events import stand_events
from newslink.pipeline.snapshot import one_snapshot
from newslink.pipeline.view_lists import data_view, facets_of, market_view, news_view
from newslink.pipeline.view_types import ArticleView, ChartView, Counts, LinkView, Quote, Staleness, Told
from newslink.prices import adjust as adjusted
from newslink.sessions import SessionClock
from newslink.store import Store

__all__ = ["article_view", "chart_view", "data_view", "market_view", "news_view"]

# What makes something, and the words of the question it answers → the thing, made or kept.
Answer = Callable[..., Any]

LINKED = 0.5  # confidence from which a link is one
BEIJING = timezone(timedelta(hours=8))
DEFAULT_WINDOW = timedelta(days=365)
RUN_UP = 250  # sessions before the window that feed moving averages


def _made(make: Callable[[], Any], *question: Hashable) -> Any:
    return make()


def _of_version(answer: Answer, version: int, make: Callable[[], Any], *question: Hashable) -> Any:
    return answer(make, version, *question)


@one_snapshot
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
    answer: Answer = _made,
) -> ChartView:
    """Everything the page K 线与新闻 needs. start, end: inclusive; None takes the last year of bars. filter: all but security and dates.

    answer: asked for every part that the next filter of the same security will need again, so that a screen may keep it. What the store holds
    is part of the question, so that no part is older or newer than the others.
    """
    answer = partial(_of_version, answer, store.version())
    now = now or datetime.now(BEIJING)
    known = universe.security(security) or Security(security, security, Kind.STOCK, security)
    raw = answer(lambda: bars_of(store, security), "bars", security)
    last_bar = raw["session"].iloc[-1].date() if len(raw) else None
    end = end or last_bar or now.date()
    start = start or max(end - DEFAULT_WINDOW, raw["session"].iloc[0].date() if len(raw) else date.min)
    if start > end:
        start, end = end, start
    wanted = Filter(
        securities=(security,), start=start, end=end, keyword=filter.keyword, sources=filter.sources, categories=filter.categories,
        tags=filter.tags, roles=filter.roles, min_relevance=filter.min_relevance, fold_copies=filter.fold_copies,
    )  # fmt: skip
    benchmark = benchmark_of(security)
    index_bars = answer(lambda: bars_of(store, benchmark), "bars", benchmark)
    window = Filter(securities=(security,), start=start, end=end)

    def stood() -> pd.DataFrame:
        flags = answer(lambda: flags_of(universe, security, raw), "flags", security)
        index = {market_of(security): index_bars}
        return stand_events(store, store.rows(window), universe, clock, {security: raw}, index, {security: flags})

    def cut() -> tuple[pd.DataFrame, pd.DataFrame]:
        drawn = answer(lambda: adjusted(raw, adjust), "adjusted", security, adjust)
        return _windowed(drawn, start, end, RUN_UP), _windowed(index_bars if benchmark != security else raw.iloc[:0], start, end, 0)

    # A row is what it is whatever else the filter leaves, so the next filter of the window needs only say which rows.
    whole = answer(stood, "events", window)
    rows = np.arange(len(whole))
    if wanted != window:
        places = answer(lambda: Places(whole["article"]), "places", window)
        rows = places.of(store.linked_articles(wanted))
    bars, index = answer(cut, "window", security, start, end, adjust)
    market = market_of(security)
    return ChartView(
        security=known,
        name=universe.name_on(security),
        bars=bars,
        whole=whole,
        rows=rows,
        counts=_counts(store, window, len(rows), wanted == window, answer),
        staleness=answer(lambda: staleness_of(raw, clock, market, now), "staleness", security, clock.last_closed(market, now)),
        first_day=start,
        last_day=end,
        quote=answer(lambda: _quote(raw, security), "quote", security),
        benchmark=index,
        benchmark_name=universe.name_on(benchmark),
        history=(raw["session"].iloc[0].date(), last_bar) if last_bar else None,
        facets=answer(lambda: facets_of(store, Filter(securities=(security,))), "facets", security),
    )


class Places:
    """Article → its row in the events of a window, where it has at most one."""

    def __init__(self, articles: pd.Series) -> None:
        self._row = {article: row for row, article in enumerate(articles.tolist())}

    @property
    def nbytes(self) -> int:
        return 200 * len(self._row)

    def of(self, articles: Iterable[str]) -> np.ndarray:
        """Rows of those that are there, ascending."""
        found = map(self._row.get, articles)
        return np.sort(np.fromiter((row for row in found if row is not None), np.int64))


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


def staleness_of(raw: pd.DataFrame, clock: SessionClock, market: str, now: datetime) -> Staleness:
    """Where the newest bar came from, and the session that ought to be there by now."""
    expected = clock.last_closed(market, now)
    if not len(raw):
        return Staleness(expected_session=expected)
    bar = raw.iloc[-1]
    return Staleness(
        provider=str(bar["provider"]),
        fetched_at=bar["fetched_at"].to_pydatetime(),
        last_session=bar["session"].date(),
        expected_session=expected,
        sample=bool((raw["provider"] == "sample").any()),
    )


def _counts(store: Store, window: Filter, shown: int, unfiltered: bool, answer: Answer) -> Counts:
    """linked = on the chart + outside the window + filtered out, articles once each. shown: rows on the chart; of one security, an article is
    one row.
    """

    def number(wanted: Filter) -> int:
        return answer(lambda: store.page(wanted, limit=0).total, "number", wanted)

    whole = answer(store.counts, "counts")
    linked = number(Filter(securities=window.securities))
    inside = shown if unfiltered else number(window)
    return Counts(
        received=whole.ingested, linked=whole.linked, unlinked=whole.unlinked, rejected=whole.rejected,
        security_linked=linked, on_chart=shown, outside_window=linked - inside, filtered_out=inside - shown,
    )  # fmt: skip


@one_snapshot
def article_view(store: Store, universe: Universe, clock: SessionClock, id: str) -> ArticleView | None:
    """The reader's article: links best first, candidates last, each with where it stands and what the price did. None for an unknown id."""
    entry = store.article(id)
    if entry is None:
        return None
    article = entry.article
    standings = {link.security: standing for link, standing in zip(entry.links, entry.standings, strict=True)}
    linked = [link for link in entry.links if link.confidence >= LINKED]
    events = _events_of_one(store, universe, clock, article.id, [link.security for link in linked], standings)
    verdicts = _verdicts(store, article.id)
    links = []
    for link in sorted(entry.links, key=lambda link: (link.confidence < LINKED, -link.relevance)):
        standing, event = standings[link.security], events.get(link.security, {})
        links.append(
            LinkView(
                link=link,
                name=universe.name_on(link.security, standing.session if standing else None),
                session=_day(event.get("session")) or (standing.session if standing else None),
                bucket=standing.bucket if standing else None,
                date_only=bool(standing and standing.date_only),
                provisional=bool(standing and standing.provisional),
                suspended=bool(event.get("suspended", False)),
                muted=verdicts.get(link.security) == CorrectionKind.NOT_THIS_LINK,
                confirmed=verdicts.get(link.security) in (CorrectionKind.ADD_LINK, "confirm_link"),
                returns=tuple(event[f"return_{n}"] for n in HORIZONS) if event else (),
                excess=tuple(event[f"excess_{n}"] for n in HORIZONS) if event else (),
            )
        )
    return ArticleView(article, tuple(links), entry.tags, *_told_elsewhere(store, id))


def _told_elsewhere(store: Store, id: str) -> tuple[tuple[Told, ...], tuple[Told, ...], tuple[Told, ...]]:
    """(copies of the article, what it or one of them is an update of, what is an update of them)."""
    copies = [member.article for member in store.cluster_of(id) if member.article != id]
    same = {id, *copies}
    updates = store.updates(same)
    earlier = [one.earlier for one in updates if one.article in same and one.earlier not in same]
    later = [one.article for one in updates if one.earlier in same and one.article not in same]
    held = store.articles_by_id([*copies, *earlier, *later]) if copies or updates else {}
    known = {other: Told(other, one.article.title, one.article.source, one.article.published) for other, one in held.items()}
    return tuple(tuple(known[other] for other in dict.fromkeys(ids) if other in known) for ids in (copies, earlier, later))  # type: ignore[return-value]


def _events_of_one(
    store: Store, universe: Universe, clock: SessionClock, id: str, securities: list[str], standings: dict[str, Standing | None]
) -> dict[str, dict]:
    """security → its row of the events frame, for one article."""
    days = [standing.session for security in securities if (standing := standings[security])]
    if not securities or not days:
        return {}
    wanted = Filter(securities=tuple(securities), start=min(days), end=max(days))
    rows = store.rows(wanted)
    frame = stand_events(store, rows[rows["article"] == id], universe, clock)
    return {row["security"]: row for row in frame.to_dict("records")}


def _verdicts(store: Store, article: str) -> dict[str, str]:
    """security → what a person last said of the article's link to it."""
    return {said.security: said.kind for said in store.corrections() if said.article == article and said.security}


def _day(value: object) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
