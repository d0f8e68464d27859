"""Store → the pages that show lists: 新闻, 市场 and 数据 (``view_types`` says what each frame holds)."""

from __future__ import annotations

import sys
from collections.abc import Collection
from datetime import date, datetime, timedelta
from importlib.metadata import version

import numpy as np
import pandas as pd

from newslink import __version__
from newslink.errors import QueryError
from newslink.link import Universe
from newslink.model import Filter, Role, market_of
from newslink.pipeline.alerts import alert_of, read_rules, rules_as_rows
from newslink.pipeline.bars import bars_of
from newslink.pipeline.corrections import corrections
from newslink.pipeline.deliver import delivery_record
from newslink.pipeline.industries import board_of, industries_on
from newslink.pipeline.learn import proposals
from newslink.pipeline.linking import universe_of
from newslink.pipeline.prices import PriceDesk
from newslink.pipeline.snapshot import one_snapshot
from newslink.pipeline.view_types import Counts, DataView, Facets, MarketView, NewsView, ProposedName
from newslink.pipeline.watch import source_records
from newslink.settings import Settings
from newslink.store import Store

LISTED = 200  # rows of a list that a page shows
EVERYBODY = 100_000  # securities among which those of a market are looked for
HEADLINES = 20
HEADLINES_AMONG = 5_000  # newest links looked at
PROPOSED = 20


def facets_of(store: Store, filter: Filter = Filter()) -> Facets:  # noqa: B008  frozen
    """What the filters can offer within the filter, most frequent first."""
    return Facets(*store.facets(filter))


def whole_counts(store: Store) -> Counts:
    """Counts of the whole store, which reconcile."""
    counts = store.counts()
    return Counts(received=counts.ingested, linked=counts.linked, unlinked=counts.unlinked, rejected=counts.rejected)


@one_snapshot
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


@one_snapshot
def market_view(
    store: Store, universe: Universe, first: date, last: date, filter: Filter | None = None, markets: Collection[str] = ()
) -> MarketView:
    """What the news of [first, last] (sessions, inclusive) is about. filter: only fold_copies counts here.

    markets: only securities of these are listed, where any are given; the newest articles and the calendar are of all.
    """
    fold = bool(filter and filter.fold_copies)
    days = (last - first).days + 1
    mentioned = store.top_mentioned(last, days, limit=EVERYBODY if markets else LISTED, fold_copies=fold)
    if markets:
        mine = [market_of(security) in markets for security in mentioned["security"]]
        mentioned = mentioned[mine].head(LISTED).reset_index(drop=True)
    securities = list(mentioned["security"])
    industries = industries_on(store, last)
    known = [universe.security(security) for security in securities]
    mentioned = mentioned.assign(
        name=[universe.name_on(security, last) for security in securities],
        industry=[industries.get(security, "") for security in securities],
        board=[board_of(security, one.kind if one else None) for security, one in zip(securities, known, strict=True)],
        change=_changes(store, securities, first, last),
        headline=_headlines(store, mentioned, first, last),
    )
    newest = store.page(Filter(end=last, fold_copies=fold), 0, 30)
    return MarketView(first, last, mentioned, _calendar(store, last, fold), _named(newest.rows, universe), whole_counts(store))


def _headlines(store: Store, mentioned: pd.DataFrame, first: date, last: date) -> list[str]:
    """The newest headline about each of those a page lists, else the newest that names it; '' for the others."""
    shown = {*mentioned["security"].head(HEADLINES), *mentioned.sort_values("surprise", ascending=False)["security"].head(HEADLINES)}
    rows = store.rows(Filter(tuple(sorted(shown)), first, last), limit=HEADLINES_AMONG) if shown else pd.DataFrame({"security": []})
    found: dict[str, str] = {}
    if len(rows):
        # Ascending by publication; the last that stays is the newest, and one it is about wins.
        ordered = rows.assign(about=rows["role"] == Role.SUBJECT.value).sort_values("about", kind="stable")
        found = dict(zip(ordered["security"].astype(str), ordered["title"].astype(str), strict=True))
    return [found.get(security, "") for security in mentioned["security"]]


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


