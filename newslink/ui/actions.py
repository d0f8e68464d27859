"""What a person corrects on screen: each is one call into the pipeline and a sentence about what happened."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from newslink.errors import NewslinkError
from newslink.link.corrections import Correction, CorrectionKind
from newslink.pipeline.corrections import apply_correction, undo
from newslink.pipeline.learn import confirm_proposal, proposal_for, refuse_proposal
from newslink.ui.context import Context, redraw
from newslink.ui.problems import problem
from newslink.ui.widgets import escaped, matches


def _apply(found: Context, correction: Correction) -> None:
    _done(found, lambda: apply_correction(found.desk.settings, found.desk.store, correction))


def _done(found: Context, action: Callable[[], object]) -> None:
    try:
        action()
    except NewslinkError as error:
        st.session_state["correction-said"] = problem(error, found.language)
    else:
        st.session_state["correction-said"] = found.words["corrected"]
        redraw()


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


def confirm_name(found: Context, security: str, name: str) -> None:
    """The learnt name is the security's: what it touches is linked anew."""
    store, settings = found.desk.store, found.desk.settings
    _done(found, lambda: confirm_proposal(store, settings, proposal_for(store, security, name)))


def refuse_name(found: Context, security: str, name: str) -> None:
    store, settings = found.desk.store, found.desk.settings
    _done(found, lambda: refuse_proposal(store, settings, proposal_for(store, security, name)))


def take_back(found: Context, id: str) -> None:
    """What the statement with this id touched is as it would be without it."""
    _done(found, lambda: undo(found.desk.store, found.desk.settings, id))


def say_what_was_done() -> None:
    if said := st.session_state.pop("correction-said", ""):
        st.toast(escaped(said), icon=":material/check:")
