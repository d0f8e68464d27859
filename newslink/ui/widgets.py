"""Widgets bound to the view: what they show comes from the URL, what is changed goes to the URL, in one place for all pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from newslink.errors import UnknownSecurity
from newslink.link import Universe
from newslink.link.codes import parse_security_id
from newslink.model import Role, Security
from newslink.pipeline.view_types import Facets
from newslink.ui.context import Context, change, redraw
from newslink.ui.feeds import told_apart
from newslink.ui.state import ADJUSTS, EARLIEST, LATEST, OVERLAYS, PANELS, PERIODS, RANGES, View
from newslink.ui.style import accent


def bound(field: str, shown: object, typed: bool = False) -> str:
    """The key of the widget of a field, holding what the view says. Set before the widget is made, so links and gestures move it.

    Set in every run: a run that is cut short by the next would otherwise leave the browser with the widget's own default. Only where
    text is typed, what is being typed must not be overwritten by a run that has nothing to do with it.
    """
    key = f"w-{field}"
    if not typed or st.session_state.get(key, ...) != shown:
        st.session_state[key] = shown
    return key


def _take(field: str, turn: Callable[[object], object] = lambda value: value, then: Callable[[], None] = redraw) -> Callable[[], None]:
    """then: draws again what the field changes."""

    def changed() -> None:
        change(**{field: turn(st.session_state[f"w-{field}"]), "page": 1})
        then()

    return changed


def popover(label: str, key: str, **looks: object) -> DeltaGenerator:
    """A popover whose content need only be made while ``.open``: what is closed costs a page nothing. It stays open when its label changes."""
    st.session_state[key] = st.session_state.get(key, False)
    return st.popover(label, key=key, on_change="rerun", **looks)


# ---- the security -----------------------------------------------------------------------------------------------------------------------


def matches(universe: Universe, text: str, limit: int = 8) -> list[Security]:
    """Securities for what was typed, best first. A code the lists do not know is taken when it names its market: four letters alone are
    more likely somebody's pinyin initials than a new listing in New York.
    """
    text = text.strip()[:60]
    if not text:
        return []
    found = list(universe.find(text, limit))
    try:
        identity = parse_security_id(text)
    except UnknownSecurity:
        return found
    first = universe.security(identity) or (Security(identity, identity) if "." in text else None)
    return [first, *(one for one in found if one.id != identity)][:limit] if first else found


def search(found: Context, **more: object) -> None:
    """The search box. One clear answer is taken at once, several are offered. more: what else changes with it in the view."""

    def typed() -> None:
        text = st.session_state["w-search"]
        hits = matches(found.desk.universe, text)
        st.session_state["offered"] = [] if len(hits) == 1 or _clear(text, hits) else [one.id for one in hits]
        st.session_state["unknown"] = text if text.strip() and not hits else ""
        if hits:
            change(security=hits[0].id, **more)
            st.session_state["w-search"] = ""
        redraw()

    st.text_input(
        found.words["search"],
        key="w-search",
        placeholder=found.words["search_hint"],
        label_visibility="collapsed",
        width=235,
        on_change=typed,
    )


def _clear(text: str, hits: Sequence[Security]) -> bool:
    """Is the first hit what was meant? Its code or its whole name was typed."""
    if not hits:
        return True
    typed = text.strip().casefold()
    first = hits[0]
    return typed in (first.id.casefold(), first.id.partition(".")[0].casefold(), first.name.casefold())


def offers(found: Context) -> None:
    """What else the typed text may have meant, or that it means nothing."""
    if unknown := st.session_state.pop("unknown", ""):
        st.warning(found.words["unknown_code"].replace("{text}", escaped(unknown[:40])), icon=":material/search_off:")
    ids = [one for one in st.session_state.get("offered", ()) if one]
    if len(ids) < 2:
        return

    def chosen() -> None:
        if pick := st.session_state.get("w-offered"):
            st.session_state["offered"] = []
            change(security=pick)
            redraw()

    st.session_state["w-offered"] = found.view.security if found.view.security in ids else None
    name = found.desk.universe.name_on
    st.pills(
        found.words["did_you_mean"],
        ids,
        format_func=lambda one: f"{name(one)} {one}",
        key="w-offered",
        on_change=chosen,
        label_visibility="collapsed",
    )


_MARKDOWN = str.maketrans({c: "\\" + c for c in "\\`*_{}[]()<>#+-.!|~$:&^="})


def escaped(text: str) -> str:
    """Text from outside for a place where Streamlit reads markdown: shown as typed, on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()).translate(_MARKDOWN)


# ---- window and drawing -----------------------------------------------------------------------------------------------------------------


def ranges(found: Context, then: Callable[[], None] = redraw) -> None:
    view = found.view
    key = bound("range", None if view.start or view.end else view.range)

    def chosen() -> None:
        change(range=st.session_state[key] or "1y")
        then()

    st.segmented_control(
        found.words["range"],
        list(RANGES),
        format_func=found.words.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=chosen,
    )


def dates(found: Context, window: tuple[date, date], then: Callable[[], None] = redraw) -> None:
    """Both ends of the window; a half-made choice waits for its other half."""

    def chosen() -> None:
        value = st.session_state["w-dates"]
        if isinstance(value, tuple) and len(value) == 2:
            change(start=value[0], end=value[1], page=1)
            then()

    shown = (max(window[0], EARLIEST), min(window[1], LATEST))
    half = st.session_state.get("w-dates")
    if not (isinstance(half, tuple) and len(half) == 1):
        bound("dates", shown)
    st.date_input(
        found.words["dates"],
        key="w-dates",
        min_value=EARLIEST,
        max_value=LATEST,
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        on_change=chosen,
        width=225,
    )


