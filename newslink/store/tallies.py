"""Changes to counts, gathered over a transaction and written once: per session and security, per day, per facet, and in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from newslink.store import mentions
from newslink.store.backend import Writer
from newslink.store.terms import Term


class Tallies:
    """Every change of an article or link row goes through here, so the counts are those rows' counts at every commit."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = defaultdict(int)
        self._sessions: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        self._days: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._facets: dict[tuple[int, int], int] = defaultdict(int)

    def article(self, day: int, source: int, category: int, tags: Iterable[int], linked: bool, by: int, heads: int) -> None:
        """by: articles more or fewer; heads: of those, the ones that count when copies are folded."""
        self.totals["articles"] += by
        self.totals["linked"] += by * linked
        row = self._days[day, source, category]
        row[0] += by
        row[1] += heads
        row[2] += by * linked
        self._facets[Term.SOURCE, source] += by
        self._facets[Term.CATEGORY, category] += by
        for tag in tags:
            self._facets[Term.TAG, tag] += by

    def relinked(self, day: int, source: int, category: int, by: int) -> None:
        """An article gained its first link (1) or lost its last (-1)."""
        self.totals["linked"] += by
        self._days[day, source, category][2] += by

    def headed(self, day: int, source: int, category: int, by: int) -> None:
        """An article became (1) or ceased to be (-1) the head of its cluster."""
        self._days[day, source, category][1] += by

    def link(self, session: int, security: int, by: int, heads: int) -> None:
        self.totals["links"] += by
        row = self._sessions[session, security]
        row[0] += by
        row[1] += heads

    def write(self, writer: Writer) -> None:
        sessions: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for (session, security), row in self._sessions.items():
            if any(row):
                sessions[session].append((security, *row))
        mentions.add(writer, sessions)
        days = [(*key, *row) for key, row in sorted(self._days.items()) if any(row)]
        writer.run_many(
            "INSERT INTO day_count (day, source, category, articles, heads, linked) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (day, source, category) DO UPDATE SET articles = day_count.articles + excluded.articles, "
            "heads = day_count.heads + excluded.heads, linked = day_count.linked + excluded.linked",
            days,
        )
        facets = [(int(kind), term, by) for (kind, term), by in sorted(self._facets.items()) if by]
        writer.run_many(
            "INSERT INTO facet (kind, term, articles) VALUES (?, ?, ?) ON CONFLICT (kind, term) DO UPDATE SET "
            "articles = facet.articles + excluded.articles",
            facets,
        )
        # Only what shrank can have become nothing.
        writer.run_many(
            "DELETE FROM day_count WHERE day = ? AND source = ? AND category = ? AND articles = 0", [row[:3] for row in days if row[3] < 0]
        )
        writer.run_many("DELETE FROM facet WHERE kind = ? AND term = ? AND articles = 0", [row[:2] for row in facets if row[2] < 0])
        for name, by in sorted(self.totals.items()):
            writer.bump(name, by)
