"""The parts of the page K 线与新闻, top to bottom: filter bar, notices, chart beside the reader, table, watchlist and saved views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from newslink.chart import ChartOptions, kline_figure
from newslink.pipeline import view as pipeline
from newslink.pipeline.bars import bars_of, benchmark_of
from newslink.pipeline.study_panel import Card, card_of
from newslink.pipeline.view_types import ArticleView, ChartView
from newslink.ui import exports, minute, numbers, tables, widgets
from newslink.ui.actions import say_what_was_done
from newslink.ui.chart_view import (
    DAYS,
    EXPORTS,
    FACTS,
    FILTERS,
    KLINE,
    OF_EVENTS,
    PAGE,
    PARTS,
    READER,
    TABLE,
    load,
    look,
    note_drawn,
    of_day,
    options_of,
    question,
    refresh,
    scope,
    shown,
    window_of,
    zoom_to,
)
from newslink.ui.context import Context, change, latest, part_of_page, redraw
from newslink.ui.decisions import nothing
from newslink.ui.desk import Desk, fetch
from newslink.ui.facts import facts
from newslink.ui.html import text
from newslink.ui.kline import kline, packed
from newslink.ui.reader import reader
from newslink.ui.shelf import default_security, shelf
from newslink.ui.state import MINUTES
from newslink.ui.style import direction_colours
from newslink.ui.texts import tag_words

HEIGHT, PANEL_HEIGHT = 520, 90
CHART_WORDS = ("chart", "open", "high", "low", "close", "change", "volume", "volume_pane", "density", "shares", "articles", "click", "no_bar",
    "box", "zoom_in", "zoom_out", "reset", "png")  # fmt: skip


def chosen(found: Context) -> Context:
    """The context with a security: where the link names none, the one to start with."""
    return found if found.view.security else replace(found, view=change(security=default_security(found.desk)))


@st.fragment(key=PAGE)
def page(found: Context) -> None:
    """All of the page. A fragment, and so is each part of it: whatever is chosen draws again what it changes, and not the frame around."""
    found = latest(found)
    part_of_page(PAGE)
    st.session_state.pop("go", None)  # a link of the reader to this very page
    st.html(direction_colours(found.dark, found.view.green_up))
    view = load(found)
    shown().prepare(found, view, PARTS)
    bar(found)
    missing = view.staleness.last_session is None or (
        view.staleness.expected_session is not None and view.staleness.last_session < view.staleness.expected_session
    )
    job = fetch(found.desk, view.security.id, wanted=missing)
    # What comes and goes has a place that stays, so that what follows is not laid out anew.
    with st.container():
        if found.desk.sample:
            st.caption(f":material/science: {found.words['sample_note']}")
    facts_part(found)
    with st.container():
        if job is not None and job.job.running:
            wait_for(found, view.security.id)
    # In the order in which they are looked at.
    left, right = st.columns([2, 1], gap="small")
    with left:
        kline_part(found)
    with right, st.container(height=_height(found) + 420, border=True, key="reader"):
        reader_part(found)
    with left, st.container(key="below"):
        table_part(found)
        exports_part(found)
    st.divider()
    with st.expander(f"{found.words['watch']} · {found.words['views']}", key="shelf", on_change="rerun") as below:
        if below.open:
            shelf(found, view.security.id)


def bar(found: Context) -> None:
    """Search, range, dates, period, display, filter: one line on a wide screen; below it what search offers."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
        widgets.search(found)
        with st.container(width="content"):
            days_part(found)
        widgets.period(found)
        widgets.display(found)
        with st.container(width="content"):
            filters_part(found)
        if not (found.desk.sample or found.desk.settings.offline):
            help_text = found.words["refresh_help"]
            st.button(
                found.words["refresh"],
                icon=":material/refresh:",
                help=help_text,
                on_click=fetch,
                args=(found.desk, found.view.security, True, True),
            )
    with st.container():
        widgets.offers(found)


@st.fragment(key=DAYS)
def days_part(found: Context) -> None:
    found, view = look(found, DAYS)
    note_drawn(DAYS, found, view)

    def changed() -> None:
        refresh(found, *OF_EVENTS)

    with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
        widgets.ranges(found, changed)
        widgets.dates(found, window_of(found), changed)


@st.fragment(key=FILTERS)
def filters_part(found: Context) -> None:
    found, view = look(found, FILTERS)
    widgets.filters(
        found, view.facets, then=lambda: refresh(found, *OF_EVENTS), cleared=lambda: refresh(found, FILTERS, *OF_EVENTS)
    )


@st.fragment(key=FACTS)
def facts_part(found: Context) -> None:
    found, view = look(found, FACTS)
    if found.bad:
        st.warning(found.say("bad_link", names=", ".join(found.bad)), icon=":material/link_off:")
    facts(found, view, fetch(found.desk, view.security.id, wanted=False))
    no_prices(found, view)


def no_prices(found: Context, view: ChartView) -> None:
    """Said when there is no bar at all; the articles are on the chart all the same."""
    if not len(view.bars):
        hint = found.words["no_bars_offline" if found.desk.settings.offline else "no_bars_hint"]
        st.info(f"**{found.words['no_bars']}** {hint}", icon=":material/candlestick_chart:")


@st.fragment(run_every=1.5)
def wait_for(found: Context, security: str) -> None:
    """Look now and then whether the prices are in; then draw the page again, once."""
    known = fetch(found.desk, security, wanted=False)
    if known is None or not known.job.running:
        st.rerun()
    job = known.job
    st.progress(min((job.done + 0.5) / max(job.total, 1), 1.0), text=found.words["fetching"])


def _height(found: Context) -> int:
    return HEIGHT + PANEL_HEIGHT * len(found.view.panels)


@st.fragment(key=KLINE)
def kline_part(found: Context) -> None:
    found, view = look(found, KLINE)
    draw = minute.draw if found.view.period in MINUTES else _chart
    shown().figure = draw(found, view, _height(found))


def _chart(found: Context, view: ChartView, height: int) -> Callable[[], dict]:
    """Draw the K-line. Gives how to make the figure that is exported."""
    options = options_of(found, view)

    def made() -> tuple[bytes, str]:
        drawn = _figure(found, view, options)
        return packed(drawn), drawn["layout"]["meta"]["period"]

    content, period = found.desk.answer(made, "kline", *question(found), options)
    about, where, window = _about(found, view), scope(view), (view.first_day, view.last_day)

    def picked(day: date | None) -> None:
        change(day=day, article="")
        refresh(found, KLINE)

    def zoomed(days: tuple[date, date] | None) -> None:
        if days:
            zoom_to(where, window, days)
            refresh(found, KLINE)

    def boxed(days: tuple[date, date] | None) -> None:
        if days:
            change(start=days[0], end=days[1])
            refresh(found, *OF_EVENTS)

    kline(
        content,
        key="kline",
        scope=where,
        full=window,
        selected=found.view.day,
        coarse=found.view.period == "auto" and period != "day",
        words={key: found.words[key] for key in CHART_WORDS},
        language=found.language,
        height=height,
        about=f"{about.title}\n" + " · ".join(f"{label}: {value}" for label, value in about.lines()[1:]),
        file=exports.file_name(view.security.id, *window),
        on_pick=picked,
        on_box=boxed,
        on_zoom=zoomed,
    )
    return lambda: _figure(found, load(found), replace(options, selected=found.view.day))


def _figure(found: Context, view: ChartView, options: ChartOptions) -> dict:
    events = view.columns("session", "article", "published_at", "title", "role", "tags")
    return kline_figure(view.bars, events, options, view.benchmark if options.compare else None, tag_words(found.language))


def _about(found: Context, view: ChartView) -> exports.About:
    title = f"{view.name} {view.security.id} · {found.words[found.view.adjust]}"
    return exports.about_of(found, title, (view.first_day, view.last_day), exports.price_sources(view))


