"""``newslink watch``: run all live sources until stopped by Ctrl-C or SIGTERM; what comes is linked and stored as it comes."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from newslink.settings import Settings

_NETWORK = frozenset(("akshare", "rss"))


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sources", type=Path, help="TOML file of sources (default: sources.toml in NEWSLINK_HOME, where there is one)")
    parser.add_argument("--folder", action="append", default=[], metavar="PATH", help="watch a folder of articles; may be repeated")
    parser.add_argument("--git", action="append", default=[], metavar="URL", help="pull a git repository of posts (https or local path)")
    parser.add_argument("--rss", action="append", default=[], metavar="URL", help="poll an RSS or Atom feed")
    parser.add_argument("--akshare", action="append", default=[], metavar="WHAT", help="em cls sina ths futu news notices notices_all")
    parser.add_argument("--stdin", action="store_true", help="read JSON lines of articles from standard input")
    parser.add_argument("--watchlist", default="", metavar="CODES", help="securities for news and notices, separated by commas")
    parser.add_argument("--interval", type=float, help="seconds between polls of the sources named here (default: by kind)")
    parser.add_argument("--once", action="store_true", help="poll every source once, then end")
    parser.add_argument("--no-alerts", action="store_true", help="do not evaluate alert rules")
    parser.add_argument("--store", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--json", action="store_true", help="totals at the end as one JSON object")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.articles.source import SourceSpec
    from newslink.pipeline.deliver import Channels
    from newslink.pipeline.sources import DEFAULT_FILE, NewsCall, build_sources, read_sources_file
    from newslink.pipeline.watch import Watch
    from newslink.pipeline.wire import LiveIngest
    from newslink.store import open_store

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    specs: list[SourceSpec] = []
    watchlist = [code.strip() for code in arguments.watchlist.split(",") if code.strip()]
    file = arguments.sources or settings.home / DEFAULT_FILE
    if arguments.sources or file.is_file():
        described, more = read_sources_file(file)
        specs += described
        watchlist += more
    for kind, addresses in (("folder", arguments.folder), ("git", arguments.git), ("rss", arguments.rss), ("akshare", arguments.akshare)):
        specs += [SourceSpec(kind, _name(kind, address), str(address), arguments.interval) for address in addresses]
    if arguments.stdin:
        specs.append(SourceSpec("stdin", "stdin"))
    if settings.offline:
        left_out = [spec for spec in specs if spec.kind in _NETWORK or (spec.kind == "git" and "://" in spec.address)]
        specs = [spec for spec in specs if spec not in left_out]
        for spec in left_out:
            print(f"newslink watch: offline, so {spec.name} is not polled", file=sys.stderr)
    if not specs:
        print("newslink watch: no source: name one (--folder, --git, --rss, --akshare, --stdin) or write sources.toml", file=sys.stderr)
        return 2

    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    call = NewsCall() if any(spec.kind == "akshare" for spec in specs) else None
    try:
        with open_store(arguments.store or settings.store_url) as store:
            live = LiveIngest(store, settings, arguments.store or settings.store_url, watchlist, Channels.from_environment(os.environ))
            sources = build_sources(specs, settings.home, call, live.watchlist, live.names_of)
            watch = Watch(sources, store, live.ingest, after=None if arguments.no_alerts else live.alert)
            print(f"newslink watch: {', '.join(source.name for source in sources)}", file=sys.stderr, flush=True)
            totals = watch.run(stop, once=arguments.once)
            failed = [record for record in watch.records.values() if record.failures]
    finally:
        if call is not None:
            call.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    for record in failed:
        print(f"newslink watch: {record.last_error}", file=sys.stderr)
    totals["failed_polls"] = totals.get("failed_polls", 0)
    if arguments.json:
        print(json.dumps(totals, ensure_ascii=False))
    else:
        print(", ".join(f"{name} {value}" for name, value in totals.items()))
    return 1 if arguments.once and failed and len(failed) == len(watch.records) else 0


def _name(kind: str, address: str) -> str:
    """A name for a source given on the command line: the same for the same address, so that it goes on where it was."""
    kept = "".join(letter if letter.isalnum() or letter in " .:/@+-_" else "-" for letter in f"{kind} {address}")
    return kept[:80].strip()


__all__: Sequence[str] = ("add", "run")
