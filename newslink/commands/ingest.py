"""``newslink ingest PATH...``: read, link and store; the last line is the summary, which adds up."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="post, table, folder (recursive) or git checkout")
    parser.add_argument("--store", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--json", action="store_true", help="summary as one JSON object")
    parser.add_argument("--workers", type=int, default=0, help="local processes that parse and link (default: this one)")
    parser.add_argument("--scheduler", help="address of a running Dask scheduler, tcp://host:port")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.commands.progress import Progress
    from newslink.pipeline.ingest import ingest

    missing = [path for path in arguments.paths if not path.exists()]
    if missing:
        print(f"newslink ingest: no such file or folder: {', '.join(map(str, missing))}", file=sys.stderr)
        return 2
    with Progress("ingest") as progress:
        summary = ingest(
            arguments.paths,
            settings,
            store_url=arguments.store,
            workers=arguments.workers,
            scheduler=arguments.scheduler,
            progress=progress,
        )
    for rejection in summary.rejections:
        at = rejection.locator if rejection.line is None else f"{rejection.locator}:{rejection.line}"
        print(f"rejected {at}: {rejection.reason}", file=sys.stderr)
    if summary.rejected > len(summary.rejections):
        print(f"… and {summary.rejected - len(summary.rejections)} more; `newslink status --rejections` lists all", file=sys.stderr)
    figures = {name: value for name, value in asdict(summary).items() if name != "rejections"}
    if arguments.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        print(
            "files {files} = new {new} + updated {updated} + unchanged {unchanged} + duplicates {duplicates} + rejected {rejected}; "
            "articles {articles} = linked {linked} + unlinked {unlinked}".format(**figures)
        )
    return 0
