"""Names learnt from what is stored, decided by people; and what their judgements say of each rule, held against counts made by hand."""

from __future__ import annotations

import json
from datetime import date

import pytest
from scipy.stats import binomtest

from newslink.errors import CorrectionError
from newslink.pipeline.evaluate import FEW, evaluate, share
from newslink.pipeline.learn import confirm_proposal, learn, proposal_for, proposals, refuse_proposal
from newslink.pipeline.statements import Kind
from tests.corrections.conftest import Desk
from tests.store.audit import audit


def with_pairs(desk: Desk) -> list[str]:
    pairs = ("万福生科(300268)被立案。", "创业板公司万福生科（300268.SZ）停牌。", "今日，万福生科(SZ300268)复牌跌停。")
    texts = (*pairs, "万福生科发布公告。")
    ids = [desk.post(n, "速递", text, f"2012-03-0{n} 10:30:00 +0800") for n, text in enumerate(texts, 1)]
    desk.ingest()
    return ids


def test_a_confirmed_name_is_dated_in_the_list_and_links_what_uses_it(desk: Desk) -> None:
    ids = with_pairs(desk)
    assert proposals(desk.store) == []
    (found,) = learn(desk.settings)
    assert proposals(desk.store) == [found] and (found.security, found.text, found.count) == ("300268.SZ", "万福生科", 3)
    assert desk.links(ids[3]) == set()
    done = confirm_proposal(desk.store, desk.settings, proposal_for(desk.store, "300268.SZ", "万福生科"), "分析师")
    assert ids[3] in done.articles and desk.links(ids[3]) == {"300268.SZ"}
    (name,) = [one for one in desk.store.names() if one.text == "万福生科"]
    assert (name.security, name.valid_from, name.valid_to, name.source) == ("300268.SZ", date(2012, 3, 1), None, "confirmed:分析师")
    assert proposals(desk.store) == [] and learn(desk.settings) == []
    with pytest.raises(CorrectionError):
        proposal_for(desk.store, "300268.SZ", "万福生科")
    audit(desk.store)
    desk.undo(done)
    assert desk.links(ids[3]) == set() and not [one for one in desk.store.names() if one.text == "万福生科"]
    assert learn(desk.settings) == proposals(desk.store) == [found]


def test_a_refused_name_is_not_proposed_again_until_the_refusal_is_undone(desk: Desk) -> None:
    with_pairs(desk)
    (found,) = learn(desk.settings)
    done = refuse_proposal(desk.store, desk.settings, found, "分析师")
    assert proposals(desk.store) == [] and learn(desk.settings) == []
    desk.undo(done)
    assert learn(desk.settings) == [found]


def test_a_name_that_a_list_has_already_is_left_to_the_list(desk: Desk) -> None:
    with_pairs(desk)
    (found,) = learn(desk.settings)
    from newslink.model import Name

    desk.store.put_names([Name("300268.SZ", "万福生科", found.kind, found.first, None, "import")])
    done = confirm_proposal(desk.store, desk.settings, found, "x")
    desk.undo(done)
    assert [one.source for one in desk.store.names() if one.text == "万福生科"] == ["import"]


def test_proposals_of_another_version_are_no_reason_to_fail(desk: Desk) -> None:
    for kept in (7, {"x": 1}, [None, {"security": "x"}, {"first": 3}]):
        desk.store.set_state("learnt-names", kept)
        assert proposals(desk.store) == []


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (3, 10), (10, 10), (997, 1000), (0, 400)])
def test_intervals_are_wilsons(part: int, whole: int) -> None:
    expected = binomtest(part, whole).proportion_ci(0.95, method="wilson")
    found = share(part, whole)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert found.value == part / whole


