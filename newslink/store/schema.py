"""Tables of the store, one schema for SQLite and PostgreSQL, and the version they carry.

Physical choices, measured in ``benchmarks/store.py`` and argued in docs/decisions/0040-store.md:

- An article's key is a 64-bit number that ascends with its publication day and second (``keys``), so that ``newest first`` and every date
  range are ranges of the primary key, also inside the search index.
- Words that repeat (securities, sources, rules, surfaces) are numbers of ``term``.
- Link rows are clustered by (security, session, article) and repeat what a row of the events frame needs of its article: one security in a
  date range is one stretch of pages, and nothing has to be fetched beside it.
- How often each security was mentioned lies in one blob a session: ninety days are some sixty rows, not forty thousand.
- Bands, by which copies are found, are random numbers; they are ordered within stretches of eight days (``keys.stretch_of``), so that those of a
  day's articles are written to a few hundred pages and not to one page each.
- What only the reader of one article needs (body, mentions, evidence) lies compressed in ``document``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text

VERSION = 3

metadata = MetaData()


def _table(name: str, *columns: Column | Index, clustered: bool = False) -> Table:
    """clustered: SQLite keeps the rows in the order of the primary key (``WITHOUT ROWID``)."""
    return Table(name, metadata, *columns, sqlite_with_rowid=not clustered)


def _int(name: str, default: int | None = None, primary: bool = False) -> Column:
    return Column(
        name,
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=primary,
        autoincrement=False,
        nullable=False,
        server_default=None if default is None else text(str(default)),
    )


def _text(name: str, primary: bool = False, nullable: bool = False) -> Column:
    return Column(name, Text, primary_key=primary, nullable=nullable)


meta = _table("meta", _text("name", primary=True), _text("value"), clustered=True)
total = _table("total", _text("name", primary=True), _int("value"), clustered=True)
term = _table(
    "term",
    _int("id", primary=True),
    Column("kind", SmallInteger, nullable=False),
    _text("text"),
    Index("term_text", "kind", "text", unique=True),
)

# --- articles ---
article = _table(
    "article",
    _int("key", primary=True),
    _text("id"),
    Column("published", BigInteger),  # microseconds since 1970 UTC; NULL when no time is known
    Column("zone", SmallInteger, nullable=False),  # minutes east of UTC as published, so that a date alone keeps its day
    Column("precision", SmallInteger, nullable=False),
    _text("title"),
    _int("source"),
    _int("category"),
    _int("tagset"),
    _text("url"),
    _text("origin"),  # locator of its first origin, so that a row needs no look-up
    _int("links"),  # links with confidence of 0.5 or more; 0 is an unlinked article
    _int("cluster", default=0),  # key of the cluster's head; 0 outside any cluster
    Column("head", SmallInteger, nullable=False, server_default=text("1")),
    Column("signed", SmallInteger, nullable=False, server_default=text("0")),  # has a signature
    Column("unsettled", SmallInteger, nullable=False, server_default=text("0")),  # lost an origin and is to be merged and linked again
    Index("article_id", "id", unique=True),
    Index("article_source", "source", "key"),
    Index("article_category", "category", "key"),
    Index("article_unlinked", "key", sqlite_where=text("links = 0"), postgresql_where=text("links = 0")),
    Index("article_unsigned", "key", sqlite_where=text("signed = 0"), postgresql_where=text("signed = 0")),
    Index("article_unsettled", "key", sqlite_where=text("unsettled = 1"), postgresql_where=text("unsettled = 1")),
)
document = _table(
    "document",
    _int("key", primary=True),
    Column("content", LargeBinary, nullable=False),
    Column("links", LargeBinary, nullable=False),
)
origin = _table(
    "origin",
    _text("locator", primary=True),
    _text("fingerprint"),
    _int("article"),
    _text("reader"),
    Column("line", Integer),
    _text("revision", nullable=True),
    Column("own", LargeBinary),  # the article as this origin alone gives it; NULL while it is the only origin
    Index("origin_article", "article"),
    clustered=True,
)
rejection = _table(
    "rejection",
    _text("locator", primary=True),
    _text("fingerprint"),
    Column("line", Integer),
    _text("reason"),
    _int("first_seen"),  # seconds since 1970 UTC
    Index("rejection_seen", "first_seen", "locator"),
    clustered=True,
)
link = _table(
    "link",
    _int("security", primary=True),
    _int("session", primary=True),  # days since 1970; 0 where the article has no time
    _int("article", primary=True),
    Column("bucket", SmallInteger, nullable=False),
    Column("flags", SmallInteger, nullable=False),  # 1 provisional, 2 date only
    Column("role", SmallInteger, nullable=False),
    Column("confidence", Float(53), nullable=False),
    Column("relevance", Float(53), nullable=False),
    _int("rule"),
    _int("surface"),
    _int("source"),
    _int("category"),
    Column("head", SmallInteger, nullable=False, server_default=text("1")),
    # Of the article, repeated:
    _int("cluster", default=0),
    Column("published", BigInteger),
    Column("precision", SmallInteger, nullable=False),
    _int("tagset"),
    _text("id"),
    _text("title"),
    _text("url"),
    _text("origin"),
    Index("link_article", "article"),
    clustered=True,
)
candidate = _table(
    "candidate",
    _int("article", primary=True),
    _int("security", primary=True),
    Column("confidence", Float(53), nullable=False),
    _int("rule"),
    _int("surface"),
    Index("candidate_security", "security", "article"),
    clustered=True,
)
article_tag = _table(
    "article_tag",
    _int("tag", primary=True),
    _int("article", primary=True),
    _int("source"),
    _int("category"),
    Column("head", SmallInteger, nullable=False, server_default=text("1")),
    Index("article_tag_article", "article"),
    clustered=True,
)
session_tally = _table(
    "session_tally",
    _int("session", primary=True),
    Column("data", LargeBinary, nullable=False),  # see ``mentions``
)
day_count = _table(
    "day_count",
    _int("day", primary=True),
    _int("source", primary=True),
    _int("category", primary=True),
    _int("articles"),
    _int("heads"),
    _int("linked"),
    clustered=True,
)
facet = _table(
    "facet",
    Column("kind", SmallInteger, primary_key=True, autoincrement=False, nullable=False),
    _int("term", primary=True),
    _int("articles"),
    clustered=True,
)

# --- copies ---
signature = _table(
    "signature",
    _int("article", primary=True),
    Column("bands", LargeBinary, nullable=False),  # what is, or will be, in ``band``
    Column("data", LargeBinary, nullable=False),
)
band = _table("band", _int("stretch", primary=True), _int("band", primary=True), _int("article", primary=True), clustered=True)
member = _table(
    "member",
    _int("article", primary=True),
    _int("cluster"),
    Column("similarity", Float(53), nullable=False),
    Column("novelty", Float(53), nullable=False),
    _int("earlier", default=0),  # the most similar earlier article; 0 where there is none
    Index("member_cluster", "cluster"),
    Index("member_earlier", "earlier"),
)
followup = _table(
    "followup",
    _int("article", primary=True),
    _int("earlier"),  # whose story it tells on, with other numbers
    Column("novelty", Float(53), nullable=False),
    Index("followup_earlier", "earlier"),
)

# --- names and corrections ---
security = _table(
    "security",
    _text("id", primary=True),
    _text("name"),
    _text("kind"),
    _text("entity"),
    _text("listed"),  # ISO dates; '' is open
    _text("delisted"),
    clustered=True,
)
name = _table(
    "name",
    _text("security", primary=True),
    _text("kind", primary=True),
    _text("text", primary=True),
    _text("valid_from", primary=True),
    _text("valid_to"),
    _text("source"),
    clustered=True,
)
correction = _table(
    "correction",
    _int("number", primary=True),
    _text("id"),
    _text("kind"),
    _text("article"),
    _text("security"),
    _text("surface"),
    _text("security_to"),
    _text("valid_from"),
    _text("valid_to"),
    _text("who"),
    _text("made_at"),
    _text("note"),
    _text("retracted_at"),
    Index("correction_id", "id", unique=True),
)

# --- prices ---
bars = _table(
    "bars",
    _int("key", primary=True),  # security * 4096 + number of its four years: blocks of one security lie together
    _int("rows"),
    Column("data", LargeBinary, nullable=False),
)
bar_state = _table(
    "bar_state",
    _int("security", primary=True),
    _int("first_session"),
    _int("last_session"),
    _int("rows"),
    _int("fetched_at"),  # newest, seconds since 1970 UTC
)
coverage = _table("coverage", _int("security", primary=True), _int("start", primary=True), _int("end"), _int("asked_at"), clustered=True)
attempt = _table(
    "attempt",
    _int("number", primary=True),
    _int("at"),  # microseconds since 1970 UTC
    _text("provider"),
    _text("security"),
    _text("outcome"),
    Column("seconds", Float(53), nullable=False),
    _text("detail"),
    Index("attempt_at", "at"),
)

# --- small things ---
state = _table("state", _text("name", primary=True), _text("value"), _int("changed_at"), clustered=True)
inbox = _table(
    "inbox",
    _int("number", primary=True),
    _text("dedupe"),
    _int("at"),
    _text("payload"),
    Column("read", SmallInteger, nullable=False, server_default=text("0")),
    Index("inbox_dedupe", "dedupe", unique=True),
)
