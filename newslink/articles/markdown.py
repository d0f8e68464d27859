"""Markdown as news posts use it → plain text and annotations: links become their words, quote links and images annotations."""

from __future__ import annotations

import re

from newslink.articles.elements import image_address
from newslink.articles.markets import of_quote_link
from newslink.articles.markup import MAX_IMAGES, clean, decode_entities, related_in
from newslink.model import Annotation

_LINK = re.compile(r"(!?)\[([^\[\]\n]{0,300})\]\(\s*<?([^()\s<>]{0,1000})>?(?:\s+\"[^\"\n]{0,200}\")?\s*\)")
_AUTOLINK = re.compile(r"<((?:https?://|//)[^<>\s]{1,1000})?>")
_STRONG = re.compile(r"(?<![*\\])\*\*(?=\S)([^*\n]{1,300})(?<=\S)\*\*(?!\*)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
# ``*ST宝德`` is a name, not emphasis and not a list: a list mark needs a space behind it.
_LINE_MARK = re.compile(r"\s{0,3}(?:(?:>\s?)+|#{1,6}\s+|[-*+]\s+(?=\S))+")
_RULE = re.compile(r"\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}|(?:=\s*){3,}|```.*|~~~.*)\Z")
_MARKS = re.compile(r"[\[\\<*&]")


def text_of_markdown(source: str) -> tuple[str, tuple[Annotation, ...]]:
    """Plain text, paragraphs separated by ``\\n``, and annotations of field ``body``, as ``text_of_html`` gives them."""
    lines: list[str] = []
    found: list[Annotation] = []
    images: list[tuple[int, str, str]] = []  # place, words, address
    length = 0
    for line in clean(source).splitlines():
        if not line[:1].isalnum():  # neither a rule nor a mark begins with a letter
            if _RULE.match(line):
                continue
            if mark := _LINE_MARK.match(line):
                line = line[mark.end() :]
        words, links = _inline(line) if _MARKS.search(line) else (" ".join(line.split()), [])
        if not words and not links:
            continue
        start = length + 1 if lines else 0
        for at, surface, kind, address in links:
            target = of_quote_link(address)
            if target is None and kind == "chart" and (image := image_address(address)):
                images.append((start + at, surface[:80], image))
            elif target is not None:
                end = start + at + (len(surface) if kind == "quote" else 0)
                found.append(Annotation("body", start + at, end, surface or target.text, target.kind or kind, target.text, target.security))
        if words:
            lines.append(words)
            length = start + len(words)
    text = "\n".join(lines)
    found = [a for a in found if a.end <= len(text)] + related_in(text)
    for place, words, image in images[:MAX_IMAGES]:
        place = min(place, len(text))  # below the last words
        found.append(Annotation("body", place, place, words, "image", image))
    return text, tuple(sorted(found, key=lambda a: (a.start, a.end)))


def _inline(line: str) -> tuple[str, list[tuple[int, str, str, str]]]:
    """One line's words, and its links as (offset, words, kind, address)."""
    links: list[tuple[int, str, str, str]] = []
    out = ""
    at = 0
    for m in _LINK.finditer(line):
        out = _join(out, _plain(line[at : m.start()]))
        words = " ".join(_plain(m[2]).split())
        if m[1]:
            links.append((len(out.rstrip()), words, "chart", m[3]))
        else:
            out = _join(out, "")
            if words:
                links.append((len(out), words, "quote", m[3]))
            out += words
        at = m.end()
    out = _join(out, _plain(line[at:]))
    return out.rstrip(), links


def _join(left: str, right: str) -> str:
    """left + right with runs of white space reduced to one space; offsets into left stay valid."""
    words = " ".join(right.split())
    if right[:1].isspace() and left and not left.endswith(" "):
        left += " "
    return left + words + (" " if words and right[-1].isspace() else "")


def _plain(text: str) -> str:
    text = _AUTOLINK.sub(lambda m: m[1] or "", text)
    text = _ESCAPE.sub(r"\1", _STRONG.sub(r"\1", text))
    return decode_entities(text) if "&" in text else text
