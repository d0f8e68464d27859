"""The few words printed inside pictures, zh and en. Page texts live with the pages."""

from __future__ import annotations

WORDS = {
    "zh": {
        "price": "K 线",
        "volume_up": "成交量 涨",
        "volume_down": "成交量 跌",
        "density": "新闻数",
        "subject": "主体",
        "mention": "提及",
        "source": "消息来源",
        "list": "罗列",
        "other": "其他",
        "none": "无标签",
        "usual": "往常",
        "articles": "篇",
        "upper": "BOLL 上轨",
        "lower": "BOLL 下轨",
        "middle": "BOLL 中轨",
    },
    "en": {
        "price": "Price",
        "volume_up": "Volume, up",
        "volume_down": "Volume, down",
        "density": "News count",
        "subject": "Subject",
        "mention": "Mention",
        "source": "Source",
        "list": "Listed",
        "other": "Other",
        "none": "No tag",
        "usual": "Usual",
        "articles": "articles",
        "upper": "BOLL upper",
        "lower": "BOLL lower",
        "middle": "BOLL middle",
    },
}


def words(language: str) -> dict[str, str]:
    return WORDS.get(language, WORDS["en"])
