"""What the screen says: numbers as analysts write them, both languages whole, text from outside never markup."""

from __future__ import annotations

import json
import re
import string
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newslink.articles.tags import EVENTS
from newslink.pipeline.study_report import TEST_NAMES
from newslink.study.significance import TESTS
from newslink.study.words import _TEXT as SENTENCES
from newslink.ui import numbers
from newslink.ui.exports import file_name
from newslink.ui.html import Span, lit, paragraphs, text, web_address
from newslink.ui.reader import hits
from newslink.ui.shelf import Shelf, read_shelf, write_shelf
from newslink.ui.texts import EN, ZH, language_of, tag_words
from newslink.ui.widgets import escaped


def test_both_languages_have_the_same_keys_and_placeholders():
    assert set(ZH) == set(EN)
    for key in ZH:
        fields = [sorted(name for _, name, _, _ in string.Formatter().parse(said) if name) for said in (ZH[key], EN[key])]
        assert fields[0] == fields[1], key


# Names of programs, formats, indicators, markets and operators of the search, which Chinese screens write so.
AS_IT_IS = {
    "streamlit", "secrets", "toml", "auth", "Authlib", "NEWSLINK", "STORE", "newslink", "Python", "akshare", "MA", "EMA", "BOLL", "MACD", "RSI", "CSV",
    "Excel", "JSON", "gzip", "OR", "AND", "NOT", "Esc", "Shift", "bars", "title", "text", "html", "NIO", "SZ", "SH", "HK", "US", "BMP",
}  # fmt: skip
AUTHORS = {"Benjamini-Hochberg", "Kolari-Pynn", "nen", "Corrado", "Patell", "Brown-Warner"}


def test_the_chinese_screen_is_chinese_in_the_terms_of_the_field_too():
    """CAR, p and t stay as symbols of one letter; what has a Chinese name has that."""
    said = {f"screen {key}": words for key, words in ZH.items()}
    said |= {f"test {key}": words for key, words in TEST_NAMES["zh"].items()} | {f"verdict {key}": words for key, words in SENTENCES["zh"].items()}
    for key, words in said.items():
        latin = set(re.findall("[A-Za-z][A-Za-z-]+", re.sub(r"`[^`]*`|\{[^}]*\}", "", words)))
        assert latin <= AS_IT_IS | AUTHORS, (key, latin)
    assert set(TEST_NAMES["zh"]) == set(TEST_NAMES["en"]) == set(TESTS)


def test_every_event_tag_has_english_words_each_its_own():
    tags = {tag for event in EVENTS for tag in (event.tag, event.ended) if tag}
    assert set(tag_words("en")) == tags and len(set(tag_words("en").values())) == len(tags)
    assert all(words.isascii() for words in tag_words("en").values()) and tag_words("zh") == {}


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", "zh"), ("zh-TW", "zh"), ("ZH", "zh"), ("en-US", "en"), ("de", "en"), (None, "zh")]
)
def test_the_language_is_the_browsers(locale, language):
    assert language_of(locale) == language


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(0, "0", "0"), (9_999, "9,999", "10.00K"), (12_345, "1.23万", "12.35K"), (99_999_999, "1.00亿", "100.00M"),
     (123_456_789, "1.23亿", "123.46M"),
     (-5.6e12, "-5.60万亿", "-5.60T"), (None, "–", "–"), (float("nan"), "–", "–")],
)  # fmt: skip
def test_large_numbers(value, zh, en):
    assert (numbers.amount(value, "zh"), numbers.amount(value, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("value", "said"), [(0.0123, "+1.23%"), (-0.0045, "−0.45%"), (0.0, "0.00%"), (-0.00001, "0.00%"), (None, "–"), (float("nan"), "–")]
)
def test_percentages_have_a_sign_and_no_negative_nought(value, said):
    assert numbers.percent(value) == said


def test_prices_show_the_tick_and_times_are_beijing():
    assert (numbers.price(1888.0, "CNY"), numbers.price(0.123, "HKD"), numbers.price(None)) == ("¥1,888.00", "HK$0.123", "–")
    assert numbers.clock(datetime(2022, 5, 26, 10, 30, tzinfo=UTC)) == "2022-05-26 18:30"
    assert numbers.band(-0.0123) == "±1.23%" and numbers.day(date(2022, 1, 4)) == "2022-01-04"


class Tags(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple] = []
        self.said = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(sorted(name for name, _ in attributes))))

    def handle_data(self, data):
        self.said += data


