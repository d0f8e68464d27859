"""Entries in, frames out: everything newslink keeps, in SQLite or PostgreSQL. Start with ``open_store(url)``; the protocol is in ``Store``."""

from newslink.store.backup import restore
from newslink.store.bars import Covered
from newslink.store.codec import pack_bands
from newslink.store.copies import Membership, Signature, Update
from newslink.store.counting import Counts
from newslink.store.draft import Draft, SignatureDraft, article_of, draft_of
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
    "Draft",
    "InboxItem",
    "Membership",
    "Page",
    "PutCounts",
    "Signature",
    "SignatureDraft",
    "Snippet",
    "Store",
    "StoreStatus",
    "StoredCorrection",
    "Update",
    "article_of",
    "draft_of",
    "pack_bands",
    "open_store",
    "parse_query",
    "restore",
]
