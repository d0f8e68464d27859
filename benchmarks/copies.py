"""Shared newswire items → syndication clusters: how many, how fast, beside exact hashing and plain min-hash; and pairs to read by eye.

    python benchmarks/copies.py [--pairs 100] [--seed 7] [--linker]

Securities come from the wires' own tags, or with --linker from newslink.link and its bundled names. Recall of the
keys is against an exact join of all texts within 48 hours; recall of the rules against pairs of wires that gave an item the same title
within 6 hours.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scipy import sparse

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.articles import WINDOW_HOURS, Signature, discover, pack, parse, place, relate, signatures  # noqa: E402
from newslink.model import Article, Rejection  # noqa: E402

FLASHES = ROOT.parent / "shared" / "flashes"


def read() -> list[Article]:
    parsed = [parse(item) for item in discover([FLASHES]) if not isinstance(item, Rejection)]
    return [article for article in parsed if isinstance(article, Article)]


def securities(articles: list[Article], with_linker: bool) -> list[tuple[str, ...]]:
    if not with_linker:
        return [tuple(sorted({a.security for a in article.annotations if a.security})) for article in articles]
    from newslink.link import Linker, Universe, bundled

    links = Linker(Universe(*bundled())).link_many(articles)
    return [tuple(sorted({link.security for link in found if link.confidence >= 0.5})) for found in links]


def candidates_without_keys(signatures: list[Signature]) -> set[tuple[int, int]]:
    """Pairs within the window whose rarer grams (in at most 400 texts) meet: an exact join, too slow for use."""
    rows = np.repeat(np.arange(len(signatures)), [len(s.grams) for s in signatures])
    _, columns = np.unique(np.concatenate([s.grams for s in signatures]), return_inverse=True)
    table = sparse.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)))
    rare = table[:, np.asarray(table.sum(axis=0)).ravel() <= 400]
    sizes = np.array([len(s.grams) for s in signatures])
    times = np.array([s.time for s in signatures])
    shared = sparse.triu(rare @ rare.T, 1).tocoo()
    enough = (shared.data >= 0.2 * np.minimum(sizes[shared.row], sizes[shared.col])) & (
        np.abs(times[shared.row] - times[shared.col]) <= WINDOW_HOURS * 3600
    )
    return set(zip(shared.row[enough].tolist(), shared.col[enough].tolist(), strict=True))


def plain_minhash(articles: list[Article]) -> tuple[int, float]:
    """Articles in clusters and articles/s of the usual recipe: rensa, 16 bands of 4, Jaccard of at least 0.7."""
    from rensa import RMinHash, RMinHashLSH

    start = time.perf_counter()
    index = RMinHashLSH(threshold=0.7, num_perm=64, num_bands=16)
    grams = []
    clustered = set()
    for number, article in enumerate(articles):
        words = "".join(article.body.split())
        grams.append({words[i : i + 4] for i in range(max(1, len(words) - 3))})
        minhash = RMinHash(num_perm=64, seed=42)
        minhash.update(list(grams[-1]))
        for other in index.query(minhash):
            if 10 * len(grams[-1] & grams[other]) >= 7 * len(grams[-1] | grams[other]):
                clustered.update((number, other))
        index.insert(number, minhash)
    return len(clustered), len(articles) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=0, help="print so many random pairs of articles that share a cluster")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--linker", action="store_true")
    options = parser.parse_args()
    if not FLASHES.is_dir():
        sys.exit(f"{FLASHES} is not there: nothing to measure.")
    articles = read()
    named = securities(articles, options.linker)
    start = time.perf_counter()
    made = signatures(zip(articles, named, strict=True))
    signed = time.perf_counter()
    placements = {p.article: p for p in place(made)}
    done = time.perf_counter()

    clusters = defaultdict(list)
    for article, s in zip(articles, made, strict=True):
        clusters[placements[s.article].cluster].append((article, s))
    many = {head: group for head, group in clusters.items() if len(group) > 1}
    wires = Counter(len({article.source for article, _ in group}) for group in many.values())
    print(f"articles {len(articles)}, distinct ids {len(placements)}")
    sizes = dict(sorted(Counter(map(len, many.values())).items()))
    print(f"clusters of two or more: {len(many)}, holding {sum(map(len, many.values()))} articles; sizes {sizes}")
    print(f"wires in a cluster: {dict(sorted(wires.items()))}; kinds {dict(Counter(p.kind for p in placements.values()))}")
    size, keys = np.mean([len(pack(s)) for s in made]), np.mean([len(s.keys) for s in made])
    print(f"sign {len(articles) / (signed - start):,.0f} articles/s, place {len(articles) / (done - signed):,.0f} articles/s")
    print(f"stored for an article: {size:.0f} bytes and {keys:.1f} keys")

    exact = Counter("".join(article.body.split()) for article in articles)
    print(f"baseline, equal text: {sum(n for n in exact.values() if n > 1)} articles in clusters")
    count, rate = plain_minhash(articles)
    print(f"baseline, min-hash 16x4 with Jaccard 0.7: {count} articles in clusters, {rate:,.0f} articles/s")
    pairs = candidates_without_keys(made)
    true = [(i, j) for i, j in pairs if (r := relate(made[i], made[j])) and r.kind == "copy"]
    together = sum(placements[made[i].article].cluster == placements[made[j].article].cluster for i, j in true)
    print(f"copies found without keys: {len(true)}; in one cluster here: {together} ({together / len(true):.3f})")

    titled = defaultdict(list)
    for article, s in zip(articles, made, strict=True):
        title = "".join(c for c in article.title if c.isalnum())
        if len(title) >= 10:
            titled[title].append((article, s))
    same = [
        placements[one[1].article].cluster == placements[other[1].article].cluster
        for group in titled.values()
        for i, one in enumerate(group)
        for other in group[:i]
        if one[0].source != other[0].source and abs(one[1].time - other[1].time) <= 6 * 3600
    ]
    print(f"pairs of wires with the same title within 6 hours: {len(same)}; in one cluster here: {sum(same)} ({sum(same) / len(same):.3f})")

    inside = [(group[i][0], group[j][0]) for group in many.values() for i in range(len(group)) for j in range(i)]
    print(f"pairs inside clusters: {len(inside)}")
    for number, (one, other) in enumerate(random.Random(options.seed).sample(inside, min(options.pairs, len(inside))), 1):
        print(f"\n{number}. {other.id} {other.published:%m-%d %H:%M}  {other.title[:40]} | {other.body[:150]}")
        print(f"   {one.id} {one.published:%m-%d %H:%M}  {one.title[:40]} | {one.body[:150]}")


if __name__ == "__main__":
    main()
