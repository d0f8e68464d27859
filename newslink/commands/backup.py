"""``newslink backup FILE``: a consistent copy of the store while it runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="where the copy goes; replaced when it is there")
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.epilog = "The copy is one SQLite file, whatever the store; `newslink restore` takes it to SQLite and PostgreSQL alike."


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url, create=False) as store:
        path = store.backup(arguments.file)
    with open_store(f"sqlite:///{path}", create=False) as copy:
        counts = copy.counts()
    print(f"{path}: {path.stat().st_size / 1e6:,.1f} MB, {counts.linked + counts.unlinked:,} articles, {counts.links:,} links")
    return 0
