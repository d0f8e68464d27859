"""Every HTTP request of akshare → the same request, bounded, and its answer looked at before akshare reads it.

akshare looks at no status, sets no timeout, and hands the text of some answers to ``eval``. All its price requests go through
``requests.Session.send``, so one wrapper around that function, in the child process only, leaves akshare itself untouched and yet
- keeps its distance: long histories and lists are many pages, and services answer bursts with empty bodies or a ban;
- refuses hosts that are no market data service, answers that are too large, error statuses and web pages in place of data;
- lets a factor file through only when it is plain JSON of strings and numbers, so that ``eval`` can do no more than ``json.loads``;
- notes what each answer was, so that a failure is classified by facts and not by which parser stumbled over it.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Registered domains of the services akshare asks for prices and lists. A redirect elsewhere is a captcha, a login or an advertisement.
HOSTS = ("eastmoney.com", "sina.com.cn", "sina.cn", "sinajs.cn", "gtimg.cn", "qq.com", "sse.com.cn", "szse.cn", "bse.cn",
         "swsresearch.com")  # fmt: skip
# The largest honest answer is a market list of about two megabytes.
MAX_BODY = 16 * 1024 * 1024
SOCKET_TIMEOUT = 10.0
# After so many requests of one fetch to one service, the next ones are this many seconds apart.
BURST, DISTANCE = 4, 0.15


class Refused(Exception):
    """The answer is not let through. outcome: value of newslink.prices.base.Outcome; detail: the fact."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome, self.detail = outcome, detail


@dataclass
class Notes:
    """What was seen during one fetch. refused: the first refusal, kept because akshare catches some exceptions and carries on.

    texts: (url, text) of every answer that was let through, for the facts akshare drops: names, dividends, the close before the window.
    asked: service → how often it was asked, and when last.
    """

    deadline: float = 0.0
    refused: Refused | None = None
    transport: str = ""
    texts: list[tuple[str, str]] = field(default_factory=list)
    asked: dict[str, tuple[int, float]] = field(default_factory=dict)


NOTES = Notes()


def begin(seconds: float) -> None:
    """Forget the last fetch. seconds: time the next one has."""
    NOTES.deadline = time.monotonic() + seconds
    NOTES.refused, NOTES.transport = None, ""
    NOTES.texts.clear()
    NOTES.asked.clear()


def install() -> None:
    """Put the wrapper around ``requests.Session.send``. Once per process."""
    import requests

    send = requests.Session.send

    def guarded(session, request, **options):
        host = (urlsplit(request.url).hostname or "").lower()
        service = next((known for known in HOSTS if host == known or host.endswith(f".{known}")), None)
        if service is None:
            raise refuse("blocked", f"redirected to {host}")
        keep_distance(service)
        left = NOTES.deadline - time.monotonic()
        if left <= 0:
            raise refuse("timeout", f"no time left for {host}")
        options["stream"] = True
        options["timeout"] = min(SOCKET_TIMEOUT, left)
        redirects = options.pop("allow_redirects", True)
        try:
            answer = send(session, request, allow_redirects=redirects, **options)
            if not answer.history or answer._content is False:  # inner hops of a redirect were read by their own call
                read(answer, host)
        except requests.Timeout as error:
            raise refuse("timeout", f"{host}: {type(error).__name__}") from error
        except requests.exceptions.ContentDecodingError as error:
            raise refuse("schema", f"{host}: the body is not compressed as its header says") from error
        except requests.RequestException as error:
            NOTES.transport = f"{host}: {words_of(error)}"
            raise refuse("transport", NOTES.transport) from error
        if not 300 <= answer.status_code < 400:
            judge(answer, host, request.url)
        return answer

    requests.Session.send = guarded


def keep_distance(service: str) -> None:
    """Sleep until the service may be asked again; never past the deadline."""
    times, last = NOTES.asked.get(service, (0, 0.0))
    if times >= BURST:
        time.sleep(max(0.0, min(last + DISTANCE, NOTES.deadline) - time.monotonic()))
    NOTES.asked[service] = times + 1, time.monotonic()


def refuse(outcome: str, detail: str) -> Refused:
    refused = Refused(outcome, detail)
    if NOTES.refused is None:
        NOTES.refused = refused
    return refused


def read(answer, host: str) -> None:
    """The body into the answer, decompressed, at most MAX_BODY. A length in the header is believed only to refuse early."""
    announced = answer.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > MAX_BODY:
        answer.close()
        raise refuse("schema", f"{host} announced {int(announced):,} bytes; the limit is {MAX_BODY:,}")
    parts, size = [], 0
    for part in answer.iter_content(65536):
        size += len(part)
        if size > MAX_BODY:
            answer.close()
            raise refuse("schema", f"{host} sent more than {MAX_BODY:,} bytes")
        if time.monotonic() > NOTES.deadline:
            answer.close()
            raise refuse("timeout", f"{host} was still sending")
        parts.append(part)
    answer._content, answer._content_consumed = b"".join(parts), True


def judge(answer, host: str, url: str) -> None:
    """Refuse what is not the data service's answer; otherwise note the text."""
    body = answer.content
    if answer.status_code >= 400:
        raise refuse("blocked", f"{host} answered with status {answer.status_code}")
    if not body.strip():
        raise refuse("blocked", f"{host} answered with an empty body")
    head = body[:512].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<script", b"<body", b"<meta")):
        raise refuse("blocked", f"{host} answered with a web page")
    if body[:2] in (b"PK", b"\xd0\xcf"):  # an Excel file, new or old
        return
    text = answer.text
    if url.split("?")[0].endswith(("qfq.js", "hfq.js")):
        plain_factor_file(text, host)
    NOTES.texts.append((url, text))


# What may stand behind the object: a semicolon and one comment, as the service appends its machine's name.
TRAILER = re.compile(r"\s*;?\s*(?:/\*[^*=}]*\*/)?\s*\Z")


def plain_factor_file(text: str, host: str) -> None:
    """Refuse a factor file that is anything but one assignment of a JSON object of lists, objects, strings and numbers."""
    parts = text.split("=")
    if len(parts) != 2 or "\\" in parts[1]:
        raise refuse("schema", f"{host} sent a factor file that is not one assignment of plain data")
    body = parts[1].lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(body)
    except (ValueError, RecursionError):
        raise refuse("schema", f"{host} sent a factor file that is not JSON") from None
    if not TRAILER.match(body, end):
        raise refuse("schema", f"{host} sent a factor file with more than data in it")
    if not isinstance(value, dict) or not isinstance(value.get("data"), list) or not plain(value):
        raise refuse("schema", f"{host} sent a factor file of another shape")


def plain(value: object) -> bool:
    """Only containers, strings and numbers: ``true`` and ``null`` are names to Python's eval."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def words_of(error: BaseException) -> str:
    """The kind of failure without addresses or credentials of a proxy."""
    names, seen = [], error
    while seen is not None and len(names) < 4:
        name = type(seen).__name__
        if name not in names:
            names.append(name)
        causes = (getattr(seen, "reason", None), *seen.args[:1])
        seen = next((cause for cause in causes if isinstance(cause, BaseException)), None)
    return " / ".join(names)
