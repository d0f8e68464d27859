"""The parts of the linker on their own: cache, segmentation, borders, text."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.link.automaton import automaton
from newslink.link.market import _MARKETS, _spoken_of
from newslink.link.segment import best_cut, groups_of
from newslink.link.text import haystack, normal
from newslink.link.words import Borders
from tests.link import scoring

PATTERNS = ["贵州茅台", "茅台", "五粮液"]


def test_the_automaton_from_its_cache_finds_what_the_built_one_finds(tmp_path: Path) -> None:
    text = "贵州茅台与五粮液"
    built, again = automaton(PATTERNS, tmp_path), automaton(PATTERNS, tmp_path)
    assert built.find_overlapping(text) == again.find_overlapping(text) == automaton(PATTERNS).find_overlapping(text)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_broken_torn_or_foreign_cache_is_rebuilt(tmp_path: Path) -> None:
    automaton(PATTERNS, tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for bad in (
        b"",
        good[:50],
        good[:-1],
        good[:-1] + bytes([good[-1] ^ 1]),
        b"\x80\x04K\x01.",
        good.replace(b"NEWSLINK-AC", b"NEWSLINK-XX"),
    ):
        path.write_bytes(bad)
        assert automaton(PATTERNS, tmp_path).find_overlapping("五粮液") == [(0, 3, 2)]
        assert path.read_bytes() == good


def test_damage_anywhere_in_a_large_cache_is_noticed(tmp_path: Path) -> None:
    names = [f"{chr(0x4E00 + i)}{chr(0x5000 + i)}" for i in range(2_000)]
    automaton(names, tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    page, body = 4096, len(good) - len(automaton(names).serialize())
    assert len(good) > body + 6 * page
    bad = [good[:at] + bytes([good[at] ^ (1 << at % 8)]) + good[at + 1 :] for at in range(body, len(good), len(good) // 60)]
    bad.append(
        good[: body + page] + good[body + 2 * page : body + 3 * page] + good[body + page : body + 2 * page] + good[body + 3 * page :]
    )
    bad.append(good[: body + page] + bytes(page) + good[body + 2 * page :])
    bad += [good[: len(good) // 2], good[:-page], good + good[-page:]]
    for damaged in bad:
        path.write_bytes(damaged)
        assert automaton(names, tmp_path).find_overlapping(names[7] + names[1_999]) == [(0, 2, 7), (2, 4, 1_999)]
        assert path.read_bytes() == good, "rebuilt, so the damage was noticed"


def test_other_names_never_take_the_cache_of_these(tmp_path: Path) -> None:
    automaton(PATTERNS, tmp_path)
    assert automaton(["五粮液"], tmp_path).find_overlapping("五粮液") == [(0, 3, 0)]


def test_a_place_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert automaton(PATTERNS, tmp_path / "file" / "cache").find_overlapping("茅台") == [(0, 2, 1)]


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), min_size=1, max_size=7, unique=True)


@settings(deadline=None)
@given(SPANS)
def test_the_best_cut_is_the_best_of_all_cuts(spans: list[tuple[int, int]]) -> None:
    matches = [(start, start + length, 0.0) for start, length in spans]

    def value(chosen) -> float:
        return sum(e - s - 0.6 for s, e, _ in chosen)

    def apart(chosen) -> bool:
        ordered = sorted(chosen)
        return all(a[1] <= b[0] for a, b in itertools.pairwise(ordered))

    every = (c for n in range(1, len(matches) + 1) for c in itertools.combinations(matches, n) if apart(c))
    picked = [matches[i] for i in best_cut(matches)]
    assert apart(picked)
    assert abs(value(picked) - max(map(value, every))) < 1e-6


def test_groups_are_stretches_of_touching_matches() -> None:
    starts, ends = np.array([0, 1, 5, 9, 9]), np.array([4, 3, 9, 12, 11])
    first, sizes = groups_of(starts, ends)
    assert first.tolist() == [0, 2, 3] and sizes.tolist() == [2, 1, 2]


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=4))
def test_every_normalised_character_knows_where_it_came_from(texts: list[str]) -> None:
    hay = haystack(texts)
    assert len(hay.text) == len(hay.units)
    for i in range(0, len(hay.text), 3):
        at = hay.original(i)
        was, now = hay.joined[at], hay.text[i]
        assert now == "\ufffd" or now == normal(was) or not normal(was)


def test_full_width_and_traditional_characters_are_folded_one_for_one() -> None:
    assert normal("ＳＴ騰邦（６００５１９）") == "ST腾邦(600519)"
    assert normal("乾照光电") == "乾照光电"


def test_borders_through_common_words_are_doubted_and_others_are_not() -> None:
    def doubt(text: str, name: str) -> tuple[bool, bool]:
        hay = haystack([text])
        start = hay.text.index(name)
        begins, runs = Borders().doubtful(hay.units, np.array([start]), np.array([start + len(name)]))
        return bool(begins[0]), bool(runs[0])

    assert doubt("中国人寿命延长", "中国人寿") == (False, True)
    assert doubt("浙江新能力建设", "浙江新能") == (False, True)
    assert doubt("轨道交通银行卡", "交通银行") == (True, True)
    assert doubt("宁德时代表示", "宁德时代") == (False, False)
    assert doubt("中国汽研发布公告", "中国汽研") == (False, False)


def test_markets_told_by_their_words_first_are_those_the_patterns_find() -> None:
    texts = [case.sentence for name in ("adversarial.tsv", "adversarial_held.tsv") for case in scoring.cases(name)]
    texts += ["恒生电子涨停", "恒生指数跌1%", "00700.HK", "港股通标的", "每股派8港仙", "NVDA.US盘前", ""]
    found = [_spoken_of(text) for text in texts]
    assert found == [frozenset(m for m, pattern in _MARKETS.items() if pattern.search(text)) for text in texts]
    assert {market for some in found for market in some} == {"HK", "US", "A"}
