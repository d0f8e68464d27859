"""What people say about links, words, clusters and times → kept, and applied to just the articles it touches; taken back; exchanged.

A statement is noted as owed, kept, applied and struck off the note, in this order: killed in between, the next correction or relink makes
it good. What it touches: of a link or a time, its article; of clusters, both clusters; of a word, every article that holds it by the search
index (as typed, normalised, in traditional characters, with blanks between) or by a stored link whose first words it is. A full
``relink`` also reaches words written around other characters.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from newslink.errors import CorrectionError, QueryError, UnknownSecurity
from newslink.link.corrections import Correction
from newslink.link.text import name_key
from newslink.model import Filter, Name
from newslink.pipeline.clusters import cluster_again, cluster_new
from newslink.pipeline.linking import universe_of
from newslink.pipeline.prepare import Prepare
from newslink.pipeline.relinking import relink_articles
from newslink.pipeline.statement_files import Problem, read_statements, write_statements
from newslink.pipeline.statements import (
    OF_CLUSTERS,
    OF_WORDS,
    Kind,
    Statement,
    checked,
    columns_of,
    name_of,
    of_linker,
    statements_of,
)
from newslink.settings import Settings
from newslink.store import Store

OWED = "correction-owed/"
PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Applied:
    """id: of the statement, for undoing it. articles: ids of those that changed: links, time or cluster."""

    id: str
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """rows = added + known + retracted + refused: new here, here before, taken back here because the file says so, unusable.

    problems: the first of the refused in words. articles: how many changed.
    """

    rows: int = 0
    added: int = 0
    known: int = 0
    retracted: int = 0
    refused: int = 0
    articles: int = 0
    problems: tuple[Problem, ...] = ()


def correct(store: Store, settings: Settings, statement: Statement, who: str = "", store_url: str | None = None) -> Applied:
    """Keep a statement and apply it. Raises CorrectionError, UnknownSecurity where it cannot be meant."""
    statement = checked(_signed(statement, who))
    known = store.articles_by_id([id for id in (statement.article, statement.other) if id])
    for id in (statement.article, statement.other):
        if id and id not in known:
            raise CorrectionError(f"No article goes by {id!r}: expected an id such as the export's column article.", "article_gone")
    universe = universe_of(store)
    for security in (statement.security, statement.security_to):
        if security and universe.security(security) is None:
            raise UnknownSecurity(security)
    settle(store, settings, store_url)
    store.set_state(OWED + statement.id, 1)
    store.put_correction(**columns_of(statement))
    return Applied(statement.id, tuple(_apply(store, settings, [statement], store_url)))


def apply_correction(settings: Settings, store: Store, correction: Correction | Statement, who: str = "") -> Applied:
    """The same for the screen, which speaks of links and words as the linker does."""
    statement = correction if isinstance(correction, Statement) else of_linker(correction, who)
    return correct(store, settings, statement, who)


def undo(store: Store, settings: Settings, id: str, store_url: str | None = None) -> Applied:
    """Take a statement back; what it touched is as it would be without it. id: whole, or a beginning that fits only one that holds."""
    held = corrections(store)
    fitting = [one for one in held if one.id == id] or [one for one in held if id and one.id.startswith(id)]
    if len(fitting) != 1:
        what = f"{len(fitting)} corrections begin so" if fitting else "no correction that holds goes by it"
        raise CorrectionError(f"{id[:64]!r}: {what}; `newslink correct list` shows them all.")
    statement = fitting[0]
    settle(store, settings, store_url)
    store.set_state(OWED + statement.id, 1)
    store.retract_correction(statement.id)
    return Applied(statement.id, tuple(_apply(store, settings, [statement], store_url)))


def corrections(store: Store, retracted: bool = False) -> list[Statement]:
    """Those that hold, in the order in which they were said; retracted: also those taken back."""
    return statements_of(store.corrections(retracted))


def correction_counts(store: Store) -> dict[str, dict[str, int]]:
    """kind → {"holding": n, "retracted": n}; every kind is there."""
    met = Counter((one.kind, one.retracted_at is not None) for one in corrections(store, retracted=True))
    return {kind.value: {"holding": met[kind, False], "retracted": met[kind, True]} for kind in Kind}


def export_corrections(store: Store, path: str | Path, form: str | None = None) -> int:
    """Every statement, also those taken back, into a file (``-``: standard output); see ``statement_files``. Returns the rows."""
    return write_statements(path, corrections(store, retracted=True), form)


def import_corrections(
    store: Store, settings: Settings, path: str | Path, form: str | None = None, who: str = "", store_url: str | None = None
) -> Imported:
    """Statements from a file, each once by its id, applied together. Articles and securities not known yet are taken: they may come."""
    statements, problems, refused = read_statements(path, form)
    ready = [_signed(one, who) for one in statements]
    settle(store, settings, store_url)
    here = {one.id: one for one in corrections(store, retracted=True)}
    counts: Counter[str] = Counter()
    changed: list[Statement] = []
    for one in ready:
        before = here.get(one.id)
        if before is not None and (one.retracted_at is None or before.retracted_at is not None):
            counts["known"] += 1
            continue
        store.set_state(OWED + one.id, 1)
        if before is None:
            store.put_correction(**columns_of(one))
            counts["added"] += 1
        else:
            counts["retracted"] += 1
        if one.retracted_at is not None:
            store.retract_correction(one.id, one.retracted_at)
        here[one.id] = one
        changed.append(before or one)  # the id decides: what the file says else about a known one is not believed
    articles = _apply(store, settings, changed, store_url)
    return Imported(len(ready) + refused, counts["added"], counts["known"], counts["retracted"], refused, len(articles), tuple(problems))


def _signed(statement: Statement, who: str) -> Statement:
    made_at = statement.made_at or datetime.now(UTC)
    return replace(statement, who=statement.who or who, made_at=made_at, id=statement.id or uuid.uuid4().hex)


def settle(store: Store, settings: Settings, store_url: str | None = None) -> int:
    """Make good what killed runs still owe; returns how many statements that was."""
    owed = {name.removeprefix(OWED) for name in store.states(OWED)}
    if not owed:
        return 0
    found = [one for one in corrections(store, retracted=True) if one.id in owed]
    for id in owed - {one.id for one in found}:
        store.set_state(OWED + id, None)  # noted, but killed before it was kept: nothing was said
    _apply(store, settings, found, store_url)
    return len(found)


def _apply(store: Store, settings: Settings, statements: Sequence[Statement], store_url: str | None) -> list[str]:
    """Bring everything they touch to what all statements together say; strike them off the note. Returns the articles that changed."""
    if not statements:
        return []
    _names(store, [one for one in statements if one.kind is Kind.CONFIRM_NAME])
    touched: dict[str, None] = {}
    words: dict[str, Statement] = {}
    clusters: dict[str, None] = {}
    for one in statements:
        if one.kind in OF_WORDS:
            words.setdefault(name_key(one.surface), one)
        elif one.kind in OF_CLUSTERS:
            clusters |= dict.fromkeys(id for id in (one.article, one.other) if id)
        else:
            touched[one.article] = None
    for word in words.values():
        touched |= dict.fromkeys(articles_with(store, word.surface))
    changed: dict[str, None] = {}
    if touched:
        url = store_url or settings.store_url
        changed |= dict.fromkeys(relink_articles(store, Prepare.of(settings, store, url), touched))
    if clusters:
        changed |= dict.fromkeys(_cluster(store, clusters))
    for one in statements:
        store.set_state(OWED + one.id, None)
    return list(changed)


def _cluster(store: Store, ids: Iterable[str]) -> list[str]:
    """Place them and their clusters anew; returns the articles whose cluster is another."""
    cluster_new(store)
    before = _heads(store, ids)
    cluster_again(store, before)
    after = _heads(store, before)
    return [id for id, head in before.items() if after[id] != head]


def _heads(store: Store, ids: Iterable[str]) -> dict[str, str]:
    heads: dict[str, str] = {}
    for id in ids:
        if id not in heads:
            heads |= {member.article: member.head for member in store.cluster_of(id)} or {id: id}
    return heads


def _names(store: Store, statements: Sequence[Statement]) -> None:
    """Names that people confirmed are in the store's list exactly as long as a statement says so. Names from lists are let alone."""
    if not statements:
        return
    holding = [name_of(one) for one in corrections(store) if one.kind is Kind.CONFIRM_NAME]
    ours = [name for name in store.names() if name.source.startswith("confirmed:")]
    theirs = {_key(name) for name in store.names() if not name.source.startswith("confirmed:")}
    store.drop_names([name for name in ours if name not in holding])
    store.put_names([name for name in holding if name not in ours and _key(name) not in theirs])


