"""Images of an article on another host: nothing is asked for until the reader says so, then only the images of that article."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import ROOT, serve

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PICTURE = b"".join(
    (
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 20, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + b"\x80" * 40 for _ in range(20)))),
        _chunk(b"IEND", b""),
    )
)


@pytest.fixture
def host() -> Iterator[tuple[str, list[tuple[str, dict]]]]:
    """A host of images on the loopback and what it was asked: (path, headers)."""
    asked: list[tuple[str, dict]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            found = not self.path.startswith("/gone")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(PICTURE if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", asked  # another host than the dashboard: 127.0.0.1
    server.shutdown()
    server.server_close()


@pytest.fixture
def illustrated(tmp_path, host):
    """A dashboard over two articles with images."""
    address = host[0]
    html = {
        "一": f'<p>贵州茅台（600519）公告。</p><p><img src="{address}/one.png" alt="&lt;b&gt;图一&lt;/b&gt;"></p>'
        f'<img src="{address}/gone.png" alt="图二"><img src="javascript:alert(1)"><img src="data:image/png;base64,AAAA" onerror="window.__ran=1">',
        "二": f'<p>贵州茅台（600519）另一公告。</p><img src="{address}/two.png" alt="图三">',
    }
    rows = [
        {"id": name, "title": f"贵州茅台公告{name}", "html": body, "published_at": f"2022-05-1{day} 09:00:00", "source": "甲"}
        for day, (name, body) in enumerate(html.items())
    ]
    (tmp_path / "news.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    home = tmp_path / "home"
    environment = {**os.environ, "NEWSLINK_HOME": str(home)}
    environment.pop("NEWSLINK_STORE", None)
    command = [sys.executable, "-m", "newslink", "ingest", str(tmp_path / "news.jsonl")]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=300)
    yield from serve(home, NEWSLINK_OFFLINE="1")


def test_images_are_asked_for_when_the_reader_says_so_and_only_those_of_the_article(visit, illustrated, host):
    address, asked = host
    one = visit(illustrated)
    one.open("?code=600519.SH&from=2022-05-01&to=2022-05-31&day=2022-05-10")
    one.chart()
    button = one.page.get_by_role("button", name="显示 2 张图片（来自 localhost）")
    button.wait_for()
    one.page.wait_for_timeout(1_000)
    assert asked == [] and one.page.locator(".st-key-reader img").count() == 0

    button.click()
    one.page.wait_for_function("() => document.querySelector('.nl-images img')?.naturalWidth === 40")
    one.page.get_by_text(f"图片打不开： {address}/gone.png").wait_for()
    one.rest()
    assert sorted(path for path, _ in asked) == ["/gone.png", "/one.png"]
    assert [headers.get(name) for _, headers in asked for name in ("referer", "cookie")] == [None] * 4
    assert one.page.locator(".nl-images figcaption").first.inner_text() == "<b>图一</b>"
    one.shot("images")

    # Another article keeps its images to itself, and coming back one has to ask again.
    one.kline("k.pick(k.keep.places.at(-1))")
    one.page.wait_for_url("**day=2022-05-11**")
    one.page.get_by_role("button", name="显示 1 张图片（来自 localhost）").wait_for()
    one.rest()
    one.page.wait_for_timeout(500)
    assert sorted(path for path, _ in asked) == ["/gone.png", "/one.png"]
    assert one.page.locator(".st-key-reader img").count() == 0
    # They were asked for; nothing else was.
    assert set(one.foreign) == {f"{address}/one.png", f"{address}/gone.png"}
    one.foreign.clear()


def test_the_news_page_asks_as_well(visit, illustrated, host):
    address, asked = host
    one = visit(illustrated, locale="en-US")
    one.open("news")
    button = one.page.get_by_role("button", name="Show images (1, from localhost)")
    button.wait_for()
    assert asked == []
    button.click()
    one.page.wait_for_function("() => document.querySelector('.nl-images img')?.naturalWidth === 40")
    assert [path for path, _ in asked] == ["/two.png"] and one.foreign == [f"{address}/two.png"]
    one.foreign.clear()
