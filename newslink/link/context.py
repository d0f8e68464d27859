"""What stands around a name → how far it reads as if a company were meant: log odds learnt from labelled sentences.

Runs of two and three characters in the sentence around the name, those close to it, and those that touch it each weigh something. The weights
(``data/context.npy``) are fitted by ``benchmarks/context.py``, which also says how well they carry over to names they never saw.
The name itself is never looked at, so what is learnt from one name holds for all.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

REACH = 30  # characters to either side, within the sentence
NEAR = 6  # of those, the ones that count as close by
SIZE = 1 << 17  # weights; runs share one where their hashes meet, and a common run outweighs a rare one there
STEP = 1 / 32  # log odds a unit of a weight
_EDGE = 4  # the longest run that touches the name
_BAG, _CLOSE_LEFT, _CLOSE_RIGHT, _TOUCH_LEFT, _TOUCH_RIGHT, _AROUND = range(1, 7)
_FACTOR = np.uint32(0x9E3779B1)
_SHIFT, _HALF = np.uint32(32 - 17), np.uint32(13)
_PADDING = np.zeros(REACH, np.uint16)
_AT_ONCE = 1_000  # names whose rows stay near the processor


@lru_cache(maxsize=1)
def _folded() -> np.ndarray:
    """Code unit → what is compared: small letters, any digit as 0, every end of a sentence as 0x0."""
    table = np.arange(65536, dtype=np.uint16)
    table[ord("A") : ord("Z") + 1] += 32
    table[ord("0") : ord("9") + 1] = ord("0")
    table[[ord(c) for c in "。!?;\n"]] = 0
    return table


def features(units: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(names, runs) of places in a table of SIZE + 1 weights for names at units[start:end]; SIZE where there is no run.

    units: code units of a haystack, which begins and ends with the end of a line.
    """
    found, held = _features(*prepared(units), start + REACH, end + REACH)
    found[~held] = SIZE
    return found


