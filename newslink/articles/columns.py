"""The names under which feeds deliver the parts of an article → our field names. One table for front matter, JSON and CSV.

| field | meaning | names understood (case, spaces, ``_`` and ``-`` do not count) |
|---|---|---|
| id | the feed's own number | id, article_id, news_id, art_code, infocode, guid, uuid, 编号, 新闻ID |
| published | time; naive is Asia/Shanghai; Unix seconds or milliseconds | published_at, published, publish_time, pub_date, datetime, |
| | | showtime, ctime, timestamp, created_at, 发布时间, 时间, time, 发布日期, 日期, date |
| title | plain text | title, headline, 标题, 新闻标题 |
| html | markup | html, content_html, body_html |
| text | plain text or markup, told apart by its tags | text, body, content, 内容, 新闻内容, 正文, 摘要, summary, description, digest |
| source | medium or feed | source, media, media_name, publisher, 来源, 文章来源, 媒体, 媒体名称 |
| category | | category, categories, channel, section, 分类, 栏目 |
| url | | url, link, href, permalink, 链接, 新闻链接, 网址 |
| tags | list, or text separated by commas | tags, tag, keywords, labels, 标签 |
| codes | the feed's own stock tags: not gold, kept as annotations of kind "tag" | annotated, stocks, securities, symbols, codes, |
| | | 相关股票, 股票代码, symbol, code, 代码 |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# In order of preference: where two columns mean the same field, the first that is not empty counts.
_NAMES = {
    "id": "id articleid newsid artcode infocode guid uuid 编号 新闻id",
    "published": "publishedat published publishtime pubtime publishdate pubdate datetime showtime displaytime ctime timestamp createdat "
    "发布时间 时间 time 发布日期 日期 date",
    "title": "title headline 标题 新闻标题",
    "html": "html contenthtml bodyhtml",
    "text": "text body content 内容 新闻内容 正文 摘要 summary description digest",
    "source": "source media medianame publisher 来源 文章来源 媒体 媒体名称",
    "category": "category categories channel section 分类 栏目",
    "url": "url link href permalink 链接 新闻链接 网址",
    "tags": "tags tag keywords labels 标签",
    "codes": "annotated stocks securities symbols codes 相关股票 股票代码 symbol code 代码",
}
_FIELD = {name: (field, rank) for field, names in _NAMES.items() for rank, name in enumerate(names.split())}
_FILLER = re.compile(r"[\s_\-\ufeff]+")


@lru_cache(maxsize=4096)
def _lookup(name: str) -> tuple[str, int] | None:
    return _FIELD.get(_FILLER.sub("", name).lower())


def field_of(name: str) -> str | None:
    """The field a column name stands for, or None for a column that is not read."""
    found = _lookup(name[:64])
    return found[0] if found else None


def fields_of(row: Mapping[str, object]) -> dict[str, object]:
    """The row by our field names, empty values left out. A date and a time in two columns are joined."""
    fields: dict[str, object] = {}
    ranks: dict[str, int] = {}
    times: list[str] = []
    for name, value in row.items():
        if not value and (value is None or value == "" or value == []) or not isinstance(name, str):
            continue
        found = _lookup(name[:64])
        if found is None:
            continue
        field, rank = found
        if field == "published" and isinstance(value, (str, bool)):
            # ``published: false`` marks a draft in Jekyll; it is no time.
            if str(value).lower() in ("true", "false"):
                continue
            times.append(value.strip())
        if field not in ranks or rank < ranks[field]:
            ranks[field] = rank
            fields[field] = value
    if len(times) > 1:
        clock = next((t for t in times if _CLOCK.match(t)), None)
        day = next((t for t in times if _DAY.match(t)), None)
        if clock and day and fields["published"] in (clock, day):
            fields["published"] = f"{day} {clock}"
    return fields


_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?\Z", re.ASCII)
_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\Z", re.ASCII)
READABLE = frozenset(("title", "html", "text"))


def readable(names: Iterable[str]) -> bool:
    """Whether a header names at least one column an article can be made of."""
    return any(field_of(name) in READABLE for name in names)
