"""Articles and bars in a store → a study: events from a filtered set, counts that reconcile, one calendar at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from newslink.cli import main
from newslink.errors import StudyError
from newslink.link import bundled
from newslink.model import Article, Entry, Filter, Link, Mention, Origin, Precision, Role, market_of
from newslink.pipeline.study import study_of
from newslink.sessions import SessionClock
from newslink.store import Membership, open_store
from newslink.study import StudySpec
from newslink.study.words import verdict
from tests.study.test_panel import bars

CLOCK = SessionClock()
START, END = date(2023, 1, 3), date(2024, 6, 28)
STOCKS = ("600519.SH", "000001.SZ", "300750.SZ", "00700.HK")
INDICES = {"000300.SH": "SH", "HSI.HK": "HK"}


def days(market: str) -> np.ndarray:
    return CLOCK.sessions(market, START, END)


def article(number: int, security: str, published: datetime, title: str, tags: tuple[str, ...] = (), precision=Precision.SECOND) -> Entry:
    made = Article(
        id=f"t:{number}", published=published, precision=precision, title=title, body=f"{title} {number}", source="wire",
        origins=(Origin(f"file{number}", f"{number:064x}", "jsonl"),),
    )  # fmt: skip
    link = Link(security, Role.SUBJECT, 0.95, 0.9, (Mention("title", 0, 2, title[:2], "code"),))
    return Entry(made, (link,), (CLOCK.standing(market_of(security), published, precision),), tags)


@pytest.fixture
def store(tmp_path):
    """Forty sessions apart, ten events a stock; two articles of one session; one stock halted; one without a price."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(url) as opened:
        market = {}
        for name, m in INDICES.items():
            market[name] = np.random.default_rng(len(market)).standard_normal(len(days(m))) * 0.01
            opened.write_bars(name, _checked(bars(days(m), market[name], 3000)))
        entries, number = [], 0
        for at, security in enumerate(STOCKS):
            m = market_of(security)
            index = market["HSI.HK" if m == "HK" else "000300.SH"]
            change = index + np.random.default_rng(50 + at).standard_normal(len(index)) * 0.01
            rows = np.arange(150, 330, 25)
            change[rows] += 0.04
            traded = np.ones(len(change), bool)
            if security == "300750.SZ":
                traded[198:203] = False  # halted over its event at 200
            opened.write_bars(security, _checked(bars(days(m)[traded], change[traded])))
            for row in rows:
                evening = datetime.combine(days(m)[row - 1].item(), datetime.min.time(), UTC) + timedelta(hours=12)
                number += 1
                entries.append(article(number, security, evening, "业绩 预告", ("业绩",) if row % 2 else ("减持",)))
                if row == 150:
                    number += 1
                    entries.append(article(number, security, evening + timedelta(minutes=5), "又一 报道", ("业绩",)))
        entries.append(article(900, "600036.SH", datetime(2024, 1, 10, 12, tzinfo=UTC), "没有 行情"))
        opened.put(entries, ())
    return url


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(fetched_at=pd.Timestamp("2024-07-01", tz="UTC"))


def test_articles_of_one_session_are_one_event_and_every_event_is_accounted_for(store) -> None:
    with open_store(store) as opened:
        found = study_of(opened, Filter(securities=("600519.SH", "000001.SZ", "300750.SZ")), StudySpec(), clock=CLOCK)
    assert found.rows == 27 and len(found.events) == 24 and found.timeless == 0
    assert found.benchmark == "000300.SH" and found.calendar == "XSHG"
    assert len(found.result.kept) + (found.result.reason != "").sum() == 24
    assert found.result.reason[found.result.reason != ""].tolist() == ["suspended_on_event"]
    assert found.events["n_articles"].max() == 2
    tests = found.result.spans["all"]
    assert tests["n"][0] == 23 and abs(tests["mean"][0] - 0.04) < 0.01 and tests["p_kp"][0] < 1e-4


