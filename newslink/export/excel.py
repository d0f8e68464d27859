"""Events frames → an Excel workbook: codes typed as text, dates and numbers as such, frozen header, a sheet that says what it is.

Written row by row in constant memory. No text becomes a formula or a link, whatever it begins with.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import xlsxwriter

from newslink.export.about import About
from newslink.export.cells import BEIJING, date_only_of, flags_array, named, stamps_of, text_array
from newslink.export.columns import COLUMNS, Column
from newslink.export.csv import Frames, slices

MAX_ROWS = 1_048_575  # rows of a sheet below its header
_WIDTHS = {"title": 60, "url": 30, "locator": 30, "published_at": 20, "fetched_at": 20, "article": 24, "flags": 16}
_FORMATS = {
    "text": {"num_format": "@"},
    "flags": {"num_format": "@"},
    "day": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "price": {"num_format": "#,##0.00##"},
    "count": {"num_format": "#,##0"},
    "ratio": {"num_format": "0.00%"},
}
_PLAIN_RATIOS = {"relevance", "confidence"}


def events_excel(frames: Frames, about: About) -> bytes:
    """The workbook as bytes."""
    file = io.BytesIO()
    write_events_excel(frames, about, file)
    return file.getvalue()


def write_events_excel(frames: Frames, about: About, file: BinaryIO, rows_per_sheet: int = MAX_ROWS) -> int:
    """Write the workbook to a binary file that can seek; returns the number of rows. Further sheets begin where one is full.

    Times are Beijing's, without a zone: Excel knows none. Headers are in the language of about; the sheet about explains each column.
    """
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    try:
        made_at = about.made_at.replace(tzinfo=None)
        book.set_properties({"title": about.title[:255], "comments": f"newslink {about.version}", "created": made_at})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F2F2F2"})
        formats = {kind: book.add_format(options) for kind, options in _FORMATS.items()}
        formats["score"] = book.add_format({"num_format": "0.00"})
        # The sheet about comes first in writing, since rows stream; the events sheet is the one that opens.
        about_sheet = book.add_worksheet(about.labels["about"])
        sheet, rows, line = None, 0, 0
        for part in map(named, slices(frames)):
            columns = [_values(part, column) for column in COLUMNS]
            for row in zip(*columns, strict=True):
                if sheet is None or line == rows_per_sheet:
                    _close_sheet(sheet, line)
                    sheet, line = _sheet(book, about, head, 1 + rows // rows_per_sheet), 0
                line += 1
                rows += 1
                for position, value in enumerate(row):
                    if value is not None:
                        _put(sheet, line, position, value, COLUMNS[position], formats)
        if sheet is None:
            sheet = _sheet(book, about, head, 1)
        _close_sheet(sheet, line)
        _about(about_sheet, about, rows, head, formats["text"])
    finally:
        book.close()
    return rows


def _sheet(book: Any, about: About, head: Any, number: int) -> Any:
    name = about.labels["events"]
    sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
    if number == 1:
        sheet.activate()
        sheet.set_first_sheet()
    sheet.freeze_panes(1, 3)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    for position, column in enumerate(COLUMNS):
        sheet.set_column(position, position, _WIDTHS.get(column.name, 12))
        sheet.write_string(0, position, column.zh if about.language == "zh" else column.name, head)
    return sheet


def _close_sheet(sheet: Any, line: int) -> None:
    if sheet is not None:
        sheet.autofilter(0, 0, max(line, 1), len(COLUMNS) - 1)


def _about(sheet: Any, about: About, rows: int, head: Any, text: Any) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    lines = [*about.lines(), (about.labels["rows"], f"{rows:,}")]
    for line, (label, value) in enumerate(lines):
        sheet.write_string(line, 0, label[:32_000], head)
        sheet.write_string(line, 1, value[:32_000], text)
    line = len(lines) + 1
    sheet.write_string(line, 0, about.labels["column"], head)
    sheet.write_string(line, 1, about.labels["meaning"], head)
    for offset, column in enumerate(COLUMNS, start=1):
        sheet.write_string(line + offset, 0, f"{column.zh} {column.name}", text)
        sheet.write_string(line + offset, 1, column.meaning, text)


def _put(sheet: Any, line: int, position: int, value: object, column: Column, formats: dict[str, Any]) -> None:
    kind = column.kind
    if isinstance(value, str):
        sheet.write_string(line, position, value, formats["text"])
    elif kind in {"day", "time"}:
        sheet.write_datetime(line, position, value, formats["time" if isinstance(value, datetime) else "day"])
    else:
        sheet.write_number(line, position, value, formats["score" if column.name in _PLAIN_RATIOS else kind])


def _values(frame: pd.DataFrame, column: Column) -> list:
    """Python values of one column; None is an empty cell. A day stays a date where no time is known."""
    if column.kind == "flags" and "flags" not in frame:
        return [text or None for text in flags_array(frame).to_pylist()]
    if column.name not in frame:
        return [None] * len(frame)
    values = frame[column.name]
    if column.kind in {"price", "ratio", "count"}:
        numbers = np.round(pd.to_numeric(values, errors="coerce").to_numpy("float64", na_value=np.nan), column.digits)
        return [value if np.isfinite(value) else None for value in numbers.tolist()]
    if column.kind in {"day", "time"}:
        stamps = stamps_of(values, utc=column.kind == "time")
        if getattr(stamps.dt, "tz", None) is not None:
            stamps = stamps.dt.tz_convert(BEIJING).dt.tz_localize(None)
        # Excel's calendar begins in 1900
        moments = [None if stamp is pd.NaT or stamp.year < 1900 else stamp.to_pydatetime() for stamp in stamps]
        if column.kind == "day":
            return [moment and moment.date() for moment in moments]
        days = date_only_of(frame) if column.name == "published_at" else None
        return moments if days is None else [m and (m.date() if day else m) for m, day in zip(moments, days.tolist(), strict=True)]
    return [text or None for text in text_array(values).to_pylist()]
