"""Bars and events in, pictures out: figures as plain dictionaries that any plotly.js draws. The only importer of plotly."""

from newslink.chart.kline import kline_figure
from newslink.chart.options import ChartOptions

__all__ = ["ChartOptions", "kline_figure"]
