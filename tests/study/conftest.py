"""Panels and events for the tests of this room."""

from __future__ import annotations

import numpy as np
import pytest

from newslink.study import Events, Panel


def made_events(names, sessions, group="g", **flags) -> Events:
    """Events numbered from 1, one group."""
    size = len(names)
    groups = np.full(size, group, dtype=object) if isinstance(group, str) else np.array(group, dtype=object)
    return Events(
        np.arange(1, size + 1).astype(object), groups, np.array(names, dtype=object), np.asarray(sessions, dtype="datetime64[D]"),
        {name: np.array(value, bool) for name, value in flags.items()},
    )  # fmt: skip


def made_panel(seed: int = 0, sessions: int = 320, securities: int = 6, missing: float = 0.0) -> Panel:
    """One factor, fat tails; share of the returns missing; a name a column."""
    rng = np.random.default_rng(seed)
    market = rng.standard_t(5, sessions) * 0.01
    returns = 0.0004 + market[:, None] * rng.uniform(0.4, 1.6, securities) + rng.standard_t(5, (sessions, securities)) * 0.015
    if missing:
        returns[rng.random(returns.shape) < missing] = np.nan
    dates = np.busday_offset("2020-01-01", np.arange(sessions), roll="forward").astype("datetime64[D]")
    return Panel(dates, np.array([f"S{at}" for at in range(securities)], dtype=object), returns, market)


@pytest.fixture(scope="session")
def panel() -> Panel:
    return made_panel()
