"""The parts of the page 数据."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from newslink.errors import NewslinkError
from newslink.pipeline.view_types import DataView
from newslink.ui import numbers, tables
from newslink.ui.actions import confirm_link, reject_link
from newslink.ui.context import Context, change
from newslink.ui.html import badge, text


def draw(found: Context, loaded: DataView) -> None:
    words, counts = found.words, loaded.counts
    cards = "".join(
        f'<div class="nl-card0"><span>{text(words[key])}</span><b>{getattr(counts, key):,}</b></div>'
        for key in ("received", "linked", "unlinked", "rejected")
    )
    even = counts.received == counts.linked + counts.unlinked + counts.rejected
    sample = badge(words["sample"], "nl-sample") if loaded.sample or found.desk.sample else ""
    verdict = text(words["reconciles" if even else "does_not_reconcile"])
    st.html(f'<div class="nl-cards">{cards}</div><div class="nl-meta">{verdict} {sample}</div>')
    names = ("sources", "rejects", "unlinked_articles", "confirm", "providers", "corrections", "settings")
    places = dict(zip(names, st.tabs([words[name] for name in names]), strict=True))
    with places["sources"]:
        _table(loaded.sources, {"source": words["source"], "articles": words["n_articles"], "newest": words["newest_at"]}, words["no_news"])
    with places["rejects"]:
        columns = {"locator": words["file"], "line": words["line"], "reason": words["reason"], "first_seen": words["first_seen"]}
        _table(loaded.rejected, columns, words["no_rejects"])
    with places["unlinked_articles"]:
        _unlinked(found, loaded.unlinked)
    with places["confirm"]:
        _confirm(found, loaded.candidates)
        if len(loaded.names):
            names_of = {
                "security": words["code"],
                "name": words["name"],
                "kind": words["kind"],
                "valid_from": words["valid_from"],
                "source": words["source"],
            }
            _table(loaded.names, names_of, "")
    with places["providers"]:
        labels = {"provider": words["providers"], "state": words["state"], "last_ok": words["last_ok"], "last_error": words["last_error"]}
        states = loaded.providers.assign(state=[words.get(str(one), str(one)) for one in loaded.providers.get("state", [])])
        _table(states, labels | {"calls": words["calls"]}, words["no_providers"])
    with places["corrections"]:
        labels = {"when": words["when"], "who": words["who"], "article": words["article_id"]}
        labels |= {"security": words["code"], "verdict": words["verdict"]}
        _table(loaded.corrections, labels, words["no_corrections"])
    with places["settings"]:
        rows = "".join(
            f"<tr><td>{text(words.get(f'fact_{key}', key))}</td><td><b>{text(value, 300)}</b></td></tr>" for key, value in loaded.facts
        )
        st.html(f'<table class="nl-facts0">{rows}</table>')
        _backup(found)


def _table(frame: pd.DataFrame, names: dict[str, str], nothing: str) -> None:
    if len(frame):
        shown = tables.plain_frame(frame, names)
        st.dataframe(shown, hide_index=True, height=min(38 + 35 * len(shown), 560))
    elif nothing:
        st.html(f'<div class="nl-empty">{text(nothing)}</div>')


def _unlinked(found: Context, news: pd.DataFrame) -> None:
    words = found.words
    if not len(news):
        st.html(f'<div class="nl-empty">{text(words["no_unlinked"])}</div>')
        return

    def chosen() -> None:
        row = tables.chosen_row(st.session_state["w-unlinked"])
        if row is not None and row < len(news):
            change(article=str(news["article"].iloc[row]))
            st.session_state["go"] = "news"

    st.dataframe(tables.news_frame(found, news), hide_index=True, on_select=chosen, selection_mode="single-row", key="w-unlinked")


def _confirm(found: Context, candidates: pd.DataFrame) -> None:
    words = found.words
    if not len(candidates):
        st.html(f'<div class="nl-empty">{text(words["no_candidates"])}</div>')
        return
    for number, row in enumerate(candidates.head(20).to_dict("records")):
        said, yes, no = st.columns([8, 1, 1], vertical_alignment="center")
        said.html(
            f'<div class="nl-link"><b>{text(row["surface"], 30)}</b> → {text(row["name"], 30)} {text(row["security"])} · '
            f"{text(words['confidence'])} {row['confidence']:.2f} · {text(row['rule'])}<br>{text(row['title'], 120)}</div>"
        )
        arguments = (found, str(row["article"]), str(row["security"]))
        yes.button(words["yes"], key=f"yes-{number}", on_click=confirm_link, args=arguments, width="stretch")
        no.button(words["no"], key=f"no-{number}", on_click=reject_link, args=arguments, width="stretch")


def _backup(found: Context) -> None:
    words = found.words

    def made() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "backup.db"
            try:
                found.desk.store.backup(path)
            except NewslinkError as error:
                return str(error).encode()
            return path.read_bytes()

    name = f"newslink-backup-{datetime.now(numbers.BEIJING):%Y%m%d-%H%M}.db"
    st.download_button(words["backup_make"], made, file_name=name, help=words["backup_help"], icon=":material/backup:", on_click="ignore")
