"""An events frame → arrays of printable cells, one array a column, in the fixed order. Nothing here loops over rows.

A spreadsheet evaluates text that begins like a formula and rewrites text that looks like a number or a date. Both are kept as the text
they are by an apostrophe in front, the mark spreadsheets themselves use for "this is text". Only text columns are touched: a negative
number in a number column is a number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from newslink.export.columns import FLAGS, Column

# Excel cuts a cell at 32,767 characters and spills the rest of a CSV cell into the next row.
MAX_CELL = 32_000
BEIJING = "Asia/Shanghai"
TEXT = pa.large_string()  # a slice of hostile rows may pass the two gigabytes of the short kind

# What may stand before a formula and not stop a spreadsheet from seeing it: blanks, byte-order mark, zero-width and direction marks.
_LEAD = r"[\s\x{00A0}\x{FEFF}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{3000}]*"
# = + - @ in ASCII, full-width and small forms, the minus sign; a tab or line break as very first character is dangerous by itself.
_FORMULA = _LEAD + r"[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}\x{FE66}\x{FE62}\x{FE63}\x{FE6B}\x{2212}]|[\t\r\n]"
# Text that a spreadsheet would change: leading zeros, more than 15 digits, exponents, dates, truth values.
_REWRITTEN = (
    r"\s*(?:0\d+|\d{16,}|\d+(?:\.\d+)?[eE][+\-]?\d+|\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?|\d{1,2}:\d{2}(?::\d{2})?|(?i:true|false))\s*$"
)
_UNSAFE = rf"^(?:{_FORMULA}|{_REWRITTEN})"
_OFFSET = np.timedelta64(8 * 3600, "s")
_CONTROLS = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"


def text_array(values: pd.Series, cut: bool = True) -> pa.Array:
    """Text as it is; None, NaN and NaT become empty; lists and tuples are joined by blanks; lone surrogates become U+FFFD.

    Control characters are dropped (no reader shows them, some stop at them), line ends become ``\\n``. cut: to MAX_CELL, ending in ``…``.
    """
    try:
        array = pa.array(values, type=TEXT, from_pandas=True)
    except (pa.ArrowException, TypeError, UnicodeEncodeError):
        plain = [" ".join(map(str, value)) if type(value) in (tuple, list) else _plain(value) for value in values.tolist()]
        try:
            array = pa.array(plain, type=TEXT)
        except UnicodeEncodeError:  # half a character pair, which UTF-8 cannot hold
            array = pa.array([text.encode("utf-8", "replace").decode("utf-8") for text in plain], type=TEXT)
    if isinstance(array, pa.ChunkedArray):
        # pandas may hold chunks of both the short and the long kind under one name, which pyarrow then refuses to join
        array = pa.chunked_array([chunk.cast(TEXT) for chunk in array.chunks], type=TEXT).combine_chunks()
    array = pc.fill_null(array, "")
    raw = bytes_of(array)
    if ((raw < 0x20) | (raw == 0x7F)).any():
        array = pc.replace_substring_regex(pc.replace_substring(array, "\r\n", "\n"), r"\r", "\n")
        array = pc.replace_substring_regex(array, _CONTROLS, "")
    if cut and pc.any(pc.greater(pc.binary_length(array), MAX_CELL)).as_py():
        long = pc.greater(pc.utf8_length(array), MAX_CELL)
        array = pc.if_else(long, glued(pc.utf8_slice_codeunits(array, 0, MAX_CELL - 1), "…"), array)
    return array


def _plain(value: object) -> str:
    return "" if value is None or value is pd.NaT or (isinstance(value, float) and value != value) else str(value)


def glued(*parts: pa.Array | str, between: str = "") -> pa.Array:
    """Texts joined row by row."""
    return pc.binary_join_element_wise(
        *(pa.scalar(part, TEXT) if isinstance(part, str) else part for part in parts), pa.scalar(between, TEXT)
    )


def bytes_of(array: pa.Array) -> np.ndarray:
    """uint8: all texts behind one another, UTF-8. A view of the array's own buffer."""
    _, offsets, data = array.buffers()
    if data is None:
        return np.zeros(0, np.uint8)
    marks = np.frombuffer(offsets, np.int64)
    return np.frombuffer(data, np.uint8)[marks[array.offset] : marks[array.offset + len(array)]]


def guarded(array: pa.Array, rewritten: bool = True) -> pa.Array:
    """The same texts, those a spreadsheet would evaluate or rewrite with an apostrophe in front. rewritten: False guards formulas alone."""
    unsafe = pc.match_substring_regex(array, _UNSAFE if rewritten else rf"^(?:{_FORMULA})")
    if not pc.any(unsafe).as_py():
        return array
    return pc.if_else(unsafe, glued("'", array), array)


