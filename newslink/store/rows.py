"""Filter → link rows as a frame: what events, chart and exports are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from newslink.model import Filter
from newslink.store import codec
from newslink.store.backend import Reader, Texts
from newslink.store.database import Database
from newslink.store.filters import Selection, link_conditions, selection_of
from newslink.store.terms import Terms

COLUMNS = (
    "article", "security", "session", "bucket", "provisional", "date_only", "published_at", "precision", "title", "source", "category", "tags",
    "url", "rule", "surface", "role", "confidence", "relevance", "cluster", "cluster_size", "head", "origin",
)  # fmt: skip
# What is read of a link row, as whole numbers and as texts. What stands together is read as one number, for a cell costs the same however long
# it is: (name, bits), the first highest. Numbers of terms count up from 1.
_TOGETHER = (
    (("article", 63),),
    (("session", 40), ("bucket", 4), ("flags", 4), ("role", 4), ("precision", 4), ("head", 4)),
    (("rule", 31), ("surface", 31)),
    (("source", 31), ("category", 31)),
    (("security", 31), ("tagset", 31)),
    (("cluster", 63),),
    (("published", 64),),
    (("confidence", 63),),
    (("relevance", 63),),
)
_TEXTS = ("id", "title", "url", "origin")
# A share in [0, 1] times this is a whole number that holds every digit of it, but for those beyond the eighteenth place of very small ones.
_SHARE = 2.0**62
_TOLD = {
    "bucket": "(l.bucket + 1)",
    "published": f"coalesce(l.published, {codec.NO_TIME + 1})",
    "confidence": f"CAST(l.confidence * {_SHARE:.1f} AS BIGINT)",
    "relevance": f"CAST(l.relevance * {_SHARE:.1f} AS BIGINT)",
}


def _expression(together: tuple[tuple[str, int], ...]) -> str:
    # Sums, for PostgreSQL shifts a small number within its few bits.
    below = [sum(bits for _, bits in together[at + 1 :]) for at in range(len(together))]
    return " + ".join(_TOLD.get(name, f"l.{name}") + (f" * {1 << by}" if by else "") for (name, _), by in zip(together, below, strict=True))


_EXPRESSIONS = [_expression(together) for together in _TOGETHER]
_BUCKETS = pd.array(["", *map(str, codec.BUCKETS)], dtype="str")
_ROLES = pd.array([*map(str, codec.ROLES)], dtype="str")
_PRECISIONS = pd.array([*map(str, codec.PRECISIONS)], dtype="str")
Columns = dict[str, Any]  # number columns as int64, text columns as pandas' str


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
            return reader.columns((), ("l.id",), f"FROM link l WHERE {conditions.where()}", conditions.parameters)[1][0].tolist()

    def stream_rows(self, filter: Filter, size: int = 20_000) -> Iterator[pd.DataFrame]:
        """The same rows in frames of at most ``size``, one snapshot throughout, in the order of security and session: memory stays flat."""
        with self.database.read() as reader:
            selection = selection_of(reader, self.terms, filter)
            conditions = link_conditions(reader, selection)
            order = "l.security, l.session, l.article" if selection.securities is not None else "l.article, l.security"
            select = f"SELECT {', '.join([*_EXPRESSIONS, *(f'l.{name}' for name in _TEXTS)])} FROM link l"
            for rows in reader.stream(f"{select} WHERE {conditions.where()} ORDER BY {order}", conditions.parameters, size):
                told = list(zip(*rows, strict=True))
                numbers = [np.array(column, dtype="int64") for column in told[: len(_TOGETHER)]]
                yield _frame(reader, self.terms, _named(numbers, [_text(column) for column in told[len(_TOGETHER) :]]))


def _fetched(reader: Reader, selection: Selection, limit: int | None) -> Columns:
    """The columns, ascending by article, then security."""
    conditions = link_conditions(reader, selection)
    source, parameters = f"FROM link l WHERE {conditions.where()}", conditions.parameters
    if limit is not None:
        order = "l.session DESC, l.article DESC" if selection.single else "l.article DESC, l.security"
        source, parameters = f"FROM (SELECT l.* {source} ORDER BY {order} LIMIT ?) l", [*parameters, limit]
    columns = _named(*reader.columns(_EXPRESSIONS, [f"l.{name}" for name in _TEXTS], source, parameters))
    order = np.lexsort((columns["security"], columns["article"]))
    if (np.diff(order) == 1).all():
        return columns
    return {name: column.take(order) for name, column in columns.items()}


def _named(numbers: Sequence[np.ndarray], texts: Sequence[Texts]) -> Columns:
    columns: Columns = dict(zip(_TEXTS, texts, strict=True))
    for together, rest in zip(_TOGETHER, numbers, strict=True):
        for name, bits in reversed(together[1:]):
            columns[name] = rest & (1 << bits) - 1
            rest = rest >> bits
        columns[together[0][0]] = rest
    return columns


def _frame(reader: Reader, terms: Terms, columns: Columns) -> pd.DataFrame:
    flags, session, published = columns["flags"], columns["session"], columns["published"]
    clusters, size = _clusters(reader, columns["cluster"])
    words = {name: _words(reader, terms, columns[name]) for name in ("security", "source", "category", "rule", "surface")}
    return pd.DataFrame(
        {
            "article": columns["id"],
            "security": words["security"],
            "session": np.where(session == 0, np.datetime64("NaT"), session.astype("datetime64[D]")).astype("datetime64[s]"),
            "bucket": _BUCKETS.take(columns["bucket"]),
            "provisional": (flags & 1).astype(bool),
            "date_only": (flags & 2).astype(bool),
            "published_at": _utc(np.where(published == codec.NO_TIME + 1, codec.NO_TIME, published)),
            "precision": _PRECISIONS.take(columns["precision"]),
            "title": columns["title"],
            "source": words["source"],
            "category": words["category"],
            "tags": tagsets(reader, terms, columns["tagset"]),
            "url": columns["url"],
            "rule": words["rule"],
            "surface": words["surface"],
            "role": _ROLES.take(columns["role"]),
            "confidence": columns["confidence"] / _SHARE,
            "relevance": columns["relevance"] / _SHARE,
            "cluster": clusters,
            "cluster_size": size,
            "head": columns["head"].astype(bool),
            "origin": columns["origin"],
        },
        columns=list(COLUMNS),
    )


def utc_of(micros: Iterable[int | None]) -> pd.DatetimeIndex:
    """Microseconds or None → aware times."""
    return _utc(np.array([codec.NO_TIME if value is None else value for value in micros], dtype="int64"))


def _utc(micros: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(micros.view("datetime64[us]")).tz_localize("UTC")


def tagsets(reader: Reader, terms: Terms, numbers: np.ndarray) -> pd.Series:
    """Numbers of tag sets → tuples of tags."""
    place, different = pd.factorize(numbers)
    texts = terms.texts(reader, different.tolist())
    ready = np.empty(len(different), dtype=object)
    ready[:] = [tuple(json.loads(text)) if (text := texts[number]) else () for number in different.tolist()]
    return pd.Series(ready[place], dtype=object)


def _words(reader: Reader, terms: Terms, numbers: np.ndarray) -> Texts:
    """Numbers of terms → their texts."""
    place, different = pd.factorize(numbers)
    texts = terms.texts(reader, different.tolist())
    return _text([texts[number] for number in different.tolist()]).take(place)


def _text(values: Sequence[str]) -> Texts:
    return pd.array(values, dtype="str")


def _clusters(reader: Reader, keys: np.ndarray) -> tuple[Texts, np.ndarray]:
    """Keys of heads, 0 for none → (ids of the heads, sizes)."""
    place, different = pd.factorize(keys)
    heads = different.tolist()
    names, sizes = {}, {}
    if wanted := [head for head in heads if head]:
        condition, parameter = reader.among(wanted)
        names = dict(reader.rows(f"SELECT key, id FROM article WHERE key {condition}", (parameter,)))
        sizes = dict(reader.rows(f"SELECT cluster, count(*) FROM member WHERE cluster {condition} GROUP BY cluster", (parameter,)))
    ids = _text([names.get(head, "") for head in heads])
    return ids.take(place), np.array([sizes.get(head, 1) for head in heads], dtype="int64")[place]
