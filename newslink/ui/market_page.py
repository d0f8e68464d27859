"""The parts of the page 市场."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import streamlit as st

from newslink.chart.pictures import calendar_figure, mentioned_figure, treemap_figure
from newslink.pipeline.view_types import MarketView
from newslink.ui import tables, widgets
from newslink.ui.context import Context, change
from newslink.ui.facts import counts_html
from newslink.ui.html import text
from newslink.ui.state import RANGES

_PLAIN = {"displayModeBar": False, "displaylogo": False}
LEAST_UNUSUAL = 3


def window(found: Context) -> tuple[date, date]:
    """The days to look at: those of the view, else a month up to the newest article."""
    newest = found.desk.newest_day() or datetime.now(UTC).date()
    view = found.view
    first, last = view.window(newest) if view.start or view.end else (newest - timedelta(days=RANGES[view.range] or 20_000), newest)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.ranges(found)
        widgets.dates(found, (first, last))
    return first, last


def draw(found: Context, loaded: MarketView) -> None:
    words = found.words
    st.html(
        f'<div class="nl-line2"><span>{text(words["market_window"])} {loaded.first_day} … {loaded.last_day}</span>'
        f"{counts_html(found, loaded.counts, security=False)}</div>"
    )
    table = loaded.mentioned
    if not len(table):
        st.html(f'<div class="nl-empty"><b>{text(words["no_news"])}</b><br>{text(words["no_news_hint"])}</div>')
        return
    left, right = st.columns(2)
    with left:
        st.subheader(words["most_mentioned"])
        top = table.head(15)
        figure = mentioned_figure(top["name"].tolist(), top["articles"].tolist(), top["usual"].tolist(), found.dark, found.language)
        st.plotly_chart(figure, key="mentioned", config=_PLAIN)
    with right:
        st.subheader(words["treemap"])
        figure = treemap_figure(table.head(80), words["no_industry"], found.dark, not found.view.green_up, found.language)
        st.plotly_chart(figure, key="treemap", config=_PLAIN)
        st.caption(words["treemap_note"])
    st.subheader(words["calendar"])
    days = [day.date() if hasattr(day, "date") else day for day in loaded.calendar["day"]]
    figure = calendar_figure(days[-400:], loaded.calendar["articles"].tolist()[-400:], found.dark, found.language)
    st.plotly_chart(figure, key="calendar", config=_PLAIN)
    left, right = st.columns(2)
    with left:
        st.subheader(words["unusual"])
        unusual = table[(table["articles"] >= LEAST_UNUSUAL) & table["surprise"].notna()].sort_values("surprise", ascending=False)
        if len(unusual):
            _securities(found, unusual.head(20), "unusual")
        else:
            st.html(f'<div class="nl-empty">{text(words["nothing_unusual"])}</div>')
        st.caption(words["unusual_note"])
    with right:
        st.subheader(words["newest"])
        _newest(found, loaded.newest)


def _securities(found: Context, table: pd.DataFrame, key: str) -> None:
    words = found.words
    shown = pd.DataFrame(
        {
            words["code"]: table["security"].to_numpy(object),
            words["name"]: [tables.clean(name, 20) for name in table["name"]],
            words["n_articles"]: table["articles"].to_numpy(),
            words["usual"]: table["usual"].round(1).to_numpy(),
            words["surprise"]: table["surprise"].round(1).to_numpy(),
            words["window_change"]: table["change"].to_numpy() * 100,
        }
    )

    def chosen() -> None:
        row = tables.chosen_row(st.session_state[f"w-{key}"])
        if row is not None and row < len(table):
            change(security=str(table["security"].iloc[row]))
            st.session_state["go"] = "chart"

    config = {words["window_change"]: st.column_config.NumberColumn(format="%+.2f%%")}
    st.dataframe(shown, hide_index=True, on_select=chosen, selection_mode="single-row", key=f"w-{key}", column_config=config, height=420)


def _newest(found: Context, news: pd.DataFrame) -> None:
    def chosen() -> None:
        row = tables.chosen_row(st.session_state["w-newest"])
        if row is not None and row < len(news):
            change(article=str(news["article"].iloc[row]))
            st.session_state["go"] = "news"

    st.dataframe(tables.news_frame(found, news), hide_index=True, on_select=chosen, selection_mode="single-row", key="w-newest", height=420)
