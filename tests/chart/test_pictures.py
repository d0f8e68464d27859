"""The other pictures: valid for plotly, escaped, and saying what the tables say."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from newslink.chart import pictures, theme

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
    assert colour["000858.SZ"] == (theme.DARK if dark else theme.LIGHT).grid and text["000858.SZ"] == "", "no return is neutral"
    assert text["600519.SH"] == "▲2.00%" and text["00700.HK"] == "▼40.00%", "the arrow says what the colour says"
    assert "<img" not in json.dumps(figure)


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
    figure = pictures.minute_figure(bars, news, False, True, 400, "zh")
    go.Figure(figure)
    assert len(figure["data"][0]["x"]) == 400
    marks = figure["data"][-1]
    assert marks["text"] == ["2"] and "<img" not in json.dumps(figure)
