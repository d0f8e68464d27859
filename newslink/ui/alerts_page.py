"""The inbox of alerts and the rules behind it: read, marked as read, made and removed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from newslink.errors import NewslinkError
from newslink.pipeline.alerts import KINDS, Rule, put_rule, remove_rule
from newslink.pipeline.view_types import DataView
from newslink.ui import tables
from newslink.ui.context import Context, change
from newslink.ui.html import text
from newslink.ui.problems import problem
from newslink.ui.widgets import escaped


def draw(found: Context, loaded: DataView) -> None:
    words = found.words
    if found.desk.sample:
        st.caption(words["alerts_sample"])
    _inbox(found, loaded)
    st.subheader(words["rules"])
    _rules(found, loaded.rules)
    if not found.desk.sample:
        _new_rule(found)


def _inbox(found: Context, loaded: DataView) -> None:
    words, alerts, unread = found.words, loaded.alerts, loaded.unread
    if not len(alerts):
        st.html(f'<div class="nl-empty">{text(words["no_alerts"])}</div>')
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(found.say("n_unread", n=unread), width="content")
        st.button(
            words["mark_read"], icon=":material/done_all:", disabled=not unread, on_click=found.desk.store.mark_inbox_read, args=(loaded.newest,)
        )

    def chosen() -> None:
        row = tables.chosen_row(st.session_state["w-alerts"])
        if row is not None and row < len(alerts):
            article, security = str(alerts["article"].iloc[row]), str(alerts["security"].iloc[row])
            change(**({"article": article} if article else {"security": security}))
            st.session_state["go"] = "news" if article else "chart"

    name = found.desk.universe.name_on
    shown = pd.DataFrame(
        {
            words["unread"]: ["" if read else "●" for read in alerts["read"]],
            words["when"]: tables.beijing(alerts["at"]),
            words["rule_of"]: [tables.clean(rule, 40) for rule in alerts["rule"]],
            words["kind"]: [words.get(f"alert_{kind}", str(kind)) for kind in alerts["kind"]],
            words["alert"]: [tables.clean(said, 200) for said in alerts["words"]],
            words["securities"]: [f"{tables.clean(name(one), 20)} {one}" if one else "" for one in alerts["security"]],
            words["delivered"]: [found.words["comma"].join(_delivered(found, *one) for one in sent) for sent in alerts["delivered"]],
        }
    )
    config = {
        words["unread"]: st.column_config.TextColumn(width=44),
        words["when"]: st.column_config.TextColumn(width=128),
        words["rule_of"]: st.column_config.TextColumn(width=120),
        words["kind"]: st.column_config.TextColumn(width=80),
        words["alert"]: st.column_config.TextColumn(width=560),
    }
    st.dataframe(
        shown, hide_index=True, on_select=chosen, selection_mode="single-row", key="w-alerts", height=tables.height_of(shown, 460),
        column_config=config,
    )  # fmt: skip


def _delivered(found: Context, channel: str, state: str) -> str:
    return f"{found.words.get(f'channel_{channel}', channel)} {found.words[f'sent_{state}']}"


def _rules(found: Context, rules: pd.DataFrame) -> None:
    words = found.words
    if not len(rules):
        st.html(f'<div class="nl-empty">{text(words["no_rules"])}</div>')
        return
    for number, rule in enumerate(rules.head(50).to_dict("records")):
        said, tool = st.columns([8, 1], vertical_alignment="center")
        said.html(f'<div class="nl-link"><b>{text(rule["name"], 80)}</b> · {text(_condition(found, rule), 300)}</div>')
        tool.button(
            words["view_delete"], key=f"rule-{number}", on_click=remove_rule, args=(found.desk.store, rule["name"]), width="stretch"
        )


def _condition(found: Context, rule: dict) -> str:
    """What the rule asks for, in words."""
    words, name = found.words, found.desk.universe.name_on
    parts = [words.get(f"alert_{rule['kind']}", str(rule["kind"]))]
    parts += [found.tags(rule["tags"])] if rule["tags"] else []
    parts += [f"{words['keyword']} {rule['keyword']}"] if rule["keyword"] else []
    if rule["kind"] in ("watchlist", "unusual", "move") or rule["securities"]:
        parts.append(found.words["comma"].join(name(one) for one in rule["securities"][:12]) or words["watch"])
    if rule["threshold"]:
        parts.append(f"≥ {rule['threshold']:.1%}" if rule["kind"] == "move" else f"≥ {rule['threshold']:g}")
    parts += [words.get(f"channel_{one}", one) for one in rule["channels"]]
    return " · ".join(parts) + ("" if rule["enabled"] else f" · {words['rule_off']}")


def _new_rule(found: Context) -> None:
    words = found.words
    with st.expander(words["rule_new"], icon=":material/add_alert:"), st.form("new-rule", border=False, clear_on_submit=True):
        first, second, third = st.columns([2, 2, 3])
        name = first.text_input(words["name"], max_chars=80)
        kind = second.selectbox(words["kind"], KINDS, format_func=lambda one: words[f"alert_{one}"])
        keyword = third.text_input(words["keyword"], max_chars=200, help=words["keyword_hint"])
        tags = st.multiselect(
            words["tag"], [tag for tag, _ in found.desk.store.tags()], format_func=lambda tag: escaped(found.tag(tag)),
            placeholder=words["any"],
        )
        whose = st.segmented_control(
            words["securities"], ["watch", "this"], format_func=lambda one: _whose(found, one), default="watch"
        )
        st.caption(words["rule_note"])
        if st.form_submit_button(words["rule_save"], type="primary"):
            securities = (found.view.security,) if whose == "this" and found.view.security else ()
            try:
                put_rule(found.desk.store, Rule(name.strip(), kind, securities, tuple(tags), keyword.strip()))
            except NewslinkError as error:
                st.warning(escaped(problem(error, found.language)), icon=":material/rule:")
            else:
                st.rerun()


def _whose(found: Context, one: str) -> str:
    if one == "this" and found.view.security:
        return f"{found.words['study_this']} {escaped(found.desk.universe.name_on(found.view.security))}"
    return found.words[f"study_{one}"]