def open_dates(found: Context) -> None:
    """Both ends of the window, each of which may be open."""
    for field in ("start", "end"):
        st.date_input(
            found.words["from" if field == "start" else "to"],
            key=bound(field, getattr(found.view, field)),
            min_value=EARLIEST,
            max_value=LATEST,
            format="YYYY-MM-DD",
            label_visibility="collapsed",
            on_change=_take(field),
            width=130,
        )


def one_of(
    found: Context, field: str, options: Sequence[str], label: str, name: Callable[[str], str] | None = None, hide: bool = True
) -> None:
    default = getattr(View(), field)
    st.segmented_control(
        found.words[label],
        list(options),
        format_func=name or found.words.__getitem__,
        key=bound(field, getattr(found.view, field)),
        label_visibility="collapsed" if hide else "visible",
        on_change=_take(field, lambda value: value or default),
    )


def flag(found: Context, field: str, label: str, then: Callable[[], None] = redraw) -> None:
    st.toggle(found.words[label], key=bound(field, getattr(found.view, field)), on_change=_take(field, then=then))


def several(
    found: Context,
    field: str,
    options: Sequence[str],
    label: str,
    name: Callable[[str], str] | None = None,
    then: Callable[[], None] = redraw,
    empty: str = "any",
) -> None:
    current = getattr(found.view, field)
    offered = list(dict.fromkeys([*options, *current]))
    st.multiselect(
        found.words[label],
        offered,
        format_func=name or escaped,
        key=bound(field, list(current)),
        placeholder=found.words[empty],
        on_change=_take(field, tuple, then),
    )


def display(found: Context) -> None:
    """How the chart is drawn."""
    with popover(found.words["display"], "display", icon=":material/tune:") as box:
        if not box.open:
            return
        several(found, "overlays", OVERLAYS, "overlays", found.words.__getitem__, empty="none")
        several(found, "panels", PANELS, "panels", found.words.__getitem__, empty="none")
        one_of(found, "adjust", ADJUSTS, "adjust", hide=False)
        names = {"role": found.words["by_role"], "tag": found.words["by_tag"]}
        one_of(found, "colour_by", list(names), "colour_by", names.get, hide=False)
        for field in ("compare", "log", "green_up"):
            flag(found, field, field)


def period(found: Context) -> None:
    one_of(found, "period", PERIODS, "period")


# ---- the filter -------------------------------------------------------------------------------------------------------------------------


def filters_on(view: View) -> int:
    """How many filters beside security and dates restrict the set."""
    given = (view.keyword, view.sources, view.categories, view.tags, view.roles, view.relevance, view.fold)
    return sum(bool(one) for one in given)


def role_name(found: Context) -> Callable[[str], str]:
    return lambda role: found.words["role_source" if role == "source" else role]


def filter_fields(found: Context, facets: Facets, keyword: bool, then: Callable[[], None], cleared: Callable[[], None]) -> None:
    words = found.words
    if keyword:
        key = bound("keyword", found.view.keyword, typed=True)
        st.text_input(words["keyword"], key=key, help=words["keyword_hint"], max_chars=200, on_change=_take("keyword", then=then))
    for field, label in (("sources", "source"), ("categories", "category"), ("tags", "tag")):
        offered = [value for value, _ in getattr(facets, field)][:200]
        several(found, field, offered, label, _names_of(found, field, offered), then)
    several(found, "roles", [role.value for role in Role], "role", role_name(found), then)
    taken = _take("relevance", then=then)
    st.slider(words["relevance"], 0, 100, key=bound("relevance", found.view.relevance), step=5, format="%d%%", on_change=taken)
    flag(found, "fold", "fold", then)

    st.button(words["clear"], icon=":material/filter_alt_off:", on_click=clear_filters, args=(cleared,))


def _names_of(found: Context, field: str, offered: Sequence[str]) -> Callable[[str], str] | None:
    """What the values of a filter are called on screen; what is chosen, kept in the link and asked of the store is the value itself."""
    if field == "tags":
        return lambda tag: escaped(found.tag(tag))
    if field != "sources":
        return None
    names = told_apart(dict.fromkeys([*offered, *found.view.sources]), found.language)
    return lambda source: escaped(names.get(source, source))


def clear_filters(then: Callable[[], None] = redraw) -> None:
    """For a callback: no filter beside security and dates any more."""
    change(keyword="", sources=(), categories=(), tags=(), roles=(), relevance=0, fold=False, page=1)
    then()


def filters(
    found: Context, facets: Facets, keyword: bool = True, then: Callable[[], None] = redraw, cleared: Callable[[], None] = redraw
) -> None:
    """Its label says how many are on by ``filters_mark``. then: draws again what a filter changes; cleared: the filters as well. All of the
    page where they are not given.
    """
    with popover(found.words["filters"], "filters", icon=":material/filter_alt:") as box:
        if box.open:
            filter_fields(found, facets, keyword, then, cleared)


def filters_mark(found: Context) -> str:
    """Style that puts the number of filters behind the label: nothing of what is in the popover need be drawn again for it."""
    number = filters_on(found.view)
    if not number:
        return "<style></style>"
    button, colour = ".st-key-filters button", accent(found.dark)
    said = found.say("n_filters", n=number)
    return f'<style>{button} {{ color: {colour}; border-color: {colour}; }} {button} p::after {{ content: "{said}"; }}</style>'


_FOCUS = """
export default function () {
  const listen = (event) => {
    const at = event.target;
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || at.isContentEditable) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
    const box = document.querySelector(".st-key-w-search input, .st-key-w-keyword input");
    if (box) { event.preventDefault(); box.focus(); }
  };
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}
"""


def shortcuts() -> None:
    """The slash key jumps to the search box."""
    st.components.v2.component("newslink.shortcuts", js=_FOCUS)(key="shortcuts", height=1)
