"""The figures are plain, valid, JSON-ready, safe, and say the numbers they were given."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from newslink.chart.study import HEAT_ROWS, caar_figure, car_strip_figure, distribution_figure, heat_figure

TAUS = np.arange(-2, 3)
HOSTILE = ["<img src=x onerror=alert(1)>", "平安银行 2024-01-02", "plain"]


def every() -> dict[str, dict]:
    aar = np.array([0.001, -0.002, 0.03, np.nan, 0.0])
    mean = np.nancumsum(aar)
    car, error = np.array([0.05, -0.02, np.nan]), np.array([0.02, 0.01, 0.02])
    return {
        "caar": caar_figure(TAUS, aar, mean, -np.ones(5) * 0.01, np.ones(5) * 0.01),
        "strip": car_strip_figure(HOSTILE, car, error, "[0, 1]"),
        "heat": heat_figure(HOSTILE, TAUS, np.array([aar, -aar, aar])),
        "distribution": distribution_figure(np.linspace(-0.05, 0.08, 40), "[0, 1]"),
        "nothing": distribution_figure(np.array([np.nan])),
        "empty": heat_figure([], TAUS, np.zeros((0, 5))),
    }


@pytest.mark.parametrize("name", list(every()))
def test_plotly_accepts_every_figure_and_json_carries_it(name: str) -> None:
    figure = every()[name]
    go.Figure(figure)  # validates every property name and value
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    assert "<img" not in json.dumps(figure)


def test_numbers_are_per_cent_and_unknowns_are_gaps() -> None:
    figures = every()
    bars, _, _, line = figures["caar"]["data"]
    assert bars["y"] == [0.1, -0.2, 3.0, None, 0.0] and line["y"][-1] == pytest.approx(2.9)
    dots = figures["strip"]["data"][1]
    assert dots["y"] == [5.0, -2.0] and dots["customdata"] == [0, 1]
    assert sum(figures["distribution"]["data"][0]["y"]) == 40


def test_rising_and_falling_swap_with_the_readers_habit() -> None:
    def colours(red_up: bool) -> list[str]:
        figure = caar_figure(TAUS, np.array([0.1, -0.1, 0, 0, 0]), np.zeros(5), np.zeros(5), np.zeros(5), red_up=red_up)
        return figure["data"][0]["marker"]["color"]

    assert colours(True)[:2] == colours(False)[1::-1] and colours(True)[0] != colours(True)[1]


def test_a_heat_map_has_no_more_rows_than_can_be_seen() -> None:
    figure = heat_figure(["x"] * 1000, TAUS, np.zeros((1000, 5)))
    assert len(figure["data"][0]["z"]) == HEAT_ROWS and len(set(figure["data"][0]["y"])) == HEAT_ROWS
    assert len(json.dumps(figure)) < 50_000
