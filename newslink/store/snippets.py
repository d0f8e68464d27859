"""Where the words of a search stand in an article → a short stretch of text with offsets; what is drawn is the screen's business.

What lights up is decided by the same tokens as what is found, so the two never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newslink.store.search import Phrase
from newslink.store.tokens import placed_tokens

WIDTH = 90  # characters of body shown
BEFORE = WIDTH // 3  # of which before the first match
MOST_SPANS = 20
LOOKED_AT = 50_000  # characters of body in which the first match is looked for


@dataclass(frozen=True, slots=True)
class Snippet:
    """text: a stretch of the body (of the title where the body has none). start: where it begins in its field.

    spans: (start, end) in text, end exclusive, ascending, apart. title_spans: the same in the whole title.
    """

    text: str
    field: str = "body"
    start: int = 0
    spans: tuple[tuple[int, int], ...] = ()
    title_spans: tuple[tuple[int, int], ...] = ()


def snippet_of(title: str, body: str, phrases: Sequence[Phrase]) -> Snippet:
    """Around the first match in the body; the beginning of the body where only the title matches."""
    title_spans = spans_of(title, phrases)
    spans = spans_of(body[:LOOKED_AT], phrases)
    start = max(spans[0][0] - BEFORE, 0) if spans else 0
    text = body[start : start + WIDTH]
    if not text:
        return Snippet(title[:WIDTH], "title", 0, tuple(span for span in title_spans if span[1] <= WIDTH), title_spans)
    return Snippet(text, "body", start, tuple((a - start, b - start) for a, b in spans if b <= start + WIDTH), title_spans)


def spans_of(text: str, phrases: Sequence[Phrase]) -> tuple[tuple[int, int], ...]:
    """Where the phrases stand in text; overlapping places become one."""
    placed = placed_tokens(text)
    tokens = [token for token, _, _ in placed]
    found = []
    for phrase in phrases:
        wanted, last = phrase.tokens[:-1], phrase.tokens[-1]
        for at, token in enumerate(tokens):
            if token != last and not (phrase.prefix and token.startswith(last)):
                continue
            first = at - len(wanted)
            if first >= 0 and tuple(tokens[first:at]) == wanted:
                # Of a word only begun, the beginning lights up.
                end = placed[at][1] + len(last) if token != last else placed[at][2]
                found.append((placed[first][1], end))
                if len(found) >= MOST_SPANS:
                    break
    out: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if out and start < out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return tuple(out)
