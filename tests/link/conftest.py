"""The real names, the linker over them, and naive matching beside it: made once for all files that measure quality."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newslink.link import Linker
from tests.link import scoring, universe_files


@pytest.fixture(scope="session")
def universe(shared: Path):
    assert shared
    return universe_files.universe()


@pytest.fixture(scope="session")
def way(universe):
    return scoring.by_linker(Linker(universe))


@pytest.fixture(scope="session")
def naive(universe):
    return scoring.naive(universe, date(2026, 8, 1))
