"""Feeds: what is read from them, and what a hostile one cannot do."""

from __future__ import annotations

import gzip
import http.server
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.articles import feeds as module
from newslink.articles import parse
from newslink.articles.addresses import check_address
from newslink.articles.feeds import FeedSource, fetch, items_of_feed
from newslink.errors import SourceError
from newslink.model import Precision

URL = "https://example.com/feed.xml"
LOOPBACK = ["127.0.0.1"]


def rss(items: str, head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0"><channel><title>示例</title>{items}</channel></rss>'.encode()


def articles_of(content: bytes) -> list:
    return [parse(item) for item in items_of_feed(content, "示例订阅", URL)]


def test_an_entry_becomes_an_article_with_its_own_time_source_and_address() -> None:
    content = rss(
        "<item><title>宁德时代 &amp; 宝马</title><guid isPermaLink='false'>a-1</guid><link>https://example.com/1</link>"
        "<pubDate>Fri, 27 May 2022 09:47:41 GMT</pubDate><category>公司</category>"
        "<description>&lt;p&gt;宁德时代&lt;b&gt;定点&lt;/b&gt;。&lt;/p&gt;</description></item>"
    )
    (article,) = articles_of(content)
    assert article.title == "宁德时代 & 宝马"
    assert article.body == "宁德时代定点。"
    assert article.published == datetime(2022, 5, 27, 9, 47, 41, tzinfo=UTC)
    assert (article.precision, article.source, article.url, article.tags) == (
        Precision.SECOND,
        "示例订阅",
        "https://example.com/1",
        ("公司",),
    )


def test_atom_is_read_and_updated_stands_in_for_a_missing_published() -> None:
    content = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>示例</title><entry><id>urn:1</id><title>标题</title><updated>2022-05-27T09:47:41Z</updated>'
        '<link href="https://example.com/1"/><content type="html">&lt;p&gt;正文&lt;/p&gt;</content></entry></feed>'
    ).encode()
    (article,) = articles_of(content)
    assert (article.body, article.published) == ("正文", datetime(2022, 5, 27, 9, 47, 41, tzinfo=UTC))


def test_a_time_without_zone_is_beijings() -> None:
    (article,) = articles_of(rss("<item><title>标题</title><guid>1</guid><pubDate>2022-05-27 17:47:41</pubDate></item>"))
    assert article.published.astimezone(UTC) == datetime(2022, 5, 27, 9, 47, 41, tzinfo=UTC)


ENTRIES = "".join(
    f"<item><guid>{n}</guid><title>贵州茅台（600519）第{n}号公告</title><description>五粮液和宁德时代，第{n}段。</description></item>" for n in range(4)
)
PLACES = [at for at, letter in enumerate(ENTRIES) if ord(letter) > 127 and ENTRIES.rfind("<guid>", 0, at) == ENTRIES.index("<guid>2")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("place", PLACES)
def test_a_broken_byte_damages_its_own_entry_and_no_other(encoding: str, place: int) -> None:
    """An entry cut in the middle of a character, as publishers do that count bytes."""
    head, tail = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>示例</title>', "</channel></rss>"
    broken = (head + ENTRIES[:place]).encode(encoding) + ENTRIES[place].encode(encoding)[:1] + (ENTRIES[place + 1 :] + tail).encode(encoding)
    whole, found = articles_of((head + ENTRIES + tail).encode(encoding)), articles_of(broken)
    assert [(one.id, one.title, one.body) for one in found if one.id != whole[2].id] == [
        (one.id, one.title, one.body) for one in whole if one is not whole[2]
    ]
    assert found[2].id == whole[2].id and len(found) == 4


def test_chinese_that_declares_another_encoding_or_none_is_read() -> None:
    for says in ('<?xml version="1.0" encoding="utf-8"?>', '<?xml version="1.0"?>', ""):
        content = f'{says}<rss version="2.0"><channel><title>示例</title>{ENTRIES}</channel></rss>'.encode("gb18030")
        assert [one.title for one in articles_of(content)] == [f"贵州茅台（600519）第{n}号公告" for n in range(4)]


def test_an_edited_entry_keeps_its_place_and_changes_its_fingerprint() -> None:
    before, after = (items_of_feed(rss(f"<item><title>{t}</title><guid>g</guid></item>"), "x", URL)[0] for t in ("旧", "新"))
    assert before.locator == after.locator
    assert before.fingerprint != after.fingerprint


def test_links_that_are_no_web_address_are_dropped() -> None:
    (article,) = articles_of(rss("<item><title>标题</title><guid>1</guid><link>javascript:alert(1)</link></item>"))
    assert article.url == ""


def test_bytes_that_name_a_file_are_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss("<item><title>geheim</title><guid>1</guid></item>"))
    with pytest.raises(SourceError, match="not a feed"):
        items_of_feed(str(secret).encode(), "x", URL)


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    head = f'<!DOCTYPE rss [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    found = items_of_feed(rss("<item><title>x&e;y</title><guid>1</guid></item>", head), "x", URL)
    assert b"geheim" not in b"".join(item.raw for item in found)


