"""The columns of an exported events table: one order, one meaning, used by CSV, Excel, JSON lines, the HTTP API and docs/columns.md."""

from __future__ import annotations

from dataclasses import dataclass

# Flags joined into one column, in this order. Each is a bool column of the events frame.
FLAGS = (
    "intraday",
    "date_only",
    "provisional",
    "suspended",
    "limit_up",
    "limit_down",
    "ex_date",
    "first_session",
    "no_bar",
    "unsettled",
)


@dataclass(frozen=True, slots=True)
class Column:
    """kind: text, day, time, price, ratio, count or flags. digits: decimals printed. meaning: what docs/columns.md says."""

    name: str
    kind: str
    zh: str
    meaning: str
    digits: int = 0


COLUMNS: tuple[Column, ...] = (
    Column(
        "session", "day", "交易日", "session the article stands on: the first of the exchange whose close is later than the publication"
    ),
    Column("security", "text", "证券代码", "`600519.SH`, `000001.SZ`, `00700.HK`, `NIO.US`"),
    Column("name", "text", "证券简称", "short name of the security on that session"),
    Column(
        "published_at",
        "time",
        "发布时间",
        "ISO 8601 with offset, Beijing time; midnight and the flag `date_only` where only the day is known",
    ),
    Column("title", "text", "标题", "title as published"),
    Column("source", "text", "来源", "medium or feed"),
    Column("url", "text", "链接", "address of the original"),
    Column("rule", "text", "关联规则", "rule that found the strongest mention"),
    Column("surface", "text", "关联词", "words that name the security, as printed"),
    Column("role", "text", "角色", "`subject`, `mention`, `source` or `list`"),
    Column("relevance", "ratio", "相关度", "0 to 1: how much the article is about the security", 4),
    Column("prev_close", "price", "前收盘价", "the exchange's reference price of the session (already adjusted on an ex-date), raw", 4),
    Column("open", "price", "开盘价", "raw price in the trading currency", 4),
    Column("high", "price", "最高价", "raw price in the trading currency", 4),
    Column("low", "price", "最低价", "raw price in the trading currency", 4),
    Column("close", "price", "收盘价", "raw price in the trading currency", 4),
    Column("return_0", "ratio", "当日收益", "`close / prev_close - 1`, a fraction: 0.01 is 1 %", 10),
    Column("return_1", "ratio", "至次日收益", "from `prev_close` to the close one traded session later", 10),
    Column("return_5", "ratio", "至第5日收益", "from `prev_close` to the close five traded sessions later", 10),
    Column("excess_0", "ratio", "当日超额", "`return_0` less the benchmark's return over the same sessions", 10),
    Column("excess_1", "ratio", "至次日超额", "`return_1` less the benchmark's return over the same sessions", 10),
    Column("excess_5", "ratio", "至第5日超额", "`return_5` less the benchmark's return over the same sessions", 10),
    Column("volume", "count", "成交量（股）", "shares traded on the session"),
    Column(
        "bucket",
        "text",
        "时段",
        "`pre_open`, `morning`, `lunch`, `afternoon`, `after_close` or `closed_day`: when within the exchange's day it was published",
    ),
    Column("flags", "flags", "标记", "words separated by blanks: " + ", ".join(f"`{flag}`" for flag in FLAGS)),
    Column("confidence", "ratio", "置信度", "0 to 1: how sure the link is", 4),
    Column("article", "text", "文章编号", "id of the article"),
    Column("category", "text", "栏目", "category given by the publisher"),
    Column("tags", "text", "事件标签", "event tags of the text, separated by blanks"),
    Column("cluster", "text", "转载簇", "id of the first article with this text; empty where there is no copy"),
    Column("copies", "count", "转载数", "further articles with this text"),
    Column("standing", "day", "规则交易日", "session by the calendar alone; differs from `session` only where the security did not trade"),
    Column("waited", "count", "停牌等待", "exchange sessions between `standing` and `session`"),
    Column("provider", "text", "行情来源", "who said the prices"),
    Column("fetched_at", "time", "行情时间", "when the bar was fetched; ISO 8601 with offset"),
    Column("locator", "text", "文件", "file, row or feed item the article was read from"),
)
BY_NAME = {column.name: column for column in COLUMNS}
NAMES = tuple(column.name for column in COLUMNS)


def documentation() -> str:
    """The table of docs/columns.md; a test holds the file to it."""
    lines = ["| column | 中文 | kind | meaning |", "|---|---|---|---|"]
    lines += [f"| `{column.name}` | {column.zh} | {column.kind} | {column.meaning} |" for column in COLUMNS]
    return "\n".join(lines)
