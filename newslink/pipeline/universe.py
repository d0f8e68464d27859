"""Securities and names from outside → the store."""

from __future__ import annotations

from collections.abc import Sequence

from newslink.model import Name, Security
from newslink.settings import Settings
from newslink.store import open_store


def import_names(
    settings: Settings, store_url: str | None, securities: Sequence[Security], names: Sequence[Name]
) -> dict[str, int]:
    """Write securities and names; what is already there is replaced, nothing is removed. Returns the store's totals."""
    with open_store(store_url or settings.store_url) as store:
        store.put_securities(securities)
        store.put_names(names)
        return {"securities": len(store.securities()), "names": len(store.names())}
