"""Counts that reconcile, from one snapshot: in all, per facet, per session, and who is mentioned more than usual."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from newslink.model import Filter
from newslink.store import mentions
from newslink.store.database import Database
from newslink.store.filters import link_conditions, selection_of
from newslink.store.keys import day_number
from newslink.store.pages import _article_query
from newslink.store.terms import Term, Terms

Facet = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """ingested = linked + unlinked + rejected, always. links: of confidence 0.5 or more; candidates: below."""

    ingested: int = 0
    linked: int = 0
    unlinked: int = 0
    rejected: int = 0
    links: int = 0
    candidates: int = 0


class Counting:
    """The part of ``Store`` that counts."""

    database: Database
    terms: Terms

    def counts(self) -> Counts:
        with self.database.read() as reader:
            total = dict(reader.rows("SELECT name, value FROM total"))
        articles, linked, rejected = (total.get(name, 0) for name in ("articles", "linked", "rejected"))
        return Counts(articles + rejected, linked, articles - linked, rejected, total.get("links", 0), total.get("candidates", 0))

    def version(self) -> int:
        """Another number after every change of articles, links, bars or names: what a cache of answers is keyed by."""
        with self.database.read() as reader:
            return int(reader.value("SELECT sum(value) FROM total WHERE name IN ('version', 'bars_version', 'names_version')", default=0))

    def session_counts(self, security: str, start: date | None = None, end: date | None = None, fold_copies: bool = False) -> pd.DataFrame:
        """session, articles; ascending, only sessions with articles. start, end: inclusive."""
        with self.database.read() as reader:
            number = self.terms.numbers(reader, Term.SECURITY, [security]).get(security, -1)
            low = max(day_number(start), 1) if start else 1
            high = day_number(end) if end else 1 << 30
            only = "AND head = 1" if fold_copies else ""
            rows = reader.rows(
                f"SELECT session, count(*) FROM link WHERE security = ? AND session BETWEEN ? AND ? {only} GROUP BY session ORDER BY session",
                (number, low, high),
            )
        days = np.array([row[0] for row in rows], dtype="int64").astype("datetime64[D]").astype("datetime64[s]")
        return pd.DataFrame({"session": days, "articles": np.array([row[1] for row in rows], dtype="int64")})

    def day_counts(self, start: date | None = None, end: date | None = None, fold_copies: bool = False) -> pd.DataFrame:
        """day (Beijing publication date), articles; ascending, only days with articles. start, end: inclusive."""
        low = max(day_number(start), 1) if start else 1
        high = day_number(end) if end else 1 << 30
        what = "heads" if fold_copies else "articles"
        with self.database.read() as reader:
            rows = reader.rows(
                f"SELECT day, sum({what}) FROM day_count WHERE day BETWEEN ? AND ? GROUP BY day HAVING sum({what}) > 0 ORDER BY day",
                (low, high),
            )
        days = np.array([day for day, _ in rows], dtype="datetime64[D]").astype("datetime64[s]")
        return pd.DataFrame({"day": days, "articles": np.array([n for _, n in rows], dtype="int64")})

    def top_mentioned(self, as_of: date, days: int = 1, past: int = 90, limit: int = 50, fold_copies: bool = False) -> pd.DataFrame:
        """Securities by articles on sessions in the ``days`` calendar days up to and including as_of.

        security, articles, usual, surprise. Against the sessions of the ``past`` calendar days before those, with mean m and variance v (n-1)
        of a security's articles per session, sessions without any counted as 0: usual = n·m for the n sessions of the window, and
        surprise = (articles - usual) / sqrt(n · max(v, m, 1/past sessions)); counts are at best as regular as Poisson's, so m bounds v from below.
        usual and surprise are NaN where the store holds no session in the past window.
        """
        last = day_number(as_of)
        first = last - days + 1
        with self.database.read() as reader:
            found = mentions.between(reader, max(first - past, 1), last)
            now = sum(session >= first for session in found)
            before = len(found) - now
            securities, articles, total, squares = _sums(found, first, 2 if fold_copies else 1)
            if before:
                mean = total / before
                variance = np.maximum((squares - before * mean**2) / max(before - 1, 1), 0.0)
                usual = now * mean
                surprise = (articles - usual) / np.sqrt(now * np.maximum(np.maximum(variance, mean), 1.0 / before))
            else:
                usual = surprise = np.full(len(articles), np.nan)
            order = np.lexsort((securities, -np.nan_to_num(surprise), -articles))[:limit]
            names = self.terms.texts(reader, securities[order].tolist())
        return pd.DataFrame(
            {
                "security": pd.array([names[number] for number in securities[order].tolist()], dtype="str"),
                "articles": articles[order].astype("int64"),
                "usual": usual[order],
                "surprise": surprise[order],
            }
        )

    def rule_counts(self) -> dict[str, int]:
        """Rule of a link's first mention → links of confidence 0.5 or more. A scan of all links."""
        with self.database.read() as reader:
            rows = reader.rows("SELECT rule, count(*) FROM link GROUP BY rule")
            texts = self.terms.texts(reader, [number for number, _ in rows])
        return {texts[number]: count for number, count in rows}

    # --- facets ---
    def sources(self, limit: int = 200) -> Facet:
        """(source, articles) of all articles, most frequent first."""
        return self._facet(Term.SOURCE, limit)

    def categories(self, limit: int = 200) -> Facet:
        return self._facet(Term.CATEGORY, limit)

    def tags(self, limit: int = 200) -> Facet:
        """Event tags; an article counts for each of its tags."""
        return self._facet(Term.TAG, limit)

    def _facet(self, kind: Term, limit: int) -> Facet:
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT t.text, f.articles FROM facet f JOIN term t ON t.id = f.term WHERE f.kind = ? ORDER BY f.articles DESC, t.text LIMIT ?",
                (int(kind), limit),
            )
        return tuple(rows)

    def facets(self, filter: Filter, limit: int = 200) -> tuple[Facet, Facet, Facet]:
        """The same of the filtered set, (sources, categories, tags), from one look at it."""
        if filter == Filter():
            return self.sources(limit), self.categories(limit), self.tags(limit)
        with self.database.read() as reader:
            selection = selection_of(reader, self.terms, filter)
            if selection.of_links:
                # A link row repeats what is counted here, so its article is not fetched; of one security it stands for the article.
                conditions = link_conditions(reader, selection)
                parameters, chosen = conditions.parameters, f"link l WHERE {conditions.where()}"
                if not selection.single:
                    chosen = f"(SELECT DISTINCT l.article, l.source, l.category, l.tagset FROM {chosen}) once"
                sql = f"SELECT source, category, tagset, count(*) FROM {chosen} GROUP BY source, category, tagset"
            else:
                key, chosen, parameters = _article_query(reader, selection)
                sql = (
                    f"SELECT a.source, a.category, a.tagset, count(*) FROM (SELECT {key} AS key {chosen}) chosen JOIN article a "
                    "ON a.key = chosen.key GROUP BY a.source, a.category, a.tagset"
                )
            rows = reader.rows(sql, parameters)
            texts = self.terms.texts(reader, {number for row in rows for number in row[:3]})
        sources, categories, tags = Counter[str](), Counter[str](), Counter[str]()
        for source, category, tagset, articles in rows:
            sources[texts[source]] += articles
            categories[texts[category]] += articles
            for tag in json.loads(texts[tagset]) if texts[tagset] else ():
                tags[tag] += articles
        return _commonest(sources, limit), _commonest(categories, limit), _commonest(tags, limit)


def _commonest(found: Counter[str], limit: int) -> Facet:
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit])


def _sums(found: dict[int, mentions.Mentions], first: int, counted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(securities with any on a session from first on, ascending; their articles there; articles before; squares of those a session)."""
    parts = [mentions.unpacked(b""), *found.values()]
    widths = [part.shape[1] for part in parts]
    recent = np.repeat([False, *(session >= first for session in found)], widths)
    rows = np.concatenate(parts, axis=1)
    securities, place = np.unique(rows[0], return_inverse=True)
    count = rows[counted].astype("float64")

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, weights=values, minlength=len(securities))

    articles = summed(count * recent)
    some = articles > 0
    return securities[some], articles[some], summed(count * ~recent)[some], summed(count**2 * ~recent)[some]
