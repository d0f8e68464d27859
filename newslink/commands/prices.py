"""``newslink prices update|show``: daily bars into the store, and out of it."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date

import pandas as pd

from newslink.commands.progress import Progress
from newslink.settings import Settings

PATIENCE = 600.0  # longest wait for services that rest after failures; beyond it the update ends and can be run again
SHOWN = 20  # failures written out; the count is always complete


def add(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    update = actions.add_parser(
        "update", help="fetch what is missing; can be interrupted and run again", allow_abbrev=False,
        description="Fetch missing daily bars. Closed sessions are never fetched twice; interrupted work goes on where it was.",
    )  # fmt: skip
    which = update.add_mutually_exclusive_group(required=True)
    which.add_argument("--security", nargs="+", action="extend", metavar="ID", help="600519.SH, 00700.HK, NIO.US, or names from the list")
    which.add_argument("--all", action="store_true", help="every listed security, and the indices they are held against")
    update.add_argument("--since", type=date.fromisoformat, metavar="D", help="first day, inclusive (default: five years back)")
    update.add_argument("--until", type=date.fromisoformat, metavar="D", help="last day, inclusive (default: today)")
    update.add_argument("--json", action="store_true", help="the last line is one JSON object")
    show = actions.add_parser("show", help="print stored bars", allow_abbrev=False)
    show.add_argument("--security", required=True, metavar="ID")
    show.add_argument("--start", type=date.fromisoformat, metavar="D", help="first session, inclusive")
    show.add_argument("--end", type=date.fromisoformat, metavar="D", help="last session, inclusive")
    show.add_argument("--adjust", choices=("raw", "qfq", "hfq"), default="raw", help="qfq keeps the newest price, hfq the oldest")
    show.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    for action in (update, show):
        action.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    return {"update": _update, "show": _show}[arguments.action](arguments, settings)


def _update(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 when every security is up to date, or some are and the rest is named; 1 when none could be brought up to date."""
    from newslink.pipeline.bars import BENCHMARKS
    from newslink.pipeline.linking import universe_of
    from newslink.pipeline.prices import price_desk
    from newslink.pipeline.resolve import security_for
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url) as store:
        universe = universe_of(store)
        if arguments.all:
            listed = sorted(one.id for one in universe.securities if one.delisted is None)
            securities = [*sorted(set(BENCHMARKS.values())), *listed]
        else:
            securities = [security_for(universe, text) for text in arguments.security]
        desk = price_desk(settings, store, security=universe.security)
        try:
            with Progress("prices") as progress:
                job = desk.run(
                    securities,
                    arguments.since,
                    arguments.until,
                    lambda job: progress(job.done, job.total, f"{job.added:,} bars {job.current}"),
                    PATIENCE if arguments.all else 0.0,
                )
        finally:
            desk.close()
    for security, sentence in list(job.failures.items())[:SHOWN]:
        print(f"{security}: {sentence}" if not sentence.startswith(security) else sentence, file=sys.stderr)
    if len(job.failures) > SHOWN:
        print(f"… and {len(job.failures) - SHOWN:,} more", file=sys.stderr)
    left = job.total - job.done
    if job.resting:
        words = f"all services rest after failures, for another {job.resting:.0f} s; {left:,} securities were not asked about"
        print(f"newslink: {words}. Run the same command again later; it goes on from here.", file=sys.stderr)
    summary = {
        "securities": job.total, "updated": job.done - len(job.failures), "failed": len(job.failures), "left": left, "requests": job.requests,
        "bars": job.added,
    }  # fmt: skip
    if arguments.json:
        print(json.dumps(summary))
    else:
        print(f"{summary['updated']:,} of {job.total:,} securities up to date, {job.added:,} new bars, {len(job.failures):,} failed")
    return 1 if job.total and not summary["updated"] else 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    """1 when there are no bars in the range."""
    from newslink.pipeline.bars import bars_of
    from newslink.pipeline.linking import universe_of
    from newslink.pipeline.resolve import security_for
    from newslink.prices import adjust
    from newslink.prices.base import window
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url) as store:
        security = security_for(universe_of(store), arguments.security)
        # Adjusted over all that is stored and cut afterwards: a day's adjusted price must not depend on the window.
        bars = window(adjust(bars_of(store, security), arguments.adjust), arguments.start or date.min, arguments.end or date.max)
    table = bars.assign(
        session=bars["session"].dt.strftime("%Y-%m-%d"),
        fetched_at=bars["fetched_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        provisional=bars["provisional"].map({True: "true", False: "false"}),
    )
    if arguments.format == "csv":
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
    else:
        for row in table.assign(provisional=bars["provisional"]).to_dict("records"):
            values = {name: None if isinstance(value, float) and pd.isna(value) else value for name, value in row.items()}
            sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if bars.empty:
        hint = f"`newslink prices update --security {security}` fetches them"
        print(f"No bars of {security} are stored in that range; {hint}.", file=sys.stderr)
        return 1
    print(f"{len(bars)} bars of {security}", file=sys.stderr)
    return 0
