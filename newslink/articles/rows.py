"""One row (a JSON object) → Article. JSON Lines and CSV meet here; columns: ``columns``. Raises ArticleError with the line."""

from __future__ import annotations

import json
import re

from newslink.articles.columns import fields_of
from newslink.articles.decode import decode
from newslink.articles.ids import content_id, eastmoney_digits, given_id
from newslink.articles.items import RawItem
from newslink.articles.markets import Target, of_bare_code, of_data_code, of_market, of_quote_link
from newslink.articles.markup import clean, decode_entities, read_page, related_in
from newslink.articles.posts import words_of
from newslink.articles.times import day_of_digits, parse_time
from newslink.articles.wording import closing_credit, first_sentence, has_markup
from newslink.errors import ArticleError
from newslink.model import Annotation, Article, Origin

_PREFIXED = re.compile(r"(sh|sz|bj|hk|us)[.:]?([0-9A-Z._-]{1,12})\Z", re.ASCII | re.IGNORECASE)
_SUFFIXED = re.compile(r"([0-9A-Z_-]{1,12})\.(SH|SZ|BJ|SS|HK|US|O|OQ|N|A)\Z", re.ASCII | re.IGNORECASE)
_NUMBERED = re.compile(r"(\d{1,3}):(HK)?([0-9A-Z._-]{1,12})\Z", re.ASCII)  # 同花顺's market numbers
_NUMBERED_US = {"168", "169", "170", "185", "186"}
_MARKET = {"SH": "1", "SS": "1", "SZ": "0", "BJ": "0", "HK": "116"}
_MAX_TAGS = 200


def parse_row(item: RawItem) -> Article:
    """The article of one row. A row with neither title nor text is none; one without a usable time is (precision NONE)."""
    text = decode(item.raw, item.locator, item.line)
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply or a number too long"
        raise ArticleError(item.locator, f"not a JSON object: {reason}", item.line) from None
    if not isinstance(row, dict):
        raise ArticleError(item.locator, f"a JSON object expected, found {type(row).__name__}", item.line)
    fields = fields_of(row)
    for name in ("title", "text", "html", "source", "url", "category"):
        if isinstance(fields.get(name), dict | list) and name != "category":
            raise ArticleError(item.locator, f"{name} must be text, found {type(fields[name]).__name__}", item.line)
    title = str(fields.get("title", ""))
    title = read_page(title).text if has_markup(title) else " ".join(decode_entities(title).split())
    body, annotations, credit = _body(fields, item)
    if not title and not body:
        raise ArticleError(item.locator, "neither a title nor text", item.line)
    title = title or first_sentence(body)
    url = clean(str(fields.get("url", ""))).strip()[:2000]
    given = str(fields.get("id", "")).strip()
    digits = eastmoney_digits(url) if "eastmoney" in url or "infoCode" in url else None
    published, precision = parse_time(fields.get("published"))
    source = clean(str(fields.get("source", ""))).strip()
    space = source or item.locator.partition("#")[0].rpartition("/")[2].partition(".")[0]
    identity = f"em:{digits}" if digits else given_id(given, space) if given else ""
    if published is None and identity.startswith("em:"):
        published, precision = day_of_digits(identity[3:])
    return Article(
        id=identity or content_id(title, body, published),
        published=published,
        precision=precision,
        title=title,
        body=body,
        source=source or credit,
        category=clean(" ".join(words_of(fields.get("category"))[:1])),
        tags=words_of(fields.get("tags")),
        url=url,
        annotations=(*annotations, *_tags(fields.get("codes"), len(body))),
        origins=(Origin(item.locator, item.fingerprint, item.reader, item.line, item.revision),),
    )


def _body(fields: dict[str, object], item: RawItem) -> tuple[str, tuple[Annotation, ...], str]:
    markup = str(fields.get("html", ""))
    text = str(fields.get("text", ""))
    if not markup and has_markup(text):
        markup, text = text, ""
    if markup:
        try:
            page = read_page(markup)
        except ArticleError as error:
            raise ArticleError(item.locator, error.reason, item.line) from None
        if page.text or not text:
            return page.text, page.annotations, page.credit
    lines = (" ".join(line.split()) for line in decode_entities(text).splitlines())
    body = "\n".join(line for line in lines if line)
    return body, tuple(related_in(body)), closing_credit(body)


def _tags(codes: object, end: int) -> tuple[Annotation, ...]:
    """The feed's own stock tags. They belong to no words, so they stand at the end of the body without length, like a chart."""
    if isinstance(codes, str):
        codes = re.split(r"[,，;；、\s]+", codes)
    if not isinstance(codes, list):
        return ()
    found = []
    for entry in codes[:_MAX_TAGS]:
        name = ""
        if isinstance(entry, dict):
            name = str(entry.get("name") or entry.get("名称") or "")
            entry = next((entry[key] for key in ("raw", "code", "symbol", "secid", "代码") if entry.get(key)), "")
        raw = clean(str(entry)).strip()[:40]
        if raw:
            target = _target(raw)
            found.append(Annotation("body", end, end, clean(name)[:40] or raw, target.kind or "tag", target.text, target.security))
    return tuple(dict.fromkeys(found))


def _target(raw: str) -> Target:
    """``sz001373``, ``920190.BJ``, ``90.BK1366``, ``17:603629``, ``177:HK1972``, ``185:INTC``, ``600519``, ``AAPL.US`` → Target."""
    if m := _PREFIXED.match(raw):
        market = m[1].upper()
        return of_market("105", m[2]) if market == "US" else of_market(_MARKET[market], m[2])
    if m := _SUFFIXED.match(raw):
        market = _MARKET.get(m[2].upper(), "105")
        return of_market(market, m[1])
    if m := _NUMBERED.match(raw):
        if m[2]:
            return of_market("116", f"{m[3]:0>5}")
        if m[1] in _NUMBERED_US:
            return of_market("105", m[3])
        target = of_bare_code(m[3])
        return target if target.security or target.kind else Target(raw)
    return of_data_code(raw) or of_quote_link(raw) or Target(raw)
