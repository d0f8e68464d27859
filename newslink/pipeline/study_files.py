"""A researcher's own files → panel, events, study; and every table of a study → files.

prices: wide CSV, first column the date, one column a security, prices (adjusted for splits and dividends by whoever made it). market: CSV,
first column the date, second the level of the benchmark. events: CSV with ticker (or security) and event_date (or session, date), the event
session itself, already aligned; optional event_id, group and flags (intraday, date_only, suspended, limit_up, limit_down).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

from newslink.errors import StudyError
from newslink.study import Events, Panel, StudyResult, panel_from_levels
from newslink.study.tables import TABLES

FLAGS = ("intraday", "date_only", "suspended", "limit_up", "limit_down", "ex_date", "provisional")
_TRUE = {"1", "true", "yes", "y", "t", "是"}
# What a refused study still writes: facts about single events. What it says across events is withheld.
_EVEN_IF_REFUSED = ("ar", "car", "fit", "excluded")


def read_panel(prices: Path, market: Path, returns: str) -> Panel:
    """Both files → returns on the sessions of the price file. Raises StudyError naming file, column or row."""
    wide = _dated(prices)
    level = _dated(market)
    if level.shape[1] < 1:
        raise StudyError(f"{market}: expected a date column and a column with the level of the benchmark.")
    dates = wide.index.to_numpy("datetime64[D]")
    # The benchmark is read on the sessions of the prices, so both returns span the same days.
    aligned = level.iloc[:, 0].reindex(wide.index).to_numpy(float)
    return panel_from_levels(dates, np.array([str(name) for name in wide.columns], dtype=object), wide.to_numpy(float), aligned, returns)


def read_events(path: Path) -> Events:
    """The events file. Raises StudyError naming the column or the row."""
    frame = _csv(path, dtype=str)
    frame.columns = [str(name).strip() for name in frame.columns]
    security = _column(frame, path, ("ticker", "security"))
    session = _dates(_column(frame, path, ("event_date", "session", "date")), path)
    size = len(frame)
    ids = frame["event_id"].fillna("") if "event_id" in frame else pd.Series([str(number + 1) for number in range(size)], dtype=object)
    group = frame["group"].fillna("all") if "group" in frame else pd.Series(["all"] * size, dtype=object)
    flags = {name: frame[name].fillna("").str.strip().str.lower().isin(_TRUE).to_numpy(bool) for name in FLAGS if name in frame}
    security = security.fillna("").str.strip()
    return Events(ids.to_numpy(object), group.to_numpy(object), security.to_numpy(object), session.to_numpy("datetime64[D]"), flags)


def write_study(result: StudyResult, directory: Path, run: str, source: dict | None = None) -> list[Path]:
    """ar, car, aar, caar, fit, tests, events, excluded.csv and spec.json in the directory; each appears whole or not at all.

    A refused study writes the facts about single events and what was left out, and takes away what an earlier run said across events.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in TABLES.items():
        path = directory / f"{name}.csv"
        if result.refused and name not in _EVEN_IF_REFUSED:
            path.unlink(missing_ok=True)
            continue
        put(path, table(result, run).to_csv(index=False, lineterminator="\n"))
        written.append(path)
    names, counts = np.unique(result.reason[result.reason != ""].astype(str), return_counts=True)
    about = {
        "run": run, "spec": result.spec.as_dict(), "source": source or {}, "refused": result.refused,
        "events": {
            "given": len(result.events), "kept": len(result.kept),
            "excluded": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        },
        "panel": {
            "securities": len(result.panel.names), "sessions": len(result.panel.dates),
            "first": str(result.panel.dates[0]) if len(result.panel.dates) else None,
            "last": str(result.panel.dates[-1]) if len(result.panel.dates) else None,
        },
    }  # fmt: skip
    path = directory / "spec.json"
    put(path, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    return [*written, path]


def put(path: Path, content: str | bytes) -> None:
    """The file appears whole or stays as it was."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    os.replace(part, path)  # noqa: PTH105


def _csv(path: Path, **more) -> pd.DataFrame:
    try:
        return pd.read_csv(path, encoding="utf-8-sig", **more)
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise StudyError(f"{path}: cannot be read as CSV ({error}).") from None


def _dated(path: Path) -> pd.DataFrame:
    """Dates as index, ascending; every other column as numbers."""
    frame = _csv(path, dtype=str, keep_default_na=False)
    if frame.shape[1] < 2 or not len(frame):
        raise StudyError(f"{path}: expected a date column and at least one column of prices, and at least one row.")
    if any(str(name).endswith(".1") and str(name)[:-2] in frame.columns for name in frame.columns):
        raise StudyError(f"{path}: a column name appears twice.")
    days = _dates(frame.iloc[:, 0], path)
    columns = {}
    for name in frame.columns[1:]:
        text = frame[name].str.strip()
        empty = text.str.lower().isin({"", "na", "nan", "n/a", "null", "none", "-", "--"})
        numbers = pd.to_numeric(text.mask(empty), errors="coerce")
        wrong = numbers.isna() & ~empty
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise StudyError(f"{path}: row {at + 2}, column {name!r}: {text.iloc[at][:40]!r} is no number.")
        columns[str(name).strip()] = numbers.to_numpy(float)
    result = pd.DataFrame(columns, index=pd.DatetimeIndex(days.to_numpy("datetime64[s]"))).sort_index()
    if result.index.has_duplicates:
        raise StudyError(f"{path}: {result.index[result.index.duplicated()][0].date()} appears twice.")
    return result


def _dates(column: pd.Series, path: Path) -> pd.Series:
    text = column.fillna("").str.strip().str.replace("/", "-", regex=False)
    days = pd.to_datetime(text.str[:10], format="mixed", errors="coerce")
    wrong = days.isna()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise StudyError(f"{path}: row {at + 2}: {str(column.iloc[at])[:40]!r} is no date; expected YYYY-MM-DD.")
    return days


def _column(frame: pd.DataFrame, path: Path, names: tuple[str, ...]) -> pd.Series:
    for name in names:
        if name in frame:
            return frame[name]
    raise StudyError(f"{path}: no column {' or '.join(names)}; there are {', '.join(map(str, frame.columns))}.")
