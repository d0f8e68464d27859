"""With a login set up, nothing of the archive is drawn for who is not logged in."""

from __future__ import annotations

import importlib.util

import pytest
from streamlit.testing.v1 import AppTest

from newslink.ui import door
from tests.pages.test_pages import PAGES, ROOT, said, script

AUTH = {
    "redirect_uri": "https://news.example.com/oauth2callback", "cookie_secret": "x" * 32, "client_id": "newslink", "client_secret": "y" * 32,
    "server_metadata_url": "https://login.example.com/.well-known/openid-configuration",
}  # fmt: skip


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NEWSLINK_OFFLINE", "1")

    def run(name: str, auth: bool) -> AppTest:
        app = AppTest.from_function(script, kwargs={"page": name}, default_timeout=120)
        app.query_params["code"] = "600519.SH"
        app.query_params["lang"] = "en"
        if auth:
            app.secrets["auth"] = AUTH
        return app.run()

    return run


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_sees_the_way_to_the_login_and_nothing_else(visit, name: str) -> None:
    app = visit(name, auth=True)
    assert not app.exception
    assert [button.label for button in app.button] == ["Log in"]
    assert not app.dataframe and not app.get("plotly_chart")
    assert "600519" not in said(app) and "贵州茅台" not in said(app)


def test_who_is_logged_in_sees_the_page(visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.st, "user", {"is_logged_in": True, "email": "analyst@example.com"})
    app = visit("chart", auth=True)
    assert not app.exception
    assert "Log in" not in [button.label for button in app.button]


def test_without_a_login_set_up_everybody_is_in(visit) -> None:
    app = visit("data", auth=False)
    assert not app.exception
    assert "Log in" not in [button.label for button in app.button]


@pytest.mark.skipif(importlib.util.find_spec("authlib") is not None, reason="Authlib is installed here, so the login would begin")
def test_a_login_without_its_library_says_so(visit) -> None:
    app = visit("chart", auth=True)
    app.button[0].click().run()
    assert not app.exception
    assert ["[auth]" in error.value for error in app.error] == [True]
