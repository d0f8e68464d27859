"""Where the words of a search stand in an article → a short stretch of text with offsets. Offsets only: what is drawn is the screen's business."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newslink.store.tokens import folded

WIDTH = 90  # characters of body shown
MOST_SPANS = 20


@dataclass(frozen=True, slots=True)
class Snippet:
    """text: a stretch of the body (of the title where the body has none). start: where it begins in its field.

    spans: (start, end) in text, end exclusive. title_spans: the same in the whole title.
    """

    text: str
    field: str = "body"
    start: int = 0
    spans: tuple[tuple[int, int], ...] = ()
    title_spans: tuple[tuple[int, int], ...] = ()


def snippet_of(title: str, body: str, pattern: re.Pattern[str] | None) -> Snippet:
    """Around the first match in the body; the beginning of the body where only the title matches."""
    title_spans = _spans(title, pattern)
    found = pattern.search(folded(body)) if pattern else None
    start = 0
    if found:
        start = max(found.start() - WIDTH // 3, 0)
    text = body[start : start + WIDTH]
    if not text:
        return Snippet(title[:WIDTH], "title", 0, tuple(s for s in title_spans if s[1] <= WIDTH), title_spans)
    return Snippet(text, "body", start, _spans(text, pattern) if found else (), title_spans)


def _spans(text: str, pattern: re.Pattern[str] | None) -> tuple[tuple[int, int], ...]:
    if pattern is None:
        return ()
    out = []
    for found in pattern.finditer(folded(text)):
        if found.end() > found.start():
            out.append(found.span())
        if len(out) >= MOST_SPANS:
            break
    return tuple(out)
