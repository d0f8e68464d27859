"""The parts of the page 事件研究 below its form: what a study says in words, pictures and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from newslink.errors import NewslinkError
from newslink.pipeline.study import StoreStudy, study_of
from newslink.pipeline.study_report import TEST_NAMES, figures_of, study_excel, study_html
from newslink.study.tables import tests_table
from newslink.study.words import REASONS, verdict
from newslink.ui import exports, tables
from newslink.ui.context import Context, change
from newslink.ui.html import text
from newslink.ui.numbers import NOTHING
from newslink.ui.problems import problem
from newslink.ui.study_form import Wanted, filter_of
from newslink.ui.widgets import escaped

_PLAIN = {"displayModeBar": False, "displaylogo": False}
SHOWN = 2_000


def results(found: Context, wanted: Wanted | None) -> None:
    words = found.words
    if wanted is None:
        st.html(f'<div class="nl-empty">{text(words["study_hint"])}</div>')
        return
    chosen = filter_of(found, wanted.sample)
    if wanted.sample == "watch" and not chosen.securities:
        st.info(words["watch_empty"])
        return
    desk, group_by = found.desk, None if wanted.group == "none" else wanted.group
    try:
        with st.spinner(words["loading"]):
            study = desk.answer(
                lambda: study_of(desk.store, chosen, wanted.spec(), desk.universe, desk.clock, group_by=group_by, strict=False),
                "study", chosen, wanted,
            )  # fmt: skip
    except NewslinkError as error:
        st.warning(words["study_failed"].replace("{reason}", escaped(problem(error, found.language)[:400])), icon=":material/query_stats:")
        return
    result = study.result
    groups = list(dict.fromkeys(result.events.group[result.kept].tolist()))
    if not groups:
        _sentences(found, study, str(result.events.group[0]))
    for number, group in enumerate(groups[:12]):
        if len(groups) > 1:
            st.subheader(escaped(_group(found, str(group))))
        _sentences(found, study, group)
        _pictures(found, study, group, open_now=number == 0)
    _tables(found, study)
    _exports(found, study, chosen.securities)


def _group(found: Context, group: str) -> str:
    """A group's name: a security with its code, a tag, or those with none."""
    if group == "-":
        return found.words["group_untagged"]
    return f"{found.desk.universe.name_on(group)} {group}" if "." in group else found.tag(group)


def _sentences(found: Context, study: StoreStudy, group: str) -> None:
    said = verdict(study.result, group, found.language)
    limits = "".join(f"<li>{text(one)}</li>" for one in said.limits)
    st.html(f'<div class="nl-read"><h2>{text(" ".join(said.says))}</h2><p>{text(said.tested)}</p><ul>{limits}</ul></div>')


def _pictures(found: Context, study: StoreStudy, group: str, open_now: bool) -> None:
    words = found.words
    labels = [f"{tables.clean(name, 8)} {day:%y-%m-%d}" for name, day in zip(_names(found, study), study.events["session"], strict=True)]
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


def _names(found: Context, study: StoreStudy) -> list[str]:
    name = found.desk.universe.name_on
    return [name(security) for security in study.events["security"]]


def _tables(found: Context, study: StoreStudy) -> None:
    words = found.words
    tests, events, excluded = st.tabs([words["study_tests"], words["study_events"], words["study_excluded"]])
    with tests:
        shown = tests_frame(found, study)
        figures = {name: st.column_config.NumberColumn(format="%.3f") for name in (words["statistic"], "p", words["p_adjusted"])}
        st.dataframe(shown, hide_index=True, height=tables.height_of(shown, 500), column_config=figures, placeholder=NOTHING)
        st.caption(words["tests_note"])
    with events:
        _events(found, study)
    with excluded:
        shown = excluded_frame(found, study)
        st.dataframe(shown, hide_index=True, height=tables.height_of(shown, 500))


def tests_frame(found: Context, study: StoreStudy) -> pd.DataFrame:
    """Every test of every CAR window, one row each, under the names readers know."""
    words, table = found.words, tests_table(study.result, "study")
    groups = {} if table["group"].nunique() < 2 else {words["group_by"]: [_group(found, str(one)) for one in table["group"]]}
    return pd.DataFrame(
        {
            **groups,
            words["window_car"]: [f"CAR[{start}, {end}]" for start, end in zip(table["start"], table["end"], strict=True)],
            words["test"]: [TEST_NAMES.get(str(one), str(one)) for one in table["test"]],
            "n": table["n"].to_numpy(),
            words["statistic"]: table["statistic"].to_numpy(float),
            "p": table["p"].to_numpy(float),
            words["p_adjusted"]: table["p_adjusted"].to_numpy(float),
        }
    )


def events_frame(found: Context, study: StoreStudy) -> pd.DataFrame:
    """Events that took part, one row each: who, when, the headline and the CARs in percent."""
    words, result = found.words, study.result
    kept = study.events.iloc[result.kept]
    names = np.array(_names(found, study), object)[result.kept]
    cars = {f"CAR[{each.start}, {each.end}]": 100 * each.car for each in result.cars}
    return pd.DataFrame(
        {
            words["session"]: [f"{day:%Y-%m-%d}" for day in kept["session"]],
            words["securities"]: [f"{tables.clean(name, 20)} {one}" for name, one in zip(names, kept["security"], strict=True)],
            **cars,
            words["title"]: [tables.clean(title, 120) for title in kept["title"]],
            words["flags"]: tables.flags(found, kept),
        }
    )


def excluded_frame(found: Context, study: StoreStudy) -> pd.DataFrame:
    """Events that were left out, each with its reason."""
    words, result = found.words, study.result
    out = np.flatnonzero(result.reason != "")
    left, reasons = study.events.iloc[out], REASONS.get(found.language, REASONS["en"])
    names = np.array(_names(found, study), object)[out]
    return pd.DataFrame(
        {
            words["session"]: [f"{day:%Y-%m-%d}" for day in left["session"]],
            words["securities"]: [f"{tables.clean(name, 20)} {one}" for name, one in zip(names, left["security"], strict=True)],
            words["reason"]: [reasons.get(one, str(one)) for one in result.reason[out]],
            words["title"]: [tables.clean(title, 120) for title in left["title"]],
        }
    )


def _events(found: Context, study: StoreStudy) -> None:
    """The table of events; a row opens its session on the chart."""
    shown = events_frame(found, study).head(SHOWN)
    kept = study.events.iloc[study.result.kept]

    def chosen() -> None:
        row = tables.chosen_row(st.session_state["w-study-events"])
        if row is not None and row < len(kept):
            event = kept.iloc[row]
            change(security=str(event["security"]), day=event["session"].date())
            st.session_state["go"] = "chart"

    cars = [name for name in shown.columns if str(name).startswith("CAR[")]
    config = {name: st.column_config.NumberColumn(format="%+.2f%%", width=96) for name in cars}
    body = tables.direction_style(shown, cars, found.dark, found.view.green_up) if len(shown) <= 60 else shown
    st.dataframe(
        body, hide_index=True, on_select=chosen, selection_mode="single-row", key="w-study-events", column_config=config,
        height=tables.height_of(shown, 500), placeholder=NOTHING,
    )  # fmt: skip


def _exports(found: Context, study: StoreStudy, securities: tuple[str, ...]) -> None:
    words = found.words
    window = (study.result.events.session.min(), study.result.events.session.max())
    about = exports.about_of(found, words["page_study"], window, (study.benchmark,), securities=securities)
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
