"""The text of one HTML tag → what it does to the text and which security it names. Pure and remembered: news repeats its companies."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from newslink.articles.markets import Target, of_data_code, of_element_id, of_quote_link

IGNORE, SPACE, LINE, CLOSE, OPEN, CHART, IMAGE, HIDE, CREDIT = range(9)


class Element(NamedTuple):
    """action: nothing; a space; a new line; the end of inline elements of that name; the start of one (which may name target); a chart of
    target (that opens an inline element too where opens is true); an image, whose address is the target's text; the start of a part that is
    not shown; the start of the credit line. printed: what the markup says of a chart or image.
    """

    action: int
    name: str = ""
    kind: str = ""
    target: Target | None = None
    printed: str = ""
    opens: bool = False


RAW_NAMES = ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS = _names(
    "address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr html legend li main menu nav ol option p pre section summary table tbody tfoot thead tr ul"
)
_CELLS = _names("td th")
_UNSEEN = _names("noscript template svg math select object audio video canvas head")
_VOID = _names("area base br col embed hr img input link meta param source track wbr")
CLOSES_PARAGRAPH = _BLOCKS - _names("br body html option tbody tfoot thead tr legend")
_PLAIN = _names("strong b em i u font small big sub sup s del ins mark code")

_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    r"""[\s"'/](data-(?:code|src|original)|href|class|id|src|alt|style|hidden|width|height)"""
    r"""(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?(?=[\s/>"'])""",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_DOT = ("0", "1", "0px", "1px")  # an image of that size is there to count readers
_HUGE_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{8,}+|[0-9]{8,}+);?")
# NUL and other controls, zero-width characters that would split a name, and bidirectional overrides that would reorder the screen
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NOTHING = Element(IGNORE)
_MAX_CACHED = 600  # characters: a picture inlined in its tag would fill the memory
_MAX_KNOWN = 20_000
_MAX_ADDRESS = 1_000


def clean(text: str) -> str:
    """Without control, zero-width and direction characters; lone surrogates become U+FFFD, so that the text can be stored."""
    if text.isprintable():  # none of those is, and few texts hold anything else that is not
        return text
    if _UNWANTED.search(text):
        text = _UNWANTED.sub(lambda m: "\n" if m[0] in "\u2028\u2029" else "", text)
    return text if text.isascii() or not _SURROGATE.search(text) else _SURROGATE.sub("\ufffd", text)


def decode_references(text: str) -> str:
    """HTML character references replaced, once. One of thousands of digits is no character, and Python refuses to read it as a number."""
    return unescape(_HUGE_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def name_of(tag: str) -> str:
    """The element's name in lower case; "" for comments and the like."""
    m = _NAME.match(tag)
    return m[1].lower() if m else ""


def read_tag(tag: str) -> Element:
    """What the tag does. tag: from ``<`` to ``>``; a comment does nothing. Remembered in KNOWN, so that callers may look there first."""
    element = _read(tag)
    if len(tag) <= _MAX_CACHED:
        if len(KNOWN) >= _MAX_KNOWN:
            KNOWN.clear()
            KNOWN.update(_BARE)
        KNOWN[tag] = element
    return element


def _read(tag: str) -> Element:
    name = name_of(tag)
    if not name or name in RAW_NAMES:
        return _NOTHING
    if tag[1] == "/":
        return Element(LINE if name in _BLOCKS else SPACE if name in _CELLS else CLOSE, name)
    if name in _UNSEEN:
        return _NOTHING if tag.endswith("/>") else Element(HIDE, name)
    found = _attributes(tag) if "=" in tag or "hidden" in tag.lower() else {}
    if found and name not in _VOID:
        if "hidden" in found or _HIDDEN_STYLE.search(found.get("style", "")):
            return Element(HIDE, name)
        if "em_media" in found.get("class", ""):
            return Element(CREDIT, name)
    if name in _BLOCKS:
        return Element(LINE, name)
    if name in _CELLS:
        return Element(SPACE, name)
    if name == "img":
        return _image(found)
    return _inline(name, found)


def _inline(name: str, found: dict[str, str]) -> Element:
    code, classes = found.get("data-code", ""), found.get("class", "")
    kind, target = "", None
    if code:
        target = of_data_code(code)
        kind = "repeat" if "em_stock_key_common" in classes else "inline"
        if target and ("|" in code or "EmImageRemark" in classes):
            return Element(CHART, name, "chart", target, clean(code[:80]), True)
    if target is None and "id" in found and name != "a":
        target, kind = of_element_id(found["id"]), "inline"
    if target is None and name == "a" and not code:
        address = found.get("href", "")
        target, kind = of_quote_link(address), "quote"
        if "infokey" in classes and (target is None or target.kind != "index"):
            target, kind = Target(clean(address[:500])), "glossary"
    if target is None and name not in ("a", "span"):
        return _NOTHING
    return Element(OPEN, name, kind, target)


def _image(found: dict[str, str]) -> Element:
    code = found.get("data-code", "")
    target = of_data_code(code) if code else None
    if target is None and "src" in found:
        target = of_quote_link(found["src"])
    if target is not None:
        return Element(CHART, "img", "chart", target, clean((found.get("alt") or code or target.text)[:80]))
    # Pages that load their images late keep the address elsewhere, and something blank in src.
    addresses = (image_address(found.get(name, "")) for name in ("data-src", "data-original", "src"))
    address = next(filter(None, addresses), "")
    counts_readers = found.get("width") in _DOT or found.get("height") in _DOT or _HIDDEN_STYLE.search(found.get("style", ""))
    return _NOTHING if counts_readers or not address else Element(IMAGE, "img", "image", Target(address), clean(found.get("alt", "")[:80]))


def image_address(address: str) -> str:
    """The address of an image on the web; "" for what names no host, is no http(s) or is absurdly long."""
    address = address.strip()
    address = f"https:{address}" if address.startswith("//") else address
    if not _WEB.match(address) or len(address) > _MAX_ADDRESS or not address.isprintable() or " " in address:
        return ""
    return address


def _attributes(tag: str) -> dict[str, str]:
    """The attributes read here, names in lower case, references decoded; of a repeated one the first counts, as in browsers."""
    found: dict[str, str] = {}
    for name, double, single, plain in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), decode_references(double or single or plain))
    return found


# the commonest tags by their exact text
_BARE = {f"<{end}{name}{tail}>": Element(LINE, name) for name in _BLOCKS for end in ("", "/") for tail in ("", "/", " /")}
_BARE |= {f"<{end}{name}>": Element(SPACE, name) for name in _CELLS for end in ("", "/")}
_BARE |= {f"<{name}>": _NOTHING for name in _PLAIN}
_BARE |= {f"</{name}>": Element(CLOSE, name) for name in (*_PLAIN, "span", "a")}
KNOWN: dict[str, Element] = dict(_BARE)
