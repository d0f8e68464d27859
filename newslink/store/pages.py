"""Filter → one page of articles with the total; one article with everything; the lists of what was not linked, not read, not sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from newslink.model import Article, Entry, Filter, Origin, Rejection, Role
from newslink.store import codec
from newslink.store.backend import Reader
from newslink.store.database import Database
from newslink.store.filters import Conditions, Selection, link_conditions, one_of, search_of, selection_of
from newslink.store.rows import tagsets, utc_of
from newslink.store.search import phrases_of
from newslink.store.snippets import Snippet, snippet_of
from newslink.store.terms import Terms

_ENDLESS = 1 << 62
_SHORT_LINKS = 16_384  # packed bytes of an article's links that are worth unpacking for the names alone
_COLUMNS = (
    "article",
    "published_at",
    "precision",
    "title",
    "source",
    "category",
    "tags",
    "securities",
    "copies",
    "update",
    "url",
    "cluster",
    "head",
    "linked",
)


@dataclass(frozen=True, slots=True)
class Page:
    """rows: article (id), published_at (UTC), precision, title, source, category, tags (tuple), securities (tuple of (id, role), best first),
    copies (articles beside it in its cluster), update (tells an earlier story with other numbers), url, cluster (id of its head, ''), head,
    linked (number of links).

    total: matching articles in all. unlinked: of those, the ones without a link; None where counting them would take another scan.
    snippets: article → where the keyword was found; only with a keyword.
    """

    rows: pd.DataFrame
    total: int
    unlinked: int | None = None
    snippets: dict[str, Snippet] | None = None


class Pages:
    """The part of ``Store`` that gives articles."""

    database: Database
    terms: Terms

    def page(
        self, filter: Filter, offset: int = 0, limit: int = 50, newest_first: bool = True, ranked: bool = False, count: bool = True
    ) -> Page:
        """Articles of the filtered set. ranked (with a keyword): those whose title alone matches first, newest first within.

        With one security the order is by session, then time. count False: total is that of this page only (for callers that know it).
        Raises QueryError where the keyword cannot be understood.
        """
        with self.database.read() as reader:
            selection = selection_of(reader, self.terms, filter)
            if ranked and selection.keyword is not None:
                keys, total = _ranked(reader, selection, offset, limit, newest_first)
            elif selection.keyword is not None and selection.securities is not None and count:
                # All keys at once: they are few beside the postings of the words, which a second statement would read again.
                found = _keys(reader, selection, 0, _ENDLESS, newest_first)
                keys, total = found[offset : offset + limit], len(found)
            else:
                keys = _keys(reader, selection, offset, limit, newest_first)
                total = _total(reader, selection) if count else len(keys)
            rows = _described(reader, self.terms, keys)
            snippets = _snippets(reader, keys, selection) if selection.keyword is not None else None
            return Page(rows, total, _unlinked_of(reader, selection) if count else None, snippets)

    def article(self, id: str) -> Entry | None:
        """The article with its origins, links (candidates too), standings and event tags."""
        found = self.articles_by_id([id])
        return found.get(id)

    def articles_by_id(self, ids: Iterable[str]) -> dict[str, Entry]:
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(ids))
            return {entry.article.id: entry for _, entry in _entries(reader, self.terms, f"a.id {condition}", [parameter])}

    def articles(self, after: int = -1, size: int = 500) -> Iterator[tuple[int, Entry]]:
        """Every article in order of time, with its key; start again with the last key seen. Each ``size`` of them are one snapshot."""
        while True:
            with self.database.read() as reader:
                batch = list(_entries(reader, self.terms, "a.key > ? ORDER BY a.key LIMIT ?", [after, size]))
            if not batch:
                return
            yield from batch
            after = batch[-1][0]

    def article_parts(self, size: int = 5000) -> list[tuple[int, int]]:
        """Ranges of keys, both inclusive, of at most ``size`` articles each: parts for batch work."""
        with self.database.read() as reader:
            keys = np.array([key for (key,) in reader.cursor("SELECT key FROM article ORDER BY key")], dtype="int64")
        return [(int(part[0]), int(part[-1])) for part in np.split(keys, range(size, len(keys), size)) if len(part)]

    def articles_between(self, low: int, high: int) -> list[Entry]:
        """Articles with keys in [low, high], in order of time."""
        with self.database.read() as reader:
            return [entry for _, entry in _entries(reader, self.terms, "a.key BETWEEN ? AND ? ORDER BY a.key", [low, high])]

    def origins_of(self, ids: Iterable[str]) -> dict[str, list[Article]]:
        """id → the article as each of its origins alone gives it, one an origin, by locator. Unknown ids are missing."""
        out: dict[str, list[Article]] = {}
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(ids))
            stored = dict(_entries(reader, self.terms, f"a.id {condition}", [parameter]))
            condition, parameter = reader.among(stored)
            owns = reader.rows(
                f"SELECT article, locator, fingerprint, reader, line, revision, own FROM origin WHERE article {condition} ORDER BY locator",
                (parameter,),
            )
            for key, *origin, own in owns:
                article = stored[key].article
                witness = article if own is None else codec.unpack_own(bytes(own), Origin(*origin))
                out.setdefault(article.id, []).append(witness)
        return out

    # --- lists of what is not linked ---
    def unlinked(self, offset: int = 0, limit: int = 50) -> Page:
        """Articles that name nobody, newest first."""
        with self.database.read() as reader:
            keys = [
                k for (k,) in reader.rows("SELECT key FROM article WHERE links = 0 ORDER BY key DESC LIMIT ? OFFSET ?", (limit, offset))
            ]
            totals = dict(reader.rows("SELECT name, value FROM total"))
            total = totals.get("articles", 0) - totals.get("linked", 0)
            return Page(_described(reader, self.terms, keys), total, total)

    def unsettled(self, limit: int = 1000) -> list[str]:
        """Ids of articles that lost an origin and wait to be merged, linked and put again (see ``put``)."""
        with self.database.read() as reader:
            return [id_ for (id_,) in reader.rows("SELECT id FROM article WHERE unsettled = 1 ORDER BY key LIMIT ?", (limit,))]

    def rejections(self, offset: int = 0, limit: int = 100) -> pd.DataFrame:
        """locator, line, reason, first_seen (UTC); newest first."""
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT locator, line, reason, first_seen FROM rejection ORDER BY first_seen DESC, locator LIMIT ? OFFSET ?",
                (limit, offset),
            )
        frame = pd.DataFrame(rows, columns=["locator", "line", "reason", "first_seen"])
        frame["first_seen"] = pd.DatetimeIndex(frame["first_seen"].to_numpy("int64").astype("datetime64[s]")).tz_localize("UTC")
        frame["line"] = frame["line"].astype("Int64")
        return frame

    def rejected_of(self, locators: Iterable[str]) -> dict[str, Rejection]:
        """Of these locators those that are remembered as unreadable."""
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(locators))
            rows = reader.rows(f"SELECT locator, reason, line, fingerprint FROM rejection WHERE locator {condition}", (parameter,))
        return {row[0]: Rejection(*row) for row in rows}

    def candidates(self, offset: int = 0, limit: int = 100, security: str | None = None) -> pd.DataFrame:
        """Links below 0.5 confidence: article, title, published_at, security, surface, rule, confidence; newest first."""
        with self.database.read() as reader:
            only, parameters = "", []
            if security is not None:
                number = self.terms.numbers(reader, 0, [security]).get(security, -1)
                only, parameters = "WHERE c.security = ?", [number]
            rows = reader.rows(
                "SELECT a.id, a.title, a.published, s.text, w.text, r.text, c.confidence FROM candidate c JOIN article a ON a.key = c.article "
                "JOIN term s ON s.id = c.security JOIN term w ON w.id = c.surface JOIN term r ON r.id = c.rule "
                f"{only} ORDER BY c.article DESC, c.security LIMIT ? OFFSET ?",
                [*parameters, limit, offset],
            )
        frame = pd.DataFrame(rows, columns=["article", "title", "published_at", "security", "surface", "rule", "confidence"])
        frame["published_at"] = utc_of([row[2] for row in rows])
        return frame


def _keys(reader: Reader, selection: Selection, offset: int, limit: int, newest_first: bool) -> list[int]:
    way = "DESC" if newest_first else "ASC"
    if selection.of_links:
        conditions = link_conditions(reader, selection)
        what, order = ("l.article", f"l.session {way}, l.article {way}") if selection.single else ("DISTINCT l.article", f"l.article {way}")
        sql = f"SELECT {what} FROM link l WHERE {conditions.where()} ORDER BY {order} LIMIT ? OFFSET ?"
        return [key for (key,) in reader.rows(sql, [*conditions.parameters, limit, offset])]
    key, sql, parameters = _article_query(reader, selection)
    return [row[0] for row in reader.rows(f"SELECT {key} {sql} ORDER BY 1 {way} LIMIT ? OFFSET ?", [*parameters, limit, offset])]


def _article_query(reader: Reader, selection: Selection, title_only: bool = False) -> tuple[str, str, list[Any]]:
    """(what a key is called, ``FROM … WHERE …``, parameters) of matching articles, each once, for selections of articles alone."""
    conditions = Conditions()
    if selection.keyword is not None:
        sql, parameters = search_of(reader, selection, title_only)
        key = reader.backend.search_key
        if selection.sources is not None or selection.categories is not None or selection.fold or selection.tags is not None:
            sql = sql.replace("FROM search WHERE", f"FROM search JOIN article a ON a.key = {key} WHERE", 1)
            _article_conditions(reader, selection, conditions, "a")
            if selection.tags is not None:
                among, parameter = reader.among(selection.tags)
                conditions.add(f"EXISTS (SELECT 1 FROM article_tag t WHERE t.tag {among} AND t.article = a.key)", parameter)
            sql += f" AND {conditions.where()}"
        return key, sql[sql.index("FROM search") :], [*parameters, *conditions.parameters]
    if selection.tags is not None:
        one_of(conditions, reader, "t.tag", selection.tags)
        if selection.keys:
            conditions.add("t.article BETWEEN ? AND ?", *selection.keys)
        _article_conditions(reader, selection, conditions, "t")
        return (
            "t.article" if len(selection.tags) == 1 else "DISTINCT t.article",
            f"FROM article_tag t WHERE {conditions.where()}",
            conditions.parameters,
        )
    if selection.keys:
        conditions.add("a.key BETWEEN ? AND ?", *selection.keys)
    _article_conditions(reader, selection, conditions, "a")
    return "a.key", f"FROM article a WHERE {conditions.where()}", conditions.parameters


def _article_conditions(reader: Reader, selection: Selection, conditions: Conditions, name: str) -> None:
    one_of(conditions, reader, f"{name}.source", selection.sources)
    one_of(conditions, reader, f"{name}.category", selection.categories)
    if selection.fold:
        conditions.add(f"{name}.head = 1")


def _total(reader: Reader, selection: Selection) -> int:
    if selection.of_links:
        conditions = link_conditions(reader, selection)
        what = "count(*)" if selection.single else "count(DISTINCT l.article)"
        return reader.value(f"SELECT {what} FROM link l WHERE {conditions.where()}", conditions.parameters, 0)
    if selection.keyword is None and selection.tags is None:
        return _days(reader, selection, "heads" if selection.fold else "articles")
    key, sql, parameters = _article_query(reader, selection)
    return int(reader.value(f"SELECT count({key}) {sql}", parameters, 0))


def _unlinked_of(reader: Reader, selection: Selection) -> int | None:
    if selection.of_links:
        return 0
    if selection.keyword is None and selection.tags is None and not selection.fold:
        return _days(reader, selection, "articles - linked")
    return None


def _days(reader: Reader, selection: Selection, what: str) -> int:
    """A sum over whole days; a range of dates is always whole days."""
    conditions = Conditions()
    if selection.keys:
        conditions.add("day BETWEEN ? AND ?", selection.keys[0] >> 22, selection.keys[1] >> 22)
    one_of(conditions, reader, "source", selection.sources)
    one_of(conditions, reader, "category", selection.categories)
    return int(reader.value(f"SELECT sum({what}) FROM day_count WHERE {conditions.where()}", conditions.parameters, 0))


def _ranked(reader: Reader, selection: Selection, offset: int, limit: int, newest_first: bool) -> tuple[list[int], int]:
    """Two tiers: keys whose title alone matches, then the others; each by time."""
    if selection.of_links:
        conditions = link_conditions(reader, selection)
        matching = f"SELECT DISTINCT l.article FROM link l WHERE {conditions.where()}"
        found = [key for (key,) in reader.rows(matching, conditions.parameters)]
    else:
        key, sql, parameters = _article_query(reader, selection)
        found = [row[0] for row in reader.rows(f"SELECT {key} {sql}", parameters)]
    title_sql, title_parameters = search_of(reader, selection, title_only=True)
    titled = np.array([row[0] for row in reader.rows(title_sql, title_parameters)], dtype="int64")
    keys = np.array(found, dtype="int64")
    order = np.lexsort((-keys if newest_first else keys, ~np.isin(keys, titled)))
    return keys[order][offset : offset + limit].tolist(), len(keys)


def _described(reader: Reader, terms: Terms, keys: Sequence[int]) -> pd.DataFrame:
    """Page rows in the order of keys."""
    condition, parameter = reader.among(keys)
    rows = {
        row[0]: row
        for row in reader.rows(
            "SELECT a.key, a.id, a.published, a.precision, a.title, a.source, a.category, a.tagset, a.url, a.cluster, a.head, a.links, h.id, "
            "(SELECT count(*) FROM member m WHERE m.cluster = a.cluster), EXISTS (SELECT 1 FROM followup f WHERE f.article = a.key) "
            "FROM article a LEFT JOIN article h ON h.key = a.cluster AND a.cluster <> 0 "
            f"WHERE a.key {condition}",
            (parameter,),
        )
    }
    ordered = [rows[key] for key in keys]
    named = _named(reader, keys)
    words = terms.texts(reader, {number for row in ordered for number in (row[5], row[6])})
    frame = {
        "article": [row[1] for row in ordered],
        "published_at": utc_of([row[2] for row in ordered]),
        "precision": [str(codec.PRECISIONS[row[3]]) for row in ordered],
        "title": [row[4] for row in ordered],
        "source": [words[row[5]] for row in ordered],
        "category": [words[row[6]] for row in ordered],
        "tags": tagsets(reader, terms, np.array([row[7] for row in ordered], dtype="int64")),
        "securities": pd.Series([tuple((s, str(role)) for _, s, role in sorted(named[row[0]])) for row in ordered], dtype=object),
        "copies": np.array([max(row[13] - 1, 0) for row in ordered], dtype="int64"),
        "update": np.array([row[14] for row in ordered], dtype=bool),
        "url": [row[8] for row in ordered],
        "cluster": [row[12] or "" for row in ordered],
        "head": np.array([row[10] for row in ordered], dtype=bool),
        "linked": np.array([row[11] for row in ordered], dtype="int64"),
    }
    return pd.DataFrame(frame, columns=list(_COLUMNS)).astype(
        dict.fromkeys(("article", "precision", "title", "source", "category", "url", "cluster"), "str")
    )


def _named(reader: Reader, keys: Sequence[int]) -> dict[int, list[tuple[float, str, Role]]]:
    """key → (-relevance, security, role) of its links.

    From the documents: those of a page's articles lie side by side, while each of their link rows lies with its security. On a cold disk that is
    forty reads for a page, not three hundred.
    """
    named: dict[int, list[tuple[float, str, Role]]] = defaultdict(list)
    condition, parameter = reader.among(keys)
    long = []
    for key, data in reader.rows(
        f"SELECT key, CASE WHEN length(links) <= ? THEN links END FROM document WHERE key {condition}", (_SHORT_LINKS, parameter)
    ):
        if data is None:
            long.append(key)
        else:
            named[key] = [(-relevance, security, role) for security, role, relevance in codec.unpack_named(bytes(data))]
    if long:
        condition, parameter = reader.among(long)
        for key, security, role, relevance in reader.rows(
            f"SELECT l.article, t.text, l.role, l.relevance FROM link l JOIN term t ON t.id = l.security WHERE l.article {condition}",
            (parameter,),
        ):
            named[key].append((-relevance, security, codec.ROLES[role]))
    return named


def _snippets(reader: Reader, keys: Sequence[int], selection: Selection) -> dict[str, Snippet]:
    phrases = phrases_of(selection.keyword)
    condition, parameter = reader.among(keys)
    out = {}
    for id_, title, content in reader.rows(
        f"SELECT a.id, a.title, d.content FROM article a JOIN document d ON d.key = a.key WHERE a.key {condition}", (parameter,)
    ):
        out[id_] = snippet_of(title, codec.unpack_content(bytes(content))[0], phrases)
    return out


def _entries(reader: Reader, terms: Terms, where: str, parameters: list[Any]) -> Iterator[tuple[int, Entry]]:
    rows = reader.rows(
        "SELECT a.key, a.id, a.published, a.zone, a.precision, a.title, a.source, a.category, a.tagset, a.url, d.content, d.links "
        f"FROM article a JOIN document d ON d.key = a.key WHERE {where}",
        parameters,
    )
    if not rows:
        return
    condition, parameter = reader.among([row[0] for row in rows])
    origins: dict[int, list[Origin]] = defaultdict(list)
    for key, *origin in reader.rows(
        f"SELECT article, locator, fingerprint, reader, line, revision FROM origin WHERE article {condition} ORDER BY locator", (parameter,)
    ):
        origins[key].append(Origin(*origin))
    words = terms.texts(reader, {number for row in rows for number in (row[6], row[7])})
    tags = tagsets(reader, terms, np.array([row[8] for row in rows], dtype="int64"))
    for (key, id_, published, zone, precision, title, source, category, _, url, content, links), event_tags in zip(rows, tags, strict=True):
        body, own_tags, notes = codec.unpack_content(bytes(content))
        article = Article(
            id_, codec.moment_of(published, zone), codec.PRECISIONS[precision], title, body, words[source], words[category], own_tags, url, notes,
            tuple(origins[key]),
        )  # fmt: skip
        yield key, Entry(article, *codec.unpack_links(bytes(links)), event_tags)
