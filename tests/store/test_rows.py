"""Link rows, pages, facets and counts, held against plain loops over the entries that were put."""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import threading
from collections import Counter
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import event

from newslink.errors import QueryError, StoreError
from newslink.model import Entry, Filter, Role
from newslink.store import Membership, Store, codec, keys, pages
from newslink.store import rows as store_rows
from tests.store.audit import audit
from tests.store.make import BEIJING, SECURITIES, article, entry, ingest, link, linked, random_articles

ROLES = (Role.SUBJECT, Role.MENTION, Role.LIST)


@pytest.fixture
def filled(store: Store) -> tuple[Store, list[Entry]]:
    """Articles with links of many kinds, and one cluster of three."""
    draw = random.Random(4)
    entries = []
    for one in {a.id: a for a in random_articles(21, 220)}.values():
        chosen = draw.sample(SECURITIES, draw.randrange(0, 4))
        links = [link(s, draw.choice([0.3, 0.5, 0.9]), draw.choice([0.1, 0.5, 0.9]), draw.choice(ROLES)) for s in chosen]
        tags = tuple(draw.sample(["减持", "回购", "业绩"], draw.randrange(0, 3)))
        entries.append(entry(one, links, tags))
    for at in range(0, len(entries), 60):
        store.put(entries[at : at + 60])
    by_time = sorted((e for e in entries if e.article.published), key=lambda e: (e.article.published, e.article.id))
    copies = [by_time[10], by_time[11], by_time[30]]
    store.put_memberships([Membership(e.article.id, copies[0].article.id, 0.9, 0.1) for e in copies])
    return store, entries


def folded_out(store: Store, entries: list[Entry]) -> set[str]:
    """Articles that are copies, not heads."""
    return {m.article for e in entries for m in store.cluster_of(e.article.id) if m.article != m.head}


def random_filter(draw: random.Random) -> Filter:
    start = draw.choice([None, None, date(2024, 1, 20) + timedelta(days=draw.randrange(60))])
    return Filter(
        securities=draw.choice([(), SECURITIES[:1], SECURITIES[1:3], ("999999.SZ",)]),
        start=start,
        end=draw.choice([None, (start or date(2024, 2, 1)) + timedelta(days=draw.randrange(70))]),
        sources=draw.choice([(), (), ("证券时报",), ("", "新华社"), ("没有",)]),
        categories=draw.choice([(), (), ("zqsb",)]),
        tags=draw.choice([(), (), ("减持",), ("减持", "回购")]),
        roles=draw.choice([(), (), (Role.SUBJECT,), (Role.MENTION, Role.LIST)]),
        min_relevance=draw.choice([0.0, 0.0, 0.5]),
        fold_copies=draw.random() < 0.3,
    )


def matching(filter: Filter, entries: list[Entry], copies: set[str]) -> tuple[set[str], set[tuple[str, str]]]:
    """(articles, (article, security) rows) the slow way."""
    articles, rows = set(), set()
    for e in entries:
        a = e.article
        day = a.published and a.published.astimezone(BEIJING).date()
        if (filter.fold_copies and a.id in copies) or (filter.sources and a.source not in filter.sources):
            continue
        if (filter.categories and a.category not in filter.categories) or (filter.tags and not set(filter.tags) & set(e.tags)):
            continue
        links = []
        for k, stands in zip(e.links, e.standings, strict=True):
            at = (stands and stands.session) if filter.securities else day
            inside = (filter.start is None and filter.end is None) or (
                at is not None and (filter.start or date.min) <= at <= (filter.end or date.max)
            )
            wanted = (not filter.securities or k.security in filter.securities) and (not filter.roles or k.role in filter.roles)
            if wanted and inside and k.confidence >= 0.5 and k.relevance >= filter.min_relevance:
                links.append(k)
        rows |= {(a.id, k.security) for k in links}
        alone = not filter.securities and not filter.roles and not filter.min_relevance
        dated = (filter.start is None and filter.end is None) or (
            day is not None and (filter.start or date.min) <= day <= (filter.end or date.max)
        )
        if links or (alone and dated):
            articles.add(a.id)
    return articles, rows


