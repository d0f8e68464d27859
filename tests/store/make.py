"""Articles, links and a small ingest for the store's tests, made by hand; and what a store holds, so that two can be compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd

from newslink.articles import merge_origins
from newslink.model import (
    Annotation,
    Article,
    Bucket,
    Entry,
    Filter,
    Link,
    Mention,
    Origin,
    Precision,
    Rejection,
    Role,
    Standing,
)  # fmt: skip
from newslink.store import Store

BEIJING = timezone(timedelta(hours=8))
SECURITIES = ("600519.SH", "000858.SZ", "00700.HK", "NIO.US")
WORDS = (
    "减持",
    "业绩",
    "回购",
    "三一",
    "一重",
    "贵州茅台",
    "五粮液",
    "腾讯控股",
    "公告",
    " CATL ",
    "3.5%",
    "，",
    "。",
    " ",
    "10,000股",
    "股东大会",
    "预增",
)


def article(
    id: str,
    title: str = "贵州茅台拟减持",
    body: str = "公告显示，股东拟减持3.5%。",
    published: datetime | None = datetime(2024, 5, 6, 10, 0, tzinfo=BEIJING),
    locator: str | None = None,
    fingerprint: str = "f0",
    precision: Precision = Precision.SECOND,
    source: str = "证券时报",
    category: str = "emnews",
    **more,
) -> Article:
    origin = Origin(locator or f"/posts/{id}.md", fingerprint, "post", 1, None)
    precision = Precision.NONE if published is None else precision
    return Article(id, published, precision, title, body, source, category, origins=(origin,), **more)


def link(
    security: str = "600519.SH", confidence: float = 0.9, relevance: float = 0.8, role: Role = Role.SUBJECT, surface: str = "贵州茅台"
) -> Link:
    return Link(security, role, confidence, relevance, (Mention("title", 0, len(surface), surface, "short_name", ("+ title",)),), ())


def standing(day: date = date(2024, 5, 6), bucket: Bucket = Bucket.MORNING, **more) -> Standing:
    return Standing(day, bucket, **more)


def entry(of: Article, links: Sequence[Link] | None = None, tags: Sequence[str] = (), session: date | None = None) -> Entry:
    """Links to 600519.SH when none are given; every link stands on session, or on the publication day."""
    links = (link(),) if links is None else tuple(links)
    at = session or (of.published.astimezone(BEIJING).date() if of.published else None)
    return Entry(of, links, tuple(standing(at) if at else None for _ in links), tuple(tags))


def linked(of: Article) -> Entry:
    """Links and tags as a function of the text alone, as a linker gives them."""
    text = of.title + of.body
    named = [("600519.SH", "贵州茅台"), ("000858.SZ", "五粮液"), ("00700.HK", "腾讯控股"), ("NIO.US", "CATL")]
    links = [link(s, 0.9 if word in of.title else 0.3 if "回购" in text else 0.6, surface=word) for s, word in named if word in text]
    return entry(of, links, [tag for tag in ("减持", "回购", "业绩") if tag in text])


def ingest(store: Store, items: Iterable[Article | Rejection], batch: int = 7) -> Counter[str]:
    """The protocol of ``Store``, word for word, over articles of one origin."""
    counts: Counter[str] = Counter()
    items = list(items)
    for at in range(0, len(items), batch):
        part = items[at : at + batch]
        known = store.known([_locator(item) for item in part])
        fresh = [item for item in part if known.get(_locator(item)) != _fingerprint(item)]
        counts["unchanged"] += len(part) - len(fresh)
        read = [item for item in fresh if isinstance(item, Article)]
        waiting = list(dict.fromkeys(a.id for a in read))
        rejections = [item for item in fresh if isinstance(item, Rejection)]
        again: Sequence[str] = ()
        while waiting or rejections or again:
            entries, own = _merged(store, [*waiting, *again], read)
            done = store.put(entries, rejections, own)
            for name in ("new", "updated", "unchanged", "duplicates", "rejected"):
                counts[name] += getattr(done, name)
            rejections, waiting, again = [], [i for i in done.stale if i in waiting], done.unsettled
    while left := store.unsettled():
        entries, own = _merged(store, left, [])
        store.put(entries, [], own)
    return counts


def _merged(store: Store, ids: Sequence[str], read: Sequence[Article]) -> tuple[list[Entry], list[Article]]:
    stored = store.origins_of(ids)
    entries, own = [], []
    for id in dict.fromkeys(ids):
        mine = {a.origins[0].locator: a for a in read if a.id == id}
        others = {a.origins[0].locator: a for a in stored.get(id, ()) if not _read_as_another(a, read)}
        both = {**others, **mine}
        if not both:
            continue
        entries.append(linked(merge_origins(list(both.values()))))
        if len(both) > 1:
            own += list(mine.values())
    return entries, own


def _read_as_another(old: Article, read: Sequence[Article]) -> bool:
    return any(new.origins[0].locator == old.origins[0].locator and new.id != old.id for new in read)


def _locator(item: Article | Rejection) -> str:
    return item.locator if isinstance(item, Rejection) else item.origins[0].locator


def _fingerprint(item: Article | Rejection) -> str:
    return item.fingerprint if isinstance(item, Rejection) else item.origins[0].fingerprint


def content(store: Store) -> dict:
    """Everything a reader can see, but for what depends on when and in which order it came."""
    articles = {e.article.id: e for _, e in store.articles()}
    frames = [store.rows(Filter(securities=(s,))) for s in SECURITIES]
    rows = pd.concat(frames).sort_values(["security", "article"], ignore_index=True).drop(columns=["rule", "origin"])
    return {
        "articles": articles,
        "origins": {id: sorted(store.origins_of([id])[id], key=repr) for id in articles},
        "rows": rows.to_dict("records"),
        "counts": store.counts(),
        "rejections": sorted(map(tuple, store.rejections(0, 10_000)[["locator", "reason"]].to_numpy().tolist())),
        "search": {
            word: sorted(store.page(Filter(keyword=word), 0, 10_000).rows["article"])
            for word in ("减持", "业绩", "三一", "贵州茅台", "CATL")
        },
        "facets": (store.sources(), store.categories(), store.tags()),
        "sessions": {s: store.session_counts(s).to_dict("records") for s in SECURITIES},
        "unsettled": store.unsettled(),
    }


def random_articles(seed: int, number: int) -> list[Article]:
    """Texts of a few words, several a day, some dated with the day alone, some with no time, some twins of one id."""
    draw = random.Random(seed)
    out = []
    for at in range(number):
        when: datetime | None = datetime(2024, 1, 1, tzinfo=BEIJING) + timedelta(minutes=draw.randrange(200_000))
        precision = draw.choice([Precision.SECOND] * 5 + [Precision.DAY, Precision.NONE])
        if precision is Precision.DAY:
            when = when.replace(hour=0, minute=0)
        elif precision is Precision.NONE:
            when = None
        text = "".join(draw.choices(WORDS, k=draw.randrange(3, 30)))
        title = "".join(draw.choices(WORDS, k=draw.randrange(1, 6)))
        id = f"em:{draw.randrange(number)}"
        notes = (Annotation("body", 0, 1, text[:1], "inline", "1.600519", "600519.SH"),) if draw.random() < 0.2 else ()
        out.append(
            article(
                id, title, text, when, f"/posts/{at}.md", f"f{draw.randrange(3)}", precision, draw.choice(["证券时报", "新华社", ""]),
                draw.choice(["emnews", "zqsb"]), tags=("滚动",), url=f"https://example.com/{at}", annotations=notes,
            )
        )  # fmt: skip
    return out


def edited(of: Article, **changes) -> Article:
    """Another version of the same item."""
    mark = changes.pop("fingerprint", of.origins[0].fingerprint + "x")
    return replace(of, origins=(replace(of.origins[0], fingerprint=mark),), **changes)


NOW = datetime(2024, 6, 1, tzinfo=UTC)
