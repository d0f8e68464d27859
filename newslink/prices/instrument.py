"""Security id → what kind of thing it is on its exchange: kind, board, price tick. Pure, from the code ranges of the exchanges.

Codes alone decide, because providers keep indices and stocks in separate code spaces: ``000001.SZ`` is a bank, ``000001.SH`` is the
Shanghai composite, and asking a stock endpoint for ``000300`` would bring a Shenzhen stock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newslink.errors import UnknownSecurity
from newslink.model import SECURITY_ID, Kind, market_of

# Ours → the providers' names of an index. Only indices with one meaning; a US ticker never collides with these.
US_INDICES = {"SPX.US": ".INX", "INX.US": ".INX", "DJI.US": ".DJI", "IXIC.US": ".IXIC", "NDX.US": ".NDX"}
US_INDEX_NAMES = {"SPX.US": "标普500", "INX.US": "标普500", "DJI.US": "道琼斯", "IXIC.US": "纳斯达克"}


class Board(StrEnum):
    """Decides the daily price limit."""

    MAIN = "main"
    CHINEXT = "chinext"
    STAR = "star"
    BSE = "bse"
    FUND = "fund"
    B_SHARE = "b_share"
    NONE = "none"  # no daily limit: indices, Hong Kong, US


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the code says. tick: smallest price step in the trading currency; None where it depends on the price (Hong Kong)."""

    id: str
    code: str
    market: str
    kind: Kind
    board: Board
    tick: float | None

    @property
    def mainland(self) -> bool:
        return self.market in ("SH", "SZ", "BJ")

    @property
    def prefixed(self) -> str:
        """``sh600519``: the way Sina and Tencent write mainland codes."""
        return f"{self.market.lower()}{self.code}"


def instrument(security: str) -> Instrument:
    """The instrument behind an id such as ``600519.SH``. Raises UnknownSecurity when the id is not well formed."""
    if not SECURITY_ID.match(security):
        raise UnknownSecurity(security)
    code, market = security.rpartition(".")[0], market_of(security)
    kind, board, tick = Kind.STOCK, Board.NONE, None
    if market == "SH":
        if code.startswith(("000", "930", "931", "932")):
            kind, board, tick = Kind.INDEX, Board.NONE, None
        elif code.startswith("5"):
            kind, board, tick = Kind.FUND, Board.FUND, 0.001
        elif code.startswith("900"):
            board, tick = Board.B_SHARE, 0.001
        else:
            board, tick = (Board.STAR if code.startswith(("688", "689")) else Board.MAIN), 0.01
    elif market == "SZ":
        if code.startswith(("399", "980", "970")):
            kind = Kind.INDEX
        elif code.startswith(("15", "16", "18")):
            kind, board, tick = Kind.FUND, Board.FUND, 0.001
        elif code.startswith("200"):
            board, tick = Board.B_SHARE, 0.01
        else:
            board, tick = (Board.CHINEXT if code.startswith(("300", "301", "302")) else Board.MAIN), 0.01
    elif market == "BJ":
        if code.startswith("899"):
            kind = Kind.INDEX
        else:
            board, tick = Board.BSE, 0.01
    elif market == "HK":
        kind = Kind.INDEX if code.startswith("HS") else Kind.STOCK
    elif security in US_INDICES:
        kind = Kind.INDEX
    else:
        tick = 0.01
    return Instrument(security, code, market, kind, board, tick)
