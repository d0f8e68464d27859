"""Paths (files, folders, git checkouts) → items, in the same order every time. Reading only: nothing is run or written."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from newslink.articles.checkout import revision_of
from newslink.articles.items import RawItem
from newslink.articles.readers import Reader, reader_for
from newslink.model import Rejection

Ignored = Callable[[str], None]

# A gzip file may unpack to a thousand times its size. Text packs 3 to 20 times: beyond 200 it is no corpus.
MAX_UNPACKED_RATIO = 200
_FREE_UNPACKED = 64 << 20


def discover(paths: Iterable[str | Path], ignored: Ignored | None = None) -> Iterator[RawItem | Rejection]:
    """Every item below paths, and a Rejection (file, line, reason) for every one that cannot be read.

    A folder is walked recursively, names sorted; hidden entries are skipped. Links are followed inside the given folder only, and no
    folder is walked twice. A file in a folder whose suffix no reader serves is no item: its path goes to ignored, when given, so that it
    can be counted. A file named in paths itself must be readable, else it is a Rejection. Locators are absolute.
    """
    for path in paths:
        root = os.path.realpath(os.fspath(path))
        folder = Path(root)
        if folder.is_dir():
            revision = revision_of(folder)
            for file, problem in _walk(root):
                if problem:
                    yield Rejection(_printable(file), problem)
                elif found := reader_for(file[file.rfind(os.sep) + 1 :]):
                    yield from _items(file, *found, revision)
                elif ignored is not None:
                    ignored(_printable(file))
        elif not os.path.lexists(root):
            yield Rejection(_printable(root), "no such file or folder")
        elif found := reader_for(folder.name):
            yield from _items(root, *found, revision_of(folder.parent))
        else:
            yield Rejection(_printable(root), f"no reader for files ending in {folder.suffix or folder.name}")


def _printable(path: str) -> str:
    """The path as text that can be stored; bytes of a name that are not UTF-8 are written as ``\\xNN``."""
    return path if path.isascii() else os.fsencode(path).decode(errors="backslashreplace")


def _walk(root: str) -> Iterator[tuple[str, str]]:
    """(file, "") or (entry, problem), depth first, each folder's entries sorted by name."""
    visited = set()
    pending: list[tuple[str, bool]] = [(root, True)]  # path, folder?
    while pending:
        place, is_folder = pending.pop()
        if not is_folder:
            yield place, ""
            continue
        try:
            status = Path(place).stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(place) as found:
                entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
        except OSError as error:
            yield place, f"folder cannot be read: {error.strerror}"
            continue
        below: list[tuple[str, bool]] = []
        for entry in entries:
            problem = _leads_astray(entry, root) if entry.is_symlink() else ""
            if problem:
                yield entry.path, problem
            else:
                below.append((entry.path, entry.is_dir()))
        pending += reversed(below)


def _leads_astray(link: os.DirEntry[str], root: str) -> str:
    target = Path(os.path.realpath(link.path))
    if not target.exists():
        return "link that leads nowhere"
    return "" if target.is_relative_to(root) else "link that leads outside the folder"


def _items(file: str, reader: Reader, packed: bool, revision: str | None) -> Iterator[RawItem | Rejection]:
    locator = _printable(file)
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
        number = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb", buffering=1 << 16) as stream:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                yield Rejection(locator, "not a regular file")
            elif packed:
                with io.BufferedReader(_Unpacked(stream), 1 << 16) as unpacked:
                    yield from reader.items(unpacked, locator, revision)
            else:
                yield from reader.items(stream, locator, revision)
    except _Bomb as error:
        yield Rejection(locator, str(error))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        yield Rejection(locator, f"damaged gzip data: {error}")
    except OSError as error:
        yield Rejection(locator, f"cannot be read: {error.strerror or error}")
    except UnicodeError as error:
        yield Rejection(locator, f"cannot be decoded: {error}")


class _Bomb(Exception):
    pass


class _Unpacked(io.RawIOBase):
    """A gzip stream that stops when it unpacks to more than any text would."""

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = packed
        self._stream = gzip.GzipFile(fileobj=packed)
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._given += len(data)
        if self._given > _FREE_UNPACKED and self._given > MAX_UNPACKED_RATIO * self._packed.tell():
            raise _Bomb(f"unpacks to more than {MAX_UNPACKED_RATIO} times its size: not read further")
        return len(data)
