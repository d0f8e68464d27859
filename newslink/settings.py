"""Environment → Settings. Read once at the rim (command line, dashboard) and handed down; nothing below reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newslink.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """Where newslink keeps its things.

    home: folder for everything but the store (caches, learnt names, exports). store_url: SQLAlchemy URL of the store.
    offline: True forbids every fetch; the screen then says what is stale.
    """

    home: Path
    store_url: str
    offline: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """NEWSLINK_HOME (default ~/.newslink), NEWSLINK_STORE (default a SQLite file in it), NEWSLINK_OFFLINE (1 or 0)."""
        environment = os.environ if environment is None else environment
        home = Path(environment.get("NEWSLINK_HOME") or Path.home() / ".newslink").expanduser().absolute()
        store_url = environment.get("NEWSLINK_STORE") or f"sqlite:///{home / 'newslink.db'}"
        if "://" not in store_url:
            raise SettingsError(
                "NEWSLINK_STORE", store_url, "a SQLAlchemy URL such as sqlite:////data/newslink.db or postgresql+psycopg://host/name"
            )
        offline = environment.get("NEWSLINK_OFFLINE", "0")
        if offline not in {"", "0", "1"}:
            raise SettingsError("NEWSLINK_OFFLINE", offline, "1 or 0")
        return cls(home=home, store_url=store_url, offline=offline == "1")