def test_another_calendar_and_a_stock_without_prices_are_left_out_by_name(store) -> None:
    with open_store(store) as opened:
        found = study_of(opened, Filter(start=date(2023, 1, 1), end=date(2024, 12, 31)), StudySpec(max_loss=0.5), clock=CLOCK)
        alone = study_of(opened, Filter(securities=("00700.HK",)), StudySpec(), clock=CLOCK)
    names, counts = np.unique(found.result.reason[found.result.reason != ""].astype(str), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {"no_bar": 1, "other_calendar": 8, "suspended_on_event": 1}
    assert alone.benchmark == "HSI.HK" and alone.calendar == "XHKG" and len(alone.result.kept) == 8


def test_keyword_tag_source_and_days_each_choose_their_events(store) -> None:
    with open_store(store) as opened:

        def kept(**wanted) -> int:
            found = study_of(opened, Filter(securities=STOCKS[:2], **wanted), StudySpec(), clock=CLOCK, strict=False)
            assert len(found.result.reason) == len(found.events)
            return len(found.result.kept)

        # Eight events each, at rows 150, 175, … 325; those of odd rows are tagged 业绩, and one more article of row 150.
        assert kept() == 16
        assert kept(tags=("业绩",)) == 10 and kept(tags=("减持",)) == 8
        assert kept(keyword="又一") == 2 and kept(keyword="业绩") == 16 and kept(sources=("wire",)) == 16
        assert kept(start=days("SH")[200].item(), end=days("SH")[250].item()) == 6


def test_copies_that_came_days_later_are_no_events_of_their_own(store) -> None:
    with open_store(store) as opened:
        before = len(study_of(opened, Filter(securities=STOCKS[:1]), StudySpec(), clock=CLOCK).events)
        copies = []
        for later in range(2, 7):
            evening = datetime.combine(days("SH")[149 + later].item(), datetime.min.time(), UTC) + timedelta(hours=12)
            copies.append(article(950 + later, "600519.SH", evening, "业绩 预告"))
        opened.put(copies, ())
        assert len(study_of(opened, Filter(securities=STOCKS[:1]), StudySpec(), clock=CLOCK).events) == before + 5
        opened.put_memberships([Membership("t:1", "t:1"), *(Membership(copy.article.id, "t:1") for copy in copies)])
        assert len(study_of(opened, Filter(securities=STOCKS[:1]), StudySpec(), clock=CLOCK).events) == before


def test_news_while_trading_and_news_without_a_time_are_flagged_said_and_left_out_where_the_spec_wants(store) -> None:
    with open_store(store) as opened:
        morning = datetime.combine(days("SH")[260].item(), datetime.min.time(), UTC) + timedelta(hours=2, minutes=30)
        midnight = datetime.combine(days("SH")[280].item(), datetime.min.time(), UTC) - timedelta(hours=8)
        opened.put([article(960, "600519.SH", morning, "盘中"), article(961, "600519.SH", midnight, "某日", precision=Precision.DAY)], ())
        kept = study_of(opened, Filter(securities=STOCKS[:1]), StudySpec(), clock=CLOCK).result
        dropped = study_of(opened, Filter(securities=STOCKS[:1]), StudySpec(intraday="drop", date_only="drop"), clock=CLOCK).result
    assert (kept.notes["intraday"].sum(), kept.notes["date_only"].sum(), len(kept.kept)) == (1, 1, 10)
    assert kept.notes["overlaps_previous"].sum() >= 1
    limits = " ".join(verdict(kept, "all").limits)
    assert "1 个事件盘中发布" in limits and "1 个事件只有日期" in limits
    assert sorted(dropped.reason[dropped.reason != ""].astype(str)) == ["date_only", "intraday"]


def test_groups_by_tag_and_security(store) -> None:
    with open_store(store) as opened:
        by_tag = study_of(opened, Filter(securities=STOCKS[:3]), StudySpec(), clock=CLOCK, group_by="tag").result
        by_security = study_of(opened, Filter(securities=STOCKS[:3]), StudySpec(), clock=CLOCK, group_by="security").result
    assert set(by_tag.spans) == {"业绩", "减持"} and set(by_security.spans) == set(STOCKS[:3])


def test_nothing_found_is_said(store) -> None:
    with open_store(store) as opened, pytest.raises(StudyError, match="no event"):
        study_of(opened, Filter(securities=("601318.SH",)), StudySpec(), clock=CLOCK)


def test_the_command_studies_the_store(store, tmp_path, capsys) -> None:
    watch = tmp_path / "watch.txt"
    watch.write_text("600519  # comment\n\n000001.SZ\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["study", "--store", store, "--watchlist", str(watch), "--output", str(out)]) == 0
    captured = capsys.readouterr()
    assert "16 events = 16 studied + 0 left out" in captured.err and "很难用偶然解释" in captured.out
    assert len(pd.read_csv(out / "car.csv")) == 16 * 5
    assert bundled()  # the names a watchlist may use
