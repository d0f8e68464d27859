"""Markdown bodies: links, emphasis and marks go, words and names stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.articles import text_of_markdown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("第一段。\n\n\n第二段。", "第一段。\n第二段。"),
        ("# 标题\n> 引用\n- 一\n* 二\n1. 三", "标题\n引用\n一\n二\n1. 三"),
        ("**粗体**与*ST宝德、*ST圣莱", "粗体与*ST宝德、*ST圣莱"),
        ("*ST宝德退市", "*ST宝德退市"),
        ("\\*ST宝德 A&amp;B", "*ST宝德 A&B"),
        ("精度满足<1%，见<http://a.b/c>", "精度满足<1%，见http://a.b/c"),
        ("---\n正文\n***\n```\n码\n```", "正文\n码"),
        ("![图](http://a.b/c.png)看[公告](http://a.b)全文", "看公告全文"),
        ("　　缩进　　之后", "缩进 之后"),
        ("[未完](http://a", "[未完](http://a"),
    ],
)
def test_marks_go_and_words_stay(source: str, text: str) -> None:
    assert text_of_markdown(source)[0] == text


def test_quote_links_and_charts_are_annotations_at_their_words() -> None:
    source = (
        "# 白酒\n\n看好 [贵州茅台](http://quote.eastmoney.com/sh600519.html) 和 [五粮液](https://xueqiu.com/S/SZ000858)。\n"
        "![K图](https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=116.00700)"
    )
    text, annotations = text_of_markdown(source)
    assert text == "白酒\n看好 贵州茅台 和 五粮液。"
    assert [(a.kind, text[a.start : a.end], a.security) for a in annotations[:2]] == [
        ("quote", "贵州茅台", "600519.SH"),
        ("quote", "五粮液", "000858.SZ"),
    ]


def test_images_of_the_web_are_annotations_where_they_stand_and_the_last_stands_at_the_end() -> None:
    text, annotations = text_of_markdown("前文。![图一](https://img.example/1.png)\n\n![本地](/assets/2.png)\n\n![图三](//img.example/3.png)")
    assert text == "前文。"
    assert [(a.kind, a.start, a.end, a.surface, a.target) for a in annotations] == [
        ("image", 3, 3, "图一", "https://img.example/1.png"),
        ("image", 3, 3, "图三", "https://img.example/3.png"),
    ]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "[",
                "]",
                "(",
                ")",
                "!",
                "*",
                "**",
                "茅台",
                " ",
                "\n",
                "\\",
                "<",
                ">",
                "http://quote.eastmoney.com/sh600519.html",
                "[茅台](http://quote.eastmoney.com/sh600519.html)",
                "#",
                "- ",
                "&amp;",
                "相关报道",
                "　",
                "\u2028",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_whatever_the_source_spans_give_back_their_words(source: str) -> None:
    text, annotations = text_of_markdown(source)
    for a in annotations:
        assert 0 <= a.start <= a.end <= len(text)
        assert a.start == a.end or text[a.start : a.end] == a.surface


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["[", "![", "[a](", "**a", "\\", "<", "> ", "- ", "*", "`", "# ", '[a](b "'])
def test_time_grows_with_length_only(unit: str) -> None:
    text_of_markdown(unit * (300_000 // len(unit)))
