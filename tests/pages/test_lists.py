"""The pages that list: the search for a security and its link, the market's window, alerts, names to confirm, corrections taken back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from newslink.link import Universe, bundled
from newslink.model import Filter
from newslink.pipeline.alerts import Rule, put_rule, read_rules
from newslink.pipeline.corrections import corrections
from newslink.pipeline.ingest import ingest
from newslink.pipeline.learn import STATE
from newslink.settings import Settings
from newslink.store import Store, open_store
from newslink.ui.html import badge
from newslink.ui.study_form import WINDOWS, Wanted, benchmark_of_text, fitting, wanted_of
from tests.pages.test_pages import opened, page, parameter, said, store_of
from tests.store import make

__all__ = ["page"]  # a fixture


ROWS = """{"id": "a", "title": "贵州茅台回购股份", "text": "贵州茅台（600519）公告回购。", "published_at": "2022-05-27 18:30:00", "source": "甲"}
{"id": "b", "title": "麒电签下订单", "text": "麒电公布订单。宁德时代（300750）受益。", "published_at": "2022-05-29 09:00:00", "source": "乙"}
{"id": "c", "title": "天气很好", "text": "今天天气很好。", "published_at": "2022-05-28 09:00:00", "source": "乙"}
"""


@pytest.fixture
def store(tmp_path, own_home, monkeypatch) -> Store:
    """An own store of three articles."""
    with store_of(ROWS, tmp_path, monkeypatch) as filled:
        yield filled


def press(app, key: str):
    return next(button for button in app.button if button.key == key).click().run()


def test_the_news_of_one_security_have_a_link(page, store):
    app = page("news")
    assert len(app.dataframe[0].value) == 3
    app.text_input(key="w-search").set_value("gzmt").run()
    assert parameter(app, "code") == "600519.SH" and parameter(app, "only") == "1"
    linked = page("news", code="600519.SH", only="1")
    assert linked.dataframe[0].value["标题"].tolist() == ["贵州茅台回购股份"]
    assert "600519.SH" not in said(page("news", code="600519.SH"))


SOLD = (
    "德福科技（301511）公告称，公司持股5%以上股东拓阵基金及其一致行动人于6月4日通过大宗交易累计减持公司股份{}万股，占公司总股本的{}%。"
    "本次权益变动后，减持计划尚未完成。"
)


def test_an_update_says_so_and_leads_to_the_story_it_tells_on_and_back(page, store, tmp_path):
    told = [("e1", "甲", "09:00", "50", "0.08"), ("e2", "乙", "09:05", "50", "0.08"), ("e3", "甲", "14:00", "90", "0.14")]
    rows = [
        {"id": id, "title": f"德福*科技：股东减持{shares}万股", "text": SOLD.format(shares, part), "published_at": f"2022-06-05 {at}:00", "source": source}
        for id, source, at, shares, part in told
    ]
    (tmp_path / "more.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    settings = Settings.from_environment()
    ingest([tmp_path / "more.jsonl"], settings, settings.store_url)
    app = page("news")
    assert not app.exception
    assert app.dataframe[0].value["报道"].tolist()[:3] == ["更新", "1 篇转载", "1 篇转载"]
    assert badge("更新") in said(app)
    button = next(one for one in app.button if one.key == "news-update_of-0")
    # Which of the two equal copies is meant does not matter; stars of a title are no markdown.
    assert re.fullmatch(r"更新自 2022-06-05 09:0[05] [甲乙]：德福\\\*科技：股东减持50万股", button.label)
    app = button.click().run()
    assert parameter(app, "art") in ("甲:e1", "乙:e2")
    assert "90万股" not in said(app) and badge("更新") not in said(app)
    back = next(one for one in app.button if one.key == "news-updated_by-0")
    assert back.label == "后有更新 2022-06-05 14:00 甲：德福\\*科技：股东减持90万股"
    assert parameter(back.click().run(), "art") == "甲:e3"


def test_the_market_counts_what_came_on_a_sunday_for_monday(page, store):
    app = page("market", span="1d")
    assert not app.exception and "2022-05-30 … 2022-05-30" in said(app)
    table = app.dataframe[0].value
    assert {"300750.SZ", "600519.SH"} == set(table["代码"]) and "麒电签下订单" in table["最新标题"].tolist()


def test_without_industries_the_market_says_that_it_goes_by_board_and_with_them_it_does_not(page, store):
    assert "还没有行业数据" in said(page("market"))
    store.set_state("industries", {"600519.SH": [["2001-08-27", "34"]]})
    words = said(page("market", lang="en"))
    assert "Shenwan" in words and "No industries" not in words


def test_the_market_lists_one_market_when_asked_and_says_which(page, store, tmp_path):
    row = {"id": "h", "title": "腾讯控股回购", "text": "腾讯控股（00700.HK）公告回购。", "published_at": "2022-05-30 09:00:00"}
    (tmp_path / "hk.jsonl").write_text(json.dumps(row), encoding="utf-8")
    settings = Settings.from_environment()
    ingest([tmp_path / "hk.jsonl"], settings, settings.store_url)
    everywhere = page("market", span="1w").dataframe[0].value["代码"]
    assert {"00700.HK", "600519.SH"} <= set(everywhere)
    app = page("market", span="1w", mkt="hk")
    assert set(app.dataframe[0].value["代码"]) == {"00700.HK"} and "腾讯控股回购" in app.dataframe[0].value["最新标题"].tolist()
    app.button_group(key="w-market").set_value("cn").run()
    assert parameter(app, "mkt") == "cn" and set(app.dataframe[0].value["代码"]) == {"300750.SZ", "600519.SH"}


def alert(number: int, read: str = "") -> tuple[str, dict]:
    key = f"key{number}"
    return key, {
        "key": key, "rule": "回购", "kind": "tag", "at": "2022-05-30T00:00:00+00:00", "words": f"贵州茅台：第{number}条 <b>{read}", "security": "600519.SH",
        "article": "a", "channels": ["webhook"],
    }  # fmt: skip


def test_an_article_stored_before_images_were_kept_is_read_as_one_without(page, own_home, tmp_path, monkeypatch):
    """Its text is whole and nothing is said of images."""
    post = "---\ntitle: 贵州茅台公告\ndate: 2022-05-27 18:30:00 +0800\n---\n贵州茅台（600519）公告。\n\n![图](https://example.com/a.png)\n\n完。\n"
    (tmp_path / "2022-05-27-a.md").write_text(post, encoding="utf-8")
    settings = Settings.from_environment()
    ingest([tmp_path], settings, settings.store_url)
    labels = [button.label for button in page("news").button]
    assert any("图片" in label for label in labels)
    with open_store(settings.store_url) as opened_store:
        (_, entry), *others = opened_store.articles()
        assert not others
        before = tuple(note for note in entry.article.annotations if note.kind != "image")
        opened_store.rewrite([replace(entry, article=replace(entry.article, annotations=before))])
    app = page("news")
    assert not app.exception and not any("图片" in button.label for button in app.button)
    assert "图片" not in said(app) and "完。" in said(app)


def test_alerts_are_shown_and_marked_as_read(page, store):
    store.append_inbox([alert(1), alert(2), ("odd", {"from": "another version"})], datetime(2022, 5, 30, 1, tzinfo=UTC))
    store.set_state("alerts/deliveries", {"key1/webhook": {"done": True}})
    app = page("data")
    table = next(frame.value for frame in app.dataframe if "提醒内容" in frame.value)
    assert table["提醒内容"].tolist() == ["贵州茅台：第2条 <b>", "贵州茅台：第1条 <b>"] and table["新"].tolist() == ["●", "●"]
    assert table["送达"].tolist() == ["网址 等待", "网址 已送达"]
    next(button for button in app.button if button.label == "全部标为已读").click().run()
    assert not app.exception
    assert [item.read for item in store.inbox_items() if item.key.startswith("key")] == [True, True]
    assert "0 条未读" in said(app)
    store.append_inbox([alert(3)])
    assert store.inbox_unread() == 1 and "1 条未读" in said(page("data"))


def test_rules_are_made_and_removed_on_the_screen(page, store):
    put_rule(store, Rule("旧规则", "keyword", keyword="减持"))
    app = page("data", code="600519.SH")
    assert "旧规则" in said(app)
    press(app, "rule-0")
    assert read_rules(store) == []
    opened(app, "new-rule")
    app.selectbox(key="rule-kind").set_value("move").run()
    app.number_input(key="rule-move").set_value(3.0).run()
    app.button_group(key="rule-whose-watch").set_value("this").run()
    press(app, "rule-save")
    assert not app.exception
    (rule,) = read_rules(store)
    assert (rule.kind, rule.securities, rule.threshold) == ("move", ("600519.SH",), 0.03)
    assert rule.name == "新闻当日异动 · 贵州茅台 · ≥ 3.0%" and rule.name in said(page("data"))


def test_a_rule_of_a_tag_is_about_all_securities_unless_one_is_chosen(page, store):
    app = opened(page("data", lang="en"), "new-rule")
    app.selectbox(key="rule-kind").set_value("tag").run()
    app.multiselect(key="rule-tags").set_value(["回购"]).run()
    app.multiselect(key="rule-to").set_value(["webhook"]).run()
    app.text_input(key="rule-name").set_value("Buybacks").run()
    press(app, "rule-save")
    (rule,) = read_rules(store)
    assert (rule.name, rule.tags, rule.securities, rule.channels) == ("Buybacks", ("回购",), (), ("webhook",))
    assert "Event tag · Buyback · webhook" in said(page("data", lang="en"))


@pytest.mark.parametrize(("kind", "words"), [("tag", "请至少选一个事件标签"), ("keyword", "请填关键词")])
def test_a_rule_that_makes_no_sense_is_refused_in_words(page, store, kind, words):
    app = opened(page("data"), "new-rule")
    app.selectbox(key="rule-kind").set_value(kind).run()
    press(app, "rule-save")
    assert words in app.warning[0].value and read_rules(store) == []


def test_a_doubtful_link_is_shown_with_the_words_around_it(page, store):
    body = "某公司公告，全资子公司拟与关联方共同设立新能源科技公司。"
    doubtful = make.link("001258.SZ", confidence=0.3, surface="立新能源")
    store.put([make.entry(make.article("d", "资本公告", body), [doubtful])])
    assert store.candidates()["surface"].tolist() == ["立新能源"]
    words = said(page("data"))
    assert "<b>立新能源</b> → " in words and body in words and "置信度 0.30" in words


def test_a_learnt_name_is_confirmed_links_what_it_touches_and_is_taken_back(page, store):
    row = {"security": "300750.SZ", "text": "麒电", "kind": "nickname", "first": "2022-05-01", "last": "2022-05-29", "still_used": True, "count": 3,
           "articles": 2, "examples": ["b"], "rivals": ["600519.SH"]}  # fmt: skip
    store.set_state(STATE, [row])
    app = page("data")
    words = said(app)
    assert "<b>麒电</b> → 宁德时代 300750.SZ" in words and "3 次，2 篇" in words and "也指 贵州茅台" in words
    press(app, "name-yes-0")
    assert not app.exception and "<b>麒电</b> → 宁德时代" not in said(app)
    assert "麒电" in words_of(store)
    (held,) = corrections(store)
    assert (held.kind, held.surface, held.valid_from) == ("confirm_name", "麒电", date(2022, 5, 1))
    press(app, "undo-0")
    assert not app.exception and corrections(store) == [] and "麒电" not in words_of(store)


def words_of(store: Store) -> list[str]:
    """The words that link the article about the order."""
    (article,) = store.page(Filter(keyword="订单"), 0, 5).rows["article"]
    return [mention.surface for link in store.article(article).links for mention in link.mentions]


def test_a_learnt_name_that_is_refused_does_not_come_again(page, store):
    row = {"security": "300750.SZ", "text": "电王", "kind": "nickname", "first": "2022-05-01", "last": "2022-05-29", "still_used": False, "count": 3,
           "articles": 2, "examples": [], "rivals": []}  # fmt: skip
    store.set_state(STATE, [row])
    app = page("data")
    press(app, "name-no-0")
    assert "<b>电王</b> → " not in said(app)
    assert [(one.kind, one.surface) for one in corrections(store)] == [("mute_word", "电王")]


def test_the_watchlist_is_the_one_that_live_sources_and_alerts_go_by(page, store):
    app = opened(page("chart", code="600519.SH"), "shelf")
    press(app, "w-watch")
    assert store.state("watchlist") == ["600519.SH"]
    press(app, "w-watch")
    assert store.state("watchlist") == []


def test_windows_are_the_usual_ones_unless_the_history_is_too_short_for_them():
    many = np.array([400] * 20)
    assert fitting(many, many) == WINDOWS[0]
    assert fitting(np.array([], int), np.array([], int)) == WINDOWS[0]
    # Two thirds of the events have 60 sessions before them, the rest have none.
    before, after = np.array([61] * 14 + [3] * 6), np.array([40] * 20)
    assert fitting(before, after) == ((-60, -11), (-5, 5))
    # None fits: the one that keeps most.
    assert fitting(np.array([31, 5, 5, 5]), np.array([3, 3, 3, 3])) == WINDOWS[-1]


def test_the_sample_is_studied_with_windows_that_fit_it_and_that_is_said_and_linked(page):
    app = page("study", code="300750.SZ")
    assert "行情较短" in said(app)
    next(button for button in app.button if button.label == "开始研究").click().run()
    assert not app.exception and "不作整体结论" not in said(app)
    link = parameter(app, "study")
    assert link.startswith("filtered.market.simple.none.-30.")
    again = page("study", code="300750.SZ", study=link)
    assert not again.exception and "行情较短" not in said(again)
    assert [frame.value.shape for frame in again.dataframe] == [frame.value.shape for frame in app.dataframe]
    tests, events, excluded = (frame.value for frame in again.dataframe)
    assert tests.columns.tolist() == ["窗口", "平均累计异常收益", "检验", "事件数", "统计量", "p 值", "校正后 p 值"]
    assert "Corrado 秩检验" in set(tests["检验"]) and "[0, 1]" in set(tests["窗口"])
    assert "统计量" in tests and "累计异常收益 [0, 1]" in events and "原因" in excluded
    assert len(events) + len(excluded) == 43 and len(excluded) / 43 <= 0.35


def test_a_link_to_a_study_that_cannot_be_is_explained(page):
    app = page("study", code="300750.SZ", study="this.market.simple.none.-3.-1.0.5")
    assert not app.exception and any("做不了" in warning.value for warning in app.warning)


def test_a_study_is_held_against_the_index_that_was_chosen(page):
    """On the sample: against 宁德时代's own market's index, and against a fund for which it has no prices."""
    app = page("study", code="300750.SZ")
    press_study(app)
    assert "基准：沪深300 000300.SH" in said(app).replace("\\", "") and parameter(app, "study").count(".") == 7
    app.selectbox[0].set_value("399006.SZ")
    press_study(app)
    assert parameter(app, "study").endswith(".399006.SZ")
    assert "还没有基准指数的行情" in app.warning[0].value
    again = page("study", code="300750.SZ", study=parameter(app, "study"))
    assert again.selectbox[0].value == "399006.SZ" and "还没有基准指数的行情" in again.warning[0].value


def press_study(app):
    return next(button for button in app.button if button.label == "开始研究").click().run()


@pytest.mark.parametrize(
    ("typed", "taken"),
    [("399997.SZ", "399997.SZ"), ("创业板指", "399006.SZ"), ("512690.SH", "512690.SH"), ("600519.SH", ""), ("<b>", ""), ("", "")],
)
def test_a_benchmark_is_an_index_or_a_fund(typed, taken):
    assert benchmark_of_text(Universe(*bundled()), typed) == taken


def test_a_study_survives_its_text():
    for benchmark in ("", "399997.SZ", "HSI.HK"):
        wanted = Wanted("this", "market", "simple", "none", (-130, -11), (-5, 10), benchmark)
        assert wanted_of(wanted.text()) == wanted