@st.fragment(key=TABLE)
def table_part(found: Context) -> None:
    """The events table: a row opens its article and lights its marker up."""
    found, view = look(found, TABLE)
    count = len(view.rows)
    if not count:
        _nothing(found, view)
        return
    cut = found.desk.answer(
        lambda: tables.events_table(found, view), "table", found.language, found.dark, found.view.green_up, *question(found)
    )
    key, rows = f"events-{view.security.id}", view.whole[["session", "article"]].iloc[cut.rows]

    def chosen() -> None:
        row = tables.chosen_row(st.session_state[key])
        if row is not None and row < len(rows):
            event = rows.iloc[row]
            change(day=None if pd.isna(event["session"]) else event["session"].date(), article=str(event["article"]))
        refresh(found, KLINE)

    st.dataframe(
        cut.cells,
        column_config=tables.events_columns(found),
        hide_index=True,
        height=tables.height_of(cut.rows, 330),
        selection_mode="single-row",
        on_select=chosen,
        key=key,
        placeholder=numbers.NOTHING,
    )
    note = found.say("rows", n=f"{count:,}", m=f"{view.counts.on_chart:,}")
    st.caption(f"{note} · {found.say('vs', benchmark=widgets.escaped(view.benchmark_name or numbers.NOTHING))}")


def _nothing(found: Context, view: ChartView) -> None:
    """No article on the chart: where there are some, and the way to them."""
    words, counts = found.words, view.counts
    hidden, outside = counts.filtered_out, counts.outside_window
    hints = [found.say(key, n=f"{n:,}") for key, n in (("nothing_hint", hidden), ("nothing_outside", outside)) if n]
    nothing(words["nothing"], " ".join(hints))

    def every_date() -> None:
        change(range="all")
        redraw()

    with st.container(horizontal=True, horizontal_alignment="center"):
        if hidden:
            st.button(words["clear"], key="nothing-clear", icon=":material/filter_alt_off:", on_click=widgets.clear_filters)
        if outside:
            st.button(words["see_all"], key="nothing-all", icon=":material/date_range:", on_click=every_date)


@st.fragment(key=READER)
def reader_part(found: Context) -> None:
    """The articles of the chosen session, one of them open; the newest article when nothing is chosen."""
    say_what_was_done()
    found, view = look(found, READER)
    desk, day, shows = found.desk, found.view.day, note_drawn(READER, found, view)
    if not shows.current:
        reader(found, None, view.security.id, "chart")
        return
    if len(shows.articles) > 1:
        events = of_day(found, view)
        titles = dict(zip(events["article"], events["title"], strict=True))
        st.caption(found.say("day_articles", day=numbers.day(day), n=len(shows.articles)))
        st.session_state["w-of-day"] = shows.current
        st.selectbox(
            found.words["articles"],
            shows.articles,
            format_func=lambda one: tables.clean(titles.get(one, one), 60) or found.words["untitled"],
            key="w-of-day",
            label_visibility="collapsed",
            on_change=lambda: change(article=st.session_state["w-of-day"]),
        )
    article = desk.answer(lambda: pipeline.article_view(desk.store, desk.universe, desk.clock, shows.current), "article", shows.current)
    if article is None:
        st.html(f'<div class="nl-empty">{text(found.words["broken_article"])}</div>')
        return
    reader(found, article, view.security.id, "chart", card=lambda: _card(found, view, article))


def _card(found: Context, view: ChartView, article: ArticleView) -> Card | None:
    """The event's abnormal returns beside what ordinary days do; None where the article stands on no session of this security."""
    session = next((one.session for one in article.links if one.link.security == view.security.id), None)
    if session is None or not len(view.benchmark):
        return None
    return found.desk.answer(lambda: _event_card(found.desk, view.security.id, session), "card", view.security.id, session)


def _event_card(desk: Desk, security: str, session: date) -> Card:
    reach = (session - timedelta(days=300), session + timedelta(days=30))
    bars, index = (bars_of(desk.store, one, *reach) for one in (security, benchmark_of(security)))
    return card_of(bars, index, security, session, desk.clock)


@st.fragment(key=EXPORTS)
def exports_part(found: Context) -> None:
    """Made when they are asked for, of what the page shows then."""
    found, view = look(found, EXPORTS)
    note_drawn(EXPORTS, found, view)
    now = shown()
    exports.buttons(
        found,
        exports.file_name("newslink", view.security.id, view.first_day, view.last_day),
        events=(lambda: now.view.events) if len(view.rows) else None,
        about=lambda: _about(now.found, now.view),
        figure=now.figure and (lambda: now.figure()),
    )
