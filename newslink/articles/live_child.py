"""One JSON line in (request, arguments, seconds) → one framed JSON answer out: akshare's news functions, in a process that may be killed.

Run as a script by the same worker that runs the prices child, speaking its protocol (eight bytes of length, then UTF-8 JSON), in an
environment where the zone is Asia/Shanghai: two of the functions print times in the machine's zone. What akshare leaves open is closed
here: unbounded reads, error statuses and web pages taken for data, hosts it should not be led to, and a bracket it loses.
"""

import contextlib
import json
import os
import queue
import struct
import sys
import threading
import time
from urllib.parse import urlsplit

# Registered domains of the services asked for news. A redirect elsewhere is a captcha, a login or an advertisement.
HOSTS = ("eastmoney.com", "sina.com.cn", "cls.cn", "10jqka.com.cn", "futunn.com", "cninfo.com.cn")
FUNCTIONS = {
    "stock_news_em": ("symbol",),
    "stock_info_global_em": (),
    "stock_info_global_cls": ("symbol",),
    "stock_info_global_sina": (),
    "stock_info_global_ths": (),
    "stock_info_global_futu": (),
    "stock_notice_report": ("symbol", "date"),
    "stock_individual_notice_report": ("security", "symbol", "begin_date", "end_date"),
}
MAX_BODY = 16 * 1024 * 1024
MAX_ROWS = 20_000
MAX_CELL = 200_000
ADDRESS_SPACE = 6 * 1024**3
SOCKET_TIMEOUT = 10.0
# stock_news_em deletes "(<em>" whole, bracket and all; the mark alone is deleted here before it looks. Both spellings of < occur.
MARKS = (
    ("<em>", ""),
    ("</em>", ""),
    ("\\u003cem\\u003e", ""),
    ("\\u003c/em\\u003e", ""),
    ("\\u003Cem\\u003E", ""),
    ("\\u003C/em\\u003E", ""),
)

FETCH = {"deadline": 0.0, "refused": None}


class Refused(Exception):
    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome, self.detail = outcome, detail
        if FETCH["refused"] is None:  # akshare catches some exceptions and carries on: the first refusal is what happened
            FETCH["refused"] = self


def left_for(host: str) -> float:
    left = FETCH["deadline"] - time.monotonic()
    if left <= 0:
        raise Refused("timeout", f"no time left for {host}")
    return left


def known(url: str) -> str:
    host = (urlsplit(url).hostname or "").lower()
    if host not in HOSTS and not host.endswith(tuple(f".{name}" for name in HOSTS)):
        raise Refused("blocked", f"led to {host[:100]}")
    return host


def judge(host: str, status: int, body: bytes) -> None:
    """Statuses and web pages are refused before akshare takes them for data."""
    if status >= 400:
        raise Refused("blocked", f"{host} answered with status {status}")
    if not body.strip():
        raise Refused("blocked", f"{host} answered with an empty body")
    if body[:512].lstrip().lower().startswith((b"<!doctype", b"<html", b"<head", b"<script", b"<body", b"<meta")):
        raise Refused("blocked", f"{host} answered with a web page")


def gathered(parts, host: str) -> bytes:
    body, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_BODY:
            raise Refused("schema", f"{host} sent more than {MAX_BODY:,} bytes")
        left_for(host)
        body.append(part)
    return b"".join(body)


def guard_requests() -> None:
    import requests

    send = requests.Session.send

    def guarded(session, request, **options):
        host = known(request.url)
        options["stream"], options["timeout"] = True, min(SOCKET_TIMEOUT, left_for(host))
        try:
            answer = send(session, request, **options)
            if answer._content is False:
                answer._content, answer._content_consumed = gathered(answer.iter_content(65536), host), True
        except requests.Timeout as error:
            raise Refused("timeout", f"{host}: {type(error).__name__}") from error
        except requests.RequestException as error:
            raise Refused("transport", f"{host}: {type(error).__name__}") from error
        if not 300 <= answer.status_code < 400:
            judge(host, answer.status_code, answer.content)
        return answer

    requests.Session.send = guarded


def guard_curl() -> None:
    """stock_news_em goes through curl_cffi, which looks at no status and has no bound of its own."""
    from curl_cffi import requests as curl

    get = curl.get

    def guarded(url, **options):
        host = known(url)
        bundle = os.environ.get("CURL_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        if bundle:
            options.setdefault("verify", bundle)
        try:
            answer = get(url, stream=True, allow_redirects=False, timeout=min(30.0, left_for(host)), **options)
            try:
                body = gathered(answer.iter_content(), host)
            finally:
                answer.close()
        except Refused:
            raise
        except Exception as error:  # curl's own tree of exceptions; the name says which
            outcome = "timeout" if "timeout" in type(error).__name__.lower() else "transport"
            raise Refused(outcome, f"{host}: {type(error).__name__}") from error
        judge(host, answer.status_code, body)
        text = body.decode("utf-8", "replace").strip().rstrip(";").rstrip()
        for mark, instead in MARKS:
            text = text.replace(mark, instead)
        # akshare cuts exactly one character off the end.
        answer.content = text.encode()
        return answer

    curl.get = guarded


def limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def table(frame) -> dict:
    rows = frame.head(MAX_ROWS)
    data = []
    for position in range(rows.shape[1]):
        column = rows.iloc[:, position].tolist()
        data.append([None if value is None or value != value else str(value)[:MAX_CELL] for value in column])
    return {"columns": [str(name) for name in rows.columns], "data": data}


def answer(request: dict) -> dict:
    function, given = str(request["request"]), request["arguments"]
    if function not in FUNCTIONS:
        return {"failed": "unknown", "detail": f"no news function {function[:80]}"}
    arguments = {name: str(given[name]) for name in FUNCTIONS[function] if name in given}
    FETCH["deadline"], FETCH["refused"] = time.monotonic() + float(request["seconds"]), None
    try:
        import akshare

        frame = getattr(akshare, function)(**arguments)
        if FETCH["refused"] is not None:
            return {"failed": FETCH["refused"].outcome, "detail": FETCH["refused"].detail}
        return {"ok": {"rows": table(frame)}}
    except MemoryError:
        return {"failed": "schema", "detail": "the answer needed more memory than is allowed"}
    except Exception as error:  # akshare's parsers fail in every way there is
        if FETCH["refused"] is not None:
            return {"failed": FETCH["refused"].outcome, "detail": FETCH["refused"].detail}
        return {"failed": "schema", "detail": f"{type(error).__name__}: {str(error)[:200]}"}


def serve() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # akshare prints; only frames may reach the parent
    limit()
    lines: queue.SimpleQueue = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        os._exit(0)  # the parent is gone

    threading.Thread(target=read, daemon=True).start()
    guard_requests()
    guard_curl()
    while True:
        body = json.dumps(answer(json.loads(lines.get())), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        out.write(struct.pack(">Q", len(body)) + body)
        out.flush()


if __name__ == "__main__":
    serve()
