"""Labelled inputs and a load of texts → one table of quality and one of speed, naive matching and the linker side by side, in one run.

    python benchmarks/linking.py [--rounds 5] [--errors] [--quick] [--speed]

Names: the bundled lists and, where it is there, ../shared/universe imported as a file. Naive matching: leftmost-longest, names of today.
Speeds are medians of interleaved rounds in processor time of one core (a shared machine takes longer by the clock) and stand beside a plain
memory scan (bytes.count) of the same text in the same rounds. Batches are read and linked as the pipeline does it, without collections.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import ahocorasick  # noqa: E402

from newslink.articles import RawItem, discover, parse  # noqa: E402
from newslink.link import Linker, Universe  # noqa: E402
from newslink.link.automaton import automaton  # noqa: E402
from newslink.making import without_collection  # noqa: E402
from newslink.model import Article, NameKind  # noqa: E402
from tests.link import scoring, universe_files  # noqa: E402

TODAY = date(2026, 8, 1)
ALIASES = 60_000
SHARED = ROOT.parent / "shared"
BATCHES = range(1, 14)
GOALS = {
    "posts, A-share companies": "P 0.99 R 0.975",
    "posts, all companies": "P 0.99 R 0.975",
    "telegraph, right company": "P 0.985 R 0.98",
    "telegraph, right listing": "P 0.95",
    "telegraph, only a source": "P 0.95 R 0.90",
    "adversarial, lexical kinds": "P 0.95 R 0.90",
    **{f"  unseen, batch {i}": "P 0.95 R 0.90" for i in BATCHES},
    "mixed rows, exact listing": "P 0.95",
    "mixed rows, only a source": "P 0.95 R 0.90",
    "160 items, right company": "P 0.98 R 0.98",
    "adversarial, exact listing": "P 0.95",
    "adversarial, only a source": "P 0.95 R 0.90",
    "long pages, right company": "P 0.98 R 0.98",
    "long pages, right listing": "P 0.95",
    "long pages, only a source": "P 0.95 R 0.90",
    "2018-2020 items, label found": "R 0.985",
    "newswire annotations found": "R 0.97",
}


def quality(universe: Universe, linker: Linker, errors: bool) -> None:
    ways = {"naive": scoring.naive(universe, TODAY), "linker": scoring.by_linker(linker)}
    posts, cases = scoring.posts(), [c for f in ("adversarial.tsv", "adversarial_held.tsv") for c in scoring.cases(f)]
    items, wires = scoring.astock(), scoring.flashes()
    pages, singles = scoring.pages("read_pages.tsv"), scoring.pages("wire_links.tsv")
    table: dict[str, dict[str, scoring.Score]] = {}
    for label, way in ways.items():
        long, single = scoring.score_pages(universe, way, pages), scoring.score_pages(universe, way, singles, whole=False)
        telegraph, adversarial = scoring.score_telegraph(universe, way), scoring.adversarial(universe, way, cases)

        def unseen(number: int, way: scoring.Way = way) -> scoring.Score:
            rows = scoring.cases(f"adversarial_unseen_{number}.tsv")
            return scoring.total(scoring.adversarial(universe, way, rows), scoring.LEXICAL)

        mixed = scoring.adversarial(universe, way, scoring.cases("adversarial_mixed.tsv"))
        items_read = scoring.score_pages(universe, way, scoring.pages("read_items.tsv"))
        for name, score in {
            "posts, A-share companies": scoring.score_posts(universe, way, posts, mainland=True),
            "posts, all companies": scoring.score_posts(universe, way, posts),
            "telegraph, right company": telegraph["company"],
            "telegraph, right listing": telegraph["listing"],
            "telegraph, only a source": telegraph["source"],
            "long pages, right company": long["company"],
            "long pages, right listing": long["listing"],
            "long pages, only a source": long["source"],
            "100 links no wire made": single["company"],
            "adversarial, lexical kinds": scoring.total(adversarial, scoring.LEXICAL),
            **{f"  unseen, batch {i}": unseen(i) for i in BATCHES},
            "mixed rows, exact listing": mixed["exact listing"],
            "mixed rows, only a source": mixed["source"],
            "160 items, right company": items_read["company"],
            **{f"  {kind}": adversarial[kind] for kind in scoring.LEXICAL},
            "  foreign names, nicknames": adversarial["foreign"],
            "  one name, several days": adversarial["time"],
            "  one text, several spellings": adversarial["variant"],
            "adversarial, exact listing": adversarial["exact listing"],
            "adversarial, only a source": adversarial["source"],
            "2018-2020 items, label found": scoring.score_astock(universe, way, items),
            "newswire annotations found": scoring.score_flashes(universe, way, wires),
        }.items():
            table.setdefault(name, {})[label] = score
    print(f"{'quality':32}{'naive P':>9}{'R':>7}{'linker P':>10}{'R':>7}{'right':>7}{'wrong':>7}{'missed':>7}  to reach")
    for name, both in table.items():
        naive, mine = both["naive"], both["linker"]
        # What is linked beyond a label is four times in five right: no precision can be had from it.
        blank = name.startswith(("2018", "newswire"))
        precision = [f"{'–':>9}", f"{'–':>10}"] if blank else [f"{naive.precision:9.3f}", f"{mine.precision:10.3f}"]
        print(
            f"{name:32}{precision[0]}{naive.recall:7.3f}{precision[1]}{mine.recall:7.3f}"
            f"{mine.right:7}{mine.wrong:7}{mine.missed:7}  {GOALS.get(name, '')}"
        )
        for error in mine.errors[: 40 if errors else 0]:
            print(f"    {error[:150]}")
    print("P over labels only; 'wrong' of the last two rows counts links no label speaks of.\n")
    calibration(universe, ways["linker"])


def calibration(universe: Universe, way: scoring.Way) -> None:
    """Of the links given a confidence, how many are right: hand-read telegraph items and adversarial rows."""
    files = ("adversarial.tsv", "adversarial_held.tsv", *(f"adversarial_unseen_{i}.tsv" for i in BATCHES))
    cases = [c for f in files for c in scoring.cases(f) if c.kind in scoring.LEXICAL]
    found = way([scoring.article(c.sentence, c.day, str(i)) for i, c in enumerate(cases)])
    bins: dict[float, list[bool]] = {}
    for case, hits in zip(cases, found, strict=True):
        expected = {universe.entity_of(x) for t in case.expect for x in t.rstrip("?!~^").split("|")}
        for hit in hits:
            if universe.entity_of(hit.security) in expected | {universe.entity_of(case.trap)}:
                bins.setdefault(min(int(hit.confidence * 10), 9) / 10, []).append(universe.entity_of(hit.security) in expected)
    cells = [f"{low:.1f}+: {sum(b) / len(b):.2f} of {len(b)}" for low, b in sorted(bins.items())]
    print("confidence → share right, adversarial rows:  " + "   ".join(cells) + "\n")


def aliases(universe: Universe, linker: Linker) -> list[str]:
    """60,000 distinct surfaces: the linker's own and, to fill up, pieces of legal names."""
    found = dict.fromkeys(linker._lexicon.patterns)
    for name in universe.names:
        if name.kind is NameKind.FULL:
            for end in range(4, len(name.text)):
                found.setdefault(name.text[:end])
                if len(found) >= ALIASES:
                    return list(found)
    return list(found)[:ALIASES]


