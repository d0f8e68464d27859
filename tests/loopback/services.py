"""One truth → what Eastmoney, Tencent and Sina say about it, in their own shapes, units and ways of adjusting."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from tests.loopback.klc import pack
from tests.loopback.proxy import Answer, Request
from tests.loopback.truth import INDICES, Truth, ex_dates

BSE_CODES = ("4", "8", "92")
FUNDS = ("5", "15")
US_EXCHANGES = {"NIO": "106", "BABA": "106"}


class Services:
    """tencent_sz000_lots: whether Tencent counts sz000 in lots. stream_prevclose: whether Sina's packed bars carry the reference price.

    packed: cache of the packed strings, which are slow to make: securities that share a frame share one.
    """

    def __init__(self, truth: Truth) -> None:
        self.truth, self.tencent_sz000_lots, self.stream_prevclose, self.packed = truth, True, True, {}

    # ------------------------------------------------------------------ Eastmoney
    def of_secid(self, secid: str) -> str:
        market, _, code = secid.partition(".")
        if market == "1":
            return f"{code}.SH"
        if market == "0":
            return f"{code}.{'BJ' if code.startswith(BSE_CODES) else 'SZ'}"
        if market == "116" or (market == "100" and code.startswith("HS")):
            return f"{code}.HK"
        if market == "100" or US_EXCHANGES.get(code, "105") == market:
            return f"{code}.US"
        return ""

    def eastmoney_kline(self, request: Request) -> Answer:
        query = request.query
        security = self.of_secid(query["secid"])
        if security not in self.truth.bars:
            return as_json({"rc": 100, "rt": 17, "svr": 1, "lt": 1, "full": 1, "dlmkts": "", "dsc": "0", "data": None})
        if query["klt"] not in ("101",):
            rows = self.minute_rows(security, int(query["klt"]))
            lines = [",".join([*row, "0.5", "0.10", "0.02", "0.01"]) for row in rows]
            return self.eastmoney_data(query["secid"], security, lines, 0)
        bars = self.truth.bars[security]
        prices = bars[["open", "close", "high", "low"]].to_numpy()
        if query.get("fqt") == "1" and security not in INDICES:
            prices = self.additive(security, prices)
        last = np.concatenate([[bars["prev_close"].iloc[0]], prices[:-1, 1]])
        begin, end = query.get("beg", "0"), query.get("end", "20500101")
        days = bars["session"].dt.strftime("%Y%m%d")
        inside = np.flatnonzero((days >= begin) & (days <= end))
        earlier = np.flatnonzero(days < begin)
        before = float(bars["close"].iloc[earlier[-1]]) if len(earlier) else 0.0
        decimals = 3 if security.startswith(FUNDS) else 2
        lots = 1 if security.endswith((".HK", ".US")) else 100
        fields = len(query["fields2"].split(","))
        wanted = 8 if fields == 8 else 14 if fields == 14 else 11
        dates, volume, amount = bars["session"].dt.strftime("%Y-%m-%d").tolist(), bars["volume"].tolist(), bars["amount"].tolist()
        lines = []
        for row in inside.tolist():
            opened, close, high, low = prices[row].tolist()
            change = close - last[row]
            line = [dates[row], *(f"{value:.{decimals}f}" for value in (opened, close, high, low))]
            line += [f"{round(volume[row] / lots)}", f"{amount[row]:.2f}", f"{(high - low) / last[row] * 100:.2f}"]
            line += [f"{change / last[row] * 100:.2f}", f"{change:.{decimals}f}", "0.45", "0", "0", "0"]
            lines.append(",".join(line[:wanted]))
        return self.eastmoney_data(query["secid"], security, lines, before or float(bars["prev_close"].iloc[0]))

    def eastmoney_data(self, secid: str, security: str, lines: list[str], before: float) -> Answer:
        market, _, code = secid.partition(".")
        data = {"code": code, "market": int(market), "name": self.truth.names.get(security, code), "decimal": 2, "dktotal": len(lines)}
        return as_json({"rc": 0, "rt": 17, "svr": 1, "lt": 1, "full": 0, "data": data | {"preKPrice": before, "klines": lines}})

    def additive(self, security: str, prices: np.ndarray) -> np.ndarray:
        """Eastmoney's way: older prices lose the cash and are divided by the growth of the shares, newest first."""
        adjusted = prices.copy()
        for event in ex_dates(self.truth, security):  # oldest first: each event maps what the earlier ones left
            adjusted[: event.row] = (adjusted[: event.row] - event.cash) / (1 + event.bonus)
        return np.round(adjusted, 3 if security.startswith(FUNDS) else 2)

    def eastmoney_trends(self, request: Request) -> Answer:
        security = self.of_secid(request.query["secid"])
        if security not in self.truth.bars:
            return as_json({"rc": 100, "data": None})
        rows = [",".join([*row, row[2]]) for row in self.minute_rows(security, 1, blind=True)]
        return as_json({"rc": 0, "data": {"code": request.query["secid"].partition(".")[2], "trends": rows}})

    def minute_rows(self, security: str, period: int, blind: bool = False) -> list[list[str]]:
        """Five sessions of straight lines open → high → low → close. blind: opens of past days are nought, as one-minute bars have them."""
        bars = self.truth.bars[security].tail(5)
        lots = 1 if security.endswith((".HK", ".US")) else 100
        rows = []
        for bar in bars.itertuples():
            path = np.interp(np.arange(0, 241), [0, 60, 150, 240], [bar.open, bar.high, bar.low, bar.close]).round(2)
            for at in range(period, 241, period):
                stretch = path[at - period : at + 1]
                minute = at if at <= 120 else at + 90
                clock = bar.session + pd.Timedelta(hours=9, minutes=30 + minute)
                opened = 0.0 if blind and bar.session != bars["session"].iloc[-1] else stretch[0]
                shares = bar.volume * period / 240
                numbers = [f"{opened:.2f}", f"{stretch[-1]:.2f}", f"{stretch.max():.2f}", f"{stretch.min():.2f}"]
                rows.append([f"{clock:%Y-%m-%d %H:%M}", *numbers, f"{round(shares / lots)}", f"{shares * stretch.mean():.2f}"])
        return rows

    def eastmoney_hk_indices(self, request: Request) -> Answer:
        row = {f"f{n}": 0 for n in (2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18)}
        return as_json({"data": {"total": 1, "diff": [row | {"f12": "HSI", "f13": 100, "f14": "恒生指数"}]}})

    # ------------------------------------------------------------------ Tencent
    def tencent_kline(self, request: Request) -> Answer:
        symbol, _, begin, end, count, _ = (request.query["param"].split(",") + [""] * 6)[:6]
        variable = request.query.get("_var", "kline_day")
        security = f"{symbol[2:]}.{symbol[:2].upper()}"
        if security not in self.truth.bars:
            return Answer(f"{variable}=" + json.dumps({"code": 0, "msg": "", "data": []}))
        bars = self.truth.bars[security]
        days = bars["session"].dt.strftime("%Y-%m-%d")
        rows = []
        index = security in INDICES
        lots = not symbol.startswith("sh688") and not (symbol.startswith("sz000") and not self.tencent_sz000_lots)
        events = {} if index else {event.day.isoformat(): event for event in ex_dates(self.truth, security)}
        inside = np.flatnonzero((days >= (begin or "0")) & (days <= (end or "9")))[-int(count or 640) :]
        figures = bars[["open", "close", "high", "low", "volume", "amount"]].to_numpy()
        for row in inside.tolist():
            day, (*four, volume, amount) = days.iloc[row], figures[row].tolist()
            line: list = [day, *(f"{price:.3f}" for price in four), f"{volume / (100 if lots else 1):.3f}"]
            if not index:
                line += [self.tencent_dividend(security, day, events.get(day)), "0.45", f"{amount / 10000:.2f}"]
            rows.append(line)
        data = {symbol: {"day": rows, "qt": {symbol: ["1"]}, "prec": "0", "version": "16"}}
        return Answer(f"{variable}=" + json.dumps({"code": 0, "msg": "", "data": data}, ensure_ascii=False))

    def tencent_dividend(self, security: str, day: str, event) -> dict:
        if event is None:
            return {}
        parts = ([f"转{event.bonus * 10:g}股"] if event.bonus else []) + ([f"派{event.cash * 10:.4f}".rstrip("0").rstrip(".") + "元"])
        words = self.truth.words.get((security, day), "10" + "".join(parts))
        return {"nd": day[:4], "fh_sh": f"{event.cash * 10:.4f}", "djr": day, "cqr": day, "FHcontent": words}

    def tencent_trend(self, request: Request) -> Answer:
        symbol = request.query["code"]
        bars = self.truth.bars.get(f"{symbol[2:]}.{symbol[:2].upper()}")
        first = [] if bars is None else [[f"{bars['session'].iloc[0]:%Y-%m-%d}", "1", "1"]]
        return Answer(f"{request.query['_var']}=" + json.dumps({"code": 0, "msg": "", "data": first}))

    # ------------------------------------------------------------------ Sina
    def sina_packed(self, security: str, variable: str) -> Answer:
        if security not in self.truth.bars:
            return Answer(f'var {variable}="";')
        bars = self.truth.bars[security]
        decimals, told = 3 if security.startswith(FUNDS) else 2, self.stream_prevclose and security.endswith((".SH", ".SZ", ".BJ"))
        key = (id(bars), decimals, told)
        if key not in self.packed:
            reference = bars["prev_close"] if told else [None] * len(bars)
            four = (bars[name] for name in ("open", "high", "low", "close"))
            rows = zip(bars["session"].dt.date, *four, reference, bars["volume"], bars["amount"].fillna(0), strict=True)
            self.packed[key] = bars, pack(rows, decimals)  # the frame is kept, so that its id is not given to another
        return Answer(f'var {variable}="{self.packed[key][1]}";')

    def sina_factors(self, security: str, way: str) -> Answer:
        """divide: adjusted = raw / f. multiply: raw * f. affine: raw * f + c. Newest first, and one entry for all that came before."""
        if security not in self.truth.bars:
            return Answer("null")
        rows, factor, shift = [], 1.0, 0.0
        for event in reversed(ex_dates(self.truth, security)):
            rows.append({"d": event.day.isoformat(), "f": f"{factor:.16f}"} | ({"c": f"{shift:.16f}"} if way == "affine" else {}))
            if way == "divide":
                factor *= event.last / event.reference
            elif way == "multiply":
                factor *= event.reference / event.last
            else:
                factor, shift = factor / (1 + event.bonus), shift - event.cash * factor / (1 + event.bonus)
        rows.append({"d": "1900-01-01", "f": f"{factor:.16f}"} | ({"c": f"{shift:.16f}"} if way == "affine" else {}))
        return Answer(f"var {security.replace('.', '').lower()}qfq=" + json.dumps({"total": len(rows), "data": rows}) + "\n/* k */")

    def sina_fund_dividends(self, security: str) -> Answer:
        paid, rows = 0.0, [{"date": "1900-01-01", "f": "1", "s": "0", "u": "0"}]
        for event in ex_dates(self.truth, security):
            paid += event.cash
            rows.append({"date": event.day.isoformat(), "f": "1", "s": "0", "u": f"{paid:.4f}"})
        return Answer("var x=" + json.dumps({"total": len(rows), "data": rows}) + "\n/* k */")

    def sina_minutes(self, request: Request) -> Answer:
        symbol = request.query["symbol"]
        security = f"{symbol[2:]}.{symbol[:2].upper()}"
        rows = []
        for when, opened, close, high, low, volume, amount in self.minute_rows(security, int(request.query["scale"])):
            shares = str(int(volume) * 100)
            rows.append({"day": f"{when}:00", "open": opened, "high": high, "low": low, "close": close, "volume": shares, "amount": amount})
        return Answer(f"/*<script>location.href='//sina.com';</script>*/\n=({json.dumps(rows)});")


def as_json(value: object) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False), type="application/json; charset=utf-8")
