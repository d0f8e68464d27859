"""A figure in, the K-line on screen; what the analyst picked, boxed and zoomed to comes back.

Streamlit's own chart remounts whenever the figure changes and forgets zoom and selection, so the chart is a small component of ours
that draws the same figure on a canvas and keeps the view itself (docs/decisions has the measurements). Its script is served from
``assets/`` by this server; nothing comes from another host.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v1 as assets

ASSETS = Path(__file__).parent / "assets"
EPOCH = date(1970, 1, 1)


def day_of(ordinal: object) -> date | None:
    """Days since 1970 as the browser sent them → the day; None for anything else: what comes from a browser is input like any other."""
    if isinstance(ordinal, bool) or not isinstance(ordinal, int | float) or not -20_000 < ordinal < 80_000:
        return None
    return EPOCH + timedelta(days=int(ordinal))


def ordinal_of(day: date) -> int:
    return (day - EPOCH).days


@cache
def _script() -> str:
    """The inline part, resent with every figure, so only a loader. The addresses change when the files do, so nothing stale is used.

    Streamlit takes a text of one line for the name of a file, hence the line breaks.
    """
    base = "/" + st.get_option("server.baseUrlPath").strip("/")
    ours = assets.declare_component("newslink_kline", path=str(ASSETS))

    def imported(name: str) -> str:
        mark = hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]
        return f'import(new URL("{base.rstrip("/")}/component/{ours.name}/{name}?v={mark}", location.origin))'

    return f"""
const parts = Promise.all([{imported("kline.js")}, {imported("canvas.js")}]);
export default async (component) => {{ const [kline, canvas] = await parts; return kline.mount(component, canvas.Painter); }};
"""


@cache
def _component() -> Any:
    css = (ASSETS / "kline.css").read_text(encoding="utf-8")
    return st.components.v2.component("newslink.kline", js=_script(), css=css, isolate_styles=False)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def packed(figure: dict) -> bytes:
    """JSON, compressed: the websocket of Streamlit sends as it is."""
    return gzip.compress(_json(figure), compresslevel=3, mtime=0)


def framed(head: bytes, figure: bytes) -> bytes:
    """Four bytes, the length of head (big-endian); head; figure."""
    return len(head).to_bytes(4, "big") + head + figure


def kline(
    figure: bytes,
    *,
    key: str,
    scope: str,
    full: tuple[date, date],
    selected: date | None,
    coarse: bool,
    words: dict[str, str],
    language: str,
    height: int,
    about: str,
    file: str,
    on_pick: Callable[[date | None], None],
    on_box: Callable[[tuple[date, date] | None], None],
    on_zoom: Callable[[tuple[date, date] | None], None],
) -> None:
    """Draw a packed figure, and report what is done. on_pick: a session was clicked; on_box: days were boxed; on_zoom: days that need other candles.

    scope: while it stays the same the view is kept (security, window). full: the whole window;
    coarse: finer candles exist.

    about and file: title and name of the picture that the PNG button saves.
    """
    # What changes with a click stands before the figure, so that the browser unpacks and sorts only a figure it has not got.
    head = {
        "scope": scope,
        "full": [ordinal_of(day) for day in full],
        "first": ordinal_of(full[0]),
        "selected": None if selected is None else ordinal_of(selected),
        "coarse": coarse,
        "words": words,
        "language": language,
        "height": height,
        "about": about,
        "file": file,
    }
    # Callbacks run before the page does, so what was clicked is in the view when the page is drawn: one run, not two.
    _component()(
        key=key,
        data=framed(_json(head), figure),
        height="content",
        on_picked_change=lambda: _told(key, "picked", lambda value: on_pick(day_of(value.get("session")))),
        on_boxed_change=lambda: _told(key, "boxed", lambda value: on_box(_days(value))),
        on_zoomed_change=lambda: _told(key, "zoomed", lambda value: on_zoom(_days(value))),
    )


def _told(key: str, name: str, then: Callable[[dict], None]) -> None:
    """Hand what the browser sent on, if it has the shape it should have."""
    sent = st.session_state.get(key)
    value = sent.get(name) if sent is not None else None
    if isinstance(value, Mapping):
        then(value)


def _days(value: Mapping) -> tuple[date, date] | None:
    first, last = day_of(value.get("first")), day_of(value.get("last"))
    return (first, last) if first and last and first <= last else None
