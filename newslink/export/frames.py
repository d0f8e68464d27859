"""An events frame → the documented columns with types a notebook works with: dates as timestamps, numbers as numbers, tags as tuples."""

from __future__ import annotations

import pandas as pd

from newslink.export.cells import BEIJING, flags_array, named, stamps_of, text_array
from newslink.export.columns import COLUMNS


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns and order of docs/columns.md. session and standing: midnight, no zone. published_at, fetched_at: aware, Beijing time.

    flags: words separated by blanks. tags: tuple of texts. Missing texts are empty, missing numbers NaN. Texts are whole and unguarded.
    """
    frame = named(frame)
    out: dict[str, object] = {}
    for column in COLUMNS:
        if column.kind == "flags" and column.name not in frame:
            out[column.name] = pd.array(flags_array(frame).to_pylist(), dtype="str")
        elif column.name not in frame:
            out[column.name] = _empty(column.kind, column.name, len(frame))
        elif column.kind == "day":
            out[column.name] = stamps_of(frame[column.name]).astype("datetime64[s]").array
        elif column.kind == "time":
            out[column.name] = stamps_of(frame[column.name], utc=True).dt.tz_convert(BEIJING).astype(f"datetime64[s, {BEIJING}]").array
        elif column.kind in {"price", "ratio", "count"}:
            out[column.name] = pd.to_numeric(frame[column.name], errors="coerce").astype("float64").array
        elif column.name == "tags":
            out[column.name] = pd.Series([_tuple(value) for value in frame[column.name].tolist()], dtype=object).array
        else:
            out[column.name] = pd.array(text_array(frame[column.name], cut=False).to_pylist(), dtype="str")
    return pd.DataFrame(out, index=pd.RangeIndex(len(frame)))


def _empty(kind: str, name: str, size: int) -> object:
    if kind == "day":
        return pd.array([pd.NaT] * size, dtype="datetime64[s]")
    if kind == "time":
        return pd.array([pd.NaT] * size, dtype=f"datetime64[s, {BEIJING}]")
    if kind in {"price", "ratio", "count"}:
        return pd.array([float("nan")] * size, dtype="float64")
    return pd.Series([()] * size, dtype=object).array if name == "tags" else pd.array([""] * size, dtype="str")


def _tuple(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(str(word) for word in value) if isinstance(value, tuple | list) else ()
