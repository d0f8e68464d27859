"""The parts of the page 事件研究: the form, and what a study says in words, pictures and tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from newslink.errors import NewslinkError
from newslink.model import Filter
from newslink.pipeline.study import StoreStudy, study_of
from newslink.pipeline.study_report import TEST_NAMES, figures_of, labels_of, study_excel, study_html
from newslink.study import StudySpec
from newslink.study.spec import MODELS, RETURNS
from newslink.study.tables import car_table, excluded_table, tests_table
from newslink.study.words import REASONS, verdict
from newslink.ui import exports, tables
from newslink.ui.context import Context, change
from newslink.ui.html import text
from newslink.ui.problems import problem
from newslink.ui.shelf import default_security, path_of, read_shelf
from newslink.ui.widgets import escaped

_PLAIN = {"displayModeBar": False, "displaylogo": False}
SAMPLES = ("this", "watch", "filtered")


@dataclass(frozen=True, slots=True)
class Wanted:
    filter: Filter
    spec: StudySpec
    group_by: str | None
    sample: str


def form(found: Context) -> Wanted | None:
    """The study that was asked for; None until the button was pressed."""
    words = found.words
    if not found.view.security:
        change(security=default_security(found.desk))
        st.rerun()
    # The bundled sample is too short for the usual half year of estimation before most of its events.
    usual = (-60, -11) if found.desk.sample else (-130, -11)
    with st.form("study", border=True):
        first, second, third, fourth = st.columns([2, 2, 1.4, 2])
        sample = first.segmented_control(
            words["study_what"],
            SAMPLES,
            format_func=lambda one: _sample_name(found, one),
            default="filtered" if found.desk.sample else "this",
        )
        model = second.segmented_control(words["model"], MODELS, format_func=lambda one: words[f"model_{one}"], default="market")
        names = {"simple": words["simple"], "log": words["log_returns"]}
        returns = third.segmented_control(words["returns"], RETURNS, format_func=names.get, default="simple")
        groups = {"": words["group_none"], "security": words["group_security"], "tag": words["group_tag"]}
        group_by = fourth.segmented_control(words["group_by"], list(groups), format_func=groups.get, default="")
        left, right, button = st.columns([3, 3, 1], vertical_alignment="bottom")
        estimation = left.slider(words["estimation"], -250, -2, usual)
        window = right.slider(words["event_window"], -20, 30, (-5, 10))
        pressed = button.form_submit_button(words["run_study"], type="primary", width="stretch")
        st.caption(words["study_first"])
    if pressed:
        base = found.view.filter(with_dates=True)
        securities = {"this": (found.view.security,), "watch": read_shelf(path_of(found.desk)).watch, "filtered": ()}[sample or "this"]
        spec = _spec(model or "market", returns or "simple", estimation, window)
        st.session_state["study-wanted"] = Wanted(replace(base, securities=securities), spec, group_by or None, sample or "this")
    return st.session_state.get("study-wanted")


def _sample_name(found: Context, sample: str) -> str:
    if sample == "this" and found.view.security:
        return f"{found.words['study_this']} {found.desk.universe.name_on(found.view.security)}"
    return found.words[f"study_{sample}"]


def _spec(model: str, returns: str, estimation: tuple[int, int], window: tuple[int, int]) -> StudySpec:
    spans = [(0, 0), (0, 1), (-1, 1), (0, 5)]
    spans = [span for span in spans if window[0] <= span[0] and span[1] <= window[1]] or [window]
    estimation = (estimation[0], min(estimation[1], window[0] - 1))
    return StudySpec(model=model, returns=returns, estimation=estimation, window=window, cars=tuple(dict.fromkeys([*spans, window])))


def results(found: Context, wanted: Wanted | None) -> None:
    words = found.words
    if wanted is None:
        st.html(f'<div class="nl-empty">{text(words["study_hint"])}</div>')
        return
    if wanted.sample == "watch" and not wanted.filter.securities:
        st.info(words["watch_empty"])
        return
    try:
        with st.spinner(words["loading"]):
            desk = found.desk
            study = study_of(desk.store, wanted.filter, wanted.spec, desk.universe, desk.clock, group_by=wanted.group_by, strict=False)
    except NewslinkError as error:
        st.warning(words["study_failed"].replace("{reason}", escaped(problem(error, found.language)[:400])), icon=":material/query_stats:")
        return
    result = study.result
    groups = list(dict.fromkeys(result.events.group[result.kept].tolist()))
    if not groups:
        _sentences(found, study, str(result.events.group[0]))
    for number, group in enumerate(groups[:12]):
        if len(groups) > 1:
            st.subheader(escaped(str(group)))
        _sentences(found, study, group)
        _pictures(found, study, group, open_now=number == 0)
    _tables(found, study)
    _exports(found, study)


def _sentences(found: Context, study: StoreStudy, group: str) -> None:
    said = verdict(study.result, group, found.language)
    limits = "".join(f"<li>{text(one)}</li>" for one in said.limits)
    st.html(f'<div class="nl-read"><h2>{text(" ".join(said.says))}</h2><p>{text(said.tested)}</p><ul>{limits}</ul></div>')


def _pictures(found: Context, study: StoreStudy, group: str, open_now: bool) -> None:
    words = found.words
    labels = labels_of(study.result, [tables.clean(title, 60) for title in study.events["title"]])
    figures = figures_of(study.result, group, labels, found.language, found.dark, not found.view.green_up)
    place = st.container() if open_now else st.expander(words["caar"])
    with place:
        left, right = st.columns(2)
        for name, label, column in (
            ("path", "caar", left),
            ("strip", "strip", right),
            ("heat", "heat", left),
            ("distribution", "distribution", right),
        ):
            if name in figures:
                column.caption(words[label])
                column.plotly_chart(figures[name], key=f"study-{group}-{name}", config=_PLAIN)


def _tables(found: Context, study: StoreStudy) -> None:
    words, result = found.words, study.result
    tests, events, excluded = st.tabs([words["study_tests"], words["study_events"], words["study_excluded"]])
    with tests:
        table = tests_table(result, "study")
        if "test" in table:
            table = table.assign(test=[TEST_NAMES.get(str(one), str(one)) for one in table["test"]])
        st.dataframe(table, hide_index=True)
    with events:
        table = car_table(result, "study")
        if len(table):
            st.dataframe(table, hide_index=True)
    with excluded:
        table = excluded_table(result, "study")
        reasons = REASONS.get(found.language, REASONS["en"])
        if "reason" in table:
            table = table.assign(reason=[reasons.get(one, str(one)) for one in table["reason"]])
        st.dataframe(_text_only(table), hide_index=True)


def _text_only(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: [tables.clean(value, 200) for value in table[name]] for name in table.columns})


def _exports(found: Context, study: StoreStudy) -> None:
    words = found.words
    window = (study.result.events.session.min(), study.result.events.session.max())
    about = exports.about_of(found, words["page_study"], window, (study.benchmark,))
    titles = [tables.clean(title, 60) for title in study.events["title"]]
    left, right, _ = st.columns([1, 1, 3])
    excel = words["excel"]
    left.download_button(
        excel, lambda: study_excel(study.result, about), "newslink_study.xlsx", exports.EXCEL, icon=":material/download:", on_click="ignore"
    )
    right.download_button(
        words["html"], lambda: study_html(study.result, about, titles), "newslink_study.html", "text/html", icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip
