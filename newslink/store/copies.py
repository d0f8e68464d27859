"""Syndication: signatures and their bands, clusters and their heads. What a signature says is the business of ``articles.copies``.

A cluster is named by the key of its head, its first report. Members hold how much of the head's text they repeat and how much is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newslink.store.database import Database, Reader, Writer
from newslink.store.keys import key_day

if TYPE_CHECKING:
    from newslink.store.tallies import Tallies


@dataclass(frozen=True, slots=True)
class Signature:
    """What copies are found by. article: id. bands: numbers two near copies are likely to share (64 bits, signed). data: opaque bytes."""

    article: str
    bands: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Membership:
    """article belongs to the cluster of head (ids; the head itself is a member too). similarity, novelty in [0, 1]."""

    article: str
    head: str
    similarity: float = 1.0
    novelty: float = 0.0


class Copies:
    """The part of ``Store`` about copies."""

    database: Database

    def unsigned(self, limit: int = 1000) -> list[str]:
        """Ids of articles without a signature, oldest first."""
        with self.database.read() as reader:
            rows = reader.rows("SELECT id FROM article WHERE signed = 0 ORDER BY key LIMIT ?", (limit,))
        return [id_ for (id_,) in rows]

    def put_signatures(self, signatures: Sequence[Signature]) -> None:
        """Replaces the signature of each article; ids that are not stored are passed over."""
        with self.database.write() as writer:
            keys = keys_of(writer, [s.article for s in signatures])
            known = {keys[s.article]: s for s in signatures if s.article in keys}
            writer.delete_among("band", "article", list(known))
            writer.delete_among("signature", "article", list(known))
            writer.run_many("UPDATE article SET signed = 1 WHERE key = ? AND signed = 0", [(key,) for key in known])
            writer.load("signature", ("article", "data"), [(key, s.data) for key, s in sorted(known.items())])
            writer.load("band", ("band", "article"), sorted({(band, key) for key, s in known.items() for band in s.bands}))

    def signatures(self, ids: Iterable[str]) -> list[Signature]:
        """Of these articles those that have one; their bands are left out."""
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(ids))
            rows = reader.rows(
                f"SELECT a.id, s.data FROM article a JOIN signature s ON s.article = a.key WHERE a.id {condition} ORDER BY a.key",
                (parameter,),
            )
        return [Signature(id_, (), bytes(data)) for id_, data in rows]

    def sharing_bands(self, bands: Iterable[int], limit: int = 2000) -> list[Signature]:
        """Signatures of stored articles that share at least one of the bands, newest first; their own bands are left out."""
        wanted = sorted(set(bands))
        if not wanted:
            return []
        with self.database.read() as reader:
            condition, parameter = reader.among(wanted)
            rows = reader.rows(
                f"SELECT a.id, s.data FROM (SELECT DISTINCT article FROM band WHERE band {condition} ORDER BY article DESC LIMIT ?) b "
                "JOIN article a ON a.key = b.article JOIN signature s ON s.article = b.article ORDER BY a.key DESC",
                (parameter, limit),
            )
        return [Signature(id_, (), bytes(data)) for id_, data in rows]

    def put_memberships(self, memberships: Sequence[Membership]) -> None:
        """Say which cluster articles belong to, replacing what was said before; ids that are not stored are passed over.

        A head that moves into another cluster brings its members along; so does naming as head what is a copy itself. A cluster left with
        one article is none.
        """
        from newslink.store.tallies import Tallies

        with self.database.write() as writer:
            tallies = Tallies()
            keys = keys_of(writer, [id_ for m in memberships for id_ in (m.article, m.head)])
            said = [(keys[m.article], keys[m.head], m) for m in memberships if m.article in keys and m.head in keys]
            before = _around(writer, {key for article, head, _ in said for key in (article, head)})
            after = dict(before)
            for article, head, m in said:
                after.setdefault(head, (head, 1.0, 0.0))
                after[article] = (head, m.similarity, m.novelty)
            _write(writer, before, _rooted(after), tallies)
            tallies.write(writer)
            if said:
                writer.bump("version")

    def cluster_of(self, article: str) -> list[Membership]:
        """Every member of the article's cluster, head first, then by time; empty where it has no copies."""
        with self.database.read() as reader:
            cluster = reader.value("SELECT cluster FROM article WHERE id = ?", (article,), 0)
            if not cluster:
                return []
            rows = reader.rows(
                "SELECT a.id, h.id, m.similarity, m.novelty FROM member m JOIN article a ON a.key = m.article "
                "JOIN article h ON h.key = m.cluster WHERE m.cluster = ? ORDER BY a.key = m.cluster DESC, a.key",
                (cluster,),
            )
        return [Membership(*row) for row in rows]


