"""HTML to text and annotations: what each shape of publisher markup means, and that nothing hostile breaks or stalls it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newslink.articles import markup, runs, text_of_html
from newslink.articles.markup import MAX_HTML_CHARACTERS, MAX_IMAGES, Page, read_page
from newslink.errors import ArticleError
from newslink.model import Annotation


def named(html: str) -> list[tuple[str, str, str | None]]:
    text, annotations = text_of_html(html)
    for a in annotations:
        assert 0 <= a.start <= a.end <= len(text)
        assert text[a.start : a.end] == a.surface or (a.start == a.end and a.kind in {"chart", "index", "board", "image"})
    return [(a.kind, a.surface, a.security) for a in annotations]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<span id="stock_1.600160"><a class="keytip" data-code="1,600160">巨化股份</a></span><span id="quote_1.600160"></span>',
            ("inline", "巨化股份", "600160.SH"),
        ),
        ('<span web="1" class="em_stock_key_common" data-code="1,600160">巨化股份</span>', ("repeat", "巨化股份", "600160.SH")),
        ('<span id="Info.116.00700"><a class="keytip" data-code="116,00700">腾讯控股</a></span>', ("inline", "腾讯控股", "00700.HK")),
        ('<a data-code="002353">杰瑞股份</a>', ("inline", "杰瑞股份", "002353.SZ")),
        ('<a data-code="105,AAPL">苹果</a>', ("inline", "苹果", "AAPL.US")),
        ('<a data-code="0,430564">天润科技</a>', ("inline", "天润科技", "430564.BJ")),
        ('<a data-code="0,920799">艾融软件</a>', ("inline", "艾融软件", "920799.BJ")),
        ('<a data-code="1,510300">沪深300ETF</a>', ("inline", "沪深300ETF", "510300.SH")),
        ('<a data-code="150,159813">半导体ETF</a>', ("inline", "半导体ETF", "159813.SZ")),
        ('<span id="stock_1.600030">中信证券</span>', ("inline", "中信证券", "600030.SH")),
        ('<span id="stock_NASDAQ_AAPL7">苹果</span>', ("inline", "苹果", "AAPL.US")),
        ('<span id="stock_013855">上海复旦</span>', ("inline", "上海复旦", "01385.HK")),
        ('<span id="stock_6005191">贵州茅台</span>', ("inline", "贵州茅台", "600519.SH")),
        ('<a href="http://quote.eastmoney.com/unify/r/1.688111">金山办公</a>', ("quote", "金山办公", "688111.SH")),
        ('<a href="http://quote.eastmoney.com/sh600519.html">茅台</a>', ("quote", "茅台", "600519.SH")),
        ('<a href="//quote.eastmoney.com/us/TSLA.html">特斯拉</a>', ("quote", "特斯拉", "TSLA.US")),
        ('<a href="https://quote.eastmoney.com/hk/00700.html">腾讯</a>', ("quote", "腾讯", "00700.HK")),
        ('<a href="http://stockpage.10jqka.com.cn/600519/">茅台</a>', ("quote", "茅台", "600519.SH")),
        ('<a href="http://stockpage.10jqka.com.cn/HK0700/">腾讯</a>', ("quote", "腾讯", "00700.HK")),
        ('<a href="https://finance.sina.com.cn/realstock/company/sh600519/nc.shtml">茅台</a>', ("quote", "茅台", "600519.SH")),
        ('<a href="https://xueqiu.com/S/SZ000858?from=status">五粮液</a>', ("quote", "五粮液", "000858.SZ")),
        ('<a href="https://xueqiu.com/S/BABA">阿里</a>', ("quote", "阿里", "BABA.US")),
        ('<a href="https://xueqiu.com/S/00700">腾讯</a>', ("quote", "腾讯", "00700.HK")),
        ('<a href="https://gu.qq.com/hk00700/gp">腾讯</a>', ("quote", "腾讯", "00700.HK")),
        ('<a href="https://www.futunn.com/stock/00700-HK">腾讯</a>', ("quote", "腾讯", "00700.HK")),
        ("<a data-code='1,600519' class=keytip>茅台</a>", ("inline", "茅台", "600519.SH")),
        ('<A DATA-CODE="1,600519">茅台</A>', ("inline", "茅台", "600519.SH")),
    ],
)
def test_each_shape_of_markup_names_its_security(html: str, expected: tuple[str, str, str]) -> None:
    assert named(f"<p>看好{html}的表现</p>") == [expected]


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ('<span id="bk_90.BK0473"><a class="keytip" data-code="90,BK0473">证券</a></span>', "board"),
        ('<span class="em_stock_key_common" data-code="90,BK0473">证券</span>', "board"),
        ('<a href="http://quote.eastmoney.com/bk/90.BK0473.html">证券</a>', "board"),
        ('<span id="Info.3259"><a href="http://quote.eastmoney.com/unify/r/0.399006" class="infokey">创业板指</a></span>', "index"),
        ('<a href="http://quote.eastmoney.com/unify/r/1.000001" class="infokey">上证指数</a>', "index"),
        ('<a data-code="1,000300">沪深300</a>', "index"),
        ('<a data-code="100,NDX">纳斯达克100</a>', "index"),
        ('<a href="http://quote.eastmoney.com/zs000001.html">上证指数</a>', "index"),
        ('<a href="http://quote.eastmoney.com/sz399001.html">深证成指</a>', "index"),
        ('<span id="Info.3286"><a href="http://data.eastmoney.com/gdfx/" class="infokey">股东</a></span>', "glossary"),
    ],
)
def test_boards_indices_and_glossary_links_are_no_securities(html: str, kind: str) -> None:
    assert [(k, s) for k, _, s in named(f"<p>今日{html}上涨</p>")] == [(kind, None)]


def test_an_index_code_in_shanghai_and_a_stock_code_in_shenzhen_are_told_apart() -> None:
    assert named('<a data-code="1,000001">上证指数</a>') == [("index", "上证指数", None)]
    assert named('<a data-code="0,000001">平安银行</a>') == [("inline", "平安银行", "000001.SZ")]


CHART = (
    '<p style="text-align:center;"><a href="http://quote.eastmoney.com/unify/r/1.688111" data-code="688111|1|1" data-code2="688111|1|23|" '
    'class="EmImageRemark"><img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.688111&imageType=k" alt="K图 688111_0" '
    'data-code="K 688111|1|1" /></a></p>'
)


def test_a_chart_and_its_link_are_one_annotation_without_words() -> None:
    text, annotations = text_of_html(f"{CHART}<p>金山办公发布平台。</p>")
    assert text == "金山办公发布平台。"
    assert [(a.kind, a.start, a.end, a.target, a.security) for a in annotations] == [("chart", 0, 0, "1.688111", "688111.SH")]


def test_a_chart_without_its_link_still_carries_the_code() -> None:
    image = '<img src="https://webquotepic.eastmoney.com/GetPic.aspx?nid=116.02338&amp;imageType=r">'
    assert named(f"<p>前</p>{image}<p>后</p>") == [("chart", "116.02338", "02338.HK")]


def test_a_chart_of_an_index_is_an_index() -> None:
    image = '<img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.000001" alt="K图 000001_0" data-code="K 000001|1|1">'
    assert named(image + "大盘") == [("index", "K图 000001_0", None)]


def test_a_missing_end_tag_does_not_swallow_the_sentence() -> None:
    first = '<span id="stock_1.600160"><a data-code="1,600160">巨化股份，主营氟化工，'
    html = f'<p>{first}<a data-code="0,300343">联创股份</a>跟涨。</p><p>收盘</p>'
    assert named(html) == [("inline", "巨化股份", "600160.SH"), ("inline", "联创股份", "300343.SZ")]


def test_spans_hold_when_text_before_them_is_trimmed_decoded_and_joined() -> None:
    first = '<p>　　A&amp;B&nbsp;&nbsp;与\n <a data-code="1,600519"> 贵州茅台 </a> 合作</p>'
    html = first + '\r\n<p>　</p><p>　　<a data-code="0,000858">五粮液</a></p>'
    text, annotations = text_of_html(html)
    assert text == "A&B 与 贵州茅台 合作\n五粮液"
    assert [text[a.start : a.end] for a in annotations] == ["贵州茅台", "五粮液"]


def test_a_split_word_is_joined_and_entities_are_decoded_once() -> None:
    assert text_of_html("<p>C<span>PPI</span>B &amp;lt;b&amp;gt; &#65;&lt;1%</p>")[0] == "CPPIB &lt;b&gt; A<1%"


def test_a_raw_less_than_sign_is_text() -> None:
    assert text_of_html("<p>精度满足<1%，视场角>120</p>")[0] == "精度满足<1%，视场角>120"


def test_scripts_styles_comments_and_hidden_parts_are_left_out() -> None:
    html = (
        "<style>p{color:red}</style><script>if (a<b) document.write('<p>坏</p>')</script><!-- 注 --><p style='display:none'>藏</p>"
        '<div hidden>藏<div>藏</div></div><p>看</p><p style="VISIBILITY: hidden">藏<p>见</p><noscript>藏</noscript><textarea>藏</textarea>'
    )
    assert text_of_html(html)[0] == "看\n见"


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ('<img src="https://img.example/a.png" alt="图一">', "https://img.example/a.png"),
        ("<IMG SRC='HTTP://img.example/a.png?x=1&amp;y=2' alt=图一>", "HTTP://img.example/a.png?x=1&y=2"),
        ('<img src="//img.example/a.png" alt="图一"/>', "https://img.example/a.png"),
        ('<img src="blank.gif" data-src="https://img.example/late.png" alt="图一">', "https://img.example/late.png"),
        (
            '<img src="data:image/gif;base64,R0lGOD" data-original="https://img.example/late.png" alt="图一">',
            "https://img.example/late.png",
        ),
    ],
)
def test_an_image_is_an_annotation_with_its_address(image: str, address: str) -> None:
    text, annotations = text_of_html(f"<p>前。{image}后。</p>")
    assert text == "前。后。"
    assert annotations == (Annotation("body", 2, 2, "图一", "image", address),)


@pytest.mark.parametrize(
    "image",
    [
        '<img src="/local.png">', '<img src="x.png">', '<img src="data:image/png;base64,iVBOR">', '<img src="javascript:alert(1)">',
        '<img src="file:///etc/passwd">', '<img src="ftp://img.example/a.png">', '<img src="https:///a.png">', '<img src="//">', "<img>",
        '<img src="https://img.example/a\tb.png">', '<img src="https://img.example/a b.png">', f'<img src="https://img.example/{"a" * 1000}">',
        '<img src="https://counter.example/a.gif" width="1" height="1">', '<img src="https://counter.example/a.gif" style="display:none">',
        '<p hidden><img src="https://img.example/a.png"></p>', '<!-- <img src="https://img.example/a.png"> -->',
    ],
)  # fmt: skip
def test_what_names_no_host_or_only_counts_readers_is_no_image(image: str) -> None:
    assert text_of_html(f"<p>前{image}</p>") == ("前", ())


def test_of_many_images_the_first_are_kept() -> None:
    _, annotations = text_of_html("".join(f'<p>字</p><img src="https://img.example/{i}.png">' for i in range(10_000)))
    assert [a.target for a in annotations] == [f"https://img.example/{i}.png" for i in range(MAX_IMAGES)]


def test_the_credit_line_leaves_the_text_and_names_the_medium() -> None:
    credit = '<p class="em_media">（文章来源：上海<span class="em_stock_key_common" data-code="90,BK0473">证券</span>报）</p>'
    page = read_page(f"<p>正文。</p>{credit}")
    assert page.text == "正文。"
    assert page.credit == "上海证券报"
    assert page.annotations == ()


def test_a_second_article_below_is_marked_from_its_heading_to_the_end() -> None:
    html = '<p>正文。</p><h3 class="emh3">相关报道</h3><p>另一篇，<a data-code="1,600519">茅台</a>。</p>'
    text, annotations = text_of_html(html)
    related = [a for a in annotations if a.kind == "related"]
    assert [(a.start, a.end, a.security) for a in related] == [(text.index("相关报道"), len(text), None)]
    assert any(a.security == "600519.SH" and a.start > related[0].start for a in annotations)


@pytest.mark.parametrize(
    "html", ["", "<", "</", "<!--", "<!-- 未完", "<script>alert(1)", "<p", '<p class="x', "&#0;", "\0", "\ud800", "<a data-code=>x</a>"]
)
def test_fragments_are_read_without_complaint(html: str) -> None:
    text, annotations = text_of_html(html)
    text.encode()
    assert "\0" not in text and annotations == ()


def test_a_character_reference_of_a_hundred_thousand_digits_is_no_number() -> None:
    assert text_of_html("<p>a&#" + "9" * 100_000 + ";b</p>")[0] == "a\ufffdb"


def test_direction_overrides_and_zero_width_characters_are_removed() -> None:
    assert text_of_html("<p>贵州\u200b茅\u202e台&#8203;&#x202e;涨</p>")[0] == "贵州茅台涨"


def test_more_than_ten_million_characters_are_refused() -> None:
    with pytest.raises(ArticleError, match="characters"):
        text_of_html("x" * (MAX_HTML_CHARACTERS + 1))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit",
    [
        "<span>",
        "<a href='",
        '<a b="',
        "<!--",
        "<script>",
        "<p style='display:none'>",
        "<",
        "</span>",
        "&#",
        "&amp",
        "<a data-code='1,600519'>",
        "<p class=em_media>",
        "<a =",
        "=",
        '"',
        "<title>",
        "<![CDATA[",
        "相关报道\n",
        "（",
        "<td>",
        "\u3000",
        "<b x='>'",
        "<div hidden>",
        "</p>\n <p>",
        "<!-- -->",
        "<p class=em_media>x</p>",
        "<span></span> ",
    ],
)
def test_time_grows_with_length_only(unit: str) -> None:
    """A quadratic scanner would need hours for these; the bound is on being stuck, not on speed."""
    html = unit * (1_000_000 // len(unit))
    for tail in ("", ">", "终"):
        text, annotations = text_of_html(html + tail)
        assert len(text) <= len(html) + 1
        assert len(annotations) <= len(html)


def test_ten_thousand_levels_of_nesting_are_flat_text() -> None:
    assert text_of_html("<div><span>" * 10_000 + "底" + "</span></div>" * 10_000)[0] == "底"


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<span>",
        "</span>",
        '<a data-code="1,600519">',
        "</a>",
        '<span id="stock_0.000858">',
        "<br>",
        "<b>",
        "</b>",
        "　　",
        " ",
        "\n",
        "&nbsp;",
        "&lt;",
        "&amp;",
        "<1%",
        "贵州茅台",
        "涨5%",
        "，",
        "<!-- x -->",
        "<td>",
        '<img src="//webquotepic.eastmoney.com/?nid=1.600519">',
        '"',
        "'",
        "<",
        ">",
        "=",
        "<div hidden>",
        "</div>",
        '<p class="em_media">',
        "<script>",
        "</script>",
        "\0",
        "\ud800",
        "&#x110000;",
        "相关报道",
        "</",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=300)))
@example('<span id="stock_1.600519"><a data-code="1,600519">a</span>b</a>')
def test_whatever_the_markup_spans_give_back_their_words(html: str) -> None:
    text, annotations = text_of_html(html)
    text.encode()
    assert text == text.strip() and "\n\n" not in text
    for a in annotations:
        assert isinstance(a, Annotation) and a.field == "body"
        assert 0 <= a.start <= a.end <= len(text)
        if a.start < a.end:
            assert text[a.start : a.end] == a.surface


def tag_by_tag(html: str) -> Page:
    """Without taking tags together: every run is said to be one that cannot be read as a whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markup, "RUNS", {})
        patch.setattr(markup, "read_run", lambda run: runs.UNUSUAL)
        return read_page(html)


