"""``newslink correct``: say what is wrong (a link, a word, a cluster, a time), list and undo what was said, exchange it as a file."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import date

from newslink.settings import Settings

SHOWN = 20  # articles and problems written out; the counts are always complete


def add(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, help: str, **more: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".", allow_abbrev=False, **more)
        sub.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
        sub.add_argument("--json", action="store_true", help="the last line is one JSON object")
        return sub

    def statement(name: str, help: str, *arguments: tuple[str, str], days: bool = False) -> argparse.ArgumentParser:
        sub = action(name, help)
        for argument, about in arguments:
            plain = argument.strip("[]")
            sub.add_argument(plain, nargs="?" if plain != argument else None, default="", metavar=plain.upper(), help=about)
        if days:
            sub.add_argument("--from", dest="valid_from", type=date.fromisoformat, metavar="D", help="first day (default: always)")
            sub.add_argument("--to", dest="valid_to", type=date.fromisoformat, metavar="D", help="last day, inclusive (default: still)")
        sub.add_argument("--who", default="", help="whose statement this is (default: the user of this machine)")
        sub.add_argument("--note", default="", help="why")
        return sub

    article = ("article", "id of the article, as in the column article of the export")
    security = ("security", "600519.SH, 00700.HK, NIO.US, or a name from the list")
    word = ("word", "the word as it stands in the text")
    statement("link", "the article names the security", article, security)
    statement("confirm", "the machine's link of the article to the security is right", article, security)
    unlink = statement("unlink", "the article does not name the security", article, security)
    unlink.add_argument("--but", default="", metavar="SECURITY", help="it names this one instead")
    statement("mute", "the word never means the security, or no security at all", word, ("[security]", security[1]))
    statement("alias", "the word means the security", word, security, days=True)
    published = ("published", "2022-05-30, 2022-05-30T18:30+08:00 (Beijing's time unless said), or none")
    statement("time", "the article was published then", article, published)
    statement("merge", "both articles tell one story: they become one cluster", article, ("other", "id of the other article"))
    statement("split", "the article is no copy of the other, or of any", article, ("[other]", "id of the other article"))
    undo = action("undo", "take a statement back")
    undo.add_argument("id", metavar="ID", help="its id, or the beginning of it")
    listing = action("list", "what was said and holds, oldest first")
    listing.add_argument("--all", action="store_true", help="also what was taken back")
    for name, what in (("export", "every statement into a file"), ("import", "statements from a file, each once by its id")):
        exchange = action(name, what)
        exchange.add_argument("file", metavar="FILE", help="tab-separated, or JSON lines where it ends in .jsonl; - is output or input")
        exchange.add_argument("--format", choices=("tsv", "jsonl"), help="whatever the file is called")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url) as store:
        act: Callable = {"undo": _undo, "list": _list, "export": _export, "import": _import}.get(arguments.action, _say)
        return act(arguments, settings, store)


def _say(arguments: argparse.Namespace, settings: Settings, store) -> int:
    from newslink.pipeline.corrections import correct
    from newslink.pipeline.linking import universe_of
    from newslink.pipeline.resolve import security_for
    from newslink.pipeline.statements import Kind, Statement

    def security(name: str) -> str:
        text = getattr(arguments, name, "")
        return security_for(universe_of(store), text) if text else ""

    kinds = {
        "link": Kind.ADD_LINK, "confirm": Kind.CONFIRM_LINK, "unlink": Kind.NOT_THIS_LINK, "mute": Kind.MUTE_WORD, "alias": Kind.WORD_MEANS,
        "time": Kind.TIME, "merge": Kind.MERGE, "split": Kind.SPLIT,
    }  # fmt: skip
    texts = {"surface": "word", "article": "article", "other": "other", "published": "published"}
    statement = Statement(
        kinds[arguments.action],
        **{field: getattr(arguments, name, "") for field, name in texts.items()},
        security=security("security"),
        security_to=security("but"),
        valid_from=getattr(arguments, "valid_from", None),
        valid_to=getattr(arguments, "valid_to", None),
        note=arguments.note,
    )
    _told(correct(store, settings, statement, arguments.who or _user(), arguments.store), arguments.json)
    return 0


def _user() -> str:
    with suppress(KeyError, OSError):  # a container's user may have no name
        return getpass.getuser()
    return ""


def _undo(arguments: argparse.Namespace, settings: Settings, store) -> int:
    from newslink.pipeline.corrections import undo

    _told(undo(store, settings, arguments.id, arguments.store), arguments.json)
    return 0


def _told(done, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"id": done.id, "changed": len(done.articles), "articles": done.articles[:1000]}, ensure_ascii=False))
        return
    print(f"{done.id}: {len(done.articles):,} articles changed")
    for id in done.articles[:SHOWN]:
        print(f"  {id}")
    if len(done.articles) > SHOWN:
        print(f"  … and {len(done.articles) - SHOWN:,} more")


def _list(arguments: argparse.Namespace, settings: Settings, store) -> int:
    from newslink.pipeline.corrections import correction_counts, corrections
    from newslink.pipeline.statement_files import fields_of

    said = corrections(store, retracted=arguments.all)
    if arguments.json:
        print(json.dumps({"corrections": [fields_of(one) for one in said], "counts": correction_counts(store)}, ensure_ascii=False))
        return 0
    for one in said:
        back = f" (taken back {one.retracted_at:%Y-%m-%d %H:%M})" if one.retracted_at else ""
        print(f"{one.id}\t{one.made_at:%Y-%m-%d %H:%M}\t{one.who}\t{one.said()}{back}" + (f"\t{one.note}" if one.note else ""))
    return 0


def _export(arguments: argparse.Namespace, settings: Settings, store) -> int:
    from newslink.pipeline.corrections import export_corrections

    rows = export_corrections(store, arguments.file, arguments.format)
    if arguments.file != "-":
        print(json.dumps({"rows": rows}) if arguments.json else f"{rows:,} corrections written")
    return 0


def _import(arguments: argparse.Namespace, settings: Settings, store) -> int:
    """1 when every row was refused."""
    from newslink.pipeline.corrections import import_corrections

    done = import_corrections(store, settings, arguments.file, arguments.format, _user(), arguments.store)
    for problem in done.problems[:SHOWN]:
        print(f"{arguments.file}:{problem.line}: {problem.reason}", file=sys.stderr)
    if done.refused > SHOWN:
        print(f"… and {done.refused - SHOWN:,} more", file=sys.stderr)
    figures = {name: value for name, value in asdict(done).items() if name != "problems"}
    words = "rows {rows} = added {added} + known {known} + retracted {retracted} + refused {refused}; {articles} articles changed"
    print(json.dumps(figures) if arguments.json else words.format(**figures))
    return 1 if done.refused and done.refused == done.rows else 0