def keys_of(reader: Reader, ids: Iterable[str]) -> dict[str, int]:
    condition, parameter = reader.among(dict.fromkeys(ids))
    return dict(reader.rows(f"SELECT id, key FROM article WHERE id {condition}", (parameter,)))


Places = dict[int, tuple[int, float, float]]  # article → (head, similarity, novelty)


def _around(writer: Writer, keys: Iterable[int]) -> Places:
    """Every member of every cluster that one of these articles is in."""
    condition, parameter = writer.among(keys)
    rows = writer.rows(
        f"SELECT article, cluster, similarity, novelty FROM member WHERE cluster IN (SELECT cluster FROM member WHERE article {condition})",
        (parameter,),
    )
    return {article: (cluster, similarity, novelty) for article, cluster, similarity, novelty in rows}


def _rooted(places: Places) -> Places:
    """Heads of heads become heads; of a circle the earliest article does. Clusters of one are left out."""
    out: Places = {}
    for article, (_, similarity, novelty) in places.items():
        seen = [article]
        while (head := places[seen[-1]][0]) not in seen:
            seen.append(head)
        out[article] = (min(seen[seen.index(head) :]), similarity, novelty)
    sizes = Counter(head for head, _, _ in out.values())
    return {article: place for article, place in out.items() if sizes[place[0]] > 1}


def _write(writer: Writer, before: Places, after: Places, tallies: Tallies) -> None:
    changed = [(article, *place) for article, place in after.items() if before.get(article) != place]
    gone = [article for article in before if article not in after]
    writer.run_many(
        "INSERT INTO member (article, cluster, similarity, novelty) VALUES (?, ?, ?, ?) ON CONFLICT (article) DO UPDATE SET "
        "cluster = excluded.cluster, similarity = excluded.similarity, novelty = excluded.novelty",
        changed,
    )
    writer.delete_among("member", "article", gone)
    writer.run_many("UPDATE article SET cluster = ? WHERE key = ?", [(cluster, article) for article, cluster, *_ in changed])
    writer.run_many("UPDATE article SET cluster = 0 WHERE key = ?", [(article,) for article in gone])
    for article, cluster, *_ in changed:
        _set_head(writer, article, article == cluster, tallies)
    for article in gone:
        _set_head(writer, article, True, tallies)


def _set_head(writer: Writer, key: int, head: bool, tallies: Tallies) -> None:
    row = writer.row("SELECT head, source, category FROM article WHERE key = ?", (key,))
    if row is None or bool(row[0]) == head:
        return
    by = 1 if head else -1
    writer.run("UPDATE article SET head = ? WHERE key = ?", (int(head), key))
    writer.run("UPDATE link SET head = ? WHERE article = ?", (int(head), key))
    writer.run("UPDATE article_tag SET head = ? WHERE article = ?", (int(head), key))
    tallies.headed(key_day(key), row[1], row[2], by)
    for session, security in writer.rows("SELECT session, security FROM link WHERE article = ?", (key,)):
        tallies.link(session, security, 0, by)


def detach(writer: Writer, keys: Sequence[int], tallies: Tallies) -> None:
    """Articles that go away or change their text leave their cluster; where one was the head, the earliest that remains becomes it."""
    writer.delete_among("band", "article", keys)
    writer.delete_among("signature", "article", keys)
    before = _around(writer, keys)
    if not before:
        return
    leaving = set(keys)
    left = {article: place for article, place in before.items() if article not in leaving}
    heads: dict[int, int] = {}
    for article, (cluster, _, _) in sorted(left.items()):
        heads.setdefault(cluster, article if cluster in leaving else cluster)
    _write(writer, before, _rooted({a: (heads[cluster], *rest) for a, (cluster, *rest) in left.items()}), tallies)
