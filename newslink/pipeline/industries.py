"""Which industry a security belonged to on a day: Shenwan's classification as the refresh of the lists brought it, kept in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from newslink.model import Kind
from newslink.prices.lists import Membership
from newslink.store import Store

STATE = "industries"
# First two digits of the classification of 2021; the screen has their names. Older classifications used some others, which mean nothing here.
FIRST_LEVEL = (
    "11", "22", "23", "24", "27", "28", "33", "34", "35", "36", "37", "41", "42", "43", "45", "46", "48", "49", "51", "61", "62", "63", "64",
    "65", "71", "72", "73", "74", "75", "76", "77",
)  # fmt: skip
BOARDS = ("sse", "star", "szse", "chinext", "bse", "hk", "us", "fund", "index")


def put_industries(store: Store, memberships: Sequence[Membership]) -> int:
    """Keep what a list says, in place of what was kept. Returns the securities whose industry is new or other."""
    held = _kept(store)
    stays: dict[str, list[list[str]]] = defaultdict(list)
    for one in sorted(memberships, key=lambda one: (one.security, one.since)):
        code = one.code[:2] if one.code[:2] in FIRST_LEVEL else ""
        if not stays[one.security] or stays[one.security][-1][1] != code:
            stays[one.security].append([one.since.isoformat(), code])
    store.set_state(STATE, stays)
    return sum(held.get(security) != rows for security, rows in stays.items())


def industries_on(store: Store, day: date) -> dict[str, str]:
    """Security → its industry of the first level on the day (a member of FIRST_LEVEL). Those with none are not in it."""
    said, found = day.isoformat(), {}
    for security, rows in _kept(store).items():
        code = next((code for since, code in reversed(rows) if since <= said), "")
        if code in FIRST_LEVEL:
            found[security] = code
    return found


def _kept(store: Store) -> dict[str, list[list[str]]]:
    kept = store.state(STATE)
    return kept if isinstance(kept, dict) else {}


def board_of(security: str, kind: Kind | None = None) -> str:
    """Where it is listed, a member of BOARDS: what the market is divided by where no industry is known."""
    if kind in (Kind.FUND, Kind.INDEX):
        return "fund" if kind is Kind.FUND else "index"
    code, _, market = security.rpartition(".")
    if market == "SH":
        return "star" if code.startswith(("688", "689")) else "sse"
    if market == "SZ":
        return "chinext" if code.startswith(("300", "301", "302")) else "szse"
    return market.lower() if market != "BJ" else "bse"