def _calendar(store: Store, last: date, fold: bool) -> pd.DataFrame:
    """A year up to the last day, whatever the window: a week alone is no calendar."""
    return store.day_counts(last - timedelta(days=370), last, fold_copies=fold)


@one_snapshot
def data_view(store: Store, settings: Settings, prices: PriceDesk | None = None, now: datetime | None = None) -> DataView:
    """Everything the page 数据 lists."""
    counts, universe = whole_counts(store), universe_of(store)
    newest = next((item.number for item in store.inbox_items(limit=1)), 0)  # asked first: what comes meanwhile is not taken for seen
    seen = [(source, articles, _newest(store, source)) for source, articles in store.sources(limit=60)]
    sources = pd.DataFrame(seen, columns=["source", "articles", "newest"])
    candidates = store.candidates(limit=LISTED)
    status, kept, bars = store.status(), store.counts(), store.bar_freshness()
    held = {
        "article": kept.linked + kept.unlinked, "link": kept.links, "candidate": kept.candidates, "rejection": kept.rejected,
        "bars": int(bars["rows"].sum()),
    }  # fmt: skip
    facts = [
        ("store", status.url), ("backend", status.backend), ("schema", str(status.schema)), ("size", f"{status.size / 1e6:,.1f} MB"),
        ("home", str(settings.home)), ("offline", "1" if settings.offline else "0"),
        *((f"rows_{name}", f"{rows:,}") for name, rows in held.items()),
        ("version", __version__), ("python", sys.version.split()[0]), ("akshare", version("akshare")),
    ]  # fmt: skip
    return DataView(
        counts=counts,
        sources=sources,
        rejected=store.rejections(limit=1000),
        unlinked=_named(store.unlinked(limit=LISTED).rows, universe),
        providers=_providers(store, prices),
        names=_proposed(store, universe),
        candidates=candidates.assign(name=[universe.name_on(security) for security in candidates["security"]]),
        corrections=_corrections(store),
        facts=tuple(facts),
        alerts=inbox_frame(store),
        rules=pd.DataFrame(rules_as_rows(read_rules(store))),
        unread=store.inbox_unread(),
        newest=newest,
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


def _proposed(store: Store, universe: Universe) -> tuple[ProposedName, ...]:
    found = proposals(store)
    used = store.articles_by_id(list(dict.fromkeys(id for one in found[:PROPOSED] for id in one.examples)))
    return tuple(
        ProposedName(
            one.security, universe.name_on(one.security), one.text, one.kind.value, one.first, one.last, one.still_used, one.count, one.articles,
            tuple(used[id].article.title for id in one.examples if id in used),
            tuple((rival, universe.name_on(rival)) for rival in one.rivals),
        )
        for one in found
    )  # fmt: skip


def _corrections(store: Store) -> pd.DataFrame:
    said = [
        (one.id, one.made_at, one.who, str(one.kind), one.article or "", one.security or "", one.surface or "", one.note or "")
        for one in reversed(corrections(store))
    ]
    return pd.DataFrame(said, columns=["id", "when", "who", "kind", "article", "security", "surface", "note"])


def inbox_frame(store: Store) -> pd.DataFrame:
    """The newest alerts (see ``DataView``)."""
    record = delivery_record(store)
    rows = []
    for item in store.inbox_items(limit=LISTED):
        if (alert := alert_of(item.payload)) is None:
            continue
        sent = [(channel, record.get(f"{alert.key}/{channel}", {})) for channel in alert.channels]
        states = tuple((channel, "done" if one.get("done") else "given_up" if one.get("given_up") else "waiting") for channel, one in sent)
        rows.append((item.number, item.at, alert.rule, alert.kind, alert, alert.security, alert.article, item.read, states))
    return pd.DataFrame(rows, columns=["number", "at", "rule", "kind", "alert", "security", "article", "read", "delivered"])
