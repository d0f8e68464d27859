"""Statements ↔ a file to keep, send and edit: tab-separated columns or JSON lines. What comes in is bounded and checked row by row.

Columns (a file may leave out all but kind, and have them in any order; others are passed over):

    id            letters, digits, full stops, colons, hyphens; a known one is not taken again; none: a new statement each time
    kind          not_this_link, add_link, confirm_link, mute_word, word_means, confirm_name, merge, split, time
    article       id of an article                       other         id of the other article (merge, split)
    security      600519.SH, 00700.HK, NIO.US            security_to   the security meant instead (not_this_link)
    surface       the word (the last three but confirm)  name_kind     short, full, english, nickname, former (confirm_name)
    valid_from    YYYY-MM-DD, inclusive, empty is open   valid_to      the same
    published     the right time (time): 2022-05-30, 2022-05-30T18:30+08:00, or none
    who, note     free text                              made_at, retracted_at   ISO time with its offset

In the tab-separated form a cell that a spreadsheet would take for a formula has an apostrophe before it; it is taken off again when read.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from newslink.errors import CorrectionError, NewslinkError
from newslink.pipeline.statements import Kind, Statement, checked

COLUMNS = tuple(field.name for field in fields(Statement))
FORMS = ("tsv", "jsonl")
MAX_LINE = 16_384  # bytes
MAX_ROWS = 1_000_000
SHOWN = 100  # problems in words; the count is always complete
_DAYS, _TIMES = ("valid_from", "valid_to"), ("made_at", "retracted_at")
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r]")


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out. line from 1."""

    line: int
    reason: str


def form_of(path: str | Path, form: str | None) -> str:
    """tsv or jsonl: as said, else by the file's suffix, else tsv."""
    return form or ("jsonl" if Path(path).suffix.lower() in (".jsonl", ".ndjson", ".json") else "tsv")


def write_statements(path: str | Path, statements: Iterable[Statement], form: str | None = None) -> int:
    """All columns, in their order. Returns the rows. Raises CorrectionError where the file cannot be written."""
    form = form_of(path, form)
    lines = [] if form == "jsonl" else ["\t".join(COLUMNS)]
    rows = 0
    for rows, one in enumerate(statements, 1):  # noqa: B007  counted
        texts = fields_of(one)
        if form == "jsonl":
            lines.append(json.dumps(texts, ensure_ascii=False))
        else:
            cells = [texts.get(name, "") for name in COLUMNS]
            lines.append("\t".join(f"'{text}" if _FORMULA.match(text) else text for text in cells))
    body = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    if str(path) == "-":
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return rows
    try:
        Path(path).write_bytes(body)
    except OSError as error:
        raise CorrectionError(f"The file {path} cannot be written: {error.strerror or error}.") from error
    return rows


def fields_of(statement: Statement) -> dict[str, str]:
    """Column → text, of what is given."""
    return {name: text for name in COLUMNS if (text := _text(getattr(statement, name)))}


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def read_statements(path: str | Path, form: str | None = None) -> tuple[list[Statement], list[Problem], int]:
    """(statements, the first problems, number of rows left out). Raises CorrectionError where there is no such file or header."""
    statements: list[Statement] = []
    problems: list[Problem] = []
    refused = 0
    try:
        with ExitStack() as stack:
            stream = sys.stdin.buffer if str(path) == "-" else stack.enter_context(Path(path).open("rb"))
            for line, row in _rows(stream, form_of(path, form), str(path)):
                try:
                    if isinstance(row, str):
                        raise CorrectionError(row)
                    statements.append(_statement(row))
                except NewslinkError as error:
                    refused += 1
                    if len(problems) < SHOWN:
                        problems.append(Problem(line, str(error)))
    except OSError as error:
        raise CorrectionError(f"The file of corrections {path} cannot be read: {error.strerror or error}.") from error
    return statements, problems, refused


def _rows(stream: BinaryIO, form: str, path: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """(line, its cells by column, or why there are none). Empty lines are passed over."""
    header: list[str] | None = None
    for line, raw in _lines(stream):
        if line > MAX_ROWS:
            yield line, f"more than {MAX_ROWS:,} rows: the rest was not read"
            return
        if len(raw) > MAX_LINE:
            yield line, f"longer than {MAX_LINE:,} bytes"
            continue
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError:
            yield line, "not UTF-8"
            continue
        if not text.strip():
            continue
        if form == "jsonl":
            yield line, _object(text)
        elif header is None:
            header = [cell.strip().lower() for cell in text.split("\t")]
            if "kind" not in header:
                raise CorrectionError(f"{path}: the first line has no column kind; expected, separated by tabs: {' '.join(COLUMNS)}.")
        else:
            cells = [cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell for cell in text.split("\t")]
            yield line, dict(zip(header, cells, strict=False))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Of an over-long line only the beginning, so that no line can fill the memory."""
    line = 0
    while raw := stream.readline(MAX_LINE + 2):
        line += 1
        rest = raw
        while len(rest) == MAX_LINE + 2 and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 2)
        yield line, raw.rstrip(b"\r\n")


def _object(text: str) -> dict[str, str] | str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "no JSON object"
    if not isinstance(found, dict):
        return "no JSON object"
    return {str(name): value for name, value in found.items() if isinstance(value, str)}


def _statement(row: dict[str, str]) -> Statement:
    cells = {name: row.get(name, "").strip() for name in COLUMNS}
    try:
        kind = Kind(cells.pop("kind"))
    except ValueError:
        raise CorrectionError(f"kind {row.get('kind', '')[:40]!r}; expected {', '.join(Kind)}.") from None
    days = {name: _parsed(date.fromisoformat, name, cells.pop(name), "YYYY-MM-DD") for name in _DAYS}
    times = {name: _parsed(_aware, name, cells.pop(name), "2022-05-30T18:30:00+08:00") for name in _TIMES}
    return checked(Statement(kind, **cells, **days, **times))


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _parsed(read, name: str, text: str, expected: str):
    if not text:
        return None
    try:
        return read(text)
    except ValueError:
        raise CorrectionError(f"{name} {text[:40]!r}; expected {expected}.") from None