def test_entities_that_multiply_end_soon_and_small() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{levels}]>'
    began = time.process_time()
    try:
        found = items_of_feed(rss("<item><title>&l9;</title><guid>1</guid></item>", head), "x", URL)
    except SourceError:
        found = []
    assert time.process_time() - began < 10
    assert sum(len(item.raw) for item in found) < 1_000_000


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda t: rss(f"<item><title>{t}</title><guid>1</guid></item>"))))
def test_no_bytes_raise_anything_but_our_error(content: bytes) -> None:
    try:
        for item in items_of_feed(content, "x", URL):
            parse(item)
    except SourceError:
        pass


# --- fetching -------------------------------------------------------------------------------------------------------------------------


class Server:
    """reply: (path, handler) → None; writes whatever it likes."""

    def __init__(self, reply: Callable[[str, http.server.BaseHTTPRequestHandler], None]) -> None:
        self.paths: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.paths.append(self.path)
                reply(self.path, self)

            def log_message(self, *words: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable]:
    monkeypatch.setenv("no_proxy", "*")
    servers = []

    def start(reply: Callable) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def send(handler: http.server.BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://2130706433/", "http://0x7f.1/", "http://[fd00::1]/",
        "http://224.0.0.1/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://100.64.0.1/",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_in_every_spelling(url: str) -> None:
    with pytest.raises(SourceError, match="not a public address|cannot be found"):
        check_address(url)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "//example.com/", "http://", "http://user:secret@example.com/"],
)
def test_other_schemes_and_passwords_are_refused(url: str) -> None:
    with pytest.raises(SourceError):
        check_address(url)
    if not url.startswith("http"):
        with pytest.raises(SourceError):
            FeedSource("x", url)


def test_a_redirect_to_a_private_address_is_not_followed(serve: Callable) -> None:
    inner = serve(lambda path, handler: send(handler, b"secret"))
    outer = serve(lambda path, handler: send(handler, b"", 302, Location=f"http://localhost:{inner.port}/admin"))
    with pytest.raises(SourceError, match="not a public address"):
        fetch(outer.url, allow=LOOPBACK)
    assert inner.paths == []


def test_a_redirect_to_a_file_is_not_followed(serve: Callable) -> None:
    outer = serve(lambda path, handler: send(handler, b"", 302, Location="file:///etc/passwd"))
    with pytest.raises(SourceError, match="http or https"):
        fetch(outer.url, allow=LOOPBACK)


def test_redirects_in_a_circle_end(serve: Callable) -> None:
    server = serve(lambda path, handler: send(handler, b"", 302, Location="/again"))
    with pytest.raises(SourceError, match="redirects"):
        fetch(server.url, allow=LOOPBACK)
    assert len(server.paths) == module.MAX_REDIRECTS + 1


