"""Files and rows → articles. The border of this room; what callers may use is what is imported here.

    for item in discover(paths, ignored):        # RawItem | Rejection
        article = parse(item)                    # Article | Rejection
    article = merge_origins([article, twin])     # twins of one id → one article, whatever their order

Files are found by suffix (READERS): Jekyll posts ``.md .markdown .html .htm``, rows ``.jsonl .ndjson .csv .tsv`` (these also with ``.gz``).
The columns of rows are in ``columns``. A file of another suffix inside a folder is no item; its path is handed to ``ignored``.
"""

from newslink.articles.discovery import discover
from newslink.articles.items import MAX_ITEM_BYTES, RawItem
from newslink.articles.markdown import text_of_markdown
from newslink.articles.markup import text_of_html
from newslink.articles.merge import merge_origins
from newslink.articles.readers import READERS, parse
from newslink.articles.tags import event_tags

__all__ = [
    "MAX_ITEM_BYTES",
    "READERS",
    "RawItem",
    "discover",
    "event_tags",
    "merge_origins",
    "parse",
    "text_of_html",
    "text_of_markdown",
]
