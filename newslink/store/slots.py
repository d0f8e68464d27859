"""Wanted keys → free ones, in order of asking (see ``keys``). Runs under the write lock, so what is free stays so."""

from __future__ import annotations

from collections.abc import Sequence

from newslink.store.backend import Writer
from newslink.store.keys import next_in_day

LOOK_AHEAD = 4_000
ENDLESS = 1 << 62


def allocate(writer: Writer, wanted: Sequence[int], reserved: set[int]) -> list[int]:
    """reserved: keys about to be written again, which may be missing from the table."""
    if not wanted:
        return []
    condition, parameter = writer.among(set(wanted))
    taken = {key for (key,) in writer.rows(f"SELECT key FROM article WHERE key {condition}", (parameter,))} | reserved
    behind: dict[int, int] = {}  # first slot → the key last given to one that wanted it
    reach: dict[int, int] = {}  # first slot → up to where every taken key behind it is known
    out = []
    for first in wanted:
        key = behind.get(first, first)
        while key in taken or (key != first and key > reach.get(first, -1)):
            if key > reach.get(first, -1):
                stretch = _stretch(writer, key)
                taken.update(stretch)
                reach[first] = stretch[-1] if len(stretch) == LOOK_AHEAD else ENDLESS
            else:
                key = next_in_day(key)
        taken.add(key)
        behind[first] = key
        out.append(key)
    return out


def _stretch(writer: Writer, key: int) -> list[int]:
    return [found for (found,) in writer.rows("SELECT key FROM article WHERE key >= ? ORDER BY key LIMIT ?", (key, LOOK_AHEAD))]
