"""READERS: suffix → how a file of that kind is cut into items and how an item becomes an article. The plug point for new formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from newslink.articles.files import Opened, csv_items, json_items, post_items
from newslink.articles.items import RawItem
from newslink.articles.posts import parse_post
from newslink.articles.rows import parse_row
from newslink.errors import ArticleError
from newslink.model import Article, Rejection


class Reader(NamedTuple):
    """name: what ``RawItem.reader`` says. items: cuts an open file. parse: one item → Article, or raises ArticleError."""

    name: str
    items: Opened
    parse: Callable[[RawItem], Article]


_POST = Reader("post", post_items, parse_post)
_JSON_LINES = Reader("jsonl", json_items, parse_row)
_CSV = Reader("csv", csv_items, parse_row)

READERS: dict[str, Reader] = {
    ".md": _POST,
    ".markdown": _POST,
    ".html": _POST,
    ".htm": _POST,
    ".jsonl": _JSON_LINES,
    ".ndjson": _JSON_LINES,
    ".csv": _CSV,
    ".tsv": _CSV,
}
_BY_NAME = {reader.name: reader for reader in READERS.values()}
PACKED = frozenset((".jsonl", ".ndjson", ".csv", ".tsv"))  # also read with a further .gz


def reader_for(file_name: str) -> tuple[Reader, bool] | None:
    """(reader, gzip-packed?) for a file name, by its last suffix or the one before ``.gz``; None where no reader serves it."""
    stem, dot, suffix = file_name.lower().rpartition(".")
    if not dot:
        return None
    if suffix == "gz":
        inner = "." + stem.rpartition(".")[2]
        return (READERS[inner], True) if inner in PACKED else None
    reader = READERS.get("." + suffix)
    return (reader, False) if reader else None


def parse(item: RawItem) -> Article | Rejection:
    """The item's article, or why it is none. Pure; whatever the bytes, nothing is raised for them."""
    reader = _BY_NAME.get(item.reader) or next((r for r in READERS.values() if r.name == item.reader), None)
    if reader is None:
        return Rejection(item.locator, f"no reader is named {item.reader!r}", item.line, item.fingerprint)
    try:
        return reader.parse(item)
    except ArticleError as error:
        return Rejection(item.locator, error.reason, error.line or item.line, item.fingerprint)
