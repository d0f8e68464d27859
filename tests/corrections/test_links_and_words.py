"""Wrong links, missing links, muted words and aliases: applied where they touch, surviving whatever happens, gone when undone."""

from __future__ import annotations

from datetime import date

import pytest

from newslink.errors import CorrectionError, UnknownSecurity
from newslink.link.corrections import add_link, mute_word, not_this_link
from newslink.pipeline.corrections import apply_correction, correct, correction_counts, corrections, undo
from newslink.pipeline.relink import relink
from newslink.pipeline.statements import Kind, Statement
from tests.corrections.conftest import Desk, contents
from tests.store.audit import audit


def a_few(desk: Desk) -> tuple[str, str, str]:
    one = desk.post(1, "贵州茅台：净利润增长", "贵州茅台与五粮液今日上涨。")
    two = desk.post(2, "贵州茅台召开股东大会", "会议通过全部议案。", "2022-05-31 09:00:00 +0800")
    three = desk.post(3, "天气", "宁王今日发布新品，宁 王股价大涨。", "2022-06-01 09:00:00 +0800")
    desk.ingest()
    return one, two, three


def test_a_refused_link_is_a_candidate_until_it_is_undone_and_no_other_article_changes(desk: Desk) -> None:
    one, two, _ = a_few(desk)
    before = contents(desk.store)
    done = desk.say(Kind.NOT_THIS_LINK, article=one, security="600519.SH")
    assert done.articles == (one,)
    assert desk.links(one) == {"000858.SZ"} and desk.links(two) == {"600519.SH"}
    refused = next(link for link in desk.store.article(one).links if link.security == "600519.SH")
    assert refused.confidence == 0 and "tester" in refused.mentions[0].evidence[-1]
    audit(desk.store)
    assert desk.undo(done).articles == (one,)
    assert contents(desk.store) == before
    audit(desk.store)


def test_a_missing_link_is_added_for_sure_and_one_security_may_take_the_place_of_another(desk: Desk) -> None:
    one, two, three = a_few(desk)
    before = contents(desk.store)
    added = desk.say(Kind.ADD_LINK, article=three, security="300750.SZ")
    swapped = desk.say(Kind.NOT_THIS_LINK, article=two, security="600519.SH", security_to="000858.SZ")
    assert desk.links(three) == {"300750.SZ"} and desk.links(two) == {"000858.SZ"}
    assert desk.store.counts().unlinked == 0
    audit(desk.store)
    desk.undo(swapped)
    desk.undo(added)
    assert contents(desk.store) == before


def test_what_was_said_survives_relinking_reading_the_same_again_and_an_edit(desk: Desk) -> None:
    one, _, three = a_few(desk)
    desk.say(Kind.NOT_THIS_LINK, article=one, security="600519.SH")
    desk.say(Kind.ADD_LINK, article=three, security="300750.SZ")
    assert relink(desk.settings).changed == 0
    assert desk.ingest().unchanged == 3
    assert (desk.links(one), desk.links(three)) == ({"000858.SZ"}, {"300750.SZ"})
    desk.post(1, "贵州茅台：净利润增长（更新）", "贵州茅台与五粮液、伊利股份今日上涨。")
    assert desk.ingest().updated == 1
    assert desk.links(one) == {"000858.SZ", "600887.SH"}
    audit(desk.store)


def test_of_two_statements_the_later_one_holds_and_undoing_it_brings_the_earlier_back(desk: Desk) -> None:
    one, *_ = a_few(desk)
    desk.say(Kind.NOT_THIS_LINK, article=one, security="600519.SH")
    yes = desk.say(Kind.CONFIRM_LINK, article=one, security="600519.SH")
    assert desk.links(one) == {"000858.SZ", "600519.SH"}
    desk.undo(yes)
    assert desk.links(one) == {"000858.SZ"}


def test_a_muted_word_goes_from_every_article_that_holds_it(desk: Desk) -> None:
    one, two, _ = a_few(desk)
    other = desk.post(4, "速递", "五粮液领涨。")
    desk.ingest()
    before = contents(desk.store)
    done = desk.say(Kind.MUTE_WORD, surface="贵州茅台", security="600519.SH")
    assert set(done.articles) == {one, two}
    assert desk.links(one) == {"000858.SZ"} and desk.links(two) == set() and desk.links(other) == {"000858.SZ"}
    audit(desk.store)
    desk.undo(done)
    assert contents(desk.store) == before


