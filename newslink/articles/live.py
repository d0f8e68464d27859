"""akshare's news functions → items. The functions run elsewhere: a ``call`` is handed in that runs one in a process that can be killed.

| address | what | at once | time |
|---|---|---|---|
| em, cls, sina, ths, futu | newest flashes of one wire | 20 to 200 | Beijing |
| news | ``stock_news_em`` for every security of the watchlist | 10 each | Beijing |
| notices | exchange notices of the watchlist's A-shares, the last days | all | a day only |
| notices_all | exchange notices of all A-shares of a day | all | a day only |

A wire holds its newest items only and has no pages: when a poll shares nothing with the one before, items may be missing, and it says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newslink.articles.addresses import is_web_address
from newslink.articles.items import RawItem
from newslink.articles.source import Call, Poll, Rows, Source, SourceSpec, State, Tools, deadline_of, item_of
from newslink.errors import SourceError
from newslink.model import Rejection, market_of

# What the worker runs in place of its own child.
CHILD = Path(__file__).with_name("live_child.py")
BEIJING = ZoneInfo("Asia/Shanghai")
SECONDS = 45.0
_KEPT_KEYS = 400
_BRACKETED = re.compile(r"\A\s*【([^】]{2,120})】\s*")


@dataclass(frozen=True, slots=True)
class Wire:
    """One flash function. source: the medium's name. columns: our field → its column; several are joined by a blank."""

    function: str
    source: str
    columns: Mapping[str, tuple[str, ...]]
    interval: float
    arguments: Mapping[str, str] = None  # type: ignore[assignment]


_TEXT = {"title": ("标题",), "text": ("内容",), "published": ("发布时间",), "url": ("链接",)}
WIRES: dict[str, Wire] = {
    "em": Wire("stock_info_global_em", "东方财富快讯", {**_TEXT, "text": ("摘要",)}, 60.0, {}),
    "cls": Wire(
        "stock_info_global_cls",
        "财联社",
        {"title": ("标题",), "text": ("内容",), "published": ("发布日期", "发布时间")},
        60.0,
        {"symbol": "全部"},
    ),
    "sina": Wire("stock_info_global_sina", "新浪财经", {"text": ("内容",), "published": ("时间",)}, 60.0, {}),
    "ths": Wire("stock_info_global_ths", "同花顺", _TEXT, 60.0, {}),
    "futu": Wire("stock_info_global_futu", "富途", _TEXT, 60.0, {}),
}


def live_source(spec: SourceSpec, tools: Tools) -> Source:
    """The source named by spec.address. Raises SourceError for an unknown one or when nothing can call akshare."""
    if tools.call is None:
        raise SourceError(spec.name, "akshare cannot be called here")
    if spec.address in WIRES:
        wire = WIRES[spec.address]
        return WireSource(spec.name, wire, tools.call, spec.interval or wire.interval)
    if spec.address == "news":
        return StockNewsSource(spec.name, tools, spec.interval or 900.0)
    if spec.address in {"notices", "notices_all"}:
        return NoticeSource(spec.name, tools, spec.interval or 1800.0, everyone=spec.address == "notices_all")
    raise SourceError(spec.name, f"akshare offers {', '.join([*WIRES, 'news', 'notices', 'notices_all'])}; found {spec.address[:80]!r}")


class WireSource:
    """The newest flashes of one wire."""

    kind = "akshare"

    def __init__(self, name: str, wire: Wire, call: Call, interval: float) -> None:
        self.name, self.wire, self.call, self.interval = name, wire, call, interval

    def poll(self, state: State) -> Poll:
        rows = self.call(self.wire.function, self.wire.arguments or {}, SECONDS)
        if not rows:
            raise SourceError(self.name, f"{self.wire.function} answered without a single row")
        missing = [column for columns in self.wire.columns.values() for column in columns if column not in rows[0]]
        if missing:
            raise SourceError(self.name, f"{self.wire.function} answered without the column {missing[0]}")
        items, keys = [], []
        for row in rows:
            fields = {field: " ".join(str(row[c]) for c in columns if row.get(c)) for field, columns in self.wire.columns.items()}
            item = flash_item(self.name, fields | {"source": self.wire.source})
            if item is not None:
                items.append(item)
                keys.append(item.locator.rpartition("#")[2])
        before = set(state.get("keys", ()))
        note = ""
        if before and not before.intersection(keys):
            note = f"nothing in common with the poll before: items may be missing; poll more often than every {self.interval:.0f} s"
        return Poll(items, {"keys": keys[:_KEPT_KEYS]}, note)


def flash_item(name: str, fields: Mapping[str, Any]) -> RawItem | None:
    """A flash as an item; None for one without words. A title printed in the text as ``【…】`` becomes the title where there is none."""
    row = {field: value for field, value in fields.items() if value}
    text = str(row.get("text", ""))
    if not row.get("title") and (m := _BRACKETED.match(text)):
        row["title"], row["text"] = m[1], text[m.end() :]
    if not row.get("title") and not row.get("text"):
        return None
    if "url" in row and not is_web_address(str(row["url"])):
        del row["url"]
    if row.get("url") and "eastmoney" not in str(row["url"]):
        row["id"] = row["url"]
    # Wires number their items in the address at best; the words and the minute are the key, so the same flash is the same item.
    words = re.sub(r"\s+", "", f"{row.get('title', '')}{row.get('text', '')}")
    key = hashlib.blake2b(f"{row.get('published', '')}\0{row.get('url') or words}".encode("utf-8", "replace"), digest_size=12).hexdigest()
    return item_of(f"akshare:{name}#{key}", row)


