"""Question → answer, kept while the store is unchanged: what one analyst has asked for, the next gets at once.

Only things nobody changes may be kept: frozen views and their frames, which pages read. The store's version is part of every question,
so a new article, bar, name or correction asks anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Answers:
    """At most ``most`` answers, the least recently used forgotten first. Safe for several threads; two that ask at once may both work."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: Hashable, make: Callable[[], Any]) -> Any:
        """The kept answer, or the one that make gives. What make raises is not kept."""
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
                return self._kept[question]
        answer = make()
        with self._lock:
            self._kept[question] = answer
            self._kept.move_to_end(question)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return answer

    def __len__(self) -> int:
        return len(self._kept)
