"""A new alert rule made on the screen, and what a rule asks for in words."""

from __future__ import annotations

import streamlit as st

from newslink.errors import NewslinkError
from newslink.pipeline.alerts import CHANNELS, KINDS, THRESHOLDS, Rule, put_rule
from newslink.ui.context import Context
from newslink.ui.problems import problem
from newslink.ui.widgets import escaped

OF_ARTICLES = ("watchlist", "tag", "keyword")  # the other kinds look at counts and prices
_NAME = 80


def condition(found: Context, rule: dict) -> str:
    """What the rule asks for. rule: the fields of a ``Rule``."""
    words, name = found.words, found.desk.universe.name_on
    parts = [words.get(f"alert_{rule['kind']}", str(rule["kind"]))]
    parts += [found.tags(rule["tags"])] if rule["tags"] else []
    parts += [f"{words['keyword']} {rule['keyword']}"] if rule["keyword"] else []
    if rule["kind"] not in ("tag", "keyword") or rule["securities"]:
        parts.append(words["comma"].join(name(one) for one in rule["securities"][:12]) or words["watch"])
    if limit := rule["threshold"] or THRESHOLDS.get(rule["kind"], 0.0):
        parts.append(f"≥ {limit:.1%}" if rule["kind"] == "move" else f"≥ {limit:g}")
    parts += [words.get(f"channel_{one}", one) for one in rule["channels"]]
    return " · ".join(parts) + ("" if rule["enabled"] else f" · {words['rule_off']}")


@st.fragment
def new_rule(found: Context) -> None:
    """What it asks for comes first and says which further fields there are. A name is made of it where none is given."""
    words = found.words
    with st.expander(words["rule_new"], icon=":material/add_alert:", key="new-rule", on_change="rerun") as box:
        if not box.open:
            return
        first, second, third = st.columns([2, 3, 2])
        kind = first.selectbox(words["rule_kind"], KINDS, format_func=lambda one: words[f"alert_{one}"], key="rule-kind")
        with second:
            securities = _securities(found, kind)
        channels = third.multiselect(
            words["rule_to"], CHANNELS, format_func=lambda one: words[f"channel_{one}"], placeholder=words["alerts_inbox"], key="rule-to"
        )
        left, right, name_place = st.columns([3, 2, 2])
        tags, keyword, threshold = (), "", 0.0
        if kind in OF_ARTICLES:
            offered = [tag for tag, _ in found.desk.store.tags()]
            tags = left.multiselect(
                words["tag"], offered, format_func=lambda tag: escaped(found.tag(tag)), placeholder=words["any"], key="rule-tags"
            )
            keyword = right.text_input(words["keyword"], max_chars=200, help=words["keyword_hint"], key="rule-keyword")
        else:
            threshold = _threshold(found, kind, left)
        asked = Rule("", kind, securities, tuple(tags), keyword.strip(), threshold=threshold, channels=tuple(channels))
        proposed = condition(found, {name: getattr(asked, name) for name in Rule.__dataclass_fields__})[:_NAME]
        name = name_place.text_input(words["rule_of"], max_chars=_NAME, placeholder=proposed, key="rule-name")
        st.caption(words["rule_note"])
        if st.button(words["rule_save"], type="primary", key="rule-save"):
            try:
                put_rule(found.desk.store, Rule(name.strip() or proposed, kind, securities, asked.tags, asked.keyword,
                                                threshold=threshold, channels=asked.channels))  # fmt: skip
            except NewslinkError as error:
                st.warning(escaped(problem(error, found.language)), icon=":material/rule:")
            else:
                st.rerun()


def _securities(found: Context, kind: str) -> tuple[str, ...]:
    """Whom the rule is about. () is all there are for rules of a tag or keyword, and the watchlist for the others, so only that is offered."""
    words, view = found.words, found.view
    options = ["all" if kind in ("tag", "keyword") else "watch", *(["this"] if view.security and kind != "watchlist" else [])]
    labels = {"all": words["all_securities"], "watch": words["watch"]}
    if view.security:
        labels["this"] = f"{words['study_this']} {escaped(found.desk.universe.name_on(view.security))}"
    whose = st.segmented_control(words["securities"], options, format_func=labels.get, default=options[0], key=f"rule-whose-{options[0]}")
    return (view.security,) if whose == "this" else ()


def _threshold(found: Context, kind: str, place) -> float:
    """As the rule keeps it: standard scores, or a return as a fraction."""
    usual = THRESHOLDS[kind]
    if kind == "move":
        return place.number_input(found.words["rule_move"], 0.5, 50.0, usual * 100, 0.5, format="%.1f", key="rule-move") / 100
    return place.number_input(found.words["rule_unusual"], 0.5, 50.0, usual, 0.5, format="%.1f", key="rule-unusual")
