"""What is taken away, opened in a browser without a server: everything drawn on screen is drawn there, inside the axes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newslink.chart import ChartOptions, kline_figure
from newslink.export import About, chart_html
from tests.chart.worlds import random_events, sample_bars

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

POINTS = """() => {
  const graph = document.getElementById("chart"), last = graph._fullLayout.xaxis._categories.length - 1;
  return graph.calcdata.map((points) => {
    const there = points.filter((one) => one.y !== undefined && !Number.isNaN(one.x) || one.p !== undefined || one.o !== undefined);
    const at = there.map((one) => one.x !== undefined ? one.x : one.pos !== undefined ? one.pos : one.p);
    return {name: points[0].trace.name, points: at.length, low: Math.min(...at), high: Math.max(...at), last};
  });
}"""


def test_lines_volume_and_density_stand_under_their_candles_in_the_exported_page(chromium, tmp_path: Path):
    bars = sample_bars()
    options = ChartOptions(start=date(2022, 1, 4), overlays=("ma", "boll"), panels=("macd", "rsi"), compare="沪深300")
    figure = kline_figure(bars, random_events(bars, 40), options, sample_bars("000300.SH"))
    days = len(figure["layout"]["xaxis"]["categoryarray"])
    path = tmp_path / "chart.html"
    path.write_bytes(chart_html(figure, About("图", datetime(2022, 7, 1, tzinfo=UTC))))
    context = chromium.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("() => document.getElementById('chart').calcdata")
    traces = page.evaluate(POINTS)
    legend = page.locator(".legendtext").all_text_contents()
    left = page.locator(".xtick text").first.bounding_box()["x"] - page.locator("#chart").bounding_box()["x"]
    context.close()
    assert len(traces) == len(figure["data"])
    assert {"MA5", "MA60", "沪深300", "DIF", "RSI6"} <= set(legend) and left >= 0
    assert {trace["last"] for trace in traces} == {days - 1}, "no place was added behind the last session"
    assert all(0 <= trace["low"] <= trace["high"] <= days - 1 for trace in traces), traces
    named = {trace["name"]: trace["points"] for trace in traces}
    assert named["沪深300"] == days and named["新闻数"] == days and named["MA5"] == days
