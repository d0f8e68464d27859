"""A figure in, the K-line on screen; what the analyst picked, boxed and zoomed to comes back.

Streamlit's own chart remounts whenever the figure changes and forgets zoom and selection, so the chart is a small component of ours
that draws the same figure on a canvas and keeps the view itself (docs/decisions has the measurements). Its script is served from
``assets/`` by this server; nothing comes from another host.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v1 as assets

ASSETS = Path(__file__).parent / "assets"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Gesture:
    """What was done on the chart: picked a session, boxed days (filter), or zoomed to days that need other candles. All inclusive."""

    picked: date | None = None
    boxed: tuple[date, date] | None = None
    zoomed: tuple[date, date] | None = None


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


def packed(payload: dict[str, Any]) -> bytes:
    """JSON, compressed: the websocket of Streamlit sends as it is."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode("utf-8", "replace"), compresslevel=3, mtime=0)


def kline(
    figure: dict,
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
) -> Gesture:
    """Draw and report. scope: while it stays the same the view is kept (security, window). full: the whole window;
    coarse: finer candles exist.

    about and file: title and name of the picture that the PNG button saves.
    """
    payload = {
        "figure": figure,
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
    result = _component()(
        key=key,
        data=packed(payload),
        height="content",
        on_picked_change=_nothing,
        on_boxed_change=_nothing,
        on_zoomed_change=_nothing,
    )
    return Gesture(_picked(result.get("picked"), key), _days(result.get("boxed")), _days(result.get("zoomed")))


def _nothing() -> None:
    """Streamlit asks for a callback before it hands a value out."""


def _picked(value: object, key: str) -> date | None:
    """A pick counts once: the component keeps telling the last one, and a later choice in the table must not be overruled by it."""
    if not isinstance(value, dict):
        return None
    turn = value.get("turn")
    if st.session_state.get(f"{key}-turn") == turn:
        return None
    st.session_state[f"{key}-turn"] = turn
    return day_of(value.get("session"))


def _days(value: object) -> tuple[date, date] | None:
    if not isinstance(value, dict):
        return None
    first, last = day_of(value.get("first")), day_of(value.get("last"))
    return (first, last) if first and last and first <= last else None
