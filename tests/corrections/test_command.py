"""``newslink correct`` as a person types it."""

from __future__ import annotations

import json

import pytest

from newslink.cli import main
from newslink.pipeline.corrections import corrections
from tests.corrections.conftest import Desk


@pytest.fixture
def typed(desk: Desk, capsys, monkeypatch):
    monkeypatch.setenv("NEWSLINK_HOME", str(desk.settings.home))
    monkeypatch.setenv("NEWSLINK_STORE", desk.settings.store_url)

    def run(*words: str, code: int = 0) -> str:
        try:
            done = main(["correct", *words])
        except SystemExit as stopped:  # argparse
            done = stopped.code
        out, errors = capsys.readouterr()
        assert done == code, errors
        return out if code == 0 else errors

    return run


def articles(desk: Desk) -> tuple[str, str]:
    one = desk.post(1, "速递", "伊利股份与宁王今日上涨。", "2022-05-30 10:30:00 +0800")
    two = desk.post(2, "天气", "今日有雨。", "2022-05-30 11:30:00 +0800")
    desk.ingest()
    return one, two


def test_every_kind_is_said_listed_and_undone_from_the_shell(desk: Desk, typed) -> None:
    one, two = articles(desk)
    typed("unlink", one, "伊利股份", "--but", "300750.SZ", "--who", "甲", "--note", "说的是电池")
    assert desk.links(one) == {"300750.SZ"}
    typed("link", two, "贵州茅台")
    typed("confirm", one, "宁德时代")
    typed("alias", "宁王", "宁德时代", "--from", "2020-01-01", "--to", "2022-12-31")
    typed("mute", "五粮液")
    typed("mute", "茅台", "600519.SH")
    typed("time", two, "2022-05-31 16:00")
    typed("merge", one, two)
    told = json.loads(typed("split", one, two, "--json"))
    assert told["changed"] == len(told["articles"]) > 0
    listed = json.loads(typed("list", "--json"))
    assert [one["kind"] for one in listed["corrections"]] == [
        "not_this_link", "add_link", "confirm_link", "word_means", "mute_word", "mute_word", "time", "merge", "split",
    ]  # fmt: skip
    assert listed["corrections"][0] | {"made_at": "", "id": ""} == {
        "id": "", "kind": "not_this_link", "article": one, "security": "600887.SH", "security_to": "300750.SZ", "who": "甲",
        "made_at": "", "note": "说的是电池",
    }  # fmt: skip
    assert listed["counts"]["mute_word"]["holding"] == 2
    assert desk.session(two, "600519.SH") == "2022-06-01"
    for said in reversed(listed["corrections"]):
        typed("undo", said["id"][:20])
    assert typed("list") == "" and len(typed("list", "--all").splitlines()) == 9
    assert desk.links(one) == {"600887.SH"} and desk.links(two) == set()


def test_a_file_goes_out_and_in_by_pipes_too(desk: Desk, typed, tmp_path) -> None:
    one, _ = articles(desk)
    typed("unlink", one, "伊利股份")
    assert typed("export", str(tmp_path / "said.jsonl")) == "1 corrections written\n"
    assert json.loads((tmp_path / "said.jsonl").read_text(encoding="utf-8"))["kind"] == "not_this_link"
    told = json.loads(typed("import", str(tmp_path / "said.jsonl"), "--json"))
    assert told == {"rows": 1, "added": 0, "known": 1, "retracted": 0, "refused": 0, "articles": 0}
    (tmp_path / "bad.tsv").write_text("kind\tsurface\nnonsense\tx\n")
    assert "bad.tsv:2: kind 'nonsense'" in typed("import", str(tmp_path / "bad.tsv"), code=1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("link", "em:none", "600519.SH"), 3, "No article goes by 'em:none'"),
        (("link", "em:202205302390000001", "没有这家"), 3, "No security goes by '没有这家'"),
        (("alias", "宁王", "300750.SZ", "--from", "yesterday"), 2, "--from"),
        (("time", "em:202205302390000001", "soon"), 3, "cannot be read"),
        (("merge", "em:202205302390000001", "em:202205302390000001"), 3, "are the same"),
        (("mute", " "), 3, "surface"),
        (("undo", "zzz"), 3, "no correction that holds"),
        (("import", "nowhere.tsv"), 3, "nowhere.tsv"),
        (("export", "/nowhere/x.tsv"), 3, "cannot be written"),
        (("link",), 2, "ARTICLE"),
        ((), 2, "ACTION"),
    ],
)
def test_what_is_typed_wrong_is_told_in_one_line_and_changes_nothing(desk: Desk, typed, words, code, said) -> None:
    articles(desk)
    assert said in typed(*words, code=code)
    assert corrections(desk.store, retracted=True) == []
