"""How often each security was mentioned on a session ↔ bytes: three stretches of 32-bit integers, ascending by security."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from newslink.errors import StoreError
from newslink.store.backend import Reader, Writer

_CELL = np.dtype("<i4")
Mentions = np.ndarray  # int64, three rows: numbers of securities ascending, articles, heads


def unpacked(data: bytes) -> Mentions:
    """Raises StoreError when the bytes are damaged."""
    if len(data) % (3 * _CELL.itemsize):
        raise StoreError(
            f"the counts of a session have {len(data)} bytes, expected a multiple of 12; the store is damaged: restore a backup"
        )
    return np.frombuffer(data, _CELL).astype("int64").reshape(3, -1)


def packed(mentions: Mentions) -> bytes:
    return mentions.astype(_CELL).tobytes()


def between(reader: Reader, low: int, high: int) -> dict[int, Mentions]:
    """Session (days since 1970) → its mentions, for sessions in [low, high]."""
    rows = reader.rows("SELECT session, data FROM session_tally WHERE session BETWEEN ? AND ? ORDER BY session", (low, high))
    return {session: unpacked(bytes(data)) for session, data in rows}


def add(writer: Writer, changes: dict[int, list[tuple[int, int, int]]]) -> None:
    """session → (security, articles more or fewer, heads more or fewer), each security once. A session left without any goes away."""
    if not changes:
        return
    condition, parameter = writer.among(sorted(changes))
    before = dict(writer.rows(f"SELECT session, data FROM session_tally WHERE session {condition}", (parameter,)))
    new, changed, gone = [], [], []
    for session, rows in sorted(changes.items()):
        old = before.get(session)
        now = _summed([unpacked(bytes(old))] if old is not None else [], rows)
        if not now.shape[1]:
            gone.append(session)
        elif old is None:
            new.append((session, packed(now)))
        else:
            changed.append((packed(now), session))
    writer.load("session_tally", ("session", "data"), new)
    writer.run_many("UPDATE session_tally SET data = ? WHERE session = ?", changed)
    writer.delete_among("session_tally", "session", gone)


def _summed(before: Iterable[Mentions], rows: list[tuple[int, int, int]]) -> Mentions:
    parts = np.concatenate([*before, np.array(rows, dtype="int64").T.reshape(3, -1)], axis=1)
    securities, place = np.unique(parts[0], return_inverse=True)
    sums = np.zeros((2, len(securities)), dtype="int64")
    np.add.at(sums, (slice(None), place), parts[1:])
    left = sums[0] != 0
    return np.stack([securities, *sums])[:, left]
