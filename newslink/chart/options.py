"""How a K-line is drawn: one frozen value. Everything in it has a default, so ``ChartOptions()`` is a chart an analyst would
recognise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

PERIODS = ("auto", "day", "week", "month")
OVERLAYS = ("ma", "ema", "boll")
PANELS = ("macd", "rsi")
COLOUR_BY = ("role", "tag")
MOST_CANDLES = 400


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """start, end: the window, inclusive days; None is as far as the data goes. Bars before start only feed the moving averages.

    period: ``auto`` takes the finest of day, week, month that needs at most ``most`` candles; a fixed period that needs more is
    coarsened too,
    because more candles are neither legible nor quick. selected: the session whose marker is lit up. compare: what the benchmark is
    called.
    red_up: red for rising prices as in Shanghai, otherwise green. colour_by: what the markers' colours and shapes say.
    """

    start: date | None = None
    end: date | None = None
    period: str = "auto"
    overlays: tuple[str, ...] = ("ma",)
    panels: tuple[str, ...] = ()
    log: bool = False
    red_up: bool = True
    dark: bool = False
    language: str = "zh"
    colour_by: str = "role"
    selected: date | None = None
    compare: str = ""
    title: str = ""
    most: int = MOST_CANDLES
