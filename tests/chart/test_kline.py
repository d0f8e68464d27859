"""The K-line figure: valid for plotly, bounded, complete, and right against figures worked out another way."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from html import unescape
from unicodedata import category

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.chart import ChartOptions, kline_figure
from newslink.chart.markers import plain
from tests.chart.worlds import NO_EVENTS, events, random_bars, random_events, sample_bars

EVERYTHING = ChartOptions(overlays=("ma", "ema", "boll"), panels=("macd", "rsi"), log=True, compare="沪深300", title="标题")


def traces(figure: dict, kind: str) -> list[dict]:
    return [trace for trace in figure["data"] if trace["type"] == kind]


def markers(figure: dict) -> list[dict]:
    return [trace for trace in figure["data"] if trace.get("mode") == "markers+text"]


def articles_at(figure: dict) -> dict[int, int]:
    """Last session of a place (days since 1970) → number of articles, from badges."""
    found = {}
    for trace in markers(figure):
        for day, badge in zip(trace["customdata"], trace["text"], strict=True):
            found[day] = int(badge or 1)
    return found


@pytest.mark.parametrize("options", [ChartOptions(), EVERYTHING, ChartOptions(dark=True, colour_by="tag", language="en", red_up=False)])
def test_plotly_takes_every_figure_and_json_can_carry_it(options):
    bars = sample_bars()
    figure = kline_figure(bars, random_events(bars, 60), options, sample_bars("000300.SH"))
    go.Figure(figure)
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


def test_an_empty_world_still_makes_a_figure():
    figure = kline_figure(sample_bars().iloc[:0], NO_EVENTS, ChartOptions())
    go.Figure(figure)
    assert figure["layout"]["meta"]["drawn"] == 0
    assert figure["layout"]["xaxis"]["categoryarray"] == []


def test_candles_are_the_bars_of_the_window_and_nothing_else():
    bars = sample_bars()
    figure = kline_figure(bars, NO_EVENTS, ChartOptions(start=date(2022, 3, 1), end=date(2022, 3, 31)))
    inside = bars[(bars["session"] >= "2022-03-01") & (bars["session"] <= "2022-03-31")]
    (candle,) = traces(figure, "candlestick")
    assert figure["layout"]["xaxis"]["categoryarray"] == [f"{day:%Y-%m-%d}" for day in inside["session"]]
    for name in ("open", "high", "low", "close"):
        assert candle[name] == pytest.approx(inside[name].tolist())


def test_averages_at_the_left_edge_come_from_the_bars_before_the_window():
    bars = sample_bars()
    figure = kline_figure(bars, NO_EVENTS, ChartOptions(start=date(2022, 4, 1)))
    first = int(np.flatnonzero(bars["session"] >= pd.Timestamp("2022-04-01"))[0])
    for window in (5, 10, 20, 60):
        (line,) = [trace for trace in figure["data"] if trace["name"] == f"MA{window}"]
        assert line["y"][0] == pytest.approx(bars["close"].iloc[first - window + 1 : first + 1].mean(), abs=0.006)


@pytest.mark.parametrize(
    ("sessions", "period"), [(250, "day"), (390, "day"), (401, "week"), (1_900, "week"), (2_500, "month"), (8_000, "month")]
)
def test_the_period_coarsens_until_the_candles_fit(sessions, period):
    figure = kline_figure(random_bars(sessions), NO_EVENTS, ChartOptions())
    assert figure["layout"]["meta"]["period"] == period
    assert len(figure["layout"]["xaxis"]["categoryarray"]) <= 400


def test_a_fixed_period_that_needs_too_many_candles_is_coarsened_too():
    figure = kline_figure(random_bars(3_000), NO_EVENTS, ChartOptions(period="day"))
    assert len(figure["layout"]["xaxis"]["categoryarray"]) <= 400


@pytest.mark.parametrize(("period", "rule"), [("week", "W-SUN"), ("month", "ME")])
def test_weeks_and_months_agree_with_pandas(period, rule):
    bars = random_bars(300, seed=11)
    (candle,) = traces(kline_figure(bars, NO_EVENTS, ChartOptions(period=period)), "candlestick")
    whole = bars.set_index("session").resample(rule).agg({"open": "first", "high": "max", "low": "min", "close": "last"}).dropna()
    for name in ("open", "high", "low", "close"):
        assert candle[name] == pytest.approx(whole[name].tolist(), abs=0.006)


def test_volume_comes_in_two_traces_that_together_are_the_volume():
    bars = sample_bars()
    figure = kline_figure(bars, NO_EVENTS, ChartOptions())
    up, down = [trace for trace in traces(figure, "bar") if trace["yaxis"] == "y2"]
    for i, (rise, fall) in enumerate(zip(up["y"], down["y"], strict=True)):
        assert (rise is None) != (fall is None)
        assert (rise or fall) == int(bars["volume"].iloc[i])
        assert (rise is not None) == (bars["close"].iloc[i] >= bars["open"].iloc[i])


@pytest.mark.parametrize("red_up", [True, False])
def test_rising_and_falling_differ_in_colour_and_in_body(red_up):
    (candle,) = traces(kline_figure(sample_bars(), NO_EVENTS, ChartOptions(red_up=red_up)), "candlestick")
    rising, falling = candle["increasing"], candle["decreasing"]
    assert (rising["line"]["color"] == "#d9363e") is red_up
    assert rising["line"]["color"] != falling["line"]["color"]
    assert rising["fillcolor"] == "#ffffff" and falling["fillcolor"] == falling["line"]["color"]


@settings(max_examples=60, deadline=None)
@given(
    sessions=st.integers(1, 1_500),
    picks=st.lists(st.integers(-40, 1_540), max_size=120),
    start=st.none() | st.integers(0, 1_500),
    length=st.integers(0, 1_500),
    period=st.sampled_from(["auto", "day", "week", "month"]),
)
def test_every_article_is_drawn_once_or_counted_as_outside(sessions, picks, start, length, period):
    bars = random_bars(sessions)
    # Also on weekends, before the first and after the last bar: an event is never lost for want of a bar.
    days = [date(1994, 1, 3) + timedelta(days=pick) for pick in picks]
    first = None if start is None else date(1994, 1, 3) + timedelta(days=start)
    last = None if first is None else first + timedelta(days=length)
    figure = kline_figure(bars, events(days), ChartOptions(start=first, end=last, period=period))
    inside = [day for day in days if (first is None or day >= first) and (last is None or day <= last)]
    meta = figure["layout"]["meta"]
    assert (meta["drawn"], meta["undrawn"]) == (len(inside), len(days) - len(inside))
    density = next(trace for trace in figure["data"] if trace.get("yaxis") == "y3")
    assert sum(density["y"]) == len(inside)
    assert sum(articles_at(figure).values()) == len(inside) or max(density["y"]) > 99
    assert len(figure["layout"]["xaxis"]["categoryarray"]) <= 400


def test_markers_stand_on_their_sessions_with_their_counts_and_strongest_role():
    days = ["2022-03-01", "2022-03-01", "2022-03-01", "2022-03-04"]
    figure = kline_figure(sample_bars(), events(days, roles=["list", "subject", "mention", "source"]), ChartOptions())
    by_name = {trace["name"]: trace for trace in markers(figure)}
    assert by_name["主体"]["x"] == ["2022-03-01"] and by_name["主体"]["text"] == ["3"]
    assert by_name["消息来源"]["x"] == ["2022-03-04"] and by_name["消息来源"]["text"] == [""]
    assert by_name["主体"]["customdata"] == [(date(2022, 3, 1) - date(1970, 1, 1)).days]
    assert by_name["主体"]["marker"]["size"][0] > by_name["消息来源"]["marker"]["size"][0]
    assert by_name["主体"]["marker"]["symbol"] != by_name["消息来源"]["marker"]["symbol"]


def test_an_article_linked_twice_on_one_session_counts_once():
    twice = events(["2022-03-01", "2022-03-01"])
    twice["article"] = "same"
    figure = kline_figure(sample_bars(), twice, ChartOptions())
    assert figure["layout"]["meta"]["drawn"] == 1
    assert articles_at(figure) == {(date(2022, 3, 1) - date(1970, 1, 1)).days: 1}


def test_tags_give_colours_and_shapes_and_the_rest_are_other():
    names = ["减持", "回购", "预增", "立案", "停牌", "分红", "中标", "定增"]
    days = [day for name in names for day in ["2022-03-01"]]
    days = [f"2022-03-{1 + i:02d}" for i in range(4)] + [f"2022-03-{7 + i:02d}" for i in range(4)]
    figure = kline_figure(sample_bars(), events(days, tags=[(name,) for name in names]), ChartOptions(colour_by="tag"))
    found = {trace["name"]: (trace["marker"]["color"], trace["marker"]["symbol"]) for trace in markers(figure)}
    assert len(found) == 7 and "其他" in found
    assert len(set(found.values())) == 7


def test_an_event_without_a_price_gets_a_place_without_a_candle():
    figure = kline_figure(sample_bars(), events(["2022-07-05"]), ChartOptions())
    (candle,) = traces(figure, "candlestick")
    assert figure["layout"]["xaxis"]["categoryarray"][-1] == "2022-07-05"
    assert candle["close"][-1] is None
    assert articles_at(figure) == {(date(2022, 7, 5) - date(1970, 1, 1)).days: 1}


HOSTILE = [
    "<script>alert(1)</script>",
    "<b onmouseover=alert(1)>x</b>",
    "a<br>b",
    "\u202eevil\u202c \u200b\u0000\x1b[31m",
    "&lt;img src=x onerror=alert(1)&gt;",
    "[link](javascript:alert(1)) $x^2$",
    "长" * 100_000,
]


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_titles_come_out_escaped_on_one_line_and_short(title):
    figure = kline_figure(sample_bars(), events(["2022-03-01"], titles=[title], tags=[(title,)]), ChartOptions(compare=title, title=title))
    (marker,) = markers(figure)
    (hover,) = marker["hovertext"]
    assert hover.count("<") == 0 and len(hover) < 400
    assert not any(c in unescape(hover) for c in "\u202e\u200b\x00\x1b\n")
    other = json.dumps([figure["layout"]["title"]["text"], *(trace["name"] for trace in figure["data"])])
    assert "<script" not in other and "<b " not in other and len(other) < 1_000


@given(st.text(max_size=300), st.integers(1, 80))
def test_plain_text_has_no_control_or_direction_characters_and_keeps_its_limit(text, limit):
    said = plain(text, limit)
    assert len(said) <= limit
    # Characters newer than Python's tables are kept: rare family names are written with them.
    assert not any(category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in said)


def test_hover_shows_the_first_headlines_and_says_how_many_more():
    figure = kline_figure(sample_bars(), events(["2022-03-01"] * 9), ChartOptions())
    (marker,) = markers(figure)
    lines = marker["hovertext"][0].split("<br>")
    assert lines[-1] == f"… +{9 - len(lines) + 1}"
    assert lines[0].startswith("03-01 10:00 ")


@pytest.mark.parametrize("number", [0, 100, 5_000, 40_000])
def test_the_figure_stays_small_whatever_the_history(number):
    bars = random_bars(8_000)
    figure = kline_figure(bars, random_events(bars, number), ChartOptions())
    assert len(json.dumps(figure, ensure_ascii=False, separators=(",", ":")).encode()) <= 80 * 1024


def test_the_benchmark_starts_at_the_first_close_and_moves_like_the_index():
    bars, index = sample_bars(), sample_bars("000300.SH")
    figure = kline_figure(bars, NO_EVENTS, ChartOptions(start=date(2022, 1, 4), compare="沪深300"), index)
    (line,) = [trace for trace in figure["data"] if trace["name"] == "沪深300"]
    days = figure["layout"]["xaxis"]["categoryarray"]
    level = index.set_index(index["session"].dt.strftime("%Y-%m-%d"))["close"]
    close = bars.set_index(bars["session"].dt.strftime("%Y-%m-%d"))["close"]
    assert line["y"][0] == pytest.approx(close[days[0]], abs=0.01)
    assert line["y"][-1] / line["y"][0] == pytest.approx(level[days[-1]] / level[days[0]], rel=1e-3)


@pytest.mark.parametrize("log", [False, True])
def test_the_price_axis_reaches_as_far_as_the_index_compared_with(log):
    """What is exported has the axis of the figure: the index must not leave it, whether it rises or falls beyond the candles."""
    bars, index = sample_bars(), sample_bars("000300.SH")
    alone = kline_figure(bars, NO_EVENTS, ChartOptions(log=log))["layout"]["yaxis"]["range"]
    for slope in (2.0, -0.8):
        far = index.assign(close=index["close"] * np.linspace(1.0, 1.0 + slope, len(index)))
        figure = kline_figure(bars, NO_EVENTS, ChartOptions(compare="沪深300", log=log), far)
        (line,) = [trace for trace in figure["data"] if trace.get("meta") == "benchmark"]
        drawn = np.array([value for value in line["y"] if value is not None])
        drawn = np.log10(drawn) if log else drawn
        low, high = figure["layout"]["yaxis"]["range"]
        assert low < drawn.min() and drawn.max() < high, "all of the index is inside"
        assert low <= alone[0] and alone[1] <= high, "and so are the candles and their markers"
        assert (low, high) != tuple(alone)


def test_the_chosen_session_is_marked_in_its_week():
    figure = kline_figure(sample_bars(), NO_EVENTS, ChartOptions(period="week", selected=date(2022, 3, 2)))
    (shape,) = figure["layout"]["shapes"]
    place = figure["layout"]["xaxis"]["categoryarray"].index("2022-03-04")
    assert (shape["x0"], shape["x1"]) == (place - 0.5, place + 0.5)


def test_panes_do_not_overlap_and_fill_the_height():
    figure = kline_figure(sample_bars(), NO_EVENTS, EVERYTHING)
    domains = sorted(axis["domain"] for name, axis in figure["layout"].items() if name.startswith("yaxis"))
    assert domains[0][0] == 0 and domains[-1][1] == 1 and len(domains) == 5
    assert all(below[1] < above[0] for below, above in zip(domains, domains[1:], strict=False))


def test_nothing_of_the_input_is_changed():
    bars, news = sample_bars(), random_events(sample_bars(), 50)
    before = bars.copy(), news.copy()
    kline_figure(bars, news, EVERYTHING, sample_bars("000300.SH"))
    pd.testing.assert_frame_equal(bars, before[0])
    pd.testing.assert_frame_equal(news, before[1])


def test_counts_per_place_agree_with_a_plain_count():
    bars = random_bars(300)
    news = random_events(bars, 500)
    figure = kline_figure(bars, news, ChartOptions())
    plain_count = Counter(int(day.astype("datetime64[D]").astype(int)) for day in news["session"].to_numpy())
    assert articles_at(figure) == dict(plain_count)