def test_rows_and_pages_are_what_a_plain_loop_finds(filled) -> None:
    store, entries = filled
    copies = folded_out(store, entries)
    assert len(copies) == 2
    draw = random.Random(9)
    for _ in range(150):
        filter = random_filter(draw)
        articles, rows = matching(filter, entries, copies)
        frame = store.rows(filter)
        assert set(zip(frame["article"], frame["security"], strict=True)) == rows, filter
        assert sorted(store.linked_articles(filter)) == sorted(frame["article"])
        page = store.page(filter, 0, 1000)
        assert set(page.rows["article"]) == articles and page.total == len(articles), filter
        times = frame["published_at"].dropna()
        assert times.is_monotonic_increasing
        offset = draw.randrange(5)
        assert list(store.page(filter, offset, 4).rows["article"]) == list(page.rows["article"])[offset : offset + 4]
        streamed = pd.concat([store.rows(Filter(securities=("999999.SZ",))), *store.stream_rows(filter, 7)])
        assert sorted(zip(streamed["article"], streamed["security"], strict=True)) == sorted(rows)
        left = [e for e in entries if e.article.id in articles]
        texts = ([e.article.source for e in left], [e.article.category for e in left], [tag for e in left for tag in e.tags])
        for facet, wanted in zip(store.facets(filter), texts, strict=True):
            assert dict(facet) == dict(Counter(wanted)), filter


def test_a_row_carries_what_was_put(filled) -> None:
    store, entries = filled
    by_id = {e.article.id: e for e in entries}
    frame = store.rows(Filter())
    assert len(frame) == sum(k.confidence >= 0.5 for e in entries for k in e.links) == store.counts().links
    for row in frame.itertuples():
        e = by_id[row.article]
        (k, stands), *_ = [(k, s) for k, s in zip(e.links, e.standings, strict=True) if k.security == row.security]
        a = e.article
        assert (row.title, row.source, row.category, row.url, row.tags) == (a.title, a.source, a.category, a.url, e.tags)
        assert (row.role, row.confidence, row.relevance, row.rule, row.surface) == (
            k.role,
            k.confidence,
            k.relevance,
            "short_name",
            "贵州茅台",
        )
        assert (row.precision, row.origin) == (a.precision, a.origins[0].locator)
        if a.published is None:
            assert pd.isna(row.published_at) and pd.isna(row.session) and row.bucket == ""
        else:
            assert row.published_at == a.published and row.session.date() == stands.session and row.bucket == stands.bucket


def test_a_limit_keeps_the_newest(filled) -> None:
    store, _ = filled
    every = store.rows(Filter(securities=SECURITIES[:1]))
    assert sorted(store.rows(Filter(securities=SECURITIES[:1]), limit=5)["session"]) == list(every["session"].dropna().sort_values())[-5:]


def test_no_rows_have_the_columns_and_types_of_some(filled) -> None:
    store, _ = filled
    none, some = store.rows(Filter(securities=("999999.SZ",))), store.rows(Filter(securities=SECURITIES[:1]))
    assert len(none) == 0
    assert {n: str(t) for n, t in none.dtypes.items()} == {n: str(t) for n, t in some.dtypes.items()}
    assert len(store.page(Filter(securities=("999999.SZ",))).rows) == 0


def test_newest_first_and_oldest_first_are_mirror_images(filled) -> None:
    store, _ = filled
    newest = store.page(Filter(), 0, 1000).rows
    assert newest["published_at"].dropna().is_monotonic_decreasing
    assert list(store.page(Filter(), 0, 1000, newest_first=False).rows["article"]) == list(newest["article"])[::-1]


def test_counts_per_session_agree_with_rows(filled) -> None:
    store, _ = filled
    for security in SECURITIES:
        for fold in (False, True):
            rows = store.rows(Filter(securities=(security,), fold_copies=fold)).dropna(subset="session")
            wanted = rows.groupby("session").size()
            counted = store.session_counts(security, fold_copies=fold).set_index("session")["articles"]
            assert counted.to_dict() == wanted.to_dict()
    audit(store)


def test_candidates_are_listed_and_never_counted_as_links(filled) -> None:
    store, entries = filled
    wanted = {(e.article.id, k.security) for e in entries for k in e.links if k.confidence < 0.5}
    listed = store.candidates(0, 1000)
    assert set(zip(listed["article"], listed["security"], strict=True)) == wanted
    assert set(store.candidates(0, 1000, SECURITIES[0])["security"]) == {SECURITIES[0]}


def test_who_is_mentioned_more_than_usual_by_the_textbook(store: Store) -> None:
    draw = random.Random(8)
    days = [day.date() for day in pd.bdate_range("2024-01-01", "2024-05-31")]
    counts = {(s, d): draw.randrange(0, 4) for s in SECURITIES for d in days}
    counts["NIO.US", days[-1]] = 9
    entries = [
        entry(article(f"{s}{d}{n}", published=pd.Timestamp(d, tz=BEIJING).to_pydatetime()), [link(s)], session=d)
        for (s, d), many in counts.items()
        for n in range(many)
    ]
    store.put(entries)
    for window in (1, 7):
        last = days[-1]
        first = last - timedelta(days=window - 1)
        now = [d for d in days if first <= d <= last]
        before = [d for d in days if first - timedelta(days=90) <= d < first]
        found = store.top_mentioned(last, window).set_index("security")
        for s in SECURITIES:
            past = [counts[s, d] for d in before]
            articles = sum(counts[s, d] for d in now)
            if not articles:
                assert s not in found.index
                continue
            usual = len(now) * statistics.mean(past)
            spread = (len(now) * max(statistics.variance(past), statistics.mean(past))) ** 0.5
            row = found.loc[s]
            assert (row["articles"], row["usual"], row["surprise"]) == pytest.approx((articles, usual, (articles - usual) / spread))
    assert store.top_mentioned(days[-1]).iloc[0]["security"] == "NIO.US"
    assert store.top_mentioned(date(2000, 1, 1)).empty


