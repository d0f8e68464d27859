"""What every page needs of the session it runs in: the view from the URL, the texts, the theme, the desk. One object, made once a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from newslink.errors import NewslinkError
from newslink.settings import Settings
from newslink.ui.desk import Desk, open_desk
from newslink.ui.feeds import feed_name
from newslink.ui.state import PARAMETERS, View, changed, format_view, parse_view
from newslink.ui.texts import language_of, tag_words, words

_KEPT, _BAD, _PART = "newslink-view", "newslink-bad", "newslink-part"


@dataclass(frozen=True, slots=True)
class Context:
    """bad: parameters of the link that made no sense."""

    desk: Desk
    view: View
    words: dict[str, str]
    language: str
    dark: bool
    bad: tuple[str, ...] = ()

    def say(self, key: str, **values: object) -> str:
        return self.words[key].format(**values)

    def tag(self, tag: str) -> str:
        """An event tag in the reader's language; a tag that is no event's as it is."""
        return tag_words(self.language).get(tag, tag)

    def source(self, source: object) -> str:
        """What a source of articles is called in the reader's language (``feeds``); '' where none is known."""
        return feed_name(str(source), self.language) if source is not None and source == source else ""

    def tags(self, tags: object) -> str:
        """The tags of a cell, a tuple or list, in one line."""
        return self.words["comma"].join(self.tag(str(tag)) for tag in tags) if isinstance(tags, tuple | list) else ""


def current_view() -> tuple[View, tuple[str, ...]]:
    """The view of the URL. A page opened from the navigation has none, so the session's last one goes with it."""
    given = {name: st.query_params.get_all(name) for name in st.query_params if name in PARAMETERS}
    if given:
        view, bad = parse_view(given)
    else:
        view, bad = kept(), ()
    if not given or view != st.session_state.get(_KEPT):
        keep(view)
    # What was dropped stays said until something is chosen, although the URL no longer holds it.
    if bad:
        st.session_state[_BAD] = bad
    return view, st.session_state.get(_BAD, ())


def keep(view: View) -> None:
    """Make this the view: in the URL and for the pages to come. Only our own parameters are touched."""
    st.session_state[_KEPT] = view
    wanted = format_view(view)
    for name in list(st.query_params):
        if name in PARAMETERS and name not in wanted:
            del st.query_params[name]
    for name, value in wanted.items():
        if st.query_params.get_all(name) != (value if isinstance(value, list) else [value]):
            st.query_params[name] = value


def kept() -> View:
    """The view of this session as it is now."""
    return st.session_state.get(_KEPT, View())


def change(**more: object) -> View:
    """Change the view by a widget's callback or a gesture; the run that follows draws it."""
    st.session_state.pop(_BAD, None)
    view = changed(kept(), **more)
    keep(view)
    return view


def latest(found: Context) -> Context:
    """The context with view, store and theme as they are now: a fragment is called with those of its page's last full run."""
    try:
        desk = open_desk(Settings.from_environment())
    except NewslinkError:
        st.rerun()  # the whole page says what is wrong
    return replace(found, desk=desk, view=st.session_state.get(_KEPT, found.view), dark=is_dark(), bad=st.session_state.get(_BAD, ()))


def part_of_page(key: str) -> None:
    """Said by the fragment that holds all of a page: what ``redraw`` draws again. '' where the page is no fragment."""
    st.session_state[_PART] = key


def redraw(*parts: str) -> None:
    """In a callback: draw these fragments of the page again, all of it where none is named, whatever fragment the widget is in."""
    if page := st.session_state.get(_PART, ""):
        st.rerun(parts or page)


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def language(view: View) -> str:
    return view.language or language_of(st.context.locale)


def context(desk: Desk, view: View, bad: tuple[str, ...]) -> Context:
    chosen = language(view)
    return Context(desk, view, words(chosen), chosen, is_dark(), bad)
