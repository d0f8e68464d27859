"""Attempts at providers → a bounded log on disk, and from it the state of each source, whatever the process that asked."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from newslink.prices.base import Outcome
from newslink.prices.chain import Attempt

MAX_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One provider's recent record. failures: attempts since the last that brought bars; last: the newest attempt."""

    provider: str
    last: Attempt
    last_ok: datetime | None
    failures: int
    attempts: int


class AttemptLog:
    """path: file of JSON lines, appended to and halved when it grows past half a megabyte; None keeps the attempts in memory."""

    def __init__(self, path: Path | None = None, kept: int = 500) -> None:
        self._path, self._kept, self._lock = path, kept, threading.Lock()
        self._memory: list[Attempt] = []

    def note(self, attempt: Attempt) -> None:
        """Keep one attempt. A disk that cannot be written never stops a fetch."""
        with self._lock:
            self._memory = [*self._memory[-self._kept + 1 :], attempt]
            if self._path is None:
                return
            line = json.dumps(asdict(attempt) | {"at": attempt.at.isoformat()}, ensure_ascii=False) + "\n"
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line)
                if self._path.stat().st_size > MAX_BYTES:
                    lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
                    fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
                    fresh.write_text("".join(lines[len(lines) // 2 :]), encoding="utf-8")
                    fresh.replace(self._path)

    def recent(self, count: int = 200) -> list[Attempt]:
        """The newest attempts of every process, newest last. Lines that cannot be read are passed over."""
        if self._path is None:
            return self._memory[-count:]
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return self._memory[-count:]
        found = []
        for line in lines[-count:]:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                found.append(
                    Attempt(
                        str(row["provider"]), str(row["security"]), Outcome(row["outcome"]), str(row["detail"]), float(row["seconds"]),
                        datetime.fromisoformat(row["at"]),
                    )
                )  # fmt: skip
        return found


def health(attempts: Sequence[Attempt]) -> list[SourceHealth]:
    """One row a provider, in order of first appearance. attempts: oldest first."""
    result = {}
    for attempt in attempts:
        before = result.get(attempt.provider)
        brought = attempt.outcome in (Outcome.OK, Outcome.INCOMPLETE)
        neutral = attempt.outcome in (Outcome.EMPTY, Outcome.UNKNOWN, Outcome.SKIPPED)
        failures = 0 if brought else (before.failures if before else 0) + (0 if neutral else 1)
        last_ok = attempt.at if brought else (before.last_ok if before else None)
        result[attempt.provider] = SourceHealth(attempt.provider, attempt, last_ok, failures, (before.attempts if before else 0) + 1)
    return list(result.values())
