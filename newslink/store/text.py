"""Text from outside → text every database holds: no NUL, no lone surrogate."""

from __future__ import annotations

import re

_UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")


def plain(text: str) -> str:
    """One character for one: what cannot be held becomes U+FFFD, so that offsets stand."""
    return text if text.isascii() and "\x00" not in text else _UNHOLDABLE.sub("\ufffd", text)


def printable(text: str) -> str:
    """For names that must stay apart (locators, ids): what cannot be held is spelt out. The very same object where nothing is."""
    if text.isascii() and "\x00" not in text or not _UNHOLDABLE.search(text):
        return text
    return _UNHOLDABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
