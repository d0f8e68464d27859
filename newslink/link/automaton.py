"""Patterns → a ready automaton, from its cache file where there is one.

The file holds a magic word, the key of what it was built from (patterns, the library's own file) and a checksum of the rest; anything
unexpected is rebuilt, never trusted. Written beside its place and renamed, so a reader never sees half a file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import daachorse

_MAGIC = b"NEWSLINK-AC1\n"
_LIMIT = 256 << 20


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
    key.update("\n".join(patterns).encode("utf-16-le", "surrogatepass"))
    return key.digest()


@lru_cache(maxsize=1)
def _library() -> bytes:
    """Tells one build of the library from another by its file: asking for the version of a package reads every package's directory."""
    parts = sorted((p.name, p.stat().st_size) for p in Path(daachorse.__file__).parent.iterdir() if p.suffix in (".so", ".pyd"))
    return repr(parts).encode()


def _read(path: Path, key: bytes) -> daachorse.CharwiseDoubleArrayAhoCorasick | None:
    try:
        with path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size > _LIMIT or file.read(len(_MAGIC)) != _MAGIC or file.read(len(key)) != key:
                return None
            checksum, payload = file.read(4), file.readall()
        if int.from_bytes(checksum, "big") != zlib.crc32(payload):
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
            file.write(_MAGIC + key + zlib.crc32(payload).to_bytes(4, "big"))
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
