"""The filtered set to take away: CSV, Excel and a stand-alone page, each saying what it is. Made when the button is pressed, not before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pandas as pd
import streamlit as st

from newslink.export import About, chart_html, events_csv, events_excel
from newslink.pipeline.view_types import ChartView
from newslink.ui import numbers
from newslink.ui.context import Context

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNSAFE = re.compile(r"[^\w\-.\u4e00-\u9fff]+")


def file_name(*parts: object) -> str:
    """A name that every file system takes: letters, digits, Chinese, dash and dot."""
    return _UNSAFE.sub("_", "_".join(str(part) for part in parts if part))[:120].strip("._") or "newslink"


def about_of(
    found: Context,
    title: str,
    window: tuple,
    sources: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    securities: tuple[str, ...] | None = None,
) -> About:
    """What an export says of itself: title, every filter that is on, sources, notes, time. securities: None is that of the view."""
    view, words = found.view, found.words
    filters: list[tuple[str, str]] = [(words["about_window"], f"{window[0]} … {window[1]}")]
    securities = tuple(filter(None, (view.security,))) if securities is None else securities
    if securities:
        filters.insert(0, (words["about_security"], ", ".join(securities[:50])))
    roles = ", ".join(words["role_source" if role == "source" else role] for role in view.roles)
    given = (
        ("keyword", view.keyword),
        ("source", ", ".join(view.sources)),
        ("category", ", ".join(view.categories)),
        ("tag", ", ".join(map(found.tag, view.tags))),
        ("role", roles),
        ("relevance", f"{view.relevance}%" if view.relevance else ""),
        ("fold", words["yes"] if view.fold else ""),
    )
    filters += [(words[key], value) for key, value in given if value]
    if found.desk.sample:
        notes = (words["sample"], *notes)
    return About(
        title=title, made_at=datetime.now(numbers.BEIJING), filters=tuple(filters), sources=sources, notes=notes, language=found.language
    )


def buttons(
    found: Context,
    name: str,
    events: Callable[[], pd.DataFrame] | None,
    about: Callable[[], About],
    figure: Callable[[], dict] | None,
) -> None:
    """Download buttons in a row, asked when they are pressed. events: exactly the rows of table and markers, None where there are none."""
    words = found.words
    kinds = [
        ("csv", "text/csv", lambda: events_csv(events())),
        ("xlsx", EXCEL, lambda: events_excel(events(), about())),
    ]
    if figure is not None:
        kinds.append(("html", "text/html", lambda: chart_html(figure(), about())))
    labels = {"csv": words["csv"], "xlsx": words["excel"], "html": words["html"]}
    row = st.container(horizontal=True)
    for kind, mime, make in kinds:
        row.download_button(
            labels[kind],
            make,
            file_name=f"{name}.{kind}",
            mime=mime,
            key=f"export-{kind}",
            icon=":material/download:",
            on_click="ignore",
            disabled=kind != "html" and events is None,
            help=words["export_none" if events is None else "export_help"],
            width="stretch",
        )


def lazy_buttons(found: Context, make: Callable[[], pd.DataFrame], about: About, name: str) -> None:
    """The same for a set that is only put together when it is asked for."""
    words = found.words
    csv, excel = st.columns(2)
    kinds = (
        (csv, "csv", "text/csv", words["csv"], lambda: events_csv(make())),
        (excel, "xlsx", EXCEL, words["excel"], lambda: events_excel(make(), about)),
    )
    for column, kind, mime, label, made in kinds:
        file = f"{name}.{kind}"
        key = f"export-all-{kind}"
        column.download_button(label, made, file, mime, key=key, icon=":material/download:", on_click="ignore", width="stretch")


def price_sources(view: ChartView) -> tuple[str, ...]:
    providers = sorted(map(str, view.bars["provider"].array.unique())) if len(view.bars) else []
    articles = sorted(set(map(str, view.whole["source"].array.take(view.rows).unique())) - {""})[:20] if len(view.rows) else []
    return (*providers, *articles)
