"""``newslink status``: counts that reconcile, freshness of news and prices, schema and sizes."""

from __future__ import annotations

import argparse
import json

from newslink import __version__
from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rejections", action="store_true", help="also list every item that could not be read, with its reason")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url, create=False) as store:
        told = facts(store)
        rejected = _rejections(store) if arguments.rejections else []
    if arguments.json:
        print(json.dumps(told | ({"rejections": rejected} if arguments.rejections else {}), ensure_ascii=False))
        return 0
    counts, store_, bars = told["counts"], told["store"], told["bars"]
    print(f"newslink {__version__}, {store_['url']} ({store_['backend']}, schema {store_['schema']}, {store_['bytes'] / 1e6:,.1f} MB)")
    print("read {ingested:,} = linked {linked:,} + unlinked {unlinked:,} + rejected {rejected:,}".format(**counts))
    print("links {links:,}, candidates {candidates:,}".format(**counts))
    print(f"newest article {told['newest_article'] or 'none'}")
    print(f"bars of {bars['securities']:,} securities, {bars['rows']:,} rows, newest session {bars['last_session'] or 'none'}")
    held = {kind: count["holding"] for kind, count in told["corrections"].items() if count["holding"]}
    print("corrections " + (", ".join(f"{kind} {count:,}" for kind, count in held.items()) or "none"))
    for name, rows in told["tables"].items():
        print(f"  {name:<12}{rows:>14,}")
    for one in rejected:
        print(f"rejected {one['locator']}{'' if one['line'] is None else ':' + str(one['line'])}: {one['reason']}")
    return 0


def facts(store) -> dict:
    """Everything the command tells, as plain values; times in UTC."""
    from newslink.model import Filter
    from newslink.pipeline.corrections import correction_counts

    counts, status, bars = store.counts(), store.status(), store.bar_freshness()
    newest = store.page(Filter(), limit=1, count=False).rows
    stamp = newest["published_at"].iloc[0] if len(newest) else None
    return {
        "version": __version__,
        "counts": {
            "ingested": counts.ingested,
            "linked": counts.linked,
            "unlinked": counts.unlinked,
            "rejected": counts.rejected,
            "links": counts.links,
            "candidates": counts.candidates,
        },
        "store": {"url": status.url, "backend": status.backend, "schema": status.schema, "bytes": status.size},
        "tables": store.rows_of_tables(),
        "newest_article": None if stamp is None or stamp != stamp else stamp.isoformat(),
        "bars": {
            "securities": len(bars),
            "rows": int(bars["rows"].sum()),
            "last_session": bars["last_session"].max().date().isoformat() if len(bars) else None,
            "fetched_at": bars["fetched_at"].max().isoformat() if len(bars) else None,
        },
        "unsettled": len(store.unsettled()),
        "corrections": correction_counts(store),
    }


def _rejections(store) -> list[dict]:
    out: list[dict] = []
    while True:
        frame = store.rejections(len(out), 1000)
        if not len(frame):
            return out
        for locator, line, reason, first_seen in frame.itertuples(index=False):
            at = None if line is None or line != line else int(line)
            out.append({"locator": locator, "line": at, "reason": reason, "first_seen": first_seen.isoformat()})
