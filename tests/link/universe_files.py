"""The lists in ../shared/universe → a file for ``universe import``, dates made of sightings in several ways; and its universe."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from newslink.link import Universe, bundled
from newslink.link.names_file import read_names_file

SHARED = Path(__file__).resolve().parents[3] / "shared"
HEADER = "security\tname\tkind\tvalid_from\tvalid_to\n"
# seen: first and last day seen, as they are. open: today's name has no end.
# met: each name ends the day before the next was seen, the outer ends are open.
STYLES = ("seen", "open", "met")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _plain(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


def _day(text: str, last: bool) -> str:
    found = re.match(r"\d{4}-\d{2}(-\d{2})?", text)
    return "" if found is None else found[0] if found[1] else found[0] + ("-31" if last else "-01")


def write(folder: Path, target: Path, style: str = "seen") -> Path:
    """One import file with short names of A-shares, full names, Hong Kong names, US names in Chinese and English."""
    stays: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in _rows(folder / "name_snapshots.tsv"):
        stays[row["symbol"]].append((_day(row["first_seen"], False), _day(row["last_seen"], True), row["name_nfkc_nospace"]))
    with target.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        for security, names in stays.items():
            names.sort()
            for i, (start, end, name) in enumerate(names):
                current = end == max(stay[1] for stay in names)
                if style == "open" and current:
                    end = ""
                elif style == "met":
                    following = [n[0] for n in names[i + 1 :] if n[0] > start]
                    start = "" if i == 0 else start
                    end = "" if current else str(date.fromisoformat(following[0]) - timedelta(days=1)) if following else end
                out.write(f"{security}\t{name}\tshort\t{start}\t{end}\n")
        for row in _rows(folder / "full_names.tsv"):
            out.write(f"{row['symbol']}\t{row['full_name']}\tfull\t\t\n")
        for security, name, *_ in _plain(folder / "hk_short_names.tsv"):
            out.write(f"{security}\t{name}\tshort\t\t\n")
        for row in _rows(folder / "hk_cn_names_ths.tsv"):
            for name in row["names"].split("|"):
                out.write(f"{row['code']}\t{name}\tshort\t\t\n")
        for row in _rows(folder / "us_cn_names_ths.tsv"):
            for name in row["names"].split("|"):
                out.write(f"{row['code']}.US\t{name}\tshort\t\t\n")
        for ticker, name, *_ in _plain(folder / "us_english_names.tsv"):
            out.write(f"{ticker}.US\t{name}\tenglish\t\t\n")
    return target


@lru_cache(maxsize=4)
def universe(style: str = "seen") -> Universe:
    """The bundled lists and, where it is there, everything in ../shared/universe, imported as a file of the style."""
    base = Universe(*bundled())
    folder = SHARED / "universe"
    if not folder.is_dir():
        return base
    with TemporaryDirectory() as place:
        securities, names, _ = read_names_file(write(folder, Path(place, "names.tsv"), style))
    return base.merged_with(securities, names)