# What opens, closes, hides, separates and breaks off, with few words between, so that runs of every kind come about.
TAGS = st.sampled_from(
    [
        "<p>", "</p>", "<p hidden>", '<p class="em_media">', "</P>", "<br>", "<td>", "<b>", "</b>", "<i hidden>", "</i>", "<div hidden>", "</div>",
        "<span>", "<span id='stock_0.000858'>", "<span id='quote_0.000858'></span>", "</span>", "<a>", "<a data-code='0,000858'>", "</a>",
        "<a data-code='1,600519'>", "<a data-code='688111|1|1'>", "<img src='//webquotepic.eastmoney.com/?nid=1.688111'>", "<o:p>",
        "<img src='https://img.example/a.png'>", "<script>", "</script>", "<title>", "<!-- -->", "<!-->", "<!--", "-->", "<!x>", "</>", "<1%",
        "<a title='", '<b x="', "'>", '">', "<b x=>", "<b x='y'z>", "<b x='>'>", "<", ">", "甲", "乙", "，", "甲 乙", " ", "\n", "\u200b", "&nbsp;",
    ]
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(TAGS, max_size=40).map("".join))
@example("<a data-code='1,600519'>甲<a></a>乙</a>")
@example("甲<i hidden></i> <b>乙")
@example("<p class='em_media'>（来源：甲）</p>乙<p class='em_media'>（来源：<b>乙</b>）</p>丙")
@example("<!-- <p>--><p>甲<!-->乙")
@example("甲<script><p>乙</p></script><p>丙")
def test_tags_read_together_do_what_they_do_one_by_one(html: str) -> None:
    assert read_page(html) == tag_by_tag(html)
    assert read_page(html) == tag_by_tag(html)  # now that the runs are remembered


