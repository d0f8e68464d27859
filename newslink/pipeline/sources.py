"""A file of sources and the command line → sources ready to be polled, with akshare's news functions in a process that can be killed.

    watchlist = ["600519.SH", "NIO.US"]      # besides the watchlist kept in the store

    [[source]]
    kind = "rss"                             # akshare fake folder git rss stdin
    name = "交易所公告"
    address = "https://example.com/feed.xml" # URL, path, or for akshare: em cls sina ths futu news notices notices_all
    interval = 300                           # seconds between polls, optional
    allow = ["intranet.example"]             # hosts that may be private addresses, optional

No secret belongs here: addresses stand in the store with every article.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from newslink.articles.live import CHILD
from newslink.articles.source import Rows, Source, SourceSpec, Tools
from newslink.articles.sources import source_of
from newslink.errors import SourceError
from newslink.prices.base import ProviderFailure
from newslink.prices.worker import Worker

DEFAULT_FILE = "sources.toml"
_MAX_FILE = 1 << 20
_KEYS = frozenset(("kind", "name", "address", "interval"))


class NewsCall:
    """akshare's news functions for ``articles.live``: one child, one request at a time; ``close`` ends it, also in mid-request."""

    def __init__(self, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> None:
        words = list(command or [sys.executable, "-I", "-B", "-X", "utf8", str(CHILD)])
        self._worker = Worker(environment=environment, command=words)
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Rows:
        # The worker's own clock starts with the call; here requests of several sources queue up first.
        with self._lock:
            if self._closed:
                raise SourceError("akshare", f"{function}: we are stopping")
            try:
                table = self._worker.call("akshare", function, dict(arguments), seconds)["rows"]
                columns = [str(name) for name in table["columns"]]
                return [dict(zip(columns, row, strict=True)) for row in zip(*table["data"], strict=True)]
            except ProviderFailure as failure:
                raise SourceError("akshare", f"{function}: {failure.detail or failure}") from failure
            except (KeyError, TypeError, ValueError) as error:
                raise SourceError("akshare", f"{function}: an answer of unknown shape ({error})") from error

    def close(self) -> None:
        """End the child at once. The worker itself would first wait for a request under way, up to that request's deadline."""
        self._closed = True
        pid = self._worker.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self._worker.close()


def read_sources_file(path: Path) -> tuple[list[SourceSpec], list[str]]:
    """(sources, watchlist) of a TOML file. Raises SourceError saying which entry is unusable and why."""
    try:
        if path.stat().st_size > _MAX_FILE:
            raise SourceError(str(path), "larger than 1 MB")
        described = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(str(path), f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"not TOML: {error}") from None
    entries, watchlist = described.get("source", []), described.get("watchlist", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SourceError(str(path), "sources are written as [[source]] tables")
    if not isinstance(watchlist, list) or not all(isinstance(security, str) for security in watchlist):
        raise SourceError(str(path), "watchlist is a list of texts such as 600519.SH")
    specs = []
    for number, entry in enumerate(entries, start=1):
        kind, name = str(entry.get("kind", "")), str(entry.get("name") or f"{entry.get('kind', '')} {number}")
        interval = entry.get("interval")
        if interval is not None and (isinstance(interval, bool) or not isinstance(interval, int | float)):
            raise SourceError(name, f"interval is a number of seconds, found {interval!r}")
        options = {key: value for key, value in entry.items() if key not in _KEYS}
        specs.append(SourceSpec(kind, name, str(entry.get("address", "")), interval, options))
    return specs, watchlist


def build_sources(
    specs: Sequence[SourceSpec],
    home: Path,
    call: NewsCall | None,
    watchlist: Callable[[], Sequence[str]],
    names_of: Callable[[str], Sequence[str]],
) -> list[Source]:
    """The sources described; names must differ, since each keeps its place under its name. Raises SourceError."""
    tools = Tools(home=home, call=call, watchlist=watchlist, names_of=names_of)
    built: dict[str, Source] = {}
    for spec in specs:
        if spec.name in built:
            raise SourceError(spec.name, "two sources have this name")
        built[spec.name] = source_of(spec, tools)
    return list(built.values())
