"""JSON Lines and CSV: columns by any of their names, one item a row, locators that do not shift."""

from __future__ import annotations

import gzip
import html
import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.articles import RawItem, discover, parse
from newslink.articles.times import BEIJING
from newslink.model import Article, Precision, Rejection


def rows(tmp_path: Path, name: str, content: str | bytes) -> list[Article | Rejection]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [item if isinstance(item, Rejection) else parse(item) for item in discover([path])]


def lines(*objects: object) -> str:
    return "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects)


def test_a_row_with_the_documented_columns(tmp_path: Path) -> None:
    row = {
        "id": "cls:1",
        "published_at": "2026-06-01T07:44:02+08:00",
        "title": "标题",
        "text": "贵州茅台公告。",
        "source": "cls",
        "category": "快讯",
        "url": "https://example.org/1",
        "tags": ["白酒", "公告"],
        "annotated": [{"raw": "sh600519", "name": "贵州茅台"}],
    }
    (found,) = rows(tmp_path, "a.jsonl", lines(row))
    assert (found.id, found.title, found.body, found.source, found.category, found.url, found.tags) == (
        "cls:1",
        "标题",
        "贵州茅台公告。",
        "cls",
        "快讯",
        "https://example.org/1",
        ("白酒", "公告"),
    )
    assert found.published == datetime(2026, 6, 1, 7, 44, 2, tzinfo=BEIJING)
    (tag,) = found.annotations
    assert (tag.kind, tag.surface, tag.security, tag.start) == ("tag", "贵州茅台", "600519.SH", tag.end)


@pytest.mark.parametrize(
    ("row", "published", "precision"),
    [
        ({"time": 1780271042}, (2026, 6, 1, 7, 44, 2), Precision.SECOND),
        ({"ctime": "1780271042"}, (2026, 6, 1, 7, 44, 2), Precision.SECOND),
        ({"timestamp": 1780271042000}, (2026, 6, 1, 7, 44, 2), Precision.SECOND),
        ({"发布时间": "2026-06-01 07:44"}, (2026, 6, 1, 7, 44), Precision.MINUTE),
        ({"发布日期": "2026-06-01", "发布时间": "07:44:02"}, (2026, 6, 1, 7, 44, 2), Precision.SECOND),
        ({"date": "20260601"}, (2026, 6, 1), Precision.DAY),
        ({"date": "2026年6月1日"}, (2026, 6, 1), Precision.DAY),
        ({"pubDate": "Mon, 01 Jun 2026 00:44:02 +0000"}, (2026, 6, 1, 8, 44, 2), Precision.SECOND),
        ({"time": True}, None, Precision.NONE),
        ({"time": 10**30}, None, Precision.NONE),
        ({"time": "-1"}, None, Precision.NONE),
        ({"time": "0001-01-01"}, None, Precision.NONE),
    ],
)
def test_times_under_any_name_and_notation(tmp_path: Path, row: dict, published: tuple[int, ...] | None, precision: Precision) -> None:
    (found,) = rows(tmp_path, "a.jsonl", lines({"title": "标题"} | row))
    assert (found.published, found.precision) == (published and datetime(*published, tzinfo=BEIJING), precision)


def test_the_columns_of_the_usual_chinese_feeds(tmp_path: Path) -> None:
    content = "关键词,新闻标题,新闻内容,发布时间,文章来源,新闻链接\n600519,标题,贵州茅台公告。,2026-06-01 07:44:02,证券时报,http://finance.eastmoney.com/a/202606013755261811.html\n"
    (found,) = rows(tmp_path, "a.csv", content)
    assert (found.id, found.title, found.body, found.source) == ("em:202606013755261811", "标题", "贵州茅台公告。", "证券时报")
    assert found.annotations == ()


def test_markup_in_a_text_column_is_read_as_markup(tmp_path: Path) -> None:
    marked, plain = rows(
        tmp_path, "a.jsonl", lines({"content": '<p>买<a data-code="1,600519">茅台</a>。</p>'}, {"content": "精度<1%，\n\n 见<http://a.b>"})
    )
    assert (marked.body, [a.surface for a in marked.annotations]) == ("买茅台。", ["茅台"])
    assert plain.body == "精度<1%，\n见<http://a.b>"


