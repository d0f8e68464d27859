"""No silent full scan: what the database itself says it will do for every search, on both back ends."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest

from newslink.model import Filter, Role
from newslink.store import Store
from newslink.store import database as databases
from tests.store.make import BEIJING, SECURITIES, article, entry, link

BIG = ("article", "document", "link", "search", "origin", "article_tag", "session_tally", "term", "band", "signature", "member", "followup", "candidate")
SEARCHES = [
    Filter(keyword="减持"),
    Filter(keyword="业绩", start=date(2024, 2, 1), end=date(2024, 2, 5)),
    Filter(keyword='"拟减持" OR 回购'),
    Filter(keyword="减持 NOT 业绩"),
    Filter(keyword="减"),
    Filter(keyword="CAT*"),
    Filter(keyword="减持", sources=("证券时报",)),
    Filter(keyword="减持", categories=("emnews",), tags=("减持",)),
    Filter(keyword="减持", securities=("600519.SH",)),
    Filter(keyword="减持", securities=("600519.SH",), start=date(2024, 2, 1), end=date(2024, 3, 1)),
    Filter(keyword="减持", securities=SECURITIES[:2], roles=(Role.SUBJECT,), sources=("证券时报",)),
    Filter(keyword="减持", fold_copies=True),
]
OTHERS = [
    Filter(securities=("600519.SH",), start=date(2024, 2, 1), end=date(2024, 3, 1)),
    Filter(securities=("600519.SH",), start=date(2024, 2, 1), end=date(2024, 3, 1), sources=("证券时报",), roles=(Role.SUBJECT,)),
    Filter(sources=("证券时报",), start=date(2024, 2, 1), end=date(2024, 2, 3)),
    Filter(tags=("减持",), start=date(2024, 2, 1), end=date(2024, 2, 3)),
    Filter(start=date(2024, 2, 1), end=date(2024, 2, 2)),
]


@pytest.fixture
def archive(store: Store) -> Store:
    """Enough articles that a plan is worth thinking about; a word of each search is rare."""
    draw = random.Random(8)
    words = ["市场", "公司", "公告", "董事会", "指数", "合同", "订单", "产能", "毛利", "营收"]
    begin = datetime(2024, 1, 1, 10, tzinfo=BEIJING)
    for at in range(0, 4000, 1000):
        entries = []
        for n in range(at, at + 1000):
            text = "".join(draw.choices(words, k=25)) + ("拟减持" if n % 97 == 0 else "") + ("业绩" if n % 101 == 0 else "") + ("CATL" if n % 211 == 0 else "")
            one = article(f"a{n}", text[:20], text, begin + timedelta(minutes=30 * n), source=draw.choice(["证券时报", "新华社", "财联社", "界面"]))
            links = [link(s) for s in draw.sample(SECURITIES, 2)]
            entries.append(entry(one, links, ["减持"] if "减持" in text else []))
        store.put(entries)
    store.settle()
    if store.database.backend.name == "postgresql":
        with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return store


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, tuple]]]:
    """Every query with its parameters, as the back end gets it."""
    seen: list[tuple[str, tuple]] = []
    real = databases.Reader.cursor

    def watching(reader, sql, parameters=()):
        seen.append((sql, tuple(parameters)))
        return real(reader, sql, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(databases.Reader, "cursor", watching)
        yield seen


def plan(store: Store, sql: str, parameters: tuple, cheap_scans: bool) -> str:
    """The plan in words. cheap_scans False: PostgreSQL scans a table only where no index can serve at all."""
    with store.database.read() as reader:
        if store.database.backend.name == "sqlite":
            return "\n".join(row[3] for row in reader.rows("EXPLAIN QUERY PLAN " + sql, parameters))
        if not cheap_scans:
            reader.cursor("SET LOCAL enable_seqscan = off")
        return "\n".join(row[0] for row in reader.rows("EXPLAIN " + sql, parameters))


def scanned(store: Store, sql: str, words: str) -> list[str]:
    """Large tables that are read whole. A walk along an index that stops at its LIMIT is none."""
    names = {alias or table: table for table, alias in re.findall(r"(?:FROM|JOIN) (\w+)(?: (?!WHERE|JOIN|ORDER|LIMIT|LEFT|ON\b)(\w+))?", sql)}
    if store.database.backend.name == "sqlite":
        walks = "LIMIT" in sql and "TEMP B-TREE" not in words
        found = [m[1] for m in re.finditer(r"^SCAN (\w+)(?! VIRTUAL TABLE INDEX \d+:.*M)", words, re.M)]
        return [name for name in found if names.get(name, name) in BIG and not (walks and name != "search")]
    return [name for name in re.findall(r"Seq Scan on (\w+)", words) if name in BIG]


def uses_the_index(words: str) -> bool:
    """Words are looked up, or of a few days or articles each is looked at: PostgreSQL may find that cheaper."""
    by_words = r"search VIRTUAL TABLE INDEX \d+:\S*M|Index Scan on search_words"
    by_key = r"Scan (?:Backward )?using search_pkey on search .*\n\s+Index Cond: \(+(?:search\.)?key "
    return bool(re.search(f"{by_words}|{by_key}", words))


@pytest.mark.parametrize("ranked", [False, True])
def test_every_search_goes_through_the_index(archive: Store, monkeypatch: pytest.MonkeyPatch, ranked: bool) -> None:
    for chosen in SEARCHES:
        with asked(monkeypatch) as queries:
            page = archive.page(chosen, ranked=ranked)
            archive.rows(chosen)
            archive.facets(chosen)
        assert page.total > 0, chosen
        plans = [(sql, plan(archive, sql, parameters, False)) for sql, parameters in queries]
        assert [(sql, words) for sql, words in plans if scanned(archive, sql, words)] == []
        searches = [words for sql, words in plans if "FROM search" in sql]
        assert searches
        assert all(map(uses_the_index, searches))


def test_a_rare_word_is_looked_up_of_the_planner_s_own_accord(archive: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("减持", "业绩", "拟减持"):
        with asked(monkeypatch) as queries:
            assert 0 < archive.page(Filter(keyword=word)).total < 100
        searches = [(sql, plan(archive, sql, parameters, True)) for sql, parameters in queries if "FROM search" in sql]
        assert searches
        for sql, words in searches:
            assert uses_the_index(words), (sql, words)
            assert "search" not in scanned(archive, sql, words), (sql, words)


def test_questions_of_one_security_or_a_few_days_read_no_table_whole(archive: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for chosen in OTHERS:
        with asked(monkeypatch) as queries:
            assert archive.page(chosen).total > 0
            archive.rows(chosen)
            archive.facets(chosen)
            archive.session_counts("600519.SH", chosen.start, chosen.end)
            archive.top_mentioned(date(2024, 2, 5))
            archive.article("a5")
            archive.known(["/posts/a7.md"])
            archive.candidates(security="600519.SH")
            archive.unlinked()
            archive.unsettled()
            archive.unsigned()
            archive.cluster_of("a5")
            archive.updates(["a5"])
            archive.sharing_bands([5], date(2024, 2, 1), date(2024, 2, 3))
        assert [(sql, words) for sql, p in queries if scanned(archive, sql, words := plan(archive, sql, p, False))] == []


def test_this_would_notice_a_scan(archive: Store) -> None:
    for sql in ("SELECT count(*) FROM link l WHERE l.relevance > 0.1", "SELECT key FROM article WHERE title LIKE '%减持%'"):
        assert scanned(archive, sql, plan(archive, sql, (), False))
