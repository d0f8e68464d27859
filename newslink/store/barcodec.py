"""Bars of one security ↔ bytes: one stretch per column, integers where that loses nothing, compressed.

Prices that are whole multiples of 1/10,000 (all that exchanges quote) are kept as 32-bit integers, and checked to come back bit for bit;
other numbers are kept as 64-bit floats. Nothing is pickled.
"""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np
import pandas as pd

from newslink.errors import StoreError
from newslink.frames import BAR_COLUMNS

NUMBERS = ("open", "high", "low", "close", "prev_close", "volume", "amount")
SCALES = (1, 100, 1000, 10_000)
_MOST_ROWS = 100_000
_LARGEST = 64 << 20


def pack_bars(columns: dict[str, np.ndarray]) -> bytes:
    """columns: session (days since 1970, int64), NUMBERS (float64), provider (str), fetched_at (seconds since 1970), provisional (bool)."""
    rows = len(columns["session"])
    providers, provider = np.unique(np.asarray(columns["provider"], dtype=object).astype(str), return_inverse=True)
    head = {"rows": rows, "providers": providers.tolist(), "scale": {}}
    parts = [
        np.diff(columns["session"], prepend=0).astype("<i4").tobytes(),
        provider.astype("<u2").tobytes(),
        columns["fetched_at"].astype("<i8").tobytes(),
        columns["provisional"].astype("u1").tobytes(),
    ]
    for name in NUMBERS:
        scale, values = _scaled(columns[name])
        head["scale"][name] = scale
        parts.append(values.tobytes())
    text = json.dumps(head, ensure_ascii=False).encode()
    return zlib.compress(struct.pack("<I", len(text)) + text + b"".join(parts), 1)


def unpack_bars(data: bytes) -> dict[str, np.ndarray]:
    """Raises StoreError when the bytes are damaged."""
    try:
        engine = zlib.decompressobj()
        raw = engine.decompress(data, _LARGEST)
        if not engine.eof or engine.unused_data:
            raise ValueError("cut short or too long")
        (length,) = struct.unpack_from("<I", raw)
        head = json.loads(raw[4 : 4 + length])
        rows, at = head["rows"], 4 + length
        if not 0 <= rows <= _MOST_ROWS:
            raise ValueError(f"{rows} rows")

        def take(kind: str) -> np.ndarray:
            nonlocal at
            part = np.frombuffer(raw, kind, rows, at)
            at += part.nbytes
            return part

        out = {
            "session": np.cumsum(take("<i4"), dtype="int64"),
            "provider": np.array(head["providers"], dtype=object)[take("<u2")],
            "fetched_at": take("<i8").astype("int64"),
            "provisional": take("u1").astype(bool),
        }
        for name in NUMBERS:
            scale = head["scale"][name]
            if scale == 0:
                out[name] = take("<f8").astype("float64")
            else:
                whole = take("<i8" if scale < 0 else "<i4")
                values = whole.astype("float64") if scale in (-1, 1) else whole / float(scale)
                if scale > 0 and rows and whole.min() == _NAN:
                    values[whole == _NAN] = np.nan
                out[name] = values
        return out
    except (zlib.error, ValueError, KeyError, IndexError, struct.error) as error:
        raise StoreError(f"stored bars cannot be read ({error}); fetch them again or restore a backup") from error


_NAN = np.int32(-(1 << 31))


def _scaled(values: np.ndarray) -> tuple[int, np.ndarray]:
    """(scale, integers): value = integer / scale; scale -1: 64-bit integers as they are; 0: floats as they are."""
    values = np.asarray(values, dtype="float64")
    missing = np.isnan(values)
    for scale in SCALES:
        whole = np.rint(np.where(missing, 0.0, values) * scale)
        if np.abs(whole).max(initial=0) < 2**31 - 1 and np.array_equal(whole / scale, np.where(missing, 0.0, values)):
            return scale, np.where(missing, _NAN, whole).astype("<i4")
    if not missing.any() and np.abs(values).max(initial=0) < 2**53 and np.array_equal(np.rint(values), values):
        return -1, values.astype("<i8")
    return 0, values.astype("<f8")


def columns_of(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """A bars frame → arrays as ``pack_bars`` takes them."""
    out = {
        "session": frame["session"].to_numpy("datetime64[D]").astype("int64"),
        "provider": frame["provider"].to_numpy(object),
        "fetched_at": pd.to_datetime(frame["fetched_at"], utc=True).to_numpy("datetime64[s]").astype("int64"),
        "provisional": frame["provisional"].to_numpy(bool),
    }
    return out | {name: frame[name].to_numpy("float64") for name in NUMBERS}


def frame_of(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """Arrays → a bars frame."""
    providers = columns["provider"]
    frame = pd.DataFrame(
        {
            "session": columns["session"].astype("datetime64[D]").astype("datetime64[s]"),
            **{name: columns[name] for name in NUMBERS},
            "provider": pd.array(providers, dtype="str"),
            "fetched_at": pd.DatetimeIndex(columns["fetched_at"].astype("datetime64[s]")).tz_localize("UTC"),
            "provisional": columns["provisional"],
        },
        copy=False,
    )
    return frame.loc[:, list(BAR_COLUMNS)]
