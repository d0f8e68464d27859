"""The parts of the page K 线与新闻, top to bottom: filter bar, notices, chart beside the reader, table, watchlist and saved views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from newslink.chart import ChartOptions, kline_figure
from newslink.chart.slots import slots
from newslink.model import market_of
from newslink.pipeline import view as pipeline
from newslink.pipeline.bars import bars_of, benchmark_of
from newslink.pipeline.study_panel import Card, card_of
from newslink.pipeline.view_types import ArticleView, ChartView
from newslink.ui import exports, minute, numbers, tables, widgets
from newslink.ui.actions import say_what_was_done
from newslink.ui.context import Context, change, latest, part_of_page, redraw
from newslink.ui.desk import Desk, fetch
from newslink.ui.facts import facts
from newslink.ui.html import text
from newslink.ui.kline import kline, packed
from newslink.ui.reader import reader
from newslink.ui.shelf import default_security, shelf
from newslink.ui.state import MINUTES
from newslink.ui.style import direction_colours
from newslink.ui.texts import tag_words

PART = "chart"  # the fragment that holds the page
HEIGHT, PANEL_HEIGHT = 520, 90
CHART_WORDS = ("chart", "open", "high", "low", "close", "change", "volume", "articles", "click", "no_bar", "box", "zoom_in",
    "zoom_out", "reset", "png")  # fmt: skip


def chosen(found: Context) -> Context:
    """The context with a security: where the link names none, the one to start with."""
    return found if found.view.security else replace(found, view=change(security=default_security(found.desk)))


@st.fragment(key=PART)
def page(found: Context) -> None:
    """All of the page. A fragment: whatever is chosen on it draws it again, and not the frame around it."""
    found = latest(found)
    part_of_page(PART)
    st.session_state.pop("go", None)  # a link of the reader to this very page
    st.html(direction_colours(found.dark, found.view.green_up))
    filters, offers = bar(found)
    view = load(found)
    with filters:
        widgets.filters(found, view.facets)
    with offers:
        widgets.offers(found)
    missing = view.staleness.last_session is None or (
        view.staleness.expected_session is not None and view.staleness.last_session < view.staleness.expected_session
    )
    job = fetch(found.desk, view.security.id, wanted=missing)
    # What comes and goes has a place that stays, so that what follows is not laid out anew.
    with st.container():
        notices(found, view)
    facts(found, view, job)
    with st.container():
        if job is not None and job.job.running:
            wait_for(found, view.security.id)
        no_prices(found, view)
    workbench(found, [view])
    st.divider()
    with st.expander(f"{found.words['watch']} · {found.words['views']}", key="shelf", on_change="rerun") as below:
        if below.open:
            shelf(found, view.security.id)


def bar(found: Context) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Search, range, dates, period, display, filter: one line on a wide screen. Gives the places of the filter and of what search offers."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.search(found)
        widgets.ranges(found)
        widgets.dates(found, window_of(found))
        widgets.period(found)
        widgets.display(found)
        filters = st.container(width="content")
        if not (found.desk.sample or found.desk.settings.offline):
            help_text = found.words["refresh_help"]
            st.button(
                found.words["refresh"],
                icon=":material/refresh:",
                help=help_text,
                on_click=fetch,
                args=(found.desk, found.view.security, True, True),
            )
    return filters, st.container()


def window_of(found: Context) -> tuple[date, date]:
    first, last = found.desk.bounds(found.view.security)
    start, end = found.view.window(last)
    return (first if found.view.range == "all" and not found.view.start and first <= end else start, end)


def load(found: Context) -> ChartView:
    """The one call into the pipeline."""
    view, desk = found.view, found.desk
    now = datetime.now(UTC)
    # What counts as stale depends on the time, but only by way of the session that ought to be there.
    expected = desk.clock.last_closed(market_of(view.security), now)
    return desk.answer(
        lambda: pipeline.chart_view(
            desk.store, desk.universe, desk.clock, view.security, *window_of(found), view.filter(), view.adjust, now, desk.answer
        ),
        "chart", *_question(found), expected,
    )  # fmt: skip


def _question(found: Context) -> tuple:
    """What the events on the chart depend on, beside the store."""
    return found.view.security, *window_of(found), found.view.filter(), found.view.adjust


def notices(found: Context, view: ChartView) -> None:
    if found.bad:
        st.warning(found.say("bad_link", names=", ".join(found.bad)), icon=":material/link_off:")
    if found.desk.sample:
        st.caption(f":material/science: {found.words['sample_note']}")


def no_prices(found: Context, view: ChartView) -> None:
    """Said when there is no bar at all; the articles are on the chart all the same."""
    if not len(view.bars):
        st.info(f"**{found.words['no_bars']}** {found.words['no_bars_hint']}", icon=":material/candlestick_chart:")


@st.fragment(run_every=1.5)
def wait_for(found: Context, security: str) -> None:
    """Look now and then whether the prices are in; then draw the page again, once."""
    known = fetch(found.desk, security, wanted=False)
    if known is None or not known.job.running:
        st.rerun()
    job = known.job
    st.progress(min((job.done + 0.5) / max(job.total, 1), 1.0), text=found.words["fetching"])


def options_of(found: Context, view: ChartView) -> ChartOptions:
    """What is drawn: the window, or the days that were zoomed to, where those need finer candles than the whole."""
    chosen = found.view
    zoomed = _window(view) if chosen.period == "auto" else None
    first, last = zoomed or (view.first_day, view.last_day)
    return ChartOptions(
        start=first,
        end=last,
        period="auto" if chosen.period in MINUTES else chosen.period,
        overlays=chosen.overlays,
        panels=chosen.panels,
        log=chosen.log,
        red_up=not chosen.green_up,
        dark=found.dark,
        language=found.language,
        colour_by=chosen.colour_by,
        compare=view.benchmark_name if chosen.compare else "",
    )


@st.fragment
def workbench(found: Context, loaded: list[ChartView]) -> None:
    """Chart, reader, table, in the order in which they are looked at. A fragment: a click on a marker draws these again and nothing else.

    loaded: the view of the page's own run, taken out by it; the runs of a click find none and look for themselves.
    """
    say_what_was_done()
    if loaded:
        view = loaded.pop()
    else:
        found = latest(found)
        view = load(found)
    height = HEIGHT + PANEL_HEIGHT * len(found.view.panels)
    left, right = st.columns([2, 1], gap="small")
    with left:
        figure = minute.draw(found, view, height) if found.view.period in MINUTES else _chart(found, view, height)
    with right, st.container(height=height + 420, border=True, key="reader"):
        _read(found, view)
    with left:
        _table(found, view)
        _exports(found, view, figure)


def _scope(view: ChartView) -> str:
    return f"{view.security.id} {view.first_day} {view.last_day}"


def _window(view: ChartView) -> tuple[date, date] | None:
    """The days that were zoomed to on this chart, if any."""
    scope, days = st.session_state.get("zoom", ("", None))
    return days if scope == _scope(view) else None


def _chart(found: Context, view: ChartView, height: int) -> Callable[[], dict]:
    """Draw the K-line. Gives how to make the figure that is exported."""
    options = options_of(found, view)

    def figure(options: ChartOptions = options) -> dict:
        return kline_figure(view.bars, view.events, options, view.benchmark if options.compare else None, tag_words(found.language))

    def made() -> tuple[bytes, str]:
        drawn = figure()
        return packed(drawn), drawn["layout"]["meta"]["period"]

    content, period = found.desk.answer(made, "kline", *_question(found), options)
    about = _about(found, view)

    def zoomed(days: tuple[date, date] | None) -> None:
        if days:
            st.session_state["zoom"] = (_scope(view), _padded(days, view))

    def boxed(days: tuple[date, date] | None) -> None:
        if days:
            change(start=days[0], end=days[1])
            redraw()

    kline(
        content,
        key="kline",
        scope=_scope(view),
        full=(view.first_day, view.last_day),
        selected=found.view.day,
        coarse=found.view.period == "auto" and period != "day",
        words={key: found.words[key] for key in CHART_WORDS},
        language=found.language,
        height=height,
        about=f"{about.title}\n" + " · ".join(f"{label}: {value}" for label, value in about.lines()[1:]),
        file=exports.file_name(view.security.id, view.first_day, view.last_day),
        on_pick=lambda day: change(day=day, article=""),
        on_box=boxed,
        on_zoom=zoomed,
    )
    return lambda: figure(replace(options, selected=found.view.day))


def _about(found: Context, view: ChartView) -> exports.About:
    title = f"{view.name} {view.security.id} · {found.words[found.view.adjust]}"
    return exports.about_of(found, title, (view.first_day, view.last_day), exports.price_sources(view))


def _padded(days: tuple[date, date], view: ChartView) -> tuple[date, date]:
    """The days looked at and as many on both sides, so that a small pan finds them loaded."""
    room = (days[1] - days[0]) * 1.2
    return max(days[0] - room, view.first_day), min(days[1] + room, view.last_day)


def _of_day(found: Context, view: ChartView) -> pd.DataFrame:
    """The events of the candle that ends on the chosen day, in the period now drawn."""
    day = found.view.day
    if day is None or not len(view.events):
        return view.events.iloc[:0]
    places = slots(view.bars, view.events, options_of(found, view))
    session = view.events["session"].to_numpy("datetime64[D]")
    place = int(places.place_of(np.array([day], "datetime64[D]"))[0])
    if place < 0:
        return view.events[session == np.datetime64(day, "D")]
    return view.events[(session >= places.first[place]) & (session <= places.last[place])]


def _table(found: Context, view: ChartView) -> None:
    """The events table: a row opens its article and lights its marker up."""
    words, events = found.words, view.events
    if not len(events):
        hint = found.say("nothing_hint", n=f"{view.counts.outside_window:,}")
        st.html(f'<div class="nl-empty"><b>{text(words["nothing"])}</b><br>{text(hint)}</div>')
        return
    shown = found.desk.answer(
        lambda: tables.events_table(found, view), "table", found.language, found.dark, found.view.green_up, *_question(found)
    )
    key = f"events-{view.security.id}"

    def chosen() -> None:
        row = tables.chosen_row(st.session_state[key])
        if row is not None and row < len(shown.rows):
            event = view.whole.iloc[int(shown.rows[row])]
            change(day=None if pd.isna(event["session"]) else event["session"].date(), article=str(event["article"]))

    st.dataframe(
        shown.cells,
        column_config=tables.events_columns(found),
        hide_index=True,
        height=min(38 + 35 * len(shown.rows), 330),
        selection_mode="single-row",
        on_select=chosen,
        key=key,
        placeholder=numbers.NOTHING,
    )
    note = found.say("rows", n=f"{len(events):,}", m=f"{events['article'].nunique():,}")
    st.caption(f"{note} · {found.say('vs', benchmark=widgets.escaped(view.benchmark_name or numbers.NOTHING))}")


def _read(found: Context, view: ChartView) -> None:
    """The articles of the chosen session, one of them open; the newest article when nothing is chosen."""
    desk, day, open_one = found.desk, found.view.day, found.view.article
    of_day = _of_day(found, view)
    ids = list(dict.fromkeys(of_day.sort_values("relevance", ascending=False, kind="stable")["article"]))
    if open_one and open_one not in ids:
        ids = [open_one]
    if not ids and day is None and len(view.events):
        ids = [view.events.sort_values("published_at", kind="stable")["article"].iloc[-1]]
    if not ids:
        reader(found, None, view.security.id, "chart")
        return
    current = open_one or ids[0]
    if len(ids) > 1:
        titles = dict(zip(of_day["article"], of_day["title"], strict=True))
        st.caption(found.say("day_articles", day=numbers.day(day), n=len(ids)))
        st.session_state["w-of-day"] = current
        st.selectbox(
            found.words["articles"],
            ids,
            format_func=lambda one: tables.clean(titles.get(one, one), 60) or found.words["untitled"],
            key="w-of-day",
            label_visibility="collapsed",
            on_change=lambda: change(article=st.session_state["w-of-day"]),
        )
    article = desk.answer(lambda: pipeline.article_view(desk.store, desk.universe, desk.clock, current), "article", current)
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


def _exports(found: Context, view: ChartView, figure: Callable[[], dict] | None) -> None:
    window = (view.first_day, view.last_day)
    exports.buttons(found, view.events, _about(found, view), exports.file_name("newslink", view.security.id, *window), figure)
