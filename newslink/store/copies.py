"""Syndication: signatures and their bands, clusters and their heads. What a signature says is the business of ``articles.copies``.

A cluster is named by the key of its head, its first report. Members hold how much of the head's text they repeat and how much is new.

An article is *signed* once it was looked at beside its neighbours: from then on it is found by its bands. A signature may be stored with its
article before that (``draft``); until then it is only *prepared*, and goes away when text or links change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from newslink.store import codec
from newslink.store.backend import Reader, Writer
from newslink.store.database import Database
from newslink.store.draft import SignatureDraft
from newslink.store.keys import SLOTS, days_to_keys, key_day, stretch_of

if TYPE_CHECKING:
    from newslink.store.tallies import Tallies


ENDLESS = 1 << 40  # beyond any stretch


@dataclass(frozen=True, slots=True)
class Signature:
    """What copies are found by. article: id. bands: numbers two near copies are likely to share (64 bits, signed). data: opaque bytes."""

    article: str
    bands: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Membership:
    """article belongs to the cluster of head (ids; the head itself is a member too). similarity, novelty in [0, 1].

    earlier: id of the most similar earlier article, "" where there is none. update: this head tells earlier's story with other numbers; it
    stays outside earlier's cluster.
    """

    article: str
    head: str
    similarity: float = 1.0
    novelty: float = 0.0
    earlier: str = ""
    update: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """article tells the story of earlier (ids) with other numbers. novelty in [0, 1]."""

    article: str
    earlier: str
    novelty: float


class Copies:
    """The part of ``Store`` about copies."""

    database: Database

    def unsigned(self, limit: int = 1000) -> dict[str, Signature | None]:
        """Ids of articles that are not signed, oldest first → the signature that lies ready, without its bands; None where none does."""
        with self.database.read() as reader:
            rows = reader.rows(
                "SELECT a.id, s.data FROM article a LEFT JOIN signature s ON s.article = a.key WHERE a.signed = 0 ORDER BY a.key LIMIT ?",
                (limit,),
            )
        return {id_: None if data is None else Signature(id_, (), bytes(data)) for id_, data in rows}

    def put_signatures(self, signatures: Sequence[Signature]) -> None:
        """Replaces the signature of each article, which counts as signed; ids that are not stored are passed over."""
        with self.database.write() as writer:
            keys = keys_of(writer, [s.article for s in signatures])
            known = {keys[s.article]: s for s in signatures if s.article in keys}
            drop_signatures(writer, list(known))
            ready = {key: SignatureDraft(codec.pack_bands(s.bands), s.data) for key, s in known.items()}
            insert_signatures(writer, ready)
            _sign(writer, {key: s.bands for key, s in ready.items()})

    def signatures(self, ids: Iterable[str]) -> list[Signature]:
        """Of these articles those that are signed; their bands are left out."""
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(ids))
            rows = reader.rows(
                "SELECT a.id, s.data FROM article a JOIN signature s ON s.article = a.key "
                f"WHERE a.id {condition} AND a.signed = 1 ORDER BY a.key",
                (parameter,),
            )
        return [Signature(id_, (), bytes(data)) for id_, data in rows]

    def sharing_bands(self, bands: Iterable[int], start: date | None = None, end: date | None = None, limit: int = 2000) -> list[Signature]:
        """Signatures of stored articles that share at least one of the bands, newest first; their own bands are left out.

        start, end: only those published on Beijing dates in [start, end], and those without a time.
        """
        wanted = sorted(set(bands))
        if not wanted:
            return []
        when = days_to_keys(start, end)
        only = "AND (article BETWEEN ? AND ? OR article < ?)" if when else ""
        with self.database.read() as reader:
            stretches, those = reader.among(_stretches(reader, when))
            condition, parameter = reader.among(wanted)
            rows = reader.rows(
                f"SELECT a.id, s.data FROM (SELECT DISTINCT article FROM band WHERE stretch {stretches} AND band {condition} {only} "
                "ORDER BY article DESC LIMIT ?) b "
                "JOIN article a ON a.key = b.article JOIN signature s ON s.article = b.article ORDER BY a.key DESC",
                (those, parameter, *(when and (*when, SLOTS) or ()), limit),
            )
        return [Signature(id_, (), bytes(data)) for id_, data in rows]

    def put_memberships(self, memberships: Sequence[Membership], looked_at: Sequence[Signature] = ()) -> None:
        """Say which cluster articles belong to, replacing what was said before; ids that are not stored are passed over.

        A head that moves into another cluster brings its members along; so does naming as head what is a copy itself. A cluster left with
        one article is none. What was said of an update is forgotten with the next word about the article.

        looked_at: signatures as ``unsigned`` gave them; their articles count as signed from here on, but for those whose text or links have
        become others meanwhile.
        """
        from newslink.store.tallies import Tallies

        with self.database.write() as writer:
            tallies = Tallies()
            keys = keys_of(writer, [id_ for m in memberships for id_ in (m.article, m.head, m.earlier) if id_])
            said = [(keys[m.article], keys[m.head], m) for m in memberships if m.article in keys and m.head in keys]
            before = _around(writer, {key for article, head, _ in said for key in (article, head)})
            after = dict(before)
            for article, head, m in said:
                after.setdefault(head, (head, 1.0, 1.0, 0))
                after[article] = (head, m.similarity, m.novelty, keys.get(m.earlier, 0))
            _write(writer, before, _rooted(after), tallies)
            writer.delete_among("followup", "article", [article for article, _, _ in said])
            told_on = {article: (article, keys[m.earlier], m.novelty) for article, _, m in said if m.update and m.earlier in keys}
            writer.load("followup", ("article", "earlier", "novelty"), list(told_on.values()))
            tallies.write(writer)
            _sign(writer, _unchanged(writer, looked_at))
            if said:
                writer.bump("version")

    def cluster_of(self, article: str) -> list[Membership]:
        """Every member of the article's cluster, head first, then by time; empty where it has no copies."""
        with self.database.read() as reader:
            cluster = reader.value("SELECT cluster FROM article WHERE id = ?", (article,), 0)
            if not cluster:
                return []
            rows = reader.rows(f"{_MEMBERS} WHERE m.cluster = ? ORDER BY a.key = m.cluster DESC, a.key", (cluster,))
        return [Membership(*row[:5], update=row[5] is not None) for row in rows]

    def clusters_of(self, articles: Iterable[str]) -> tuple[list[Membership], list[Update]]:
        """(every member of every cluster that one of these articles is in, what those in no cluster tell on with other numbers)."""
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(articles))
            found = reader.rows(f"SELECT key, cluster FROM article WHERE id {condition}", (parameter,))
            rows, updates = [], []
            if clusters := {cluster for _, cluster in found if cluster}:
                condition, parameter = reader.among(clusters)
                rows = reader.rows(f"{_MEMBERS} WHERE m.cluster {condition} ORDER BY m.cluster, a.key", (parameter,))
            if alone := [key for key, cluster in found if not cluster]:
                condition, parameter = reader.among(alone)
                updates = reader.rows(f"{_UPDATES} WHERE f.article {condition} ORDER BY f.article", (parameter,))
        return [Membership(*row[:5], update=row[5] is not None) for row in rows], [Update(*row) for row in updates]

    def updates(self, articles: Iterable[str]) -> list[Update]:
        """What of these articles tells an earlier story with other numbers, and what tells theirs; oldest first."""
        with self.database.read() as reader:
            condition, parameter = reader.among(dict.fromkeys(articles))
            keys = [key for (key,) in reader.rows(f"SELECT key FROM article WHERE id {condition}", (parameter,))]
            condition, parameter = reader.among(keys)
            found = f"SELECT article FROM followup WHERE article {condition} UNION SELECT article FROM followup WHERE earlier {condition}"
            rows = reader.rows(f"{_UPDATES} WHERE f.article IN ({found}) ORDER BY f.article", (parameter, parameter))
        return [Update(*row) for row in rows]


