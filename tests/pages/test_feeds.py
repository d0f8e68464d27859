"""What sources are called on screen, and that nothing but the screen calls them so."""

from __future__ import annotations

import pytest

from newslink.export import events_csv
from newslink.model import Filter
from newslink.pipeline.events import events_of
from newslink.pipeline.linking import universe_of
from newslink.sessions import SessionClock
from newslink.store import Store
from newslink.ui.feeds import FEEDS, feed_name, told_apart
from tests.pages.test_pages import opened, page, parameter, said, store_of

__all__ = ["page"]  # a fixture

ROWS = """{"id": "a", "title": "贵州茅台回购股份", "text": "贵州茅台（600519）公告回购。", "published_at": "2022-05-27 18:30:00", "source": "cls"}
{"id": "b", "title": "宁德时代签下订单", "text": "宁德时代（300750）公告。", "published_at": "2022-05-26 09:00:00", "source": "财联社"}
{"id": "c", "title": "天气很好", "text": "今天天气很好。", "published_at": "2022-05-25 09:00:00", "source": "某某日报"}
"""


@pytest.fixture
def store(tmp_path, own_home, monkeypatch) -> Store:
    """Two spellings of one wire, and a source nobody knows."""
    with store_of(ROWS, tmp_path, monkeypatch) as filled:
        yield filled


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("cls", "财联社", "Cailian Press"), ("THS ", "同花顺", "Tonghuashun"), ("eastmoney", "东方财富", "Eastmoney"),
        ("东方财富网", "东方财富网", "Eastmoney"), ("财联社", "财联社", "Cailian Press"), ("某某日报", "某某日报", "某某日报"),
        ("", "", ""), ("<b>cls", "<b>cls", "<b>cls"),
    ],
)  # fmt: skip
def test_a_known_feed_has_its_name_and_any_other_is_left_as_it_is(source, zh, en):
    assert (feed_name(source, "zh"), feed_name(source, "en")) == (zh, en)


def test_no_spelling_means_two_feeds_and_english_names_are_plain():
    spellings = [one for zh, en, others in FEEDS for one in {zh, en.lower(), *others}]
    assert len(spellings) == len(set(spellings)) and all(one == one.lower() for one in spellings)
    assert all(en.isascii() and not zh.isascii() for zh, en, _ in FEEDS)


def test_two_sources_of_one_name_are_told_apart():
    assert told_apart(["cls", "财联社", "ths"], "zh") == {"cls": "财联社 (cls)", "财联社": "财联社", "ths": "同花顺"}
    assert set(told_apart(["cls", "财联社"], "en").values()) == {"Cailian Press (cls)", "Cailian Press (财联社)"}


def test_tables_reader_and_filter_show_names_while_link_and_export_keep_the_value(page, store):
    app = page("news", article="a")
    assert app.dataframe[0].value["来源"].tolist() == ["财联社", "财联社", "某某日报"]
    assert "<b>财联社</b>" in said(app)
    opened(app, "filters")
    assert sorted(app.multiselect(key="w-sources").options) == ["某某日报", "财联社", "财联社 \\(cls\\)"]
    app.multiselect(key="w-sources").set_value(["cls"]).run()
    assert parameter(app, "src") == "cls" and app.dataframe[0].value["标题"].tolist() == ["贵州茅台回购股份"]
    english = page("news", lang="en", article="a")
    assert english.dataframe[0].value["Source"].tolist() == ["Cailian Press", "Cailian Press", "某某日报"]
    events = events_of(store, Filter(securities=("600519.SH",)), universe_of(store), SessionClock())
    assert b",cls," in events_csv(events)


def test_an_alert_is_in_the_language_of_the_screen_and_an_old_one_as_it_was_stored(page, store):
    old = {"key": "old", "rule": "旧", "kind": "tag", "at": "2022-05-30T00:00:00+00:00", "words": "旧的一条", "security": "600519.SH"}
    new = {
        "key": "new", "rule": "多", "kind": "unusual", "at": "2022-05-30T01:00:00+00:00", "security": "600519.SH", "session": "2022-05-30",
        "count": 6, "usual": 0.25,
    }  # fmt: skip
    store.append_inbox([("old", old), ("new", new)])
    chinese = next(frame.value for frame in page("data").dataframe if "提醒内容" in frame.value)
    assert chinese["提醒内容"].tolist() == ["贵州茅台 2022-05-30：6 篇，平时 0.2 篇", "旧的一条"]
    english = next(frame.value for frame in page("data", lang="en").dataframe if "Alert" in frame.value)
    assert english["Alert"].tolist() == ["贵州茅台 2022-05-30: articles 6, usually 0.2", "旧的一条"]
