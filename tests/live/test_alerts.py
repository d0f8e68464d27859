"""Rules over a real store: each kind raises what it should, once, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from newslink.articles.source import item_of
from newslink.cli import main
from newslink.errors import QueryError
from newslink.pipeline.alert_words import worded
from newslink.pipeline.alerts import Alert, Rule, alert_of, evaluate, put_rule, read_rules, remove_rule, rule_of
from newslink.pipeline.ingest import ingest_items
from newslink.pipeline.linking import universe_of
from newslink.pipeline.prepare import Prepare
from newslink.sessions import SessionClock
from newslink.settings import Settings
from newslink.store import Store, open_store

NOW = datetime(2022, 6, 24, 10, 0, tzinfo=UTC)  # a Friday evening in Beijing
BEFORE = "2022-06-20T00:00:00+00:00"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", f"sqlite:///{tmp_path}/a.db")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings.store_url) as opened:
        yield opened


def put(store: Store, settings: Settings, *articles: tuple[str, str, str]) -> None:
    """(id, title, published) each."""
    rows = [{"id": id, "title": title, "text": f"{title}。", "published": published, "source": "示例"} for id, title, published in articles]
    ingest_items(store, Prepare.of(settings, store), [item_of(f"test#{row['id']}", row) for row in rows])


def raised(store: Store, rule: Rule, now: datetime = NOW) -> list[str]:
    put_rule(store, rule, now - timedelta(days=30))
    return said(store, evaluate(store, now))


def said(store: Store, alerts: list[Alert], language: str = "zh") -> list[str]:
    """The alerts as they are shown, after the store had them."""
    return [worded(alert, universe_of(store).name_on, language) for alert in alerts]


def test_a_watched_security_named_in_an_article_raises_one_alert_and_no_second(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)披露年报", "2022-06-24 17:00:00"), ("t:2", "宁德时代(300750)扩产", "2022-06-24 17:01:00"))
    assert raised(store, Rule("茅台", "watchlist", ("600519.SH",), since=BEFORE)) == ["贵州茅台：贵州茅台(600519)披露年报"]
    assert evaluate(store, NOW) == []
    put(store, settings, ("t:3", "贵州茅台(600519)提价", "2022-06-24 17:30:00"))
    assert [alert.article for alert in evaluate(store, NOW)] == ["t:3"]
    assert len(store.inbox()) == 2


def test_a_rule_without_securities_takes_the_watchlist_of_the_store(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)披露年报", "2022-06-24 17:00:00"))
    assert raised(store, Rule("自选", "watchlist", since=BEFORE)) == []
    store.set_state("watchlist", ["600519.SH"])
    assert len(evaluate(store, NOW)) == 1


def test_one_article_naming_two_watched_securities_raises_one_alert(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)与宁德时代(300750)合作", "2022-06-24 17:00:00"))
    words = raised(store, Rule("两家", "watchlist", ("600519.SH", "300750.SZ"), since=BEFORE))
    assert len(words) == 1
    assert "贵州茅台" in words[0]
    assert "宁德时代" in words[0]


def test_tags_and_keywords(store: Store, settings: Settings) -> None:
    put(
        store,
        settings,
        ("t:1", "贵州茅台(600519)：股东拟减持公司股份不超过1%", "2022-06-24 17:00:00"),
        ("t:2", "宁德时代(300750)发布麒麟电池", "2022-06-24 17:01:00"),
    )
    tagged = raised(store, Rule("减持", "tag", tags=("减持",), since=BEFORE))
    assert len(tagged) == 1
    assert "减持" in tagged[0]
    remove_rule(store, "减持")
    assert raised(store, Rule("电池", "keyword", keyword="麒麟电池", since=BEFORE)) == ["宁德时代(300750)发布麒麟电池"]


def test_articles_from_before_the_rule_or_long_ago_raise_nothing(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)旧闻", "2022-06-23 17:00:00"), ("t:2", "贵州茅台(600519)更旧", "2022-05-01 17:00:00"))
    assert raised(store, Rule("茅台", "watchlist", ("600519.SH",), since="2022-06-24T00:00:00+00:00")) == []
    put_rule(store, Rule("茅台", "watchlist", ("600519.SH",), since="2022-01-01T00:00:00+00:00"))
    assert [alert.article for alert in evaluate(store, NOW)] == ["t:1"]


def test_an_unusual_number_of_articles_is_held_against_the_sessions_before(store: Store, settings: Settings) -> None:
    sessions = [pd.Timestamp(day).date() for day in SessionClock().sessions("SH", date(2022, 3, 1), date(2022, 6, 24))]
    quiet = [(f"q:{n}", f"贵州茅台(600519)第{n}条", f"{day} 10:00:00") for n, day in enumerate(sessions[:-1]) if n % 4 == 0]
    loud = [(f"l:{n}", f"贵州茅台(600519)热闻第{n}条", f"{sessions[-1]} 10:{n:02d}:00") for n in range(6)]
    put(store, settings, *quiet)
    rule = Rule("异常", "unusual", ("600519.SH",), since=BEFORE)
    assert raised(store, rule) == []
    put(store, settings, *loud)
    (alert,) = evaluate(store, NOW)
    # worked out by hand: 60 sessions before with 15 articles are 0.25 a session; (6 - 0.25) / 1 = 5.75 standard scores
    assert (alert.count, alert.usual, alert.session, alert.words) == (6, 0.25, "2022-06-24", "")
    assert said(store, [alert]) == ["贵州茅台 2022-06-24：6 篇，平时 0.2 篇"]
    assert said(store, [alert], "en") == ["贵州茅台 2022-06-24: articles 6, usually 0.2"]


def bars(closes: list[float], days: list[date]) -> pd.DataFrame:
    close = np.array(closes)
    previous = np.concatenate(([close[0]], close[:-1]))
    return pd.DataFrame(
        {
            "session": pd.to_datetime(days).astype("datetime64[s]"),
            "open": previous,
            "high": np.maximum(close, previous),
            "low": np.minimum(close, previous),
            "close": close,
            "prev_close": previous,
            "volume": 1e6,
            "amount": close * 1e6,
            "provider": "test",
            "fetched_at": pd.Timestamp("2022-06-25", tz="UTC").as_unit("s"),
            "provisional": False,
        }
    )


def test_an_event_with_a_large_abnormal_return_raises_an_alert(store: Store, settings: Settings) -> None:
    days = [pd.Timestamp(day).date() for day in SessionClock().sessions("SH", date(2022, 6, 20), date(2022, 6, 24))]
    store.write_bars("600519.SH", bars([100, 100, 100, 100, 106], days))
    put(store, settings, ("t:1", "贵州茅台(600519)提价", "2022-06-24 08:00:00"), ("t:2", "贵州茅台(600519)平静", "2022-06-23 08:00:00"))
    put_rule(store, Rule("大涨", "move", ("600519.SH",), threshold=0.03, since=BEFORE))
    (alert,) = evaluate(store, NOW)
    assert alert.session == "2022-06-24"
    assert (alert.change, alert.excess) == (0.06, 0.048285)
    assert said(store, [alert]) == ["贵州茅台 2022-06-24：+6.00%（超额 +4.83%），贵州茅台(600519)提价"]
    assert said(store, [replace(alert, excess=None)]) == ["贵州茅台 2022-06-24：+6.00%，贵州茅台(600519)提价"], "no excess is claimed without a benchmark"
    put_rule(store, Rule("更大", "move", ("600519.SH",), threshold=0.10, since=BEFORE))
    assert evaluate(store, NOW) == []


def test_an_alert_is_worded_anew_by_what_the_store_holds_and_an_old_one_stands_as_it_is(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)与宁德时代(300750)合作", "2022-06-24 17:00:00"))
    raised(store, Rule("两家", "watchlist", ("600519.SH", "300750.SZ"), since=BEFORE))
    store.add_to_inbox("old", {"key": "old", "rule": "旧", "kind": "move", "at": NOW.isoformat(), "words": "贵州茅台 2022-06-23：+6.00%"}, NOW)
    odd = {"key": "odd", "rule": "x", "kind": "unusual", "at": NOW.isoformat(), "security": "600519.SH", "count": "many", "usual": None}
    store.add_to_inbox("odd", odd, NOW)
    kept = [alert_of(item.payload) for item in store.inbox_items()]
    assert said(store, kept, "en") == [
        "贵州茅台 : articles –, usually –", "贵州茅台 2022-06-23：+6.00%", "贵州茅台, 宁德时代: 贵州茅台(600519)与宁德时代(300750)合作",
    ]  # fmt: skip


def test_a_dry_run_appends_nothing_and_a_disabled_rule_says_nothing(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)披露年报", "2022-06-24 17:00:00"))
    put_rule(store, Rule("茅台", "watchlist", ("600519.SH",), since=BEFORE))
    assert len(evaluate(store, NOW, dry_run=True)) == 1
    assert store.inbox() == []
    put_rule(store, Rule("茅台", "watchlist", ("600519.SH",), since=BEFORE, enabled=False))
    assert evaluate(store, NOW) == []


def test_a_keyword_nobody_can_understand_silences_its_own_rule_only(store: Store, settings: Settings) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)披露年报", "2022-06-24 17:00:00"))
    put_rule(store, Rule("坏", "keyword", keyword='"(( OR', since=BEFORE))
    put_rule(store, Rule("好", "watchlist", ("600519.SH",), since=BEFORE))
    assert "好" in [alert.rule for alert in evaluate(store, NOW)]


@pytest.mark.parametrize(
    "entry",
    [
        {}, [], {"name": "x", "kind": "magic"}, {"name": "", "kind": "tag", "tags": ["减持"]}, {"name": "x", "kind": "tag"},
        {"name": "x", "kind": "keyword", "keyword": " "}, {"name": "x", "kind": "move", "threshold": -1},
        {"name": "x", "kind": "watchlist", "channels": ["sms"]},
        {"name": "x", "kind": "watchlist", "min_relevance": "high"},
    ],
)  # fmt: skip
def test_rules_that_cannot_work_are_refused_in_words(entry: object) -> None:
    with pytest.raises(QueryError):
        rule_of(entry)


def test_rules_are_kept_by_name_and_one_nobody_can_read_is_passed_over(store: Store) -> None:
    put_rule(store, Rule("甲", "tag", tags=("减持",)))
    put_rule(store, Rule("甲", "tag", tags=("回购",)))
    store.set_state("alerts/rules", [*store.state("alerts/rules"), {"name": "later version", "kind": "telepathy"}])
    assert [(rule.name, rule.tags) for rule in read_rules(store)] == [("甲", ("回购",))]
    assert remove_rule(store, "甲")
    assert not remove_rule(store, "甲")
    assert alert_of({"key": 1}) is None


def test_the_command_adds_lists_runs_and_removes(store: Store, settings: Settings, capsys: pytest.CaptureFixture) -> None:
    put(store, settings, ("t:1", "贵州茅台(600519)披露年报", f"{datetime.now():%Y-%m-%d %H:%M:%S}"))
    url = ["--store", settings.store_url]
    assert main(["alerts", *url, "add", "茅台", "--kind", "watchlist", "--securities", "600519.SH"]) == 0
    assert json.loads(capsys.readouterr().out)["securities"] == ["600519.SH"]
    assert main(["alerts", *url, "add", "x", "--kind", "tag"]) == 3
    assert main(["alerts", *url, "list"]) == 0
    assert main(["alerts", *url, "run", "--dry-run"]) == 0
    assert store.inbox() == []
    assert main(["alerts", *url, "inbox"]) == 0
    assert main(["alerts", *url, "remove", "茅台"]) == 0
    assert main(["alerts", *url, "remove", "茅台"]) == 2
