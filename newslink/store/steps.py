"""What brings a filled store of an earlier schema to the next. Frozen: a step is never edited once it was released.

Tables are spelt out here, not taken from ``schema``, which goes on changing; ``tests/store/test_migrations.py`` holds the outcome against it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter

import numpy as np

from newslink.store.backend import Writer

SESSIONS_AT_ONCE = 200
SIGNATURES_AT_ONCE = 5000


def from_1(writer: Writer) -> None:
    """Links repeat what a row needs of its article; mentions of a session in one blob; updates of a story are kept."""
    lite = writer.backend.name == "sqlite"
    whole, blob, real, clustered = ("INTEGER", "BLOB", "FLOAT", " WITHOUT ROWID") if lite else ("BIGINT", "BYTEA", "FLOAT(53)", "")
    writer.run(
        f"CREATE TABLE link_2 (security {whole} NOT NULL, session {whole} NOT NULL, article {whole} NOT NULL, bucket SMALLINT NOT NULL, "
        f"flags SMALLINT NOT NULL, role SMALLINT NOT NULL, confidence {real} NOT NULL, relevance {real} NOT NULL, rule {whole} NOT NULL, "
        f"surface {whole} NOT NULL, source {whole} NOT NULL, category {whole} NOT NULL, head SMALLINT DEFAULT 1 NOT NULL, "
        f"cluster {whole} DEFAULT 0 NOT NULL, published BIGINT, precision SMALLINT NOT NULL, tagset {whole} NOT NULL, id TEXT NOT NULL, "
        f"title TEXT NOT NULL, url TEXT NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (security, session, article)){clustered}"
    )
    writer.run(
        "INSERT INTO link_2 SELECT l.security, l.session, l.article, l.bucket, l.flags, l.role, l.confidence, l.relevance, l.rule, l.surface, "
        "l.source, l.category, l.head, a.cluster, a.published, a.precision, a.tagset, a.id, a.title, a.url, a.origin "
        "FROM link l JOIN article a ON a.key = l.article ORDER BY l.security, l.session, l.article"
    )
    writer.run("DROP TABLE link")
    writer.run("ALTER TABLE link_2 RENAME TO link")
    if not lite:
        writer.run("ALTER INDEX link_2_pkey RENAME TO link_pkey")
    writer.run("CREATE INDEX link_article ON link (article)")

    writer.run(f"CREATE TABLE session_tally (session {whole} NOT NULL PRIMARY KEY, data {blob} NOT NULL)")
    sessions = [session for (session,) in writer.rows("SELECT DISTINCT session FROM session_count ORDER BY session")]
    for at in range(0, len(sessions), SESSIONS_AT_ONCE):
        part = sessions[at : at + SESSIONS_AT_ONCE]
        rows = writer.rows(
            "SELECT session, security, articles, heads FROM session_count WHERE session BETWEEN ? AND ? ORDER BY session, security",
            (part[0], part[-1]),
        )
        tallies = [
            (session, np.array([row[1:] for row in group], dtype="<i4").T.tobytes()) for session, group in groupby(rows, itemgetter(0))
        ]
        writer.load("session_tally", ("session", "data"), tallies)
    writer.run("DROP TABLE session_count")

    writer.run("CREATE INDEX candidate_security ON candidate (security, article)")
    if lite:
        writer.run("INSERT INTO search (search, rank) VALUES ('automerge', 8)")
    writer.run(f"ALTER TABLE member ADD COLUMN earlier {whole} DEFAULT 0 NOT NULL")
    writer.run("CREATE INDEX member_earlier ON member (earlier)")
    writer.run(f"CREATE TABLE followup (article {whole} NOT NULL PRIMARY KEY, earlier {whole} NOT NULL, novelty {real} NOT NULL)")
    writer.run("CREATE INDEX followup_earlier ON followup (earlier)")


def from_2(writer: Writer) -> None:
    """Bands lie by stretches of eight days, and packed beside their signature instead of under an index of their own."""
    lite = writer.backend.name == "sqlite"
    whole, blob, clustered = ("INTEGER", "BLOB", " WITHOUT ROWID") if lite else ("BIGINT", "BYTEA", "")
    writer.run(
        f"CREATE TABLE band_3 (stretch {whole} NOT NULL, band {whole} NOT NULL, article {whole} NOT NULL, "
        f"PRIMARY KEY (stretch, band, article)){clustered}"
    )
    # A day of a key is 22 bits, a stretch eight days. A stretch at a time: all bands of a large store do not go into memory to be sorted.
    first = writer.value("SELECT min(article) FROM band")
    while first is not None:
        stretch = first >> 25
        last = (stretch + 1 << 25) - 1
        writer.run("INSERT INTO band_3 SELECT article >> 25, band, article FROM band WHERE article BETWEEN ? AND ? ORDER BY band, article", (first, last))
        first = writer.value("SELECT min(article) FROM band WHERE article > ?", (last,))
    writer.run(f"CREATE TABLE signature_3 (article {whole} NOT NULL PRIMARY KEY, bands {blob} NOT NULL, data {blob} NOT NULL)")
    after = -1
    while rows := writer.rows("SELECT article, data FROM signature WHERE article > ? ORDER BY article LIMIT ?", (after, SIGNATURES_AT_ONCE)):
        bands = writer.rows("SELECT article, band FROM band WHERE article BETWEEN ? AND ? ORDER BY article, band", (rows[0][0], rows[-1][0]))
        packed = {article: struct.pack(f"<{len(own)}q", *own) for article, own in _grouped(bands)}
        writer.load("signature_3", ("article", "bands", "data"), [(article, packed.get(article, b""), bytes(data)) for article, data in rows])
        after = rows[-1][0]
    for table in ("band", "signature"):
        writer.run(f"DROP TABLE {table}")
        writer.run(f"ALTER TABLE {table}_3 RENAME TO {table}")
        if not lite:
            writer.run(f"ALTER INDEX {table}_3_pkey RENAME TO {table}_pkey")


def _grouped(rows: list[tuple[int, int]]) -> Iterator[tuple[int, list[int]]]:
    for article, group in groupby(rows, itemgetter(0)):
        yield article, [band for _, band in group]


# version → what brings a store of that version to the next
STEPS: dict[int, Callable[[Writer], None]] = {1: from_1, 2: from_2}
