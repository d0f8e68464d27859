"""Counts of finished work → one line on standard error that rewrites itself; silent where nobody watches."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO


class Progress:
    """``progress(done, total, words)``; total None where it is not known. Prints at most ten times a second, and only to a terminal."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self.what, self.stream = what, stream or sys.stderr
        self.watched = self.stream.isatty()
        self.began = self.printed = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int | None = None, words: str = "") -> None:
        now = time.monotonic()
        if not self.watched or (now - self.printed < 0.1 and done != total):
            return
        self.printed = now
        rate = done / max(now - self.began, 1e-9)
        if total:
            filled = int(24 * min(done / total, 1.0))
            bar = f"[{'█' * filled}{'·' * (24 - filled)}] {done:,}/{total:,}"
        else:
            bar = f"{done:,}"
        self.stream.write(f"\r\033[K{self.what} {bar} {rate:,.0f}/s {words}")
        self.stream.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.watched:
            self.stream.write("\r\033[K")
            self.stream.flush()
