"""Requests → only those allowed: host names that are ours, the token where one is set, and headers that keep a browser from harm."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

OPEN_PATHS = frozenset(("/api/health",))
MAX_QUERY = 8192
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


def token_matches(given: str, wanted: str) -> bool:
    """In constant time, whatever the lengths: digests are compared."""
    return hmac.compare_digest(
        hashlib.sha256(given.encode("utf-8", "replace")).digest(), hashlib.sha256(wanted.encode("utf-8", "replace")).digest()
    )


def token_of(authorization: str) -> str:
    """``Bearer <token>``, or ``Basic`` with the token as password, which is what Excel can send. Empty when there is none."""
    kind, _, rest = authorization.strip().partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return ""


class Guard:
    """ASGI around the application. hosts: names the service may be called by; a page that makes a browser call it by another is refused."""

    def __init__(self, app: App, token: str = "", hosts: Iterable[str] = LOCAL_HOSTS) -> None:
        self.app, self.token = app, token
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def headed(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in HEADERS}
                message["headers"] = [*(pair for pair in message.get("headers", ()) if pair[0].lower() not in own), *HEADERS]
            await send(message)

        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        if "*" not in self.hosts and _host(headers.get("host", "")) not in self.hosts:
            await _refuse(headed, 421, "This host name is not served here; NEWSLINK_API_HOSTS names those that are.")
        elif scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            await _refuse(headed, 405, "Only GET is served.", ((b"allow", b"GET, HEAD"),))
        elif len(scope.get("query_string", b"")) > MAX_QUERY:
            await _refuse(headed, 414, f"A query of at most {MAX_QUERY} bytes is taken.")
        elif self.token and scope["path"] not in OPEN_PATHS and not token_matches(token_of(headers.get("authorization", "")), self.token):
            challenge = (
                (b"www-authenticate", b'Bearer realm="newslink"'),
                (b"www-authenticate", b'Basic realm="newslink", charset="UTF-8"'),
            )
            await _refuse(headed, 401, "A token is needed: Authorization: Bearer <token>, or Basic with the token as password.", challenge)
        else:
            await self.app(scope, receive, headed)


def _host(header: str) -> str:
    """Without the port, lower case; brackets of an IPv6 address kept."""
    header = header.strip().lower()
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]


async def _refuse(send: Callable[[Any], Awaitable[None]], status: int, words: str, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
    import json

    body = json.dumps({"detail": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
