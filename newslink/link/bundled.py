"""What ships with the program → securities and names, without a network.

A-shares, current and delisted, come from the list inside the ``adata`` package (read as a file: importing the package takes a
second and sets up logging). Hong Kong and US names, nicknames, former names and pairs of listings are our own tables in ``data/``.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from newslink.errors import UniverseError
from newslink.link.codes import exchange_of_digits, kind_of
from newslink.link.entities import BEIJING_CODE_CHANGE
from newslink.link.windows import SEEN, text_key
from newslink.model import Kind, Name, NameKind, Security

# The day of the list in adata 2.9.5: it holds listings up to then. Its names are sightings of that day.
LIST_DAY = date(2023, 10, 19)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _table(name: str) -> list[dict[str, str]]:
    """Rows of a tab-separated table in data/; lines that begin with # are remarks."""
    text = files("newslink.link").joinpath("data", name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [{k: v or "" for k, v in row.items()} for row in csv.DictReader(lines, delimiter="\t", restval="", quoting=csv.QUOTE_NONE)]


def _mainland() -> list[tuple[str, str, date | None]]:
    spec = find_spec("adata")
    if spec is None or not spec.submodule_search_locations:
        raise UniverseError("The package adata with its list of A-shares is not installed: pip install -r requirements.txt.")
    path = Path(spec.submodule_search_locations[0], "stock", "cache", "code.csv")
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [(r["stock_code"], text_key(r["short_name"]), _day(r["list_date2"])) for r in csv.DictReader(lines)]
    except (OSError, KeyError, ValueError) as error:
        raise UniverseError(f"The list of A-shares in the package adata cannot be read ({error}): expected {path}.") from error
    return [(f"{code}.{market}", name, listed) for code, name, listed in rows if (market := exchange_of_digits(code))]


@cache
def bundled() -> tuple[tuple[Security, ...], tuple[Name, ...]]:
    """(securities, names) shipped with the program. Raises UniverseError where the list of A-shares is missing."""
    securities: dict[str, Security] = {}
    names: list[Name] = []
    new_codes = {row["old"]: row["new"] for row in _table("beijing_codes.tsv")}
    for id, name, listed in _mainland():
        # A share without a listing date in the list had left the market by then; when, the list does not say.
        securities[id] = Security(id, name, Kind.STOCK, id, listed)
        names.append(Name(id, name, NameKind.SHORT, LIST_DAY, LIST_DAY, f"{SEEN}:adata"))
        new = new_codes.get(id)
        if new:
            securities[id] = Security(id, name, Kind.STOCK, new, listed, BEIJING_CODE_CHANGE)
            securities[new] = Security(new, name, Kind.STOCK, new, BEIJING_CODE_CHANGE)
            names.append(Name(new, name, NameKind.SHORT, BEIJING_CODE_CHANGE, BEIJING_CODE_CHANGE, f"{SEEN}:adata"))
    for row in _table("aliases.tsv"):
        id = row["security"]
        kind = NameKind(row["kind"])
        name = Name(id, row["name"], kind, _day(row["valid_from"]), _day(row["valid_to"]), "curated")
        names.append(name)
        if id not in securities or (kind is NameKind.SHORT and not row["valid_to"]):
            old = securities.get(id)
            entity = row["entity"] or (old.entity if old else id)
            securities[id] = Security(id, name.text, kind_of(id) if old is None else old.kind, entity, old.listed if old else None)
    for row in _table("entities.tsv"):
        id = row["security"]
        if id in securities:
            old = securities[id]
            kind = Kind(row["kind"]) if row["kind"] else old.kind
            securities[id] = Security(
                id, old.name, kind, row["entity"] or old.entity, _day(row["listed"]) or old.listed, _day(row["delisted"]) or old.delisted
            )
    return tuple(securities.values()), tuple(names)
