"""A file of dated names (tab-separated: security name kind valid_from valid_to) → securities, names, and what could not be read.

Files of names are of two sorts. Official ones leave the end of today's name open. Others only say from when to when a name was
seen: no end is open, in hundreds of securities. There the outer days are not taken for changes: such names are marked as seen, and
the universe lets the first and the last name of each security hold on. A few rows are always taken as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newslink.errors import UniverseError, UnknownSecurity
from newslink.link.codes import kind_of, parse_security_id
from newslink.link.windows import SEEN
from newslink.model import Name, NameKind, Security

HEADER = ("security", "name", "kind", "valid_from", "valid_to")
MAX_LINE = 4_096  # bytes
MAX_NAME = 200  # characters
MAX_ROWS = 5_000_000
MAX_PROBLEMS = 1_000
SIGHTINGS_FROM = 200  # securities; fewer are a list written by hand
# 2023-10-05; a month alone, with or without a remark, stands for all its days.
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2})|(?: ?\(undated\))?)\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out. line from 1."""

    line: int
    reason: str


def read_names_file(path: str | Path) -> tuple[list[Security], list[Name], list[Problem]]:
    """(securities, names, problems). A security is called by its last short name. Bad rows become problems, at most 1,000 of them in words.

    Raises UniverseError where there is no file or no such header.
    """
    path = Path(path)
    rows: dict[bytes, tuple] = {}
    problems: list[Problem] = []
    dropped = 0
    reader = _Reader()
    try:
        with path.open("rb") as stream:
            lines = _lines(stream)
            reader.header(next(lines, (1, b""))[1], path)
            for number, raw in lines:
                if number > MAX_ROWS:
                    problems.append(Problem(number, f"more than {MAX_ROWS:,} rows: the rest was not read"))
                    break
                if raw in rows or not raw.strip():
                    continue
                try:
                    rows[raw] = reader.row(raw)
                except ValueError as error:
                    if len(problems) < MAX_PROBLEMS:
                        problems.append(Problem(number, str(error)))
                    else:
                        dropped += 1
    except OSError as error:
        raise UniverseError(f"The file of names {path} cannot be read: {error.strerror or error}.") from error
    if dropped:
        problems.append(Problem(0, f"and {dropped:,} more rows could not be read"))
    names = _names(list(dict.fromkeys(rows.values())), f"{SEEN}:{path.name}")
    return _securities(names), names, problems


def _lines(stream) -> Iterator[tuple[int, bytes]]:
    """(line number, bytes without the line end); of an over-long line only the beginning, so that no line can fill the memory."""
    number = 0
    while True:
        line = stream.readline(MAX_LINE + 1)
        if not line:
            return
        number += 1
        rest = line
        while len(rest) == MAX_LINE + 1 and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)
        yield number, line.rstrip(b"\r\n")


class _Reader:
    """Rows to names; remembers codes and dates it has read, of which a file has few."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._days: dict[tuple[str, bool], date | None] = {("", False): None, ("", True): None}
        self._kinds = {kind.value: kind for kind in NameKind}
        self._columns = (0, 1, 2, 3, 4)
        self._plain = True

    def header(self, raw: bytes, path: Path) -> None:
        columns = [c.strip().lower() for c in raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\t")]
        missing = [c for c in HEADER if c not in columns]
        if missing:
            raise UniverseError(f"{path}: the first line lacks {', '.join(missing)}; expected, separated by tabs: {' '.join(HEADER)}.")
        self._columns = tuple(columns.index(c) for c in HEADER)
        self._plain = self._columns == (0, 1, 2, 3, 4)

    def row(self, raw: bytes) -> tuple:
        """(security, name, kind, valid_from, valid_to). Raises ValueError with the reason in words."""
        if len(raw) > MAX_LINE:
            raise ValueError(f"longer than {MAX_LINE:,} bytes")
        try:
            fields = raw.decode("utf-8").split("\t")
        except UnicodeDecodeError:
            raise ValueError("not UTF-8") from None
        if len(fields) <= max(self._columns[:3]):
            raise ValueError(f"{len(fields)} columns; expected security, name, kind, valid_from, valid_to")
        if self._plain and len(fields) == 5:  # nearly every row
            security, text, kind, start, end = fields
            text = text.strip()
        else:
            security, text, kind, start, end = [fields[i].strip() if i < len(fields) else "" for i in self._columns]
        if not text or len(text) > MAX_NAME or not text.isprintable():
            raise ValueError(f"the name is empty, longer than {MAX_NAME} characters or holds control characters")
        kind = kind.strip()
        if kind not in self._kinds:
            raise ValueError(f"kind {kind[:40]!r}; expected {', '.join(self._kinds)}")
        valid_from, valid_to = self._day(start, last=False), self._day(end, last=True)
        if valid_from and valid_to and valid_from > valid_to:
            raise ValueError(f"valid_from {valid_from} is after valid_to {valid_to}")
        return (self._id(security), text, self._kinds[kind], valid_from, valid_to)

    def _id(self, text: str) -> str:
        id = self._ids.get(text)
        if id is None:
            try:
                id = self._ids[text] = parse_security_id(text)
            except UnknownSecurity:
                raise ValueError(f"security {text[:40]!r}; expected a code such as 600519.SH, 00700.HK or NIO.US") from None
        return id

    def _day(self, text: str, last: bool) -> date | None:
        key = (text, last)
        if key not in self._days:
            found = _DATE.match(text.strip())
            try:
                if not found:
                    if not text.strip():
                        return None
                    raise ValueError
                year, month, day = int(found[1]), int(found[2]), found[3]
                if day:
                    value = date(year, month, int(day))
                elif last:
                    value = date.fromordinal((date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)).toordinal() - 1)
                else:
                    value = date(year, month, 1)
            except ValueError:
                raise ValueError(f"date {text[:40]!r}; expected YYYY-MM-DD or nothing") from None
            self._days[key] = value
        return self._days[key]


def _names(rows: list[tuple], seen: str) -> list[Name]:
    chained = (NameKind.SHORT, NameKind.FORMER)
    dated = [row for row in rows if row[2] in chained and (row[3] or row[4])]
    sightings = len({row[0] for row in dated}) >= SIGHTINGS_FROM and not (
        any(row[4] is None for row in dated) and any(row[3] is None for row in dated)
    )
    # A short name without any date is no sighting, whatever file it stands in.
    return [Name(*row, seen if sightings and row[2] in chained and (row[3] or row[4]) else "import") for row in rows]


def _securities(names: list[Name]) -> list[Security]:
    last: dict[str, tuple[tuple, str]] = {}
    for name in names:
        key = (name.kind is NameKind.SHORT, name.valid_to or date.max, name.valid_from or date.min)
        if name.security not in last or key > last[name.security][0]:
            last[name.security] = (key, name.text if name.kind is NameKind.SHORT else "")
    return [Security(id, text, kind_of(id)) for id, (_, text) in last.items()]
