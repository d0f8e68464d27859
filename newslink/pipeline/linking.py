"""Settings and store → the universe of names and a ready linker."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from newslink.link import Linker, Universe, bundled
from newslink.model import Name, Security
from newslink.pipeline.statements import linker_corrections
from newslink.settings import Settings
from newslink.store import Store, open_store


def universe_of(store: Store) -> Universe:
    """The bundled lists, overruled security by security by what was imported or refreshed into the store."""
    return _universe_of(store, store.names_version())


@lru_cache(maxsize=2)
def _universe_of(store: Store, version: str) -> Universe:
    return _built(tuple(store.securities()), tuple(store.names()))


@lru_cache(maxsize=2)
def _built(securities: tuple[Security, ...], names: tuple[Name, ...]) -> Universe:
    """A correction gives the store's lists another version, but not other content."""
    shipped = bundled()
    return Universe((*shipped[0], *securities), (*shipped[1], *names))


def load_universe(settings: Settings, store_url: str | None = None) -> Universe:
    """The universe of the store at store_url (default: the settings' store). A store that does not exist yet is created empty."""
    with open_store(store_url or settings.store_url) as store:
        return universe_of(store)


def linker_of(store: Store, home: Path, links: bool = True) -> Linker:
    """A linker over the store's names and corrections; its automaton is kept under ``home/cache``.

    links False: it knows what people said about words, but not what they said about single links.
    """
    return Linker(universe_of(store), corrections=linker_corrections(store.corrections(), links), cache_dir=home / "cache")
