"""An open file → its items: a post is one item, JSON Lines and CSV give one a row. Bounded in memory."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterator

from newslink.articles.columns import field_of, readable
from newslink.articles.decode import decode
from newslink.articles.items import MAX_ITEM_BYTES, RawItem, fingerprint_of
from newslink.errors import ArticleError
from newslink.model import Rejection

Items = Iterator[RawItem | Rejection]
Opened = Callable[[io.BufferedReader, str, str | None], Items]  # stream, locator, revision

_USUAL_BYTES = 1 << 16
_MB = MAX_ITEM_BYTES >> 20
_ID = re.compile(rb'"(?:id|article_id|news_id|art_code|infoCode|guid)"\s*:\s*(?:"([^"\\]{1,100})"|(-?\d{1,20})\s*[,}])')
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]+")
_ESCAPED = re.compile(r"[\ud800-\udfff]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MAX_ROW_LINES = 1000  # a quotation mark that nobody closed would otherwise swallow the rest of the file
_TOO_LARGE = f"larger than {_MB} MB"


def post_items(stream: io.BufferedReader, locator: str, revision: str | None) -> Items:
    """The whole file as one item."""
    # Asking for the whole bound at once would set that much memory aside for every small file.
    raw = stream.read(_USUAL_BYTES)
    if len(raw) == _USUAL_BYTES:
        raw += stream.read(MAX_ITEM_BYTES + 1 - _USUAL_BYTES)
    if len(raw) > MAX_ITEM_BYTES:
        yield Rejection(locator, _TOO_LARGE)
    else:
        yield RawItem(locator, fingerprint_of(raw), "post", raw, 1, revision)


class _Keys:
    """Locators of rows: ``path#id``, or ``path#fingerprint`` without id, so that inserted lines shift no other. Repeats get a suffix."""

    def __init__(self, locator: str) -> None:
        self.locator = locator
        self.seen: set[int] = set()  # hashes, not texts: a file may have millions of rows

    def of(self, key: str, fingerprint: str) -> str:
        key = key or fingerprint[:16]
        tried, repeat = hash(key), 1
        while tried in self.seen:
            marked = f"{key}~{fingerprint[:8]}" + (f".{repeat}" if repeat > 1 else "")
            tried, repeat = hash(marked), repeat + 1
            if tried not in self.seen:
                key = marked
        self.seen.add(tried)
        return f"{self.locator}#{key}"


def json_items(stream: io.BufferedReader, locator: str, revision: str | None) -> Items:
    """One item a line; empty lines are none. A line beyond the bound is rejected and passed over."""
    keys = _Keys(locator)
    for number, raw in _lines(stream):
        if raw is None:
            yield Rejection(f"{locator}#line-{number}", _TOO_LARGE, number)
            continue
        raw = raw.strip()
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if not raw:
            continue
        fingerprint = fingerprint_of(raw)
        m = _ID.search(raw, 0, 4096)
        key = (m[1] or m[2]).decode(errors="replace") if m else ""
        yield RawItem(keys.of(key, fingerprint), fingerprint, "jsonl", raw, number, revision)


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | None]]:
    """(number, line), None for a line that is too long. UTF-16 files are rewritten as UTF-8."""
    number = 0
    if stream.peek(2)[:2] in _UTF16_MARKS:
        text = io.TextIOWrapper(stream, "utf-16", errors="replace", newline="\n")
        while line := text.readline(MAX_ITEM_BYTES):
            number += 1
            yield number, line.encode(errors="replace")
        return
    while line := stream.readline(MAX_ITEM_BYTES + 1):
        number += 1
        if len(line) > MAX_ITEM_BYTES and not line.endswith(b"\n"):
            while (more := stream.readline(1 << 20)) and not more.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


class _BadRow(Exception):
    """Stops the csv reader inside a row that cannot end well."""


