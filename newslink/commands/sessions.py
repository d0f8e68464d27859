"""JSON lines of publication times in, JSON lines of standings out: one a line, in order; a bad line gives a line with its error."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from newslink.errors import NewslinkError, SessionError, SettingsError
from newslink.model import Precision, market_of
from newslink.sessions import CALENDARS, SessionClock
from newslink.sessions.calendars import BEIJING

_DATE = re.compile(r"\d{4}-?\d\d-?\d\d\Z")
_LONGEST_LINE = 1_000_000


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="JSON lines; standard input when left out or -")
    parser.epilog = (
        'In: {"security": "600519.SH", "published_at": "2024-09-24 15:00"} or with "market" (SH SZ BJ HK US) in place of security; '
        'a naive time is Asia/Shanghai, a date alone is allowed; optional "precision": second, minute or day. '
        'Out: {"session", "bucket", "provisional", "date_only"}, or {"error", "line"}.'
    )


def run(arguments: argparse.Namespace, settings: object) -> int:
    """0 when at least one line could be answered or there was none, 1 when every line was bad."""
    clock, number, good = SessionClock(), 0, 0
    with ExitStack() as stack:
        try:
            stream = sys.stdin.buffer if arguments.file == "-" else stack.enter_context(Path(arguments.file).open("rb"))
        except OSError as error:
            raise SettingsError("FILE", arguments.file, f"a readable file ({error.strerror})") from None
        for lines in batches(stream):
            answers = answered(lines, clock, number + 1)
            number += len(lines)
            good += sum("session" in answer for answer in answers)
            sys.stdout.write("".join(json.dumps(answer) + "\n" for answer in answers))
            sys.stdout.flush()
    if number > good:
        print(f"newslink: {number - good} of {number} lines could not be read", file=sys.stderr)
    return 1 if number and not good else 0


def batches(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Whole lines as they become available: many at once from a file, one at a time from someone who waits for each answer."""
    read = getattr(stream, "read1", stream.read)
    rest = b""
    while chunk := read(1 << 18):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield lines
        elif len(rest) > _LONGEST_LINE:
            # A line without an end would be gathered for ever; what follows in it is the same bad line.
            rest = rest[: _LONGEST_LINE + 1]
    if rest:
        yield [rest]


def answered(lines: list[bytes], clock: SessionClock, first: int) -> list[dict]:
    """One answer a line: its standing, or what is wrong with it. first: number of the first line."""
    answers: list[dict] = []
    asked: list[tuple[str, datetime, Precision]] = []
    for number, line in enumerate(lines, start=first):
        try:
            asked.append(question(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line))
            answers.append({})
        except NewslinkError as error:
            answers.append({"error": str(error), "line": number})
    standings = iter(clock.standings(*zip(*asked, strict=True)) if asked else ())
    for answer in answers:
        if not answer:
            standing = next(standings)
            answer["session"] = standing.session.isoformat()
            answer["bucket"] = str(standing.bucket)
            answer["provisional"] = standing.provisional
            answer["date_only"] = standing.date_only
    return answers


def question(line: bytes) -> tuple[str, datetime, Precision]:
    """One line → what is asked. Raises SessionError saying what is wrong with it."""
    if len(line) > _LONGEST_LINE:
        raise SessionError(f"the line is longer than {_LONGEST_LINE} bytes; expected a short JSON object")
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SessionError(f"not a line of JSON: {error}") from None
    if not isinstance(asked, dict):
        raise SessionError('expected an object such as {"security": "600519.SH", "published_at": "2024-09-24 15:00"}')
    market = _market(asked)
    if market not in CALENDARS:
        raise SessionError(f"no calendar for market {market!r}: expected one of {', '.join(sorted(CALENDARS))}")
    return market, *_time(asked.get("published_at"), asked.get("precision"))


def _market(asked: dict) -> str:
    security, market = asked.get("security"), asked.get("market")
    if isinstance(market, str) and market.strip():
        return market.strip().upper()
    if isinstance(security, str) and security.strip():
        security = security.strip().upper()
        if "." in security:
            return market_of(security)
        # A bare code names its market well enough for a calendar: the three mainland exchanges share one.
        bare = re.fullmatch(r"(?:(SH|SZ|BJ)?\d{6}|(?:HK)?(\d{5}))", security)
        if bare:
            return "HK" if bare[2] else "SH"
        raise SessionError(f"security {security!r} names no market: expected a code such as 600519.SH, 00700.HK or NIO.US")
    raise SessionError("neither security nor market is given")


def _time(text: object, precision: object) -> tuple[datetime, Precision]:
    if not isinstance(text, str) or not text.strip():
        raise SessionError("published_at is missing: expected ISO 8601 text such as 2024-09-24T15:00:00+08:00")
    text = text.strip()
    if precision in (None, ""):
        precision = Precision.SECOND
    elif precision not in set(Precision) - {Precision.NONE}:
        raise SessionError(f"precision {precision!r} is none of second, minute, day")
    try:
        if _DATE.match(text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=BEIJING), Precision.DAY
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SessionError(f"published_at {text!r} is no ISO 8601 date or time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING), Precision(precision)
