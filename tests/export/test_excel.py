"""Workbooks, read back with openpyxl."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import openpyxl
import pandas as pd

from newslink.export import COLUMNS, NAMES, About, events_excel, write_events_excel

ABOUT = About("贵州茅台 600519.SH", datetime(2022, 7, 1, 8, tzinfo=UTC), (("证券", "600519.SH"),), ("示例行情",), ("示例数据",))


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "session": pd.to_datetime(["2022-05-05", None, "2022-05-06"]),
            "security": ["000001.SZ", "600519.SH", "00700.HK"],
            "published_at": pd.to_datetime(["2022-05-04T16:00:00Z", "2022-05-04T01:00:05Z", None], utc=True),
            "date_only": [True, False, False],
            "title": ["=1+1", "http://example.com/", "@x"],
            "surface": ["000001", "茅台", "202205262391921712"],
            "close": [12.65, np.nan, 300.0],
            "return_0": [-0.01, np.inf, 0.02],
            "tags": [("减持", "回购"), (), ("分红",)],
        }
    )


def sheet_of(content: bytes, name: str = "事件"):
    return openpyxl.load_workbook(io.BytesIO(content))[name]


def test_codes_are_text_numbers_are_numbers_and_nothing_is_a_formula_or_link() -> None:
    sheet = sheet_of(events_excel(frame(), ABOUT))
    at = {name: NAMES.index(name) + 1 for name in NAMES}
    kinds = {name: sheet.cell(2, at[name]).data_type for name in ("security", "title", "surface", "close", "return_0", "session")}
    assert kinds == {"security": "s", "title": "s", "surface": "s", "close": "n", "return_0": "n", "session": "d"}
    assert sheet.cell(2, at["surface"]).value == "000001"
    assert sheet.cell(4, at["surface"]).value == "202205262391921712"
    assert sheet.cell(2, at["title"]).value == "=1+1"
    assert sheet.cell(2, at["security"]).number_format == "@"
    assert sheet.cell(2, at["return_0"]).number_format == "0.00%"
    assert sheet.cell(3, at["close"]).value is None
    assert sheet.cell(3, at["return_0"]).value is None
    assert all(cell.hyperlink is None and cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_times_are_beijings_and_a_day_alone_has_no_clock() -> None:
    sheet = sheet_of(events_excel(frame(), ABOUT))
    at = NAMES.index("published_at") + 1
    assert sheet.cell(3, at).value == datetime(2022, 5, 4, 9, 0, 5)
    assert (sheet.cell(2, at).value, sheet.cell(2, at).number_format) == (datetime(2022, 5, 5), "yyyy-mm-dd")


def test_header_is_frozen_and_the_events_sheet_opens() -> None:
    book = openpyxl.load_workbook(io.BytesIO(events_excel(frame(), ABOUT)))
    assert book.active.title == "事件"
    assert book["事件"].freeze_panes == "D2"
    assert book["事件"].auto_filter.ref is not None
    assert [cell.value for cell in book["事件"][1]] == [column.zh for column in COLUMNS]


def test_the_first_sheet_says_filters_sources_time_and_version() -> None:
    sheet = sheet_of(events_excel(frame(), ABOUT), "说明")
    text = {str(row[0].value): str(row[1].value) for row in sheet.iter_rows(max_col=2)}
    assert text["筛选: 证券"] == "600519.SH"
    assert text["来源"] == "示例行情"
    assert text["说明"] == "示例数据"
    assert text["导出时间"] == "2022-07-01T08:00:00+00:00"
    assert text["newslink 版本"] == ABOUT.version
    assert text["行数"] == "3"


def test_a_full_sheet_is_continued_on_the_next_and_no_row_is_lost() -> None:
    file = io.BytesIO()
    frames = [frame()] * 5
    assert write_events_excel(frames, ABOUT, file, rows_per_sheet=7) == 15
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    assert [book[name].max_row - 1 for name in ("事件", "事件 2", "事件 3")] == [7, 7, 1]


def test_no_rows_still_make_a_workbook_with_a_header() -> None:
    sheet = sheet_of(events_excel(frame().iloc[:0], About("empty", ABOUT.made_at, language="en")), "Events")
    assert [cell.value for cell in sheet[1]] == list(NAMES)