def timed(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    work()
    return clock() - start


def speed(universe: Universe, linker: Linker, rounds: int) -> None:
    flashes = [one for one, _ in scoring.flashes()]
    short = [scoring.article(one.body[:70], one.published, str(i)) for i, one in enumerate(islice(cycle(flashes), 20_000))]
    long = [scoring.article("".join(f.body for f in flashes[i : i + 8])[:1_340], flashes[i].published, str(i)) for i in range(0, 4_000, 2)]
    surfaces = aliases(universe, linker)
    old = ahocorasick.Automaton()
    for i, surface in enumerate(surfaces):
        old.add_word(surface, i)
    old.make_automaton()
    new = automaton(surfaces)
    texts = {"short": [a.body for a in short], "long": [a.body for a in long]}
    joined = {kind: "\n".join(group) for kind, group in texts.items()}
    raw = {kind: text.encode() for kind, text in joined.items()}
    post = next(p for p in discover([SHARED / "posts" / "2021-12-22-NW202112222223057463.md"]))
    every = [p for p in discover([SHARED / "posts"]) if isinstance(p, RawItem) and isinstance(parse(p), Article)]
    batch = 400
    works: dict[str, tuple[Callable[[], object], int, int]] = {}
    for kind, group in (("short", short), ("long", long)):
        works |= {
            f"{kind}: memory scan": (lambda k=kind: raw[k].count("的".encode()), len(group), len(raw[kind])),
            f"{kind}: pyahocorasick": (lambda k=kind: [sum(1 for _ in old.iter(t)) for t in texts[k]], len(group), len(raw[kind])),
            f"{kind}: matcher": (lambda k=kind: new.find_overlapping(joined[k]), len(group), len(raw[kind])),
            f"{kind}: linker": (lambda g=group: linker.link_many(g), len(group), len(raw[kind])),
        }

    def read(items: list[RawItem]) -> list:
        with without_collection():
            return [parse(item) for item in items]

    for kind, items in (("post", [post] * batch), ("real posts", every * (batch // len(every)))):
        size = sum(len(item.raw) for item in items)
        works[f"{kind}: parse + link"] = (lambda i=items: linker.link_many(read(i)), len(items), size)
        works[f"{kind}: parse only"] = (lambda i=items: read(i), len(items), size)
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, _, _) in works.items():
            taken[name].append(timed(work))
    median = {name: statistics.median(times) for name, times in taken.items()}
    print(f"{'speed, ' + format(len(surfaces), ',') + ' aliases':28}{'items/s':>12}{'MB/s':>9}{'1/scan':>9}{'× pyahocorasick':>17}")
    for name, (_, items, size) in works.items():
        kind = name.partition(":")[0]
        scan, rival = median.get(f"{kind}: memory scan"), median.get(f"{kind}: pyahocorasick")
        ratio = f"{median[name] / scan:9.0f}" if scan else f"{'':9}"
        beside = f"{rival / median[name]:17.1f}" if rival else ""
        print(f"{name:28}{items / median[name]:12,.0f}{size / median[name] / 1e6:9.1f}{ratio}{beside}")
    with tempfile.TemporaryDirectory() as folder:
        automaton(surfaces, Path(folder))
        (file,) = Path(folder).glob("*.ac")
        wall, own = cold_loads(surfaces, folder)
        print(f"\nautomaton: cache {file.stat().st_size / 1e6:.1f} MB, load in a fresh process {own:.1f} ms of processor time", end="")
        print(f" ({wall:.1f} ms by the clock), build {timed(lambda: automaton(surfaces)):.2f} s, memory {memory(surfaces):.1f} MB")


def cold_loads(surfaces: list[str], folder: str, times: int = 9) -> tuple[float, float]:
    """The same load from its cache as the first thing of a process that has only imported the module: medians of milliseconds, clock and processor."""
    path = Path(folder, "surfaces")
    path.write_text("\n".join(surfaces), encoding="utf-8", errors="surrogatepass")
    words = (
        "import sys, time\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from newslink.link.automaton import automaton\n"
        f"surfaces = open({str(path)!r}, encoding='utf-8', errors='surrogatepass').read().split('\\n')\n"
        "wall, own = time.perf_counter(), time.process_time()\n"
        f"machine = automaton(surfaces, Path({folder!r}))\n"
        "print(1_000 * (time.perf_counter() - wall), 1_000 * (time.process_time() - own))\n"
    )
    done = [subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True).stdout.split() for _ in range(times)]
    return statistics.median(float(w) for w, _ in done), statistics.median(float(o) for _, o in done)


def memory(surfaces: list[str]) -> float:
    """Growth of the resident set of a fresh process when the automaton is built, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "surfaces")
        path.write_text("\n".join(surfaces), encoding="utf-8", errors="surrogatepass")
        words = (
            "import sys, daachorse\n"
            "def rss(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
            f"d = open({str(path)!r}, encoding='utf-8', errors='surrogatepass').read().split('\\n')\n"
            "b = daachorse.CharwiseDoubleArrayAhoCorasick(d).serialize()\n"
            "open(sys.argv[1], 'wb').write(b)\n"
        )
        subprocess.run([sys.executable, "-c", words, str(Path(folder, "ac"))], check=True)
        words = (
            "import sys, daachorse\n"
            "def rss(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
            "b = open(sys.argv[1], 'rb').read(); before = rss()\n"
            "a = daachorse.CharwiseDoubleArrayAhoCorasick.deserialize(b); print((rss() - before) / 1e6)\n"
        )
        done = subprocess.run([sys.executable, "-c", words, str(Path(folder, "ac"))], check=True, capture_output=True, text=True)
        return float(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description="Quality and speed of linking, naive matching beside it.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--errors", action="store_true", help="print up to forty errors of each row")
    parser.add_argument("--quick", action="store_true", help="no speeds")
    parser.add_argument("--speed", action="store_true", help="speeds alone")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        print("The folder ../shared with labelled inputs is absent: nothing can be measured.", file=sys.stderr)
        return 1
    universe = universe_files.universe()
    loaded = timed(universe_files.universe.__wrapped__)
    with tempfile.TemporaryDirectory() as folder:
        cold = timed(lambda: Linker(universe, cache_dir=Path(folder)))
        warm = timed(lambda: Linker(universe, cache_dir=Path(folder)))
    linker = Linker(universe)
    print(
        f"{len(universe.securities):,} securities, {len(universe.names):,} names read in {loaded:.1f} s; linker ready in {cold:.1f} s, ",
        end="",
    )
    print(f"from its cache {warm:.1f} s\n")
    if not arguments.speed:
        quality(universe, linker, arguments.errors)
    if not arguments.quick:
        speed(universe, linker, arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