def test_judgements_are_counted_under_the_rule_that_made_the_link(desk: Desk) -> None:
    named = [desk.post(n, "速递", "伊利股份今日上涨。") for n in (1, 2, 3)]
    coded = desk.post(4, "速递", "伊利股份(600887.SH)今日上涨。")
    bare = desk.post(5, "速递", "行业龙头今日上涨。")
    desk.ingest()
    rules = {id: desk.store.article(id).links[0].mentions[0].rule for id in [*named, coded]}
    assert {rules[id] for id in named} == {"name"} and rules[coded] == "name_code"
    empty = evaluate(desk.settings)
    assert (empty.judged, empty.precision.value, empty.recall.value) == (0, None, None) and "Nobody" in empty.words
    desk.say(Kind.CONFIRM_LINK, article=named[0], security="600887.SH")
    desk.say(Kind.NOT_THIS_LINK, article=named[1], security="600887.SH", security_to="300750.SZ")
    desk.say(Kind.ADD_LINK, article=coded, security="600887.SH")  # the machine has it already: it was right
    desk.say(Kind.ADD_LINK, article=bare, security="600519.SH")
    found = evaluate(desk.settings)
    by_rule = {one.rule: one for one in found.rules}
    assert (by_rule["name"].right, by_rule["name"].wrong) == (1, 1)
    assert (by_rule["name_code"].right, by_rule["name_code"].wrong) == (1, 0)
    # Missing: 宁德时代 in the second, 贵州茅台 in the last.
    assert (found.right, found.wrong, found.missing, found.judged) == (2, 1, 2, 5)
    assert (found.precision.part, found.precision.whole, found.recall.part, found.recall.whole) == (2, 3, 2, 4)
    assert by_rule["name"].at_most == by_rule["name"].links / (by_rule["name"].links + 1)
    assert (by_rule["name"].share_of_right.part, by_rule["name"].share_of_right.whole) == (1, 4)
    assert f"at least {FEW}" in found.words and f"at least {FEW}" in by_rule["name"].words
    desk.say(Kind.CONFIRM_LINK, article=named[1], security="600887.SH")  # changed their mind
    again = evaluate(desk.settings)
    assert (again.right, again.wrong, again.missing) == (3, 0, 2)


def test_a_muted_word_is_one_judgement_of_the_rule_that_believed_it(desk: Desk) -> None:
    for n in range(1, 6):
        desk.post(n, "速递", f"第{n}次：伊利股份今日上涨。")
    desk.ingest()
    desk.say(Kind.MUTE_WORD, surface="伊利股份", security="600887.SH")
    found = evaluate(desk.settings)
    (name,) = [one for one in found.rules if one.rule == "name"]
    assert (name.links, name.right, name.wrong, found.wrong) == (0, 0, 1, 1)
    assert found.corrections["mute_word"] == {"holding": 1, "retracted": 0}


def test_a_refused_link_that_is_no_longer_made_counts_nowhere(desk: Desk) -> None:
    one = desk.post(1, "速递", "五粮液与伊利股份今日上涨。")
    desk.ingest()
    desk.say(Kind.NOT_THIS_LINK, article=one, security="300750.SZ")
    found = evaluate(desk.settings)
    assert (found.judged, found.settled) == (0, 1)


def test_the_command_says_it_in_a_table_and_in_json(desk: Desk, capsys, monkeypatch) -> None:
    from newslink.cli import main

    one = desk.post(1, "速递", "伊利股份今日上涨。")
    desk.ingest()
    desk.say(Kind.CONFIRM_LINK, article=one, security="600887.SH")
    monkeypatch.setenv("NEWSLINK_HOME", str(desk.settings.home))
    assert main(["evaluate", "--store", desk.settings.store_url]) == 0
    shown = capsys.readouterr().out
    assert "1.000 (0.207 to 1.000)" in shown and "Only 1 judged" in shown
    assert main(["evaluate", "--store", desk.settings.store_url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["right"], told["wrong"], told["missing"]) == (1, 0, 0) and told["rules"][0]["rule"] == "name"
