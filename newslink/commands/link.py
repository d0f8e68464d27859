"""JSON lines of texts in, JSON lines of links out: one a line, in order, as they come; a bad line gives a line with its error."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Any

from newslink.articles import text_of_html
from newslink.articles.times import parse_time
from newslink.errors import NewslinkError, SettingsError
from newslink.link import RULES, Universe
from newslink.model import Article, Link, Precision, Role
from newslink.pipeline.linking import linker_of
from newslink.settings import Settings
from newslink.store import open_store

_LONGEST_LINE = 64 << 20
_BATCH = 512
_ROLES = {
    Role.SUBJECT: "主体 (the article is about it)",
    Role.MENTION: "提及 (named)",
    Role.SOURCE: "来源 (quoted)",
    Role.LIST: "列举 (one of many)",
}


class BadLine(NewslinkError):
    """One line of the input cannot be used. The message says why."""

    def __init__(self, reason: str, id: object = None) -> None:
        super().__init__(reason)
        self.id = id if isinstance(id, str | int) else None


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="JSON lines; standard input when left out or -")
    parser.add_argument("--explain", action="store_true", help="print in words, for each text, what was linked and why")
    parser.add_argument("--store", metavar="URL", help="store whose names and corrections are used (default: NEWSLINK_STORE)")
    parser.epilog = (
        'In: {"id", "title", "text" or "html", "published_at"}; only one of title, text and html is needed. A naive time is '
        "Asia/Shanghai; without a time, names of all times are taken, former ones with less confidence. "
        'Out: {"id", "links": [{"security", "role", "confidence", "relevance", "mentions": [{"field", "start", "end", "surface", "rule"}], '
        '"alternatives"}], "candidates": [...]}: links have a confidence of 0.5 and more, candidates less. Offsets count code points, end '
        'exclusive, in title or text; for html they count in the "text" that is then given. A line that cannot be read gives '
        '{"id", "line", "error"}. Exit code 0 when at least one line could be read or there was none, else 1.'
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 when at least one line could be read or there was none, 1 when every line was bad."""
    # The file is opened first: a wrong name is said before the names are loaded.
    with ExitStack() as stack:
        lines = sys.stdin.buffer if arguments.file == "-" else stack.enter_context(_opened(arguments.file))
        with open_store(arguments.store or settings.store_url) as store:
            linker = linker_of(store, settings.home)
        good = bad = 0
        for batch in _batches(lines):
            read = [_read_line(number, line) for number, line in batch]
            links = iter(linker.link_many(one.article for one in read if isinstance(one, Asked)))
            for (number, _), one in zip(batch, read, strict=True):
                if isinstance(one, BadLine):
                    bad += 1
                    answer: dict[str, Any] | str = {"id": one.id, "line": number, "error": str(one)}
                else:
                    good += 1
                    mine = next(links)
                    answer = explained(one, mine, linker.universe) if arguments.explain else answered(one, mine)
                sys.stdout.write(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=True) + "\n")
            sys.stdout.flush()
    if bad:
        print(f"newslink: {bad} of {good + bad} lines could not be read", file=sys.stderr)
    return 1 if bad and not good else 0


