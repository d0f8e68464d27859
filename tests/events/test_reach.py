"""The same event stands on the same bar however narrow the question: halts of years at both ends of what is asked for."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from newslink.model import Filter
from newslink.pipeline.events import events_of
from newslink.pipeline.ingest import ingest
from newslink.python_api import Archive
from newslink.settings import Settings
from newslink.store import Store, open_store
from tests.chart.worlds import random_bars

HALTED = "600519.SH"
SHOWN = ["article", "session", "close", "prev_close", "return_0", "return_1", "return_5", "excess_0", "excess_5", "waited", "suspended", "no_bar", "provider"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    """贵州茅台 halted from 2016-06-01 to 2019-05-31, with an article before, in, and after the halt; the index never stops."""
    home = tmp_path_factory.mktemp("halt")
    days = ["2016-05-30", "2016-06-15", "2018-01-10", "2019-05-30", "2019-06-04"]
    for number, day in enumerate(days):
        text = f"---\ntitle: 贵州茅台第{number}号公告\ndate: {day} 08:00:00 +0800\n---\n贵州茅台（600519）第{number}号公告。{'事' * number}\n"
        _post(home / "posts", f"{day}-{number}.md", text)
    url = f"sqlite:///{home / 'n.db'}"
    ingest([home / "posts"], Settings(home, url, True), url)
    with open_store(url) as opened:
        bars = _stamped(random_bars(1500, start="2015-01-05"))
        opened.write_bars("000300.SH", bars)
        traded = (bars["session"] < "2016-06-01") | (bars["session"] > "2019-05-31")
        halted = bars[traded].reset_index(drop=True)
        opened.write_bars(HALTED, halted.assign(prev_close=halted["close"].shift(1).fillna(halted["open"])))
        yield opened


def _post(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def _stamped(bars: pd.DataFrame) -> pd.DataFrame:
    bars.loc[0, "prev_close"] = bars.loc[0, "open"]
    return bars.assign(provider="test", fetched_at=pd.Timestamp(datetime(2021, 1, 1), tz="UTC"), provisional=False)


def test_an_event_in_a_halt_of_years_stands_where_it_stands_however_narrow_the_question(store: Store) -> None:
    whole = events_of(store, Filter(securities=(HALTED,)))[SHOWN].set_index("article")
    assert len(whole) == 5 and not whole["no_bar"].any() and whole[["return_5", "excess_5"]].notna().all(axis=None)
    assert whole["suspended"].tolist() == [False, True, True, True, False]
    assert set(whole["session"].iloc[1:4].dt.date) == {date(2019, 6, 3)}
    for day in ("2016-05-30", "2016-06-15", "2018-01-10", "2019-05-30", "2019-06-04"):
        narrow = events_of(store, Filter(securities=(HALTED,), start=date.fromisoformat(day), end=date.fromisoformat(day)))
        assert len(narrow) == 1
        found = narrow[SHOWN].set_index("article")
        pd.testing.assert_frame_equal(found, whole.loc[found.index])


def test_pages_are_parts_of_the_whole(store: Store) -> None:
    archive = Archive(store)
    wanted = Filter(securities=(HALTED,))
    whole = archive.events_frame(wanted)
    parts = []
    for offset in range(0, 6, 2):
        part, total = archive.events_page(wanted, offset, 2)
        assert total == 5
        parts.append(part)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True)[SHOWN], whole[SHOWN])
    assert len(archive.events_page(wanted, 5, 2)[0]) == 0
