"""Words that repeat ↔ small numbers (table ``term``), cached in the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from newslink.store.text import plain

if TYPE_CHECKING:
    from newslink.store.backend import Reader, Writer

CACHE = 200_000  # entries; a hostile feed may name a new source with every item


class Term(IntEnum):
    """What a number of ``term`` stands for. Stored: append only. 0 is the empty text of every kind."""

    SECURITY = 0
    SOURCE = 1
    CATEGORY = 2
    TAG = 3
    TAGSET = 4  # a JSON list of tags
    RULE = 5
    SURFACE = 6


class Terms:
    """Thread-safe. What a transaction adds is trusted only after it was committed (``keep``)."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}
        self._texts: dict[int, str] = {0: ""}
        self._lock = threading.Lock()

    def numbers(self, reader: Reader, kind: Term, texts: Iterable[str]) -> dict[str, int]:
        """Those that are known; others are missing."""
        wanted = set(texts)
        found = {text: number for text in wanted if (number := self._numbers.get((kind, text))) is not None}
        if "" in wanted and kind is not Term.SECURITY:
            found[""] = 0
        missing = [text for text in wanted if text not in found]
        if missing:
            condition, parameter = reader.among(missing)
            rows = reader.rows(f"SELECT text, id FROM term WHERE kind = ? AND text {condition}", (int(kind), parameter))
            found.update(rows)
            self._remember((kind, text, number) for text, number in rows)
        return found

    def texts(self, reader: Reader, numbers: Iterable[int]) -> dict[int, str]:
        """Number → text of any kind."""
        wanted = set(numbers)
        known = self._texts
        found = {number: known[number] for number in wanted if number in known}
        missing = [number for number in wanted if number not in found]
        if missing:
            condition, parameter = reader.among(missing)
            rows = reader.rows(f"SELECT id, kind, text FROM term WHERE id {condition}", (parameter,))
            found.update((number, text) for number, _, text in rows)
            self._remember((kind, text, number) for number, kind, text in rows)
        return found

    def adding(self, writer: Writer) -> Adding:
        return Adding(self, writer)

    def _remember(self, rows: Iterable[tuple[int, str, int]]) -> None:
        with self._lock:
            if len(self._texts) > CACHE:
                self._numbers, self._texts = {}, {0: ""}
            for kind, text, number in rows:
                self._numbers[kind, text] = number
                self._texts[number] = text


class Adding:
    """Numbers for one writing transaction; new texts get theirs. Texts are taken as they come from outside."""

    def __init__(self, terms: Terms, writer: Writer) -> None:
        self.terms, self.writer = terms, writer
        self._known: dict[Term, dict[str, int]] = {kind: {"": 0} for kind in Term}
        self._new: list[tuple[int, int, str]] = []
        self._next = 0

    def numbers(self, kind: Term, texts: Iterable[str]) -> dict[str, int]:
        """text → number, for at least these texts and all asked for before."""
        known = self._known[kind]
        wanted = {text: plain(text) for text in set(texts) if text not in known}
        if not wanted:
            return known
        found = self.terms.numbers(self.writer, kind, wanted.values())
        new = sorted(set(wanted.values()) - found.keys() - known.keys())
        if new:
            if not self._next:
                self._next = self.writer.value("SELECT max(id) FROM term", default=0) + 1
            rows = [(self._next + at, int(kind), text) for at, text in enumerate(new)]
            self._next += len(rows)
            self.writer.load("term", ("id", "kind", "text"), rows)
            self._new += rows
            found.update((text, number) for number, _, text in rows)
        known.update((text, found[held] if held in found else known[held]) for text, held in wanted.items())
        known.update(found)
        return known

    def keep(self) -> None:
        """Call after the commit."""
        self.terms._remember((kind, text, number) for number, kind, text in self._new)