def test_a_name_that_changes_its_mind_is_asked_once(serve: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one connected to: the second look-up, which would lead inside, never happens."""
    inside = serve(lambda path, handler: send(handler, b"secret"))
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]])
    real, tried = socket.create_connection, []

    def looked_up(host: str, port: int, *_: object, **__: object) -> list:
        return next(answers) if host == "rebind.test" else real_getaddrinfo(host, port, type=socket.SOCK_STREAM)

    real_getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(
        module.socket, "create_connection", lambda address, timeout: tried.append(address) or real(("127.0.0.1", inside.port))
    )
    assert fetch("http://rebind.test/", allow=["rebind.test"]).content == b"secret"
    assert tried == [("192.0.2.1", 80)]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_packed_body_that_unpacks_to_gigabytes_is_stopped_early(serve: Callable, encoding: str) -> None:
    pack = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(pack.compress(bytes(1 << 20)) for _ in range(200)) + pack.flush()
    assert len(bomb) < 300_000
    server = serve(lambda path, handler: send(handler, bomb, Content_Encoding=encoding))
    with pytest.raises(SourceError, match="unpacks to more than"):
        fetch(server.url, allow=LOOPBACK)


def test_a_packed_body_is_unpacked(serve: Callable) -> None:
    server = serve(lambda path, handler: send(handler, gzip.compress(b"hello" * 1000), Content_Encoding="gzip"))
    assert fetch(server.url, allow=LOOPBACK).content == b"hello" * 1000


def test_damaged_packing_and_unknown_packing_are_our_error(serve: Callable) -> None:
    for encoding, body in (("gzip", b"no gzip at all"), ("br", b"xx")):
        server = serve(lambda path, handler, e=encoding, b=body: send(handler, b, Content_Encoding=e))
        with pytest.raises(SourceError):
            fetch(server.url, allow=LOOPBACK)


@pytest.mark.parametrize("packing", [{}, {"Content_Encoding": "gzip"}, {"Content_Encoding": "deflate"}])
def test_a_body_that_ends_before_its_end_is_no_feed_and_its_etag_is_not_kept(serve: Callable, packing: dict[str, str]) -> None:
    whole = rss("".join(f"<item><title>标题{n}</title><guid>{n}</guid></item>" for n in range(50)))
    packed = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}[packing.get("Content_Encoding", "")](whole)
    sent = [len(packed) // 2, len(packed)]

    def reply(path: str, handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"ETag": '"1"', "Content-Length": str(len(packed)), **packing}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(packed[: sent.pop(0)])

    source = FeedSource("示例订阅", serve(reply).url, allow=LOOPBACK)
    with pytest.raises(SourceError, match="broke off"):
        source.poll({})
    assert len(list(source.poll({}).items)) == 50


def test_a_feed_cut_short_without_an_announced_length_is_asked_for_again(serve: Callable) -> None:
    whole = rss("".join(f"<item><guid>{n}</guid><title>标题{n}</title></item>" for n in range(50)))
    asked = []

    def reply(path: str, handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers.get("If-None-Match"))
        handler.send_response(304 if asked[-1] else 200)
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        if not asked[-1]:
            handler.wfile.write(whole[: len(whole) // 2] if len(asked) == 1 else whole)

    source = FeedSource("示例订阅", serve(reply).url, allow=LOOPBACK)
    state: dict = {}
    brought = []
    for _ in range(3):
        poll = source.poll(state)
        brought.append(len(list(poll.items)))
        state = dict(poll.state)
    assert 0 < brought[0] < 50 and brought[1:] == [50, 0]
    assert asked == [None, None, '"1"']


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.71, 0.9, 0.97, 0.999])
def test_half_an_entry_never_stands_for_the_whole_one(serve: Callable, share: float) -> None:
    entries = {f"{n}": f"贵州茅台第{n}号公告全文标题" for n in range(20)}
    whole = rss("".join(f"<item><guid>{id}</guid><title>{title}</title></item>" for id, title in entries.items()))

    def reply(path: str, handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(whole[: int(len(whole) * share)])

    source = FeedSource("示例订阅", serve(reply).url, allow=LOOPBACK)
    try:
        found = list(source.poll({}).items)
    except SourceError:
        assert share < 0.1  # not one whole entry
        return
    titles = [parse(item).title for item in found]
    assert titles == list(entries.values())[: len(titles)] and len(titles) >= int(20 * share) - 2


def test_packing_that_ends_early_in_a_body_of_the_announced_length_is_noticed(serve: Callable) -> None:
    half = gzip.compress(bytes(range(256)) * 100)[:200]
    server = serve(lambda path, handler: send(handler, half, Content_Encoding="gzip"))
    with pytest.raises(SourceError, match="broke off"):
        fetch(server.url, allow=LOOPBACK)


def test_a_body_without_end_is_cut_off(serve: Callable) -> None:
    def pour(path: str, handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(bytes(1 << 20))
        except OSError:
            pass

    with pytest.raises(SourceError, match="sent more than"):
        fetch(serve(pour).url, allow=LOOPBACK)


def test_a_slow_drip_ends_with_the_time_allowed(serve: Callable) -> None:
    def drip(path: str, handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(400):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    began = time.monotonic()
    with pytest.raises(SourceError):
        fetch(serve(drip).url, seconds=1.0, allow=LOOPBACK)
    assert time.monotonic() - began < 5


def test_what_has_not_changed_is_not_sent_again_and_patience_is_heard(serve: Callable) -> None:
    def reply(path: str, handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == '"1"':
            send(handler, b"", 304)
        else:
            send(handler, rss("<item><title>标题</title><guid>1</guid></item>"), ETag='"1"', Last_Modified="Fri, 27 May 2022 09:47:41 GMT")

    source = FeedSource("x", serve(reply).url, allow=LOOPBACK)
    first = source.poll({})
    assert len(list(first.items)) == 1
    again = source.poll(first.state)
    assert list(again.items) == []
    assert again.state == first.state
    busy = serve(lambda path, handler: send(handler, b"", 429, Retry_After="120"))
    with pytest.raises(SourceError) as failure:
        FeedSource("x", busy.url, allow=LOOPBACK).poll({})
    assert failure.value.retry_after == 120.0


def test_a_web_page_instead_of_a_feed_is_said_to_be_one(serve: Callable) -> None:
    server = serve(lambda path, handler: send(handler, "<!doctype html><html><body>请登录</body></html>".encode()))
    with pytest.raises(SourceError, match="not a feed"):
        FeedSource("x", server.url, allow=LOOPBACK).poll({})
