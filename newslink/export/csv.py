"""Events frames → CSV as Excel opens it right: UTF-8 with byte-order mark, CRLF, codes as text, no cell a formula. See docs/columns.md.

Whole columns are guarded, quoted and joined at once (pyarrow), a slice of rows at a time, so the memory needed does not grow with the rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from newslink.export.cells import bytes_of, cells, glued, guarded, named
from newslink.export.columns import COLUMNS, NAMES

BOM = b"\xef\xbb\xbf"
ROWS_AT_ONCE = 10_000
# A cell with any of these is quoted. ; and tab: where a list separator is a semicolon, an unquoted one would begin a cell of its own.
_QUOTED = r'[",;\t\r\n]|^\s|\s$'

Frames = pd.DataFrame | Iterable[pd.DataFrame]


def events_csv(frame: pd.DataFrame) -> bytes:
    """The whole file as bytes, byte-order mark first."""
    file = io.BytesIO()
    write_events_csv(frame, file)
    return file.getvalue()


def write_events_csv(frames: Frames, file: BinaryIO) -> int:
    """Write one frame, or frames as they come, to a binary file. Returns the number of rows; the header is written even for none."""
    file.write(BOM + ",".join(NAMES).encode() + b"\r\n")
    rows = 0
    for part in slices(frames):
        file.write(lines(part))
        rows += len(part)
    return rows


def slices(frames: Frames, size: int = ROWS_AT_ONCE) -> Iterator[pd.DataFrame]:
    """Parts of at most size rows, in order."""
    for frame in [frames] if isinstance(frames, pd.DataFrame) else frames:
        for start in range(0, len(frame), size):
            yield frame.iloc[start : start + size]


def lines(frame: pd.DataFrame) -> bytes:
    """The lines of a frame, each ended by CRLF, no header."""
    frame, columns = named(frame), []
    for column in COLUMNS:
        array = cells(frame, column)
        columns.append(quoted(guarded(array)) if column.kind == "text" else array)
    return joined(glued(glued(*columns, between=","), "\r\n"))


def quoted(array: pa.Array) -> pa.Array:
    """RFC 4180: quotes doubled, and quotes around the cells that need them."""
    raw = bytes_of(array)
    if not ((raw <= 0x20) | (raw == 0x22) | (raw == 0x2C) | (raw == 0x3B)).any():
        return array  # a look at every byte costs a tenth of asking the expression row by row
    needs = pc.match_substring_regex(array, _QUOTED)
    if not pc.any(needs).as_py():
        return array
    inner = pc.replace_substring(array, '"', '""')
    return pc.if_else(needs, glued('"', inner, '"'), array)


def joined(array: pa.Array) -> bytes:
    """All texts behind one another: the array's own buffer, no loop."""
    if isinstance(array, pa.ChunkedArray):
        return b"".join(joined(chunk) for chunk in array.chunks)
    if not len(array):
        return b""
    _, offsets, data = array.buffers()
    marks = memoryview(offsets).cast("q")
    return bytes(memoryview(data)[marks[array.offset] : marks[array.offset + len(array)]])
