"""Fixtures every room may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the checkout; tests that need it skip, saying so, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real inputs is absent")
    return SHARED


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the person's own store."""
    home = tmp_path / "newslink-home"
    monkeypatch.setenv("NEWSLINK_HOME", str(home))
    monkeypatch.delenv("NEWSLINK_STORE", raising=False)
    return home
