"""The search box: what its language means, held against plain string search over the texts, on both back ends."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from newslink.errors import QueryError
from newslink.model import Filter
from newslink.store import Store, parse_query
from newslink.store.tokens import folded, tokens_of
from tests.store.make import BEIJING, article, entry, ingest, link, random_articles

Meaning = Callable[[str, str], bool]  # title, body → does it match
CHINESE = ("减持", "业绩", "三一", "一重", "持股", "茅台", "贵州茅台", "拟减持", "股东大会", "会", "减", "大会预")
OTHERS = {"catl": r"\bcatl\b", "3.5": r"(?<![\d.,])3\.5(?!\d)", "10000": r"(?<![\d.,])10,000(?!\d)"}


def phrase(word: str) -> Meaning:
    if word in OTHERS:
        return lambda title, body: any(re.search(OTHERS[word], text.lower()) for text in (title, body))
    return lambda title, body: word in title or word in body


def random_query(draw: random.Random, depth: int = 0) -> tuple[str, Meaning]:
    """A query as text, and what it means, made side by side."""
    what = draw.random()
    if depth > 2 or what < 0.4:
        word = draw.choice([*CHINESE, *OTHERS])
        shown = draw.choice([word, word.upper(), f'"{word}"'])
        return shown, phrase(word)
    (left, means_left), (right, means_right) = random_query(draw, depth + 1), random_query(draw, depth + 1)
    if what < 0.6:
        return f"({left} {right})", lambda t, b: means_left(t, b) and means_right(t, b)
    if what < 0.8:
        return f"({left} OR {right})", lambda t, b: means_left(t, b) or means_right(t, b)
    return f"({left} NOT {right})", lambda t, b: means_left(t, b) and not means_right(t, b)


@pytest.fixture
def searched(store: Store) -> tuple[Store, dict[str, tuple[str, str]]]:
    ingest(store, random_articles(11, 300), batch=100)
    return store, {e.article.id: (e.article.title, e.article.body) for _, e in store.articles()}


def test_every_query_finds_just_what_it_means(searched) -> None:
    store, texts = searched
    draw = random.Random(2)
    hits = 0
    for _ in range(250):
        query, means = random_query(draw)
        wanted = {id for id, (title, body) in texts.items() if means(title, body)}
        page = store.page(Filter(keyword=query), 0, 1000)
        assert set(page.rows["article"]) == wanted, query
        assert page.total == len(wanted)
        hits += 0 < len(wanted) < len(texts)
    assert hits > 150


def test_ranked_search_has_the_same_hits_with_titles_first(searched) -> None:
    store, texts = searched
    draw = random.Random(3)
    for _ in range(80):
        query, means = random_query(draw)
        plain = store.page(Filter(keyword=query), 0, 1000)
        ranked = store.page(Filter(keyword=query), 0, 1000, ranked=True)
        assert ranked.total == plain.total
        in_title = [means(texts[id][0], "") for id in ranked.rows["article"]]
        assert in_title == sorted(in_title, reverse=True), query
        newest = list(plain.rows["article"])
        assert list(ranked.rows["article"]) == sorted(newest, key=lambda id: not means(texts[id][0], "")), query
        middle = store.page(Filter(keyword=query), 3, 5, ranked=True)
        assert list(middle.rows["article"]) == list(ranked.rows["article"])[3:8]


def test_snippets_light_up_what_was_found(searched) -> None:
    store, texts = searched
    for word in ("减持", "catl", "3.5", "贵州茅台", "减"):
        page = store.page(Filter(keyword=word), 0, 1000)
        assert page.total
        for id in page.rows["article"]:
            title, body = texts[id]
            snippet = page.snippets[id]
            assert (body if snippet.field == "body" else title)[snippet.start :].startswith(snippet.text)
            lit = [snippet.text[a:b] for a, b in snippet.spans] + [title[a:b] for a, b in snippet.title_spans]
            assert lit and {piece.lower() for piece in lit} == {word}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("三一重", False),  # 三一 and 一重 are both there, on either side of a comma
        ("三一", True),
        ("一重", True),
        ('"三一，一重"', True),
        ('"三一一重"', False),
        ("３．５", True),
        ("ＣＡＴＬ", True),
        ("CAT", False),
        ("CAT*", True),
        ("1,234", True),
        ("1234", True),
        ("234", False),
        ("5%", False),
        ("600519", True),
        ("600519.SH", True),
        ("sh", True),
        ('"T-Mobile 美国"', True),
        ("Mobile美国", True),
        ("mobile国", False),
        ("减持 -一重", False),
        ("减持 -二重", True),
        ("减持｜天气", True),
        ("（天气 OR 减持） 公告", True),
        ("“拟减持”", True),
        ("NOT_A_WORD", False),
        ("İstanbul", True),
        ("çok", True),
    ],
)
def test_the_language_by_example(store: Store, query: str, found: bool) -> None:
    body = "三一，一重。拟减持3.5%，1,234股 CATL 600519.SH T-Mobile 美国 公告 İstanbul ÇOK"
    store.put([entry(article("a", "标题", body)), entry(article("b", "别的", "什么也没有"))])
    assert list(store.page(Filter(keyword=query)).rows["article"]) == (["a"] if found else [])


@pytest.mark.parametrize(
    "query", ["(", ")", "减持)", "(减持", "AND", "减持 AND", "AND 减持", "OR", "减持 OR", "NOT 减持", "-减持", '"减持', "，。", "()", "a" * 600, "(" * 40 + "a",
              "减持 OR OR 业绩", "减持 AND AND 业绩", "NOT", "*", " ".join(["减持"] * 50)],
)  # fmt: skip
def test_nonsense_is_refused_in_words(query: str) -> None:
    with pytest.raises(QueryError):
        parse_query(query)


def test_no_input_breaks_the_index(store: Store) -> None:
    store.put([entry(article("a", "减持", "业绩"))])
    draw = random.Random(5)
    pieces = ["减持", "a", '"', "'", "(", ")", " ", "-", "*", "^", ":", "\\", "%", "_", "AND", "OR", "NOT", "NEAR",
              "{", "}", "\x00", "\ud800", "|", "&", "<->", "!", "title", ";--", "“", "\u3000", "é", "𠮷"]  # fmt: skip
    for _ in range(600):
        query = "".join(draw.choices(pieces, k=draw.randrange(1, 8)))
        try:
            store.page(Filter(keyword=query), 0, 5, ranked=draw.random() < 0.3)
        except QueryError:
            continue


def test_a_keyword_joins_every_other_restriction(store: Store) -> None:
    ingest(store, random_articles(12, 250), batch=100)
    entries = [e for _, e in store.articles()]
    draw = random.Random(6)
    tried = 0
    for _ in range(60):
        word = draw.choice(["减持", "业绩", "CATL"])
        source = draw.choice([(), ("证券时报",), ("新华社", "证券时报")])
        tags = draw.choice([(), ("减持",), ("回购", "业绩")])
        category = draw.choice([(), ("emnews",)])
        start = draw.choice([None, date(2024, 2, 1)])
        security = draw.choice([(), ("600519.SH",), ("600519.SH", "NIO.US")])
        chosen = Filter(securities=security, start=start, keyword=word, sources=source, categories=category, tags=tags)

        def fits(e, word=word, source=source, tags=tags, category=category, start=start, security=security) -> bool:
            a = e.article
            if not phrase(word.lower())(a.title, a.body) or (source and a.source not in source):
                return False
            if (category and a.category not in category) or (tags and not set(tags) & set(e.tags)):
                return False
            if security:
                days = [
                    s and s.session for k, s in zip(e.links, e.standings, strict=True) if k.security in security and k.confidence >= 0.5
                ]
                return any(start is None or (day is not None and day >= start) for day in days)
            return start is None or (a.published is not None and a.published.astimezone(BEIJING).date() >= start)

        wanted = {e.article.id for e in entries if fits(e)}
        page = store.page(chosen, 0, 1000)
        assert (set(page.rows["article"]), page.total) == (wanted, len(wanted)), chosen
        ranked = store.page(chosen, 0, 1000, ranked=True)
        assert (set(ranked.rows["article"]), ranked.total) == (wanted, len(wanted)), chosen
        assert set(store.rows(chosen)["article"]) <= wanted
        tried += bool(wanted)
    assert tried > 20


def test_articles_too_long_for_one_vector_are_searched_exactly(store: Store) -> None:
    filler = "".join(chr(0x4E00 + (n * 7919) % 20_000) + ("，" if n % 9 == 0 else "") for n in range(40_000))
    repeated = "公告" * 600
    store.put([
        entry(article("long", "长文", filler + "末尾提到五粮液减持")),
        entry(article("repeated", "重复", repeated + "，天气预报")),
        entry(article("apart", "长文", filler + "五粮，粮液")),
    ])  # fmt: skip
    for query, found in [("五粮液", {"long"}), ("液减持", {"long"}), ("天气预报", {"repeated"}), ("告公", {"repeated"}),
                         ("五粮 NOT 五粮液", {"apart"}), ("长文", {"long", "apart"}), ("报气", set())]:  # fmt: skip
        assert set(store.page(Filter(keyword=query)).rows["article"]) == found, query
        assert set(store.page(Filter(keyword=query), ranked=True).rows["article"]) == found, query


def test_the_search_is_bounded_by_dates_without_losing_articles_at_their_edges(store: Store) -> None:
    # A long closure: published on the first free day, stands weeks later. New York: published on the next Beijing day.
    early = datetime(2024, 2, 9, 16, 0, tzinfo=BEIJING)
    late = datetime(2024, 3, 2, 4, 30, tzinfo=BEIJING)
    store.put([
        entry(article("early", "减持", published=early), session=date(2024, 2, 19)),
        entry(article("late", "减持", published=late), [link("NIO.US")], session=date(2024, 3, 1)),
    ])  # fmt: skip
    assert list(
        store.rows(Filter(securities=("600519.SH",), start=date(2024, 2, 19), end=date(2024, 2, 19), keyword="减持"))["article"]
    ) == ["early"]
    assert list(store.rows(Filter(securities=("NIO.US",), start=date(2024, 3, 1), end=date(2024, 3, 1), keyword="减持"))["article"]) == [
        "late"
    ]


def test_folding_keeps_every_offset() -> None:
    text = "ＡＢＣ１２．５İ，ß中𠮷"
    assert len(folded(text)) == len(text)
    assert folded(text).startswith("abc12.5")


def test_tokens_of_a_mixed_sentence() -> None:
    assert tokens_of("宁德时代拟减持3.5% by CATL，1,234股") == [
        "宁德",
        "德时",
        "时代",
        "代拟",
        "拟减",
        "减持",
        "持",
        "3·5",
        "by",
        "catl",
        "1234",
        "股",
    ]
    assert tokens_of("，。 \n") == []
    assert len(tokens_of("x" * 10_000)[0]) == 64


def test_old_timestamps_do_not_escape_their_day(store: Store) -> None:
    old = article("old", published=datetime(1969, 1, 1, tzinfo=BEIJING))
    new = article("new", published=datetime(1995, 1, 1, tzinfo=BEIJING) + timedelta(hours=5))
    store.put([entry(old, []), entry(new, [])])
    assert list(store.page(Filter(end=date(1990, 1, 1))).rows["article"]) == ["old"]