def hostile_entries() -> list[Entry]:
    """Shares with as many digits as there can be, and texts that are marks of the languages a column may pass through."""
    draw = random.Random(3)
    titles = ['"quoted", [and] {braced}', "back\\slash \\u0041", "line\nbreak\ttab\x01\x1f\x7f", "a,b,,c", "𠮷 emoji 🎉 \u2028\u202e", "NULL", "", "0"]
    out = []
    for n, title in enumerate(titles * 4):
        one = article(f"h{n}", title, "正文", datetime(2024, 5, 6, 10, n % 60, tzinfo=BEIJING), url=f"https://example.com/?a={title}")
        shares = [1.0, 0.5, 1 / 3, 0.1, 0.1 + 0.2, 1 - 2**-53, 0.0, draw.random(), draw.uniform(0.002, 0.01)]
        out.append(entry(one, [link(s, max(draw.choice(shares), 0.5), draw.choice(shares)) for s in SECURITIES]))
    return out


@pytest.mark.parametrize("longest", [None, 500])
def test_every_digit_and_character_of_a_row_comes_back(store: Store, longest: int | None) -> None:
    """longest: characters a text of SQLite may have, so that the columns of all rows do not go into one text each."""
    entries = hostile_entries()
    store.put(entries)
    wanted = {(e.article.id, k.security): (e.article.title, e.article.url, k.confidence, k.relevance) for e in entries for k in e.links}
    if longest and store.database.backend.name == "sqlite":
        event.listen(store.database.engine, "checkout", lambda raw, *_: raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest))
    for chosen in (Filter(), Filter(securities=SECURITIES[:1]), Filter(securities=SECURITIES[1:3])):
        for frame in (store.rows(chosen), pd.concat(store.stream_rows(chosen, 9))):
            found = {(r.article, r.security): (r.title, r.url, r.confidence, r.relevance) for r in frame.itertuples()}
            assert len(found) == len(frame) > 0
            assert found == {key: row for key, row in wanted.items() if not chosen.securities or key[1] in chosen.securities}


def plainly(store: Store, security: str | None) -> list[tuple]:
    """Link rows as the table has them, a column a cell, ascending by article and security."""
    with store.database.read() as reader:
        rows = reader.rows(
            "SELECT l.id, s.text, l.session, l.bucket, l.flags, l.published, l.precision, l.title, o.text, c.text, g.text, l.url, r.text, f.text, "
            "l.role, l.confidence, l.relevance, l.head, l.origin FROM link l JOIN term s ON s.id = l.security JOIN term o ON o.id = l.source "
            "JOIN term c ON c.id = l.category JOIN term g ON g.id = l.tagset JOIN term r ON r.id = l.rule JOIN term f ON f.id = l.surface "
            f"{'WHERE s.text = ? ' if security else ''}ORDER BY l.article, l.security",
            [security] if security else [],
        )
    return [
        (id, name, keys.EPOCH + timedelta(session) if session else None, codec.BUCKETS[bucket] if bucket >= 0 else "", bool(flags & 1), bool(flags & 2),
         codec.moment_of(published, 0), codec.PRECISIONS[precision], title, source, category, tuple(json.loads(tags)) if tags else (), url, rule,
         surface, codec.ROLES[role], confidence, relevance, bool(head), origin)
        for id, name, session, bucket, flags, published, precision, title, source, category, tags, url, rule, surface, role, confidence, relevance,
        head, origin in rows
    ]  # fmt: skip


@pytest.mark.parametrize("security", [None, SECURITIES[0]])
def test_rows_read_by_column_are_the_cells_of_the_table_in_order(filled, security: str | None) -> None:
    store, _ = filled
    store.put(hostile_entries())
    frame = store.rows(Filter(securities=(security,) if security else ()))
    told = frame.drop(columns=["cluster", "cluster_size"]).astype(object)
    found = [tuple(None if cell is pd.NaT else cell for cell in row) for row in told.itertuples(index=False)]
    wanted = [(*row[:2], row[2] and pd.Timestamp(row[2]), *row[3:5], *row[5:]) for row in plainly(store, security)]
    assert found == wanted and len(found) > 50
    assert {str(t) for t in frame.dtypes} == {"str", "bool", "datetime64[s]", "datetime64[us, UTC]", "object", "float64", "int64"}
    assert all(str(frame[name].dtype) == "str" for name in ("article", "security", "bucket", "title", "source", "url", "rule", "role", "origin"))


