"""The parts of the page 事件研究 below its form: what a study says in words, pictures and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from newslink.errors import NewslinkError
from newslink.pipeline.study import StoreStudy, study_of
from newslink.pipeline.study_report import TEST_NAMES, figures_of, study_excel, study_html
from newslink.study.tables import caar_table, tests_table
from newslink.study.words import REASONS, verdict
from newslink.ui import exports, tables
from newslink.ui.context import Context, change
from newslink.ui.desk import fetch
from newslink.ui.html import text
from newslink.ui.numbers import NOTHING
from newslink.ui.problems import problem
from newslink.ui.study_form import Wanted, filter_of
from newslink.ui.widgets import escaped

_PLAIN = {"displayModeBar": False, "displaylogo": False}
SHOWN, GROUPS = 2_000, 12


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
                lambda: study_of(desk.store, chosen, wanted.spec(), desk.universe, desk.clock, wanted.benchmark or None, group_by, strict=False),
                "study", chosen, wanted,
            )  # fmt: skip
    except NewslinkError as error:
        st.warning(words["study_failed"].replace("{reason}", escaped(problem(error, found.language)[:400])), icon=":material/query_stats:")
        if error.code == "study_no_benchmark" and wanted.benchmark:
            _fetch(found, wanted.benchmark)
        return
    st.caption(escaped(found.say("benchmark_is", name=_index(found, study.benchmark))))
    _groups(found, study)
    _tables(found, study)
    _exports(found, study, chosen.securities)


def _groups(found: Context, study: StoreStudy) -> None:
    """What is said of every group, with its pictures: of several the first is open, and the others are drawn when they are opened."""
    result = study.result
    groups = list(dict.fromkeys(result.events.group[result.kept].tolist()))
    if len(groups) < 2:
        group = groups[0] if groups else str(result.events.group[0])
        _sentences(found, study, group)
        if groups:
            _pictures(found, study, group)
        return
    if result.refused:  # said of all of them together
        st.html(f'<div class="nl-read"><h2>{text(" ".join(verdict(result, groups[0], found.language).says))}</h2></div>')
    for number, group in enumerate(groups[:GROUPS]):
        events = int((result.events.group[result.kept] == group).sum())
        label = f"{_group(found, str(group))} · {found.say('n_events', n=events)}"
        key = f"study-group-{number}"
        st.session_state[key] = st.session_state.get(key, number == 0)
        with st.expander(escaped(label), key=key, on_change="rerun") as box:
            if box.open:
                _sentences(found, study, group, headline=not result.refused)
                _pictures(found, study, group)


def _fetch(found: Context, benchmark: str) -> None:
    """The index was chosen here, so its prices are asked for; when they are in the store the page is drawn again."""
    job = fetch(found.desk, benchmark, wanted=True)
    if job is not None and job.job.running:
        st.caption(found.words["benchmark_fetching"].replace("{name}", escaped(_index(found, benchmark))))


def _index(found: Context, benchmark: str) -> str:
    known = found.desk.universe.security(benchmark)
    return f"{known.name} {benchmark}" if known else benchmark


def _group(found: Context, group: str) -> str:
    """A group's name: a security with its code, a tag, or those with none."""
    if group == "-":
        return found.words["group_untagged"]
    return f"{found.desk.universe.name_on(group)} {group}" if "." in group else found.tag(group)


def _sentences(found: Context, study: StoreStudy, group: str, headline: bool = True) -> None:
    said = verdict(study.result, group, found.language)
    limits = "".join(f"<li>{text(one)}</li>" for one in said.limits)
    head = f"<h2>{text(' '.join(said.says))}</h2>" if headline else ""
    st.html(f'<div class="nl-read">{head}<p>{text(said.tested)}</p><ul>{limits}</ul></div>')


def _pictures(found: Context, study: StoreStudy, group: str) -> None:
    words = found.words
    labels = [f"{tables.clean(name, 8)} {day:%y-%m-%d}" for name, day in zip(_names(found, study), study.events["session"], strict=True)]
    figures = figures_of(study.result, group, labels, found.language, found.dark, not found.view.green_up)
    for pair in (("path", "strip"), ("heat", "distribution")):
        for name, column in zip(pair, st.columns(2), strict=True):
            if name in figures:
                column.caption(words["caar" if name == "path" else name])
                column.plotly_chart(figures[name], key=f"study-{group}-{name}", config=_PLAIN)


def _names(found: Context, study: StoreStudy) -> list[str]:
    name = found.desk.universe.name_on
    return [name(security) for security in study.events["security"]]


def _tables(found: Context, study: StoreStudy) -> None:
    words = found.words
    tests, events, excluded = st.tabs([words["study_tests"], words["study_events"], words["study_excluded"]])
    with tests:
        shown = tests_frame(found, study)
        formats = {"mean_car": "%+.2f%%", "n_of_events": "%d", "statistic": "%.3f", "p_value": "%.3f", "p_adjusted": "%.3f"}
        figures = {words[key]: tables.number_column(words[key], format) for key, format in formats.items()}
        st.dataframe(shown, hide_index=True, height=tables.height_of(shown, 500), column_config=figures, placeholder=NOTHING)
        st.caption(words["tests_note"])
    with events:
        _events(found, study)
    with excluded:
        shown = excluded_frame(found, study)
        st.dataframe(shown, hide_index=True, height=tables.height_of(shown, 500))


def tests_frame(found: Context, study: StoreStudy) -> pd.DataFrame:
    """Every test of every CAR window, one row each, under the names readers know; beside it the mean CAR in percent."""
    words, table, names = found.words, tests_table(study.result, "study"), TEST_NAMES.get(found.language, TEST_NAMES["en"])
    means = caar_table(study.result, "study").set_index(["group", "start", "end"])["mean"]
    groups = {} if table["group"].nunique() < 2 else {words["group_by"]: [_group(found, str(one)) for one in table["group"]]}
    return pd.DataFrame(
        {
            **groups,
            words["window_car"]: [f"[{start}, {end}]" for start, end in zip(table["start"], table["end"], strict=True)],
            words["mean_car"]: 100 * means.reindex(pd.MultiIndex.from_frame(table[["group", "start", "end"]])).to_numpy(float),
            words["test"]: [names.get(str(one), str(one)) for one in table["test"]],
            words["n_of_events"]: table["n"].to_numpy(),
            words["statistic"]: table["statistic"].to_numpy(float),
            words["p_value"]: table["p"].to_numpy(float),
            words["p_adjusted"]: table["p_adjusted"].to_numpy(float),
        }
    )


def _cars(found: Context, study: StoreStudy) -> list[str]:
    """What the columns of cumulative abnormal returns are called, one a window."""
    return [found.say("car_of", window=f"[{each.start}, {each.end}]") for each in study.result.cars]


def events_frame(found: Context, study: StoreStudy) -> pd.DataFrame:
    """Events that took part, one row each: who, when, the headline and the CARs in percent."""
    words, result = found.words, study.result
    kept = study.events.iloc[result.kept]
    names = np.array(_names(found, study), object)[result.kept]
    cars = {name: 100 * each.car for name, each in zip(_cars(found, study), result.cars, strict=True)}
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

    cars = _cars(found, study)
    config = {name: tables.number_column(name, "%+.2f%%", 148 if found.language == "zh" else 96) for name in cars}
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
