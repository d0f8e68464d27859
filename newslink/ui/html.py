"""Text from outside → HTML that says exactly that text. Every string goes through ``text``; markup is only ever ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

# Marks that change the direction or joining of what follows: in a headline they can turn a name around.
_HIDDEN = dict.fromkeys(
    [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, *range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F),
     *range(0x2066, 0x206A), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xD800, 0xE000), *range(0xE0000, 0xE0080)]
)  # fmt: skip


def text(value: object, limit: int | None = None) -> str:
    """Escaped, without control and direction characters, cut at limit characters."""
    raw = str(value)
    if limit is not None and len(raw) > limit:
        raw = raw[: limit - 1] + "…"
    return escape(raw.translate(_HIDDEN))


def web_address(url: str) -> str:
    """The address if a browser may follow it (http or https, with a host, not absurdly long), else ''."""
    if len(url) > 2000 or any(c.isspace() or not c.isprintable() for c in url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname else ""


@dataclass(frozen=True, slots=True)
class Span:
    """Words to light up: code points of the whole text, end exclusive. kind: a style of ours. title: what hovering says."""

    start: int
    end: int
    kind: str
    title: str


def lit(whole: str, spans: Iterable[Span], start: int = 0, stop: int | None = None) -> str:
    """The part [start, stop) of a text with its spans lit up. Spans may overlap or lie outside: the earlier, longer one wins."""
    stop = len(whole) if stop is None else min(stop, len(whole))
    out: list[str] = []
    at = start
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        first, last = max(span.start, at), min(span.end, stop)
        if first >= last or span.start < start and span.end <= start:
            continue
        out.append(text(whole[at:first]))
        out.append(f'<mark class="{span.kind}" title="{text(span.title, 300)}">{text(whole[first:last])}</mark>')
        at = last
    out.append(text(whole[at:stop]))
    return "".join(out)


def paragraphs(whole: str, spans: Sequence[Span], limit: int) -> str:
    """A body of at most limit characters as paragraphs, empty lines left out."""
    out: list[str] = []
    position, stop = 0, min(len(whole), limit)
    ordered = sorted(spans, key=lambda one: (one.start, -one.end))
    while position < stop:
        line_end = whole.find("\n", position, stop)
        line_end = stop if line_end < 0 else line_end
        if whole[position:line_end].strip():
            near = [span for span in ordered if span.start < line_end and span.end > position]
            out.append(f"<p>{lit(whole, near, position, line_end)}</p>")
        position = line_end + 1
    return "".join(out)


def badge(label: object, kind: str = "") -> str:
    return f'<span class="nl-badge {kind}">{text(label, 40)}</span>'
