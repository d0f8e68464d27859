"""Store → the pages that show lists: 新闻, 市场 and 数据 (``view_types`` says what each frame holds)."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from importlib.metadata import version

import numpy as np
import pandas as pd

from newslink import __version__
from newslink.errors import QueryError
from newslink.link import Universe
from newslink.model import Filter, Kind
from newslink.pipeline.bars import bars_of
from newslink.pipeline.learn import proposals
from newslink.pipeline.linking import universe_of
from newslink.pipeline.prices import PriceDesk
from newslink.pipeline.view_types import Counts, DataView, Facets, MarketView, NewsView
from newslink.pipeline.watch import source_records
from newslink.settings import Settings
from newslink.store import Store

LISTED = 200  # rows of a list that a page shows


def facets_of(store: Store, filter: Filter | None = None) -> Facets:
    """What the filters can offer within the filter, most frequent first."""
    return Facets(store.sources(filter), store.categories(filter), store.tags(filter))


def whole_counts(store: Store) -> Counts:
    """Counts of the whole store, which reconcile."""
    counts = store.counts()
    return Counts(received=counts.ingested, linked=counts.linked, unlinked=counts.unlinked, rejected=counts.rejected)


def news_view(store: Store, universe: Universe, filter: Filter, offset: int = 0, limit: int = 50) -> NewsView:
    """One page of the filtered set, newest first. A keyword that cannot be understood gives an empty page and the reason."""
    counts = whole_counts(store)
    try:
        page = store.page(filter, offset, limit)
    except QueryError as error:
        return NewsView(_named(store.page(Filter(), limit=0).rows, universe), 0, facets_of(store), counts, str(error), error.code)
    return NewsView(_named(page.rows, universe), page.total, facets_of(store), counts)


def _named(rows: pd.DataFrame, universe: Universe) -> pd.DataFrame:
    """Securities as (id, name on the day, role)."""
    named = [
        tuple((security, universe.name_on(security, None if pd.isna(at) else at.date()), role) for security, role in securities)
        for securities, at in zip(rows["securities"], rows["published_at"], strict=True)
    ]
    return rows.assign(securities=pd.Series(named, index=rows.index, dtype=object))


def market_view(store: Store, universe: Universe, first: date, last: date, filter: Filter | None = None) -> MarketView:
    """What the news of [first, last] (sessions, inclusive) is about. filter: only fold_copies counts here."""
    fold = bool(filter and filter.fold_copies)
    days = (last - first).days + 1
    mentioned = store.top_mentioned(last, days, limit=LISTED, fold_copies=fold)
    mentioned = mentioned.assign(
        name=[universe.name_on(security, last) for security in mentioned["security"]],
        industry=[_board(universe, security) for security in mentioned["security"]],
        change=_changes(store, list(mentioned["security"]), first, last),
    )
    window = Filter(start=first, end=last, fold_copies=fold)
    newest = store.page(window, 0, 30)
    return MarketView(first, last, mentioned, _calendar(store, first, last, fold), _named(newest.rows, universe), whole_counts(store))


def _board(universe: Universe, security: str) -> str:
    """Where it is listed, for want of an industry list without a network: 沪主板, 科创板, 深主板, 创业板, 北交所, 港股, 美股."""
    known = universe.security(security)
    if known is not None and known.kind is not Kind.STOCK:
        return "基金" if known.kind is Kind.FUND else "指数"
    code, _, market = security.rpartition(".")
    if market == "SH":
        return "科创板" if code.startswith(("688", "689")) else "沪主板"
    if market == "SZ":
        return "创业板" if code.startswith(("300", "301", "302")) else "深主板"
    return {"BJ": "北交所", "HK": "港股", "US": "美股"}[market]


def _changes(store: Store, securities: list[str], first: date, last: date) -> list[float]:
    """Return over the window from raw closes and the exchange's reference prices; NaN where there are no bars."""
    held = store.bars_of(securities, first, last)
    changes = []
    for security in securities:
        bars = held.get(security)
        bars = bars_of(store, security, first, last) if bars is None else bars
        growth = (bars["close"] / bars["prev_close"]).to_numpy("float64")
        changes.append(float(np.prod(growth) - 1) if len(growth) and np.isfinite(growth).all() else np.nan)
    return changes


def _calendar(store: Store, first: date, last: date, fold: bool) -> pd.DataFrame:
    return store.day_counts(max(first, last - timedelta(days=400)), last, fold_copies=fold)


def data_view(store: Store, settings: Settings, prices: PriceDesk | None = None, now: datetime | None = None) -> DataView:
    """Everything the page 数据 lists."""
    counts, universe = whole_counts(store), universe_of(store)
    seen = [(source, articles, _newest(store, source)) for source, articles in store.sources(limit=60)]
    sources = pd.DataFrame(seen, columns=["source", "articles", "newest"])
    candidates = store.candidates(limit=LISTED)
    status = store.status()
    facts = [
        ("store", status.url), ("backend", status.backend), ("schema", str(status.schema)), ("size", f"{status.size / 1e6:,.1f} MB"),
        ("home", str(settings.home)), ("offline", "1" if settings.offline else "0"),
        *((f"rows_{name}", f"{rows:,}") for name, rows in status.tables),
        ("version", __version__), ("python", sys.version.split()[0]), ("akshare", version("akshare")),
    ]  # fmt: skip
    return DataView(
        counts=counts,
        sources=sources,
        rejected=store.rejections(limit=1000),
        unlinked=_named(store.unlinked(limit=LISTED).rows, universe),
        providers=_providers(store, prices),
        names=_proposed(store),
        candidates=candidates.assign(name=[universe.name_on(security) for security in candidates["security"]]),
        corrections=_corrections(store),
        facts=tuple(facts),
    )


def _newest(store: Store, source: str) -> datetime | None:
    rows = store.page(Filter(sources=(source,)), limit=1, count=False).rows
    return None if rows.empty or pd.isna(rows["published_at"].iloc[0]) else rows["published_at"].iloc[0]


def _providers(store: Store, prices: PriceDesk | None) -> pd.DataFrame:
    """Price providers and live sources of articles: when each last answered, and what went wrong since."""
    rows = []
    for one in prices.health() if prices is not None else ():
        error = "" if one.failures == 0 else f"{one.last.outcome} {one.last.detail}".strip()
        rows.append((one.provider, "ok" if one.failures == 0 else "failing", one.last_ok, error, one.attempts))
    for source in source_records(store):
        seen = pd.Timestamp(source.last_success) if source.last_success else None
        state = "failing" if source.failures else "ok" if seen is not None else "unused"
        rows.append((source.name, state, seen, source.last_error if source.failures else source.note, source.received))
    return pd.DataFrame(rows, columns=["provider", "state", "last_ok", "last_error", "calls"])


def _proposed(store: Store) -> pd.DataFrame:
    """Names learnt from articles that wait for a person."""
    rows = [(one.security, one.text, str(one.kind), one.first, f"{one.count} × / {one.articles}") for one in proposals(store)]
    return pd.DataFrame(rows, columns=["security", "name", "kind", "valid_from", "source"])


def _corrections(store: Store) -> pd.DataFrame:
    said = [(one.when, one.who, one.article or "", one.security or one.surface or "", one.kind) for one in store.corrections()]
    return pd.DataFrame(said, columns=["when", "who", "article", "security", "verdict"])
