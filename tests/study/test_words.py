"""The sentences: a verdict only where one is due, the right one, and every caveat that applies."""

from __future__ import annotations

import numpy as np
import pytest

from newslink.study import Panel, StudySpec, run_study
from newslink.study.words import headline_span, verdict
from tests.study.conftest import made_events, made_panel


def shocked(size: float, events: int, seed: int = 2, same_day: bool = False, **flags):
    panel = made_panel(seed, sessions=700, securities=max(events, 2))
    rows = np.full(events, 300) if same_day else 200 + 23 * np.arange(events)
    returns = panel.returns.copy()
    returns[rows, np.arange(events)] += size
    return run_study(
        Panel(panel.dates, panel.names, returns, panel.market), made_events(panel.names[:events], panel.dates[rows], **flags), StudySpec()
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_below_five_events_there_are_numbers_but_no_verdict(language: str) -> None:
    assert verdict(shocked(0.2, 4), "g", language).verdict == "few"
    five = verdict(shocked(0.2, 5), "g", language)
    assert five.verdict in {"beyond", "chance", "untested"} and five.span == (0, 1)


def test_a_large_effect_is_beyond_chance_and_none_is_not() -> None:
    large, nothing = verdict(shocked(0.06, 18), "g"), verdict(shocked(0.0, 18), "g")
    assert large.verdict == "beyond" and "很难用偶然解释" in large.says[0] and "5 次检验" in large.says[0] and large.tests == 5
    assert "p < 0.001" in large.says[0] and "p = 0.000" not in " ".join(large.says)
    assert nothing.verdict == "chance" and "不等于没有影响" in nothing.says[0]
    assert "18 个事件" in large.tested and "[-130, -11]" in large.tested
    assert any("T+1" in limit for limit in large.limits) and any("被选中" in limit for limit in large.limits)


def test_clustered_events_get_the_verdict_of_the_test_that_allows_for_it() -> None:
    """Ten names of one sector on one date: BMP alone would call their common move an effect."""
    rng = np.random.default_rng(0)
    sessions, names = 400, 10
    market, sector = rng.standard_normal(sessions) * 0.01, rng.standard_normal(sessions) * 0.02
    sector[300] = 0.045
    returns = market[:, None] + sector[:, None] + rng.standard_normal((sessions, names)) * 0.004
    dates = np.busday_offset("2020-01-01", np.arange(sessions), roll="forward").astype("datetime64[D]")
    panel = Panel(dates, np.array([f"S{at}" for at in range(names)], dtype=object), returns, market)
    said = verdict(run_study(panel, made_events(panel.names, [dates[300]] * names), StudySpec()), "g", "en")
    assert said.verdict == "chance" and any("BMP" in sentence for sentence in said.says)


def test_large_moves_both_ways_are_called_mixed() -> None:
    panel = made_panel(2, sessions=700, securities=18)
    rows, returns = 200 + 23 * np.arange(18), panel.returns.copy()
    returns[rows, np.arange(18)] += np.where(np.arange(18) % 3 == 0, -0.1, 0.12)
    moved = Panel(panel.dates, panel.names, returns, panel.market)
    said = verdict(run_study(moved, made_events(panel.names, panel.dates[rows]), StudySpec()), "g")
    assert said.verdict == "chance" and any("12 涨 6 跌" in sentence for sentence in said.says)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_flags_of_the_events_are_said_with_their_number(language: str) -> None:
    flags = {"intraday": [1, 1, 0, 0, 0, 0], "date_only": [0, 0, 1, 0, 0, 0], "limit_up": [0, 0, 0, 1, 0, 0]}
    said = " ".join(verdict(shocked(0.05, 6, **flags), "g", language).limits)
    zh = ("2 个事件盘中", "1 个事件只有日期", "涨跌停板")
    en = ("Published while trading: 2.", "A date without a time: 1,", "Closed at the price limit: 1.")
    for words in {"zh": zh, "en": en}[language]:
        assert words in said


def test_the_day_of_a_price_limit_alone_carries_no_verdict() -> None:
    panel = made_panel(2, sessions=700, securities=18)
    rows = 200 + 23 * np.arange(18)
    returns = panel.returns.copy()
    returns[rows, np.arange(18)] = 0.1
    events = made_events(panel.names, panel.dates[rows], limit_up=[True] * 18)
    only_day = StudySpec(window=(0, 5), cars=((0, 0),))
    locked = verdict(run_study(Panel(panel.dates, panel.names, returns, panel.market), events, only_day), "g")
    assert locked.verdict == "untested"
    longer = StudySpec(window=(0, 5), cars=((0, 0), (0, 5)))
    assert verdict(run_study(Panel(panel.dates, panel.names, returns, panel.market), events, longer), "g").span == (0, 5)


def test_what_was_left_out_is_said_and_a_refused_study_says_nothing_else() -> None:
    panel = made_panel()
    events = made_events(["S0", "S1", "S2", "S3"], panel.dates[[10, 200, 210, 220]])
    kept = run_study(panel, events, StudySpec(), strict=False)
    assert any("剔除 1 个" in limit and "历史不足 1" in limit for limit in verdict(kept, "g").limits)
    refused = run_study(panel, events, StudySpec(max_loss=0.1), strict=False)
    said = verdict(refused, "g")
    assert said.verdict == "refused" and len(said.says) == 1 and "25%" not in said.says[0] and "10%" in said.says[0]


def test_the_headline_window_reaches_past_the_event_session() -> None:
    panel = made_panel()
    events = made_events(["S0"], [panel.dates[200]])
    for cars, expected in ((((0, 0), (0, 1)), 1), (((-1, 1), (0, 0)), 0), (((0, 0),), 0), ((), None)):
        assert headline_span(run_study(panel, events, StudySpec(cars=cars))) == expected
