"""A code as people and vendors write it → our security id (``600519.SH``, ``00700.HK``, ``NIO.US``), and what a code says.

Nothing here looks anything up: a code is only read. Whether such a security exists is the universe's business.
"""

from __future__ import annotations

import re
import unicodedata

from newslink.errors import UnknownSecurity
from newslink.model import SECURITY_ID, Kind, market_of

# Eastmoney's market numbers; 0 is Shenzhen and Beijing, told apart by the code.
_EASTMONEY = {"1": "SH", "0": "SZ", "116": "HK", "105": "US", "106": "US", "107": "US"}
_SUFFIX = {
    "SH": "SH", "SS": "SH", "XSHG": "SH", "SSE": "SH", "SZ": "SZ", "SHE": "SZ", "XSHE": "SZ", "SZSE": "SZ", "BJ": "BJ", "BSE": "BJ",
    "HK": "HK", "HKG": "HK", "HKEX": "HK", "SEHK": "HK", "US": "US", "N": "US", "O": "US", "OQ": "US",
    "NYSE": "US", "NASDAQ": "US", "AMEX": "US",
}  # fmt: skip
_DIGITS_MARKET = re.compile(r"([0-9]{1,6})\.([A-Z]{2,4})\Z")
_MARKET_DIGITS = re.compile(r"(SH|SZ|BJ|HK|SEHK|HKEX)[.:]?([0-9]{1,6})\Z")
_EASTMONEY_CODE = re.compile(r"(0|1|105|106|107|116)[.,]([A-Z0-9_.-]{1,12})\Z")
_TICKER_MARKET = re.compile(r"([A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z]{1,3})?)\.([A-Z]{1,6})\Z")
_MARKET_TICKER = re.compile(r"(?:NYSE|NASDAQ|AMEX|US):([A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z]{1,3})?)\Z")
_TICKER = re.compile(r"\$?([A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z]{1,3})?)\Z")
_SHARE_CLASS = re.compile(r"[-_]([A-C])\.US\Z")
_HK_INDEX = {"HSI", "HSCEI", "HSTECH", "HSCCI"}
_FUND_HEADS = {"SH": ("50", "51", "52", "53", "55", "56", "58"), "SZ": ("15", "16", "18")}


def exchange_of_digits(code: str) -> str | None:
    """``SH``, ``SZ`` or ``BJ`` for a six-digit mainland code, by the exchanges' ranges; None where no range holds it."""
    if code.startswith(("60", "68", "90", "5")):
        return "SH"
    if code.startswith(("920", "43", "81", "82", "83", "87", "88")):
        return "BJ"
    if code.startswith(("00", "30", "20", "15", "16", "18", "39")):
        return "SZ"
    return None


def kind_of(security: str) -> Kind:
    """What the code itself says the security is. US funds cannot be told from stocks by their code."""
    code, _, market = security.rpartition(".")
    if (
        (market == "SH" and code.startswith("000"))
        or (market == "SZ" and code.startswith("399"))
        or (market == "HK" and not code.isdigit())
        or (market == "BJ" and code.startswith("899"))
    ):
        return Kind.INDEX
    if code.startswith(_FUND_HEADS.get(market, ("/",))):
        return Kind.FUND
    return Kind.STOCK


def parse_security_id(text: str) -> str:
    """The id a code stands for: ``600519``, ``SH600519``, ``600519.SS``, ``0700.HK``, ``00700``, ``BABA``, ``NYSE:NIO``, ``1.600519``.

    Six bare digits are a mainland code, one to five are a Hong Kong code. Raises UnknownSecurity where nothing can be meant.
    """
    code = unicodedata.normalize("NFKC", text).strip().upper() if len(text) <= 64 else ""
    code = code.replace("^", "-P").replace("/", ".")  # how Nasdaq's lists write preferred shares and share classes
    found = _read(code) if code.isascii() else None
    if found and found.endswith(".US"):
        found = _SHARE_CLASS.sub(r".\1.US", found)  # BRK_A, BRK-A and BRK.A are one
    if found is None or not SECURITY_ID.match(found):
        raise UnknownSecurity(text[:64])
    return found


def _read(code: str) -> str | None:
    if code.isdigit():
        if len(code) == 6:
            market = exchange_of_digits(code)
            return f"{code}.{market}" if market else None
        return _digits(code, "HK") if len(code) <= 5 else None
    if m := _EASTMONEY_CODE.match(code):
        market = _EASTMONEY[m[1]]
        # 0.700 would be no Eastmoney code: theirs are complete.
        if market == "US":
            return f"{m[2]}.US"
        return _digits(m[2], "BJ" if m[1] == "0" and exchange_of_digits(m[2]) == "BJ" else market, complete=True)
    if m := _DIGITS_MARKET.match(code):
        return _digits(m[1], _SUFFIX.get(m[2], ""))
    if m := _MARKET_DIGITS.match(code):
        return _digits(m[2], _SUFFIX[m[1]])
    if m := _MARKET_TICKER.match(code):
        return f"{m[1]}.US"
    if m := _TICKER_MARKET.match(code):
        market = _SUFFIX.get(m[2])
        if market == "HK":
            return f"{m[1]}.HK" if m[1] in _HK_INDEX else None
        # BRK.B is a share class, NIO.N an exchange; a one-letter tail that is no exchange belongs to the ticker.
        if market == "US":
            return f"{m[1]}.US"
        return f"{code}.US" if len(m[2]) == 1 else None
    if m := _TICKER.match(code):
        return f"{m[1]}.HK" if m[1] in _HK_INDEX else f"{m[1]}.US"
    return None


def _digits(code: str, market: str, complete: bool = False) -> str | None:
    if not code.isdigit() or not market:
        return None
    if market == "HK":
        # Six digits with a leading zero are a padded Hong Kong code; 80700 is the renminbi counter, a code of its own.
        code = code[1:] if len(code) == 6 and code.startswith("0") else code
        if len(code) > 5 or (complete and len(code) != 5) or int(code) == 0:
            return None
        return f"{int(code):05d}.HK"
    return f"{code}.{market}" if len(code) == 6 and market in {"SH", "SZ", "BJ"} else None


def is_hong_kong_renminbi_counter(security: str) -> bool:
    """80700.HK trades 00700.HK in renminbi: the same company, the same share."""
    return market_of(security) == "HK" and security.startswith("8") and len(security) == 8
