"""Every page and state through Streamlit's own test runner: no exception, the right words, the one filtered set everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from newslink.pipeline.ingest import ingest
from newslink.settings import Settings
from newslink.store import Store, open_store

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("chart", "news", "market", "study", "data")


def script(page: str) -> None:
    import runpy

    from newslink.ui import shell

    if shell.prepare() is not None:
        runpy.run_path(f"pages/{page}.py")


@pytest.fixture
def page(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NEWSLINK_OFFLINE", "1")

    def run(name: str, **parameters: str | list[str]) -> AppTest:
        app = AppTest.from_function(script, kwargs={"page": name}, default_timeout=120)
        for key, value in parameters.items():
            app.query_params[key.rstrip("_")] = value
        return app.run()

    return run


def parameter(app: AppTest, name: str) -> str | None:
    """The value of a parameter of the URL; AppTest gives a text or a list of them."""
    value = app.query_params.get(name)
    return value[-1] if isinstance(value, list) else value


@contextmanager
def store_of(rows: str, folder: Path, monkeypatch) -> Iterator[Store]:
    """The default store, filled with rows (JSON lines), while nothing may be fetched. To be used with an own home."""
    monkeypatch.setenv("NEWSLINK_OFFLINE", "1")
    (folder / "news.jsonl").write_text(rows, encoding="utf-8")
    settings = Settings.from_environment()
    ingest([folder / "news.jsonl"], settings, settings.store_url)
    with open_store(settings.store_url) as store:
        yield store


def opened(app: AppTest, key: str) -> AppTest:
    """The page after a click on one of its popovers or expanders."""
    app.session_state[key] = True
    return app.run()


def said(app: AppTest) -> str:
    """Everything the page says in words."""
    parts = [element.value for kind in (app.markdown, app.caption, app.info, app.warning, app.error, app.text) for element in kind]
    parts += [element.proto.body for element in app.get("html")]
    return "\n".join(map(str, parts))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_an_empty_store_with_the_sample(page, name, language):
    app = page(name, lang=language, code="600519.SH")
    assert not app.exception
    assert not app.error


def test_the_sample_says_that_it_is_one_and_its_counts_reconcile(page):
    app = page("chart", code="300750.SZ")
    words = said(app)
    assert "样例数据" in words
    received, linked, unlinked, rejected = map(int, re.search(r"收录 (\d+) = 已关联 (\d+) \+ 未关联 (\d+) \+ 拒收 (\d+)", words).groups())
    assert received == linked + unlinked + rejected > 20
    mine, drawn, outside = map(int, re.search(r"本股 已关联 (\d+) = 图上 (\d+) \+ 窗口外 (\d+)", words).groups())
    assert mine == drawn + outside
    assert len(app.dataframe[0].value) == drawn


def test_a_link_without_a_security_chooses_one_and_puts_it_into_the_url(page):
    app = page("chart")
    assert re.fullmatch(r"\d{6}\.S[HZ]", parameter(app, "code"))


def test_filters_of_the_link_restrict_table_and_counts_alike(page):
    whole = page("chart", code="300750.SZ")
    part = page("chart", code="300750.SZ", role=["subject"])
    assert 0 < len(part.dataframe[0].value) < len(whole.dataframe[0].value)
    assert "被筛掉" in said(part)
    assert set(part.dataframe[0].value["角色"]) == {"主体"}


def test_event_tags_are_english_on_the_english_screen_and_stay_what_they_are_in_the_link(page):
    app = opened(page("chart", code="300750.SZ", lang="en", tag=["业绩"]), "filters")
    assert set(app.dataframe[0].value["Event tag"]) == {"Earnings"} and "Earnings" in said(app)
    choice = app.multiselect(key="w-tags")
    assert choice.value == ["业绩"] and "Earnings" in choice.options and not re.search(r"[\u4e00-\u9fff]", "".join(choice.options))
    assert set(page("chart", code="300750.SZ", tag=["业绩"]).dataframe[0].value["事件标签"]) == {"业绩"}


def test_a_search_that_fits_nothing_says_so_with_a_way_out(page):
    app = page("chart", code="300750.SZ", q="绝不会有的词组")
    assert not app.exception and "没有符合条件的文章" in said(app)
    assert not app.dataframe


def test_an_empty_chart_says_where_the_articles_are_and_leads_there(page):
    app = page("chart", code="300750.SZ", q="绝不会有的词组")
    assert "筛选挡住了" in said(app) and not [button for button in app.button if button.key == "nothing-all"]
    app.button(key="nothing-clear").click().run()
    assert parameter(app, "q") is None
    away = page("chart", code="300750.SZ", from_="2021-11-02", to="2021-11-03")
    assert re.search(r"这段日期之外有 \d+ 篇", said(away)) and not [button for button in away.button if button.key == "nothing-clear"]
    away.button(key="nothing-all").click().run()
    assert parameter(away, "range") == "all" and parameter(away, "from") is None
    assert len(page("chart", code="300750.SZ", range="all").dataframe[0].value)


def test_a_broken_search_is_explained(page):
    app = page("news", q='"没有结束')
    assert not app.exception


def test_a_link_that_makes_no_sense_is_said_to(page):
    app = page("chart", code="600519.SH", period="<svg onload=alert(1)>", from_="gestern")
    assert any("period" in warning.value and "from" in warning.value for warning in app.warning)


def test_an_article_that_is_gone_is_said_to_be(page):
    app = page("chart", code="600519.SH", art="em:nosuch")
    assert not app.exception and "不在库里" in said(app)


def test_a_security_nobody_knows_still_has_a_page(page):
    app = page("chart", code="ZZZZ.US")
    assert not app.exception and "ZZZZ.US" in said(app) and "还没有行情" in said(app)


def test_all_dates_are_those_of_every_article_where_there_is_no_price(page, own_home, tmp_path, monkeypatch):
    """The oldest stands on its session, and so does the newest, which a holiday of eight days keeps from its own."""
    rows = [("a", "2019-03-04 10:00:00"), ("b", "2020-06-01 10:00:00"), ("c", "2021-09-30 16:00:00")]
    lines = [{"id": id, "title": "豪威集团公告", "text": f"豪威集团（603501）公告{id}。", "published_at": time, "source": "甲"} for id, time in rows]
    (tmp_path / "news.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    settings = Settings.from_environment()
    ingest([tmp_path / "news.jsonl"], settings, settings.store_url)
    app = page("chart", code="603501.SH", range="all")
    assert not app.exception and "图上 3 + 窗口外 0" in said(app)
    assert app.dataframe[0].value["交易日"].tolist() == ["2021-10-08", "2020-06-01", "2019-03-04"]


def test_offline_is_said(page):
    assert "离线模式" in said(page("chart", code="600519.SH"))


def test_a_store_that_cannot_be_opened_is_explained(page, monkeypatch, tmp_path):
    (tmp_path / "store.db").write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("NEWSLINK_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    app = page("chart")
    assert not app.exception
    assert app.error[0].value == "数据库打不开"


def test_the_search_box_takes_pinyin_and_refuses_nonsense(page):
    app = page("chart", code="300750.SZ")
    app.text_input(key="w-search").set_value("gzmt").run()
    assert parameter(app, "code") == "600519.SH"
    app.text_input(key="w-search").set_value("没有这家公司xyz").run()
    assert any("没有找到" in warning.value for warning in app.warning) and parameter(app, "code") == "600519.SH"


def test_a_shorter_range_shows_fewer_events(page):
    whole, part = page("chart", code="300750.SZ"), page("chart", code="300750.SZ", range="3m")
    assert 0 < len(part.dataframe[0].value) < len(whole.dataframe[0].value)


def test_the_toggle_for_green_up_goes_to_the_url_and_back(page):
    app = opened(page("chart", code="300750.SZ"), "display")
    app.toggle(key="w-green_up").set_value(True).run()
    assert parameter(app, "greenup") == "1"
    app.toggle(key="w-green_up").set_value(False).run()
    assert parameter(app, "greenup") is None


def test_news_are_searched_and_read(page):
    app = page("news", q="麒麟电池")
    assert len(app.dataframe[0].value) == 1
    assert '<mark class="nl-mine"' in said(app) and "麒麟电池" in said(app)


def test_a_study_is_run_and_says_what_it_does_not_say(page):
    app = page("study", code="300750.SZ")
    next(button for button in app.button if button.label == "开始研究").click().run()
    assert not app.exception
    assert "检验了" in said(app) or "做不了" in said(app)


def test_watching_and_saving_a_view_are_kept_for_the_next_visit(page, own_home):
    app = opened(page("chart", code="300750.SZ", ind="macd"), "shelf")
    app.button(key="w-watch").click().run()
    app.text_input(key="w-view-name").set_value("电池").run()
    next(button for button in app.button if button.label == "保存当前视图").click().run()
    assert not app.exception
    other = opened(page("chart", code="600519.SH"), "shelf")
    assert any(button.label == "电池" for button in other.button)
    next(button for button in other.button if button.label == "电池").click().run()
    assert parameter(other, "code") == "300750.SZ" and parameter(other, "ind") == "macd"


def test_the_chart_is_drawn_before_any_list(page):
    """What comes first in the page is painted first."""
    kinds = _kinds(page("chart", code="300750.SZ").main)
    assert kinds.index("bidi_component") < kinds.index("dataframe")


def _kinds(block) -> list[str]:
    out = []
    for child in block.children.values():
        kind = getattr(child, "type", "")
        out.append("bidi_component" if "bidi" in kind else kind)
        if hasattr(child, "children"):
            out += _kinds(child)
    return out


def test_the_dashboard_starts_without_akshare():
    import subprocess
    import sys

    code = "import sys, newslink.ui.shell, newslink.ui.chart_page; print('akshare' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert out.stdout.strip() == "False"
