"""The fake market-data world: ``start_world(truth)`` gives an environment under which akshare, unmodified, meets only this.

    with start_world() as world:
        subprocess.run([...], env={**os.environ, **world.environment})

`world.faults` takes `Fault`s while it runs; `world.seen` is every request that arrived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.loopback import lists
from tests.loopback.proxy import Answer, Fault, Proxy, Request
from tests.loopback.services import Services
from tests.loopback.truth import Truth, default_truth

__all__ = ["Fault", "Truth", "World", "default_truth", "start_world"]


class World:
    """truth may be changed while the world runs; services derive every answer from it anew."""

    def __init__(self, truth: Truth) -> None:
        self.truth, self.services = truth, Services(truth)
        self.proxy = Proxy(self.answer)

    @property
    def environment(self) -> dict[str, str]:
        return self.proxy.environment

    @property
    def faults(self) -> list[Fault]:
        return self.proxy.faults

    @property
    def seen(self) -> list[Request]:
        return self.proxy.seen

    def hosts(self) -> list[str]:
        return [request.host for request in self.seen]

    def answer(self, request: Request) -> Answer:
        host, path, says = request.host, request.path, self.services
        if host.endswith("eastmoney.com"):
            if path == "/api/qt/stock/kline/get":
                return says.eastmoney_kline(request)
            if path == "/api/qt/stock/trends2/get":
                return says.eastmoney_trends(request)
            if path == "/api/qt/clist/get":
                return says.eastmoney_hk_indices(request)
        if host == "proxy.finance.qq.com" and path.endswith("/newfqkline/get"):
            return says.tencent_kline(request)
        if host == "web.ifzq.gtimg.cn":
            return says.tencent_trend(request)
        if host.endswith(("sina.com.cn", "sina.cn")):
            return self.sina(request)
        if host == "query.sse.com.cn":
            return lists.sse(request)
        if host == "www.szse.cn":
            return lists.szse(request)
        if host == "www.swsresearch.com":
            return lists.shenwan(request)
        if host == "www.bse.cn":
            return lists.bse(request)
        return Answer("no such page", 404)

    def sina(self, request: Request) -> Answer:
        path, says = request.path, self.services
        if "getKLineData" in path:
            return says.sina_minutes(request)
        if "getAmountBySymbol" in path:
            return Answer(f"var KKE_ShareAmount_{request.query.get('symbol')}=" + '([{"date":"1990-01-01","amount":"100000.0000"}]);')
        if "getHKStockData" in path:
            return lists.hk(request)
        if "US_CategoryService.getList" in path:
            return lists.us(request)
        mainland = re.match(r"/realstock/company/(sh|sz|bj)(\d{6})/(.+)\Z", path)
        if mainland:
            security = f"{mainland[2]}.{mainland[1].upper()}"
            if mainland[3].endswith("klc_kl.js"):
                return says.sina_packed(security, f"KLC_KL_{mainland[1]}{mainland[2]}")
            return says.sina_fund_dividends(security) if security.startswith(("5", "1")) else says.sina_factors(security, "divide")
        hongkong = re.match(r"/stock/hkstock/(\w+)/(\w+)\.js\Z", path)
        if hongkong:
            security = f"{hongkong[1]}.HK"
            if hongkong[2] == "klc2_kl":
                return says.sina_packed(security, f"klc2_kl_{hongkong[1]}")
            return says.sina_factors(security, "multiply")
        american = re.match(r"/staticdata/us/([.\w]+)\Z", path)
        if american:
            return says.sina_packed({".INX": "SPX.US"}.get(american[1], f"{american[1]}.US"), "usdata")
        american = re.match(r"/us_stock/company/reinstatement/([.\w]+)_qfq\.js\Z", path)
        if american:
            return says.sina_factors(f"{american[1]}.US", "affine")
        return Answer("no such page", 404)


@contextmanager
def start_world(truth: Truth | None = None) -> Iterator[World]:
    """A running world; ends its threads and open requests when the block ends."""
    world = World(truth or default_truth())
    try:
        yield world
    finally:
        world.proxy.close()
