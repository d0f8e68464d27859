"""The parts of the page 数据."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from newslink.errors import NewslinkError
from newslink.pipeline.view_types import DataView, ProposedName
from newslink.ui import alerts_page, numbers, tables
from newslink.ui.actions import confirm_link, confirm_name, refuse_name, reject_link, say_what_was_done, take_back
from newslink.ui.context import Context, change
from newslink.ui.decisions import Decision, Fact, nothing, rows
from newslink.ui.feeds import told_apart
from newslink.ui.html import badge, text
from newslink.ui.problems import attempt, problem, provider_name, reason

WIDTHS = {"source": 220, "provider": 160, "state": 90, "locator": 420, "reason": 560, "last_error": 420}
AROUND = 40  # characters on either side of words that may be a name


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
    names = ("sources", "rejects", "unlinked_articles", "confirm", "alerts", "providers", "corrections", "settings")
    places = dict(zip(names, st.tabs([words[name] for name in names]), strict=True))
    with places["sources"]:
        called = told_apart(map(str, loaded.sources["source"]), found.language)
        shown = loaded.sources.assign(source=[called[str(one)] for one in loaded.sources["source"]])
        _table(shown, {"source": words["source"], "articles": words["n_articles"], "newest": words["newest_at"]}, words["no_news"])
    with places["rejects"]:
        columns = {"locator": words["file"], "line": words["line"], "reason": words["reason"], "first_seen": words["first_seen"]}
        said = [reason(str(one), words) for one in loaded.rejected.get("reason", [])]
        _table(loaded.rejected.assign(reason=said), columns, words["no_rejects"])
    with places["unlinked_articles"]:
        _unlinked(found, loaded.unlinked)
    with places["confirm"]:
        _names(found, loaded.names)
        _confirm(found, loaded.candidates)
    with places["alerts"]:
        alerts_page.draw(found, loaded)
    with places["providers"]:
        labels = {"provider": words["provider"], "state": words["state"], "last_ok": words["last_ok"], "last_error": words["last_error"]}
        states = loaded.providers.assign(
            provider=[provider_name(str(one), found.language) for one in loaded.providers["provider"]],
            state=[words.get(str(one), str(one)) for one in loaded.providers["state"]],
            last_error=[attempt(str(one or ""), found.language) for one in loaded.providers["last_error"]],
        )
        _table(states, labels | {"calls": words["calls"]}, words["no_providers"])
    with places["corrections"]:
        _corrections(found, loaded.corrections)
    with places["settings"]:
        lines = "".join(
            f"<tr><td>{text(words.get(f'fact_{key}', key))}</td><td><b>{text(_fact(found, key, value), 300)}</b></td></tr>" for key, value in loaded.facts
        )
        st.html(f'<table class="nl-facts0">{lines}</table>')
        _backup(found)
    say_what_was_done()


def _fact(found: Context, key: str, value: str) -> str:
    return found.words["on" if value == "1" else "off"] if key == "offline" else value


def _table(frame: pd.DataFrame, names: dict[str, str], missing: str) -> None:
    if len(frame):
        shown = tables.plain_frame(frame, names)
        widths = {names[column]: st.column_config.TextColumn(width=wide) for column, wide in WIDTHS.items() if column in names}
        numeric = {name: tables.number_column(name, "localized") for name in shown.columns if shown[name].dtype.kind in "iu"}
        st.dataframe(
            shown, hide_index=True, width="content", height=tables.height_of(shown, 560), column_config=widths | numeric, placeholder=numbers.NOTHING
        )
    elif missing:
        nothing(missing)


def _unlinked(found: Context, news: pd.DataFrame) -> None:
    words = found.words
    if not len(news):
        nothing(words["no_unlinked"])
        return

    def chosen() -> None:
        row = tables.chosen_row(st.session_state["w-unlinked"])
        if row is not None and row < len(news):
            change(article=str(news["article"].iloc[row]))
            st.session_state["go"] = "news"

    shown = tables.news_frame(found, news)
    config = {words[name]: st.column_config.TextColumn(width=width) for name, width in {"published": 128, "title": 560, "source": 140}.items()}
    st.dataframe(
        shown, hide_index=True, on_select=chosen, selection_mode="single-row", key="w-unlinked", height=tables.height_of(shown, 560),
        column_config=config,
    )  # fmt: skip


def _names(found: Context, names: tuple[ProposedName, ...]) -> None:
    """Names learnt from articles, each with what speaks for and against it."""
    if not names:
        return
    st.subheader(found.words["names_learnt"])
    rows(_name(found, one) for one in names[:20])


def _name(found: Context, one: ProposedName) -> Fact:
    words = found.words
    rivals = words["comma"].join(f"{name} {id}" for id, name in one.rivals[:4])
    said = (
        words.get(f"name_{one.kind}", one.kind), found.say("name_used", n=one.count, m=one.articles),
        f"{one.first} … {one.last}", "" if one.still_used else words["name_no_more"], f"{words['name_rivals']} {rivals}" if rivals else "",
    )  # fmt: skip
    arguments = (found, one.security, one.text)
    yes, no = Decision(words["yes"], "name-yes", confirm_name, arguments), Decision(words["no"], "name-no", refuse_name, arguments)
    return Fact(one.text, said, one.headlines[:3], (yes, no), f"{one.name} {one.security}")


def _confirm(found: Context, candidates: pd.DataFrame) -> None:
    """Links the machine is not sure of."""
    if not len(candidates):
        nothing(found.words["no_candidates"])
        return
    st.subheader(found.words["links_unsure"])
    rows(_candidate(found, row) for row in candidates.head(20).to_dict("records"))


def _candidate(found: Context, row: dict) -> Fact:
    words, article, security, surface = found.words, str(row["article"]), str(row["security"]), str(row["surface"])
    said = (f"{words['confidence']} {row['confidence']:.2f}", words.get(f"rule_{row['rule']}", row["rule"]))
    around = found.desk.answer(lambda: _around(found, article, surface), "around", article, surface)
    arguments = (found, article, security)
    yes, no = Decision(words["yes"], "yes", confirm_link, arguments), Decision(words["no"], "no", reject_link, arguments)
    return Fact(surface, said, (str(row["title"]), around), (yes, no), f"{row['name']} {security}")


def _around(found: Context, article: str, surface: str) -> str:
    """The words where they first stand in the body: what a person needs to decide. '' where they are only in the title."""
    entry = found.desk.store.article(article)
    body = "" if entry is None else entry.article.body
    at = body.find(surface)
    if at < 0:
        return ""
    start, stop = max(0, at - AROUND), min(len(body), at + len(surface) + AROUND)
    return ("…" if start else "") + " ".join(body[start:stop].split()) + ("…" if stop < len(body) else "")


def _corrections(found: Context, said: pd.DataFrame) -> None:
    """What people said, newest first; each can be taken back."""
    words = found.words
    if not len(said):
        nothing(words["no_corrections"])
        return
    rows(_correction(found, row) for row in said.head(20).to_dict("records"))
    if len(said) > 20:
        verdicts = said.assign(kind=[words.get(f"verdict_{one}", one) for one in said["kind"]]).iloc[20:]
        labels = {"when": words["when"], "kind": words["verdict"], "surface": words["surface"], "security": words["code"]}
        _table(verdicts, labels | {"article": words["article_id"], "who": words["who"]}, "")


def _correction(found: Context, row: dict) -> Fact:
    words = found.words
    security = f"{found.desk.universe.name_on(row['security'])} {row['security']}" if row["security"] else ""
    back = Decision(words["take_back"], "undo", take_back, (found, str(row["id"])))
    facts = tuple(str(one) for one in (row["surface"], security, row["article"], row["who"]) if one)
    return Fact(words.get(f"verdict_{row['kind']}", row["kind"]), facts, (numbers.clock(row["when"]),), (back,))


def _backup(found: Context) -> None:
    words = found.words

    def made() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "backup.db"
            try:
                found.desk.store.backup(path)
            except NewslinkError as error:
                return problem(error, found.language).encode()
            return path.read_bytes()

    name = f"newslink-backup-{datetime.now(numbers.BEIJING):%Y%m%d-%H%M}.db"
    st.download_button(words["backup_make"], made, file_name=name, help=words["backup_help"], icon=":material/backup:", on_click="ignore")
