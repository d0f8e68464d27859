"""Words on a command line → one command module. Modules are imported only when called, so ``newslink sessions`` never pays for the store."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from newslink import __version__
from newslink.errors import NewslinkError
from newslink.settings import Settings

# command → (module under newslink.commands, one line of help)
COMMANDS = {
    "ingest": ("ingest", "read articles from files, folders and git checkouts, link them and store them"),
    "events": ("events", "articles of a security joined to the bar of the session they stand on, as CSV or JSON lines"),
    "link": ("link", "JSON lines of texts in, JSON lines of links out"),
    "sessions": ("sessions", "JSON lines of publication times in, JSON lines of sessions out"),
    "universe": ("universe", "import or refresh securities and their dated names"),
    "prices": ("prices", "update and show daily bars"),
    "study": ("study", "event study from the store or from files"),
    "status": ("status", "counts that reconcile, freshness, schema and sizes"),
    "backup": ("backup", "write a consistent copy of the store while it runs"),
    "restore": ("restore", "put a backup in the place of the store"),
    "relink": ("relink", "link every stored article again with today's names and corrections"),
    "correct": ("correct", "export, import, apply and undo corrections by people"),
    "evaluate": ("evaluate", "precision and recall per rule, from corrections"),
    "alerts": ("alerts", "alert rules, the inbox, and delivery by webhook and e-mail"),
    "watch": ("watch", "run all live sources until stopped"),
    "serve": ("serve", "the HTTP API for notebooks and Excel"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Errors of ours become one line on standard error, never a traceback."""
    words = list(sys.argv[1:] if words is None else words)
    parser = argparse.ArgumentParser(prog="newslink", description="News articles on the price chart.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"newslink {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = next((word for word in words if not word.startswith("-")), None)
    modules = {}
    for command, (module, line) in COMMANDS.items():
        sub = commands.add_parser(command, help=line, description=line, allow_abbrev=False)
        if command == named:
            modules[command] = import_module(f"newslink.commands.{module}")
            modules[command].add(sub)
    arguments = parser.parse_args(words)
    try:
        return modules[arguments.command].run(arguments, Settings.from_environment())
    except NewslinkError as error:
        print(f"newslink: {error}", file=sys.stderr)
        return 3
    except BrokenPipeError:
        # The reader (head, less) went away: point the stream at nothing so that the interpreter's own flush stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("newslink: stopped", file=sys.stderr)
        return 130