def test_inserted_rows_shift_no_other_rows_locator(tmp_path: Path) -> None:
    first, second = {"id": "cls:1", "title": "一"}, {"title": "没有编号"}
    before = rows(tmp_path, "a.jsonl", lines(first, second))
    after = rows(tmp_path, "a.jsonl", lines({"title": "新"}, first, second))
    assert [a.origins[0].locator for a in before] == [a.origins[0].locator for a in after[1:]]
    assert before[0].origins[0].locator.endswith("a.jsonl#cls:1")
    assert [a.origins[0].line for a in after] == [1, 2, 3]


def test_rows_that_share_an_id_or_every_byte_have_locators_of_their_own(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "a.jsonl",
        lines({"id": 1, "title": "a"}, {"id": 1, "title": "b"}, {"id": 1, "title": "b"}, {"title": "c"}, {"title": "c"}),
    )
    assert len({a.origins[0].locator for a in found}) == 5
    assert len({a.id for a in found}) == 2


def test_numbers_alone_are_named_apart_by_their_feed(tmp_path: Path) -> None:
    ids = [
        rows(tmp_path, name, lines({"id": 7, "title": "a"} | more))[0].id
        for name, more in [("a.jsonl", {}), ("b.jsonl", {}), ("c.jsonl", {"source": "cls"})]
    ]
    assert ids == ["a:7", "b:7", "cls:7"]


def test_eastmoneys_digits_join_feeds_in_any_dress(tmp_path: Path) -> None:
    digits = "202606013755261811"
    given = [
        {"id": f"eastmoney:{digits}"},
        {"id": digits},
        {"id": f"NW{digits}"},
        {"url": f"https://finance.eastmoney.com/a/{digits}.html"},
    ]
    assert {a.id for a in rows(tmp_path, "a.jsonl", lines(*({"title": "t"} | g for g in given)))} == {f"em:{digits}"}


def test_an_endless_id_is_cut_and_stays_distinct(tmp_path: Path) -> None:
    ids = [a.id for a in rows(tmp_path, "a.jsonl", lines({"id": "x:" + "a" * 5000, "title": "t"}, {"id": "x:" + "a" * 5001, "title": "t"}))]
    assert len(set(ids)) == 2 and all(len(i) <= 120 for i in ids)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{bad", "not a JSON object"),
        ("[1]", "found list"),
        ('"text"', "found str"),
        ('{"id": "1"}', "neither a title nor text"),
        ('{"title": {"a": 1}}', "title must be text"),
        ("[" * 100_000, "not a JSON object"),
        ('{"title": ' + "9" * 10_000 + "}", "not a JSON object"),
    ],
)
def test_a_bad_line_is_rejected_with_its_number_and_the_others_are_read(tmp_path: Path, line: str, reason: str) -> None:
    good, bad, last = rows(tmp_path, "a.jsonl", lines({"title": "一"}) + line + "\n\n" + lines({"title": "三"}))
    assert isinstance(good, Article) and isinstance(last, Article)
    assert isinstance(bad, Rejection) and reason in bad.reason and bad.line == 2


def test_csv_with_line_breaks_quotes_and_semicolons(tmp_path: Path) -> None:
    content = '\ufefftitle;date;content\r\n"甲;""乙""";2026-06-01;"一\r\n二"\r\n丙;2026-06-02;三\r\n;;\r\n'
    one, two = rows(tmp_path, "a.csv", content)
    assert (one.title, one.body, two.title) == ('甲;"乙"', "一\n二", "丙")
    assert [a.origins[0].line for a in (one, two)] == [2, 4]


def test_csv_from_excel_in_gb18030_and_tabs_in_utf16(tmp_path: Path) -> None:
    table = "标题\t内容\t时间\n贵州茅台涨停\t正文\t2026-06-01 10:00\n"
    assert [a.title for a in rows(tmp_path, "a.tsv", table.encode("utf-16"))] == ["贵州茅台涨停"]
    assert [a.title for a in rows(tmp_path, "b.csv", table.replace("\t", ",").encode("gb18030"))] == ["贵州茅台涨停"]


def test_a_quotation_mark_left_open_costs_its_row_only(tmp_path: Path) -> None:
    content = 'title,text\n甲,一\n乙,"没有结尾\n' + "".join(f"丙{i},三\n" for i in range(5))
    found = rows(tmp_path, "a.csv", content)
    assert [a.title for a in found if isinstance(a, Article)] == ["甲", *(f"丙{i}" for i in range(5))]
    assert [(r.line, "CSV" in r.reason) for r in found if isinstance(r, Rejection)] == [(3, True)]


