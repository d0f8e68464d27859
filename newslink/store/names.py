"""Securities, their dated names, and what people corrected."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from newslink.errors import StoreError
from newslink.model import Kind, Name, NameKind, Security
from newslink.store.database import Database
from newslink.store.text import plain


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """One statement by a person about a link or a word. kind says which fields count; the others are None. when: aware, when it was made.

    security_to: the security meant instead. retracted_at: when it was taken back; None while it holds.
    """

    kind: str
    article: str | None = None
    security: str | None = None
    surface: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    who: str = ""
    when: datetime | None = None
    id: str = ""
    security_to: str | None = None
    note: str = ""
    retracted_at: datetime | None = None


class Names:
    """The part of ``Store`` about names and corrections."""

    database: Database

    def put_securities(self, securities: Iterable[Security]) -> int:
        """Insert or replace by id; nothing is removed. Returns how many rows changed."""
        rows = [(s.id, plain(s.name), str(s.kind), s.entity, _iso(s.listed), _iso(s.delisted)) for s in securities]
        return self._upsert("security", ("id",), ("name", "kind", "entity", "listed", "delisted"), rows)

    def put_names(self, names: Iterable[Name]) -> int:
        """Insert or replace by (security, kind, text, valid_from); nothing is removed. Returns how many rows changed."""
        rows = [(n.security, str(n.kind), plain(n.text), _iso(n.valid_from), _iso(n.valid_to), plain(n.source)) for n in names]
        return self._upsert("name", ("security", "kind", "text", "valid_from"), ("valid_to", "source"), rows)

    def drop_names(self, names: Iterable[Name]) -> int:
        """Remove rows with the same security, kind, text, valid_from and source. Returns how many there were."""
        rows = [(n.security, str(n.kind), plain(n.text), _iso(n.valid_from), plain(n.source)) for n in names]
        with self.database.write() as writer:
            changed = writer.run_many(
                "DELETE FROM name WHERE security = ? AND kind = ? AND text = ? AND valid_from = ? AND source = ?", rows
            )
            if changed:
                writer.bump("names_version")
        return changed

    def securities(self) -> list[Security]:
        """Ascending by id."""
        with self.database.read() as reader:
            rows = reader.rows("SELECT id, name, kind, entity, listed, delisted FROM security ORDER BY id")
        return [Security(i, n, Kind(k), e, _date(start), _date(end)) for i, n, k, e, start, end in rows]

    def names(self) -> list[Name]:
        """Ascending by security, then first day."""
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT security, text, kind, valid_from, valid_to, source FROM name ORDER BY security, valid_from, kind, text"
            )
        return [Name(s, t, NameKind(k), _date(start), _date(end), source) for s, t, k, start, end, source in rows]

    def names_version(self) -> str:
        """Another text whenever securities, names or corrections have changed."""
        with self.database.read() as reader:
            return str(reader.value("SELECT value FROM total WHERE name = 'names_version'", default=0))

    def _upsert(self, table: str, key: Sequence[str], rest: Sequence[str], rows: list[tuple]) -> int:
        if not rows:
            return 0
        columns = (*key, *rest)
        differs = " OR ".join(f"{table}.{name} <> excluded.{name}" for name in rest)
        sql = (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
            f"{', '.join(f'{name} = excluded.{name}' for name in rest)} WHERE {differs}"
        )
        with self.database.write() as writer:
            changed = writer.run_many(sql, sorted(rows))
            if changed:
                writer.bump("names_version")
        return changed

    # --- corrections ---
    def put_correction(
        self,
        kind: str,
        article: str | None = None,
        security: str | None = None,
        surface: str | None = None,
        security_to: str | None = None,
        valid_from: date | None = None,
        valid_to: date | None = None,
        who: str = "",
        when: datetime | None = None,
        note: str = "",
        id: str | None = None,
    ) -> str:
        """Keep one statement; returns its id. One with a known id is not kept again."""
        when = when or datetime.now(UTC)
        if when.tzinfo is None:
            raise StoreError(f"a correction made at {when}: expected an aware time")
        id = id or uuid.uuid4().hex
        row = [plain(text or "") for text in (id, str(kind), article, security, surface, security_to)]
        row += [_iso(valid_from), _iso(valid_to), plain(who), when.astimezone(UTC).isoformat(), plain(note), ""]
        with self.database.write() as writer:
            changed = writer.run(
                "INSERT INTO correction (number, id, kind, article, security, surface, security_to, valid_from, valid_to, who, made_at, note, "
                "retracted_at) SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM correction WHERE true "
                "ON CONFLICT (id) DO NOTHING",
                row,
            )
            if changed:
                writer.bump("names_version")
        return id

    def corrections(self, retracted: bool = False) -> list[StoredCorrection]:
        """Those that hold, oldest first; with retracted also those taken back."""
        where = "" if retracted else "WHERE retracted_at = ''"
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT kind, article, security, surface, valid_from, valid_to, who, made_at, id, security_to, note, retracted_at "
                f"FROM correction {where} ORDER BY number"
            )
        return [
            StoredCorrection(
                kind, article or None, security or None, surface or None, _date(start), _date(end), who, datetime.fromisoformat(made), id_,
                other or None, note, datetime.fromisoformat(back) if back else None,
            )
            for kind, article, security, surface, start, end, who, made, id_, other, note, back in rows
        ]  # fmt: skip

    def retract_correction(self, id: str, when: datetime | None = None) -> bool:
        """Take a statement back; the row stays. False where there is none by that id that holds."""
        with self.database.write() as writer:
            changed = writer.run(
                "UPDATE correction SET retracted_at = ? WHERE id = ? AND retracted_at = ''",
                ((when or datetime.now(UTC)).astimezone(UTC).isoformat(), id),
            )
            if changed:
                writer.bump("names_version")
        return changed > 0


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
