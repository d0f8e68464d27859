"""``newslink restore FILE``: a backup in the place of the store."""

from __future__ import annotations

import argparse
from pathlib import Path

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file written by `newslink backup`")
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.epilog = (
        "Stop every other newslink first. An SQLite store that is there is kept beside as FILE.before-restore; "
        "a PostgreSQL database must be empty."
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.store import open_store, restore

    url = arguments.store or settings.store_url
    restore(arguments.file, url)
    with open_store(url, create=False) as store:
        counts = store.counts()
        print(f"{store.url}: {counts.linked + counts.unlinked:,} articles, {counts.links:,} links")
    return 0
