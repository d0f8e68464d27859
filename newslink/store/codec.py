"""Articles and links ↔ compressed JSON. Nothing is pickled; what comes out of the database is checked only for its shape."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np

from newslink.errors import StoreError
from newslink.model import Annotation, Article, Bucket, Link, Mention, Origin, Precision, Role, Standing

# Stored as their place in these tuples: append only.
PRECISIONS = (Precision.NONE, Precision.DAY, Precision.MINUTE, Precision.SECOND)
ROLES = (Role.SUBJECT, Role.MENTION, Role.SOURCE, Role.LIST)
BUCKETS = (Bucket.PRE_OPEN, Bucket.MORNING, Bucket.LUNCH, Bucket.AFTERNOON, Bucket.AFTER_CLOSE, Bucket.CLOSED_DAY)
NO_BUCKET = -1
LINK = 0.5  # confidence from which a link is one; below it is a candidate
NO_TIME = -(1 << 63)  # numpy's NaT
PRECISION_NUMBER = {value: number for number, value in enumerate(PRECISIONS)}
ROLE_NUMBER = {value: number for number, value in enumerate(ROLES)}
BUCKET_NUMBER = {value: number for number, value in enumerate(BUCKETS)}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
WORTH_COMPRESSING = 600  # bytes
_LARGEST = 256 << 20  # bytes a stored blob may grow to: 8 times the largest item that may be read
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def pack(value: object) -> bytes:
    """JSON, compressed where that pays. Lone surrogates, which JSON text may smuggle in, survive."""
    text = _encode(value).encode("utf-8", "surrogatepass")
    # JSON never begins with an x, which every stream of zlib does; short texts hardly shrink, and cost as much time as long ones.
    return text if len(text) < WORTH_COMPRESSING else zlib.compress(text, 1)


def unpack(data: bytes) -> object:
    """Raises StoreError when the bytes are damaged or unreasonably large."""
    try:
        if data[:1] == b"x":
            engine = zlib.decompressobj()
            data = engine.decompress(data, _LARGEST)
            if not engine.eof:
                raise StoreError(f"a stored document is cut short, or larger than {_LARGEST >> 20} MB; the store is damaged")
        return json.loads(data.decode("utf-8", "surrogatepass"))
    except (zlib.error, ValueError) as error:
        raise StoreError(f"a stored document cannot be read ({error}); the store is damaged: restore a backup", "store_damaged") from error


def micros_of(moment: datetime | None) -> int | None:
    """Microseconds since 1970 UTC. Raises StoreError for a naive time: those are never stored."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise StoreError(f"{moment} has no zone; expected an aware time")
    return (moment - _EPOCH) // _MICROSECOND


def zone_of(moment: datetime | None) -> int:
    """Minutes east of UTC."""
    if moment is None:
        return 0
    return int(moment.utcoffset().total_seconds() // 60)


def moment_of(micros: int | None, zone: int) -> datetime | None:
    if micros is None:
        return None
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(UTC if zone == 0 else timezone(timedelta(minutes=zone)))


def pack_content(article: Article) -> bytes:
    """What lies only in the document: body, publisher's tags, annotations."""
    notes = [[n.field, n.start, n.end, n.surface, n.kind, n.target, n.security] for n in article.annotations]
    return pack([article.body, article.tags, notes])


def unpack_content(data: bytes) -> tuple[str, tuple[str, ...], tuple[Annotation, ...]]:
    body, tags, notes = unpack(data)
    return body, tuple(tags), tuple(Annotation(*note) for note in notes)


def pack_own(article: Article) -> bytes:
    """A whole article but for its origins: what one origin of several gives."""
    notes = [[n.field, n.start, n.end, n.surface, n.kind, n.target, n.security] for n in article.annotations]
    return pack(
        [
            article.id,
            micros_of(article.published),
            zone_of(article.published),
            PRECISION_NUMBER[article.precision],
            article.title,
            article.body,
            article.source,
            article.category,
            article.tags,
            article.url,
            notes,
        ]
    )


def unpack_own(data: bytes, origin: Origin) -> Article:
    id_, micros, zone, precision, title, body, source, category, tags, url, notes = unpack(data)
    return Article(
        id=id_,
        published=moment_of(micros, zone),
        precision=PRECISIONS[precision],
        title=title,
        body=body,
        source=source,
        category=category,
        tags=tuple(tags),
        url=url,
        annotations=tuple(Annotation(*note) for note in notes),
        origins=(origin,),
    )


def pack_bands(bands: Iterable[int]) -> bytes:
    """Signed 64-bit numbers, each once, ascending."""
    ordered = sorted(set(bands))
    return struct.pack(f"<{len(ordered)}q", *ordered)


def unpack_bands(data: bytes) -> np.ndarray:
    """The same numbers as int64. Raises StoreError when the bytes are damaged."""
    if len(data) % 8:
        raise StoreError(f"the bands of a signature have {len(data)} bytes, expected a multiple of 8; the store is damaged: restore a backup")
    return np.frombuffer(data, "<i8").astype("int64", copy=False)


def pack_links(links: Sequence[Link], standings: Sequence[Standing | None]) -> bytes:
    rows = []
    for link, standing in zip(links, standings, strict=True):
        mentions = [[m.field, m.start, m.end, m.surface, m.rule, m.evidence] for m in link.mentions]
        stands = standing and [standing.session.isoformat(), BUCKET_NUMBER[standing.bucket], standing.provisional, standing.date_only]
        rows.append([link.security, ROLE_NUMBER[link.role], link.confidence, link.relevance, mentions, link.alternatives, stands])
    return pack(rows)


def unpack_links(data: bytes) -> tuple[tuple[Link, ...], tuple[Standing | None, ...]]:
    links, standings = [], []
    for security, role, confidence, relevance, mentions, alternatives, stands in unpack(data):
        found = tuple(Mention(field, start, end, surface, rule, tuple(why)) for field, start, end, surface, rule, why in mentions)
        links.append(Link(security, ROLES[role], confidence, relevance, found, tuple(alternatives)))
        standings.append(stands and Standing(date.fromisoformat(stands[0]), BUCKETS[stands[1]], bool(stands[2]), bool(stands[3])))
    return tuple(links), tuple(standings)


def unpack_named(data: bytes) -> list[tuple[str, Role, float]]:
    """(security, role, relevance) of the links, candidates left out: what a list of articles shows of them."""
    return [(security, ROLES[role], relevance) for security, role, confidence, relevance, *_ in unpack(data) if confidence >= LINK]
