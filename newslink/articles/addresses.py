"""Addresses from outside: which may be kept with an article, and which may be fetched (never private ones, unless allowed by name)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from newslink.errors import SourceError


def is_web_address(link: str) -> bool:
    """Whether a link may be kept: http or https. Others (``javascript:``, ``file:``) are no address of an article."""
    try:
        return urlsplit(link).scheme in {"http", "https"}
    except ValueError:
        return False


def check_address(url: str, allow: Sequence[str] = (), source: str = "feed") -> list[str]:
    """The addresses of the URL's host. Raises SourceError unless it is http or https, without user, to public addresses only.

    allow: hosts (``intranet.example`` or ``10.0.0.5``) that may be private; whoever runs newslink says so in the source's own settings.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise SourceError(source, f"not an address: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SourceError(source, f"an http or https address is expected, found {parts.scheme or 'none'!r}")
    if parts.username or parts.password:
        raise SourceError(source, "no user or password in the address: it would stand in the store with every article")
    if any(ord(letter) < 33 for letter in url):
        raise SourceError(source, "white space in the address")
    try:
        found = list(dict.fromkeys(entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as error:
        raise SourceError(source, f"the host {host[:100]} cannot be found: {error}") from None
    if host.lower() not in {name.lower() for name in allow}:
        for address in found:
            plain = ipaddress.ip_address(address.partition("%")[0])
            if any(not each.is_global or each.is_multicast for each in (plain, _inner(plain))):
                raise SourceError(source, f"{host[:100]} leads to {plain}, which is not a public address")
    return found


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _inner(address: Any) -> Any:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64), else the address itself."""
    if address.version == 6:
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
