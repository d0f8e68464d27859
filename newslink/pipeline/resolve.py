"""What a person typed → a security id."""

from __future__ import annotations

from newslink.errors import UnknownSecurity
from newslink.link import Universe, parse_security_id


def security_for(universe: Universe, text: str) -> str:
    """The id meant by a code, name, pinyin initials or English name; the best match where several fit.

    An id in our own notation is taken as it is, listed or not (prices may exist for a security the name list lacks).
    Raises UnknownSecurity.
    """
    text = text.strip()
    try:
        return parse_security_id(text)
    except UnknownSecurity:
        found = universe.find(text, limit=1)
        if not found:
            raise
        return found[0].id
