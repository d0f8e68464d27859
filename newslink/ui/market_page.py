"""The parts of the page 市场."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import streamlit as st

from newslink.chart.pictures import calendar_figure, treemap_figure
from newslink.model import Filter
from newslink.pipeline.view_types import MarketView
from newslink.ui import tables, widgets
from newslink.ui.context import Context, change
from newslink.ui.facts import counts_html
from newslink.ui.html import text
from newslink.ui.numbers import NOTHING
from newslink.ui.state import MARKET_GROUPS, SPANS

_PLAIN = {"displayModeBar": False, "displaylogo": False}
LEAST_UNUSUAL = 3
LISTED, DRAWN = 20, 60
ENOUGH = 50  # articles a window should hold before it is offered by itself


def window(found: Context) -> tuple[date, date]:
    """The days to look at: those of the view, else so many up to the newest article."""
    view = found.view
    newest = _newest_session(found)
    span = view.span or _span(found, newest)
    first, last = view.window(newest) if view.start or view.end else (newest - timedelta(days=SPANS[span] - 1), newest)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            found.words["range"],
            list(SPANS),
            format_func=lambda one: found.words[f"span_{one}"],
            key=widgets.bound("span", None if view.start or view.end else span),
            label_visibility="collapsed",
            on_change=lambda: change(span=st.session_state["w-span"] or "", start=None, end=None, range=found.view.range),
        )
        widgets.dates(found, (first, last))
        widgets.one_of(found, "market", ("", *MARKET_GROUPS), "market", lambda one: found.words[f"market_{one or 'all'}"])
    return first, last


def _newest_session(found: Context) -> date:
    """The session the newest article stands on: what came in after the close or on a Sunday belongs to the day that can react to it."""
    rows = found.desk.store.page(Filter(), 0, 1, count=False).rows
    published = None if rows.empty or pd.isna(rows["published_at"].iloc[0]) else rows["published_at"].iloc[0].to_pydatetime()
    if published is None:
        return datetime.now(UTC).date()
    standing = found.desk.clock.standing("SH", published)
    return standing.session if standing else published.date()


def _span(found: Context, newest: date) -> str:
    """The shortest that holds enough to say what the news is about."""
    days = found.desk.answer(lambda: found.desk.store.day_counts(newest - timedelta(days=SPANS["1y"]), newest), "days", newest)
    for span, length in SPANS.items():
        inside = days["day"] > pd.Timestamp(newest) - pd.Timedelta(days=length)
        if days.loc[inside, "articles"].sum() >= ENOUGH:
            return span
    return "1y"


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
        _securities(found, table.head(LISTED), "mentioned")
        st.caption(words["mentioned_note"])
    with right:
        _treemap(found, table.head(DRAWN))
    left, right = st.columns(2)
    with left:
        st.subheader(words["unusual"])
        unusual = table[(table["articles"] >= LEAST_UNUSUAL) & (table["surprise"] > 1)].sort_values("surprise", ascending=False)
        if len(unusual):
            _securities(found, unusual.head(LISTED), "unusual")
        else:
            st.html(f'<div class="nl-empty">{text(words["nothing_unusual"])}</div>')
        st.caption(words["unusual_note"])
    with right:
        st.subheader(words["newest"])
        _newest(found, loaded.newest)
    st.subheader(words["calendar"])
    days = [day.date() if hasattr(day, "date") else day for day in loaded.calendar["day"]]
    figure = calendar_figure(days, loaded.calendar["articles"].tolist(), found.dark, found.language)
    st.plotly_chart(figure, key="calendar", config=_PLAIN)
    if days:
        most = int(loaded.calendar["articles"].to_numpy().argmax())
        st.caption(found.say("calendar_note", day=days[most], n=f"{int(loaded.calendar['articles'].iloc[most]):,}"))


def group_name(found: Context, industry: str, board: str) -> str:
    """The industry where it is known, else where the security is listed."""
    return found.words[f"industry_{industry}"] if industry else found.words[f"board_{board}"]


def _treemap(found: Context, table: pd.DataFrame) -> None:
    words = found.words
    known = bool((table["industry"] != "").any())
    st.subheader(words["treemap" if known else "treemap_boards"])
    groups = [group_name(found, *row) for row in zip(table["industry"], table["board"], strict=True)]
    figure = treemap_figure(table.assign(group=groups), found.dark, not found.view.green_up, found.language)
    st.plotly_chart(figure, key="treemap", config=_PLAIN)
    st.caption(f"{words['treemap_note']} {words['treemap_industries' if known else 'treemap_no_industries']}")


def _securities(found: Context, table: pd.DataFrame, key: str) -> None:
    """Who, how often and how often usually, what the price did, the newest headline. A row opens the chart."""
    words = found.words
    shown = pd.DataFrame(
        {
            words["name"]: [tables.clean(name, 20) for name in table["name"]],
            words["code"]: table["security"].to_numpy(object),
            words["n_articles"]: table["articles"].to_numpy(),
            words["usual"]: table["usual"].round(1).to_numpy(),
            **(
                {words["surprise"]: table["surprise"].round(1).to_numpy()}
                if key == "unusual"
                else {words["window_change"]: table["change"].to_numpy() * 100}
            ),
            words["headline"]: [tables.clean(title, 80) for title in table["headline"]],
        }
    )

    def chosen() -> None:
        row = tables.chosen_row(st.session_state[f"w-{key}"])
        if row is not None and row < len(table):
            change(security=str(table["security"].iloc[row]))
            st.session_state["go"] = "chart"

    most = int(table["articles"].max())
    config = {
        words["name"]: st.column_config.TextColumn(width=96),
        words["code"]: st.column_config.TextColumn(width=84),
        words["n_articles"]: st.column_config.ProgressColumn(format="%d", min_value=0, max_value=max(most, 1), width=88),
        words["usual"]: tables.number_column(words["usual"], "%.1f", 56),
        words["surprise"]: tables.number_column(words["surprise"], "%+.1f", 64),
        words["window_change"]: tables.number_column(words["window_change"], "%+.2f%%", 76),
        words["headline"]: st.column_config.TextColumn(width=252),
    }
    painted = [words["window_change"]] if key != "unusual" else []
    body = tables.direction_style(shown, painted, found.dark, found.view.green_up) if painted else shown
    st.dataframe(
        body, hide_index=True, on_select=chosen, selection_mode="single-row", key=f"w-{key}", column_config=config,
        height=tables.height_of(shown, 500), placeholder=NOTHING,
    )  # fmt: skip


def _newest(found: Context, news: pd.DataFrame) -> None:
    def chosen() -> None:
        row = tables.chosen_row(st.session_state["w-newest"])
        if row is not None and row < len(news):
            change(article=str(news["article"].iloc[row]))
            st.session_state["go"] = "news"

    shown = tables.news_frame(found, news)
    wide = {
        "published": 122, "title": 276, "reported": 74, "securities": 112, "source": 78 if found.language == "zh" else 96, "tag": 90,
    }  # fmt: skip
    config = {found.words[name]: st.column_config.TextColumn(width=width) for name, width in wide.items()}
    st.dataframe(
        shown, hide_index=True, on_select=chosen, selection_mode="single-row", key="w-newest", height=tables.height_of(shown, 500),
        column_config=config,
    )  # fmt: skip
