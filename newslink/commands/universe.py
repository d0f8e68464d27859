"""``universe``: import a file of dated names, refresh the lists of securities, learn names from what is stored, or look one up."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from newslink.link.names_file import read_names_file
from newslink.settings import Settings

SHOWN = 20  # problems written out; the count is always complete
_DECISIONS = {"confirm": "a proposed name is the security's", "refuse": "a proposed name is not, and is not proposed again"}


def add(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    read = actions.add_parser("import", help="tab-separated file: security name kind valid_from valid_to", allow_abbrev=False)
    read.add_argument("file", metavar="FILE")
    refresh = actions.add_parser("refresh", help="fetch today's lists of securities and former names", allow_abbrev=False)
    learn = actions.add_parser(
        "learn", help="names that stored articles use and the lists do not know", allow_abbrev=False,
        description="Propose names from stored articles. Write them to a file, delete wrong rows, and import it; or confirm one by one.",
    )  # fmt: skip
    learn.add_argument("--out", metavar="FILE", help="write the proposals as a file for `universe import`")
    decide = {name: actions.add_parser(name, help=words, allow_abbrev=False) for name, words in _DECISIONS.items()}
    for action in decide.values():
        action.add_argument("security", metavar="SECURITY", help="600519.SH, 00700.HK, NIO.US, or a name from the list")
        action.add_argument("name", metavar="NAME", help="the proposed name")
        action.add_argument("--who", default="", help="who decides")
    find = actions.add_parser("find", help="what the search box finds for a text", allow_abbrev=False)
    find.add_argument("text", metavar="TEXT")
    find.add_argument("--limit", type=int, default=20, metavar="N")
    for action in (read, refresh, learn, *decide.values(), find):
        action.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
        action.add_argument("--json", action="store_true", help="the last line is one JSON object")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    url = arguments.store or settings.store_url
    acts = {"import": _import, "refresh": _refresh, "learn": _learn, "confirm": _decide, "refuse": _decide, "find": _find}
    return acts[arguments.action](arguments, settings, url)


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
    from newslink.commands.progress import Progress
    from newslink.pipeline.universe import refresh

    with Progress("lists") as progress:
        done = refresh(settings, url, progress)
    for name, reason in done.failed:
        print(f"{name}: {reason}", file=sys.stderr)
    summary = asdict(done) | {"failed": dict(done.failed)}
    totals = f"{done.changed:,} changes; {done.securities:,} securities and {done.names:,} names from lists and files"
    _say(summary, arguments.json, f"lists {done.lists} = read {done.done} + failed {len(done.failed)} + fresh {done.fresh}; {totals}")
    return 0


def _learn(arguments: argparse.Namespace, settings: Settings, url: str) -> int:
    from newslink.commands.progress import Progress
    from newslink.link.learn import write_proposals
    from newslink.pipeline.learn import learn

    with Progress("learn") as progress:
        found = learn(settings, url, progress)
    if arguments.out:
        write_proposals(arguments.out, found)
    if arguments.json:
        rows = [asdict(one) | {"first": str(one.first), "last": str(one.last)} for one in found]
        print(json.dumps({"proposals": rows}, ensure_ascii=False))
        return 0
    for one in found:
        until = "" if one.still_used else f" to {one.last}"
        rivals = f"; also {', '.join(one.rivals)}" if one.rivals else ""
        print(f"{one.security}\t{one.text}\t{one.kind}\tfrom {one.first}{until}\t{one.count} times in {one.articles} articles{rivals}")
    print(f"newslink: {len(found):,} names proposed", file=sys.stderr)
    return 0


def _decide(arguments: argparse.Namespace, settings: Settings, url: str) -> int:
    from newslink.pipeline.learn import confirm_proposal, proposal_for, refuse_proposal
    from newslink.pipeline.linking import universe_of
    from newslink.pipeline.resolve import security_for
    from newslink.store import open_store

    decide = confirm_proposal if arguments.action == "confirm" else refuse_proposal
    with open_store(url) as store:
        proposal = proposal_for(store, security_for(universe_of(store), arguments.security), arguments.name)
        done = decide(store, settings, proposal, arguments.who, store_url=url)
    _say({"id": done.id, "changed": len(done.articles)}, arguments.json, f"{done.id}: {len(done.articles):,} articles changed")
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
