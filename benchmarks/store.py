"""Generated articles, links and bars → the store's figures, each query beside plain pandas on the same data in the same run.

    python benchmarks/store.py [--articles 20000] [--rounds 25] [--url URL] [--keep FOLDER] [--no-pandas]

With 1,000,000 articles: 3 million links, 5,000 securities with 4,000 daily bars each (20 million); smaller corpora have all securities and
sessions in proportion. Words, sources and securities follow a Zipf-like law; the hot security has about 0.9 % of all links. Wall-clock and
processor time are both shown, because a busy machine stretches the first; ratios to pandas were taken turn about.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.events import stand_on_bars  # noqa: E402
from newslink.export import write_events_csv  # noqa: E402
from newslink.model import (  # noqa: E402
    Article,
    Bucket,
    Entry,
    Filter,
    Link,
    Mention,
    Origin,
    Precision,
    Role,
    Standing,
)
from newslink.store import Store, open_store  # noqa: E402

BEIJING = timezone(timedelta(hours=8))
COMMON = [
    "公司",
    "公告",
    "股份",
    "业绩",
    "增长",
    "预计",
    "市场",
    "投资",
    "项目",
    "减持",
    "增持",
    "回购",
    "股东",
    "董事",
    "合同",
    "订单",
    "产能",
    "毛利",
    "营收",
    "净利",
    "同比",
    "环比",
    "季度",
    "年度",
    "监管",
    "问询",
    "重组",
    "收购",
    "定增",
    "分红",
]
NAMES = ["证券时报", "上海证券报", "中国证券报", "财联社", "新华财经", "界面新闻", "证券日报", "经济观察"]
BATCH = 5000


class Corpus:
    """Reproducible from its size alone."""

    def __init__(self, articles: int) -> None:
        self.articles = articles
        scale = min(articles / 1_000_000, 1.0)
        self.security_count = max(int(5000 * scale), 200)
        self.session_count = max(int(4000 * scale), 1000)
        draw = random.Random(7)
        self.securities = [f"{600000 + n:06d}.SH" if n % 2 else f"{n:06d}.SZ" for n in range(self.security_count)]
        syllables = [chr(draw.randrange(0x4E00, 0x9000)) for _ in range(1500)]
        self.names = ["".join(draw.choices(syllables, k=4)) for _ in range(self.security_count)]
        self.words = COMMON + ["".join(draw.choices(syllables, k=draw.choice((2, 2, 2, 3, 4)))) for _ in range(20_000)]
        self.word_weights = np.cumsum([1 / (n + 12) for n in range(len(self.words))]).tolist()
        self.weights = np.cumsum([1 / (n + 20) for n in range(self.security_count)]).tolist()
        days = pd.bdate_range(end="2025-12-31", periods=self.session_count)
        self.sessions = [day.date() for day in days]

    def entries(self) -> Iterator[Entry]:
        """In order of time, as a backfill reads an archive; some 110 characters each, three links."""
        draw = random.Random(11)
        step = self.session_count / self.articles
        for n in range(self.articles):
            session = self.sessions[int(n * step)]
            when = datetime(session.year, session.month, session.day, 6, tzinfo=BEIJING) + timedelta(seconds=draw.randrange(30_000))
            words = draw.choices(self.words, cum_weights=self.word_weights, k=44)
            words[6::7] = ["，"] * len(words[6::7])
            title, body = "".join(words[:8]), "".join(words[8:])
            source = draw.choice(NAMES)
            origin = Origin(f"/archive/{n // 1000}.jsonl#{n}", f"{n:032x}", "jsonl", n % 1000 + 1)
            article = Article(
                f"x:{n}", when, Precision.SECOND, title, body, source, "news", url=f"https://example.com/{n}", origins=(origin,)
            )
            named = dict.fromkeys(draw.choices(range(self.security_count), cum_weights=self.weights, k=3))
            links = tuple(
                Link(
                    self.securities[s],
                    Role.SUBJECT if not at else Role.MENTION,
                    0.95,
                    0.5,
                    (Mention("title", 0, 4, self.names[s], "short_name"),),
                )
                for at, s in enumerate(named)
            )
            standing = Standing(session, Bucket.MORNING)
            yield Entry(article, links, (standing,) * len(links), ("减持",) if "减持" in words else ())

    def bars(self, security: int) -> pd.DataFrame:
        draw = np.random.default_rng(security)
        n = self.session_count
        close = np.round(20 * np.exp(np.cumsum(draw.normal(0, 0.02, n))), 2) + 0.5
        previous = np.concatenate([[close[0]], close[:-1]])
        top, low = np.maximum(close, previous), np.minimum(close, previous)
        volume = draw.integers(1e5, 1e8, n).astype(float) * 100
        return pd.DataFrame(
            {
                "session": np.array(self.sessions, dtype="datetime64[s]"), "open": previous, "high": top, "low": low, "close": close,
                "prev_close": previous, "volume": volume, "amount": np.round(volume * close, 2), "provider": pd.array(["bench"] * n, dtype="str"),
                "fetched_at": pd.Timestamp("2026-01-01", tz="UTC"), "provisional": False,
            }
        )  # fmt: skip


class Weekdays:
    """A clock for the joined view: every weekday is a session."""

    def sessions(self, market: str, start: object, end: object) -> np.ndarray:
        days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D") + 1)
        return days[np.is_busday(days)]


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill(store: Store, corpus: Corpus) -> None:
    """Put everything, and say how fast."""
    wall = cpu = 0.0
    batch: list[Entry] = []
    done, slowest = 0, 0.0

    def put() -> None:
        nonlocal wall, cpu, done, slowest
        began, used = time.perf_counter(), time.process_time()
        store.put(batch)
        took = time.perf_counter() - began
        wall, cpu, done, slowest = wall + took, cpu + time.process_time() - used, done + len(batch), max(slowest, took)
        if done % 100_000 == 0:
            print(
                f"  {done:>9,} articles  {done / wall:>8,.0f}/s wall  {done / cpu:>8,.0f}/s processor  {memory():>6,.0f} MB peak",
                flush=True,
            )

    for entry in corpus.entries():
        batch.append(entry)
        if len(batch) == BATCH:
            put()
            batch = []
    if batch:
        put()
    print(
        f"ingest   {done:,} articles: {done / wall:,.0f}/s wall, {done / cpu:,.0f}/s processor, slowest batch {slowest:.2f} s, peak {memory():,.0f} MB"
    )
    locators = [f"/archive/{n // 1000}.jsonl#{n}" for n in range(corpus.articles)]
    began = time.perf_counter()
    known = sum(len(store.known(locators[at : at + BATCH])) for at in range(0, len(locators), BATCH))
    took = time.perf_counter() - began
    print(f"rerun    {known:,} known at {known / took:,.0f}/s: {wall / took:,.1f} times faster than the first run")
    began = time.perf_counter()
    for at in range(0, corpus.security_count, 50):
        store.write_many_bars({corpus.securities[s]: corpus.bars(s) for s in range(at, min(at + 50, corpus.security_count))})
    took = time.perf_counter() - began
    rows = corpus.security_count * corpus.session_count
    print(f"bars     {rows:,} rows written in {took:,.1f} s ({rows / took:,.0f}/s, making them included)")


class Plain:
    """The same data as plain frames, and the queries as a notebook would write them."""

    def __init__(self, corpus: Corpus) -> None:
        articles, links = [], []
        for entry in corpus.entries():
            a = entry.article
            articles.append((a.id, a.published, a.title, a.body, a.source))
            links += [(a.id, link.security, entry.standings[0].session) for link in entry.links]
        self.articles = pd.DataFrame(articles, columns=["article", "published_at", "title", "body", "source"])
        self.links = pd.DataFrame(links, columns=["article", "security", "session"]).astype({"session": "datetime64[s]"})
        self.bars = pd.concat(
            [
                corpus.bars(s).loc[:, ["session", "close", "prev_close"]].assign(security=corpus.securities[s])
                for s in range(corpus.security_count)
            ],
            ignore_index=True,
        )

    def events(self, security: str, start: date, end: date) -> pd.DataFrame:
        low, high = pd.Timestamp(start), pd.Timestamp(end)
        links = self.links[(self.links["security"] == security) & self.links["session"].between(low, high)]
        rows = links.merge(self.articles, on="article")
        bars = self.bars[self.bars["security"] == security].sort_values("session")
        for horizon in (0, 1, 5):
            bars[f"return_{horizon}"] = bars["close"].shift(-horizon) / bars["prev_close"] - 1
        return rows.merge(bars, on=["security", "session"], how="left")

    def top(self, as_of: date) -> pd.DataFrame:
        last = pd.Timestamp(as_of)
        links = self.links[self.links["session"].between(last - pd.Timedelta(days=90), last)]
        counts = links.groupby(["security", "session"]).size().unstack(fill_value=0)
        past = counts.drop(columns=last, errors="ignore")
        now = counts[last] if last in counts else counts.iloc[:, 0] * 0
        return ((now - past.mean(axis=1)) / past.std(axis=1)).nlargest(50)

    def search(self, word: str, security: str, start: date, end: date) -> int:
        hits = self.articles[self.articles["title"].str.contains(word, regex=False) | self.articles["body"].str.contains(word, regex=False)]
        links = self.links[(self.links["security"] == security) & self.links["session"].between(pd.Timestamp(start), pd.Timestamp(end))]
        return len(hits.merge(links, on="article"))

    def page(self, source: str, start: date, end: date) -> tuple[pd.DataFrame, int]:
        chosen = self.articles[(self.articles["source"] == source)]
        chosen = chosen[chosen["published_at"].between(pd.Timestamp(start, tz=BEIJING), pd.Timestamp(end, tz=BEIJING))]
        return chosen.sort_values("published_at", ascending=False).head(50), len(chosen)


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    out = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        out.append((time.perf_counter() - began) * 1000)
    return out


def questions(store: Store, corpus: Corpus, plain: Plain | None, rounds: int) -> None:
    """Every query, medians and 95th percentiles in milliseconds."""
    draw = random.Random(5)
    clock = Weekdays()

    def security() -> str:
        return corpus.securities[draw.choices(range(corpus.security_count), cum_weights=corpus.weights)[0]]

    def year() -> tuple[date, date]:
        at = draw.randrange(0, corpus.session_count - 250)
        return corpus.sessions[at], corpus.sessions[at + 249]

    def events(name: str, start: date, end: date) -> pd.DataFrame:
        rows = store.rows(Filter(securities=(name,), start=start, end=end))
        return stand_on_bars(rows, store.bars_of([name], start, end + timedelta(days=30)), clock)

    def windows(names: list[str]) -> int:
        """Bars from 10 before to 20 after each event, as arrays."""
        total = 0
        bars = store.bar_columns(names)
        for name in names:
            days = store.session_counts(name)["session"].to_numpy("datetime64[D]").astype("int64")
            at = np.searchsorted(bars[name]["session"], days)
            index = np.clip(at[:, None] + np.arange(-10, 21), 0, len(bars[name]["session"]) - 1)
            total += bars[name]["close"][index].size
        return total

    def page(word: str, name: str, span: tuple[date, date]) -> int:
        return store.page(Filter(securities=(name,), start=span[0], end=span[1], keyword=word)).total

    hot, everything = corpus.securities[0], (corpus.sessions[0], corpus.sessions[-1])
    draws = {
        "events of a security, one year, on bars": lambda: (security(), *year()),
        "… of the hot security, one year": lambda: (hot, *year()),
        "… of the hot security, all years": lambda: (hot, *everything),
        "top mentioned, z-score against 90 days": lambda: (draw.choice(corpus.sessions[200:]),),
        "two characters + security + year": lambda: (draw.choice(COMMON[:20]), security(), year()),
        "four characters + security + year": lambda: (draw.choice(COMMON) + draw.choice(COMMON), security(), year()),
        "two characters + hot security, all years": lambda: (draw.choice(COMMON[:20]), hot, everything),
        "newest page, source + year, with total": lambda: (draw.choice(NAMES), *year()),
        "newest page, two characters, with total": lambda: (draw.choice(COMMON[:20]),),
        "newest page of all, with total": lambda: (),
        "bar windows of the events of 300 securities": lambda: (draw.sample(corpus.securities, min(300, corpus.security_count)),),
    }  # fmt: skip
    ours: dict[str, Callable] = dict.fromkeys(list(draws)[:3], events)
    ours |= {
        "top mentioned, z-score against 90 days": store.top_mentioned,
        "two characters + security + year": page,
        "four characters + security + year": page,
        "two characters + hot security, all years": page,
        "newest page, source + year, with total": lambda s, a, b: store.page(Filter(sources=(s,), start=a, end=b)),
        "newest page, two characters, with total": lambda word: store.page(Filter(keyword=word)),
        "newest page of all, with total": lambda: store.page(Filter()),
        "bar windows of the events of 300 securities": windows,
    }
    theirs: dict[str, Callable] = {}
    if plain:
        theirs = dict.fromkeys(list(draws)[:3], plain.events) | {
            "top mentioned, z-score against 90 days": plain.top,
            "two characters + security + year": lambda w, s, y: plain.search(w, s, *y),
            "four characters + security + year": lambda w, s, y: plain.search(w, s, *y),
            "two characters + hot security, all years": lambda w, s, y: plain.search(w, s, *y),
            "newest page, source + year, with total": plain.page,
        }
    print(f"\n{'query':<46}{'p50 ms':>9}{'p95 ms':>9}{'processor':>11}{'its p95':>9}{'pandas p50':>12}{'ratio':>8}")
    for name, draw_arguments in draws.items():
        mine, used, other = [], [], []
        ours[name](*draw_arguments())  # first touch, which reads pages from disk, is not what a working analyst sees
        for _ in range(rounds):
            arguments = draw_arguments()
            began, cpu = time.perf_counter(), time.process_time()
            ours[name](*arguments)
            used.append((time.process_time() - cpu) * 1000)
            mine.append((time.perf_counter() - began) * 1000)
            if name in theirs:
                other += timed(lambda name=name, arguments=arguments: theirs[name](*arguments), 1)
        middle = statistics.median(mine)
        line = f"{name:<46}{middle:>9.1f}{np.percentile(mine, 95):>9.1f}{statistics.median(used):>11.1f}{np.percentile(used, 95):>9.1f}"
        print(line + (f"{statistics.median(other):>12.1f}{statistics.median(other) / middle:>8.1f}" if other else ""), flush=True)

    export(store, corpus, clock)


def export(store: Store, corpus: Corpus, clock: Weekdays) -> None:
    """The most mentioned securities, as many as make up 100,000 rows, over all sessions: rows, joined, written as CSV the way a download is."""
    with store.database.read() as reader:
        counts = reader.rows(
            "SELECT t.text, count(*) FROM link l JOIN term t ON t.id = l.security GROUP BY l.security, t.text ORDER BY 2 DESC LIMIT 2000"
        )
    names, planned = [], 0
    for name, count in counts:
        if planned < 100_000:
            names.append(name)
            planned += count

    def frames() -> Iterator[pd.DataFrame]:
        for frame in store.stream_rows(Filter(securities=tuple(names)), 10_000):
            yield stand_on_bars(frame, store.bars_of(dict.fromkeys(frame["security"])), clock).assign(
                name="", provider="", fetched_at=pd.NaT
            )

    before, began, cpu = memory(), time.perf_counter(), time.process_time()
    with tempfile.TemporaryFile() as file:
        rows = write_events_csv(frames(), file)
        size = file.tell()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    print(f"export   {rows:,} joined rows of {len(names)} securities, {size / 1e6:.0f} MB of CSV: {took:.2f} s ({used:.2f} s processor), "
          f"peak memory grew by {memory() - before:,.0f} MB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--url", help="an empty store to fill instead of a temporary SQLite file")
    parser.add_argument("--keep", type=Path, help="folder for the SQLite file; filled once, reused by later runs")
    parser.add_argument("--no-pandas", action="store_true", help="leave out the baseline")
    options = parser.parse_args()
    corpus = Corpus(options.articles)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        with open_store(options.url or f"sqlite:///{folder}/store-{options.articles}.db") as store:
            if store.counts().ingested < options.articles:
                fill(store, corpus)
            status = store.status()
            print(f"store    {status.backend}, {status.size / 1e6:,.0f} MB; {store.rows_of_tables()}")
            plain = None if options.no_pandas else Plain(corpus)
            questions(store, corpus, plain, options.rounds)
    print(f"peak memory of this process {memory():,.0f} MB" + ("" if options.no_pandas else " (the baseline's frames included)"))


if __name__ == "__main__":
    main()