def _opened(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise SettingsError("FILE", path, f"a readable file ({error.strerror})") from None


def _batches(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered lines in batches. From a pipe a batch is what has arrived, so that a slow producer is answered line by line."""
    numbered = enumerate(lines, start=1)
    peek = getattr(lines, "peek", None)
    while True:
        batch = list(islice(numbered, 1))
        if not batch:
            return
        size = len(batch[0][1])
        while len(batch) < _BATCH and size < 8 << 20 and (peek is None or b"\n" in peek(1)):
            following = next(numbered, None)
            if following is None:
                break
            batch.append(following)
            size += len(following[1])
        yield batch


class Asked:
    """One line as read. text_given: the body was taken out of HTML, so the caller needs it to use the offsets."""

    __slots__ = ("article", "given_id", "text_given")

    def __init__(self, article: Article, given_id: object, text_given: bool) -> None:
        self.article, self.given_id, self.text_given = article, given_id, text_given


def _read_line(number: int, line: bytes) -> Asked | BadLine:
    try:
        return read(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, number)
    except BadLine as problem:
        return problem
    except NewslinkError as problem:
        return BadLine(str(problem))


def read(line: bytes, number: int = 1) -> Asked:
    """One line → its article. Raises BadLine saying what is wrong with it."""
    if len(line) > _LONGEST_LINE:
        raise BadLine(f"the line has {len(line)} bytes; more than {_LONGEST_LINE} are not read")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"no JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadLine("expected a JSON object with title, text or html")
    given = row.get("id")
    texts = {}
    for key in ("title", "text", "html"):
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            raise BadLine(f"{key}: expected a string, not {type(value).__name__}", given)
        texts[key] = value
    if all(value is None for value in texts.values()):
        raise BadLine("expected title, text or html", given)
    body, annotations = texts["text"] or "", ()
    from_html = texts["text"] is None and texts["html"] is not None
    if from_html:
        try:
            body, annotations = text_of_html(texts["html"])
        except NewslinkError as error:
            raise BadLine(str(error), given) from None
    published, precision = None, Precision.NONE
    if row.get("published_at") not in (None, ""):
        published, precision = parse_time(row["published_at"])
        if published is None:
            shown = str(row["published_at"])[:60]
            raise BadLine(f"published_at: {shown!r} is no time; expected 2022-05-31T16:13:24+08:00 or 2022-05-31", given)
    id = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else f"line:{number}"
    return Asked(Article(id, published, precision, texts["title"] or "", body, annotations=tuple(annotations)), given, from_html)


def answered(asked: Asked, links: Iterable[Link]) -> dict[str, Any]:
    """The answer to one line."""
    rows = [_row(link) for link in links]
    answer: dict[str, Any] = {"id": asked.given_id}
    answer["links"] = [row for row in rows if row["confidence"] >= 0.5]
    answer["candidates"] = [row for row in rows if row["confidence"] < 0.5]
    if asked.text_given:
        answer["text"] = asked.article.body
    return answer


def _row(link: Link) -> dict[str, Any]:
    mentions = [{"field": m.field, "start": m.start, "end": m.end, "surface": m.surface, "rule": m.rule} for m in link.mentions]
    return {
        "security": link.security,
        "role": str(link.role),
        "confidence": link.confidence,
        "relevance": link.relevance,
        "mentions": mentions,
        "alternatives": list(link.alternatives),
    }


def explained(asked: Asked, links: Iterable[Link], universe: Universe) -> str:
    """The same in words: every link and candidate with its mentions, the rule that found each, and the evidence for (+) and against (-)."""
    article = asked.article
    when = f"{article.published:%Y-%m-%d %H:%M}" if article.published else "无时间 (no time: names of all times)"
    day = article.published.date() if article.published else None
    lines = [f"{article.id}  {when}  {_shown(article.title or article.body, 60)}"]
    for link in links:
        what = "链接 link" if link.confidence >= 0.5 else "候选 candidate"
        name = universe.name_on(link.security, day)
        how_much = f"置信度 confidence {link.confidence:.2f}  相关度 relevance {link.relevance:.2f}"
        lines.append(f"  {what}: {link.security} {name}  {_ROLES[link.role]}  {how_much}")
        if link.alternatives:
            lines.append(f"    其他上市地 other listings: {', '.join(link.alternatives)}")
        for mention in link.mentions[:20]:
            text = article.title if mention.field == "title" else article.body
            around = _around(text, mention.start, mention.end) if mention.field != "markup" else mention.surface
            lines.append(f"    {mention.field} {mention.start}-{mention.end} {_shown(around, 80)}")
            lines.append(f"      规则 rule: {mention.rule} ({RULES.get(mention.rule, '')})")
            for sign, words in (("+", "支持 for"), ("-", "反对 against")):
                reasons = [e[2:] for e in mention.evidence if e.startswith(sign)]
                if reasons:
                    lines.append(f"      {words}: {'; '.join(reasons)}")
        if len(link.mentions) > 20:
            lines.append(f"    … {len(link.mentions) - 20} more mentions")
    if len(lines) == 1:
        lines.append("  没有找到公司 (no company found)")
    return "\n".join(lines) + "\n"


def _around(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 16) : start]}[{text[start:end]}]{text[end : end + 24]}"


def _shown(text: str, limit: int) -> str:
    """One printable line: control characters and halves of pairs, which a terminal would act on or refuse, become blanks."""
    text = "".join(c if c.isprintable() else " " for c in text[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "…"