def test_what_is_read_as_one_number_has_room_for_every_kind() -> None:
    room = {name: 1 << bits for together in store_rows._TOGETHER for name, bits in together}
    assert len(codec.BUCKETS) < room["bucket"] and len(codec.ROLES) <= room["role"] and len(codec.PRECISIONS) <= room["precision"]
    assert keys.day_number(date.max) < room["session"]
    assert all(sum(bits for _, bits in together) <= 64 for together in store_rows._TOGETHER)


@pytest.mark.parametrize("odd", ["a" + chr(0) + "b", chr(0)])
def test_a_text_that_holds_what_stands_between_texts_is_read_whole(url: str, store: Store, odd: str) -> None:
    """None is stored by ``put``; a file made elsewhere may hold some."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL holds no such text")
    store.put([linked(article(id)) for id in "abc"])
    with store.database.write() as writer:
        writer.run("UPDATE link SET title = ? WHERE id = 'b'", (odd,))
    assert dict(store.rows(Filter())[["article", "title"]].itertuples(index=False))["b"] == odd


def test_a_text_that_is_none_is_said_to_be_damage(url: str, store: Store) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL holds no such text")
    store.put([linked(article(id)) for id in "abc"])
    with store.database.write() as writer:
        writer.run("UPDATE link SET title = CAST(x'ff41' AS TEXT) WHERE id = 'b'")
    with pytest.raises(StoreError, match="damaged"):
        store.rows(Filter())


def test_a_snapshot_is_one_content_for_its_thread_alone_and_then_over(store: Store) -> None:
    store.put([linked(article("a"))])
    with store.snapshot():
        before = store.version()
        store.put([linked(article("b"))])
        with store.snapshot():
            assert len(store.rows(Filter())) == store.page(Filter()).total == store.counts().linked == 1 and store.version() == before
        assert len(store.rows(Filter())) == 1
        seen: list[int] = []
        other = threading.Thread(target=lambda: seen.append(store.page(Filter()).total))
        other.start()
        other.join()
        assert seen == [2]
    with pytest.raises(QueryError), store.snapshot():
        store.page(Filter(keyword='"'))
    assert len(store.rows(Filter())) == store.counts().linked == 2


def test_no_read_leaves_its_snapshot_behind(store: Store) -> None:
    """A connection that went back with a query half read would show the next reader an old content; SQLite says so by not emptying its log."""
    store.put([linked(article(f"a{n}")) for n in range(30)])
    abandoned = store.stream_rows(Filter(), 2)
    next(abandoned)
    abandoned.close()
    some = store.articles(size=3)
    next(some)
    some.close()
    for ask in (store.counts, store.status, store.version, store.article_parts, lambda: store.page(Filter(), limit=2), lambda: store.facets(Filter())):
        ask()
    with pytest.raises(QueryError):
        store.rows(Filter(keyword="("))
    store.put([linked(article("b"))])
    for _ in range(12):  # whichever connection of the pool is given
        assert store.page(Filter(), limit=0).total == 31
    if store.database.backend.name == "sqlite":
        with store.database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def test_a_page_names_the_securities_of_articles_with_many_links_as_of_others(filled, monkeypatch: pytest.MonkeyPatch) -> None:
    store, entries = filled
    by_id = {e.article.id: e for e in entries}
    page = store.page(Filter(), limit=1000).rows
    monkeypatch.setattr(pages, "_SHORT_LINKS", 0)
    pd.testing.assert_frame_equal(store.page(Filter(), limit=1000).rows, page)
    for row in page.itertuples():
        links = sorted((k for k in by_id[row.article].links if k.confidence >= 0.5), key=lambda k: (-k.relevance, k.security))
        assert row.securities == tuple((k.security, str(k.role)) for k in links) and row.linked == len(links)


def test_facets_of_everything_are_exact(store: Store) -> None:
    ingest(store, random_articles(31, 90))
    entries = [e for _, e in store.articles()]
    assert dict(store.sources()) == Counter(e.article.source for e in entries)
    assert dict(store.categories()) == Counter(e.article.category for e in entries)
    assert dict(store.tags()) == Counter(tag for e in entries for tag in e.tags)


def test_the_version_changes_with_every_change_and_only_then(store: Store) -> None:
    seen = {store.version()}
    store.put([linked(article("a"))])
    seen.add(store.version())
    store.put_memberships([])
    store.put_links([entry(store.article("a").article, [link("NIO.US")])])
    seen.add(store.version())
    assert len(seen) == 3
    store.page(Filter(keyword="减持"))
    assert store.version() in seen
