"""One post, many shapes of front matter, body and tail."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newslink.articles import RawItem, parse, times
from newslink.articles.items import fingerprint_of
from newslink.articles.times import BEIJING, parse_time
from newslink.model import Article, Precision, Rejection

TAIL = "\n\n<http://finance.eastmoney.com/news/1344,{id}.html>\n\n[返回东财滚动新闻](//finews.withounder.com/emnews/)｜[返回首页](//finews.withounder.com/)\n"


def read(text: str | bytes, name: str = "2022-05-31-202205312397599166.md") -> Article | Rejection:
    raw = text if isinstance(text, bytes) else text.encode()
    return parse(RawItem(f"/news/{name}", fingerprint_of(raw), "post", raw, 1))


def post(title: str = '"标题"', date: str = "2022-05-31 12:57:24 +0800", body: str = "正文。", extra: str = "") -> str:
    return f"---\nlayout: post\ntitle: {title}\ndate: {date}\ncategories: emnews\ntags: 东财滚动新闻\n{extra}---\n{body}"


def article(*args: object, **named: object) -> Article:
    found = read(*args, **named)
    assert isinstance(found, Article), found
    return found


def test_a_flash_post_is_read_whole() -> None:
    html = '<p>金山办公发布<a data-code="1,688111">平台</a>。</p><p class="em_media">（文章来源：新京报）</p>'
    body = f"> 金山办公发布平台。（新京报）\n\n{html}"
    found = article(post('"金山办公："新"平台"', body=body + TAIL.format(id="202205312397599166")))
    assert found.id == "em:202205312397599166"
    assert found.published == datetime(2022, 5, 31, 12, 57, 24, tzinfo=BEIJING)
    assert found.precision is Precision.SECOND
    assert found.title == '金山办公："新"平台'
    assert found.body == "金山办公发布平台。"
    assert (found.source, found.category, found.tags) == ("新京报", "emnews", ("东财滚动新闻",))
    assert found.url == "http://finance.eastmoney.com/news/1344,202205312397599166.html"
    assert [a.surface for a in found.annotations] == ["平台"]
    assert found.origins[0].locator == "/news/2022-05-31-202205312397599166.md"


@pytest.mark.parametrize(
    ("printed", "title"),
    [
        ('"*ST西发：重大诉讼"', "*ST西发：重大诉讼"),
        ("*ST西发: 重大诉讼", "*ST西发: 重大诉讼"),
        ("@所有人 a: b", "@所有人 a: b"),
        ('"他说"涨"了"', '他说"涨"了'),
        ('"只有前引号', '"只有前引号'),
        ("'单引号''内'", "单引号'内"),
        ("000001", "000001"),
        ('"[调研]公司"', "[调研]公司"),
        ("! & % # 乱", "! & % # 乱"),
        ('"AT&amp;T 上涨"', "AT&T 上涨"),
    ],
)
def test_titles_that_yaml_refuses_are_read_as_printed(printed: str, title: str) -> None:
    assert article(post(printed)).title == title


@pytest.mark.parametrize(
    ("date", "expected", "precision"),
    [
        ("2021-12-22 22:36:28 +0800", (2021, 12, 22, 22, 36, 28), Precision.SECOND),
        ("2021-12-22 22:36:28", (2021, 12, 22, 22, 36, 28), Precision.SECOND),
        ("2021-12-22T14:36:28Z", (2021, 12, 22, 22, 36, 28), Precision.SECOND),
        ("2021-12-22 09:36:28 -0500", (2021, 12, 22, 22, 36, 28), Precision.SECOND),
        ("2021-12-22 22:36", (2021, 12, 22, 22, 36), Precision.MINUTE),
        ("2021/12/22", (2021, 12, 22), Precision.DAY),
        ("2021-12-22", (2021, 12, 22), Precision.DAY),
        ("2021-12-22 25:61:00", (2021, 12, 22), Precision.DAY),
        (" +0800", (2022, 5, 31), Precision.DAY),
        ("明天", (2022, 5, 31), Precision.DAY),
        ("", (2022, 5, 31), Precision.DAY),
    ],
)
def test_dates_of_every_shape(date: str, expected: tuple[int, ...], precision: Precision) -> None:
    found = article(post(date=date))
    assert (found.published, found.precision) == (datetime(*expected, tzinfo=BEIJING), precision)


@given(
    st.from_regex(r"(19[89]\d|20\d\d|2100)-[01]\d-[0-3]\d[ T,W][0-2]\d:[0-6]\d:[0-6]\d( ?\+08:?00| ?-0500| Z|[ ,]|\.5)?", fullmatch=True)
)
@example("1991-07-01 12:00:00 +0800")
@example("2021-02-30 12:00:00 +0800")
@example("2021-12-22 24:00:00")
def test_the_usual_form_of_a_time_is_read_as_the_pattern_reads_it(printed: str) -> None:
    found = parse_time(printed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "_of_usual_form", lambda text: None)
        expected = parse_time(printed)
    assert (repr(found[0]), found[1]) == (repr(expected[0]), expected[1])


@pytest.mark.parametrize("body", ["甲\r\n\r\n乙", "甲\r\r乙\r", "<p>甲</p>\r\n<p>乙\r丙</p>\r\r\n丁\r"])
def test_every_carriage_return_ends_one_line(body: str) -> None:
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    assert article(post(body=body)).body == article(post(body=lines)).body


def test_without_any_date_the_day_comes_from_the_file_name_and_else_it_is_unknown() -> None:
    assert article(post(date=""), name="2022-06-01-note.md").published == datetime(2022, 6, 1, tzinfo=BEIJING)
    undated = article(post(date=""), name="note.md")
    assert (undated.published, undated.precision) == (None, Precision.NONE)


@pytest.mark.parametrize("variant", ["\ufeff{}", "\n\n{}", "  \n{}"])
def test_a_mark_or_blank_lines_before_the_front_matter_do_not_matter(variant: str) -> None:
    assert article(variant.format(post())).title == "标题"


def test_every_line_end_gives_the_same_article() -> None:
    lines = post(body="> 摘要一。\n\n第一段。\n\n第二段。") + TAIL.format(id="202205312397599166")
    wanted = article(lines)
    for end in ("\r\n", "\r"):
        found = article(lines.replace("\n", end))
        assert (found.title, found.body, found.url, found.published) == (wanted.title, wanted.body, wanted.url, wanted.published)
    assert wanted.body == "摘要一。\n第一段。\n第二段。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_every_common_encoding_gives_the_same_article(encoding: str) -> None:
    found = article(post(body="贵州茅台公告。").encode(encoding))
    assert (found.title, found.body) == ("标题", "贵州茅台公告。")


@pytest.mark.parametrize(
    ("raw", "reason", "line"),
    [
        (b"", "empty", 1),
        ("# 说明\n\n没有头。".encode(), "no front matter", 1),
        ("---\ntitle: 头没有结尾\n正文".encode(), "never closed", 1),
        (b"\0\1\2" * 50, "binary", None),
        (b"\xff\xfe\x00", "UTF-16", None),
        ("---\ntitle: a\n---\n正文文字文字，正文文字文字".encode() + b"\n\xff\xff\n", "damaged UTF-8", 5),
        (b"---\ntitle: caf\xe9 \x81\x20\n---\n", "neither", 2),
        (b"---\nlayout: category\ntitle: emnews\n---\n", "page of the site", 1),
        (b'---\ntitle: ""\ndate: 2022-05-31\n---\n', "neither a title nor text", 1),
    ],
)
def test_what_is_no_article_is_rejected_with_reason_and_line(raw: bytes, reason: str, line: int | None) -> None:
    found = read(raw)
    assert isinstance(found, Rejection)
    assert reason in found.reason
    assert found.locator.endswith(".md")
    assert line is None or found.line == line


def test_the_digest_is_put_in_front_only_where_the_body_does_not_say_it() -> None:
    said = article(post(body="> 公司公告涨价。（财联社）\n\n<p>公司公告 涨价。全文。</p>"))
    assert said.body == "公司公告 涨价。全文。" and said.source == "财联社"
    new = article(post(body='> 摘要另说。\n\n<p>全文说<a data-code="1,600519">茅台</a>。</p>'))
    assert new.body == "摘要另说。\n全文说茅台。"
    assert [new.body[a.start : a.end] for a in new.annotations] == ["茅台"]


@pytest.mark.parametrize(
    "tail",
    [
        "\n\n<http://finance.eastmoney.com/news/1350,202112082207168450.html>",
        "\n\n<http://finance.eastmoney.com/news/1350,202112082207168450.html>\n\n[返回东财滚动新闻](../emnews/)\n[返回首页](../)\n",
        "\n\n<http://finance.eastmoney.com/news/1350,202112082207168450.html>\n\n[返回东财滚动新闻](//finews.zning.me/emnews/)\n[返回首页](//finews.zning.me/)",
        TAIL.format(id="202112082207168450"),
    ],
)
def test_the_sites_closing_lines_are_not_the_article(tail: str) -> None:
    found = article(post(body="精度满足<1%。" + tail), name="note.md")
    assert found.body == "精度满足<1%。"
    assert found.id == "em:202112082207168450"


def test_a_draft_mark_is_no_time() -> None:
    assert article(post(extra="published: false\n")).published == datetime(2022, 5, 31, 12, 57, 24, tzinfo=BEIJING)


def test_an_empty_address_leaves_no_address() -> None:
    found = article(post(body="正文。\n\n<>\n\n[返回东财滚动新闻](../emnews/)｜[返回首页](../)"))
    assert (found.body, found.url) == ("正文。", "")


def test_an_empty_title_is_replaced_by_the_first_sentence() -> None:
    assert article(post('""', body="> 公司中标。合同大。\n")).title == "公司中标"


def test_the_medium_comes_from_the_tag_of_a_press_post() -> None:
    text = post().replace("emnews", "pengpaixinwen").replace("东财滚动新闻", "澎湃新闻新闻")
    assert article(text).source == "澎湃新闻"


def test_lists_in_front_matter_in_both_notations() -> None:
    block = post().replace("tags: 东财滚动新闻", "tags:\n  - 白酒\n  - 业绩")
    inline = post().replace("tags: 东财滚动新闻", "tags: [白酒, 业绩]")
    assert article(block).tags == article(inline).tags == ("白酒", "业绩")


def test_a_category_with_spaces_and_brackets_stays_whole() -> None:
    for name in ("21shijijingjibaodao 21caijingAPP", "anxinguojizhengquan(xianggang)"):
        assert article(post().replace("emnews", name)).category == name


def test_press_and_flash_file_names_share_the_publishers_id() -> None:
    ids = {
        article(post(), name=name).id
        for name in ("2022-05-31-202205312397599166.md", "2022-05-31-NW202205312397599166.md", "-202205312397599166.md")
    }
    assert ids == {"em:202205312397599166"}


def test_articles_nobody_numbered_are_named_by_their_words_and_day() -> None:
    one, same, other_day = (
        article(post(date=d), name=n).id
        for d, n in [("2022-05-31 10:00", "a.md"), ("2022-05-31 11:00", "b.md"), ("2022-06-01 10:00", "a.md")]
    )
    assert one == same != other_day
    assert one.startswith("text:")


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=200).map(lambda b: b"---\ntitle: x\ndate: 2022-01-01\n---\n" + b),
        st.text(max_size=200).map(lambda t: t.encode(errors="surrogatepass")),
    )
)
def test_whatever_the_bytes_a_post_is_an_article_or_a_rejection(raw: bytes) -> None:
    for reader in ("post", "jsonl", "csv"):
        found = parse(RawItem("/x.md#1", fingerprint_of(raw), reader, raw, 1))
        assert isinstance(found, Article | Rejection)
        if isinstance(found, Article):
            (found.title + found.body + found.url + found.source + "".join(found.tags)).encode()
            assert found.title
            for a in found.annotations:
                assert found.body[a.start : a.end] == a.surface or a.start == a.end


FIELD = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["title", "date", "tags", "categories", "id", "link", "source", "published_at"]), FIELD), FIELD)
def test_whatever_the_front_matter_nothing_breaks(fields: dict[str, str], body: str) -> None:
    block = "".join(f"{key}: {value}\n" for key, value in fields.items())
    assert isinstance(read(f"---\n{block}---\n{body}"), Article | Rejection)


def test_every_real_post_and_variant_is_read_as_its_readme_says(shared) -> None:
    paths = [p for p in sorted((shared / "posts").glob("*.md")) if p.name != "README.md"] + sorted(
        (shared / "posts" / "variants").glob("*.md")
    )
    found = {p.name: read(p.read_bytes(), p.name) for p in paths}
    assert len(found) == 33 and all(isinstance(a, Article) for a in found.values())
    malformed = found["-202205262391921712.md"]
    assert (malformed.published, malformed.precision) == (datetime(2022, 5, 26, tzinfo=BEIJING), Precision.DAY)
    assert {a.precision for name, a in found.items() if not name.startswith("-")} == {Precision.SECOND}
    assert all("返回" not in a.body and "<http" not in a.body and "文章来源" not in a.body for a in found.values())
    assert "<1%" in found["2021-12-08-202112082206796814.md"].body
    assert found["2022-05-31-NW202205312397392287.md"].source == "澎湃新闻"


def test_the_annotations_of_the_real_posts_are_those_of_the_hand_made_list(shared) -> None:
    lines = (shared / "posts" / "GOLD.tsv").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    for line in lines[1:]:
        gold = dict(zip(columns, line.split("\t") + [""] * 9, strict=False))
        path = shared / "posts" / gold["file"]
        found = read(path.read_bytes(), path.name)

        def of(column: str, gold: dict[str, str] = gold) -> set[str]:
            return {code for code in gold[column].split(",") if code}

        inline = {a.target for a in found.annotations if a.kind in {"inline", "repeat", "quote"}}
        charts = {a.target for a in found.annotations if a.kind == "chart"}
        boards = {a.target for a in found.annotations if a.kind == "board"}
        indices = {a.target for a in found.annotations if a.kind == "index"}
        assert (inline, charts) == (of("gold_inline"), of("gold_chart")), gold["file"]
        # The credit line's own board (证券 in 上海证券报) left with the credit.
        assert of("boards") - {"90.BK0473"} <= boards | {"90.BK0473"} and boards <= of("boards"), gold["file"]
        assert indices <= of("indices") | {"1.000001", "0.399006", "1.000300"}, gold["file"]
        assert all(a.security is None for a in found.annotations if a.kind in {"board", "index", "glossary", "related"})
        assert all(a.security for a in found.annotations if a.kind in {"inline", "repeat", "quote", "chart"})
