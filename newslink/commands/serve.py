"""``newslink serve``: the HTTP API. On this machine alone unless told otherwise, and then only with a token."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys

from newslink.settings import Settings

TOKEN = "NEWSLINK_API_TOKEN"
HOSTS = "NEWSLINK_API_HOSTS"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--store", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    import uvicorn

    from newslink.api.app import create_app
    from newslink.api.guard import LOCAL_HOSTS

    token = os.environ.get(TOKEN, "")
    if token and len(token) < 16:
        print(f"newslink serve: {TOKEN} is shorter than 16 characters, which can be guessed", file=sys.stderr)
        return 2
    if not _loopback(arguments.host) and not token:
        print(f"newslink serve: {arguments.host} can be reached by others: set {TOKEN}, or listen on 127.0.0.1", file=sys.stderr)
        return 2
    if not 0 <= arguments.port < 65536:
        print("newslink serve: a port is a number from 0 to 65535", file=sys.stderr)
        return 2
    named = [host.strip() for host in os.environ.get(HOSTS, "").split(",") if host.strip()]
    app = create_app(arguments.store or settings.store_url, token, [*LOCAL_HOSTS, arguments.host, *named])
    print(
        f"newslink serve: http://{arguments.host}:{arguments.port}/ {'with a token' if token else 'without a token'}",
        file=sys.stderr,
        flush=True,
    )
    # The access log would hold search words; the service's own errors are still logged.
    uvicorn.run(
        app,  # type: ignore[arg-type]
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=64,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=32_768,
    )
    return 0


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