ANY = st.text(max_size=200) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "</p></div>", "<!--"]
)
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=120) | st.just("a<b>&\"'c")


@given(ANY, st.lists(st.tuples(st.integers(-5, 220), st.integers(-5, 220), ANY), max_size=8))
def test_only_our_own_tags_come_out_whatever_goes_in(body, marks):
    spans = [Span(start, end, "nl-mine", title) for start, end, title in marks]
    for made in (lit(body, spans), paragraphs(body, spans, 150)):
        assert {tag for tag, _ in Tags(made).tags} <= {"mark", "p"}
        assert all(names in ((), ("class", "title")) for _, names in Tags(made).tags)


@given(PLAIN, st.lists(st.tuples(st.integers(0, 130), st.integers(0, 130)), max_size=6))
def test_lit_text_says_exactly_the_text(body, marks):
    assert Tags(lit(body, [Span(a, b, "nl-mine", "x") for a, b in marks])).said == body


def test_the_words_that_are_lit_are_those_of_the_span():
    made = lit("今天贵州茅台公告", [Span(2, 6, "nl-mine", "规则")])
    assert '<mark class="nl-mine" title="规则">贵州茅台</mark>' in made


def test_direction_marks_and_control_characters_are_dropped():
    assert text("\u202egpj.exe\u202c\u0000\u200fx\ufeff") == "gpj.exex"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", " https://a.cn", "https://", "//a.cn/x", "ftp://a.cn", "https://a.cn/\nx",
                "vbscript:x", "https://" + "a" * 3000, "JaVaScRiPt:alert(1)", "https://[::1"]
)  # fmt: skip
def test_only_web_addresses_are_links(address):
    assert web_address(address) == ""


def test_a_web_address_is_kept():
    assert web_address("https://finance.eastmoney.com/a/1.html?x=1#y") == "https://finance.eastmoney.com/a/1.html?x=1#y"


@pytest.mark.parametrize(
    "said", ["**b** [x](javascript:1)", "$x^2$ :red[a] `c`", "# h\n- l", ":material/home:", "![i](http://e.example/i)", "<b>"]
)
def test_markdown_from_outside_is_shown_as_typed(said):
    made = escaped(said)
    assert "\n" not in made
    for mark in "*[]()$:`#!<>_":
        assert made.count(mark) == made.count("\\" + mark)


@given(ANY, ANY)
def test_file_names_are_harmless(first, second):
    name = file_name(first, second)
    assert 0 < len(name) <= 120 and not set(name) & set('/\\:*?"<>|\0\n') and not name.startswith(".")


def test_the_shelf_is_read_back(tmp_path):
    shelf = Shelf(("600519.SH", "00700.HK"), {"我的": {"code": ["600519.SH"], "ind": ["macd"]}})
    write_shelf(tmp_path / "shelf.json", shelf)
    assert read_shelf(tmp_path / "shelf.json") == shelf


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"watch": 3}',
        '{"watch": ["<b>", 5, "600519.SH"], "views": {"x": {"period": ["<svg>"], "code": "y"}}}',
        "[" * 50_000,
        "\x00",
    ],
)
def test_a_damaged_or_hostile_shelf_is_as_good_as_none(tmp_path, content):
    path = tmp_path / "shelf.json"
    path.write_text(content, encoding="utf-8")
    shelf = read_shelf(path)
    assert set(shelf.watch) <= {"600519.SH"}
    assert "<svg>" not in json.dumps(shelf.views)


@pytest.mark.parametrize(
    ("query", "said"),
    [("减持 -澄清", ["减持"]), ('"大股东减持"', ["大股东减持"]), ("减持 OR 澄清", ["减持", "澄清"]), ("", []), ("NOT", []),
     ("(减持|大股东)", ["大股东", "减持"]), ("减持 NOT 澄清", ["减持"]),
     ("[a-z]+ .*", []), ("nio", ["NIO"]), ('减持 -"大股东"', ["减持"])],
)  # fmt: skip
def test_the_words_looked_for_are_found_as_they_stand(query, said):
    whole = "NIO大股东减持，公司澄清"
    assert sorted(whole[a:b] for a, b in hits(whole, query)) == sorted(said)
