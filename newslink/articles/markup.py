"""HTML of any quality → plain text and what the publisher's markup says about securities, with exact spans.

A linear scanner, not a tree: a post is mostly text, and walking a tree node by node in Python costs more than the parse. It follows the
tokenising rules of the HTML standard (what opens a tag, where a comment or script ends), so a raw ``<1%`` stays text. Depth costs nothing.
Every pattern is possessive or lazy to a certain end: time grows with length only. Why not selectolax: docs/decisions/0010-html-scanner.md.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from newslink.articles.elements import (
    CHART,
    CLOSE,
    CREDIT,
    HIDE,
    IGNORE,
    IMAGE,
    KNOWN,
    LINE,
    OPEN,
    SPACE,
    Element,
    clean,
    decode_references,
    read_tag,
)
from newslink.articles.markets import Target
from newslink.articles.runs import RUN, RUNS, TOKEN, UNENDED, UNUSUAL, end_of, read_run
from newslink.errors import ArticleError
from newslink.making import maker
from newslink.model import Annotation

make_annotation = maker(Annotation)
_place = attrgetter("start", "end")
MAX_HTML_CHARACTERS = 10 << 20
MAX_IMAGES = 30  # of an article; the others are left out
_MAX_CREDIT = 100  # characters: longer ones are not remembered
_WORDLESS = ("chart", "image")


class Page(NamedTuple):
    """text, its annotations, and the medium named in the publisher's credit line (taken out of the text), or ""."""

    text: str
    annotations: tuple[Annotation, ...]
    credit: str


_TAG_OPEN = re.compile(r"<[a-zA-Z!?/]")
_CREDIT = re.compile(r"[（(]\s*(?:文章|信息|稿件|新闻)?来源\s*[:：]\s*([^（）()\n]{1,40}?)\s*[）)]\s*\Z")
_RELATED = re.compile(r"^(?:相关(?:报道|阅读|新闻|链接|文章)|延伸阅读|推荐阅读|更多阅读)\s*[:：>》]*$", re.MULTILINE)
_PUNCTUATION = re.compile(r"[\s，。、；：！？,;!?（）()“”《》]")


def decode_entities(text: str) -> str:
    """Character references replaced once, controls dropped again afterwards (``&#0;`` would bring one back)."""
    return clean(decode_references(text))


def text_of_html(html: str) -> tuple[str, tuple[Annotation, ...]]:
    """Plain text, paragraphs separated by ``\\n``, and the annotations of field ``body`` in order of their start.

    Scripts, styles, hidden parts and the credit line are left out, entities decoded once, indentation and runs of white space reduced.
    Raises ArticleError beyond 10 million characters.
    """
    page = read_page(html)
    return page.text, page.annotations


def read_page(html: str) -> Page:
    """As ``text_of_html``, with the medium of the credit line. Raises ArticleError beyond 10 million characters."""
    if len(html) > MAX_HTML_CHARACTERS:
        raise ArticleError("html", f"{len(html)} characters; more than {MAX_HTML_CHARACTERS} are not read")
    scanner = _Scanner()
    scanner.read(html)
    return scanner.page()


