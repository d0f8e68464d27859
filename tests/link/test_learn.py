"""Names learnt from what articles repeat."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from newslink.link import Universe
from newslink.link.learn import propose, write_proposals
from newslink.link.names_file import read_names_file
from newslink.model import Annotation, Article, Name, NameKind, Precision, Security

START = datetime(2012, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))
UNIVERSE = Universe(
    [
        Security("300268.SZ", "佳沃食品"),
        Security("600038.SH", "中直股份"),
        Security("600519.SH", "贵州茅台"),
        Security("600809.SH", "山西汾酒"),
    ],
    [Name("300268.SZ", "佳沃食品", NameKind.SHORT, START.date().replace(year=2019))],
)


def articles(*bodies: str) -> list[Article]:
    return [Article(f"a{i}", START + timedelta(days=i), Precision.SECOND, "", body) for i, body in enumerate(bodies)]


def test_a_name_repeated_before_its_code_is_proposed_with_its_days_and_examples() -> None:
    texts = ("万福生科(300268)被立案。", "创业板公司万福生科（300268.SZ）停牌。", "今日，万福生科(SZ300268)复牌跌停。")
    (found,) = propose(articles(*texts), UNIVERSE)
    assert (found.security, found.text, found.kind, found.count, found.articles) == ("300268.SZ", "万福生科", NameKind.SHORT, 3, 3)
    assert (found.first, found.last, found.examples) == (START.date(), START.date() + timedelta(days=2), ("a0", "a1", "a2"))


def test_a_single_article_or_copies_of_one_prove_nothing() -> None:
    assert propose(articles("万福生科(300268)、万福生科(300268)、万福生科(300268)"), UNIVERSE) == []
    assert propose(articles(*["万福生科(300268)被立案。"] * 5), UNIVERSE) == []


def test_nothing_is_learnt_from_cut_and_marked_names_of_quote_lists() -> None:
    lines = [f"涨幅榜第{i}日：XD中直股(600038) 3.1%；中直股(600038) 2%；N直股份(600038)" for i in range(5)]
    assert propose(articles(*lines), UNIVERSE) == []


def test_what_is_known_is_not_proposed_nor_with_words_before_it() -> None:
    lines = [f"第{i}批：将贵州茅台(600519)调入；贵州茅台(600519)" for i in range(5)]
    assert propose(articles(*lines), UNIVERSE) == []


def test_words_that_stand_before_several_companies_codes_are_no_name() -> None:
    lines = [f"{i}：龙头股份公司(600519)，龙头股份公司(600809)" for i in range(5)]
    assert propose(articles(*lines), UNIVERSE) == []


def test_repeated_markup_proposes_a_nickname_and_a_refused_one_stays_away() -> None:
    marked = [
        Article(f"m{i}", START + timedelta(days=i), Precision.SECOND, "", f"{i}汾酒股份涨停", annotations=(
            Annotation("body", 1, 5, "汾酒股份", "inline", "1.600809", "600809.SH"),
        ))
        for i in range(4)
    ]  # fmt: skip
    (found,) = propose(marked, UNIVERSE)
    assert (found.text, found.kind) == ("汾酒股份", NameKind.NICKNAME)
    assert propose(marked, UNIVERSE, refused={("600809.SH", "汾酒股份")}) == []


def test_the_written_proposals_are_a_file_that_can_be_imported(tmp_path: Path) -> None:
    later = Article("z", START + timedelta(days=900), Precision.SECOND, "", "无关")
    found = propose([*articles("万福生科(300268)一", "万福生科(300268)二", "万福生科(300268)三"), later], UNIVERSE)
    assert write_proposals(tmp_path / "proposed.tsv", found) == 1
    _, names, problems = read_names_file(tmp_path / "proposed.tsv")
    assert problems == []
    assert [(n.security, n.text, n.valid_from, n.valid_to) for n in names] == [
        ("300268.SZ", "万福生科", START.date(), START.date() + timedelta(days=2))
    ]
