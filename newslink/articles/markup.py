"""HTML of any quality → plain text and what the publisher's markup says about securities, with exact spans.

A linear scanner, not a tree: a post is mostly text, and walking a tree node by node in Python costs more than the parse. It follows the
tokenising rules of the HTML standard (what opens a tag, where a comment or script ends), so a raw ``<1%`` stays text. Depth costs nothing.
Every pattern is possessive or lazy to a certain end: time grows with length only. Why not selectolax: docs/decisions/0010-html-scanner.md.
"""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from newslink.articles.markets import Target, of_data_code, of_element_id, of_quote_link
from newslink.errors import ArticleError
from newslink.model import Annotation

MAX_HTML_CHARACTERS = 10 << 20


class Page(NamedTuple):
    """text, its annotations, and the medium named in the publisher's credit line (taken out of the text), or ""."""

    text: str
    annotations: tuple[Annotation, ...]
    credit: str


_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>"""
# Their content is no markup: ``<`` inside a script opens nothing, only the end tag of the same name ends it.
_RAW_NAMES = ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")
_RAW = "|".join(rf"(?i:{name})(?=[\s/>]){_ATTRIBUTES}.*?(?:</(?i:{name})(?=[\s/>]){_ATTRIBUTES}|\Z)" for name in _RAW_NAMES)
# Run only on text that ends with ">": then every tag finds its end, and no start is tried in vain (which would cost quadratic time).
_TOKEN = re.compile(
    rf"(<(?:!--(?:-?>|.*?(?:--!?>|\Z))|(?=[sStTiInNxX])(?:{_RAW})|/?[a-zA-Z]{_ATTRIBUTES}|[!?/][^>]*>))", re.DOTALL
)
_UNENDED = re.compile(
    rf"<(?:!--(?!-?>)(?!.*--!?>\Z)|({'|'.join(_RAW_NAMES)})(?=[\s/>])(?!.*</\1(?=[\s/>]){_ATTRIBUTES}\Z))", re.DOTALL | re.IGNORECASE
)
_TAG_OPEN = re.compile(r"<[a-zA-Z!?/]")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")



def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS = _names(
    "address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr html legend li main menu nav ol option p pre section summary table tbody tfoot thead tr ul"
)
_CELLS = _names("td th")
_UNSEEN = _names("noscript template svg math select object audio video canvas head").union(_RAW_NAMES)
_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_CLOSES_PARAGRAPH = _BLOCKS - _names("br body html option tbody tfoot thead tr legend")
_PLAIN = _names("strong b em i u font small big sub sup s del ins mark code")

# what a bare tag does, by its exact text: 2 new line, 1 space, 0 nothing
_BARE = {f"<{end}{name}{tail}>": 2 for name in _BLOCKS for end in ("", "/") for tail in ("", "/", " /")}
_BARE |= {f"<{end}{name}>": 1 for name in _CELLS for end in ("", "/")}
_BARE |= {f"<{end}{name}>": 0 for name in _PLAIN for end in ("", "/")}

_ATTRIBUTE = re.compile(
    r"""[\s"'/](data-code|href|class|id|src|alt|style|hidden)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?(?=[\s/>"'])""", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CREDIT = re.compile(r"[（(]\s*(?:文章|信息|稿件|新闻)?来源\s*[:：]\s*([^（）()\n]{1,40}?)\s*[）)]\s*\Z")
_RELATED = re.compile(r"^(?:相关(?:报道|阅读|新闻|链接|文章)|延伸阅读|推荐阅读|更多阅读)\s*[:：>》]*$", re.MULTILINE)
# NUL and other controls, zero-width characters that would split a name, and bidirectional overrides that would reorder the screen
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HUGE_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{8,}+|[0-9]{8,}+);?")
_PUNCTUATION = re.compile(r"[\s，。、；：！？,;!?（）()“”《》]")


def clean(text: str) -> str:
    """Without control, zero-width and direction characters; lone surrogates become U+FFFD, so that the text can be stored."""
    if _UNWANTED.search(text):
        text = _UNWANTED.sub(lambda m: "\n" if m[0] in "\u2028\u2029" else "", text)
    return text if text.isascii() or not _SURROGATE.search(text) else _SURROGATE.sub("\ufffd", text)