def test_on_the_real_posts_tags_read_together_do_what_they_do_one_by_one(shared) -> None:
    paths = sorted((shared / "posts").rglob("*.md"))
    assert len(paths) >= 20
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for html in (text, text[: len(text) // 2], text.replace("</a>", ""), text.replace('"', "", 1)):
            assert read_page(html) == tag_by_tag(html), path.name


def test_what_is_remembered_of_runs_stays_bounded() -> None:
    long = "<b>" * 1_000
    read_page("".join(f"<p id=x{i}>字" for i in range(25_000)) + long)
    assert 0 < len(runs.RUNS) <= 10_000
    assert long not in runs.RUNS


WELL_FORMED = st.recursive(
    st.text(st.sampled_from("贵州茅台涨跌停，。%123 AB&<>\"'"), min_size=1, max_size=12).map(
        lambda t: t.replace("&", "&amp;").replace("<", "&lt;")
    ),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", st.sampled_from(["b", "span", "div", "i"]), st.lists(inner, max_size=4)
    ),
    max_leaves=20,
)


def words_by_lexbor(html: str) -> str:
    body = LexborHTMLParser(html).body
    if body is None:
        return ""
    for node in body.css("script,style,textarea,title,iframe,noscript,template,.em_media,[hidden]"):
        node.decompose()
    for node in body.css("[style]"):
        if re.search(r"display\s*:\s*none|visibility\s*:\s*hidden", node.attributes.get("style") or "", re.I):
            node.decompose()
    return "".join(body.text().split())


@settings(max_examples=300, deadline=None)
@given(st.lists(WELL_FORMED, max_size=6).map("".join))
def test_the_words_are_those_a_browser_grade_parser_finds(html: str) -> None:
    assert "".join(text_of_html(html)[0].split()) == words_by_lexbor(html)


def test_on_the_real_posts_the_words_are_those_a_browser_grade_parser_finds(shared) -> None:
    compared = 0
    for path in sorted((shared / "posts").glob("*.md")) + sorted((shared / "recorded").glob("em_article*.html")):
        html = path.read_text(encoding="utf-8").split("\n---\n")[-1]
        # the site's own closing lines are markdown, not part of the page
        html = re.sub(r"\n<[^>\n]*>\s*(\n\[返回.*)?\s*\Z", "", html)
        if "<p" not in html:
            continue
        ours = "".join(text_of_html(html)[0].split())
        theirs = words_by_lexbor(html)
        assert ours == theirs, path.name
        compared += 1
    assert compared >= 20