_MEMBERS = (
    "SELECT a.id, h.id, m.similarity, m.novelty, coalesce(e.id, ''), f.article FROM member m JOIN article a ON a.key = m.article "
    "JOIN article h ON h.key = m.cluster LEFT JOIN article e ON e.key = m.earlier LEFT JOIN followup f ON f.article = m.article"
)
_UPDATES = "SELECT a.id, e.id, f.novelty FROM followup f JOIN article a ON a.key = f.article JOIN article e ON e.key = f.earlier"


def keys_of(reader: Reader, ids: Iterable[str]) -> dict[str, int]:
    condition, parameter = reader.among(dict.fromkeys(ids))
    return dict(reader.rows(f"SELECT id, key FROM article WHERE id {condition}", (parameter,)))


def insert_signatures(writer: Writer, signatures: Mapping[int, SignatureDraft]) -> None:
    """Key → its signature, prepared. None of these keys may have one."""
    writer.load("signature", ("article", "bands", "data"), [(key, s.bands, s.data) for key, s in sorted(signatures.items())])


def drop_signatures(writer: Writer, keys: Sequence[int]) -> None:
    """Signatures and bands, prepared or not."""
    if not keys:
        return
    condition, parameter = writer.among(keys)
    rows = writer.rows(
        f"SELECT s.article, s.bands FROM signature s JOIN article a ON a.key = s.article WHERE s.article {condition} AND a.signed = 1",
        (parameter,),
    )
    writer.run_many(
        "DELETE FROM band WHERE stretch = ? AND band = ? AND article = ?",
        [(stretch_of(key), band, key) for key, bands in rows for band in codec.unpack_bands(bytes(bands)).tolist()],
    )
    writer.delete_among("signature", "article", keys)


