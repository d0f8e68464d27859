"""CSV bytes, read back with the standard library and checked cell by cell."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.export import COLUMNS, NAMES, events_csv, write_events_csv, write_events_jsonl
from newslink.export.columns import documentation

ROOT = Path(__file__).resolve().parents[2]
NEEDED = [
    "session", "security", "name", "published_at", "title", "source", "url", "rule", "surface", "role", "relevance", "prev_close", "open",
    "high", "low", "close", "return_0",
]  # fmt: skip


def frame_of(**columns: object) -> pd.DataFrame:
    size = max((len(values) for values in columns.values()), default=1)
    base = {"session": [pd.Timestamp("2022-05-05")] * size, "security": ["600519.SH"] * size}
    return pd.DataFrame(base | columns)


def cells_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_bytes_begin_with_the_mark_excel_needs_and_lines_end_in_crlf() -> None:
    content = events_csv(frame_of(title=["第一行\n第二行", 'say "no", please']))
    assert content.startswith(b"\xef\xbb\xbfsession,security,name,")
    assert content.endswith(b"\r\n")
    assert len(re.findall(rb"\r\n", content)) == 3  # a line break inside a cell is a bare \n
    assert [row["title"] for row in cells_of(content)] == ["第一行\n第二行", 'say "no", please']


def test_column_order_is_fixed_and_documented() -> None:
    assert list(NAMES[: len(NEEDED)]) == NEEDED
    assert documentation() in (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
    assert list(cells_of(events_csv(frame_of(title=["x"])))[0]) == list(NAMES)


def test_no_rows_give_a_header_alone() -> None:
    assert events_csv(frame_of(title=["x"]).iloc[:0]).decode("utf-8-sig") == ",".join(NAMES) + "\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "＋1", "－1", "＠A1", "﹦1", "﹢1", "\ufeff=1",
        "\u200b=cmd|' /C calc'!A0",
        "\u3000=1", "\u202e=1", '=HYPERLINK("http://x","y")', "\x00=1", "−1",
    ],
)  # fmt: skip
def test_a_cell_that_would_be_evaluated_gets_an_apostrophe(text: str) -> None:
    for column in ("title", "source", "url", "surface", "name", "locator", "category"):
        cell = cells_of(events_csv(frame_of(**{column: [text]})))[0][column]
        assert cell.startswith("'"), (column, cell)


def test_tags_and_ids_are_guarded_too() -> None:
    row = cells_of(events_csv(frame_of(tags=[("=1", "减持")], article=["@x"], cluster=["-x"])))[0]
    assert (row["tags"], row["article"], row["cluster"]) == ("'=1 减持", "'@x", "'-x")


@pytest.mark.parametrize("text", ["000001", "202205262391921712", "1E5", "2021-12", "1/2", "3-5", "TRUE", "12:30"])
def test_text_that_excel_would_rewrite_stays_text(text: str) -> None:
    assert cells_of(events_csv(frame_of(surface=[text])))[0]["surface"] == "'" + text


@pytest.mark.parametrize(
    "text", ["600519", "贵州茅台", "a=1", "600519.SH", "True story", "em:202205262391921712", "“=”", "5%", "https://a/?b=-1"]
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert cells_of(events_csv(frame_of(title=[text])))[0]["title"] == text


def test_negative_numbers_stay_numbers() -> None:
    row = cells_of(events_csv(frame_of(return_0=[-0.0123456], close=[12.5], volume=[1234567.0], excess_0=[np.nan], return_1=[np.inf])))[0]
    assert (row["return_0"], row["close"], row["volume"], row["excess_0"], row["return_1"]) == ("-0.0123456", "12.5", "1234567", "", "")


def test_small_and_large_numbers_have_no_exponent() -> None:
    rows = cells_of(events_csv(frame_of(return_0=[1e-6, -1e-9, 0.0, -1e-12], volume=[2e11, 0.0, 1.0, 3e9])))
    assert [row["return_0"] for row in rows] == ["0.000001", "-0.000000001", "0", "0"]
    assert [row["volume"] for row in rows] == ["200000000000", "0", "1", "3000000000"]


def test_times_are_beijing_in_one_form_and_a_day_without_clock_is_flagged() -> None:
    published = pd.to_datetime(["2022-05-27T09:47:41Z", "2022-05-25T16:00:00Z", None], utc=True)
    rows = cells_of(events_csv(frame_of(published_at=published, date_only=[False, True, False])))
    assert [row["published_at"] for row in rows] == ["2022-05-27T17:47:41+08:00", "2022-05-26T00:00:00+08:00", ""]
    assert [row["flags"] for row in rows] == ["", "date_only", ""]


def test_missing_sessions_and_half_characters_do_not_stop_an_export() -> None:
    frame = pd.DataFrame({"session": [pd.NaT], "security": ["NIO.US"], "title": pd.Series(["a\ud800b"], dtype=object)})
    row = cells_of(events_csv(frame))[0]
    assert (row["session"], row["title"]) == ("", "a?b")


def test_a_hundred_thousand_characters_are_cut_where_excel_would_spill() -> None:
    title = cells_of(events_csv(frame_of(title=["茅" * 100_000])))[0]["title"]
    assert len(title) == 32_000
    assert title.endswith("茅…")


def test_frames_as_they_come_equal_one_frame() -> None:
    frame = frame_of(title=[f"标题{i}" for i in range(25_000)], close=np.arange(25_000) / 7)
    file = io.BytesIO()
    assert write_events_csv((frame.iloc[i : i + 7_000] for i in range(0, 25_000, 7_000)), file) == 25_000
    assert file.getvalue() == events_csv(frame)
    assert len(cells_of(file.getvalue())) == 25_000


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_any_text_comes_back_as_it_went_in_but_for_the_guard(texts: list[str]) -> None:
    rows = cells_of(events_csv(frame_of(title=texts, source=texts[::-1])))
    assert len(rows) == len(texts)
    for text, row in zip(texts, rows, strict=True):
        kept = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
        assert row["title"].removeprefix("'") == kept.removeprefix("'")
        assert row["title"][:1] not in tuple("=+-@\t\r\n")
        assert row["security"] == "600519.SH"


def test_json_lines_hold_numbers_nulls_and_whole_texts() -> None:
    file = io.BytesIO()
    frame = frame_of(title=["=1", "茅" * 40_000], return_0=[-0.01, np.nan], tags=[("减持",), ()], volume=[10.0, np.nan])
    frame["suspended"] = [True, False]
    assert write_events_jsonl(frame, file) == 2
    first, second = (json.loads(line) for line in file.getvalue().decode().splitlines())
    assert list(first) == list(NAMES)
    assert (first["title"], first["return_0"], first["tags"], first["volume"], first["flags"]) == ("=1", -0.01, ["减持"], 10, ["suspended"])
    assert (len(second["title"]), second["return_0"], second["volume"], second["flags"]) == (40_000, None, None, [])


def test_every_column_says_what_it_means_in_both_languages() -> None:
    for column in COLUMNS:
        assert column.zh
        assert column.meaning
        assert column.kind in {"text", "day", "time", "price", "ratio", "count", "flags"}
