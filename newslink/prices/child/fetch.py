"""Name of a request and its arguments → the tables akshare gives, as they come. Network and no logic; parsing is the parent's.

Every function takes the akshare module first. A second request that only helps (a factor table for the reference prices) goes through
``perhaps``: when it fails, the bars still stand and the parser says which reference prices it cannot know.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from newslink.prices.child import facts, guard


def perhaps(fetch: Callable[[], object]) -> object | None:
    """The result, or None when this helping request failed. Its refusal is not the main request's."""
    kept = guard.NOTES.refused
    try:
        return fetch()
    except Exception:
        return None
    finally:
        guard.NOTES.refused = kept


def sina_factors(ak, symbol: str) -> object | None:
    return perhaps(lambda: ak.stock_zh_a_daily(symbol=symbol, adjust="qfq-factor"))


def tencent_daily(ak, symbol: str, start: str, end: str, factors: bool = True) -> dict:
    bars = ak.stock_zh_a_hist_tx(symbol=symbol, start_date=start, end_date=end, adjust="")
    dividends = facts.tencent_dividends(guard.NOTES.texts, symbol)
    # The factor table is another service's: it is asked for where something happened, where nothing is known, and for long windows.
    happened = dividends is None or any(start <= day <= end for day, _ in dividends)
    wanted = factors and (happened or int(end[:4]) - int(start[:4]) > 1)
    return {"bars": bars, "dividends": dividends, "factors": sina_factors(ak, symbol) if wanted else None}


def tencent_index(ak, symbol: str, start: str, end: str) -> dict:
    return {"bars": ak.stock_zh_index_daily_tx(symbol=symbol, start_date=start, end_date=end)}


def sina_daily(ak, symbol: str) -> dict:
    # The whole history on purpose: with a window akshare lets share-change days through as rows that repeat the day before.
    bars = ak.stock_zh_a_daily(symbol=symbol, start_date="19900101", end_date="21000118", adjust="")
    echo = facts.sina_symbol(guard.NOTES.texts)
    return {"bars": bars, "echo": echo, "factors": ak.stock_zh_a_daily(symbol=symbol, adjust="qfq-factor")}


def sina_cdr(ak, symbol: str) -> dict:
    bars = ak.stock_zh_a_cdr_daily(symbol=symbol, start_date="19900101", end_date="22201116")
    return {"bars": bars, "echo": facts.sina_symbol(guard.NOTES.texts), "factors": sina_factors(ak, symbol)}


def sina_index(ak, symbol: str) -> dict:
    return {"bars": ak.stock_zh_index_daily(symbol=symbol), "echo": facts.sina_symbol(guard.NOTES.texts)}


def sina_fund(ak, symbol: str) -> dict:
    bars = ak.fund_etf_hist_sina(symbol=symbol)
    echo = facts.sina_symbol(guard.NOTES.texts)
    return {"bars": bars, "echo": echo, "dividends": perhaps(lambda: ak.fund_etf_dividend_sina(symbol=symbol))}


def sina_hk(ak, symbol: str) -> dict:
    bars = ak.stock_hk_daily(symbol=symbol, adjust="")
    return {"bars": bars, "factors": perhaps(lambda: ak.stock_hk_daily(symbol=symbol, adjust="qfq-factor"))}


def sina_hk_index(ak, symbol: str) -> dict:
    return {"bars": ak.stock_hk_index_daily_sina(symbol=symbol)}


def sina_us(ak, symbol: str) -> dict:
    bars = ak.stock_us_daily(symbol=symbol, adjust="")  # fetches the factor file too, and drops it
    return {"bars": bars, "factors": facts.sina_us_factors(guard.NOTES.texts)}


def sina_us_index(ak, symbol: str) -> dict:
    return {"bars": ak.index_us_stock_sina(symbol=symbol)}


def eastmoney_daily(ak, symbol: str, start: str, end: str, prefixed: str = "") -> dict:
    bars = ak.stock_zh_a_hist(symbol=symbol, period="daily", start_date=start, end_date=end, adjust="")
    echo = facts.eastmoney_echo(guard.NOTES.texts)
    # Raw rows compute their change from the raw last close even on ex-dates; only the adjusted series shows where they are.
    adjusted = perhaps(lambda: ak.stock_zh_a_hist(symbol=symbol, period="daily", start_date=start, end_date=end, adjust="qfq"))
    return {"bars": bars, "echo": echo, "adjusted": adjusted, "factors": sina_factors(ak, prefixed) if prefixed else None}


def eastmoney_fund(ak, symbol: str, start: str, end: str) -> dict:
    bars = ak.fund_etf_hist_em(symbol=symbol, period="daily", start_date=start, end_date=end, adjust="")
    echo = facts.eastmoney_echo(guard.NOTES.texts)
    adjusted = perhaps(lambda: ak.fund_etf_hist_em(symbol=symbol, period="daily", start_date=start, end_date=end, adjust="qfq"))
    return {"bars": bars, "echo": echo, "adjusted": adjusted}


def eastmoney_index(ak, symbol: str, start: str, end: str) -> dict:
    bars = ak.stock_zh_index_daily_em(symbol=symbol, start_date=start, end_date=end)
    return {"bars": bars, "echo": facts.eastmoney_echo(guard.NOTES.texts)}


