"""Small things kept by name: states of sources, views, the watchlist; the inbox of alerts; attempts at price providers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from newslink.errors import StoreError
from newslink.store.codec import micros_of, moment_of
from newslink.store.database import Database
from newslink.store.text import plain, printable

ATTEMPTS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class InboxItem:
    """number ascends; key is unique; payload is what was put in, as JSON gives it back; read: a person has seen it."""

    number: int
    key: str
    at: datetime
    payload: Any
    read: bool


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt at a price provider. at: aware. outcome: its class; seconds: how long it took."""

    at: datetime
    provider: str
    security: str
    outcome: str
    seconds: float = 0.0
    detail: str = ""


class SmallThings:
    """The part of ``Store`` about everything small."""

    database: Database

    def state(self, name: str, default: Any = None) -> Any:
        """What was last set under the name."""
        with self.database.read() as reader:
            text = reader.value("SELECT value FROM state WHERE name = ?", (printable(name),))
        return default if text is None else json.loads(text)

    def set_state(self, name: str, value: Any) -> None:
        """value: anything JSON can hold; None removes the name."""
        with self.database.write() as writer:
            if value is None:
                writer.run("DELETE FROM state WHERE name = ?", (printable(name),))
                return
            try:
                text = json.dumps(value, ensure_ascii=True)
            except (TypeError, ValueError) as error:
                raise StoreError(f"state {name!r} cannot be kept as JSON: {error}") from error
            writer.run(
                "INSERT INTO state (name, value, changed_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, "
                "changed_at = excluded.changed_at",
                (printable(name), text, int(time.time())),
            )

    def states(self, prefix: str = "") -> dict[str, Any]:
        """Every name that begins so, ascending, with its value."""
        with self.database.read() as reader:
            rows = reader.rows("SELECT name, value FROM state WHERE name >= ? ORDER BY name", (prefix,))
        return {name: json.loads(text) for name, text in rows if name.startswith(prefix)}

    # --- inbox ---
    def add_to_inbox(self, key: str, payload: Any, at: datetime | None = None) -> bool:
        """Append under a key that may be there once. False where it already is; the payload that is there stays."""
        return self.append_inbox([(key, payload)], at) > 0

    def append_inbox(self, items: Iterable[tuple[str, Any]], at: datetime | None = None) -> int:
        """items: (key, payload), in one transaction; those whose key is there are passed over. Returns how many were new."""
        moment = micros_of(at or datetime.now(UTC))
        with self.database.write() as writer:
            number = writer.value("SELECT max(number) FROM inbox", default=0)
            added = 0
            for key, payload in items:
                added += writer.run(
                    "INSERT INTO inbox (number, dedupe, at, payload) VALUES (?, ?, ?, ?) ON CONFLICT (dedupe) DO NOTHING",
                    (number + 1 + added, printable(key), moment, json.dumps(payload)),
                )
        return added

    def in_inbox(self, key: str) -> bool:
        """Whether something was appended under the key."""
        with self.database.read() as reader:
            return reader.row("SELECT 1 FROM inbox WHERE dedupe = ?", (printable(key),)) is not None

    def inbox(self, limit: int = 200) -> list[Any]:
        """Payloads, newest first."""
        return [item.payload for item in self.inbox_items(limit=limit)]

    def inbox_items(self, after: int = 0, limit: int = 200, unread: bool = False) -> list[InboxItem]:
        """Newest first, of those with a number above after."""
        only = "AND read = 0" if unread else ""
        with self.database.read() as reader:
            rows = reader.rows(
                f"SELECT number, dedupe, at, payload, read FROM inbox WHERE number > ? {only} ORDER BY number DESC LIMIT ?", (after, limit)
            )
        return [InboxItem(number, key, moment_of(at, 0), json.loads(payload), bool(read)) for number, key, at, payload, read in rows]

    def inbox_unread(self, among: int = 500) -> int:
        """How many of the newest items nobody has read. Bounded, so that every page may ask."""
        with self.database.read() as reader:
            newest = "SELECT read FROM inbox ORDER BY number DESC LIMIT ?"
            return int(reader.value(f"SELECT count(*) FROM ({newest}) AS newest WHERE read = 0", (among,), default=0))

    def mark_inbox_read(self, up_to: int) -> int:
        """Every item with a number up to and including up_to."""
        with self.database.write() as writer:
            return writer.run("UPDATE inbox SET read = 1 WHERE number <= ? AND read = 0", (up_to,))

    # --- attempts ---
    def log_attempts(self, attempts: Iterable[Attempted]) -> None:
        """Keep what was tried; the oldest are forgotten beyond 20,000."""
        rows = [
            (micros_of(a.at), plain(a.provider), plain(a.security), plain(str(a.outcome)), a.seconds, plain(a.detail)) for a in attempts
        ]
        if not rows:
            return
        with self.database.write() as writer:
            number = writer.value("SELECT max(number) FROM attempt", default=0)
            writer.load(
                "attempt",
                ("number", "at", "provider", "security", "outcome", "seconds", "detail"),
                [(number + i, *row) for i, row in enumerate(rows, 1)],
            )
            writer.run("DELETE FROM attempt WHERE number <= ?", (number + len(rows) - ATTEMPTS_KEPT,))

    def attempts(self, since: datetime | None = None, limit: int = 1000) -> pd.DataFrame:
        """at (UTC), provider, security, outcome, seconds, detail; newest first."""
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT at, provider, security, outcome, seconds, detail FROM attempt WHERE at >= ? ORDER BY number DESC LIMIT ?",
                (micros_of(since) or 0, limit),
            )
        frame = pd.DataFrame(rows, columns=["at", "provider", "security", "outcome", "seconds", "detail"])
        frame["at"] = pd.DatetimeIndex(frame["at"].to_numpy("int64").astype("datetime64[us]")).tz_localize("UTC")
        return frame
