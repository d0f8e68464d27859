"""Who may come in: everybody, or with ``[auth]`` in Streamlit's secrets only those its OIDC login knows (docs/deploy.md)."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitAuthError


def closed() -> bool:
    """Whether a login is set up here."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:  # no secrets at all
        return False


def admit(words: dict[str, str]) -> bool:
    """True for who may see the page; others are shown the way to the login, and nothing else may be drawn."""
    if not closed() or st.user.get("is_logged_in"):
        return True
    with st.container(horizontal_alignment="center", key="door"):
        st.text(words["login_hint"])
        if st.button(words["login"], icon=":material/login:", type="primary"):
            try:
                st.login()
            except StreamlitAuthError:
                st.error(words["login_broken"], icon=":material/error:")
    return False