def _key(name: Name) -> tuple:
    return name.security, name.kind, name.text, name.valid_from


def articles_with(store: Store, surface: str) -> list[str]:
    """Ids of stored articles that hold the word; see the head of this module."""
    found: dict[str, None] = {}
    for spelling in _spellings(surface):
        offset = 0
        while True:
            try:
                page = store.page(Filter(keyword=f'"{spelling}"'), offset, PAGE, count=False)
            except QueryError:
                break  # nothing the index holds, such as signs alone
            found |= dict.fromkeys(page.rows["article"])
            offset += PAGE
            if len(page.rows) < PAGE:
                break
    universe = universe_of(store)
    key = name_key(surface)
    owners = {name.security for name in universe.names if name_key(name.text) == key}
    listings = tuple(sorted({listing for security in owners for listing in universe.listings_of(security)}))
    if listings:
        for rows in store.stream_rows(Filter(securities=listings)):
            same = [name_key(text) == key for text in rows["surface"]]
            found |= dict.fromkeys(rows.loc[same, "article"])
    return list(found)


def _spellings(surface: str) -> list[str]:
    from zhconv import convert

    plain = name_key(surface).replace('"', " ")
    typed = surface.replace('"', " ")
    spaced = " ".join(plain) if not plain.isascii() else plain
    return list(dict.fromkeys(text for text in (typed, plain, convert(plain, "zh-hant"), spaced) if text.strip()))
