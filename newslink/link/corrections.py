"""What people said about links, applied on top of every rule: a person is right.

Four kinds: ``not_this_link`` (article, security), ``add_link`` (article, security), ``mute_word`` (surface, security or all),
``word_means`` (surface, security, from, to). Of two that disagree, the later one holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newslink.link.text import name_key


class CorrectionKind(StrEnum):
    NOT_THIS_LINK = "not_this_link"
    ADD_LINK = "add_link"
    MUTE_WORD = "mute_word"
    WORD_MEANS = "word_means"


@dataclass(frozen=True, slots=True)
class Correction:
    """One statement by a person. article: for the link kinds. surface: the words, for the word kinds.

    security: None mutes the word for all.

    valid_from, valid_to: inclusive days for ``word_means``, None is open. who, when: whose statement this is; when is aware.
    """

    kind: CorrectionKind
    article: str | None = None
    security: str | None = None
    surface: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    who: str = ""
    when: datetime | None = None
    id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", CorrectionKind(self.kind))
        of_link = self.kind in (CorrectionKind.NOT_THIS_LINK, CorrectionKind.ADD_LINK)
        if of_link and not (self.article and self.security):
            raise ValueError(f"{self.kind}: an article and a security are needed.")
        if not of_link and not (self.surface and self.surface.strip()):
            raise ValueError(f"{self.kind}: a surface is needed.")
        if self.kind is CorrectionKind.WORD_MEANS and not self.security:
            raise ValueError("word_means: a security is needed.")


def not_this_link(article: str, security: str, who: str = "", when: datetime | None = None) -> Correction:
    """This article does not name this security."""
    return Correction(CorrectionKind.NOT_THIS_LINK, article=article, security=security, who=who, when=when)


def add_link(article: str, security: str, who: str = "", when: datetime | None = None) -> Correction:
    """This article names this security."""
    return Correction(CorrectionKind.ADD_LINK, article=article, security=security, who=who, when=when)


def mute_word(surface: str, security: str | None = None, who: str = "", when: datetime | None = None) -> Correction:
    """This word never means this security (None: no security at all)."""
    return Correction(CorrectionKind.MUTE_WORD, surface=surface, security=security, who=who, when=when)


def word_means(
    surface: str, security: str, valid_from: date | None = None, valid_to: date | None = None, who: str = "", when: datetime | None = None
) -> Correction:
    """This word means this security, on the days given."""
    return Correction(
        CorrectionKind.WORD_MEANS, security=security, surface=surface, valid_from=valid_from, valid_to=valid_to, who=who, when=when
    )


@dataclass(slots=True)
class Rulings:
    """Corrections as the linker asks for them; the last word counts."""

    refused: dict[tuple[str, str], Correction]
    added: dict[str, list[Correction]]
    muted: dict[str, dict[str | None, Correction]]
    meanings: list[Correction]

    @classmethod
    def of(cls, corrections: Iterable[Correction]) -> Rulings:
        refused: dict[tuple[str, str], Correction] = {}
        added: dict[tuple[str, str], Correction] = {}
        muted: dict[str, dict[str | None, Correction]] = {}
        meanings: dict[tuple[str, str], Correction] = {}
        for _, one in sorted(enumerate(corrections), key=lambda p: (p[1].when.timestamp() if p[1].when else 0.0, p[0])):
            if one.kind is CorrectionKind.NOT_THIS_LINK:
                refused[one.article, one.security] = one
                added.pop((one.article, one.security), None)
            elif one.kind is CorrectionKind.ADD_LINK:
                added[one.article, one.security] = one
                refused.pop((one.article, one.security), None)
            elif one.kind is CorrectionKind.MUTE_WORD:
                key = name_key(one.surface)
                muted.setdefault(key, {})[one.security] = one
                meanings = {k: v for k, v in meanings.items() if k[0] != key or one.security not in (None, k[1])}
            else:
                key = name_key(one.surface)
                meanings[key, one.security] = one
                if key in muted:
                    muted[key].pop(one.security, None)
                    muted[key].pop(None, None)
        by_article: dict[str, list[Correction]] = {}
        for (article, _), one in added.items():
            by_article.setdefault(article, []).append(one)
        return cls(refused, by_article, muted, list(meanings.values()))
