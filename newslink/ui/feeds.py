"""What a source of articles is called on screen: data feeds name themselves by codes, and analysts know them by other names.

Only what is drawn goes through here. The store, the filter, links to a view and every export keep the value as the data has it, so that what
is read on screen can be asked for by that value anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

# (Chinese, English, further spellings in data, in lower case).
FEEDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("财联社", "Cailian Press", ("cls", "cls.cn", "cailianpress", "cailianshe")),
    ("同花顺", "Tonghuashun", ("ths", "10jqka", "10jqka.com.cn", "tonghuashun")),
    ("东方财富", "Eastmoney", ("em", "eastmoney", "eastmoney.com", "dfcf", "东方财富网")),
    ("东方财富快讯", "Eastmoney flashes", ()),
    ("新浪财经", "Sina Finance", ("sina", "sina.com.cn", "finance.sina.com.cn", "sinafinance")),
    ("腾讯财经", "Tencent Finance", ("tencent", "qq.com")),
    ("网易财经", "NetEase Finance", ("netease", "163.com")),
    ("富途", "Futu", ("futu", "futunn", "futunn.com")),
    ("雪球", "Xueqiu", ("xueqiu", "xueqiu.com")),
    ("巨潮资讯", "CNINFO", ("cninfo", "cninfo.com.cn", "巨潮资讯网")),
    ("证券时报", "Securities Times", ("stcn", "stcn.com", "证券时报网")),
    ("中国证券报", "China Securities Journal", ("cs.com.cn", "中证网")),
    ("上海证券报", "Shanghai Securities News", ("cnstock", "cnstock.com")),
    ("证券日报", "Securities Daily", ("zqrb", "证券日报网")),
    ("第一财经", "Yicai", ("yicai", "yicai.com")),
    ("华尔街见闻", "Wallstreetcn", ("wallstreetcn", "wallstreetcn.com", "wscn")),
    ("金十数据", "Jin10", ("jin10", "jin10.com")),
    ("格隆汇", "Gelonghui", ("gelonghui", "gelonghui.com")),
    ("新华社", "Xinhua", ("xinhua", "xinhuanet", "xinhuanet.com")),
    ("路透社", "Reuters", ("reuters", "路透")),
    ("彭博社", "Bloomberg", ("bloomberg", "彭博")),
)
_KNOWN = {spelling: feed for feed in FEEDS for spelling in (feed[0], feed[1].lower(), *feed[2])}


def feed_name(source: str, language: str) -> str:
    """The name in the language of the screen; a source that is not known, and one that is Chinese on the Chinese screen, as it is."""
    feed = _KNOWN.get(source.strip().lower())
    if feed is None or language == "zh" and not source.isascii():
        return source
    return feed[0] if language == "zh" else feed[1]


def told_apart(sources: Iterable[str], language: str) -> dict[str, str]:
    """source → a name no other of them has: where two are the same feed, each has its own value behind the name."""
    names = {source: feed_name(source, language) for source in sources}
    taken = Counter(names.values())
    return {source: name if taken[name] == 1 or name == source else f"{name} ({source})" for source, name in names.items()}