def _sign(writer: Writer, bands: Mapping[int, bytes]) -> None:
    """Articles (key → packed bands of the signature they have) count as signed and are found from here on."""
    if not bands:
        return
    condition, parameter = writer.among(bands)
    writer.run(f"UPDATE article SET signed = 1 WHERE key {condition} AND signed = 0", (parameter,))
    # Arrays, not a tuple a band: there are twelve an article. In the order of the table, so that each of its pages is touched once.
    own = [codec.unpack_bands(packed) for packed in bands.values()]
    band, article = np.concatenate(own), np.repeat(np.fromiter(bands, "int64", len(bands)), [len(one) for one in own])
    stretch = stretch_of(article)
    order = np.lexsort((article, band, stretch))
    writer.load("band", ("stretch", "band", "article"), list(zip(*(column[order].tolist() for column in (stretch, band, article)), strict=True)))


def _unchanged(writer: Writer, signatures: Sequence[Signature]) -> dict[int, bytes]:
    """key → packed bands, of the articles whose prepared signature is the one given."""
    given = {s.article: s.data for s in signatures}
    if not given:
        return {}
    condition, parameter = writer.among(given)
    rows = writer.rows(
        f"SELECT a.key, a.id, s.bands, s.data FROM article a JOIN signature s ON s.article = a.key WHERE a.id {condition} AND a.signed = 0",
        (parameter,),
    )
    return {key: bytes(bands) for key, id_, bands, data in rows if bytes(data) == given[id_]}


def _stretches(reader: Reader, when: tuple[int, int] | None) -> list[int]:
    """Those that have bands at all: of articles without a time, and of keys in when (both ends inclusive), or of any."""
    low, high = map(stretch_of, when) if when else (0, ENDLESS)
    rows = reader.rows(
        "WITH RECURSIVE found (n) AS (SELECT min(stretch) FROM band WHERE stretch >= ? UNION ALL "
        "SELECT (SELECT min(stretch) FROM band WHERE stretch > n) FROM found WHERE n < ?) SELECT n FROM found WHERE n <= ?",
        (low, high, high),
    )
    return sorted({0} | {number for (number,) in rows})


