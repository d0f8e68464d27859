"""Every count and index of a store held against a recount of its rows, straight from the tables."""

from __future__ import annotations

from collections import Counter

from newslink.model import Filter
from newslink.store import Store, codec, mentions


def audit(store: Store) -> None:
    """Raises AssertionError naming what disagrees."""
    with store.database.read() as reader:
        articles = reader.rows("SELECT key, id, source, category, links, head, cluster, signed FROM article")
        links = reader.rows("SELECT security, session, article, head, source, category FROM link")
        tags = reader.rows("SELECT tag, article, source, category, head FROM article_tag")
        total = dict(reader.rows("SELECT name, value FROM total"))
        days = {row[:3]: row[3:] for row in reader.rows("SELECT day, source, category, articles, heads, linked FROM day_count")}
        sessions = {
            (session, security): tuple(counts)
            for session, found in mentions.between(reader, 0, 1 << 40).items()
            for security, *counts in found.T.tolist()
        }
        repeated = reader.rows("SELECT article, cluster, published, precision, tagset, id, title, url, origin FROM link")
        whole = {
            row[0]: row[1:] for row in reader.rows("SELECT key, cluster, published, precision, tagset, id, title, url, origin FROM article")
        }
        earlier = {key for (key,) in reader.rows("SELECT earlier FROM member WHERE earlier <> 0 UNION SELECT earlier FROM followup")}
        followups = {key for (key,) in reader.rows("SELECT article FROM followup")}
        facets = {row[:2]: row[2] for row in reader.rows("SELECT kind, term, articles FROM facet")}
        origins = reader.rows("SELECT locator, article, own IS NULL FROM origin")
        documents = {key for (key,) in reader.rows("SELECT key FROM document")}
        rejections = {locator for (locator,) in reader.rows("SELECT locator FROM rejection")}
        candidates = reader.value("SELECT count(*) FROM candidate")
        members = dict(reader.rows("SELECT article, cluster FROM member"))
        signatures = {key: codec.unpack_bands(bytes(bands)) for key, bands in reader.rows("SELECT article, bands FROM signature")}
        bands = reader.rows("SELECT stretch, band, article FROM band")
        indexed = reader.value("SELECT count(*) FROM search") if reader.backend.name == "postgresql" else None
    keys = {row[0] for row in articles}
    per_article = Counter(row[2] for row in links)
    assert total.get("articles", 0) == len(articles)
    assert total.get("linked", 0) == sum(row[4] > 0 for row in articles)
    assert total.get("links", 0) == len(links)
    assert total.get("candidates", 0) == candidates
    assert total.get("rejected", 0) == len(rejections)
    assert {row[0]: row[4] for row in articles if row[4]} == per_article
    assert documents == keys
    signed = {row[0] for row in articles if row[7]}
    assert {row[7] for row in articles} <= {0, 1} and signed <= signatures.keys() <= keys
    assert sorted(bands) == sorted((key >> 25, band, key) for key in signed for band in signatures[key]), "only what is signed is found by bands"
    assert indexed is None or indexed == len(keys)

    by_article = Counter(article for _, article, _ in origins)
    assert by_article.keys() == keys
    assert all(alone == (by_article[article] == 1) for _, article, alone in origins), (
        "an origin keeps its own article just when there are several"
    )
    assert not {locator for locator, _, _ in origins} & rejections

    wanted_days: dict = {}
    wanted_facets: Counter = Counter()
    for key, _, source, category, linked, head, _, _ in articles:
        row = wanted_days.setdefault((key >> 22, source, category), [0, 0, 0])
        row[0] += 1
        row[1] += head
        row[2] += linked > 0
        wanted_facets[1, source] += 1
        wanted_facets[2, category] += 1
    for tag, *_ in tags:
        wanted_facets[3, tag] += 1
    assert days == {key: tuple(row) for key, row in wanted_days.items()}
    assert facets == dict(wanted_facets)
    wanted_sessions: dict = {}
    for security, session, _, head, _, _ in links:
        row = wanted_sessions.setdefault((session, security), [0, 0])
        row[0] += 1
        row[1] += head
    assert sessions == {key: tuple(row) for key, row in wanted_sessions.items()}

    assert all(row[1:] == whole[row[0]] for row in repeated), "a link repeats its article as it is stored"
    assert earlier | followups <= keys
    of = {row[0]: row for row in articles}
    for _, _, article, head, source, category in links:
        assert (source, category, head) == (of[article][2], of[article][3], of[article][5])
    for _, article, source, category, head in tags:
        assert (source, category, head) == (of[article][2], of[article][3], of[article][5])
    for key, _, _, _, _, head, cluster, _ in articles:
        assert members.get(key, 0) == cluster
        assert head == (cluster in (0, key))
    sizes = Counter(members.values())
    assert all(cluster in members and size > 1 for cluster, size in sizes.items())

    counts = store.counts()
    assert counts.ingested == counts.linked + counts.unlinked + counts.rejected
    assert store.page(Filter(), 0, 1).total == len(articles)
    assert store.unlinked(0, 1).total == sum(row[4] == 0 for row in articles)
