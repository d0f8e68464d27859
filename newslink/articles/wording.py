"""Small readings of an article's own words: its first sentence, the medium it credits, whether it holds markup."""

from __future__ import annotations

import re

_HEADLINE = re.compile(r"\s*【([^【】\n]{2,120})】")
_SENTENCE = re.compile(r"[^。！？!?\n]{1,60}[。！？!?]?")
_CLOSING_CREDIT = re.compile(r"[（(]\s*([^（）()\n\d:：]{2,16})\s*[）)]\s*\Z")
_MEDIUM = re.compile(r"社|报|网|新闻|财经|证券|日报|时报|界面|电视|央视|央广|客户端|公众号|电台|杂志|周刊|TV|APP", re.IGNORECASE)
_NO_MEDIUM = re.compile(r"\A(?:记者|见习|编辑|作者|责任|责编|附|完|注|单位|原标题|更新|以下|上述|下称|简称)")
_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|img|ul|ol|li|h[1-6]|tr|td|table|tbody|font|center|strong|section|article|html|body|hr|sup|sub|script|style|blockquote)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)


def first_sentence(text: str) -> str:
    """A stand-in for a missing title: the words in 【】 when the text opens with them, else the first sentence, at most 60 characters."""
    if m := _HEADLINE.match(text):
        return m[1].strip()
    m = _SENTENCE.search(text)
    return m[0].strip().rstrip("。") if m else ""


def closing_credit(text: str) -> str:
    """The medium in the parentheses a flash ends with (``…。（财联社）``), or ""."""
    m = _CLOSING_CREDIT.search(text, max(0, len(text) - 24))
    return m[1].strip() if m and _MEDIUM.search(m[1]) and not _NO_MEDIUM.match(m[1]) else ""


def has_markup(text: str) -> bool:
    """Whether text holds HTML tags. ``<1%`` and ``<http://…>`` are not tags."""
    return "<" in text and _TAG.search(text) is not None