class _Scanner:
    """Text as pieces and their total length; gap says what separates the next piece: 0 nothing, 1 a space, 2 a new line.

    open: inline elements not yet ended, each (name, length of the text at its start, annotations then made, kind, target).
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.gap = 0
        self.open: list[tuple[str, int, int, str, Target | None]] = []
        self.found: list[tuple[int, int, str, str, Target]] = []  # start, end, printed, kind, target
        self.credits: list[str] = []
        self.images = 0

    def read(self, html: str) -> None:
        end = html.rfind(">") + 1
        parts = iter(RUN.split(html[:end]))  # words, run, words, run, …, words
        known, opened = RUNS.get, self.open
        self.text(next(parts))
        for run in parts:
            text = next(parts)
            summary = known(run) or read_run(run)
            if summary is UNUSUAL:
                self.read_tags("".join((run, text, *parts)), html[end:])
                return
            gap, alone, within, credit = summary
            if gap > self.gap:
                self.gap = gap
            elements = within if opened else alone
            if elements:
                self.obey(elements)
            if credit:
                opening, ending = credit
                following = next(parts, "")
                if following != ending:
                    self.read_tags("".join((opening, text, following, *parts)), html[end:])
                    return
                self.credits.append(text)
                text = next(parts)
            if text:
                self.text(text)
        self.text(_before_tag(html[end:]))

    def read_tags(self, html: str, rest: str) -> None:
        """Tag by tag. rest: what follows the last ">"."""
        tokens = TOKEN.split(html)
        self.text(tokens[0])
        i = 1
        while i < len(tokens):
            element = KNOWN.get(tokens[i]) or read_tag(tokens[i])
            i += 2
            text = tokens[i - 1]
            if element.action in (HIDE, CREDIT):
                end, own = end_of(element.name, tokens, i)
                if element.action == CREDIT:
                    self.credits += tokens[i - 1 : end : 2]
                i, text = (end + 2, tokens[end + 1]) if own else (end, "")
            elif element.action != IGNORE:
                self.obey((element,))
            if text:
                self.text(text)
        if not (len(tokens) > 1 and UNENDED.match(tokens[-2])):
            self.text(_before_tag(rest))

    def obey(self, elements: tuple[Element, ...]) -> None:
        opened = self.open
        for action, name, kind, target, printed, opens in elements:
            if action == CLOSE:
                if opened and opened[-1][0] == name:
                    entry = opened.pop()
                    if entry[4] is not None:
                        self.annotate(entry, proper=True)
                elif opened:
                    self.close(name)
            elif action == OPEN:
                if name == "a" and opened and (opened[-1][0] == "a" or (len(opened) > 1 and opened[-2][0] == "a")):
                    self.close("a", proper=False)
                opened.append((name, self.length, len(self.found), kind, target))
            elif action == LINE:
                self.gap = 2
                if opened:
                    self.close_all()
            elif action == SPACE:
                self.gap = self.gap or 1
            elif action == CHART:
                self.chart(target, printed)
                if opens:
                    opened.append((name, self.length, 0, "", None))
            elif action == IMAGE:
                self.image(target, printed)

    def text(self, text: str) -> None:
        if "&" in text:
            text = decode_references(text)
        piece = text.strip()
        if not piece:
            if text and not self.gap:
                self.gap = 1
            return
        before, gap = self.gap, 0
        if len(piece) < len(text):
            before = before or text[0] != piece[0]
            gap = 1 if text[-1] != piece[-1] else 0
        # Of white space only the space is printable: without two of them the words stand as they are.
        if not piece.isprintable() or (" " in piece and "  " in piece):
            piece = " ".join(piece.split())
            if not piece.isprintable():
                piece = " ".join(clean(piece).split())
                if not piece:
                    return
        if before and self.length:
            self.pieces.append("\n" if before == 2 else " ")
            self.length += 1
        self.pieces.append(piece)
        self.length += len(piece)
        self.gap = gap

    def chart(self, target: Target, printed: str) -> None:
        """A chart's link and its image say the same security at the same place: one chart."""
        at = self.length + 1 if self.gap == 2 and self.length else self.length
        for start, end, _, _, other in self.found[-2:]:
            if start == at == end and other == target:
                return
        self.found.append((at, at, printed, "chart", target))

    def image(self, target: Target, printed: str) -> None:
        if self.images < MAX_IMAGES:
            self.images += 1
            self.found.append((self.length, self.length, printed, "image", target))

    def close(self, name: str, proper: bool = True) -> None:
        """The innermost open element of that name ends, and with it all inside it."""
        opened = self.open
        depth = len(opened) - 1
        if opened[depth][0] != name:
            least = max(-1, depth - 64)
            while depth > least and opened[depth][0] != name:
                depth -= 1
            if depth == least:
                return
        while len(opened) > depth:
            entry = opened.pop()
            if entry[4] is not None:
                self.annotate(entry, proper)

    def close_all(self) -> None:
        while self.open:
            entry = self.open.pop()
            if entry[4] is not None:
                self.annotate(entry, proper=False)

    def annotate(self, entry: tuple[str, int, int, str, Target | None], proper: bool) -> None:
        _, start, made, kind, target = entry
        found = self.found
        if self.length == start:
            return
        # The wrapping span repeats its link's security: the inner one has spoken already.
        if len(found) > made:
            for other in found[made:]:
                if other[4] == target and other[3] not in _WORDLESS:
                    return
        found.append((start, self.length, "" if proper else "cut", kind, target))

    def page(self) -> Page:
        self.close_all()
        text = "".join(self.pieces)
        credit = "".join(self.credits)
        medium = _medium_of(credit) if len(credit) <= _MAX_CREDIT else _medium_of.__wrapped__(credit)
        if not credit and "来源" in text[-60:] and (named := _CREDIT.search(text, max(0, len(text) - 60))):
            medium = named[1]
            text = text[: named.start()].rstrip()
        annotations = self.annotations(text)
        if related := related_in(text):
            annotations = sorted(annotations + related, key=_place)
        return Page(text, tuple(annotations), medium)

    def annotations(self, text: str) -> list[Annotation]:
        """What was found, in order of its place in text. text: all the words, or those before the credit line."""
        annotations: list[Annotation] = []
        size = len(text)
        latest, ordered = -1, True
        for start, end, printed, kind, (target, security, special) in self.found:
            if end > size:
                start, end = min(start, size), size
            if kind in _WORDLESS:
                end, surface = start, printed
            else:
                surface = text[start:end].strip()
                if len(surface) < end - start:
                    start += end - start - len(text[start:end].lstrip())
                if printed == "cut" and (stop := _PUNCTUATION.search(surface)):
                    surface = surface[: stop.start()]
                if not surface:
                    continue
                end = start + len(surface)
            annotations.append(make_annotation("body", start, end, surface, special or kind, target, security))
            ordered = ordered and start > latest
            latest = start
        return annotations if ordered else sorted(annotations, key=_place)


@lru_cache(maxsize=1024)  # the media are few
def _medium_of(credit: str) -> str:
    """The medium a credit line names, or ""."""
    named = _CREDIT.search(" ".join(decode_entities(credit).split())) if credit else None
    return named[1] if named else ""


def _before_tag(rest: str) -> str:
    """What follows the last ">" is text, up to where a tag begins that never ends."""
    cut = _TAG_OPEN.search(rest) if "<" in rest else None
    return rest[: cut.start()] if cut else rest


def related_in(text: str) -> list[Annotation]:
    """A further article printed below (相关报道): one annotation of kind "related" from its heading to the end of the text."""
    # One character is found much faster than two; the heading is a line of its own and not the first.
    if ("相" in text and "关" in text and "\n相关" in text) or ("阅" in text and "\n" in text and "阅读" in text):
        heading = _RELATED.search(text)
        if heading and heading.start():
            return [Annotation("body", heading.start(), len(text), text[heading.start() :], "related", heading[0].strip())]
    return []
