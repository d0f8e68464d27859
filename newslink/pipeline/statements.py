"""What a person said, as one checked value: rows of the store's table of corrections ↔ ``Statement`` ↔ what the linker takes.

The store keeps one text column for what each kind says beside ids and days: the word, the other article's id, or the corrected time.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from newslink.articles.times import parse_time
from newslink.errors import CorrectionError
from newslink.link.codes import parse_security_id
from newslink.link.corrections import Correction, CorrectionKind
from newslink.link.text import name_key
from newslink.model import Name, NameKind, Precision
from newslink.store import StoredCorrection

log = logging.getLogger(__name__)
LONGEST = {"article": 500, "other": 500, "surface": 200, "who": 80, "note": 500, "published": 64}
NO_TIME = "none"  # a person may say that the time is not known
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")


class Kind(StrEnum):
    """Which fields count: see ``NEEDS`` and ``MAY_HAVE``."""

    NOT_THIS_LINK = "not_this_link"  # the article does not name security; security_to: but that one
    ADD_LINK = "add_link"  # the article names security
    CONFIRM_LINK = "confirm_link"  # the machine's link is right
    MUTE_WORD = "mute_word"  # the word never means security; without one, no security at all
    WORD_MEANS = "word_means"  # the word means security, on the days given
    CONFIRM_NAME = "confirm_name"  # a learnt name is a name of security, on the days given
    MERGE = "merge"  # article and other tell one story
    SPLIT = "split"  # article is no copy of other; without one, of no other article
    TIME = "time"  # the article was published then


NEEDS: dict[Kind, tuple[str, ...]] = {
    Kind.NOT_THIS_LINK: ("article", "security"),
    Kind.ADD_LINK: ("article", "security"),
    Kind.CONFIRM_LINK: ("article", "security"),
    Kind.MUTE_WORD: ("surface",),
    Kind.WORD_MEANS: ("surface", "security"),
    Kind.CONFIRM_NAME: ("surface", "security"),
    Kind.MERGE: ("article", "other"),
    Kind.SPLIT: ("article",),
    Kind.TIME: ("article", "published"),
}
MAY_HAVE: dict[Kind, tuple[str, ...]] = {
    Kind.NOT_THIS_LINK: ("security_to",),
    Kind.MUTE_WORD: ("security",),
    Kind.WORD_MEANS: ("valid_from", "valid_to"),
    Kind.CONFIRM_NAME: ("valid_from", "valid_to", "name_kind"),
    Kind.SPLIT: ("other",),
}
OF_LINKS = (Kind.NOT_THIS_LINK, Kind.ADD_LINK, Kind.CONFIRM_LINK)
OF_WORDS = (Kind.MUTE_WORD, Kind.WORD_MEANS, Kind.CONFIRM_NAME)
OF_CLUSTERS = (Kind.MERGE, Kind.SPLIT)
_FIELDS = ("article", "other", "security", "security_to", "surface", "valid_from", "valid_to", "published", "name_kind")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement by a person. '' and None: not given. published: ISO text, of a day, minute or second, or ``none``; see ``moment``.

    made_at: aware. retracted_at: when it was taken back, None while it holds. Make one with ``checked``.
    """

    kind: Kind
    article: str = ""
    other: str = ""
    security: str = ""
    security_to: str = ""
    surface: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    published: str = ""
    name_kind: str = ""
    who: str = ""
    made_at: datetime | None = None
    note: str = ""
    id: str = ""
    retracted_at: datetime | None = None

    @property
    def moment(self) -> tuple[datetime | None, Precision]:
        """The corrected publication time."""
        return parse_time(self.published)

    def said(self) -> str:
        """In one line, for lists."""
        what = [self.kind.value, *(str(value) for name in _FIELDS if (value := getattr(self, name)))]
        return " ".join(what)


def checked(statement: Statement) -> Statement:
    """The statement with ids and times in their usual form.

    Raises CorrectionError, UnknownSecurity where a field is missing, says nothing in this kind, or is unusable.
    """
    kind = statement.kind
    statement = replace(statement, note=_line(statement.note), who=_line(statement.who))
    allowed = (*NEEDS[kind], *MAY_HAVE.get(kind, ()))
    for name in NEEDS[kind]:
        if not getattr(statement, name):
            raise CorrectionError(f"{kind.value}: {name} is missing.")
    for name in _FIELDS:
        if getattr(statement, name) and name not in allowed:
            raise CorrectionError(f"{kind.value}: {name} says nothing here; expected {', '.join(allowed)}.")
    for name, longest in LONGEST.items():
        text = getattr(statement, name)
        if len(text) > longest or not text.isprintable():
            raise CorrectionError(f"{kind.value}: {name} is longer than {longest} characters or holds control characters.")
    if statement.id and not _ID.match(statement.id):
        raise CorrectionError(f"id {statement.id[:40]!r}: expected at most 64 letters, digits, full stops, colons or hyphens.")
    for at in (statement.made_at, statement.retracted_at):
        if at is not None and at.tzinfo is None:
            raise CorrectionError(f"{kind.value}: {at} has no zone.")
    if statement.valid_from and statement.valid_to and statement.valid_from > statement.valid_to:
        raise CorrectionError(f"{kind.value}: valid_from {statement.valid_from} is after valid_to {statement.valid_to}.")
    if statement.other and statement.other == statement.article:
        raise CorrectionError(f"{kind.value}: article and other are the same.")
    ids = {name: parse_security_id(text) for name in ("security", "security_to") if (text := getattr(statement, name))}
    if statement.security_to and ids["security"] == ids["security_to"]:
        raise CorrectionError(f"{kind.value}: security and security_to are the same.")
    statement = replace(statement, surface=statement.surface.strip(), **ids)
    if "surface" in NEEDS[kind] and not name_key(statement.surface):
        raise CorrectionError(f"{kind.value}: surface {statement.surface!r} holds no word.")
    if kind is Kind.CONFIRM_NAME:
        if statement.name_kind not in ("", *(kind.value for kind in NameKind)):
            raise CorrectionError(f"{kind.value}: name_kind {statement.name_kind!r}; expected {', '.join(NameKind)}.")
        statement = replace(statement, name_kind=statement.name_kind or NameKind.NICKNAME.value)
    if kind is Kind.TIME:
        statement = replace(statement, published=_iso(statement.published))
    return statement