def _features(text: np.ndarray, stops: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(places of all runs around names in a table of SIZE weights, which of the runs lie within the sentence), of a text made ready."""
    windows, names = sliding_window_view(text, REACH), len(start)
    # On the left of the names, then on the right; in the order of the text.
    chars = windows[np.concatenate((start - REACH, end))].astype(np.uint32)
    twos = _mixed(_mixed(chars ^ np.uint32(2))[:, :-1] ^ chars[:, 1:])
    threes = _mixed(_mixed(_mixed(chars ^ np.uint32(3))[:, :-2] ^ chars[:, 1:-1]) ^ chars[:, 2:])
    left, right = chars[:names], chars[names:]
    runs = {(_LEFT, 2): twos[:names], (_RIGHT, 2): twos[names:], (_LEFT, 3): threes[:names], (_RIGHT, 3): threes[names:]}
    for size in (1, _EDGE):
        runs[_LEFT, size], runs[_RIGHT, size] = _run(left[:, REACH - size :]), _run(right[:, :size])
    runs[_BOTH, 2] = _run(np.stack((left[:, -1], right[:, 0]), axis=1))
    found = np.empty((names, len(_KINDS)), np.uint32)
    for at, (kind, columns, _, needed) in zip(_PLACES, _LAYOUT, strict=True):
        found[:, at : at + len(needed)] = runs[kind][:, columns]
    found ^= _KINDS
    found *= _FACTOR
    found >>= _SHIFT
    # How many characters on each side belong to the sentence, its end among them.
    before, behind = start - stops[stops.searchsorted(start) - 1], stops[stops.searchsorted(end)] - end + 1
    held = np.minimum(before, REACH).astype(np.uint8)[:, None] >= _NEEDED_LEFT
    held &= np.minimum(behind, REACH).astype(np.uint8)[:, None] >= _NEEDED_RIGHT
    return found, held


def _mixed(runs: np.ndarray) -> np.ndarray:
    """One more character of a run taken into its hash; runs is changed."""
    runs *= _FACTOR
    runs ^= runs >> _HALF
    return runs


def _run(chars: np.ndarray) -> np.ndarray:
    """The hash of each row, as a column."""
    runs = np.full(len(chars), chars.shape[1], np.uint32)
    for i in range(chars.shape[1]):
        runs = _mixed(runs ^ chars[:, i])
    return runs[:, None]


def _layout() -> list[tuple[tuple[int, int], slice, int, list[int]]]:
    """(which runs, which of them, their kind, how many characters of the sentence each needs on its side), side by side in a row."""
    out: list[tuple[tuple[int, int], slice, int, list[int]]] = []
    for size in (2, 3):
        count = REACH - size + 1
        away, on = list(range(REACH, size - 1, -1)), list(range(size, REACH + 1))
        out += [((_LEFT, size), slice(0, count), _BAG, away), ((_RIGHT, size), slice(0, count), _BAG, on)]
        out.append(((_LEFT, size), slice(count - NEAR, count), _CLOSE_LEFT, away[-NEAR:]))
        out.append(((_RIGHT, size), slice(0, NEAR), _CLOSE_RIGHT, on[:NEAR]))
        out += [((_LEFT, size), slice(count - 1, count), _TOUCH_LEFT, [size]), ((_RIGHT, size), slice(0, 1), _TOUCH_RIGHT, [size])]
    for size in (1, _EDGE):
        out += [((_LEFT, size), slice(0, 1), _TOUCH_LEFT, [size]), ((_RIGHT, size), slice(0, 1), _TOUCH_RIGHT, [size])]
    return [*out, ((_BOTH, 2), slice(0, 1), _AROUND, [1])]


_LEFT, _RIGHT, _BOTH = 0, 1, 2
_LAYOUT = _layout()
_PLACES = [sum(len(needed) for *_, needed in _LAYOUT[:i]) for i in range(len(_LAYOUT))]
_KINDS = np.array([kind for _, _, kind, needed in _LAYOUT for _ in needed], np.uint32)
_NEEDED_LEFT, _NEEDED_RIGHT = (
    np.array([one if (side == _LEFT) == left else 0 for (side, _), _, _, needed in _LAYOUT for one in needed], np.uint8)
    for left in (True, False)
)


# Folded text with REACH ends of sentences on both sides, and where its sentences end.
Ground = tuple[np.ndarray, np.ndarray]


def prepared(units: np.ndarray) -> Ground:
    """The code units of a haystack made ready to be looked at around names."""
    text = np.concatenate((_PADDING, _folded().take(units), _PADDING))
    return text, (text == 0).nonzero()[0]


def stops_of(ground: Ground) -> np.ndarray:
    """Where the sentences of the haystack end."""
    return ground[1][REACH:-REACH] - REACH


class Context:
    """Weighs surroundings. weights: SIZE numbers, in log odds."""

    def __init__(self, weights: np.ndarray, offset: float = 0.0) -> None:
        self._weights = weights.astype(np.float32)
        self._offset = offset

    @classmethod
    def shipped(cls) -> Context:
        """With the weights of the package."""
        return cls(*_shipped())

    def scores(self, ground: Ground, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Log odds, one a name at [start, end) of the text of ground; 0 says nothing either way."""
        if not len(start):
            return np.zeros(0, np.float32)
        text, stops = ground
        parts = [slice(i, i + _AT_ONCE) for i in range(0, len(start), _AT_ONCE)]
        return np.concatenate([self._sums(*_features(text, stops, start[p] + REACH, end[p] + REACH)) for p in parts]) + self._offset

    def _sums(self, found: np.ndarray, held: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ij->i", self._weights.take(found), held)


@lru_cache(maxsize=1)
def _shipped() -> tuple[np.ndarray, float]:
    with as_file(files("newslink.link").joinpath("data", "context.npy")) as path:
        stored = np.load(path, allow_pickle=False)
    return stored[:SIZE].astype(np.float32) * STEP, float(stored[SIZE]) * STEP
