"""A forward proxy on 127.0.0.1 that ends TLS with its own certificate authority and answers every request itself, or misbehaves as told.

Clients come to it by environment variables alone (HTTPS_PROXY, REQUESTS_CA_BUNDLE …), so the code under test is the code that runs live.
"""

from __future__ import annotations

import contextlib
import fnmatch
import socket
import socketserver
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import trustme


@dataclass
class Request:
    method: str
    host: str
    path: str
    query: dict[str, str]
    body: bytes = b""


@dataclass
class Answer:
    body: bytes | str = b""
    status: int = 200
    type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass
class Fault:
    """One way to misbehave. host and path: shell patterns. skip: requests to let pass first; times: how often, None for always.

    kind: refuse_connect drop_at_tls bad_cert no_response mid_body reset status html empty truncated drip hang mutate encoding utf16 huge
    announced
    """

    kind: str
    host: str = "*"
    path: str = "*"
    skip: int = 0
    times: int | None = None
    status: int = 500
    change: Callable[[str], str] | None = None
    hits: int = 0

    def strikes(self, host: str, path: str) -> bool:
        if not (fnmatch.fnmatch(host, self.host) and fnmatch.fnmatch(path, self.path)):
            return False
        self.hits += 1
        return self.hits > self.skip and (self.times is None or self.hits <= self.skip + self.times)


AT_CONNECT = {"refuse_connect", "drop_at_tls", "bad_cert"}
CAPTCHA = "<!DOCTYPE html><html><head><title>安全验证</title></head><body><form>请完成验证</form></body></html>"


class Proxy:
    """answer: Request → Answer. seen: every request that arrived whole, in order. faults: checked in order; the first that strikes wins."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer, self.seen, self.faults = answer, [], []
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.authority, self.stranger = trustme.CA(key_type=trustme.KeyType.ECDSA), trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.contexts: dict[tuple[str, bool], ssl.SSLContext] = {}
        self.folder = tempfile.TemporaryDirectory(prefix="loopback-ca-")
        self.bundle = Path(self.folder.name) / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.bundle))
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    proxy.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """All a client needs. An inherited bundle variable would win over the others, so every one is set."""
        here = f"http://127.0.0.1:{self.server.server_address[1]}"
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), here)
        bundles = {name: str(self.bundle) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")}
        return proxies | bundles | {"NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}

    def close(self) -> None:
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def fault(self, host: str, path: str, connecting: bool) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if (fault.kind in AT_CONNECT) == connecting and fault.strikes(host, path):
                    return fault
        return None

    def context(self, host: str, trusted: bool) -> ssl.SSLContext:
        with self.lock:
            if (host, trusted) not in self.contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                authority = self.authority if trusted else self.stranger
                authority.issue_cert(host, key_type=trustme.KeyType.ECDSA).configure_cert(context)
                self.contexts[host, trusted] = context
            return self.contexts[host, trusted]

    def serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(60)
        head, rest = read_head(connection)
        method, target, _ = head.split("\r\n", 1)[0].split(" ", 2)
        if method != "CONNECT":  # plain http through a proxy carries the whole address
            parts = urlsplit(target)
            if self.fault(parts.hostname or "", "/", connecting=True) is not None:
                return
            self.reply(connection, self.request(connection, head, rest, parts.hostname or "", target))
            return
        host = target.rpartition(":")[0]
        fault = self.fault(host, "/", connecting=True)
        if fault is not None and fault.kind == "refuse_connect":
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if fault is not None and fault.kind == "drop_at_tls":
            return
        with self.context(host, trusted=fault is None).wrap_socket(connection, server_side=True) as secure:
            head, rest = read_head(secure)
            self.reply(secure, self.request(secure, head, rest, host, head.split(" ", 2)[1]))

    @staticmethod
    def request(connection: socket.socket, head: str, rest: bytes, host: str, target: str) -> Request:
        lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        wanted = int(headers.get("content-length", "0"))
        while len(rest) < wanted:
            part = connection.recv(65536)
            if not part:
                break
            rest += part
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return Request(lines[0].split(" ", 1)[0], host, unquote(parts.path), query, rest)

    def reply(self, connection: socket.socket, request: Request) -> None:
        with self.lock:
            self.seen.append(request)
        fault = self.fault(request.host, request.path, connecting=False)
        kind = fault.kind if fault is not None else ""
        if kind == "hang":
            self.ending.wait(120)
            return
        if kind == "no_response":
            return
        if kind == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            return
        if kind == "huge":
            self.pour(connection)
            return
        if kind == "status":
            answer = Answer("busy", fault.status)
        elif kind == "html":
            answer = Answer(CAPTCHA, type="text/html; charset=utf-8")
        elif kind == "empty":
            answer = Answer(b"")
        else:
            answer = self.answer(request)
        body = answer.bytes
        if kind == "truncated":
            body = body[: max(1, len(body) // 2)]
        elif kind == "mutate":
            body = fault.change(body.decode()).encode()
        elif kind == "utf16":
            body = body.decode(errors="replace").encode("utf-16")
        elif kind == "encoding":
            answer = Answer(body, answer.status, answer.type, answer.headers | {"Content-Encoding": "gzip"})
        length = 100 * 1024 * 1024 if kind == "announced" else len(body)
        headers = {"Content-Type": answer.type, "Content-Length": str(length), "Connection": "close"} | answer.headers
        lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        if kind == "mid_body":
            connection.sendall(body[: max(1, len(body) // 2)])
            return
        if kind == "drip":
            for at in range(len(body)):
                connection.sendall(body[at : at + 1])
                if self.ending.wait(0.02):
                    return
            return
        connection.sendall(body)

    def pour(self, connection: socket.socket) -> None:
        """A hundred megabytes without saying so beforehand."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
        block = b"1,2,3\n" * 20000
        for _ in range(100 * 1024 * 1024 // len(block)):
            if self.ending.is_set():
                return
            connection.sendall(block)


def read_head(connection: socket.socket) -> tuple[str, bytes]:
    """The head of a request and whatever of the body came along."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            raise ValueError("closed before the head was whole")
        data += part
        if len(data) > 1 << 20:
            raise ValueError("head too long")
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest
