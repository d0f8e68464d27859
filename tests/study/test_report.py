"""The workbook and the page hold the numbers, and nothing in them runs."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime

import numpy as np
import openpyxl
import pytest

from newslink.export import About
from newslink.pipeline.study_report import figures_of, labels_of, study_excel, study_html
from newslink.study import StudySpec, run_study
from newslink.study.tables import TABLES
from tests.study.conftest import made_events, made_panel

HOSTILE = '=HYPERLINK("http://x")</script><script>alert(1)</script>'


def about(language: str = "zh") -> About:
    return About("事件研究", datetime(2024, 1, 2, tzinfo=UTC), filters=(("标签", HOSTILE),), language=language)


@pytest.fixture(scope="module")
def result():
    panel = made_panel(4, securities=8)
    events = made_events([*panel.names, "S0"], panel.dates[[*range(200, 280, 10), 20]], group=[*["g"] * 7, HOSTILE, HOSTILE])
    return run_study(panel, events, StudySpec())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_holds_every_table_and_no_formula(result, language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(study_excel(result, about(language))))
    assert len(book.sheetnames) == 9
    car = [sheet for sheet in book if [cell.value for cell in sheet[1]][:7] == list(TABLES["car"](result, "r").columns)[:7]][0]
    assert car.max_row == len(result.kept) * 5 + 1
    column = [cell.value for cell in car[1]].index("car")
    np.testing.assert_allclose(
        [row[column].value for row in car.iter_rows(min_row=2)], TABLES["car"](result, "r")["car"].to_numpy(), 1e-12
    )
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_page_carries_its_pictures_as_data_and_runs_nothing_else(result) -> None:
    page = study_html(result, about(), labels_of(result, [HOSTILE] * 9), script="/* plotly */").decode()
    assert page.count("<script>") == 2 and "alert(1)" in page and "<script>alert" not in page
    data = json.loads(re.search(r'id="figures">(.*?)</script>', page, re.S)[1])
    assert len(data) == 8 and {each["id"] for each in data} == set(re.findall(r'<div id="(f\d-\w+)"', page))
    policy = re.search(r'Security-Policy" content="([^"]+)"', page)[1]
    assert "unsafe-inline" not in policy.split("style-src")[0] and policy.count("sha256-") == 2
    adjusted = TABLES["tests"](result, "r").query("group == 'g' and test == 'kp'")["p_adjusted"]
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(<td>\[.*?)</tr>", page)]
    assert [float(row[4]) for row in cells[:5]] == pytest.approx(adjusted.tolist(), abs=5e-4)
    assert "估计窗口历史不足" in page and "Corrado 秩检验 p 值" in page and "insufficient_history" not in page.split('id="figures"')[0]
    assert "T+1" in page and not re.search(r'(?:src|href)="', page)


def test_a_refused_study_shows_no_tables_across_events() -> None:
    panel = made_panel()
    refused = run_study(panel, made_events(["S0", "S1"], panel.dates[[10, 200]]), StudySpec(max_loss=0.1), strict=False)
    page = study_html(refused, about("en"), script="").decode()
    assert "no overall verdict" in page and "BMP p" not in page
    assert len(openpyxl.load_workbook(io.BytesIO(study_excel(refused, about("en")))).sheetnames) == 6


def test_the_pictures_follow_the_group_and_the_headline_window(result) -> None:
    found = figures_of(result, "g", labels_of(result))
    assert set(found) == {"path", "strip", "distribution", "heat"}
    assert len(found["heat"]["data"][0]["z"]) == 7 and len(found["strip"]["data"][1]["y"]) == 7
    assert "[0, 1]" in found["strip"]["data"][1]["name"]
