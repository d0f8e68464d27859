"""A researcher's own files → panel and events of a study.

prices: wide CSV, first column the date, one column a security, prices (adjusted for splits and dividends by whoever made it). market: CSV,
first column the date, second the level of the benchmark. events: CSV with ticker (or security) and event_date (or session, date), the event
session itself, already aligned; optional event_id, group and flags (intraday, date_only, suspended, limit_up, limit_down).

The files are as spreadsheets save them: UTF-8, UTF-16 or GB18030; commas, semicolons or tabs; dates in any order that cannot be mistaken,
a time of the day behind them ignored; rows and columns without content left out.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from newslink.articles.decode import decode
from newslink.errors import ArticleError, StudyError
from newslink.study import Events, Panel, panel_from_levels

FLAGS = ("intraday", "date_only", "suspended", "limit_up", "limit_down", "ex_date", "provisional")
_TRUE = {"1", "1.0", "true", "yes", "y", "t", "是"}
_NO_NUMBER = {"", "na", "nan", "n/a", "#n/a", "#n/a n/a", "null", "none", ".", "-", "--", "—"}
_YEAR_FIRST = r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|(\d{2})(\d{2})|年(\d{1,2})月(\d{1,2})日)(?:\.0+|[T ].*)?"
_YEAR_LAST = r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?: .*)?"
_SERIAL = r"(\d{5})(?:\.\d+)?"
_MONTH_BY_NAME = r"(?:\d{1,2}[- ][A-Za-z]{3,9}|[A-Za-z]{3,9}[- ]\d{1,2}),?[- ](?:\d{4}|\d{2})(?: .*)?"


def read_panel(prices: Path, market: Path, returns: str) -> Panel:
    """Both files → returns on the sessions of the price file. Raises StudyError naming file, column or row.

    A row on which neither a security nor the benchmark has a price is no session: it is a holiday that somebody's calendar holds.
    """
    wide, level = _levels(prices), _levels(market)
    if not level.index.isin(wide.index).any():
        raise StudyError(
            f"{market} and {prices} have no date in common: {_span(level.index)} against {_span(wide.index)}."
        )  # fmt: skip
    # The benchmark is read on the sessions of the prices, so both returns span the same days.
    aligned = level.iloc[:, 0].reindex(wide.index).to_numpy(float)
    table = wide.to_numpy(float)
    session = np.isfinite(table).any(axis=1) | np.isfinite(aligned)
    names = np.array([str(name) for name in wide.columns], dtype=object)
    return panel_from_levels(wide.index.to_numpy("datetime64[D]")[session], names, table[session], aligned[session], returns)


def read_events(path: Path) -> Events:
    """The events file. Raises StudyError naming the column or the row."""
    frame = _table(path)
    frame.columns = [re.sub(r"[\s-]+", "_", name.lower()) for name in frame.columns]
    security = _column(frame, path, ("ticker", "security"))
    session = _dates(_column(frame, path, ("event_date", "session", "date")), path)
    size = len(frame)
    ids = frame["event_id"] if "event_id" in frame else pd.Series([str(number + 1) for number in range(size)], dtype=object)
    group = frame["group"].where(frame["group"] != "", "all") if "group" in frame else pd.Series(["all"] * size, dtype=object)
    flags = {name: frame[name].str.lower().isin(_TRUE).to_numpy(bool) for name in FLAGS if name in frame}
    return Events(ids.to_numpy(object), group.to_numpy(object), security.to_numpy(object), session.to_numpy("datetime64[D]"), flags)


def _table(path: Path) -> pd.DataFrame:
    """Every cell as text without blanks around it, '' where there is none; the first row names the columns. index: row number less 2."""
    try:
        text = decode(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file.") from None
    except (OSError, ArticleError) as error:
        raise StudyError(f"{path}: cannot be read as CSV ({error}).") from None
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    try:
        cells = pd.read_csv(io.StringIO(text), sep=separator, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise StudyError(f"{path}: cannot be read as CSV ({error}).") from None
    cells = cells.fillna("").apply(lambda column: column.str.strip())
    names, body = cells.iloc[0], cells.iloc[1:]
    body.index = body.index - 1
    body = body[(body != "").any(axis=1)]
    wanted = [at for at in cells.columns if names[at] or (body[at] != "").any()]
    found = body[wanted].set_axis([names[at] for at in wanted], axis=1)
    twice = found.columns[found.columns.duplicated()]
    if len(twice):
        raise StudyError(f"{path}: two columns are called {twice[0]!r}." if twice[0] else f"{path}: two columns have no name.")
    return found


def _levels(path: Path) -> pd.DataFrame:
    """Dates as index, ascending; every other column as numbers, NaN where there is none."""
    frame = _table(path)
    if frame.shape[1] < 2 or not len(frame):
        raise StudyError(f"{path}: expected a date column and at least one column of prices, and at least one row.")
    days = _dates(frame.iloc[:, 0], path)
    columns = {name: _numbers(frame[name], path) for name in frame.columns[1:]}
    result = pd.DataFrame(columns, index=pd.DatetimeIndex(days.to_numpy("datetime64[s]"))).sort_index()
    if result.index.has_duplicates:
        raise StudyError(f"{path}: {result.index[result.index.duplicated()][0].date()} appears twice.")
    return result


def _numbers(text: pd.Series, path: Path) -> np.ndarray:
    """Numbers, NaN where the cell says that there is none; 1,234.50 is a number as well."""
    numbers = pd.to_numeric(text, errors="coerce")
    rest = text[numbers.isna()]
    rest = rest[~rest.str.lower().isin(_NO_NUMBER)]
    if len(rest):
        grouped = rest[rest.str.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")]
        if len(grouped) < len(rest):
            at = rest.index.difference(grouped.index, sort=False)[0]
            raise StudyError(f"{path}: row {at + 2}, column {text.name!r}: {text[at][:40]!r} is no number; expected one such as 1234.5.")
        numbers = numbers.fillna(pd.to_numeric(grouped.str.replace(",", "", regex=False)))
    return numbers.to_numpy(float)


def _dates(text: pd.Series, path: Path) -> pd.Series:
    """Days. 03/04/2024 is a day only where another row of the column shows which of the two is the month."""
    parts = text.str.extract(f"^(?:{_YEAR_FIRST}|{_YEAR_LAST}|{_SERIAL})$")
    year, month, day = parts[0].fillna(parts[9]), parts[1].fillna(parts[3]).fillna(parts[5]), parts[2].fillna(parts[4]).fillna(parts[6])
    last = parts[9].notna()
    if last.any():
        one, two = (pd.to_numeric(parts[at]) for at in (7, 8))
        day_first, month_first = (one > 12).any(), (two > 12).any()
        if day_first == month_first:
            at = last.idxmax()
            why = "some rows have the day first, others the month" if day_first else "it may be the day first or the month"
            raise StudyError(f"{path}: row {at + 2}: {text[at][:40]!r} cannot be told: {why}; expected YYYY-MM-DD.")
        month, day = month.fillna(parts[8 if day_first else 7]), day.fillna(parts[7 if day_first else 8])
    days = pd.to_datetime(year + "-" + month + "-" + day, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    # Spreadsheets count days from 1899-12-30.
    serial = pd.to_numeric(parts[10])
    counted = pd.Timestamp("1899-12-30") + pd.to_timedelta(serial.where(serial.between(20_000, 80_000)), unit="D")
    named = text.where(text.str.fullmatch(_MONTH_BY_NAME)).str.replace(r"(?<=\d{2}) .*:.*", "", regex=True)
    days = days.fillna(counted.astype("datetime64[s]")).fillna(
        pd.to_datetime(named, format="mixed", errors="coerce").astype("datetime64[s]")
    )
    if days.isna().any():
        at = days.isna().idxmax()
        raise StudyError(f"{path}: row {at + 2}, column {str(text.name)!r}: {text[at][:40]!r} is no date; expected YYYY-MM-DD.")
    return days


def _column(frame: pd.DataFrame, path: Path, names: tuple[str, ...]) -> pd.Series:
    for name in names:
        if name in frame:
            return frame[name]
    raise StudyError(f"{path}: no column {' or '.join(names)}; there are {', '.join(map(str, frame.columns))}.")


def _span(days: pd.DatetimeIndex) -> str:
    return f"{days[0].date()} to {days[-1].date()}"
