"""Entries in, frames out: everything newslink keeps, in SQLite or PostgreSQL. Start with ``open_store(url)``; the protocol is in ``Store``."""

from newslink.store.backup import restore
from newslink.store.bars import Covered
from newslink.store.copies import Membership, Signature, Update
from newslink.store.counting import Counts
from newslink.store.names import StoredCorrection
from newslink.store.pages import Page
from newslink.store.planning import PutCounts
from newslink.store.search import parse_query
from newslink.store.small import Attempted, InboxItem
from newslink.store.snippets import Snippet
from newslink.store.store import Store, StoreStatus, open_store

__all__ = [
    "Attempted",
    "Counts",
    "Covered",
    "InboxItem",
    "Membership",
    "Page",
    "PutCounts",
    "Signature",
    "Snippet",
    "Store",
    "StoreStatus",
    "StoredCorrection",
    "Update",
    "open_store",
    "parse_query",
    "restore",
]
