"""Rows of facts, each with what a person may decide about it: rules, names to confirm, links the machine is not sure of, corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from newslink.ui.html import text


@dataclass(frozen=True, slots=True)
class Decision:
    """A button of a row. key: of the widget; the number of the row is put behind it."""

    label: str
    key: str
    action: Callable[..., object]
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One row. bold: what it is about; meant: what that is taken for; said: what is known of it; below: further lines.

    All are text from anywhere and are escaped here; empty ones are left out.
    """

    bold: str
    said: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    meant: str = ""


def rows(facts: Iterable[Fact]) -> None:
    """Each fact with its buttons beside it."""
    for number, fact in enumerate(facts):
        columns = st.columns([8, *[1] * len(fact.decisions)], vertical_alignment="center")
        bold = f"<b>{text(fact.bold, 80)}</b>" + (f" → {text(fact.meant, 80)}" if fact.meant else "")
        first = " · ".join([bold, *(text(one, 300) for one in fact.said if one)])
        lines = "<br>".join([first, *(text(one, 160) for one in fact.below if one)])
        columns[0].html(f'<div class="nl-link">{lines}</div>')
        for column, decision in zip(columns[1:], fact.decisions, strict=True):
            key = f"{decision.key}-{number}"
            column.button(decision.label, key=key, on_click=decision.action, args=decision.arguments, width="stretch")


def nothing(said: str, hint: str = "") -> None:
    """What stands where rows would be."""
    st.html(f'<div class="nl-empty"><b>{text(said)}</b><br>{text(hint)}</div>' if hint else f'<div class="nl-empty">{text(said)}</div>')
