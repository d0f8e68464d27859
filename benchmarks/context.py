"""Labelled sentences → the weights of ``newslink/link/context.py``, and how well they carry over to names they were not fitted on.

    python benchmarks/context.py [--write] [--folds 5] [--leave FILE ...]

Fitted on the invented sentences of tests/link (a name, its sentence, whether the company is meant) and, with little weight, on the news of
../shared: there a name that means nothing else is a company's place in a sentence, any other noun is not. Only weights leave the news, no
text does. Each fold is fitted without the names it is measured on, so its figures are of names never seen; the linker runs with those
weights. Beside it, in the same run, the linker without any.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.link import Linker, Universe  # noqa: E402
from newslink.link.classes import surface_lists  # noqa: E402
from newslink.link.context import SIZE, STEP, Context, features  # noqa: E402
from newslink.link.text import haystack, name_key  # noqa: E402
from tests.link import scoring, universe_files  # noqa: E402

WEIGHTS = ROOT / "newslink" / "link" / "data" / "context.npy"
NEWS_WEIGHT = 0.1  # of one place in the news against one invented sentence
STIFFNESS = 0.5
NOUNS = frozenset(["n", "ns", "nr", "nz", "nt", "vn", "a", "l", "i", "nrt", "nrfg"])


@dataclass(frozen=True, slots=True)
class Place:
    """text[start:end] is a name or a noun; meant: whether a company. name: what is left out together."""

    text: str
    start: int
    end: int
    meant: bool
    name: str


def invented(universe: Universe, files: Iterable[Path]) -> list[Place]:
    """One place a labelled sentence; sentences whose label may be either way are left out."""
    owners: dict[str, set[str]] = defaultdict(set)
    for name in universe.names:
        owners[name_key(name.text)].add(universe.entity_of(name.security))
    places = []
    for case in (case for file in files for case in scoring.cases(file) if case.kind in scoring.LEXICAL):
        mine = owners[name_key(case.surface)] | ({universe.entity_of(case.trap)} if case.trap else set())
        said = {universe.entity_of(x): "?" in token for token in case.expect for x in token.rstrip("?!~^").split("|")}
        if any(said.get(entity) for entity in mine) or (at := case.sentence.find(case.surface)) < 0:
            continue
        places.append(Place(case.sentence, at, at + len(case.surface), not mine.isdisjoint(said), case.surface))
    return places


def news(universe: Universe) -> list[Place]:
    """Places of plain company names, and of other nouns, in the news of ../shared."""
    import jieba.posseg

    articles = [article for article, _ in scoring.flashes()] + [article for article, *_ in scoring.astock()]
    ambiguous, names = surface_lists().classes, {name_key(name.text) for name in universe.names}
    linker, random, places = Linker(universe, context=Context(np.zeros(SIZE))), Random(1), []
    for article, links in zip(articles, linker.link_many(articles), strict=True):
        for mention in (m for link in links if link.confidence > 0.95 for m in link.mentions):
            if mention.rule.startswith("name") and name_key(mention.surface) not in ambiguous and not mention.surface.isascii():
                text = article.title if mention.field == "title" else article.body
                places.append(Place(text, mention.start, mention.end, True, mention.surface))
    for article in random.sample(articles, 4000):
        text, at = (article.body or article.title)[:300], 0
        for word, kind in jieba.posseg.cut(text):
            if 2 <= len(word) <= 5 and kind in NOUNS and name_key(word) not in names and random.random() < 0.15:
                places.append(Place(text, at, at + len(word), False, word))
            at += len(word)
    return places


def matrix(places: Sequence[Place]) -> sparse.csr_matrix:
    """(places, SIZE): how often each weight counts."""
    hay = haystack([place.text for place in places])
    at = hay.starts[:-1]
    start, end = (np.array([getattr(p, side) for p in places]) + at for side in ("start", "end"))
    if hay.origin is not None:
        start, end = np.searchsorted(hay.origin, start), np.searchsorted(hay.origin, end)
    rows = np.concatenate([features(hay.units, start[i : i + 2000], end[i : i + 2000]) for i in range(0, len(places), 2000)])
    row, column = np.nonzero(rows < SIZE)
    return sparse.csr_matrix((np.ones(len(row)), (row, rows[row, column])), shape=(len(places), SIZE))


def fit(counts: sparse.csr_matrix, meant: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Logistic regression with a quadratic penalty: (weights, offset)."""
    sign = np.where(meant, 1.0, -1.0)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (counts @ at[:-1] + at[-1])
        pull = -weight * sign / (1 + np.exp(np.clip(margin, -30, 30)))
        value = (weight * np.logaddexp(0, -margin)).sum() + 0.5 * STIFFNESS * (at[:-1] ** 2).sum()
        return value, np.append(counts.T @ pull + STIFFNESS * at[:-1], pull.sum())

    found = minimize(loss, np.zeros(SIZE + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return found[:-1], float(found[-1])


def ranked(scores: np.ndarray, meant: np.ndarray) -> float:
    """Share of pairs, one meant and one not, in which the one meant scores higher."""
    order = scores.argsort().argsort() + 1
    yes = int(meant.sum())
    return (order[meant].sum() - yes * (yes + 1) / 2) / (yes * (len(meant) - yes))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--write", action="store_true", help="put the weights fitted on everything into the package")
    options.add_argument("--folds", type=int, default=5)
    options.add_argument("--leave", nargs="*", default=[], help="files of tests/link to leave out")
    asked = options.parse_args()
    universe = universe_files.universe()
    files = sorted(
        p.name
        for p in (ROOT / "tests" / "link").glob("*.tsv")
        if p.name.startswith(("adversarial", "context")) and p.name not in asked.leave
    )
    mine, theirs = invented(universe, files), news(universe)
    print(f"{len(mine):,} invented sentences, {len(theirs):,} places in the news ({sum(p.meant for p in theirs):,} companies)")
    counts, other = matrix(mine), matrix(theirs)
    meant, seen = np.array([p.meant for p in mine]), np.array([p.meant for p in theirs])

    def fitted(rows: np.ndarray) -> tuple[np.ndarray, float]:
        weight = np.append(np.ones(int(rows.sum())), np.full(len(theirs), NEWS_WEIGHT))
        return fit(sparse.vstack([counts[rows], other]).tocsr(), np.append(meant[rows], seen), weight)

    if asked.folds > 1:
        names = sorted({p.name for p in mine})
        Random(0).shuffle(names)
        fold = {name: i % asked.folds for i, name in enumerate(names)}
        mark = np.array([fold[p.name] for p in mine])
        scores = np.zeros(len(mine))
        plain, helped = defaultdict(scoring.Score), defaultdict(scoring.Score)
        without = scoring.by_linker(Linker(universe, context=Context(np.zeros(SIZE))))
        for i in range(asked.folds):
            weights, offset = fitted(mark != i)
            scores[mark == i] = counts[mark == i] @ weights + offset
            way = scoring.by_linker(Linker(universe, context=Context(weights, offset)))
            for file in files:
                cases = [c for c in scoring.cases(file) if c.kind in scoring.LEXICAL and fold.get(c.surface) == i]
                for into, by in ((plain, without), (helped, way)):
                    one = scoring.total(scoring.adversarial(universe, by, cases), scoring.LEXICAL)
                    held = into[file]
                    held.right, held.wrong, held.missed = held.right + one.right, held.wrong + one.wrong, held.missed + one.missed
        print(f"context alone, names never seen: {ranked(scores, meant):.3f} of pairs in the right order\n")
        print(f"{'sentences on names never fitted on':40}{'without P':>10}{'R':>7}{'with P':>9}{'R':>7}")
        for file in files:
            a, b = plain[file], helped[file]
            print(f"{file:40}{a.precision:10.3f}{a.recall:7.3f}{b.precision:9.3f}{b.recall:7.3f}")
    if asked.write:
        weights, offset = fitted(np.ones(len(mine), bool))
        stored = np.clip(np.rint(np.append(weights, offset) / STEP), -127, 127).astype(np.int8)
        np.save(WEIGHTS, stored, allow_pickle=False)
        print(f"\n{WEIGHTS.name}: {np.count_nonzero(stored):,} weights that are not 0")


if __name__ == "__main__":
    main()
