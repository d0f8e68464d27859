"""Bytes on disk → RawItem: one post, or one row of a file of rows, before anything is parsed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MAX_ITEM_BYTES = 32 << 20  # one post or one row; the largest real article seen is under 1 MB


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item as read: picklable, so that it can be parsed in another process.

    locator: absolute path, with ``#key`` for one row of many. fingerprint: hex digest of raw. reader: a name in ``BY_NAME``.
    raw: the bytes of the post, of the JSON line, or of a CSV row rewritten as a JSON object of its columns.
    line: first line of the item in its file, from 1. revision: commit of the git checkout it lies in, when known.
    """

    locator: str
    fingerprint: str
    reader: str
    raw: bytes
    line: int | None = None
    revision: str | None = None


def fingerprint_of(raw: bytes) -> str:
    """Hex digest of the bytes, 32 characters."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()
