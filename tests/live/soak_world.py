"""A clock and two places to write to → news of which every article is known: a folder that fills, and a feed that misbehaves by turns.

What was written stands in a ``Ledger``, so that afterwards every article can be asked for. Each broken thing is counted there too.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import random
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

NAMED = (("600519", "SH", "贵州茅台"), ("300750", "SZ", "宁德时代"), ("688111", "SH", "金山办公"), ("600160", "SH", "巨化股份"))
SECURITIES = tuple(f"{code}.{market}" for code, market, _ in NAMED)
WINDOW = 200  # entries a feed shows; far more than come during its longest outage


@dataclass(frozen=True, slots=True)
class Piece:
    """One article to be written. linked: it names a security with its code, so a link is certain."""

    id: str
    title: str
    text: str
    published: str
    linked: bool


def piece(stream: str, number: int) -> Piece:
    """The same words for the same number, and nothing in common between two: thousands of copies would be another test."""
    chance = random.Random(f"{stream}{number}")
    own = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(120))
    linked = number % 5 != 4
    code, _, name = NAMED[number % len(NAMED)]
    lead = f"{name}（{code}）" if linked else "天气"
    day, minute = number % 61, number % 1440
    published = f"2022-0{4 + day // 31}-{1 + day % 30:02d} {minute // 60:02d}:{minute % 60:02d}:00"
    return Piece(f"{stream}:{number}", f"{lead}{own[:24]}", f"{lead}{own[24:]}。", published, linked)


@dataclass
class Ledger:
    """What was written. twins: rows written a second time, which must not become second articles."""

    articles: dict[str, Piece] = field(default_factory=dict)
    broken: int = 0
    twins: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def linked(self) -> int:
        return sum(one.linked for one in list(self.articles.values()))


class FolderWriter:
    """Posts, files of JSON lines and one file that grows, at rate articles a second; every 20th brings an item that is none, every 15th a twin."""

    def __init__(self, folder: Path, ledger: Ledger, rate: float) -> None:
        self.folder, self.ledger, self.rate, self.number = folder, ledger, rate, 0
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, stop: threading.Event) -> None:
        """Until stop is set. Late wake-ups are made up for, so that the rate holds on a busy machine."""
        began, before = time.monotonic(), self.number
        while not stop.wait(0.25):
            while self.number < before + (time.monotonic() - began) * self.rate:
                self.write(3)

    def write(self, many: int) -> None:
        """many articles, in one of three ways by turns."""
        numbers = range(self.number, self.number + many)
        self.number += many
        pieces = [piece("soak", number) for number in numbers]
        way = numbers.start // many % 3
        if way == 0:
            for one in pieces:
                self._whole(f"{one.id.replace(':', '-')}.md", _post(one))
        else:
            lines = b"".join(map(_line, pieces))
            name = "growing.jsonl" if way == 1 else f"rows-{numbers.start}.jsonl"
            with (self.folder / name).open("ab") as file:
                file.write(lines)
        for number in numbers:
            if number % 20 == 7:
                self._broken(number)
            if number % 15 == 11:
                self._whole(f"twin-{number}.jsonl", _line(piece("soak", number // 2)))
                self.ledger.twins += 1
        self.ledger.articles |= {one.id: one for one in pieces}

    def _broken(self, number: int) -> None:
        if number % 40 == 7:
            self._whole(f"broken-{number}.md", f"{number} no front matter".encode())
        else:
            with (self.folder / "growing.jsonl").open("ab") as file:
                file.write(f'{{"number {number}": not json\n'.encode())
        self.ledger.broken += 1

    def _whole(self, name: str, content: bytes) -> None:
        hidden = self.folder / f".{name}"
        hidden.write_bytes(content)
        os.replace(hidden, self.folder / name)  # noqa: PTH105  the same call on every platform


def _post(one: Piece) -> bytes:
    return f"---\nlayout: post\nid: {one.id}\ntitle: {one.title}\ndate: {one.published}\n---\n<p>{one.text}</p>\n".encode()


def _line(one: Piece) -> bytes:
    row = {"id": one.id, "title": one.title, "text": one.text, "published": one.published, "source": "文件"}
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


class Feed:
    """An RSS feed on the loopback. Every third answer is a fault, each kind in its turn, until ``calm`` is set.

    Faulty answers carry the right ETag: a reader that keeps it without having read the feed never hears of the rest.
    """

    FAULTS = ("status", "cut", "truncated", "garbage", "reset", "drip", "busy")

    def __init__(self, ledger: Ledger, rate: float) -> None:
        self.ledger, self.rate, self.number = ledger, rate, 0
        self.calm, self.asked = threading.Event(), 0
        self.entries: list[Piece] = []
        feed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *words: object) -> None:
                pass

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    feed.answer(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, address: object) -> None:
                pass  # a reader that was killed in mid-answer

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/feed.xml"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def run(self, stop: threading.Event) -> None:
        """New entries at rate a second until stop is set."""
        began = time.monotonic()
        while not stop.wait(0.25):
            while self.number < (time.monotonic() - began) * self.rate:
                one = piece("feed", self.number)
                self.number += 1
                self.entries = [*self.entries, one][-WINDOW:]
                self.ledger.articles[one.id] = one

    def close(self) -> None:
        self.calm.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.asked += 1
        content = _rss(self.entries)
        etag = f'"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'
        if not self.calm.is_set() and self.asked % 3 == 0:
            kind = self.FAULTS[self.asked // 3 % len(self.FAULTS)]
            self.ledger.faults[kind] += 1
            self._fault(handler, kind, content, etag)
        elif handler.headers.get("If-None-Match") == etag:
            _head(handler, 304, etag, 0)
        else:
            _head(handler, 200, etag, len(content))
            handler.wfile.write(content)

    def _fault(self, handler: http.server.BaseHTTPRequestHandler, kind: str, content: bytes, etag: str) -> None:
        half = content[: len(content) // 2]
        if kind in {"status", "busy"}:
            handler.send_response(500 if kind == "status" else 503)
            handler.send_header("Retry-After", "2")
            handler.end_headers()
        elif kind == "garbage":
            noise = random.Random(self.asked).randbytes(20_000)
            _head(handler, 200, etag, len(noise))
            handler.wfile.write(noise)
        elif kind == "cut":  # as an old server ends: by closing, so nothing says that more was meant to come
            _head(handler, 200, etag, None)
            handler.wfile.write(half)
        elif kind == "truncated":
            _head(handler, 200, etag, len(content))
            handler.wfile.write(half)
        elif kind == "reset":
            _head(handler, 200, etag, len(content))
            handler.wfile.write(half[:100])
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            _head(handler, 200, etag, len(content))
            for at in range(120):
                handler.wfile.write(content[at : at + 1])
                handler.wfile.flush()
                if self.calm.wait(0.25):
                    return


def _head(handler: http.server.BaseHTTPRequestHandler, status: int, etag: str, length: int | None) -> None:
    handler.send_response(status)
    handler.send_header("ETag", etag)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.send_header("Content-Type", "application/rss+xml; charset=utf-8")
    handler.end_headers()


def _rss(entries: list[Piece]) -> bytes:
    items = "".join(
        f"<item><guid>{one.id}</guid><title>{escape(one.title)}</title><pubDate>{one.published}</pubDate>"
        f"<description>{escape(one.text)}</description></item>"
        for one in entries
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>示例</title>{items}</channel></rss>'.encode()