def eastmoney_hk(ak, symbol: str, start: str, end: str) -> dict:
    bars = ak.stock_hk_hist(symbol=symbol, period="daily", start_date=start, end_date=end, adjust="")
    echo = facts.eastmoney_echo(guard.NOTES.texts)
    adjusted = perhaps(lambda: ak.stock_hk_hist(symbol=symbol, period="daily", start_date=start, end_date=end, adjust="qfq"))
    return {"bars": bars, "echo": echo, "adjusted": adjusted}


def eastmoney_hk_index(ak, symbol: str) -> dict:
    bars = ak.stock_hk_index_daily_em(symbol=symbol)
    return {"bars": bars, "echo": facts.eastmoney_echo(guard.NOTES.texts)}


def eastmoney_us(ak, symbol: str, start: str, end: str) -> dict:
    """The exchange is part of the code (105 Nasdaq, 106 NYSE, 107 AMEX) and nothing cheap tells it: three tries at most."""
    for exchange in ("105", "106", "107"):
        try:
            bars = ak.stock_us_hist(symbol=f"{exchange}.{symbol}", period="daily", start_date=start, end_date=end, adjust="")
        except TypeError:
            if not facts.eastmoney_unknown(guard.NOTES.texts[-1:]):
                raise
            continue
        echo = facts.eastmoney_echo(guard.NOTES.texts[-1:])
        adjusted = perhaps(
            lambda exchange=exchange: ak.stock_us_hist(
                symbol=f"{exchange}.{symbol}", period="daily", start_date=start, end_date=end, adjust="qfq"
            )
        )
        return {"bars": bars, "echo": echo, "adjusted": adjusted}
    return {"bars": None}


def eastmoney_us_index(ak, symbol: str) -> dict:
    return {"bars": ak.index_global_hist_em(symbol=symbol), "echo": facts.eastmoney_echo(guard.NOTES.texts)}


def eastmoney_minute(ak, symbol: str, period: str) -> dict:
    return {"bars": ak.stock_zh_a_hist_min_em(symbol=symbol, period=period, adjust=""), "echo": facts.eastmoney_echo(guard.NOTES.texts)}


def eastmoney_fund_minute(ak, symbol: str, period: str) -> dict:
    return {"bars": ak.fund_etf_hist_min_em(symbol=symbol, period=period, adjust=""), "echo": facts.eastmoney_echo(guard.NOTES.texts)}


def eastmoney_hk_minute(ak, symbol: str, period: str) -> dict:
    return {"bars": ak.stock_hk_hist_min_em(symbol=symbol, period=period, adjust=""), "echo": facts.eastmoney_echo(guard.NOTES.texts)}


def eastmoney_us_minute(ak, symbol: str) -> dict:
    for exchange in ("105", "106", "107"):
        try:
            bars = ak.stock_us_hist_min_em(symbol=f"{exchange}.{symbol}")
            return {"bars": bars, "echo": facts.eastmoney_echo(guard.NOTES.texts[-1:])}
        except TypeError:
            if not facts.eastmoney_unknown(guard.NOTES.texts[-1:]):
                raise
    return {"bars": None}


def sina_minute(ak, symbol: str, period: str) -> dict:
    return {"bars": ak.stock_zh_a_minute(symbol=symbol, period=period, adjust="")}


def listing(ak, name: str) -> dict:
    """One of the exchanges' or services' lists of securities; names in LISTS."""
    for function in (ak.stock_info_sh_name_code, ak.get_us_stock_name):
        # akshare keeps first answers for as long as the process lives, and this one may live for days.
        for kept in vars(sys.modules[function.__module__]).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()
    return {"rows": LISTS[name](ak)}


LISTS = {
    "sse": lambda ak: ak.stock_info_sh_name_code(symbol="主板A股"),
    "sse_star": lambda ak: ak.stock_info_sh_name_code(symbol="科创板"),
    "szse": lambda ak: ak.stock_info_sz_name_code(symbol="A股列表"),
    "bse": lambda ak: ak.stock_info_bj_name_code(),
    "sse_delisted": lambda ak: ak.stock_info_sh_delist(symbol="全部"),
    "szse_delisted": lambda ak: ak.stock_info_sz_delist(symbol="终止上市公司"),
    "szse_renamed": lambda ak: ak.stock_info_sz_change_name(symbol="简称变更"),
    "hk": lambda ak: ak.stock_hk_spot(),
    "us": lambda ak: ak.get_us_stock_name(),
    "sw": lambda ak: ak.stock_industry_clf_hist_sw(),
}

# The only names the child answers to: the request names a key of this, never a function.
REQUESTS: dict[str, Callable] = {
    function.__name__: function
    for function in (
        tencent_daily, tencent_index, sina_daily, sina_cdr, sina_index, sina_fund, sina_hk, sina_hk_index, sina_us, sina_us_index,
        eastmoney_daily, eastmoney_fund, eastmoney_index, eastmoney_hk, eastmoney_hk_index, eastmoney_us, eastmoney_us_index,
        eastmoney_minute, eastmoney_fund_minute, eastmoney_hk_minute, eastmoney_us_minute, sina_minute, listing,
    )
}  # fmt: skip
SAFE = re.compile(r"[0-9A-Za-z一-鿿 ._:\-]{0,40}\Z")


def checked(arguments: dict) -> dict:
    """The arguments, when they are what a code or a date can look like. They end up in URLs."""
    for name, value in arguments.items():
        if not isinstance(value, bool) and not (isinstance(value, str) and SAFE.match(value)):
            raise ValueError(f"argument {name} is not a code or a date")
    return arguments
