"""What a publisher's markup points at → (target, our security id, what it is). Reads codes and quote addresses; looks nothing up.

A target is written ``market.code`` in Eastmoney's numbers (1 Shanghai, 0 Shenzhen and Beijing, 116 Hong Kong, 105/106/107 US, 90 boards)
where the market is known, and as printed otherwise.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from newslink.model import SECURITY_ID


class Target(NamedTuple):
    """text: normalised target. security: our id or None. kind: "board" or "index" where the target is one, else ""."""

    text: str
    security: str | None = None
    kind: str = ""


_US_MARKETS = {"105", "106", "107", "153"}
_INDEX_MARKETS = {"2", "100", "124", "251", "252"}  # CSI, overseas, Hong Kong, and their kin
_BOARD_MARKETS = {"90"}
_FUND_MARKET = "150"
_US_EXCHANGE = {"NASDAQ": "105", "NYSE": "106", "AMEX": "107"}

_SH_SECURITY = re.compile(r"(?:60|68|900|5[0-8])\d+\Z")
_SZ_SECURITY = re.compile(r"(?:00|30|200|15|16|18)\d+\Z")
_BJ_SECURITY = re.compile(r"(?:92|43|81|82|83|87|88)\d+\Z")
_SIX = re.compile(r"\d{6}\Z", re.ASCII)
_SHANGHAI_INDEX = re.compile(r"(?:000|88)\d+\Z")
_SHENZHEN_INDEX = re.compile(r"(?:399|98|899)\d+\Z")
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z]{1,3})?\Z")


@lru_cache(maxsize=32768)
def of_market(market: str, code: str) -> Target:
    """Eastmoney's market number and code → Target. Indices and boards have no security."""
    code = code.upper()
    text = f"{market}.{code}"
    if market in _BOARD_MARKETS or code.startswith("BK"):
        return Target(text, None, "board")
    if market in _INDEX_MARKETS:
        return Target(text, None, "index")
    if market == "1" and _SIX.match(code):
        if _SHANGHAI_INDEX.match(code):
            return Target(text, None, "index")
        return Target(text, f"{code}.SH" if _SH_SECURITY.match(code) else None)
    if market == "0" and _SIX.match(code):
        if _SHENZHEN_INDEX.match(code):
            return Target(text, None, "index")
        if _BJ_SECURITY.match(code):
            return Target(text, f"{code}.BJ")
        return Target(text, f"{code}.SZ" if _SZ_SECURITY.match(code) else None)
    if market == "116":
        if code.isascii() and code.isdigit() and len(code) <= 5:
            return Target(f"116.{code:0>5}", f"{code:0>5}.HK")
        return Target(text, None, "index" if code.startswith("HS") else "")
    if market in _US_MARKETS:
        return Target(text, f"{code}.US" if _TICKER.match(code) and SECURITY_ID.match(f"{code}.US") else None)
    if market == _FUND_MARKET and _SIX.match(code):
        fund = f"{code}.SZ" if code.startswith(("15", "16", "18")) else f"{code}.SH" if code.startswith("5") else None
        return Target(text, fund)
    return Target(text)


def of_bare_code(code: str) -> Target:
    """A code without its market, as older markup has it. Six digits are mainland, five Hong Kong; 000001 is the stock."""
    if _SIX.match(code):
        if _SH_SECURITY.match(code):
            return of_market("1", code)
        if _SZ_SECURITY.match(code) or _BJ_SECURITY.match(code) or _SHENZHEN_INDEX.match(code):
            return of_market("0", code)
        return Target(code)
    if len(code) == 5 and code.isascii() and code.isdigit():
        return of_market("116", code)
    if code.upper().startswith("BK"):
        return of_market("90", code)
    return Target(code)


_FORWARD = re.compile(r"(\d{1,4})[,.]([A-Za-z0-9_.-]{1,16})\Z", re.ASCII)
_REVERSED = re.compile(r"(?:[KRkr] )?([A-Za-z0-9_.-]{1,16})\|(\d{1,3})\|", re.ASCII)


@lru_cache(maxsize=32768)
def of_data_code(value: str) -> Target | None:
    """``1,600160``, ``688111|1|1``, ``K 688111|1|1`` or bare ``002353``. None for anything else."""
    value = value.strip()
    if m := _FORWARD.match(value):
        return of_market(m[1], m[2])
    if m := _REVERSED.match(value):
        return of_market(m[2], m[1])
    target = of_bare_code(value) if value.isalnum() and len(value) <= 6 else None
    return target if target and (target.security or target.kind) else None


_STOCK_ID = re.compile(r"(?:stock|Info|bk)_?\.?(?P<market>\d{1,3})\.(?P<code>[A-Za-z0-9_-]{1,12})\Z", re.ASCII)
_EXCHANGE_ID = re.compile(r"stock_(NASDAQ|NYSE|AMEX)_([A-Z][A-Z0-9_]{0,9}?)\d?\Z", re.ASCII)
_DIGITS_ID = re.compile(r"stock_(?:(\d{6})([12])|(\d{5})5)\Z", re.ASCII)  # last digit: 1 Shanghai, 2 Shenzhen, 5 Hong Kong


