"""What a person typed → a security id."""

from __future__ import annotations

from newslink.errors import UnknownSecurity
from newslink.link import Universe, parse_security_id


def security_for(universe: Universe, text: str) -> str:
    """The id meant by a code, name, pinyin initials or English name; the best match where several fit.

    An id in our own notation is taken as it is, listed or not (prices may exist for a security the name list lacks). Bare letters may
    be a ticker or pinyin initials: an unknown ticker gives way to what the list finds (``gzmt``). Raises UnknownSecurity.
    """
    text = text.strip()
    parsed = ""
    try:
        parsed = parse_security_id(text)
        if "." in text or universe.security(parsed) is not None:
            return parsed
    except UnknownSecurity:
        pass
    found = universe.find(text, limit=1)
    if found:
        return found[0].id
    if parsed:
        return parsed
    raise UnknownSecurity(text)
