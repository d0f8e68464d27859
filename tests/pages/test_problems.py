"""What went wrong, in the reader's language: every class and every code has its words, details are kept, foreign text is untouched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newslink import errors
from newslink.articles.discovery import discover
from newslink.articles.readers import parse
from newslink.errors import NewslinkError, PriceUnavailable, QueryError, StudyError
from newslink.model import Rejection
from newslink.prices.base import Outcome, ProviderFailure
from newslink.store.search import parse_query
from newslink.ui.problems import attempt, coded, problem, reason
from newslink.ui.texts import EN, ZH

ROOT = Path(__file__).resolve().parents[2] / "newslink"
CHINESE = re.compile("[一-鿿]")


def test_every_class_of_the_tree_has_its_words_or_those_of_its_parent():
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, NewslinkError)]
    for one in classes:
        # Collected as rejections, or kept with the source: they never reach a page as an error.
        if one.__name__ in ("ArticleError", "SourceError"):
            continue
        assert f"error_{one.__name__}" in ZH, one
        said = coded("", "file x: 3 found", "zh", [kind.__name__ for kind in one.__mro__])
        assert CHINESE.search(said) and "file x: 3 found" in said


def test_every_code_that_is_raised_has_its_words():
    codes = set()
    for path in ROOT.rglob("*.py"):
        codes |= set(re.findall(r'(?:Error|Unavailable)\([^\n]*, "([a-z]+_[a-z_]+)"\)', path.read_text(encoding="utf-8")))
    assert len(codes) > 15
    assert {f"error_{code}" for code in codes} <= set(ZH)


@pytest.mark.parametrize(
    ("query", "word"), [("(a", "括号"), ("a)", "括号"), ('"没有结束', "引号"), ("-澄清", "NOT"), ("a AND", "AND"), ("。。", "可搜"), ("a OR", "缺")]
)
def test_a_search_that_is_not_understood_is_explained_in_both_languages(query, word):
    with pytest.raises(QueryError) as caught:
        parse_query(query)
    said = problem(caught.value, "zh")
    assert word in said and not re.search("[a-z]{4,}", said)
    assert not CHINESE.search(problem(caught.value, "en"))


def test_what_has_no_code_keeps_its_message():
    assert problem(StudyError("window 3:1 ends before it begins."), "zh").endswith("window 3:1 ends before it begins.）")


def test_providers_that_failed_are_named_as_chinese_readers_know_them():
    error = PriceUnavailable("Minute bars could not be had", "minute_none")
    error.failures = (ProviderFailure("sina", Outcome.TIMEOUT, "quotes: 15 s"), ProviderFailure("eastmoney", Outcome.BLOCKED))
    assert problem(error, "zh") == "新浪财经 超时，已终止；东方财富 被限制访问或接口已变更"
    assert problem(error, "en") == "Minute bars could not be had"
    assert attempt("timeout after 15 s", "zh") == "超时，已终止 after 15 s" and attempt("anything else", "zh") == "anything else"


def test_reasons_of_the_readers_are_said_in_chinese(tmp_path):
    broken = {
        "a.md": b"no front matter", "b.md": b"---\ntitle: x\n", "c.md": b"", "d.jsonl": b"{not json\n[1]\n{}\n", "e.csv": b"a,b\n1,2\n",
        "f.csv": b"title,text\n1,2,3\n", "g.md": b"\x00\x01\x02", "h.md": b"---\nlayout: page\n---\nx", "i.jsonl.gz": b"\x1f\x8bno",
    }  # fmt: skip
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    found = [item if isinstance(item, Rejection) else parse(item) for item in discover([tmp_path, tmp_path / "none"])]
    rejected = [one for one in found if isinstance(one, Rejection)]
    assert len(rejected) >= len(broken)
    for one in rejected:
        assert CHINESE.search(reason(one.reason, ZH)), one
        assert not CHINESE.search(reason(one.reason, EN)), one


def test_a_reason_nobody_foresaw_is_shown_as_it_was_said():
    assert reason("<b>something else", ZH) == "<b>something else"
