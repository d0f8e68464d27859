"""The bundled posts against the bundled bars: every price figure a post states is worked out again from the bars with plain arithmetic."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, timedelta
from importlib.resources import files

from newslink.articles import discover, parse
from newslink.model import Article

NAMES = {
    "贵州茅台": "600519.SH",
    "茅台": "600519.SH",
    "宁德时代": "300750.SZ",
    "金山办公": "688111.SH",
    "巨化股份": "600160.SH",
    "蔚来": "NIO.US",
    "沪深300": "000300.SH",
}
MOVE = re.compile(rf"({'|'.join(NAMES)})(?:美股|指数|(?:[^，。；、]{{0,6}}(?:当日|前一交易日)))*(收|累计|高开|低开)(涨|跌)?(\d+\.\d\d)%")
PRICE = re.compile(r"(?:报|收盘价为|最高|最低|参考价为)(\d+\.\d\d)(?:元|点|美元)")


def bars() -> dict[tuple[str, date], dict[str, float]]:
    with files("newslink.sample").joinpath("bars.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["security"], date.fromisoformat(row["date"])): {k: float(row[k]) for k in ("prev_close", "open", "high", "low", "close")}
            for row in csv.DictReader(file)
        }


def posts() -> list[Article]:
    folder = files("newslink.sample").joinpath("posts")
    parsed = [parse(item) for item in discover([folder])]
    assert all(isinstance(article, Article) for article in parsed), [p for p in parsed if not isinstance(p, Article)]
    return parsed


def recent(prices: dict, security: str, day: date) -> list[dict[str, float]]:
    days = sorted(session for name, session in prices if name == security and day - timedelta(days=9) <= session <= day)
    return [prices[security, session] for session in days[-3:]]


def stated_moves(article: Article) -> list[tuple[str, str, float]]:
    moves = []
    for name, verb, direction, figure in MOVE.findall(f"{article.title}\n{article.body}"):
        sign = -1 if direction == "跌" or verb == "低开" else 1
        moves.append((NAMES[name], verb, sign * float(figure)))
    return moves


def test_there_are_enough_posts_and_each_can_be_read() -> None:
    articles = posts()
    assert 25 <= len(articles) <= 32
    assert all(article.published is not None and article.title and article.body for article in articles)


def test_every_stated_move_is_the_bars() -> None:
    prices, checked = bars(), 0
    for article in posts():
        day = article.published.date()
        for security, verb, stated in stated_moves(article):
            if verb == "累计":
                month = [p for (name, s), p in sorted(prices.items()) if name == security and (s.year, s.month) == (2022, 1)]
                true = {round((month[-1]["close"] / month[0]["prev_close"] - 1) * 100, 2)}
            else:
                field = "close" if verb == "收" else "open"
                true = {round((bar[field] / bar["prev_close"] - 1) * 100, 2) for bar in recent(prices, security, day)}
            assert any(abs(stated - figure) < 0.011 for figure in true), (article.title, security, verb, stated, true)
            checked += 1
    assert checked >= 45


def test_every_stated_price_is_a_price_of_those_days() -> None:
    prices, checked = bars(), 0
    for article in posts():
        day = article.published.date()
        known = {price for security in set(NAMES.values()) for bar in recent(prices, security, day) for price in bar.values()}
        for figure in PRICE.findall(article.body):
            assert any(abs(float(figure) - price) < 0.0051 for price in known), (article.title, figure)
            checked += 1
    assert checked >= 25


def test_the_five_securities_have_at_least_four_articles_each() -> None:
    counts = Counter()
    for article in posts():
        text = f"{article.title} {article.body}"
        counts.update({security for name, security in NAMES.items() if name in text})
    assert min(counts[security] for security in ("600519.SH", "300750.SZ", "688111.SH", "600160.SH", "NIO.US")) >= 4


def test_posts_cover_every_part_of_the_day_and_closed_days() -> None:
    clocks = [article.published for article in posts()]
    minutes = [moment.hour * 60 + moment.minute for moment in clocks]
    assert any(minute < 9 * 60 + 30 for minute in minutes)
    assert any(9 * 60 + 30 <= minute < 11 * 60 + 30 for minute in minutes)
    assert any(11 * 60 + 30 <= minute < 13 * 60 for minute in minutes)
    assert sum(minute >= 15 * 60 for minute in minutes) > 10
    assert {moment.weekday() for moment in clocks} >= {5, 6}


def test_one_twin_pair_and_one_article_naming_nobody() -> None:
    articles = posts()
    ids = Counter(article.id for article in articles)
    assert [count for count in ids.values() if count > 1] == [2]
    named = (*NAMES, "华西证券", "NIO")
    assert any(not any(name in f"{article.title}{article.body}" for name in named) for article in articles)


def test_no_post_claims_a_medium_that_did_not_print_it() -> None:
    assert {article.source for article in posts()} <= {"示例快讯", "示例综述", "示例综述新闻", ""}
    assert all(not article.url or article.url.startswith("https://example.com/") for article in posts())
