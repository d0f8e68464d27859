"""``newslink relink``: every stored article linked again with today's names and corrections."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="local processes that link (default: this one)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler, tcp://host:port")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.commands.progress import Progress
    from newslink.pipeline.relink import relink

    with Progress("relink") as progress:
        result = relink(settings, arguments.store, arguments.workers, arguments.scheduler, progress)
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        words = "articles {articles} = linked {linked} + unlinked {unlinked}; {links} links, {candidates} candidates"
        print(words.format(**asdict(result)))
    return 0
