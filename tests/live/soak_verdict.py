"""Samples, logs, a store and the ledger of what was written → what is wrong, in words; empty when all is well."""

from __future__ import annotations

import re
import sqlite3
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from newslink.model import Filter
from newslink.store import Store
from tests.live.soak_world import Ledger

WARM_UP, LONG_ENOUGH = 60.0, 240.0  # seconds of a process's life: not measured; needed to judge
GROWTH, SLACK = 0.10, 16.0  # allowed from first to last quarter: share and megabytes, whichever is more
# "Traceback" alone: Streamlit colours and breaks the words around it.
BAD_WORDS = ("Traceback", "Uncaught", "Exception ignored", "Fatal Python error", "Segmentation fault", "Task exception")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
Sample = tuple[float, float]  # seconds of a steady clock, megabytes


def quarters(samples: Sequence[Sample]) -> tuple[float, float, float] | None:
    """(median of the first quarter, of the last quarter, seconds between first and last sample), after warming up; None without samples.

    Warming up: the first minute, or the first quarter of a life shorter than four.
    """
    if not samples:
        return None
    begin, end = samples[0][0], samples[-1][0]
    begin += min(WARM_UP, (end - begin) / 4)
    quarter = (end - begin) / 4
    first = [megabytes for at, megabytes in samples if begin <= at <= begin + quarter]
    last = [megabytes for at, megabytes in samples if at >= end - quarter]
    return statistics.median(first), statistics.median(last), end - begin


def memory(lives: Mapping[str, Sequence[Sample]]) -> tuple[list[str], list[str]]:
    """Samples by name of the process → (table, failures)."""
    lines, failures = [f"{'memory, MB':<12}{'first quarter':>14}{'last quarter':>14}{'growth':>9}{'allowed':>9}{'seconds':>9}"], []
    for name, samples in lives.items():
        found = quarters(samples)
        if found is None:
            failures.append(f"{name}: no memory samples")
            continue
        first, last, seconds = found
        allowed = max(first * GROWTH, SLACK)
        judged = seconds >= LONG_ENOUGH
        limit = f"{allowed:.1f}" if judged else "-"
        lines.append(f"{name:<12}{first:>14.1f}{last:>14.1f}{last - first:>+9.1f}{limit:>9}{seconds:>9.0f}")
        if judged and last - first > allowed:
            failures.append(f"{name} grew by {last - first:.1f} MB, {allowed:.1f} allowed")
    return lines, failures


def log_failures(logs: Mapping[str, Path]) -> list[str]:
    """Log by name of the process → what should not stand in it."""
    failures = []
    for name, log in logs.items():
        text = COLOURS.sub("", log.read_text(encoding="utf-8", errors="replace")) if log.is_file() else ""
        for word in BAD_WORDS:
            if (at := text.find(word)) >= 0:
                failures.append(f"{name} logged: {text[max(0, at - 300) : at + 2500]}")
    return failures


def archive_failures(store: Store, ledger: Ledger) -> list[str]:
    """What is wrong with the store, given what was written: each article once and as it was, and counts that add up."""
    failures, titles = [], {}
    rows = 0
    while len(part := store.page(Filter(), rows, 5000).rows):
        titles |= dict(zip(part["article"], part["title"], strict=True))
        rows += len(part)
    lost = sorted(ledger.articles.keys() - titles.keys())
    strange = sorted(titles.keys() - ledger.articles.keys())
    wrong = sorted(id for id, title in titles.items() if id in ledger.articles and ledger.articles[id].title != title)
    doubled = [title for title, times in Counter(titles.values()).items() if times > 1]
    for what, found in (("lost", lost), ("not written by us", strange), ("with another title", wrong), ("doubled", doubled)):
        if found:
            failures.append(f"{len(found)} articles {what}: {', '.join(found[:5])}")
    if rows != len(titles):
        failures.append(f"{rows} rows for {len(titles)} articles")
    counts = store.counts()
    expected = (len(ledger.articles), ledger.linked, ledger.broken)
    found_counts = (counts.linked + counts.unlinked, counts.linked, counts.rejected)
    if found_counts != expected:
        failures.append(f"(articles, linked, rejected) are {found_counts}, written were {expected}")
    if counts.ingested != counts.linked + counts.unlinked + counts.rejected:
        failures.append(f"counts do not reconcile: {counts}")
    if waiting := store.unsettled():
        failures.append(f"{len(waiting)} articles wait to be merged")
    return failures


def table_failures(file: Path, ledger: Ledger) -> list[str]:
    """The same by another way: the tables of the file themselves, and SQLite's own check."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:

        def one(sql: str) -> object:
            return connection.execute(sql).fetchone()[0]

        found = {
            "articles": one("SELECT count(*) FROM article"),
            "different ids": one("SELECT count(DISTINCT id) FROM article"),
            "linked": one("SELECT count(*) FROM article WHERE links > 0"),
            "rejections": one("SELECT count(*) FROM rejection"),
            "check": one("PRAGMA quick_check(1)"),
        }
    many = len(ledger.articles)
    expected = {"articles": many, "different ids": many, "linked": ledger.linked, "rejections": ledger.broken, "check": "ok"}
    return [f"{name}: {value} in the tables, {expected[name]} expected" for name, value in found.items() if value != expected[name]]
