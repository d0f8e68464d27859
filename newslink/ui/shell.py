"""The frame of all pages: configuration, navigation, language, and what is shown when the store cannot be opened."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import streamlit as st

from newslink.errors import NewslinkError
from newslink.settings import Settings
from newslink.ui.context import Context, change, context, current_view, language, part_of_page
from newslink.ui.desk import open_desk, pulse
from newslink.ui.door import admit
from newslink.ui.problems import problem
from newslink.ui.style import CSS, direction_colours
from newslink.ui.texts import LANGUAGES, words

# A picture of our own: a named icon would be fetched from another host.
ICON = Path(__file__).parent / "assets" / "icon.png"
PAGES = ("chart", "news", "market", "study", "data")
ICONS = {
    "chart": ":material/candlestick_chart:",
    "news": ":material/article:",
    "market": ":material/grid_view:",
    "study": ":material/query_stats:",
    "data": ":material/database:",
}
LOOK_AGAIN = 8.0  # seconds between two looks for what came in meanwhile
_CONTEXT = "newslink-context"


@cache
def _settle() -> None:
    """Everything loaded by now stays for good: keep the garbage collector from walking over it after every run."""
    gc.collect()
    gc.freeze()


def run() -> None:
    """One run of the dashboard for one session."""
    st.set_page_config(page_title="newslink", page_icon=str(ICON), layout="wide", initial_sidebar_state="collapsed")
    text = words(language(current_view()[0]))
    found = prepare()
    titles = {name: text[f"page_{name}"] for name in PAGES}
    if found is not None and (unread := _unread(found)):
        titles["data"] += f" ({unread})"
    page = st.navigation(
        [
            st.Page(
                f"pages/{name}.py",
                title=titles[name],
                icon=ICONS[name],
                url_path=name if name != "chart" else None,
                default=name == "chart",
            )
            for name in PAGES
        ],
        position="top",
    )
    if found is None:
        return
    if (wanted := st.session_state.pop("go", None)) in PAGES:
        st.switch_page(f"pages/{wanted}.py")
    settings = Settings.from_environment()
    seen = pulse(settings)
    # The name of the page is to be seen in the navigation; those who listen need it as a heading.
    st.html(f'<h1 class="nl-hidden">{page.title}</h1>')
    if found.desk.sample and page.url_path:  # the chart says so beside its name
        st.caption(f":material/science: {found.words['sample_note']}")
    try:
        page.run()
    except NewslinkError as error:
        # Everything of ours that can go wrong says in its message what to do; what is not ours is a bug and goes to the log.
        st.error(found.words["broken"], icon=":material/error:")
        st.text(problem(error, found.language)[:1000])
    _footer(found)
    _keep_up(settings, seen, count())


@st.fragment(run_every=LOOK_AGAIN)
def _keep_up(settings: Settings, seen: int, looks: Iterator[int]) -> None:
    """Draw the page again when something was stored since it was read: what ``newslink watch`` brings is shown without a reload.

    Not at the first look, which is part of drawing the page: while much is being written, a page would never come to rest.
    """
    if next(looks) and pulse(settings) != seen:
        st.rerun()


def _unread(found: Context) -> int:
    """Alerts nobody has read; what goes wrong with them is said on their own page."""
    try:
        return found.desk.store.inbox_unread()
    except NewslinkError:
        return 0


def prepare() -> Context | None:
    """Style, desk and context of this run, kept for the page; None where nobody is logged in or the store cannot be opened, and that is said."""
    view, bad = current_view()
    part_of_page("")
    text = words(language(view))
    st.html(CSS)
    if not admit(text):
        return None
    try:
        desk = open_desk(Settings.from_environment())
    except NewslinkError as error:
        st.error(text["store_down"], icon=":material/database_off:")
        st.text(problem(error, language(view)))
        st.caption(text["store_down_hint"])
        return None
    _settle()
    found = context(desk, view, bad)
    st.session_state[_CONTEXT] = found
    st.html(direction_colours(found.dark, view.green_up))
    return found


def session() -> Context:
    """The context of this run, for the pages.

    A fresh server that is asked for a page by its address runs the page's file by itself, before it knows of the dashboard around
    it: then the dashboard is run here, and draws the page inside.
    """
    if _CONTEXT not in st.session_state:
        run()
        st.stop()
    return st.session_state[_CONTEXT]


def _footer(found: Context) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="footer"):
        st.caption(found.words["share"], width="content")
        st.session_state["w-language"] = found.language
        st.segmented_control(
            found.words["language"],
            list(LANGUAGES),
            format_func={"zh": "中文", "en": "English"}.get,
            key="w-language",
            label_visibility="collapsed",
            on_change=_choose_language,
        )


def _choose_language() -> None:
    if chosen := st.session_state.get("w-language"):
        change(language=chosen)
