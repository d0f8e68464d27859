"""Events frames → JSON lines: the same columns as the CSV, numbers as numbers, missing as null, texts whole and unguarded."""

from __future__ import annotations

import math
from typing import BinaryIO

import pandas as pd

from newslink.export.cells import BEIJING, day_array, flags_array, named, text_array, time_array
from newslink.export.columns import COLUMNS
from newslink.export.csv import Frames, slices

_LINES = {"orient": "records", "lines": True, "force_ascii": False, "double_precision": 10}


def write_events_jsonl(frames: Frames, file: BinaryIO) -> int:
    """One object a line, UTF-8, ``\\n``. Returns the number of rows."""
    rows = 0
    for part in slices(frames):
        # pandas' own writer: the same text as json.dumps of the records, several times faster
        if len(part):
            file.write(pd.DataFrame(_columns(part), dtype=object).to_json(**_LINES).encode())
        rows += len(part)
    return rows


def records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """One dictionary a row, in the fixed column order. Days and times are text as in the CSV; tags and flags are lists."""
    columns = _columns(frame)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _columns(frame: pd.DataFrame) -> dict[str, list]:
    frame = named(frame)
    columns: dict[str, list] = {}
    for column in COLUMNS:
        if column.kind == "flags":
            words = flags_array(frame) if column.name not in frame else text_array(frame[column.name])
            columns[column.name] = [text.split() for text in words.to_pylist()]
        elif column.name not in frame:
            columns[column.name] = [None] * len(frame)
        elif column.kind == "day":
            columns[column.name] = [text or None for text in day_array(frame[column.name]).to_pylist()]
        elif column.kind == "time":
            columns[column.name] = [text or None for text in time_array(frame[column.name]).to_pylist()]
        elif column.kind in {"price", "ratio", "count"}:
            numbers = pd.to_numeric(frame[column.name], errors="coerce").astype("float64").tolist()
            columns[column.name] = [_number(value, column.digits) for value in numbers]
        elif column.name == "tags":
            columns[column.name] = [_words(value) for value in frame[column.name].tolist()]
        else:
            columns[column.name] = text_array(frame[column.name], cut=False).to_pylist()
    return columns


def _number(value: float, digits: int) -> float | int | None:
    if not math.isfinite(value):
        return None
    return round(value, digits) + 0.0 if digits else round(value)


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [str(word) for word in value] if isinstance(value, tuple | list) else []


__all__ = ["BEIJING", "records", "write_events_jsonl"]