def test_an_alias_counts_on_its_days_however_the_word_is_written_and_for_articles_to_come(desk: Desk) -> None:
    _, _, three = a_few(desk)
    traditional = desk.post(4, "速遞", "綠能王今日漲停。", "2022-06-02 09:00:00 +0800")
    later = desk.post(5, "速递", "宁王跌停。", "2023-06-02 09:00:00 +0800")
    desk.ingest()
    done = desk.say(Kind.WORD_MEANS, surface="宁王", security="300750.SZ", valid_from=date(2022, 1, 1), valid_to=date(2022, 12, 31))
    assert three in done.articles and traditional not in done.articles
    assert desk.links(three) == {"300750.SZ"} and desk.links(later) == set()
    assert desk.say(Kind.WORD_MEANS, surface="绿能王", security="300750.SZ").articles == (traditional,)
    spaced = desk.post(6, "速递", "宁 王大涨。", "2022-07-02 09:00:00 +0800")
    desk.ingest()
    assert desk.links(spaced) == {"300750.SZ"}
    desk.undo(done)
    assert desk.links(three) == desk.links(spaced) == set()
    audit(desk.store)


def test_a_word_set_apart_by_blanks_is_found_by_the_links_or_by_the_index(desk: Desk) -> None:
    spaced = desk.post(1, "速递", "五 粮 液今日上涨。")
    desk.ingest()
    assert desk.links(spaced) == {"000858.SZ"}
    assert desk.say(Kind.MUTE_WORD, surface="五粮液").articles == (spaced,)
    assert desk.links(spaced) == set()


def test_the_screen_may_speak_as_the_linker_does(desk: Desk) -> None:
    one, two, three = a_few(desk)
    apply_correction(desk.settings, desk.store, not_this_link(one, "600519.SH"))
    apply_correction(desk.settings, desk.store, add_link(three, "300750.SZ"), who="甲")
    apply_correction(desk.settings, desk.store, mute_word("五粮液"))
    assert (desk.links(one), desk.links(two), desk.links(three)) == (set(), {"600519.SH"}, {"300750.SZ"})
    said = corrections(desk.store)
    assert [one.kind for one in said] == [Kind.NOT_THIS_LINK, Kind.ADD_LINK, Kind.MUTE_WORD]
    assert [one.who for one in said] == ["", "甲", ""] and all(one.made_at.tzinfo for one in said)
    undo(desk.store, desk.settings, said[0].id[:12])
    counted = correction_counts(desk.store)
    assert counted["not_this_link"] == {"holding": 0, "retracted": 1} and counted["add_link"] == {"holding": 1, "retracted": 0}
    assert counted["merge"] == {"holding": 0, "retracted": 0}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (Statement(Kind.ADD_LINK, article="nobody", security="600519.SH"), "No article goes by 'nobody'"),
        (Statement(Kind.ADD_LINK, article="", security="600519.SH"), "article is missing"),
        (Statement(Kind.MUTE_WORD, surface="茅台", article="x"), "article says nothing here"),
        (Statement(Kind.MUTE_WORD, surface="茅\n台"), "control characters"),
        (Statement(Kind.MUTE_WORD, surface="王" * 201), "longer than 200"),
        (Statement(Kind.MUTE_WORD, surface="\u200b"), "control characters"),
        (Statement(Kind.WORD_MEANS, surface="宁", security="300750.SZ", valid_from=date(2023, 1, 1), valid_to=date(2022, 1, 1)), "after"),
        (Statement(Kind.MERGE, article="a", other="a"), "are the same"),
        (Statement(Kind.NOT_THIS_LINK, article="a", security="600519.SH", security_to="SH600519"), "are the same"),
        (Statement(Kind.TIME, article="a", published="gestern"), "cannot be read"),
        (Statement(Kind.MUTE_WORD, surface="茅台", id="../../x"), "letters, digits"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words_and_not_kept(desk: Desk, statement: Statement, reason: str) -> None:
    with pytest.raises(CorrectionError, match=reason.replace("(", r"\(")):
        correct(desk.store, desk.settings, statement)
    assert corrections(desk.store, retracted=True) == [] and desk.store.states("correction-owed/") == {}


def test_a_security_nobody_knows_is_refused(desk: Desk) -> None:
    one, *_ = a_few(desk)
    for security in ("没有", "999999.SH"):
        with pytest.raises(UnknownSecurity):
            desk.say(Kind.ADD_LINK, article=one, security=security)
    assert corrections(desk.store) == []


def test_an_id_that_fits_none_or_several_undoes_nothing(desk: Desk) -> None:
    a_few(desk)
    for n in (1, 2):
        desk.say(Kind.MUTE_WORD, surface="茅台", id=f"same-{n}")
    for id in ("", "same", "other"):
        with pytest.raises(CorrectionError):
            undo(desk.store, desk.settings, id)
    assert len(corrections(desk.store)) == 2