def _line(text: str) -> str:
    return " ".join(text.split())


def _iso(text: str) -> str:
    if text.strip().lower() == NO_TIME:
        return NO_TIME
    moment, precision = parse_time(text)
    if moment is None:
        raise CorrectionError(f"time: {text[:40]!r} cannot be read; expected 2022-05-30, 2022-05-30T18:30+08:00 or none.")
    if precision is Precision.DAY:
        return moment.date().isoformat()
    return moment.isoformat(timespec="minutes" if precision is Precision.MINUTE else "seconds")


def of_stored(row: StoredCorrection) -> Statement:
    """Raises CorrectionError for a row that this version cannot understand."""
    try:
        kind = Kind(row.kind)
    except ValueError:
        raise CorrectionError(f"correction {row.id}: kind {row.kind!r} is not known here.") from None
    said, name_kind = row.surface or "", ""
    if kind is Kind.CONFIRM_NAME:
        name_kind = row.article or NameKind.NICKNAME.value
    return Statement(
        kind,
        article=(row.article or "") if "article" in NEEDS[kind] else "",
        other=said if kind in OF_CLUSTERS else "",
        security=row.security or "",
        security_to=row.security_to or "",
        surface=said if kind in OF_WORDS else "",
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        published=said if kind is Kind.TIME else "",
        name_kind=name_kind,
        who=row.who,
        made_at=row.when,
        note=row.note,
        id=row.id,
        retracted_at=row.retracted_at,
    )


def columns_of(statement: Statement) -> dict:
    """Arguments of ``Store.put_correction``."""
    return {
        "kind": statement.kind.value,
        "article": statement.article or (statement.name_kind if statement.kind is Kind.CONFIRM_NAME else "") or None,
        "security": statement.security or None,
        "surface": statement.surface or statement.other or statement.published or None,
        "security_to": statement.security_to or None,
        "valid_from": statement.valid_from,
        "valid_to": statement.valid_to,
        "who": statement.who,
        "when": statement.made_at,
        "note": statement.note,
        "id": statement.id or None,
    }


def statements_of(rows: Iterable[StoredCorrection]) -> list[Statement]:
    """In the order in which they were said; of two that disagree, the later one holds. Rows of a later version are left out, and logged."""
    found = []
    for row in rows:
        try:
            found.append(of_stored(row))
        except CorrectionError as error:
            log.warning("%s", error)
    found.sort(key=lambda s: s.made_at.timestamp() if s.made_at else 0.0)
    return found


def linker_corrections(rows: Iterable[StoredCorrection], links: bool = True) -> list[Correction]:
    """What the linker is to know of them. links False: only what was said about words."""
    out = []
    for one in statements_of(rows):
        common = {"who": one.who, "when": one.made_at, "id": one.id}
        try:
            if one.kind in OF_LINKS and links:
                kind = CorrectionKind.NOT_THIS_LINK if one.kind is Kind.NOT_THIS_LINK else CorrectionKind.ADD_LINK
                out.append(Correction(kind, one.article, one.security, **common))
                if one.security_to:
                    out.append(Correction(CorrectionKind.ADD_LINK, one.article, one.security_to, **common))
            elif one.kind in (Kind.MUTE_WORD, Kind.WORD_MEANS):
                days = {"valid_from": one.valid_from, "valid_to": one.valid_to}
                out.append(Correction(CorrectionKind(one.kind), None, one.security or None, one.surface, **days, **common))
        except ValueError as error:
            log.warning("correction %s is passed over: %s", one.id, error)
    return out


def of_linker(correction: Correction, who: str = "") -> Statement:
    """A linker's correction, as the screen makes them."""
    return Statement(
        Kind(correction.kind.value), correction.article or "", "", correction.security or "", "", correction.surface or "",
        correction.valid_from, correction.valid_to, who=correction.who or who, made_at=correction.when, id=correction.id,
    )  # fmt: skip


def name_of(statement: Statement) -> Name:
    """The dated name that a confirmed proposal adds."""
    return Name(
        statement.security, statement.surface, NameKind(statement.name_kind), statement.valid_from, statement.valid_to,
        f"confirmed:{statement.who}",
    )  # fmt: skip
