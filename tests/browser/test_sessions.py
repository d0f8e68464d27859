"""Many sessions on one server at once: what one of them chose is never seen by another."""

from __future__ import annotations

import asyncio
import random
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest
import websockets

from benchmarks.screen_sessions import Analyst

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

SECURITIES = {"300750.SZ": "宁德时代", "600519.SH": "贵州茅台", "688111.SH": "金山办公", "600160.SH": "巨化股份"}
WORDS = {"zh": "收录", "en": "Received"}


async def one_session(url: str, number: int, rounds: int) -> Analyst:
    """Filters changed at random, all the time beside the others; everything the server said is kept."""
    security = list(SECURITIES)[number % 4]
    one = Analyst(url, security, random.Random(number), f"&lang={('zh', 'en')[number % 2]}&ind={('macd', 'rsi')[number // 2 % 2]}")
    async with websockets.connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit"], max_size=None
    ) as one.socket:
        await one.ask()
        await one.ask("filters", True)
        for _ in range(rounds):
            await one.change()
    return one


def test_sessions_at_once_each_see_only_what_is_theirs(sample):
    async def together() -> list[Analyst]:
        return await asyncio.gather(*(one_session(sample.url, number, 6) for number in range(8)))

    # In a thread: the browser tests of this process share a driver whose loop runs in this one.
    with ThreadPoolExecutor(1) as alone:
        analysts = alone.submit(lambda: asyncio.run(together())).result()
    for number, one in enumerate(analysts):
        lines = [text for text in one.said if "nl-quote" in text and "<style" not in text]
        quotes = [re.search(r"<b>(.*?)</b><small>(.*?)</small>", text).groups() for text in lines]
        assert len(quotes) == 7 and set(quotes) == {(SECURITIES[one.security], one.security)}
        # The address the server writes: this session's security, language and panels, whatever the others chose meanwhile.
        written = parse_qs(one.address)
        assert (written["code"], written["lang"], written["ind"]) == (
            [one.security],
            [("zh", "en")[number % 2]],
            [("macd", "rsi")[number // 2 % 2]],
        )
        mine, others = WORDS[("zh", "en")[number % 2]], WORDS[("en", "zh")[number % 2]]
        assert all(mine in text and others not in text for text in lines)
