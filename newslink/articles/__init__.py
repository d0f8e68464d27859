"""Files and rows → articles. The border of this room; what callers may use is what is imported here.

    for item in discover(paths, ignored):        # RawItem | Rejection
        article = parse(item)                    # Article | Rejection
    article = merge_origins([article, twin])     # twins of one id → one article, whatever their order

Files are found by suffix (READERS): Jekyll posts ``.md .markdown .html .htm``, rows ``.jsonl .ndjson .csv .tsv`` (these also with ``.gz``).
The columns of rows are in ``columns``. A file of another suffix inside a folder is no item; its path is handed to ``ignored``.

Duplicates and syndication, after linking (``copies``, ``signatures``):

    mine = signatures([(article, securities)])   # Signature: article, time, keys (≈ 10 signed 64-bit integers to index), …
    row = pack(mine[0]); mine[0] == unpack(row)  # bytes to store, about 600 for a flash
    known = [(Signature, Placement)]             # stored articles sharing a key within WINDOW_HOURS, and all members of their clusters
    place(mine, known) -> [Placement]            # article, cluster (id of the head), kind head | copy | update, novelty, earlier
"""

from newslink.articles.copies import WINDOW_HOURS, Placement, Relation, place, relate
from newslink.articles.discovery import discover
from newslink.articles.items import MAX_ITEM_BYTES, RawItem
from newslink.articles.markdown import text_of_markdown
from newslink.articles.markup import text_of_html
from newslink.articles.merge import merge_origins
from newslink.articles.readers import READERS, parse
from newslink.articles.signatures import Signature, companies_of, pack, signature, signatures, unpack
from newslink.articles.tags import event_tags

__all__ = [
    "MAX_ITEM_BYTES",
    "READERS",
    "WINDOW_HOURS",
    "Placement",
    "RawItem",
    "Relation",
    "Signature",
    "companies_of",
    "discover",
    "event_tags",
    "merge_origins",
    "pack",
    "parse",
    "place",
    "relate",
    "signature",
    "signatures",
    "text_of_html",
    "text_of_markdown",
    "unpack",
]
