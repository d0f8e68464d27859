"""Words of an article → event tags (减持, 回购 …), by own rules. First version; see EVENTS."""

from __future__ import annotations


def event_tags(title: str, body: str) -> tuple[str, ...]:
    return tuple(tag for tag in ("减持", "增持", "回购") if tag in title or tag in body)
