"""Securities and names from outside → the store: from a file, and from the exchanges' own lists by way of akshare."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from newslink.errors import PriceUnavailable
from newslink.link.windows import SEEN
from newslink.model import Name, NameKind, Security
from newslink.pipeline.industries import put_industries
from newslink.pipeline.prices import PriceDesk, price_desk
from newslink.prices.lists import LISTS
from newslink.settings import Settings
from newslink.store import Store, open_store

BEIJING = timezone(timedelta(hours=8))
STATE = "lists"
COMPLETE = frozenset({"szse"})  # lists that come with every change of a name, so that one without dates never had another


@dataclass(frozen=True, slots=True)
class Refreshed:
    """lists = done + failed + fresh. fresh: read less than 20 hours ago and not asked for again. failed: list → the reason in words.

    changed: securities that are new or other now or in another industry, and names that are new. securities, names: the store's totals.
    """

    lists: int = 0
    done: int = 0
    fresh: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    changed: int = 0
    securities: int = 0
    names: int = 0


def import_names(
    settings: Settings, store_url: str | None, securities: Sequence[Security], names: Sequence[Name]
) -> dict[str, int]:
    """Write securities and names; what is already there is replaced, nothing is removed. Returns the store's totals."""
    with open_store(store_url or settings.store_url) as store:
        store.put_securities(securities)
        store.put_names(names)
        return {"securities": len(store.securities()), "names": len(store.names())}


def refresh(settings: Settings, store_url: str | None = None, progress=None, desk: PriceDesk | None = None) -> Refreshed:
    """Fetch the lists that are due, one after the other, and keep each before the next is asked for; interrupted, it goes on where it was.

    progress(done, total, words). A list that fails stays due and the others go on. desk: for tests, another than the settings' own.
    Raises PriceUnavailable offline, and where not one of the lists that were due could be had.
    """
    with open_store(store_url or settings.store_url) as store, closing(desk or price_desk(settings, store)) as using:
        lists = using.lists()
        lists.state = None  # what has been read is noted beside what it gave, in the store itself
        now = using.now()
        done = _done(store)
        due = [name for name in LISTS if name not in done or now - done[name] > lists.max_age]
        failed: list[tuple[str, str]] = []
        changed = 0
        for number, result in enumerate(lists.run(tuple(due)), 1):
            if result.failure is not None:
                failed.append((result.name, str(result.failure)))
            else:
                if result.industries:
                    changed += put_industries(store, result.industries)
                else:
                    changed += _put(store, result.securities, result.names, now.astimezone(BEIJING).date())
                done[result.name] = now
                store.set_state(STATE, {name: at.isoformat() for name, at in done.items()})
            if progress:
                progress(number, len(due), result.name)
        if failed and len(failed) == len(due):
            raise PriceUnavailable(f"None of the lists of securities could be had: {failed[0][0]}: {failed[0][1]}")
        totals = len(store.securities()), len(store.names())
        return Refreshed(len(LISTS), len(due) - len(failed), len(LISTS) - len(due), tuple(failed), changed, *totals)


def _done(store: Store) -> dict[str, datetime]:
    try:
        return {name: datetime.fromisoformat(at) for name, at in store.state(STATE, {}).items()}
    except (AttributeError, TypeError, ValueError):
        return {}


def _put(store: Store, securities: Sequence[Security], names: Sequence[Name], today: date) -> int:
    """Returns how many securities are new or other, and how many names are new."""
    known = {security.id: security for security in store.securities()}
    held = store.names()
    rows = dated(names, held, today)
    changed = store.put_securities([_with_known(security, known.get(security.id)) for security in securities])
    store.put_names(rows)
    # A name that Shenzhen now says has ended, or began on another day, stands there a second time.
    listed, said = {name.security for name in names}, {_key(name) for name in rows}
    sources = {name.source for name in names}
    open_ends = [name for name in held if name.source in sources and name.kind is NameKind.SHORT and name.valid_to is None]
    store.drop_names([name for name in open_ends if name.security in listed and _key(name) not in said])
    return changed + len(said - {_key(name) for name in held})


def _with_known(new: Security, old: Security | None) -> Security:
    """A list knows some things of a security and not others: what it does not say is kept as it was, the end of a listing above all."""
    if old is None:
        return new
    listed, delisted = new.listed or old.listed, new.delisted or old.delisted
    return replace(new, kind=old.kind, entity=old.entity or new.entity, listed=listed, delisted=delisted)


def dated(names: Sequence[Name], held: Sequence[Name], today: date) -> list[Name]:
    """Names of a list of today as rows to keep. A short name of which the list does not say since when is a sighting: seen from its first
    refresh to today. When the next one shows another name, the change is known to lie between the two, and not before or after."""
    first = {(name.security, name.text, name.source): name.valid_from for name in held if name.kind is NameKind.SHORT}
    rows = []
    for name in names:
        if name.kind is NameKind.SHORT and name.valid_from is None and name.valid_to is None and name.source not in COMPLETE:
            source = f"{SEEN}:{name.source}"
            name = replace(name, valid_from=first.get((name.security, name.text, source)) or today, valid_to=today, source=source)
        rows.append(name)
    return rows


def _key(name: Name) -> tuple:
    return name.security, name.kind, name.text, name.valid_from
