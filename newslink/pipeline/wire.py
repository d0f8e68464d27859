"""An open store and the settings → what a long-lived watch needs: batches into the store with fresh names, the watchlist, alerts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from newslink.errors import NewslinkError
from newslink.pipeline.alerts import evaluate
from newslink.pipeline.deliver import Channels, deliver
from newslink.pipeline.ingest import Summary, ingest_items
from newslink.pipeline.linking import universe_of
from newslink.pipeline.prepare import Prepare
from newslink.settings import Settings
from newslink.store import Store

log = logging.getLogger(__name__)
WATCHLIST = "watchlist"


class LiveIngest:
    """ingest: one batch. Names and corrections are looked at before each, so what a person changed counts from the next article on."""

    def __init__(
        self, store: Store, settings: Settings, store_url: str, watchlist: Sequence[str] = (), channels: Channels | None = None
    ) -> None:
        self.store, self.settings, self.store_url, self.given = store, settings, store_url, tuple(watchlist)
        self.channels = channels or Channels()
        self._version = store.names_version()
        self._prepare = Prepare.of(settings, store, store_url)

    def ingest(self, items: Sequence[Any]) -> Summary:
        version = self.store.names_version()
        if version != self._version:
            self._version, self._prepare = version, Prepare.of(self.settings, self.store, self.store_url)
        return ingest_items(self.store, self._prepare, items)

    def watchlist(self) -> list[str]:
        """Securities given at the start, then those kept in the store; each once, unknown ones dropped."""
        kept = self.store.state(WATCHLIST)
        universe = universe_of(self.store)
        wanted = [*self.given, *(kept if isinstance(kept, list) else [])]
        return [str(security) for security in dict.fromkeys(wanted) if universe.security(str(security)) is not None]

    def names_of(self, security: str) -> list[str]:
        """Names today, the shortest kind first."""
        return [name.text for name in universe_of(self.store).names_of(security) if name.valid_to is None]

    def alert(self) -> None:
        """Alert rules over what is new, and what is due for delivery. A failure is logged and tried again; it never stops the watch."""
        try:
            evaluate(self.store)
            deliver(self.store, self.channels)
        except NewslinkError as error:
            log.warning("alerts: %s", error)
