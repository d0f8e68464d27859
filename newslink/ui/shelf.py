"""Watchlist and saved views: one small file under the home folder, shared by all who use this server. Checked when read."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from newslink.model import SECURITY_ID
from newslink.pipeline.bars import bars_of
from newslink.pipeline.wire import WATCHLIST
from newslink.ui.context import Context, change, keep, kept
from newslink.ui.desk import Desk
from newslink.ui.state import View, format_view, parse_view
from newslink.ui.widgets import escaped

MOST, NAME = 200, 40
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shelf:
    """watch: security ids in order. views: name → URL parameters of a view."""

    watch: tuple[str, ...] = ()
    views: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def read_shelf(path: Path) -> Shelf:
    """What the file holds, as far as it makes sense; an unreadable one is an empty shelf."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < 1_000_000 else {}
    except (OSError, ValueError, RecursionError):
        return Shelf()
    if not isinstance(raw, dict):
        return Shelf()
    listed = raw.get("watch")
    watch = [one for one in listed if isinstance(one, str) and SECURITY_ID.match(one)] if isinstance(listed, list) else []
    views = {}
    for name, parameters in (raw.get("views") or {}).items() if isinstance(raw.get("views"), dict) else ():
        if isinstance(parameters, dict) and len(views) < MOST:
            given = {str(k): [str(one) for one in v] for k, v in parameters.items() if isinstance(v, list)}
            views[str(name)[:NAME]] = _lists(format_view(parse_view(given)[0]))
    return Shelf(tuple(dict.fromkeys(watch))[:MOST], views)


def _lists(parameters: dict[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}


def write_shelf(path: Path, shelf: Shelf) -> None:
    """Whole or not at all: another process, or a power cut, never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".shelf-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"watch": list(shelf.watch), "views": shelf.views}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def path_of(desk: Desk) -> Path:
    return desk.settings.home / "shelf.json"


def _changed(desk: Desk, watch: tuple[str, ...] | None = None, views: dict | None = None) -> None:
    with _LOCK:
        now = read_shelf(path_of(desk))
        write_shelf(path_of(desk), Shelf(now.watch if watch is None else watch, now.views if views is None else views))


def watch(desk: Desk, security: str, wanted: bool) -> None:
    now = [one for one in read_shelf(path_of(desk)).watch if one != security]
    kept = (*now, security)[-MOST:] if wanted else tuple(now)
    _changed(desk, watch=kept)
    if not desk.sample:
        # Live sources and alert rules of the watch go by the list kept in the store.
        desk.store.set_state(WATCHLIST, list(kept))


def save_view(desk: Desk, name: str, view: View) -> None:
    name = "".join(c for c in name if c.isprintable()).strip()[:NAME]
    if name:
        views = read_shelf(path_of(desk)).views | {name: _lists(format_view(view))}
        _changed(desk, views=dict(list(views.items())[-MOST:]))


def drop_view(desk: Desk, name: str) -> None:
    _changed(desk, views={key: value for key, value in read_shelf(path_of(desk)).views.items() if key != name})


def default_security(desk: Desk) -> str:
    """What to show when nothing was asked for: the first of the watchlist, else whoever the newest articles are about."""
    if desk.sample:
        return "300750.SZ" if len(bars_of(desk.store, "300750.SZ")) else "688111.SH"
    watched = read_shelf(path_of(desk)).watch
    return watched[0] if watched else desk.busiest() or "600519.SH"


def shelf(found: Context, security: str) -> None:
    """Watchlist and saved views, to open with a click."""
    desk, words = found.desk, found.words
    now = read_shelf(path_of(desk))
    left, right = st.columns(2)
    with left:
        watched = security in now.watch
        label = words["watch_remove" if watched else "watch_add"]
        st.button(label, icon=":material/star:", on_click=watch, args=(desk, security, not watched), key="w-watch")
        if now.watch:
            st.session_state["w-watchlist"] = security if watched else None

            def opened() -> None:
                if chosen := st.session_state["w-watchlist"]:
                    change(security=chosen)

            name = desk.universe.name_on
            st.pills(words["watch"], now.watch, format_func=lambda one: f"{name(one)} {one}", key="w-watchlist", on_change=opened)
        else:
            st.caption(words["watch_empty"])
    with right:
        given = st.text_input(
            words["view_name"], key="w-view-name", max_chars=NAME, label_visibility="collapsed", placeholder=words["view_name"]
        )
        st.button(
            words["view_save"],
            icon=":material/bookmark_add:",
            disabled=not given.strip(),
            on_click=lambda: save_view(desk, given, kept()),  # a filter does not draw the shelf again
        )
        for number, (name_of, parameters) in enumerate(now.views.items()):
            open_it, drop_it = st.columns([5, 1])
            open_it.button(
                escaped(name_of),
                key=f"view-{number}",
                width="stretch",
                on_click=lambda parameters=parameters: keep(parse_view(parameters)[0]),
            )
            drop_it.button("✕", key=f"drop-{number}", help=words["view_delete"], on_click=drop_view, args=(desk, name_of))
