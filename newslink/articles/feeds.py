"""An RSS or Atom feed → items. Fetching (bounded, never to private addresses) and reading (bytes already fetched) are apart."""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import urllib.request
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import strftime
from typing import Any
from urllib.parse import urljoin, urlsplit

from newslink.articles.addresses import check_address, is_web_address
from newslink.articles.decode import mended_xml
from newslink.articles.items import RawItem
from newslink.articles.source import Poll, State, deadline_of, item_of
from newslink.articles.times import parse_time
from newslink.errors import SourceError
from newslink.model import Precision

MAX_BYTES = 8 << 20  # as sent
MAX_UNPACKED = 32 << 20
MAX_REDIRECTS = 5
MAX_ENTRIES = 2000
SECONDS = 20.0
_AGENT = "newslink (feed reader)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """status 304: nothing new, content empty. headers: names in lower case. url: where the last redirect led."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    url: str


def fetch(
    url: str, source: str = "feed", seconds: float = SECONDS, allow: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> Fetched:
    """GET within seconds in all, at most MAX_BYTES sent and MAX_UNPACKED unpacked; every redirect is checked like the first address.

    The connection goes to the very address that was checked, so a name that changes its mind in between leads nowhere new.
    Raises SourceError; retry_after is set where the server asked for patience.
    """
    left = deadline_of(seconds)
    for _ in range(MAX_REDIRECTS + 1):
        addresses = check_address(url, allow, source)
        try:
            answer, connection = _get(url, addresses, left, headers or {})
        except (OSError, ssl.SSLError, http.client.HTTPException) as error:
            raise SourceError(
                source, f"{urlsplit(url).hostname} could not be reached: {type(error).__name__}: {str(error)[:200]}"
            ) from None
        try:
            said = {name.lower(): value for name, value in answer.getheaders()}
            if answer.status in {301, 302, 303, 307, 308} and said.get("location"):
                url = urljoin(url, said["location"])
                continue
            if answer.status == 304:
                return Fetched(304, b"", said, url)
            if answer.status != 200:
                raise SourceError(
                    source, f"{urlsplit(url).hostname} answered with status {answer.status}", _patience(said.get("retry-after"))
                )
            return Fetched(200, _body(answer, said.get("content-encoding", ""), left, source), said, url)
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise SourceError(source, f"{urlsplit(url).hostname} broke off: {type(error).__name__}: {str(error)[:200]}") from None
        finally:
            connection.close()
    raise SourceError(source, f"more than {MAX_REDIRECTS} redirects")


def _get(
    url: str, addresses: Sequence[str], left: Callable[[], float], headers: Mapping[str, str]
) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = "" if urllib.request.proxy_bypass(parts.hostname or "") else urllib.request.getproxies().get(parts.scheme, "")
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    if proxy:
        through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        connection = kind(through.hostname or "", through.port or 8080, timeout=max(0.1, left()))
        if secure:
            connection.set_tunnel(parts.hostname or "", port)
        else:
            path = f"http://{parts.netloc}{path}"
    else:
        connection = kind(parts.hostname or "", port, timeout=max(0.1, left()))
        # http.client connects to the name; we connect to an address that was checked. TLS still names and verifies the host.
        connection._create_connection = lambda _, timeout, bound: _connected(addresses, port, left)  # type: ignore[attr-defined]
    host = parts.netloc.rpartition("@")[2]
    connection.request("GET", path.encode("ascii", "ignore").decode(), headers={
        "Host": host, "User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate", "Connection": "close",
        "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5", **headers,
    })  # fmt: skip
    return connection.getresponse(), connection


def _connected(addresses: Sequence[str], port: int, left: Callable[[], float]) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses[:4]:
        try:
            return socket.create_connection((address, port), timeout=max(0.1, min(10.0, left())))
        except OSError as error:
            failure = error
    raise failure


def _body(answer: http.client.HTTPResponse, encoding: str, left: Callable[[], float], source: str) -> bytes:
    """All of the body, unpacked as it comes, so that a small answer that unpacks to gigabytes is stopped while it is small."""
    kinds = {"": None, "identity": None, "gzip": 31, "x-gzip": 31, "deflate": 15}
    if encoding.strip().lower() not in kinds:
        raise SourceError(source, f"packed as {encoding[:40]!r}, which was not asked for")
    wide = kinds[encoding.strip().lower()]
    unpack = zlib.decompressobj(wide) if wide else None
    parts, sent, size = [], 0, 0
    while True:
        if left() <= 0:
            raise SourceError(source, "was still sending when the time was up")
        if answer.fp is not None and getattr(answer.fp, "raw", None) is not None:
            sock = getattr(answer.fp.raw, "_sock", None)
            if sock is not None:
                sock.settimeout(max(0.1, min(10.0, left())))
        part = answer.read1(65536)
        if not part:
            break
        sent += len(part)
        if sent > MAX_BYTES:
            raise SourceError(source, f"sent more than {MAX_BYTES >> 20} MB")
        while part:
            plain = unpack.decompress(part, 1 << 20) if unpack else part
            part = unpack.unconsumed_tail if unpack else b""
            size += len(plain)
            if size > MAX_UNPACKED:
                raise SourceError(source, f"unpacks to more than {MAX_UNPACKED >> 20} MB")
            parts.append(plain)
    # The standard library takes an early end for the end, and half a feed kept with its ETag is never asked for again.
    if answer.length or (unpack and not unpack.eof):
        raise SourceError(source, "broke off before the end of what it announced")
    return b"".join(parts)


def _patience(said: str | None) -> float | None:
    if not said:
        return None
    if said.strip().isdigit():
        return min(float(said), 86_400.0)
    try:
        from datetime import UTC, datetime

        return max(0.0, min((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 86_400.0))
    except (TypeError, ValueError):
        return None


def items_of_feed(content: bytes, name: str, url: str) -> list[RawItem]:
    """The entries of a feed as items, in its order. Raises SourceError when it is no feed. Pure: nothing is fetched or opened.

    An entry's time is its published, else its updated time; one without zone is Beijing's, as everywhere here.
    """
    import feedparser

    # A stream, never the bytes themselves: feedparser takes bytes for the name of a file and opens it.
    feed = feedparser.parse(
        io.BytesIO(mended_xml(content)), response_headers={"content-location": url}, resolve_relative_uris=True, sanitize_html=False
    )
    if not feed.entries and not feed.get("version"):
        reason = str(feed.get("bozo_exception", "neither RSS nor Atom"))[:200]
        raise SourceError(name, f"not a feed: {reason}")
    return [item_of(f"{name}:{url}#{key}", row) for key, row in (_row(entry, name) for entry in feed.entries[:MAX_ENTRIES]) if row]


def _row(entry: Any, name: str) -> tuple[str, dict[str, Any]]:
    markup = next((part.get("value", "") for part in entry.get("content", ()) if part.get("value")), "") or entry.get("summary", "")
    link = str(entry.get("link", ""))
    url = link if is_web_address(link) else ""
    row: dict[str, Any] = {
        "title": entry.get("title", ""),
        "html": markup,
        "published": _time(entry, "published") or _time(entry, "updated"),
        "url": url,
        "source": (entry.get("source") or {}).get("title") or name,
        "tags": [tag.get("term", "") for tag in entry.get("tags", ())[:20] if tag.get("term")],
    }
    key = str(entry.get("id") or url)
    if not row["title"] and not row["html"]:
        return "", {}
    if not key:
        key = item_of("", row).fingerprint[:24]
    row["id"] = key
    return "".join(letter for letter in key if letter.isprintable() and letter != "#")[:300], row


def _time(entry: Any, kind: str) -> str:
    printed = str(entry.get(kind, ""))
    if parse_time(printed)[1] in {Precision.SECOND, Precision.MINUTE}:
        return printed
    parsed = entry.get(f"{kind}_parsed")
    return strftime("%Y-%m-%dT%H:%M:%SZ", parsed) if parsed else printed


_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)


class FeedSource:
    """One feed. The server is asked only for what changed (ETag, Last-Modified)."""

    kind = "rss"

    def __init__(self, name: str, url: str, interval: float = 300.0, allow: Sequence[str] = (), seconds: float = SECONDS) -> None:
        self.name, self.url, self.interval, self.allow, self.seconds = name, url, interval, tuple(allow), seconds
        scheme = url.partition(":")[0].lower()
        if scheme not in {"http", "https"}:
            raise SourceError(name, f"an http or https address is expected, found {scheme[:20]!r}")

    def poll(self, state: State) -> Poll:
        asked = {}
        if state.get("url") == self.url:
            asked = {"If-None-Match": state.get("etag", ""), "If-Modified-Since": state.get("modified", "")}
        answer = fetch(self.url, self.name, self.seconds, self.allow, {name: value for name, value in asked.items() if value})
        if answer.status == 304:
            return Poll(state=state)
        kept = {"url": self.url}
        content = answer.content
        # Without an announced length an early end cannot be told from the end: only a feed that is whole need not be sent again.
        if _END.search(content[-4096:].replace(b"\0", b"")):
            kept |= {"etag": answer.headers.get("etag", "")[:500], "modified": answer.headers.get("last-modified", "")[:100]}
        else:
            content = _whole_entries(content)
        return Poll(items_of_feed(content, self.name, self.url), kept)


def _whole_entries(content: bytes) -> bytes:
    """A feed without its end, up to the end of its last whole entry: half an article would stand for the whole one."""
    ends = [found.end() for found in _ENTRY_END.finditer(content)]
    if ends:
        return content[: ends[-1]]
    # In an encoding of wide characters the marks are not seen; such a feed is read when it comes whole.
    return b""
