"""A store of any size for the screen's benchmark: one security, its index, and articles about it, reproducible from the sizes alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from newslink.model import Article, Bucket, Entry, Link, Mention, Origin, Precision, Role, Standing
from newslink.sessions import SessionClock
from newslink.store import open_store

SECURITY, INDEX = "600519.SH", "000300.SH"
LAST = "2025-12-31"
SOURCES = ("证券时报", "上海证券报", "中国证券报", "财联社", "证券日报")
TAGS = ("减持", "回购", "分红", "中标")
ROLES = (Role.SUBJECT, Role.MENTION, Role.LIST)


def days_of(sessions: int) -> np.ndarray:
    """The last sessions of Shanghai up to LAST, as far back as asked for; weekdays before the exchange's first."""
    known = SessionClock().sessions("SH", "1990-01-01", LAST)
    return (
        known[-sessions:] if sessions <= len(known) else np.busday_offset(np.datetime64(LAST, "D"), np.arange(1 - sessions, 1), "backward")
    )


def bars_of(days: np.ndarray, seed: int) -> pd.DataFrame:
    draw, n = np.random.default_rng(seed), len(days)
    close = np.round(20 * np.exp(np.cumsum(draw.normal(0, 0.02, n))), 2) + 0.5
    previous = np.concatenate(([close[0]], close[:-1]))
    top, low = np.maximum(close, previous) * 1.01, np.minimum(close, previous) * 0.99
    volume = draw.integers(100_000, 100_000_000, n).astype(float)
    return pd.DataFrame(
        {
            "session": days.astype("datetime64[s]"), "open": previous, "high": top, "low": low, "close": close, "prev_close": previous,
            "volume": volume, "amount": volume * close, "provider": pd.array(["benchmark"] * n, dtype="str"),
            "fetched_at": pd.Timestamp("2026-01-01", tz="UTC"), "provisional": False,
        }
    )  # fmt: skip


def entries(days: np.ndarray, articles: int) -> Iterator[Entry]:
    draw = random.Random(5)
    for n in range(articles):
        day = days[n * len(days) // articles].item()
        when = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(seconds=draw.randrange(18_000))
        title = f"贵州茅台关于第{n}次回购股份进展情况的公告以及其他重要事项的说明"
        article = Article(
            f"x:{n}", when, Precision.SECOND, title, f"贵州茅台（600519）{'公告显示，股份回购进展顺利。' * 12}", draw.choice(SOURCES), "公告",
            url=f"https://example.com/{n}", origins=(Origin(f"/archive/all.jsonl#{n}", f"{n:032x}", "jsonl", n + 1),),
        )  # fmt: skip
        link = Link(SECURITY, draw.choice(ROLES), 0.95, 0.1 + 0.8 * draw.random(), (Mention("title", 0, 4, "贵州茅台", "short_name"),))
        yield Entry(article, (link,), (Standing(day, Bucket.MORNING),), (draw.choice(TAGS),))


def fill(home: Path, sessions: int, articles: int) -> None:
    """The store of a home folder, with everything the page K 线与新闻 reads."""
    home.mkdir(parents=True, exist_ok=True)
    days = days_of(sessions)
    with open_store(f"sqlite:///{home / 'newslink.db'}") as store:
        store.write_many_bars({SECURITY: bars_of(days, 1), INDEX: bars_of(days, 2)})
        store.put(list(entries(days, articles)))
