"""Stored articles → names they use that the lists do not know, as proposals; a person's yes or no → dated names, or muted words.

A yes is a statement of kind ``confirm_name``: the name stands in the store's list, with the source ``confirmed:<who>``, as long as the
statement holds. A no is ``mute_word``: this word never means that company, and it is not proposed again. Both are listed, exchanged and
undone like every other correction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from newslink.errors import CorrectionError
from newslink.link.learn import Proposal, propose
from newslink.link.windows import text_key
from newslink.model import Article, NameKind
from newslink.pipeline.corrections import Applied, correct, corrections
from newslink.pipeline.linking import universe_of
from newslink.pipeline.statements import Kind, Statement
from newslink.settings import Settings
from newslink.store import Store, open_store

STATE = "learnt-names"
KEPT = 500


def learn(settings: Settings, store_url: str | None = None, progress=None) -> list[Proposal]:
    """Look through every stored article; keep the proposals for the screen, at most 500, most used first. progress(done, total, words)."""
    with open_store(store_url or settings.store_url) as store:
        totals = store.counts()
        found = propose(_articles(store, totals.linked + totals.unlinked, progress), universe_of(store), _struck(store))[:KEPT]
        store.set_state(STATE, [asdict(proposal) | {"first": str(proposal.first), "last": str(proposal.last)} for proposal in found])
        return found


def _articles(store: Store, total: int, progress) -> Iterator[Article]:
    for done, (_, entry) in enumerate(store.articles(), 1):
        yield entry.article
        if progress and done % 500 == 0:
            progress(done, total, "")


def proposals(store: Store) -> list[Proposal]:
    """What ``learn`` last found and nobody has decided since. Reads only: fit for a page."""
    kept = store.state(STATE)
    if not isinstance(kept, list):
        return []
    decided = {(security, text_key(text)) for security, text in _struck(store)}
    decided |= {(one.security, text_key(one.surface)) for one in corrections(store) if one.kind is Kind.CONFIRM_NAME}
    return [proposal for row in kept if (proposal := _read(row)) and (proposal.security, text_key(proposal.text)) not in decided]


def _read(row: object) -> Proposal | None:
    """None for what another version has written."""
    try:
        days = {"first": date.fromisoformat(row["first"]), "last": date.fromisoformat(row["last"])}
        lists = {"examples": tuple(row["examples"]), "rivals": tuple(row["rivals"]), "kind": NameKind(row["kind"])}
        return Proposal(**{**row, **days, **lists})
    except (TypeError, KeyError, ValueError):
        return None


def _struck(store: Store) -> set[tuple[str, str]]:
    return {(one.security, one.surface) for one in corrections(store) if one.kind is Kind.MUTE_WORD and one.security}


def proposal_for(store: Store, security: str, text: str) -> Proposal:
    """Raises CorrectionError where no such name waits."""
    for proposal in proposals(store):
        if proposal.security == security and text_key(proposal.text) == text_key(text):
            return proposal
    raise CorrectionError(f"No proposal {text[:40]!r} for {security} waits; `newslink universe learn` looks for some.", "proposal_gone")


def confirm_proposal(
    store: Store,
    settings: Settings,
    proposal: Proposal,
    who: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    store_url: str | None = None,
) -> Applied:
    """It is a name of the security: from its first use (or valid_from) on, and to its last (or valid_to) where it is no longer used."""
    statement = Statement(
        Kind.CONFIRM_NAME,
        security=proposal.security,
        surface=proposal.text,
        valid_from=valid_from or proposal.first,
        valid_to=valid_to or (None if proposal.still_used else proposal.last),
        name_kind=proposal.kind.value,
        who=who,
    )
    return correct(store, settings, statement, who, store_url)


def refuse_proposal(store: Store, settings: Settings, proposal: Proposal, who: str = "", store_url: str | None = None) -> Applied:
    """It is no name of the security, and is not proposed again."""
    statement = Statement(Kind.MUTE_WORD, security=proposal.security, surface=proposal.text, note="proposed name refused", who=who)
    return correct(store, settings, statement, who, store_url)
