"""A folder in a git checkout → the commit it stands at, read from the files below ``.git``. No git is run, so no hook or setting is."""

from __future__ import annotations

import re
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_BRANCH = re.compile(r"ref: (refs/[^\x00-\x20\x7f~^:?*\[\\]{1,250})\Z")
_MAX_BYTES = 16 << 20  # packed-refs of a very large repository


def revision_of(folder: Path) -> str | None:
    """The commit checked out in the repository that holds folder; None outside any, or before the first commit.

    The work tree may hold uncommitted edits: the revision says where it started from.
    """
    for place in (folder, *folder.parents):
        try:
            store = _store_of(place / ".git")
            if store is not None:
                return _commit(store)
        except (OSError, ValueError):
            return None
    return None


def _store_of(entry: Path) -> Path | None:
    """The repository's folder: ``.git`` itself, or where a ``gitdir:`` file (worktree, submodule) points."""
    if entry.is_dir():
        return entry
    if entry.is_file():
        words = _read(entry)
        if words.startswith("gitdir: "):
            return (entry.parent / words[8:]).resolve()
    return None


def _commit(store: Path) -> str | None:
    head = _read(store / "HEAD")
    if _COMMIT.match(head):
        return head
    branch = _BRANCH.match(head)
    if branch is None or ".." in branch[1]:
        return None
    common = store
    if (store / "commondir").is_file():
        common = (store / _read(store / "commondir")).resolve()
    for place in (store, common):
        loose = place / branch[1]
        if loose.is_file():
            commit = _read(loose)
            return commit if _COMMIT.match(commit) else None
    packed = common / "packed-refs"
    if packed.is_file():
        for line in _read(packed).splitlines():
            commit, _, name = line.partition(" ")
            if name == branch[1] and _COMMIT.match(commit):
                return commit
    return None


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_MAX_BYTES).decode(errors="replace").strip()
