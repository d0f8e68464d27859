"""What a person said wins over every rule, carries who and when, and the last word holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from newslink.link import Correction, CorrectionKind, Linker, Universe
from newslink.link.corrections import add_link, mute_word, not_this_link, word_means
from newslink.model import Article, Precision, Security

BEIJING = timezone(timedelta(hours=8))
MONDAY, TUESDAY = (datetime(2022, 6, d, 9, tzinfo=BEIJING) for d in (6, 7))
UNIVERSE = Universe([Security("600519.SH", "贵州茅台"), Security("000858.SZ", "五粮液"), Security("300024.SZ", "机器人")], [])


def links(*corrections: Correction, text: str = "贵州茅台公告", id: str = "a", day: date = date(2022, 5, 31)) -> dict[str, float]:
    article = Article(id, datetime(day.year, day.month, day.day, 10, tzinfo=BEIJING), Precision.SECOND, text, "")
    return {k.security: k.confidence for k in Linker(UNIVERSE, corrections).link(article) if k.confidence >= 0.5}


def test_a_refused_link_is_no_link_in_that_article_only() -> None:
    refused = not_this_link("a", "600519.SH", "analyst", MONDAY)
    assert links(refused) == {}
    assert "600519.SH" in links(refused, id="b")


def test_a_refused_link_stays_as_a_candidate_that_says_who_refused_it() -> None:
    article = Article("a", MONDAY, Precision.SECOND, "贵州茅台公告", "")
    (link,) = Linker(UNIVERSE, [not_this_link("a", "600519.SH", "analyst", MONDAY)]).link(article)
    assert link.confidence == 0.0
    assert link.mentions[0].rule == "correction"
    assert link.mentions[0].evidence[-1] == "- said by analyst 2022-06-06 09:00"


def test_an_added_link_is_certain_with_and_without_words() -> None:
    assert links(add_link("a", "000858.SZ"))["000858.SZ"] == 1.0
    assert links(add_link("a", "600519.SH"))["600519.SH"] == 1.0
    assert links(add_link("a", "000858.SZ"), text="无关", id="b") == {}


def test_a_muted_word_is_not_linked_and_nothing_inside_it_is() -> None:
    assert links(mute_word("贵州茅台", "600519.SH")) == {}
    assert links(mute_word("贵州茅台")) == {}
    assert "600519.SH" in links(mute_word("贵州茅台", "000858.SZ"))


def test_a_word_that_was_given_a_meaning_needs_no_evidence() -> None:
    assert links(text="酱香老大走高") == {}
    assert links(word_means("酱香老大", "600519.SH"), text="酱香老大走高") == pytest.approx({"600519.SH": 1.0}, abs=0.01)
    assert "300024.SZ" in links(word_means("机器人", "300024.SZ"), text="工业的机器人产量")


def test_a_meaning_holds_on_its_days_only() -> None:
    meaning = word_means("酱香老大", "600519.SH", date(2022, 1, 1), date(2022, 12, 31))
    assert links(meaning, text="酱香老大走高", day=date(2021, 6, 1)) == {}
    assert "600519.SH" in links(meaning, text="酱香老大走高", day=date(2022, 12, 31))


def test_the_later_of_two_statements_holds_whatever_their_order() -> None:
    refused, added = not_this_link("a", "600519.SH", "one", MONDAY), add_link("a", "600519.SH", "two", TUESDAY)
    assert links(refused, added) == links(added, refused) == {"600519.SH": 1.0}
    muted, meant = mute_word("酱香老大", None, "one", MONDAY), word_means("酱香老大", "600519.SH", who="two", when=TUESDAY)
    assert "600519.SH" in links(meant, muted, text="酱香老大走高")


@pytest.mark.parametrize(
    "wrong", [{"kind": "add_link", "article": "a"}, {"kind": "mute_word", "surface": " "}, {"kind": "word_means", "surface": "x"}]
)
def test_an_incomplete_statement_is_refused_at_once(wrong: dict) -> None:
    with pytest.raises(ValueError, match="needed"):
        Correction(**wrong)
    assert Correction("mute_word", surface="x").kind is CorrectionKind.MUTE_WORD
