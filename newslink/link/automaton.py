"""Patterns → a ready automaton, from its cache file where there is one.

The file holds a magic word, the key of what it was built from (patterns, the library's own file) and a checksum of the rest; anything
unexpected is rebuilt, never trusted: the library reads a damaged automaton without a word. Written beside its place and renamed, so a reader
never sees half a file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import daachorse
import numpy as np

_MAGIC = b"NEWSLINK-AC2\n"
_LIMIT = 256 << 20
_AT_ONCE = 2_000  # patterns put into the key at a time, so that the memory for them is taken once
_PAGE = 512  # words of eight bytes


def automaton(patterns: Sequence[str], cache_dir: Path | None = None) -> daachorse.CharwiseDoubleArrayAhoCorasick:
    """The automaton over patterns (distinct, not empty); matches give the index into them.

    Cache trouble is never an error: it is built anew.
    """
    if not patterns:
        patterns = ("\ue000\ue001",)  # the library refuses an empty list; nobody writes this
    if cache_dir is None:
        return _build(patterns)
    key = _key(patterns)
    path = Path(cache_dir) / f"names-{key.hex()[:16]}.ac"
    found = _read(path, key)
    if found is not None:
        return found
    built = _build(patterns)
    _write(path, key, built.serialize())
    return built


def _build(patterns: Sequence[str]) -> daachorse.CharwiseDoubleArrayAhoCorasick:
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(patterns))


def _key(patterns: Sequence[str]) -> bytes:
    key = hashlib.sha256(_library())
    for i in range(0, len(patterns), _AT_ONCE):
        key.update("\n".join(patterns[i : i + _AT_ONCE]).encode("utf-16-le", "surrogatepass"))
        key.update(b"\n\0")
    return key.digest()


def _checksum(payload: bytes) -> bytes:
    """Of the sums of its pages, each page counted by its place: a bit, a page or an end that is wrong or elsewhere changes it.

    A fifth of the time of a CRC, which took as long as reading the file.
    """
    words = np.frombuffer(payload, "<u8", len(payload) // 8)
    whole = len(words) // _PAGE
    sums = words[: whole * _PAGE].reshape(whole, _PAGE).sum(axis=1, dtype=np.uint64)
    places = np.arange(1, 2 * whole, 2, dtype=np.uint64)
    rest = hashlib.sha256(payload[whole * _PAGE * 8 :]).digest()
    return (len(payload) + int((sums * places).sum(dtype=np.uint64)) & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big") + rest[:8]


def _library() -> bytes:
    """Tells one build of the library from another by its file: asking for the version of a package reads every package's directory."""
    file = Path(daachorse.daachorse.__file__)
    return f"{file.name} {file.stat().st_size}".encode()


def _read(path: Path, key: bytes) -> daachorse.CharwiseDoubleArrayAhoCorasick | None:
    try:
        with path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size > _LIMIT or file.read(len(_MAGIC)) != _MAGIC or file.read(len(key)) != key:
                return None
            checksum, payload = file.read(16), file.readall()
        if checksum != _checksum(payload):
            return None
        return daachorse.CharwiseDoubleArrayAhoCorasick.deserialize(payload)
    except (OSError, ValueError):
        return None


def _write(path: Path, key: bytes, payload: bytes) -> None:
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + key + _checksum(payload))
            file.write(payload)
        Path(temporary).replace(path)
        temporary = None
        for old in sorted(path.parent.glob("names-*.ac"), key=lambda p: p.stat().st_mtime)[:-4]:
            old.unlink(missing_ok=True)
    except OSError:
        pass  # a full or read-only disk costs the cache, not the work
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