def number_array(values: pd.Series, digits: int) -> pa.Array:
    """Decimal numbers without exponent and without trailing zeros; what is missing, infinite or from 10^15 on is empty."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy("float64", na_value=np.nan)
    return _per_stretch(numbers, lambda distinct: _printed(distinct, digits))


def _printed(numbers: np.ndarray, digits: int) -> pa.Array:
    known = np.isfinite(numbers) & (np.abs(numbers) < 1e15)
    size = np.abs(np.where(known, numbers, 0.0))
    # By halves, because a decimal cast prints what is below a millionth with an exponent.
    whole = np.floor(size)
    part = np.round((size - whole) * 10.0**digits)
    whole, part = whole + (part >= 10.0**digits), np.where(part >= 10.0**digits, 0, part)
    printed = pc.cast(pa.array(whole.astype("int64")), TEXT)
    if digits:
        behind = pc.utf8_lpad(pc.cast(pa.array(part.astype("int64")), TEXT), digits, "0")
        printed = pc.utf8_rtrim(pc.utf8_rtrim(glued(printed, ".", behind), "0"), ".")
    below = pa.array((numbers < 0) & ((whole > 0) | (part > 0)))
    printed = pc.if_else(below, glued("-", printed), printed)
    return pc.if_else(pa.array(known), printed, pa.scalar("", TEXT))


def day_array(values: pd.Series) -> pa.Array:
    """``2022-05-27``; empty where there is none."""
    days = stamps_of(values)
    if getattr(days.dtype, "tz", None) is not None:
        days = days.dt.tz_localize(None)
    return _per_stretch(days.to_numpy("datetime64[D]"), _days)


def time_array(values: pd.Series) -> pa.Array:
    """``2022-05-27T17:47:41+08:00``; empty where there is no time. A naive time is UTC.

    One form for every row, also where only the day is known (midnight, flagged ``date_only``): readers parse a column in one form.
    """
    stamps = stamps_of(values, utc=True)
    # By the offset that is printed: the zone of Shanghai had summer times, and minutes of its own before 1901.
    return _per_stretch(stamps.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[s]") + _OFFSET, _times)


def _days(days: np.ndarray) -> pa.Array:
    """Of datetime64[D]; a column has few distinct ones, so each is printed once."""
    codes, distinct = pd.factorize(days, use_na_sentinel=False)
    words = np.where(np.isnat(distinct), "", np.datetime_as_string(distinct)) if len(distinct) else np.zeros(0, "U")
    return pa.array(words.tolist(), type=TEXT).take(pa.array(codes))


def _times(local: np.ndarray) -> pa.Array:
    """Of datetime64[s] in Beijing: the day, and a clock time out of a table of all of them."""
    days = local.astype("datetime64[D]")
    second = np.where(np.isnat(local), 0, (local - days).astype("int64"))
    printed = glued(_days(days), _clock_times().take(pa.array(second)))
    return pc.if_else(pa.array(np.isnat(local)), pa.scalar("", TEXT), printed)


@cache
def _clock_times() -> pa.Array:
    """``T00:00:00+08:00`` … of every second of a day; 1.5 MB."""
    two = [f"{number:02d}" for number in range(60)]
    minutes = [f"T{hour}:{minute}:" for hour in two[:24] for minute in two]
    return pa.array([f"{minute}{second}+08:00" for minute in minutes for second in two], type=TEXT)


def stamps_of(values: pd.Series, utc: bool = False) -> pd.Series:
    """Timestamps of a column of timestamps, dates or ISO texts; what cannot be read is NaT. utc: aware, a naive one is taken as UTC."""
    if values.dtype.kind == "M":
        return (values.dt.tz_localize("UTC") if getattr(values.dt, "tz", None) is None else values) if utc else values
    return pd.to_datetime(values, errors="coerce", utc=utc, format="ISO8601" if values.dtype.kind in "OTU" and utc else None)


def _per_stretch(values: np.ndarray, printed: Callable[[np.ndarray], pa.Array]) -> pa.Array:
    """values: of 64 bits each. Articles of one session stand on the same bar and come one after the other, so equal neighbours are printed once."""
    bits = np.ascontiguousarray(values).view("int64")
    begins = np.concatenate((np.ones(min(len(bits), 1), bool), bits[1:] != bits[:-1]))
    if 2 * np.count_nonzero(begins) > len(bits):
        return printed(values)
    return printed(values[begins]).take(pa.array(np.cumsum(begins) - 1))


def flags_array(frame: pd.DataFrame) -> pa.Array:
    """The names of the flags that hold, separated by blanks."""
    codes = np.zeros(len(frame), np.int64)
    for bit, name in enumerate(FLAGS):
        if name in frame:
            codes |= frame[name].fillna(False).to_numpy(bool).astype(np.int64) << bit
    return _per_stretch(codes, _flag_names)


def _flag_names(codes: np.ndarray) -> pa.Array:
    places, distinct = pd.factorize(codes)
    words = [" ".join(name for bit, name in enumerate(FLAGS) if code >> bit & 1) for code in distinct.tolist()]
    return pa.array(words, type=TEXT).take(pa.array(places))


def date_only_of(frame: pd.DataFrame) -> np.ndarray | None:
    """Which rows know the day of their publication alone."""
    if "date_only" in frame:
        return frame["date_only"].fillna(False).to_numpy(bool)
    if "precision" in frame:
        return (frame["precision"].astype(str) == "day").to_numpy()
    if "flags" in frame:  # a frame in export form already
        return frame["flags"].astype(str).str.contains("date_only", regex=False).to_numpy(bool)
    return None


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the columns the export calls by another name than the store: locator (origin), copies (cluster_size less one)."""
    more = {}
    if "locator" not in frame and "origin" in frame:
        more["locator"] = frame["origin"]
    if "copies" not in frame and "cluster_size" in frame:
        more["copies"] = frame["cluster_size"] - 1
    return frame.assign(**more) if more else frame


def cells(frame: pd.DataFrame, column: Column) -> pa.Array:
    """One column of the export, as text without any guard. A column the frame lacks is empty."""
    if column.kind == "flags" and "flags" not in frame:
        return flags_array(frame)
    if column.name not in frame:
        return pa.array([""] * len(frame), type=TEXT)
    values = frame[column.name]
    if column.kind == "day":
        return day_array(values)
    if column.kind == "time":
        return time_array(values)
    if column.kind in {"price", "ratio", "count"}:
        return number_array(values, column.digits)
    return text_array(values)
