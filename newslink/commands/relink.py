"""``newslink relink``: every stored article, or those named, linked again with today's names and corrections."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--article", nargs="+", action="extend", metavar="ID", help="only these articles (default: all of them)")
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="local processes that link (default: this one)")
    parser.add_argument("--scheduler", metavar="URL", help="address of a running Dask scheduler, tcp://host:port")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    parser.epilog = "Can be interrupted and run again: it goes on where it was, unless names or corrections have changed since."


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """1 when none of the articles named is stored."""
    from newslink.commands.progress import Progress
    from newslink.pipeline.relink import relink

    with Progress("relink") as progress:
        done = relink(settings, arguments.store, arguments.article, arguments.workers, arguments.scheduler, progress)
    if arguments.json:
        print(json.dumps(asdict(done)))
    else:
        total = f"articles {done.linked + done.unlinked} = linked {done.linked} + unlinked {done.unlinked}"
        print(f"{done.articles:,} articles linked again, {done.changed:,} changed; {total}")
        if done.skipped:
            print(f"{done.skipped:,} were done by a run before that was interrupted")
    if done.missing:
        print(f"newslink relink: {done.missing:,} of the articles named are not in the store", file=sys.stderr)
    return 1 if done.missing and not done.articles else 0
