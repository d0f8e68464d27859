"""A Jekyll post (front matter, then HTML or markdown) → Article. Raises ArticleError with the line.

The front matter is read line by line, not as YAML: real titles hold quotes, colons and ``*ST`` that YAML refuses, ``000001`` must stay
text, and a YAML reader gives a text or a time for ``date`` depending on its offset.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newslink.articles.columns import fields_of
from newslink.articles.decode import decode
from newslink.articles.ids import content_id, eastmoney_digits, given_id
from newslink.articles.items import RawItem
from newslink.articles.markdown import text_of_markdown
from newslink.articles.markup import clean, decode_entities, make_annotation, read_page
from newslink.articles.times import day_of_digits, parse_time
from newslink.articles.wording import closing_credit, first_sentence, has_markup
from newslink.errors import ArticleError
from newslink.making import maker
from newslink.model import Annotation, Article, Origin

make_article, make_origin = maker(Article), maker(Origin)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENING = re.compile(r"\s*---[ \t]*(?:\n|\Z)")
_KEY = re.compile(r"([A-Za-z_\u4e00-\u9fff][\w-]{0,40})[ \t]*[:：](?:[ \t]+|(?=[^\s/])|\Z)(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_ADDRESS_LINE = re.compile(r"\s*<((?:https?:)?//[^<>\s]{0,2000})?>\s*\Z")
_BACK_LINE = re.compile(r"\s*(?:\[(?:返回|首页|回到)[^\[\]]{0,80}\]\([^()\s]{0,500}\)\s*[｜|]?\s*){1,6}\Z")
_ENCLOSES = frozenset("\"'[")
_CLOSES_TAIL = frozenset(">)｜|")  # with one of these such a line ends
_LONE_RETURN = re.compile(r"\r(?!\n)")
_SEPARATOR = re.compile(r"[,，、;；]")
_DATED_NAME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-", re.ASCII)
_ARTICLE_LAYOUTS = frozenset(("", "post", "posts", "article", "news", "single", "none", "null"))
_FLASH_TAG = "东财滚动新闻"


def parse_post(item: RawItem) -> Article:
    """The article of one post. A post without a usable date is still one (precision NONE); a file without front matter is none."""
    text = decode(item.raw, item.locator)
    if "\r" in text:
        # Taking one character away is four times as fast as putting one for two.
        text = text.replace("\r", "") if not _LONE_RETURN.search(text) else text.replace("\r\n", "\n").replace("\r", "\n")
    values, body, body_line = _split(text, item.locator)
    fields = fields_of(values)
    layout = str(values.get("layout", "")).lower()
    name = item.locator.replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0]
    if layout not in _ARTICLE_LAYOUTS and "published" not in fields:
        raise ArticleError(item.locator, f"layout {layout[:40]!r} and no date: a page of the site, not an article", 1)

    body, url = _without_tail(body)
    url = str(fields.get("url", "")) or url
    text, annotations, credit = _read_body(body, name, item.locator, body_line)
    title = decode_entities(" ".join(str(fields.get("title", "")).split()))
    title = title or first_sentence(text)
    if not title and not text:
        raise ArticleError(item.locator, "neither a title nor text", 1)

    digits = eastmoney_digits(stem) or eastmoney_digits(url)
    published, precision = parse_time(fields.get("published"))
    if published is None and digits:
        published, precision = day_of_digits(digits)
    if published is None and (dated := _DATED_NAME.match(name)):
        published, precision = parse_time("-".join(dated.groups()))
    if digits:
        identity = f"em:{digits}"
    elif "id" in fields:
        identity = given_id(str(fields["id"]), str(fields.get("source", "")) or "post")
    else:
        identity = content_id(title, text, published)
    tags, categories = words_of(fields.get("tags")), words_of(fields.get("category"))
    source = str(fields.get("source", "")) or credit
    if not source and tags:
        source = tags[0] if tags[0] == _FLASH_TAG else tags[0].removesuffix("新闻") or tags[0]
    return make_article(
        id=identity,
        published=published,
        precision=precision,
        title=title,
        body=text,
        source=clean(source),
        category=categories[0] if categories else "",
        tags=tags,
        url=clean(url)[:2000],
        annotations=annotations,
        origins=(make_origin(item.locator, item.fingerprint, item.reader, item.line, item.revision),),
    )


def _split(text: str, locator: str) -> tuple[dict[str, object], str, int]:
    """(front matter, body, line on which the body begins). Raises ArticleError where there is no front matter."""
    if text.startswith("---\n"):  # the usual post: ended by the first line that begins with dashes or dots, if nothing else is on it
        end = text.find("\n---", 3)
        stop = text.find("\n", end + 4) if end >= 0 else -1
        if stop >= 0 and not text[end + 4 : stop].strip(" \t") and text.find("\n...", 3, end) < 0:
            return _front_matter(text[4:end]), text[stop + 1 :], text.count("\n", 0, stop + 1) + 1
    m = _FRONT_MATTER.match(text)
    if m is None:
        if not text.strip():
            raise ArticleError(locator, "empty file", 1)
        if opening := _OPENING.match(text):
            line = text.count("\n", 0, opening.end()) or 1
            raise ArticleError(locator, "front matter opened here is never closed with ---", line)
        raise ArticleError(locator, "no front matter: expected --- on the first line, so this is no article", 1)
    return _front_matter(m[1]), text[m.end() :], text.count("\n", 0, m.end()) + 1


def _front_matter(block: str) -> dict[str, object]:
    values: dict[str, object] = {}
    key = ""
    for line in block.split("\n"):
        # The usual line is told without a pattern; anything else goes the long way.
        name, colon, printed = line.partition(": ")
        if not (colon and name.isidentifier()):
            m = _KEY.match(line)
            name, printed = m.groups() if m else ("", "")
        if name:
            key = name
            printed = printed.strip()
            value = _value(printed) if printed[:1] in _ENCLOSES else printed
            if not values.get(key):
                values[key] = value
        elif key and line.strip():
            # A list below its key, or a value that runs over several lines.
            so_far = values[key]
            if item := _ITEM.match(line):
                so_far = [] if so_far == "" else so_far
                if isinstance(so_far, list):
                    values[key] = [*so_far, _value(item[1].strip())]
                    continue
            if isinstance(so_far, str):
                joined = f"{so_far.lstrip('|>').strip()} {line.strip()}".strip()
                values[key] = _value(joined)
    return values


def _value(text: str) -> str | list[str]:
    if len(text) > 1:
        if text[0] == text[-1] == '"':
            return text[1:-1].replace('\\"', '"')
        if text[0] == text[-1] == "'":
            return text[1:-1].replace("''", "'")
        if text[0] == "[" and text[-1] == "]":
            return [str(_value(part.strip())) for part in text[1:-1].split(",") if part.strip()]
    return text


def words_of(value: object) -> tuple[str, ...]:
    """A list, or text separated by commas, as clean words without repeats. Spaces separate nothing: category names hold them."""
    if not value:
        return ()
    if isinstance(value, str):
        return _words_of_text(value) if len(value) <= 100 else _distinct(_SEPARATOR.split(value))
    return _distinct(value) if isinstance(value, Sequence) else (clean(str(value)),)


@lru_cache(maxsize=4096)  # the tags and categories of a site are few
def _words_of_text(text: str) -> tuple[str, ...]:
    return _distinct(_SEPARATOR.split(text))


def _distinct(words: Sequence[object]) -> tuple[str, ...]:
    cleaned = (clean(" ".join(str(word).split()))[:100] for word in words[:50])
    return tuple(dict.fromkeys(word for word in cleaned if word))


def _without_tail(body: str) -> tuple[str, str]:
    """(body without the site's closing lines, address of the article found in them)."""
    url = ""
    body = body.rstrip()
    while True:
        start = body.rfind("\n") + 1
        line = body[start:] if body[-1:] in _CLOSES_TAIL and len(body) - start < 4000 else ""
        first = line.lstrip()[:1]
        if first == "<" and (m := _ADDRESS_LINE.match(line)):
            url = url or m[1] or ""
        elif first != "[" or not (_leads_back(line) if len(line) <= 300 else _BACK_LINE.match(line)):
            return body, url
        body = body[:start].rstrip()


@lru_cache(maxsize=1024)  # a site closes all its posts with the same line
def _leads_back(line: str) -> bool:
    return _BACK_LINE.match(line) is not None


def _read_body(body: str, name: str, locator: str, line: int) -> tuple[str, tuple[Annotation, ...], str]:
    """(text, annotations, credited medium). The ``> digest`` is put in front where the body does not say it anyway."""
    digest_lines = []
    rest = body.lstrip("\n")
    while rest.startswith(">"):
        first, _, rest = rest.partition("\n")
        digest_lines.append(first.lstrip("> "))
    digest = "\n".join(digest_lines)
    marked: tuple[Annotation, ...] = ()
    credit = digest_credit = ""
    try:
        if has_markup(rest) or name.endswith((".html", ".htm")):
            text, annotations, credit = read_page(rest)
        else:
            text, annotations = text_of_markdown(rest)
        if digest:
            digest, marked, digest_credit = read_page(digest) if has_markup(digest) else (*text_of_markdown(digest), "")
    except ArticleError as error:
        raise ArticleError(locator, error.reason, line) from None
    flash_credit = closing_credit(digest) if digest else ""
    credit = credit or digest_credit or flash_credit or closing_credit(text)
    if digest and not _says(text, digest, flash_credit):
        shift = len(digest) + 1 if text else 0
        moved = (make_annotation(a.field, a.start + shift, a.end + shift, a.surface, a.kind, a.target, a.security) for a in annotations)
        annotations = (*marked, *moved)
        text = f"{digest}\n{text}" if text else digest
    return text, annotations, credit


def _says(text: str, digest: str, credit: str) -> bool:
    """Whether text already holds the digest, white space and the digest's credit aside."""
    words = digest.rstrip()
    if credit:
        words = words[: words.rindex(credit) - 1]
    if words in text:
        return True
    words = "".join(words.split())
    return words in "".join(text.split())