class StockNewsSource:
    """``stock_news_em`` for each security of the watchlist in turn. That an answer is about it is no gold: the linker reads the words.

    The search has answered with one company's news for every code. So an answer in which no row names the security, by code or by any of
    its names, is refused.
    """

    kind = "akshare"

    def __init__(self, name: str, tools: Tools, interval: float, seconds: float = SECONDS, at_once: int = 20) -> None:
        self.name, self.tools, self.interval, self.seconds, self.at_once = name, tools, interval, seconds, at_once

    def poll(self, state: State) -> Poll:
        """At most at_once securities, the next poll going on where this one ended; a failure of one does not lose the others."""
        watched = list(self.tools.watchlist())
        if not watched:
            return Poll(state=state, note="the watchlist is empty")
        start = int(state.get("next", 0)) % len(watched)
        chosen = (watched[start:] + watched[:start])[: self.at_once]
        items, problems = [], []
        left = deadline_of(self.seconds * 4)
        asked = 0
        for security in chosen:
            if left() <= 1:
                break
            asked += 1
            try:
                items += self._news(security, min(self.seconds, left()))
            except SourceError as error:
                problems.append(f"{security}: {error.reason}")
        if problems and len(problems) == asked:
            raise SourceError(self.name, "; ".join(problems[:3])[:500])
        return Poll(items, {"next": (start + asked) % len(watched)}, "; ".join(problems[:3])[:500])

    def _news(self, security: str, seconds: float) -> list[RawItem]:
        code, _, market = security.partition(".")
        names = [name for name in self.tools.names_of(security) if len(name) > 1]
        keyword = code if market in {"SH", "SZ", "BJ"} else (names[0] if names else code)
        assert self.tools.call is not None
        rows = self.tools.call("stock_news_em", {"symbol": keyword}, seconds)
        if not rows:
            return []
        named = [row for row in rows if _names(row, code, names)]
        if not named:
            raise SourceError(self.name, f"{len(rows)} rows, none of which names {security}: another company's news")
        return [item for row in rows if (item := self._item(row)) is not None]

    def _item(self, row: Mapping[str, Any]) -> RawItem | None:
        fields = {"title": row.get("新闻标题"), "text": row.get("新闻内容"), "published": row.get("发布时间")}
        return flash_item(self.name, fields | {"source": row.get("文章来源"), "url": row.get("新闻链接")})


def _names(row: Mapping[str, Any], code: str, names: Sequence[str]) -> bool:
    words = f"{row.get('新闻标题', '')} {row.get('新闻内容', '')}"
    return bool(re.search(rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])", words)) or any(name in words for name in names)


class NoticeSource:
    """Exchange notices: of the watchlist's A-shares, or of all. They know their day only, so they stand on the safe next session."""

    kind = "akshare"

    def __init__(self, name: str, tools: Tools, interval: float, everyone: bool, today: Callable[[], datetime] | None = None) -> None:
        self.name, self.tools, self.interval, self.everyone = name, tools, interval, everyone
        self._today = today or (lambda: datetime.now(UTC))

    def poll(self, state: State) -> Poll:
        today = self._today().astimezone(BEIJING).date()
        assert self.tools.call is not None
        items, problems, rows = [], [], []
        if self.everyone:
            rows = self.tools.call("stock_notice_report", {"symbol": "全部", "date": f"{today:%Y%m%d}"}, 120.0)
        else:
            watched = [security for security in self.tools.watchlist() if market_of(security) in {"SH", "SZ", "BJ"}]
            if not watched:
                return Poll(state=state, note="no A-share on the watchlist")
            since = today - timedelta(days=7)
            for security in watched:
                arguments = {"security": security.partition(".")[0], "symbol": "全部", "begin_date": f"{since}", "end_date": f"{today}"}
                try:
                    rows += self._of(security, self.tools.call("stock_individual_notice_report", arguments, SECONDS))
                except SourceError as error:
                    problems.append(f"{security}: {error.reason}")
            if len(problems) == len(watched):
                raise SourceError(self.name, "; ".join(problems[:3])[:500])
        for row in rows:
            items.append(self._item(row))
        return Poll(items, {"day": f"{today}"}, "; ".join(problems[:3])[:500])

    def _of(self, security: str, rows: Rows) -> Rows:
        """Only rows that say they are this security's."""
        code = security.partition(".")[0]
        mine = [row for row in rows if str(row.get("代码", "")).zfill(6) == code]
        if rows and not mine:
            raise SourceError(self.name, f"{len(rows)} notices, none of {security}: another company's")
        return mine

    def _item(self, row: Mapping[str, Any]) -> RawItem | Rejection:
        url, title = str(row.get("网址") or ""), str(row.get("公告标题") or "")
        code, name = str(row.get("代码") or "").zfill(6), str(row.get("名称") or "")
        locator = (
            f"akshare:{self.name}#{url.rpartition('/')[2].partition('.')[0] or hashlib.blake2b(title.encode(), digest_size=12).hexdigest()}"
        )
        if not title:
            return Rejection(locator, "a notice without a title")
        # The notice's own company is named in front, as in a newspaper: titles often say 公司 only.
        text = title if name and title.startswith(name) else f"{name}({code})：{title}"
        fields = {"title": text, "published": row.get("公告日期"), "source": "交易所公告", "category": row.get("公告类型"), "url": url}
        return item_of(locator, {**fields, "id": f"notice:{locator.rpartition('#')[2]}", "codes": [code]})
