"""The inbox of alerts and the rules behind it: read, marked as read, removed. ``alert_rule`` makes new ones."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from newslink.pipeline.alert_words import worded
from newslink.pipeline.alerts import remove_rule
from newslink.pipeline.view_types import DataView
from newslink.ui import tables
from newslink.ui.alert_rule import condition, new_rule
from newslink.ui.context import Context, change
from newslink.ui.decisions import Decision, Fact, nothing, rows


def draw(found: Context, loaded: DataView) -> None:
    words = found.words
    if found.desk.sample:
        st.caption(words["alerts_sample"])
    _inbox(found, loaded)
    st.subheader(words["rules"])
    _rules(found, loaded.rules)
    if not found.desk.sample:
        new_rule(found)


def _inbox(found: Context, loaded: DataView) -> None:
    words, alerts, unread = found.words, loaded.alerts, loaded.unread
    if not len(alerts):
        nothing(words["no_alerts"])
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="inbox-head"):
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
            words["alert"]: [tables.clean(worded(one, name, found.language), 200) for one in alerts["alert"]],
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
    if not len(rules):
        nothing(found.words["no_rules"])
        return
    gone, store = found.words["view_delete"], found.desk.store
    rows(
        Fact(rule["name"], (condition(found, rule),), decisions=(Decision(gone, "rule", remove_rule, (store, rule["name"])),))
        for rule in rules.head(50).to_dict("records")
    )
