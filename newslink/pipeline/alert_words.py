"""An alert → one line for a person, zh or en: worded when it is shown or sent, from what is stored of it."""

from __future__ import annotations

import math
from collections.abc import Callable

from newslink.pipeline.alerts import Alert

_TEXT = {
    "zh": {
        "comma": "、", "article": "{who}：{title}", "unusual": "{who} {day}：{count} 篇，平时 {usual} 篇", "move": "{who} {day}：{change}{excess}，{title}",
        "excess": "（超额 {excess}）",
    },
    "en": {
        "comma": ", ", "article": "{who}: {title}", "unusual": "{who} {day}: articles {count}, usually {usual}",
        "move": "{who} {day}: {change}{excess}, {title}", "excess": " (excess {excess})",
    },
}  # fmt: skip
_LONGEST = 300


def worded(alert: Alert, name: Callable[[str], str], language: str = "zh") -> str:
    """name: id → what a security is called. An alert of an earlier version holds its words and nothing to word it anew by: they stand as they are."""
    if alert.words:
        return _line(alert.words)
    text = _TEXT.get(language, _TEXT["en"])
    who = text["comma"].join(dict.fromkeys(name(one) for one in alert.securities or filter(None, (alert.security,))))
    if alert.kind == "unusual":
        said = text["unusual"].format(who=who, day=alert.session, count=_number(alert.count, "{:.0f}"), usual=_number(alert.usual, "{:.1f}"))
    elif alert.kind == "move":
        excess = text["excess"].format(excess=_number(alert.excess, "{:+.2%}")) if _known(alert.excess) else ""
        said = text["move"].format(who=who, day=alert.session, change=_number(alert.change, "{:+.2%}"), excess=excess, title=alert.title)
    else:
        said = text["article"].format(who=who, title=alert.title) if who else alert.title
    return _line(said)


def _known(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _number(value: object, form: str) -> str:
    return form.format(value) if _known(value) else "–"


def _line(said: object) -> str:
    return " ".join(str(said).split())[:_LONGEST]
