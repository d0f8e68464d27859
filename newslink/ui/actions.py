"""What a person corrects on screen: each is one call into the pipeline and a sentence about what happened."""

from __future__ import annotations

import streamlit as st

from newslink.errors import NewslinkError
from newslink.link.corrections import Correction, CorrectionKind
from newslink.pipeline.corrections import apply_correction
from newslink.ui.context import Context
from newslink.ui.problems import problem
from newslink.ui.widgets import matches


def _apply(found: Context, correction: Correction) -> None:
    try:
        apply_correction(found.desk.settings, found.desk.store, correction)
    except NewslinkError as error:
        st.session_state["correction-said"] = problem(error, found.language)
    else:
        st.session_state["correction-said"] = found.words["corrected"]


def reject_link(found: Context, article: str, security: str) -> None:
    _apply(found, Correction(CorrectionKind.NOT_THIS_LINK, article=article, security=security))


def confirm_link(found: Context, article: str, security: str) -> None:
    _apply(found, Correction(CorrectionKind.ADD_LINK, article=article, security=security))


def add_link(found: Context, article: str, typed: str) -> None:
    """Add the security that was typed; nothing happens when nothing goes by that name."""
    hits = matches(found.desk.universe, typed, 1)
    if hits:
        confirm_link(found, article, hits[0].id)
    elif typed.strip():
        st.session_state["correction-said"] = found.say("unknown_code", text=typed[:40])


def mute_word(found: Context, surface: str, security: str) -> None:
    """The words no longer link to the security; to none when security is ''."""
    _apply(found, Correction(CorrectionKind.MUTE_WORD, surface=surface, security=security or None))
