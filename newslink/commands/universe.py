"""``universe``: import a file of dated names, refresh the lists of securities, or look up what goes by a text."""

from __future__ import annotations

import argparse
import json
import sys

from newslink.link.names_file import read_names_file
from newslink.settings import Settings

SHOWN = 20  # problems written out; the count is always complete


def add(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    read = actions.add_parser("import", help="tab-separated file: security name kind valid_from valid_to", allow_abbrev=False)
    read.add_argument("file", metavar="FILE")
    refresh = actions.add_parser("refresh", help="fetch today's lists of securities and former names", allow_abbrev=False)
    find = actions.add_parser("find", help="what the search box finds for a text", allow_abbrev=False)
    find.add_argument("text", metavar="TEXT")
    find.add_argument("--limit", type=int, default=20, metavar="N")
    for action in (read, refresh, find):
        action.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
        action.add_argument("--json", action="store_true", help="the last line is one JSON object")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    url = arguments.store or settings.store_url
    return {"import": _import, "refresh": _refresh, "find": _find}[arguments.action](arguments, settings, url)


def _import(arguments: argparse.Namespace, settings: Settings, url: str) -> int:
    from newslink.pipeline.universe import import_names

    securities, names, problems = read_names_file(arguments.file)
    for problem in problems[:SHOWN]:
        where = f"{arguments.file}:{problem.line}" if problem.line else arguments.file
        print(f"{where}: {problem.reason}", file=sys.stderr)
    if len(problems) > SHOWN:
        print(f"… and {len(problems) - SHOWN:,} more", file=sys.stderr)
    counts = import_names(settings, url, securities, names) if names else None
    summary = {"file": arguments.file, "securities": len(securities), "names": len(names), "problems": len(problems)}
    if isinstance(counts, dict):
        summary |= {key: value for key, value in counts.items() if key not in summary}
    _say(summary, arguments.json, f"{len(names):,} names of {len(securities):,} securities imported, {len(problems):,} rows left out")
    return 0 if names or not problems else 1


def _refresh(arguments: argparse.Namespace, settings: Settings, url: str) -> int:
    from newslink.pipeline.universe import refresh

    counts = refresh(settings, url)
    summary = dict(counts) if isinstance(counts, dict) else {}
    _say(summary, arguments.json, ", ".join(f"{key} {value}" for key, value in summary.items()) or "done")
    return 0


def _find(arguments: argparse.Namespace, settings: Settings, url: str) -> int:
    from newslink.pipeline.linking import load_universe

    found = load_universe(settings, url).find(arguments.text, arguments.limit)
    if arguments.json:
        print(json.dumps([{"security": s.id, "name": s.name, "kind": s.kind.value, "entity": s.entity} for s in found], ensure_ascii=False))
    else:
        for security in found:
            print(f"{security.id}\t{security.name}\t{security.kind.value}")
        if not found:
            print(f"newslink: nothing goes by {arguments.text[:64]!r}", file=sys.stderr)
    return 0 if found else 1


def _say(summary: dict, as_json: bool, words: str) -> None:
    print(json.dumps(summary, ensure_ascii=False) if as_json else words)
