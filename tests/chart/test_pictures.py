"""The other pictures: valid for plotly, escaped, and saying what the tables say."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from newslink.chart import pictures, theme
from newslink.chart.minutes import minute_figure
from newslink.chart.units import large, large_axis

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("dark", [True, False])
def test_treemap_areas_are_articles_and_branches_are_their_sums(dark):
    table = pd.DataFrame(
        {
            "security": ["600519.SH", "000858.SZ", "00700.HK"], "name": ["贵州茅台", HOSTILE, "腾讯控股"],
            "group": ["白酒", "白酒", "未知"], "articles": [5, 3, 9], "change": [0.02, float("nan"), -0.4],
        }
    )  # fmt: skip
    figure = pictures.treemap_figure(table, dark, True, "zh")
    go.Figure(figure)
    (trace,) = figure["data"]
    value = dict(zip(trace["ids"], trace["values"], strict=True))
    assert value["g:白酒"] == 8 and value["g:未知"] == 9 and value["600519.SH"] == 5
    assert value["all"] == 17 and trace["parents"][trace["ids"].index("g:未知")] == "all"
    colour, text = (dict(zip(trace["ids"], of, strict=True)) for of in (trace["marker"]["colors"], trace["text"]))
    assert colour["00700.HK"] == (theme.DARK if dark else theme.LIGHT).green, "the extreme has the whole colour"
    assert colour["000858.SZ"] == (theme.DARK if dark else theme.LIGHT).grid and "%" not in text["000858.SZ"], "no return is neutral"
    assert text["600519.SH"] == "贵州茅台<br>▲2.00%" and text["00700.HK"] == "腾讯控股<br>▼40.00%", "the arrow says what the colour says"
    assert "<img" not in json.dumps(figure)


def test_of_a_large_treemap_only_what_has_room_is_named():
    many = 300
    table = pd.DataFrame(
        {"security": [f"{600000 + i}.SH" for i in range(many)], "name": [f"公司{i}" for i in range(many)], "group": ["银行"] * many,
         "articles": [900, 9, *[1] * (many - 2)], "change": [0.01] * many}
    )  # fmt: skip
    (trace,) = pictures.treemap_figure(table, False, True, "zh")["data"]
    text = dict(zip(trace["ids"], trace["text"], strict=True))
    assert text["600000.SH"] == "公司0<br>▲1.00%" and text["600001.SH"] == "公司1" and text["600002.SH"] == ""
    assert text["g:银行"] == "银行" and "公司2" in trace["labels"], "the hover names them all"


def test_calendar_puts_every_count_on_its_weekday_and_week():
    days = [date(2022, 3, 1) + timedelta(days=i) for i in range(0, 60, 3)]
    counts = list(range(1, len(days) + 1))
    figure = pictures.calendar_figure(days, counts, False, "zh")
    go.Figure(figure)
    (trace,) = figure["data"]
    found = {trace["text"][row][column]: value for row, line in enumerate(trace["z"]) for column, value in enumerate(line) if value}
    assert found == {day.isoformat(): count for day, count in zip(days, counts, strict=True)}
    assert all(date.fromisoformat(trace["text"][row][0]).weekday() == row for row in range(7))
    # Few days of news do not make a calendar of two wide columns.
    assert len(trace["z"][0]) >= 52


def test_calendar_of_nothing_is_empty():
    go.Figure(pictures.calendar_figure([], [], True, "en"))


def test_minute_chart_keeps_the_last_bars_and_their_news():
    times = pd.date_range("2026-11-23 01:35", periods=600, freq="5min", tz="UTC")
    price = [10.0] * 600
    bars = pd.DataFrame({"time": times, "open": price, "high": price, "low": price, "close": price, "volume": [1.0] * 600})
    news = pd.DataFrame({"bar": [3, 599, 599], "title": ["old", HOSTILE, "two"], "published_at": [times[0]] * 3})
    figure = minute_figure(bars, news, False, True, 400, "zh")
    go.Figure(figure)
    assert len(figure["data"][0]["x"]) == 400
    marks = figure["data"][-1]
    assert marks["text"] == ["2"] and "<img" not in json.dumps(figure)
    assert figure["layout"]["xaxis"]["ticktext"][0] == "11-24" and len(figure["layout"]["xaxis"]["ticktext"]) <= 8


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(500, "500", "500"), (20_000, "2万", "20K"), (200_000, "20万", "200K"), (5e7, "5000万", "50M"), (1.5e8, "1.5亿", "150M"), (2e9, "20亿", "2B"),
     (1e12, "1万亿", "1T")],
)  # fmt: skip
def test_large_numbers_on_axes_are_in_units_of_the_language(value, zh, en):
    assert (large(value, "zh"), large(value, "en")) == (zh, en)


@pytest.mark.parametrize("highest", [1, 7, 99.9, 212_345, 1e6, 3.3e7, 9.99e8, 4.2e11])
def test_axes_of_large_numbers_have_a_few_round_steps_up_to_the_highest(highest):
    ticks = large_axis(highest, "zh")["tickvals"]
    assert 1 <= len(ticks) <= 3 and ticks[-1] <= highest * 1.0000001 and highest - ticks[-1] < ticks[0]


@pytest.mark.parametrize("nothing", [0.0, float("nan"), -1.0, float("inf")])
def test_an_axis_of_nothing_has_no_ticks(nothing):
    assert large_axis(nothing, "zh") == {"tickvals": [], "ticktext": []}
