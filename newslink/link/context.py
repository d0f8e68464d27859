"""What stands around a name → how far it reads as if a company were meant: log odds learnt from labelled sentences.

Runs of two and three characters in the sentence around the name, those close to it, and those that touch it each weigh something. The weights
(``data/context.npy``) are fitted by ``benchmarks/context.py``, which also says how well they carry over to names they never saw.
The name itself is never looked at, so what is learnt from one name holds for all.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np

REACH = 30  # characters to either side, within the sentence
NEAR = 6  # of those, the ones that count as close by
SIZE = 1 << 17  # weights; runs share one where their hashes meet, and a common run outweighs a rare one there
STEP = 1 / 32  # log odds a unit of a weight
_EDGE = 4  # the longest run that touches the name
_BAG, _CLOSE_LEFT, _CLOSE_RIGHT, _TOUCH_LEFT, _TOUCH_RIGHT, _AROUND = range(1, 7)
_FACTOR = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(32 - 17)


@lru_cache(maxsize=1)
def _folded() -> np.ndarray:
    """Code unit → what is compared: small letters, any digit as 0, every end of a sentence as 0x0."""
    table = np.arange(65536, dtype=np.uint32)
    table[ord("A") : ord("Z") + 1] += 32
    table[ord("0") : ord("9") + 1] = ord("0")
    table[[ord(c) for c in "。!?;\n"]] = 0
    return table


def features(units: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(names, runs) of places in a table of SIZE + 1 weights for names at units[start:end]; SIZE where there is no run.

    units: code units of a haystack, which begins and ends with the end of a line.
    """
    reach = np.arange(REACH)
    left, left_ends = _window(units, start[:, None] - 1 - reach)
    right, right_ends = _window(units, end[:, None] + reach)
    columns = []
    # Left windows run away from the name: their runs are turned into the order of the text, so that both sides share the bag.
    for chars, ends, backwards, close, touch in (
        (left, left_ends, True, _CLOSE_LEFT, _TOUCH_LEFT),
        (right, right_ends, False, _CLOSE_RIGHT, _TOUCH_RIGHT),
    ):
        for size in (2, 3):
            parts = [chars[:, i : REACH - size + 1 + i] for i in range(size)]
            runs = _hashed(parts[::-1] if backwards else parts)
            there = ends[:, size - 1 :]
            columns.append(_places(runs, _BAG, there))
            columns.append(_places(runs[:, :NEAR], close, there[:, :NEAR]))
        for size in range(1, _EDGE + 1):
            parts = [chars[:, i : i + 1] for i in range(size)]
            columns.append(_places(_hashed(parts[::-1] if backwards else parts), touch, ends[:, size - 1 : size]))
    columns.append(_places(_hashed([left[:, :1], right[:, :1]]), _AROUND, right_ends[:, :1]))
    return np.concatenate(columns, axis=1)


def _window(units: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(folded characters at these positions, whether the sentence reaches so far; its end counts as a character)."""
    chars = _folded()[units[np.clip(at, 0, len(units) - 1)]]
    over = np.cumsum(chars == 0, axis=1) - (chars == 0)
    return chars, over == 0


def _hashed(parts: list[np.ndarray]) -> np.ndarray:
    runs = np.full(parts[0].shape, len(parts), np.uint32)
    for part in parts:
        runs = (runs ^ part) * _FACTOR
        runs ^= runs >> np.uint32(13)
    return runs


def _places(runs: np.ndarray, kind: int, there: np.ndarray) -> np.ndarray:
    return np.where(there, ((runs ^ np.uint32(kind)) * _FACTOR) >> _SHIFT, np.uint32(SIZE))


class Context:
    """Weighs surroundings. weights: SIZE numbers, in log odds."""

    def __init__(self, weights: np.ndarray, offset: float = 0.0) -> None:
        self._weights = np.append(weights.astype(np.float32), np.float32(0))
        self._offset = offset

    @classmethod
    def shipped(cls) -> Context:
        """With the weights of the package."""
        return cls(*_shipped())

    def scores(self, units: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Log odds, one a name at units[start:end]; 0 says nothing either way."""
        if not len(start):
            return np.zeros(0, np.float32)
        return self._weights[features(units, start, end)].sum(axis=1) + self._offset


@lru_cache(maxsize=1)
def _shipped() -> tuple[np.ndarray, float]:
    with as_file(files("newslink.link").joinpath("data", "context.npy")) as path:
        stored = np.load(path, allow_pickle=False)
    return stored[:SIZE].astype(np.float32) * STEP, float(stored[SIZE]) * STEP
