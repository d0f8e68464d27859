"""A watched folder, or JSON lines on a stream → items as they appear."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from newslink.articles.discovery import discover
from newslink.articles.items import MAX_ITEM_BYTES, RawItem, fingerprint_of
from newslink.articles.readers import reader_for
from newslink.articles.source import Poll, State
from newslink.errors import SourceError
from newslink.model import Rejection

# A file changed less than this many seconds ago may still be written to; it is read at the next poll.
SETTLED = 0.5
MAX_FILES = 2_000_000
_Stamp = tuple[int, int, int]


class FolderSource:
    """Files below a folder that are new or changed since the last poll that was stored.

    What was read is remembered in memory by change time, size and inode; after a restart every file is read once more, and what is known
    by its fingerprint changes nothing. The change time, not the modification time: copies and checkouts keep old modification times.
    """

    kind = "folder"

    def __init__(self, name: str, folder: Path, interval: float = 10.0, settled: float = SETTLED) -> None:
        self.name, self.folder, self.interval, self.settled = name, Path(os.path.realpath(folder)), interval, settled
        self._known: dict[str, _Stamp] = {}

    def poll(self, state: State) -> Poll:
        if not self.folder.is_dir():
            raise SourceError(self.name, f"no folder {self.folder}")
        now, found, changed, waiting = time.time_ns(), {}, [], 0
        for path, stamp in self._files():
            if self._known.get(path) == stamp:
                found[path] = stamp
            elif now - stamp[0] < self.settled * 1e9:
                waiting += 1
            else:
                found[path] = stamp
                changed.append(path)
            if len(found) > MAX_FILES:
                raise SourceError(self.name, f"more than {MAX_FILES:,} files")
        changed.sort()

        def done() -> None:
            self._known = found

        return Poll(discover(changed), {"files": len(found)}, f"{waiting} files still being written" if waiting else "", done=done)

    def _files(self) -> Iterator[tuple[str, _Stamp]]:
        """Readable files by path and stamp. Hidden entries and links are passed over: a link may lead out of the folder."""
        pending = [str(self.folder)]
        while pending:
            place = pending.pop()
            try:
                with os.scandir(place) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                        elif entry.is_file(follow_symlinks=False) and reader_for(entry.name):
                            status = entry.stat(follow_symlinks=False)
                            yield entry.path, (status.st_ctime_ns, status.st_size, status.st_ino)
            except OSError as error:
                if place == str(self.folder):
                    raise SourceError(self.name, f"{place}: {error.strerror}") from error


class LinesSource:
    """JSON lines on a stream (standard input), read into a bounded queue by a thread: a fast writer waits instead of filling memory.

    A line is taken from the queue by the poll; lines of a batch that was not stored are given again by the next poll.
    """

    kind = "stdin"

    def __init__(self, name: str, stream: BinaryIO | None = None, interval: float = 1.0, at_once: int = 1000) -> None:
        self.name, self.interval, self.at_once = name, interval, at_once
        self._stream = stream
        self._lines: queue.Queue[bytes | None] = queue.Queue(maxsize=at_once)
        self._batch: list[tuple[int, bytes | None]] = []
        self._number, self._ended = 0, False
        self._thread: threading.Thread | None = None

    def poll(self, state: State) -> Poll:
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name=f"lines of {self.name}", daemon=True)
            self._thread.start()
        while len(self._batch) < self.at_once and not self._ended:
            try:
                line = self._lines.get(timeout=0.2 if not self._batch else 0.02)
            except queue.Empty:
                break
            if line is None:
                self._ended = True
            else:
                self._number += 1
                self._batch.append((self._number, line))
        batch = list(self._batch)

        def done() -> None:
            del self._batch[: len(batch)]

        return Poll([self._item(number, line) for number, line in batch if line.strip()], {}, finished=self._ended, done=done)

    def _item(self, number: int, line: bytes) -> RawItem | Rejection:
        locator = f"{self.name}:"
        if len(line) > MAX_ITEM_BYTES:
            return Rejection(f"{locator}#line-{number}", f"larger than {MAX_ITEM_BYTES >> 20} MB", number)
        raw = line.strip().removeprefix(b"\xef\xbb\xbf")
        fingerprint = fingerprint_of(raw)
        # The words are the key: line numbers begin anew with every start, and the same line sent again is the same item.
        return RawItem(f"{locator}#{fingerprint[:24]}", fingerprint, "jsonl", raw, number)

    def _read(self) -> None:
        stream = self._stream or sys.stdin.buffer
        try:
            while line := stream.readline(MAX_ITEM_BYTES + 1):
                if len(line) > MAX_ITEM_BYTES:
                    while (more := stream.readline(1 << 20)) and not more.endswith(b"\n"):
                        pass
                self._lines.put(line)
        except (OSError, ValueError):
            pass
        self._lines.put(None)
