"""Filter → link rows as a frame: what events, chart and exports are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd

from newslink.model import Filter
from newslink.store import codec
from newslink.store.backend import Reader
from newslink.store.database import Database
from newslink.store.filters import Selection, link_conditions, selection_of
from newslink.store.terms import Terms

COLUMNS = (
    "article", "security", "session", "bucket", "provisional", "date_only", "published_at", "precision", "title", "source", "category", "tags",
    "url", "rule", "surface", "role", "confidence", "relevance", "cluster", "cluster_size", "head", "origin",
)  # fmt: skip
_SELECT = (
    "SELECT l.article, l.security, l.session, l.bucket, l.flags, l.role, l.confidence, l.relevance, l.rule, l.surface, l.source, l.category, "
    "l.head, l.id, l.published, l.precision, l.title, l.tagset, l.url, l.origin, l.cluster FROM link l"
)
_BUCKETS = np.array([*map(str, codec.BUCKETS), ""], dtype=object)
_ROLES = np.array([*map(str, codec.ROLES)], dtype=object)
_PRECISIONS = np.array([*map(str, codec.PRECISIONS)], dtype=object)


class Rows:
    """The part of ``Store`` that gives link rows."""

    database: Database
    terms: Terms

    def rows(self, filter: Filter, limit: int | None = None) -> pd.DataFrame:
        """One row a link of confidence 0.5 or more, ascending by publication; limit: only the newest so many.

        article, security: ids. session: datetime64, NaT where the article has no time. bucket, role, precision, rule, surface, source, category,
        title, url, origin (locator of the first origin): str. published_at: UTC, NaT. tags: tuple of event tags. provisional, date_only, head:
        bool. cluster: id of the head of the article's cluster, '' without copies; cluster_size: its articles, 1 without copies.
        Raises QueryError where the keyword cannot be understood.
        """
        with self.database.read() as reader:
            selection = selection_of(reader, self.terms, filter)
            return _frame(reader, self.terms, _fetched(reader, selection, limit))

    def linked_articles(self, filter: Filter) -> list[str]:
        """Ids of the articles of those rows, in no order, once a row: which rows of a larger set the filter leaves, without reading them."""
        with self.database.read() as reader:
            conditions = link_conditions(reader, selection_of(reader, self.terms, filter))
            sql = f"SELECT a.id FROM link l JOIN article a ON a.key = l.article WHERE {conditions.where()}"
            return [id for (id,) in reader.rows(sql, conditions.parameters)]

    def stream_rows(self, filter: Filter, size: int = 20_000) -> Iterator[pd.DataFrame]:
        """The same rows in frames of at most ``size``, one snapshot throughout, in the order of security and session: memory stays flat."""
        with self.database.read() as reader:
            selection = selection_of(reader, self.terms, filter)
            conditions = link_conditions(reader, selection)
            order = "l.security, l.session, l.article" if selection.securities is not None else "l.article, l.security"
            cursor = reader.stream(f"{_SELECT} WHERE {conditions.where()} ORDER BY {order}", conditions.parameters, size)
            for rows in cursor:
                yield _frame(reader, self.terms, rows)


def _fetched(reader: Reader, selection: Selection, limit: int | None) -> list[tuple]:
    conditions = link_conditions(reader, selection)
    if limit is None:
        rows = reader.rows(f"{_SELECT} WHERE {conditions.where()}", conditions.parameters)
    else:
        order = "l.session DESC, l.article DESC" if selection.single else "l.article DESC, l.security"
        rows = reader.rows(f"{_SELECT} WHERE {conditions.where()} ORDER BY {order} LIMIT ?", [*conditions.parameters, limit])
    rows.sort(key=_by_time)
    return rows


def _by_time(row: tuple) -> tuple[int, int]:
    return row[0], row[1]


def _frame(reader: Reader, terms: Terms, rows: list[tuple]) -> pd.DataFrame:
    columns = [np.array(column, dtype=object) for column in zip(*rows, strict=True)] if rows else [np.zeros(0, object)] * 21
    (_, security, session, bucket, flags, role, confidence, relevance, rule, surface, source, category, head, id_, published, precision, title,
     tagset, url, origin, cluster) = columns  # fmt: skip
    flags = flags.astype("int64")
    clusters, size = _clusters(reader, cluster.astype("int64"))
    session = session.astype("int64")
    return pd.DataFrame(
        {
            "article": _text(id_),
            "security": _words(reader, terms, security),
            "session": np.where(session == 0, np.datetime64("NaT"), session.astype("datetime64[D]")).astype("datetime64[s]"),
            "bucket": _text(_BUCKETS[bucket.astype("int64")]),
            "provisional": (flags & 1).astype(bool),
            "date_only": (flags & 2).astype(bool),
            "published_at": utc_of(published),
            "precision": _text(_PRECISIONS[precision.astype("int64")]),
            "title": _text(title),
            "source": _words(reader, terms, source),
            "category": _words(reader, terms, category),
            "tags": tagsets(reader, terms, tagset),
            "url": _text(url),
            "rule": _words(reader, terms, rule),
            "surface": _words(reader, terms, surface),
            "role": _text(_ROLES[role.astype("int64")]),
            "confidence": confidence.astype("float64"),
            "relevance": relevance.astype("float64"),
            "cluster": _text(clusters),
            "cluster_size": size,
            "head": head.astype(bool),
            "origin": _text(origin),
        },
        columns=list(COLUMNS),
    )


def utc_of(micros: np.ndarray) -> pd.DatetimeIndex:
    """Microseconds or None → aware times."""
    numbers = np.array([codec.NO_TIME if value is None else value for value in micros], dtype="int64")
    return pd.DatetimeIndex(numbers.view("datetime64[us]")).tz_localize("UTC")


def tagsets(reader: Reader, terms: Terms, numbers: np.ndarray) -> pd.Series:
    """Numbers of tag sets → tuples of tags."""
    texts = terms.texts(reader, set(numbers.tolist()))
    ready = {number: tuple(json.loads(text)) if text else () for number, text in texts.items()}
    return pd.Series([ready[number] for number in numbers], dtype=object)


def _words(reader: Reader, terms: Terms, numbers: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Numbers of terms → their texts."""
    different, place = np.unique(numbers.astype("int64"), return_inverse=True)
    texts = terms.texts(reader, different.tolist())
    return _text(np.array([texts[number] for number in different.tolist()], dtype=object)[place] if len(numbers) else numbers)


def _text(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array(values, dtype="str")


def _clusters(reader: Reader, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keys of heads, 0 for none → (ids of the heads, sizes)."""
    ids, size = np.full(len(keys), "", dtype=object), np.ones(len(keys), "int64")
    inside = np.flatnonzero(keys)
    if len(inside):
        different, place = np.unique(keys[inside], return_inverse=True)
        condition, parameter = reader.among(different.tolist())
        names = dict(reader.rows(f"SELECT key, id FROM article WHERE key {condition}", (parameter,)))
        sizes = dict(reader.rows(f"SELECT cluster, count(*) FROM member WHERE cluster {condition} GROUP BY cluster", (parameter,)))
        ids[inside] = np.array([names.get(key, "") for key in different.tolist()], dtype=object)[place]
        size[inside] = np.array([sizes.get(key, 1) for key in different.tolist()])[place]
    return ids, size
