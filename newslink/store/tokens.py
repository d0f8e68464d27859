"""Text → the tokens both search indexes hold: every two adjacent Chinese characters, whole words and numbers of everything else.

    宁德时代拟减持3.5% by CATL   →   宁德 德时 时代 代拟 拟减 减持 持 3·5 by catl

A run of Chinese characters ends with its last character alone. That makes a one-character run findable, and keeps words on either
side of punctuation apart: in 三一，一重 the tokens are 三一 一 一重 重, so the phrase 三一重 (三一 一重) is not found there.
Letters are folded to lower case and half width, one character for one, so that offsets into the folded text are offsets into the
text. Japanese and Korean letters count as Chinese characters; a number keeps its decimal point and loses its thousands separators.
"""

from __future__ import annotations

import re
from operator import add

CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
# Only what can be part of a token: the comma ， stands in nearly every Chinese text, and folding all of it would double the cost.
_FULL_WIDTH = {code: code - 0xFEE0 for code in (0xFF0E, *range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_HAS_FULL_WIDTH = re.compile("[\uff0e\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
PIECE = re.compile(rf"([{CJK}]+)|(\d+(?:[.,]\d+)+)|([^\W_{CJK}]+)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")
LONGEST_WORD = 64  # characters of a word or number that are kept; no one types more, and hostile ones may have megabytes


def folded(text: str) -> str:
    """Lower case and half width, as many characters as text."""
    if _HAS_FULL_WIDTH.search(text):
        text = text.translate(_FULL_WIDTH)
    lower = text.lower()
    # A few letters (İ) grow when lowered; those stay as they are rather than shift every offset after them.
    return lower if len(lower) == len(text) else "".join(low if len(low := char.lower()) == 1 else char for char in text)


def word_of(number: str) -> str:
    """1,234.5 → 1234·5. The marks inside a number become ones that no index takes for the end of a word."""
    if "," in number and _THOUSANDS.match(number):
        number = number.replace(",", "")
    return number.replace(".", "·").replace(",", "‚")


def tokens_of(text: str) -> list[str]:
    """Tokens in the order of the text."""
    out: list[str] = []
    for run, number, word in PIECE.findall(folded(text)):
        if run:
            out += map(add, run, run[1:])
            out.append(run[-1])
        else:
            out.append((word or word_of(number))[:LONGEST_WORD])
    return out


def indexed(text: str) -> str:
    """Tokens in the order of the text, separated by blanks: what an index is given."""
    return " ".join(tokens_of(text))


def placed_tokens(text: str) -> list[tuple[str, int, int]]:
    """(token, start, end) in the order of ``tokens_of``, end exclusive, offsets into text."""
    out: list[tuple[str, int, int]] = []
    for found in PIECE.finditer(folded(text)):
        run, number, word = found.groups()
        start = found.start()
        if run:
            out += [(run[at : at + 2], start + at, start + at + 2) for at in range(len(run) - 1)]
            out.append((run[-1], found.end() - 1, found.end()))
        else:
            out.append(((word or word_of(number))[:LONGEST_WORD], start, found.end()))
    return out
