"""Corrections as files: out and in again, by both forms, with whatever a stranger may put into one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newslink.errors import CorrectionError, NewslinkError
from newslink.pipeline.corrections import corrections, export_corrections, import_corrections
from newslink.pipeline.statement_files import MAX_LINE, read_statements, write_statements
from newslink.pipeline.statements import NEEDS, Kind, Statement, checked
from newslink.settings import Settings
from newslink.store import open_store
from tests.corrections.conftest import Desk, contents
from tests.store.audit import audit

HEAD = "id\tkind\tarticle\tother\tsecurity\tsurface\tpublished\tmade_at\n"


def some_of_each(desk: Desk) -> None:
    story = "贵州茅台公告，一季度净利润172.45亿元，同比增长23.58%，营业收入322.96亿元，经营目标不变，渠道改革继续推进。"
    one, two, three = (desk.post(n, "贵州茅台：净利润增长", story, f"2022-05-30 1{n}:30:00 +0800") for n in (1, 2, 3))
    four = desk.post(4, "宁王发布新品", "宁王今日发布新品，五粮液领涨。")
    desk.ingest()
    desk.say(Kind.NOT_THIS_LINK, article=one, security="600519.SH", security_to="600887.SH", note="=1+1 与 公司无关")
    desk.say(Kind.ADD_LINK, article=four, security="300750.SZ")
    desk.say(Kind.CONFIRM_LINK, article=two, security="600519.SH")
    desk.undo(desk.say(Kind.MUTE_WORD, surface="贵州茅台"))
    desk.say(Kind.MUTE_WORD, surface="五粮液", security="000858.SZ")
    desk.say(Kind.WORD_MEANS, surface="宁王", security="300750.SZ", valid_from=date(2021, 1, 1))
    desk.say(Kind.CONFIRM_NAME, surface="茅台集团", security="600519.SH", name_kind="nickname")
    desk.say(Kind.SPLIT, article=two)
    desk.say(Kind.MERGE, article=two, other=four)
    desk.say(Kind.TIME, article=three, published="2022-05-31 20:00")


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_a_fresh_store_that_imports_them_holds_the_same(desk: Desk, tmp_path: Path, suffix: str) -> None:
    some_of_each(desk)
    path = tmp_path / f"said.{suffix}"
    assert export_corrections(desk.store, path) == 10
    other = Desk(Settings(tmp_path / "other", f"sqlite:///{tmp_path}/other.db"), open_store(f"sqlite:///{tmp_path}/other.db"), desk.folder)
    with other.store:
        other.ingest()
        done = import_corrections(other.store, other.settings, path)
        assert (done.rows, done.added, done.known, done.refused) == (10, 10, 0, 0)
        assert corrections(other.store, True) == corrections(desk.store, True)
        assert contents(other.store) == contents(desk.store)
        assert set(other.store.names()) == set(desk.store.names())
        audit(other.store)
        again = import_corrections(other.store, other.settings, path)
        assert (again.added, again.known, again.articles) == (0, 10, 0)
        assert other.store.states("correction-owed/") == {}


def test_corrections_may_be_there_before_their_articles(desk: Desk, tmp_path: Path) -> None:
    some_of_each(desk)
    export_corrections(desk.store, tmp_path / "said.tsv")
    other = Desk(Settings(tmp_path / "other", f"sqlite:///{tmp_path}/other.db"), open_store(f"sqlite:///{tmp_path}/other.db"), desk.folder)
    with other.store:
        assert import_corrections(other.store, other.settings, tmp_path / "said.tsv").added == 10
        other.ingest()
        assert contents(other.store) == contents(desk.store)


def test_taking_back_travels_and_the_id_alone_says_what_is_taken_back(desk: Desk, tmp_path: Path) -> None:
    some_of_each(desk)
    muted = next(one for one in corrections(desk.store) if one.kind is Kind.MUTE_WORD)
    path = tmp_path / "back.tsv"
    path.write_text(f"id\tkind\tsurface\tretracted_at\n{muted.id}\tmute_word\t别的\t2022-06-01T00:00:00+08:00\n", encoding="utf-8")
    done = import_corrections(desk.store, desk.settings, path)
    assert (done.retracted, done.articles) == (1, 1)
    assert desk.links("em:202205302390000004") == {"300750.SZ", "000858.SZ"}


def test_bad_rows_are_told_by_line_and_the_good_ones_taken(desk: Desk, tmp_path: Path) -> None:
    one = desk.post(1, "贵州茅台：净利润增长", "贵州茅台今日上涨。")
    desk.ingest()
    rows = [
        f"good\tadd_link\t{one}\t\tSH600887\t\t\t",
        "x1\tdrop_table\t\t\t\t\t\t",
        f"x2\tadd_link\t{one}\t\tROBERT'); --\t\t\t",
        "x3\tmute_word\t\t\t\t" + "王" * 300 + "\t\t",
        "x4\ttime\tem:1\t\t\t\t0000-13-99\t",
        "../../etc/passwd\tmute_word\t\t\t\t茅台\t\t",
        "x5\tmute_word\t\t\t\t茅台\t\tyesterday",
        "x6\tmute_word\t\t\t\t茅台\t\t2022-01-01T00:00:00",
        "x7\tmute_word\t\t\t\t" + "a" * MAX_LINE + "\t\t",
        "x8\tmerge\ta\ta\t\t\t\t",
        "x9\tmute_word\t\t\t\t\u202e茅台\t\t",
        "only-an-id",
    ]
    path = tmp_path / "said.tsv"
    path.write_bytes((HEAD + "\n".join(rows)).encode() + b"\nx\xff\xfe\tmute_word\n" + b"y\0\tmute_word\t\t\t\tz\0\t\t\n")
    done = import_corrections(desk.store, desk.settings, path)
    assert (done.rows, done.added, done.refused) == (14, 1, 13)
    assert [problem.line for problem in done.problems] == list(range(3, 16))
    assert [one.id for one in corrections(desk.store)] == ["good"]
    assert desk.links(one) == {"600519.SH", "600887.SH"}


def test_json_of_any_shape_is_a_bad_row_and_no_crash(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    deep = "[" * 5000
    path.write_text("\n".join(["null", "[]", '{"kind": 7}', '{"kind": "mute_word", "surface": ["x"]}', deep, "{", '"x"']), encoding="utf-8")
    statements, problems, refused = read_statements(path)
    assert statements == [] and refused == len(problems) == 7


def test_a_file_without_the_column_or_without_itself_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("security\tname\n")
    for name in ("x.tsv", "missing.tsv"):
        with pytest.raises(CorrectionError, match=name):
            read_statements(tmp_path / name)


def test_no_cell_of_the_file_is_a_formula_to_a_spreadsheet(desk: Desk, tmp_path: Path) -> None:
    texts = ("=1+1", "+x", "-x", "@x", "'=x", "'x")
    said = [Statement(Kind.MUTE_WORD, surface=text, note=text, who=text, id=f"i{n}") for n, text in enumerate(texts)]
    write_statements(tmp_path / "said.tsv", said)
    cells = [cell for line in (tmp_path / "said.tsv").read_text(encoding="utf-8").splitlines() for cell in line.split("\t")]
    assert not [cell for cell in cells if cell[:1] in set("=+-@")]
    assert read_statements(tmp_path / "said.tsv") == (said, [], 0)


texts = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn", "Zs")), min_size=1, max_size=30)


@given(
    st.sampled_from(list(Kind)), texts, texts, texts, st.sampled_from(["", "茅台 集团", "=x", "''"]),
    st.sampled_from(["2022-05-30", "2022-05-30 18:30", "2022-05-30T18:30:05Z", "none"]), st.sampled_from(["tsv", "jsonl"]),
)  # fmt: skip
def test_what_can_be_kept_comes_back_from_a_file_as_it_was(tmp_path_factory, kind, article, other, surface, note, published, form) -> None:
    given_ = {"article": article, "other": other, "surface": surface, "published": published, "security": "600519.SH"}
    try:
        one = checked(
            Statement(kind, note=note, id="i1", made_at=datetime(2022, 1, 1, tzinfo=UTC), **{name: given_[name] for name in NEEDS[kind]})
        )
    except NewslinkError:
        return
    path = tmp_path_factory.mktemp("said") / "said"
    write_statements(path, [one], form)
    assert read_statements(path, form) == ([one], [], 0)