@lru_cache(maxsize=32768)
def of_element_id(value: str) -> Target | None:
    """``stock_1.600030``, ``Info.116.00700``, ``bk_90.BK0473``, ``stock_NASDAQ_AAPL7``, ``stock_013855``. None for anything else."""
    if m := _STOCK_ID.match(value):
        return of_market(m["market"], m["code"])
    if m := _EXCHANGE_ID.match(value):
        return of_market(_US_EXCHANGE[m[1]], m[2])
    if m := _DIGITS_ID.match(value):
        return of_market("116", m[3]) if m[3] else of_market("1", m[1]) if m[2] == "1" else of_market("0", m[1])
    return None


_HOST = re.compile(r"(?:https?:)?//([a-zA-Z0-9.-]{1,80})(?::\d+)?/", re.ASCII)
_UNIFY = re.compile(r"(?:unify/r/|[?&]nid=|[?&]secid=)(\d{1,3})\.([A-Za-z0-9_.-]{1,16}?)(?:\.html?)?(?:[?&#/]|\Z)", re.ASCII)
_PREFIXED = re.compile(r"(?:[/=,]|hs_)(sh|sz|bj|SH|SZ|BJ)(\d{6})(?!\d)", re.ASCII)
_HONG_KONG = re.compile(r"/(?:hk/|hk|HK|hkstock/quotes/|S/|stock/(?:quote/)?)(\d{4,5})(?:-HK|\.HK)?(?:\.html?)?(?:[/?#]|\Z)", re.ASCII)
_AMERICAN = re.compile(
    r"/(?:us/|us|usstock/quotes/|S/|quote/|stock/)([A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z]{1,3})?)(?:-US|\.OQ|\.N|\.AM|\.html?)?(?:[/?#]|\Z)",
    re.ASCII,
)
_BOARD = re.compile(r"/(?:bk/)?(?:90\.)(BK\d{4})(?:\.html?)?(?:[?#]|\Z)", re.ASCII)
_INDEX_PAGE = re.compile(r"/(?:zs|ZS)(\d{6})(?:\.html?)?(?:[?#]|\Z)", re.ASCII)
_SIX_IN_PATH = re.compile(r"[/,_](\d{6})(?:\.html?|\.S[HZ])?(?:[/?#,]|\Z)", re.ASCII)
_PICTURE_ID = re.compile(r"[?&]id=(\d{6})([12])(?:&|\Z)", re.ASCII)
_MAINLAND_SUFFIX = re.compile(r"/(\d{6})[-.](SH|SZ|SS|BJ)(?:[/?#]|\Z)", re.ASCII)
_NUMBER = {"SH": "1", "SZ": "0", "BJ": "0", "SS": "1"}
_QUOTE_HOSTS = (
    "quote.eastmoney.com", "webquoteklinepic.eastmoney.com", "webquotepic.eastmoney.com", "pifm.eastmoney.com", "data.eastmoney.com",
    "guba.eastmoney.com", "wap.eastmoney.com", "emweb.securities.eastmoney.com", "stockpage.10jqka.com.cn", "basic.10jqka.com.cn",
    "m.10jqka.com.cn", "finance.sina.com.cn", "vip.stock.finance.sina.com.cn", "stock.finance.sina.com.cn", "quotes.sina.cn",
    "image.sinajs.cn", "xueqiu.com", "gu.qq.com", "stockapp.finance.qq.com", "www.futunn.com", "www.cls.cn", "finance.yahoo.com",
)  # fmt: skip
_SIX_HOSTS = ("guba.eastmoney.com", "data.eastmoney.com", "stockpage.10jqka.com.cn", "basic.10jqka.com.cn", "m.10jqka.com.cn",
              "emweb.securities.eastmoney.com", "quote.eastmoney.com")  # fmt: skip


@lru_cache(maxsize=16384)
def of_quote_link(url: str) -> Target | None:
    """The security a quote page or chart image shows: Eastmoney, 同花顺, 新浪, 雪球, 腾讯, 富途, 财联社. None for any other address."""
    if len(url) > 500 or not (host := _HOST.match(url)):
        return None
    name = host[1].lower()
    if name not in _QUOTE_HOSTS:
        return None
    path = url[host.end() - 1 :]
    if m := _UNIFY.search(path):
        return of_market(m[1], m[2])
    if m := _BOARD.search(path):
        return of_market("90", m[1])
    if m := _INDEX_PAGE.search(path):
        return Target(f"{'0' if m[1].startswith('39') else '1'}.{m[1]}", None, "index")
    if m := _PREFIXED.search(path):
        return of_market(_NUMBER[m[1].upper()], m[2])
    if m := _MAINLAND_SUFFIX.search(path):
        return of_market(_NUMBER[m[2]], m[1])
    if m := _HONG_KONG.search(path):
        return of_market("116", m[1])
    if m := _PICTURE_ID.search(path):
        return of_market("1" if m[2] == "1" else "0", m[1])
    if name in _SIX_HOSTS and (m := _SIX_IN_PATH.search(path)):
        target = of_bare_code(m[1])
        return target if target.security or target.kind else None
    if (m := _AMERICAN.search(path)) and SECURITY_ID.match(f"{m[1]}.US"):
        return Target(f"US.{m[1]}", f"{m[1]}.US")
    if name == "stockpage.10jqka.com.cn" and (m := re.match(r"/([A-Z]{1,5})/?\Z", path)):
        return Target(f"US.{m[1]}", f"{m[1]}.US")
    return None
