"""Frames in, files out: CSV, JSON lines, Excel, a stand-alone HTML report. Nothing in them is run by a spreadsheet or browser."""

from newslink.export.about import About
from newslink.export.columns import COLUMNS, NAMES
from newslink.export.csv import events_csv, write_events_csv
from newslink.export.excel import events_excel, write_events_excel
from newslink.export.jsonl import records, write_events_jsonl
from newslink.export.report import chart_html, plotly_js

__all__ = [
    "COLUMNS", "NAMES", "About", "chart_html", "events_csv", "events_excel", "plotly_js", "records", "write_events_csv",
    "write_events_excel", "write_events_jsonl",
]  # fmt: skip
