"""``newslink events``: the articles of one security joined to the bar of the session each stands on."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--security", required=True, help="600519.SH, 00700.HK, NIO.US, or a name from the list")
    parser.add_argument("--start", type=date.fromisoformat, help="first session, inclusive (YYYY-MM-DD)")
    parser.add_argument("--end", type=date.fromisoformat, help="last session, inclusive (YYYY-MM-DD)")
    parser.add_argument("--store", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    parser.add_argument("--output", type=Path, help="file to write (default: standard output)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.export import write_events_csv, write_events_jsonl
    from newslink.model import Filter
    from newslink.pipeline.events import events_of
    from newslink.pipeline.linking import universe_of
    from newslink.pipeline.resolve import security_for
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url) as store:
        security = security_for(universe_of(store), arguments.security)
        events = events_of(store, Filter(securities=(security,), start=arguments.start, end=arguments.end))
        write = write_events_csv if arguments.format == "csv" else write_events_jsonl
        if arguments.output:
            # Written beside and moved in place: an interrupted export never leaves half a file under the wanted name.
            part = arguments.output.with_name(arguments.output.name + ".part")
            with part.open("wb") as file:
                write(events, file)
            part.replace(arguments.output)
        else:
            write(events, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    print(f"{len(events)} rows for {security}", file=sys.stderr)
    return 0
