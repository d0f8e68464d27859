"""Fixtures every room may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """One headless browser a worker: its driver cannot be started twice in one process."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: `make test` installs it")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