Place = tuple[int, float, float, int]  # head, similarity, novelty, the most similar earlier article
Places = dict[int, Place]


def _around(writer: Writer, keys: Iterable[int]) -> Places:
    """Every member of every cluster that one of these articles is in."""
    condition, parameter = writer.among(keys)
    rows = writer.rows(
        "SELECT article, cluster, similarity, novelty, earlier FROM member WHERE cluster IN (SELECT cluster FROM member "
        f"WHERE article {condition})",
        (parameter,),
    )
    return {article: tuple(place) for article, *place in rows}


def _rooted(places: Places) -> Places:
    """Heads of heads become heads; of a circle the earliest article does. Clusters of one are left out."""
    out: Places = {}
    for article, (_, *rest) in places.items():
        seen = [article]
        while (head := places[seen[-1]][0]) not in seen:
            seen.append(head)
        out[article] = (min(seen[seen.index(head) :]), *rest)
    sizes = Counter(place[0] for place in out.values())
    return {article: place for article, place in out.items() if sizes[place[0]] > 1}


def _write(writer: Writer, before: Places, after: Places, tallies: Tallies) -> None:
    changed = [(article, *place) for article, place in after.items() if before.get(article) != place]
    gone = [article for article in before if article not in after]
    writer.run_many(
        "INSERT INTO member (article, cluster, similarity, novelty, earlier) VALUES (?, ?, ?, ?, ?) ON CONFLICT (article) DO UPDATE SET "
        "cluster = excluded.cluster, similarity = excluded.similarity, novelty = excluded.novelty, earlier = excluded.earlier",
        changed,
    )
    writer.delete_among("member", "article", gone)
    moved = {article: cluster for article, cluster, *_ in changed if before.get(article, (0,))[0] != cluster} | dict.fromkeys(gone, 0)
    heads = {article: cluster in (0, article) for article, cluster in moved.items()}
    condition, parameter = writer.among(list(moved))
    turned = {}
    for key, head, source, category in writer.rows(f"SELECT key, head, source, category FROM article WHERE key {condition}", (parameter,)):
        if bool(head) != heads[key]:
            turned[key] = by = 1 if heads[key] else -1
            tallies.headed(key_day(key), source, category, by)
    condition, parameter = writer.among(list(turned))
    for key, session, security in writer.rows(f"SELECT article, session, security FROM link WHERE article {condition}", (parameter,)):
        tallies.link(session, security, 0, turned[key])
    placed = [(cluster, int(heads[article]), article) for article, cluster in moved.items()]
    writer.run_many("UPDATE article SET cluster = ?, head = ? WHERE key = ?", placed)
    writer.run_many("UPDATE link SET cluster = ?, head = ? WHERE article = ?", placed)
    writer.run_many("UPDATE article_tag SET head = ? WHERE article = ?", [(int(heads[article]), article) for article in turned])


def detach(writer: Writer, keys: Sequence[int], tallies: Tallies) -> None:
    """Articles that go away or change their text leave their cluster; where one was the head, the earliest that remains becomes it."""
    drop_signatures(writer, keys)
    writer.delete_among("followup", "article", keys)
    writer.delete_among("followup", "earlier", keys)
    condition, parameter = writer.among(keys)
    writer.run(f"UPDATE member SET earlier = 0 WHERE earlier {condition}", (parameter,))
    before = _around(writer, keys)
    if not before:
        return
    leaving = set(keys)
    left = {article: place for article, place in before.items() if article not in leaving}
    heads: dict[int, int] = {}
    for article, (cluster, *_) in sorted(left.items()):
        heads.setdefault(cluster, article if cluster in leaving else cluster)
    _write(writer, before, _rooted({a: (heads[cluster], *rest) for a, (cluster, *rest) in left.items()}), tallies)
