"""What a company does in an article, and how much the article is about it."""

from __future__ import annotations

from newslink.model import Role

ROUND_UP = 8  # companies from which an article counts as a round-up
LEAD = 60  # characters of body that count as its beginning


def role_of(in_title: bool, lead: bool, count: int, companies: int, quoted: int, acting: int, mentions: int) -> Role:
    """quoted, acting: mentions in which the company is quoted, or is said to do something itself; mentions: all of them.

    A quoted company is a source unless some mention shows it acting; without a title the beginning stands for it.
    """
    if quoted and not acting and 2 * quoted >= mentions:
        return Role.SOURCE
    if in_title or (lead and companies <= 3) or (companies == 1 and count >= 2):
        return Role.SUBJECT
    if companies >= 6 and count <= 3:
        return Role.LIST
    if companies <= 2 and count >= 3:
        return Role.SUBJECT
    return Role.MENTION


def relevance_of(role: Role, in_title: bool, first: float, count: int, companies: int, titled: int) -> float:
    """In [0, 1]: from title, position of the first mention (0 beginning, 1 end), count, companies in the article and in its title."""
    score = (0.55 if in_title else 0.0) + 0.25 * (1.0 - first) + 0.05 * min(count, 4)
    score /= 1.0 + 0.06 * max(0, (titled if in_title else companies) - 1)
    if companies >= ROUND_UP and not in_title:
        score *= 0.5
    if role is Role.SUBJECT:
        score = max(score, 0.5)
    elif role is Role.SOURCE:
        score = min(0.3 * score, 0.2)
    elif role is Role.LIST:
        score = min(score, 0.3)
    return round(min(1.0, max(0.01, score)), 3)