def decode_entities(text: str) -> str:
    """Character references replaced once, controls dropped again afterwards (``&#0;`` would bring one back)."""
    # A reference of thousands of digits is not a character, and Python refuses to read it as a number.
    return clean(unescape(_HUGE_REFERENCE.sub("\ufffd", text)))


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
    scanner.read(clean(html))
    return scanner.page()


class _Open(NamedTuple):
    """An open inline element. start: length of the text so far. made: number of annotations when it opened."""

    name: str
    start: int
    made: int
    kind: str
    target: Target | None


class _Scanner:
    """Text as pieces and their total length; gap says what separates the next piece: 0 nothing, 1 a space, 2 a new line."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.gap = 0
        self.open: list[_Open] = []
        self.found: list[tuple[int, int, str, str, Target]] = []  # start, end, printed, kind, target
        self.credits: list[str] = []

    def read(self, html: str) -> None:
        end = html.rfind(">") + 1
        tokens = _TOKEN.split(html[:end])
        count = len(tokens)
        text = self.text
        bare = _BARE.get
        if tokens[0]:
            text(tokens[0])
        i = 1
        while i < count:
            tag, following = tokens[i], tokens[i + 1]
            i += 2
            action = bare(tag)
            if action is None:
                i, following = self.tag(tag, tokens, i, following)
            elif action:
                if action > self.gap:
                    self.gap = action
                if self.open:
                    self.close_all()
            if following:
                text(following)
        last = tokens[-2] if count > 1 else ""
        if not _UNENDED.match(last):
            rest = html[end:]
            cut = _TAG_OPEN.search(rest)
            self.text(rest[: cut.start()] if cut else rest)

    def text(self, text: str) -> None:
        if "&" in text:
            text = decode_entities(text)
        words = text.split()
        if not words:
            if text and not self.gap:
                self.gap = 1
            return
        if self.length:
            if self.gap:
                self.pieces.append("\n" if self.gap == 2 else " ")
                self.length += 1
            elif text[0].isspace():
                self.pieces.append(" ")
                self.length += 1
        piece = words[0] if len(words) == 1 else " ".join(words)
        self.pieces.append(piece)
        self.length += len(piece)
        self.gap = 1 if text[-1].isspace() else 0

    def tag(self, tag: str, tokens: list[str], i: int, following: str) -> tuple[int, str]:
        """One tag that is not bare. Returns where to go on and the text that follows there."""
        if tag[1] in "!?":
            return i, following
        match = _NAME.match(tag)
        if match is None:
            return i, following
        name = match[1].lower()
        if tag[1] == "/":
            if name in _BLOCKS:
                self.gap = 2
                self.close_all()
            elif name in _CELLS:
                self.gap = self.gap or 1
            elif self.open:
                self.close(name)
            return i, following
        if name in _UNSEEN:
            return (i, following) if name in _RAW_NAMES or tag.endswith("/>") else self.skip(name, tokens, i)
        if name in _BLOCKS:
            self.gap = 2
            if self.open:
                self.close_all()
        elif name in _CELLS:
            self.gap = self.gap or 1
        elif name == "span" and "=" not in tag:
            self.open.append(_Open(name, self.length, 0, "", None))
            return i, following
        attributes = _attributes(tag)
        if attributes:
            if ("hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style", ""))) and name not in _VOID:
                return self.skip(name, tokens, i, following)
            classes = attributes.get("class", "")
            if "em_media" in classes:
                return self.skip(name, tokens, i, following, self.credits)
            if name == "img":
                self.image(attributes)
                return i, following
            self.inline(name, classes, attributes)
        elif name in ("a", "span"):
            self.open.append(_Open(name, self.length, 0, "", None))
        return i, following

    def inline(self, name: str, classes: str, attributes: dict[str, str]) -> None:
        """An element that may name a security: remember it until it closes; a chart has no words and counts at once."""
        code = attributes.get("data-code")
        kind, target = "", None
        if code:
            target = of_data_code(decode_entities(code) if "&" in code else code)
            kind = "repeat" if "em_stock_key_common" in classes else "inline"
            if target and ("|" in code or "EmImageRemark" in classes):
                self.chart(target, code)
                target = None
        if target is None and "id" in attributes and name != "a":
            target, kind = of_element_id(attributes["id"]), "inline"
        if target is None and name == "a" and not code:
            address = decode_entities(attributes.get("href", ""))
            target, kind = of_quote_link(address), "quote"
            if "infokey" in classes and (target is None or target.kind != "index"):
                target, kind = Target(address[:500]), "glossary"
        if name == "a" and any(entry.name == "a" for entry in self.open[-64:]):
            self.close("a", proper=False)
        if target is not None or name in ("a", "span"):
            self.open.append(_Open(name, self.length, len(self.found), kind, target))

    def image(self, attributes: dict[str, str]) -> None:
        code = attributes.get("data-code", "")
        target = of_data_code(code) if code else None
        if target is None and "src" in attributes:
            target = of_quote_link(decode_entities(attributes["src"]))
        if target is not None:
            self.chart(target, attributes.get("alt") or code or target.text)

    def chart(self, target: Target, printed: str) -> None:
        """A chart's link and its image say the same security at the same place: one chart."""
        at = self.length + 1 if self.gap == 2 and self.length else self.length
        if not any(entry[0] == at == entry[1] and entry[4] == target for entry in self.found[-2:]):
            self.found.append((at, at, decode_entities(printed)[:80], "chart", target))

    def close(self, name: str, proper: bool = True) -> None:
        """The innermost open element of that name ends, and with it all inside it."""
        for depth in range(len(self.open) - 1, max(-1, len(self.open) - 65), -1):
            if self.open[depth].name == name:
                break
        else:
            return
        while len(self.open) > depth:
            entry = self.open.pop()
            if entry.target is not None:
                self.annotate(entry, proper)

    def close_all(self) -> None:
        while self.open:
            entry = self.open.pop()
            if entry.target is not None:
                self.annotate(entry, proper=False)

    def annotate(self, entry: _Open, proper: bool) -> None:
        # The wrapping span repeats its link's security: the inner one has spoken already.
        if self.length > entry.start and not any(made[4] == entry.target and made[3] != "chart" for made in self.found[entry.made :]):
            printed = "" if proper else "cut"
            self.found.append((entry.start, self.length, printed, entry.kind, entry.target))

    def skip(self, name: str, tokens: list[str], i: int, following: str = "", into: list[str] | None = None) -> tuple[int, str]:
        """Pass over an element and all inside it. A paragraph without end tag ends where the next block begins."""
        depth = 1
        if into is not None:
            into.append(following)
        while i < len(tokens):
            tag = tokens[i]
            match = _NAME.match(tag)
            inner = match[1].lower() if match else ""
            if name == "p" and inner in _CLOSES_PARAGRAPH and tag[1] != "/":
                return i, ""
            if inner == name:
                depth += -1 if tag[1] == "/" else 1
            i += 2
            if not depth:
                return i, tokens[i - 1]
            if into is not None:
                into.append(tokens[i - 1])
        return i, ""

    def page(self) -> Page:
        self.close_all()
        text = "".join(self.pieces)
        credit = "".join(self.credits)
        named = _CREDIT.search(" ".join(decode_entities(credit).split())) if credit else None
        if not credit and "来源" in text[-60:] and (named := _CREDIT.search(text, max(0, len(text) - 60))):
            text = text[: named.start()].rstrip()
        annotations = []
        for start, end, printed, kind, target in self.found:
            start, end = min(start, len(text)), min(end, len(text))
            if kind == "chart":
                annotations.append(Annotation("body", start, start, printed, target.kind or kind, target.text, target.security))
                continue
            while start < end and text[start].isspace():
                start += 1
            while end > start and text[end - 1].isspace():
                end -= 1
            if printed == "cut" and (stop := _PUNCTUATION.search(text, start, end)):
                end = stop.start()
            if start < end:
                annotations.append(Annotation("body", start, end, text[start:end], target.kind or kind, target.text, target.security))
        annotations += related_in(text)
        annotations.sort(key=lambda a: (a.start, a.end))
        return Page(text, tuple(annotations), named[1] if named else "")


def related_in(text: str) -> list[Annotation]:
    """A further article printed below (相关报道): one annotation of kind "related" from its heading to the end of the text."""
    if ("相关" in text or "阅读" in text) and (heading := _RELATED.search(text)) and heading.start():
        return [Annotation("body", heading.start(), len(text), text[heading.start() :], "related", heading[0].strip())]
    return []


def _attributes(tag: str) -> dict[str, str]:
    """The attributes this module reads, names in lower case; of a repeated one the first counts, as in browsers."""
    found: dict[str, str] = {}
    for name, double, single, plain in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower() if not name.islower() else name, double or single or plain)
    return found
