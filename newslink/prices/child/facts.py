"""Answers as text → the facts akshare drops: who the answer is about, dividends on their days, factors, and whether a symbol is unknown.

Pure, and forgiving: what cannot be read is no fact, never an error.
"""

from __future__ import annotations

import json
import re

Texts = list[tuple[str, str]]


def objects(texts: Texts, part: str) -> list[dict]:
    """The JSON objects in answers whose address contains part; ``name={...}`` and ``name({...});`` are unwrapped."""
    found = []
    for url, text in texts:
        if part not in url:
            continue
        begin, end = text.find("{"), text.rfind("}")
        try:
            value = json.loads(text[begin : end + 1]) if 0 <= begin < end else None
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def eastmoney_echo(texts: Texts) -> dict:
    """code and name of the last K-line answer, and its ``preKPrice``: the raw close before its first bar."""
    for answer in reversed(objects(texts, "/api/qt/stock/")):
        data = answer.get("data")
        if isinstance(data, dict):
            return {key: data[key] for key in ("code", "market", "name", "preKPrice") if isinstance(data.get(key), str | int | float)}
    return {}


def eastmoney_unknown(texts: Texts) -> bool:
    """Whether the last K-line answer says ``data: null``: it knows no such security."""
    answers = objects(texts, "/api/qt/stock/")
    return bool(answers) and "data" in answers[-1] and answers[-1]["data"] is None


def tencent_unknown(texts: Texts, symbol: str) -> bool:
    """Whether Tencent's last K-line answer holds nothing under the symbol. Rows under another name are no such thing: the format changed."""
    answers = objects(texts, "newfqkline")
    if not answers:
        return False
    data = answers[-1].get("data")
    if isinstance(data, dict):
        data = data.get(symbol)
        return isinstance(data, dict) and not any(isinstance(value, list) and value for value in data.values())
    return data in ([], None, "")


def tencent_dividends(texts: Texts, symbol: str) -> list[list] | None:
    """[ex-date, words] of every dividend object in the rows; None when the rows have no place for one, so that nothing is known."""
    found: dict[str, str] = {}
    placed = False
    for answer in objects(texts, "newfqkline"):
        data = answer.get("data")
        rows = (data.get(symbol) or {}).get("day") if isinstance(data, dict) and isinstance(data.get(symbol), dict) else None
        for row in rows or []:
            if isinstance(row, list) and len(row) > 6 and isinstance(row[6], dict):
                placed = True
                words = str(row[6].get("FHcontent") or "")[:200]
                if words:
                    found[str(row[6].get("cqr") or row[0])[:10]] = words
    return [[day, words] for day, words in sorted(found.items())] if placed else None


SINA_VARIABLE = re.compile(r"\s*var\s+([A-Za-z0-9_$]+)\s*=")
SINA_CODE = re.compile(r"(sh|sz|bj)(\d{6})")


def sina_symbol(texts: Texts) -> str:
    """The symbol in the variable name of the last packed answer, or nothing when the name carries none."""
    for url, text in reversed(texts):
        named = SINA_VARIABLE.match(text) if "klc" in url else None
        if named:
            code = SINA_CODE.search(named[1])
            return code[0] if code else ""
    return ""


def sina_empty(texts: Texts) -> bool:
    """Whether the packed answer is an empty string: Sina has the address, and no bars for the symbol."""
    packed = [text for url, text in texts if "klc" in url or "staticdata" in url]
    return bool(packed) and re.search(r'=\s*""\s*;?', packed[-1]) is not None


def sina_us_factors(texts: Texts) -> list[dict]:
    """Rows of the US factor file: d (date), f (factor), c (added)."""
    for answer in reversed(objects(texts, "_qfq.js")):
        if isinstance(answer.get("data"), list):
            return [row for row in answer["data"] if isinstance(row, dict)]
    return []