class _RowLines:
    """Lines for the csv reader that can be taken back: a row that turns out broken costs its first line, not the rest of the file."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text = text
        self.number = 0  # lines handed out
        self.row: list[str] = []  # those of the current row
        self.again: deque[str] = deque()

    def __iter__(self) -> _RowLines:
        return self

    def __next__(self) -> str:
        if len(self.row) >= _MAX_ROW_LINES:
            raise _BadRow(f"no end of the row within {_MAX_ROW_LINES} lines: an unclosed quotation mark?")
        line = self.again.popleft() if self.again else self.text.readline(MAX_ITEM_BYTES)
        if not line:
            raise StopIteration
        if len(line) >= MAX_ITEM_BYTES:
            raise _BadRow(_TOO_LARGE)
        self.number += 1
        self.row.append(line)
        return line

    def next_row(self) -> None:
        self.row = []

    def give_back(self) -> None:
        """All lines of the row but its first will be read again."""
        self.again.extendleft(reversed(self.row[1:]))
        self.number -= max(0, len(self.row) - 1)
        self.row = []


def csv_items(stream: io.BufferedReader, locator: str, revision: str | None) -> Items:
    """One item a row below the header; ``,``, ``;`` or tab separated, whichever the header holds most of."""
    sample = stream.peek(1 << 16)
    text = io.TextIOWrapper(stream, _encoding(sample), errors="surrogateescape", newline="")
    lines = _RowLines(text)
    csv.field_size_limit(MAX_ITEM_BYTES)
    header: list[str] = []
    delimiter = ","
    keys = _Keys(locator)
    while True:
        lines.next_row()
        first = lines.number + 1
        try:
            if not header:
                line = next(lines, "")
                if not line:
                    yield Rejection(locator, "empty file", 1)
                    return
                if not line.strip():
                    continue
                delimiter = max(",\t;|", key=line.count)
                header = [name.strip().strip("\ufeff") for name in next(csv.reader([line], delimiter=delimiter))]
                if not readable(header):
                    yield Rejection(locator, f"no column of words: expected title, text or html, found {', '.join(header)[:200]}", first)
                    return
                continue
            values = _row(lines, delimiter)
        except (_BadRow, csv.Error, StopIteration) as error:
            if not header:
                yield Rejection(locator, f"unreadable header: {error}", first)
                return
            yield Rejection(f"{locator}#line-{first}", f"not a CSV row: {error}", first)
            lines.give_back()
            continue
        if values is None:
            return
        if not any(values):
            continue
        if len(values) > len(header) and any(values[len(header) :]):
            yield Rejection(f"{locator}#line-{first}", f"{len(values)} values for {len(header)} columns", first)
            continue
        try:
            values = [_mended(value, locator, first) for value in values]
        except ArticleError as error:
            yield Rejection(f"{locator}#line-{first}", error.reason, first)
            continue
        row = {name: value for name, value in zip(header, values, strict=False) if name}
        raw = json.dumps(row, ensure_ascii=False).encode()
        fingerprint = fingerprint_of(raw)
        key = next((row[name].strip() for name in header if field_of(name) == "id" and row.get(name)), "")
        yield RawItem(keys.of(_UNPRINTABLE.sub("_", key)[:100], fingerprint), fingerprint, "csv", raw, first, revision)


def _row(lines: _RowLines, delimiter: str) -> list[str] | None:
    """The next row, None at the end. Strict first, to notice a quotation mark left open; a stray one inside a value is forgiven."""
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), None)
    except csv.Error:
        forgiving = list(csv.reader(lines.row, delimiter=delimiter))
        if len(forgiving) == 1 and forgiving[0] and not forgiving[0][-1].endswith("\n"):
            return forgiving[0]
        raise


def _encoding(sample: bytes) -> str:
    if sample[:2] in _UTF16_MARKS:
        return "utf-16"
    try:
        # The sample may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _mended(value: str, locator: str, line: int) -> str:
    """Bytes that the file's encoding could not explain, tried alone. Raises ArticleError."""
    if value.isascii() or not _ESCAPED.search(value):
        return value
    return decode(value.encode(errors="surrogateescape"), locator, line)
