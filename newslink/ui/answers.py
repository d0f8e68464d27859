"""Question → answer, kept while the store is unchanged: what one analyst has asked for, the next gets at once.

Only things nobody changes may be kept: frozen views and their frames, which pages read. The store's version is part of every question,
so a new article, bar, name or correction asks anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import Any

import pandas as pd

MEGABYTE = 2**20
CELL = 24  # bytes of a frame's cell, taken high: numbers need 8 or less, only titles and addresses more


def weight(answer: object) -> int:
    """Bytes, roughly and rather too many than too few: frames that share their columns with others are counted whole.

    Not counted: fields of a dataclass marked ``shared``, which are answers of their own.
    """
    if isinstance(answer, pd.DataFrame):
        return answer.size * CELL
    if isinstance(answer, bytes | str):
        return len(answer)
    if isinstance(answer, dict):
        return sum(map(weight, answer.values()))
    if isinstance(answer, tuple | list):
        return sum(map(weight, answer))
    if is_dataclass(answer) and not isinstance(answer, type):
        return sum(weight(getattr(answer, field.name)) for field in fields(answer) if not field.metadata.get("shared"))
    return int(getattr(answer, "nbytes", 64))


class Answers:
    """Answers of ``most`` bytes in all, the least recently used forgotten first; one that is larger than that is not kept at all.

    Safe for several threads; two that ask at once may both work.
    """

    def __init__(self, most: int = 160 * MEGABYTE) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, question: Hashable, make: Callable[[], Any]) -> Any:
        """The kept answer, or the one that make gives. What make raises is not kept."""
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
                return self._kept[question][0]
        answer = make()
        size = weight(answer) + 1_000  # the question and its place
        if size > self._most:
            return answer
        with self._lock:
            self._forget(question)
            self._kept[question] = answer, size
            self.bytes += size
            while self.bytes > self._most:
                self._forget(next(iter(self._kept)))
        return answer

    def _forget(self, question: Hashable) -> None:
        if question in self._kept:
            self.bytes -= self._kept.pop(question)[1]

    def __len__(self) -> int:
        return len(self._kept)