def test_a_stray_quotation_mark_inside_a_value_is_forgiven(tmp_path: Path) -> None:
    (found,) = rows(tmp_path, "a.csv", 'title,text\n"甲"乙,正文\n')
    assert (found.title, found.body) == ("甲乙", "正文")


def test_a_row_with_more_values_than_columns_is_rejected(tmp_path: Path) -> None:
    bad, good = rows(tmp_path, "a.csv", "title,text\n甲,一,二\n乙,三\n")
    assert isinstance(bad, Rejection) and bad.line == 2
    assert isinstance(good, Article)


@pytest.mark.parametrize(
    ("content", "reason"), [("", "empty file"), ("\n\n", "empty file"), ("code,price\n600519,1\n", "no column of words")]
)
def test_a_table_without_words_is_one_rejection(tmp_path: Path, content: str, reason: str) -> None:
    (found,) = rows(tmp_path, "a.csv", content)
    assert isinstance(found, Rejection) and reason in found.reason


def test_packed_rows_are_read_like_plain_ones(tmp_path: Path) -> None:
    content = lines({"id": "x:1", "title": "一"}, {"id": "x:2", "title": "二"}).encode()
    assert [a.title for a in rows(tmp_path, "a.jsonl.gz", gzip.compress(content))] == ["一", "二"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.jsonl", "a.csv", "a.tsv", "a.jsonl.gz", "a.csv.gz"]))
def test_whatever_the_bytes_a_file_of_rows_ends(tmp_path_factory: pytest.TempPathFactory, raw: bytes, name: str) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for content in (raw, b"title,text\n" + raw):
        assert all(isinstance(found, Article | Rejection) for found in rows(folder, name, content))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=4), v, max_size=3),
)
KEYS = ["id", "title", "text", "html", "published_at", "time", "tags", "annotated", "source", "url", "category", "codes", "date"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_whatever_the_values_a_row_is_an_article_or_a_rejection(row: dict[str, object]) -> None:
    found = parse(RawItem("/a.jsonl#1", "0", "jsonl", json.dumps(row).encode(), 1))
    assert isinstance(found, Article | Rejection)


def test_every_newswire_item_is_read(shared) -> None:
    found = [parse(item) for item in discover([shared / "flashes"])]
    assert len(found) == 17_223
    assert all(isinstance(a, Article) and a.precision is Precision.SECOND for a in found)
    assert len({a.origins[0].locator for a in found}) == len(found)
    with gzip.open(next((shared / "flashes").glob("*.gz")), "rt", encoding="utf-8") as stream:
        for line, article in zip(stream, found, strict=True):
            row = json.loads(line)
            assert "".join(article.body.split()) == "".join(html.unescape(row["text"]).split())
            assert article.published == datetime.fromisoformat(row["published_at"])


@pytest.mark.parametrize(
    ("raw", "kind", "security"),
    [
        ("sz001373", "tag", "001373.SZ"),
        ("920190.BJ", "tag", "920190.BJ"),
        ("17:603629", "tag", "603629.SH"),
        ("151:920876", "tag", "920876.BJ"),
        ("177:HK1972", "tag", "01972.HK"),
        ("185:INTC", "tag", "INTC.US"),
        ("0.301096", "tag", "301096.SZ"),
        ("116.00100", "tag", "00100.HK"),
        ("106.BRK_B", "tag", "BRK_B.US"),
        ("150.159813", "tag", "159813.SZ"),
        ("90.BK0493", "board", None),
        ("1007.BK000195", "board", None),
        ("sz399006", "index", None),
        ("sh000001", "index", None),
        ("150.011668", "tag", None),
        ("0.123189", "tag", None),
        ("129:IF9999", "tag", None),
        ("600519", "tag", "600519.SH"),
        ("AAPL.US", "tag", "AAPL.US"),
    ],
)
def test_the_tags_of_every_wire_are_read(raw: str, kind: str, security: str | None) -> None:
    row = json.dumps({"title": "标题", "annotated": [{"raw": raw, "name": "名"}]}).encode()
    found = parse(RawItem("/a.jsonl#1", "0", "jsonl", row, 1))
    assert [(a.kind, a.surface, a.security) for a in found.annotations] == [(kind, "名", security)]
