"""Names, corrections, bars, states, inbox and attempts come back as they went in."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from newslink.errors import FrameError, StoreError
from newslink.frames import check_bars, empty_bars
from newslink.model import Kind, Name, NameKind, Security
from newslink.store import Attempted, Store
from newslink.store.barcodec import columns_of, pack_bars, unpack_bars
from tests.store.make import NOW


def bars(start: str, days: int, seed: int = 1, **columns) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    close = np.round(10 + np.cumsum(draw.normal(0, 0.1, days)) ** 2, 2)
    frame = pd.DataFrame(
        {
            "session": pd.bdate_range(start, periods=days).astype("datetime64[s]"), "open": close, "high": close + 0.1, "low": close - 0.1,
            "close": close, "prev_close": close, "volume": draw.integers(0, 10**10, days).astype(float), "amount": draw.random(days) * 1e9,
            "provider": pd.array(["east"] * days, dtype="str"), "fetched_at": pd.Timestamp("2024-06-01 08:00", tz="UTC"), "provisional": False,
        }
    )  # fmt: skip
    return check_bars(frame.assign(**columns))


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), check_dtype=False, check_exact=True)


# --- bars ---
def test_bars_come_back_bit_for_bit(store: Store) -> None:
    odd = bars("2015-06-01", 2000)
    odd.loc[0, ["prev_close", "amount"]] = np.nan
    odd.loc[5, "volume"] = np.nan
    odd["close"] = odd["close"] * 1.0000001  # no multiple of any tick
    odd["high"] = odd["high"] + 1
    store.write_bars("600519.SH", odd)
    back = store.read_bars("600519.SH")
    same(back, odd)
    assert {n: str(t) for n, t in back.dtypes.items()} == {n: str(t) for n, t in empty_bars().dtypes.items()}


def test_bars_are_read_by_inclusive_dates(store: Store) -> None:
    every = bars("2019-12-02", 700)
    store.write_bars("600519.SH", every)
    for start, end in [
        (date(2020, 1, 2), date(2020, 1, 2)),
        (date(2019, 12, 31), date(2021, 3, 1)),
        (None, date(2020, 5, 5)),
        (date(2022, 1, 1), None),
    ]:
        inside = (every["session"] >= pd.Timestamp(start or date.min)) & (every["session"] <= pd.Timestamp(end or date.max))
        same(store.read_bars("600519.SH", start, end), every[inside])
    assert len(store.read_bars("600519.SH", date(2030, 1, 1))) == 0
    assert len(store.read_bars("000001.SZ")) == 0


def test_writing_bars_is_an_upsert_by_session(store: Store) -> None:
    store.write_bars("600519.SH", bars("2023-11-01", 100))
    later = bars("2023-12-01", 100, seed=2, provider="tencent", provisional=True)
    store.write_bars("600519.SH", later)
    back = store.read_bars("600519.SH")
    same(back[back["session"] >= "2023-12-01"], later)
    assert (back.loc[back["session"] < "2023-12-01", "provider"] == "east").all()
    fresh = store.bar_freshness().iloc[0]
    assert (fresh["security"], fresh["rows"], fresh["last_session"]) == ("600519.SH", len(back), later["session"].iloc[-1])


def test_bars_of_many_securities_are_those_of_each(store: Store) -> None:
    store.write_many_bars({f"{n:06d}.SZ": bars("2022-01-03", 300 + n, seed=n) for n in range(5)})
    many = store.bars_of([f"{n:06d}.SZ" for n in range(7)], date(2022, 6, 1), date(2023, 2, 1))
    assert list(many) == [f"{n:06d}.SZ" for n in range(5)]
    for security, frame in many.items():
        same(frame, store.read_bars(security, date(2022, 6, 1), date(2023, 2, 1)))
        assert list(frame.index) == list(range(len(frame)))


def test_wrong_bars_are_refused_whole(store: Store) -> None:
    good = bars("2024-01-01", 10)
    with pytest.raises(FrameError, match="high"):
        store.write_many_bars({"600519.SH": good, "000001.SZ": good.assign(high=0.5)})
    assert len(store.read_bars("600519.SH")) == 0


def test_damaged_blocks_are_an_error_in_words() -> None:
    block = pack_bars(columns_of(bars("2024-01-01", 50)))
    for damaged in (b"", block[:40], block[:-10], b"y" + block[1:], block[::-1]):
        with pytest.raises(StoreError, match="cannot be read"):
            unpack_bars(damaged)


def test_coverage_keeps_the_fresher_knowledge(store: Store) -> None:
    store.write_coverage("600519.SH", date(2024, 1, 1), date(2024, 1, 31), NOW)
    store.write_coverage("600519.SH", date(2024, 3, 1), date(2024, 3, 31), NOW)
    store.write_coverage("600519.SH", date(2024, 1, 10), date(2024, 1, 20), NOW)
    store.write_coverage("600519.SH", date(2024, 2, 1), date(2024, 4, 30), NOW + timedelta(days=1))
    stretches = store.coverage("600519.SH")
    assert (date(2024, 2, 1), date(2024, 4, 30), NOW + timedelta(days=1)) in stretches
    assert not any(s.start == date(2024, 3, 1) for s in stretches)
    covered = {s.start + timedelta(days=n) for s in stretches for n in range((s.end - s.start).days + 1)}
    assert covered == {date(2024, 1, 1) + timedelta(days=n) for n in range(121)}
    assert store.coverage("000001.SZ") == []
    with pytest.raises(StoreError, match="start"):
        store.write_coverage("600519.SH", date(2024, 2, 1), date(2024, 1, 1), NOW)


# --- names ---
def test_securities_and_names_come_back_and_are_replaced(store: Store) -> None:
    fund = Security("510300.SH", "300ETF", Kind.FUND, "510300.SH", date(2012, 5, 28), None)
    store.put_securities([fund, Security("000001.SZ", "平安银行")])
    assert store.securities() == [Security("000001.SZ", "平安银行"), fund]
    names = [Name("000001.SZ", "深发展A", NameKind.FORMER, date(1991, 4, 3), date(2012, 8, 1), "list"), Name("000001.SZ", "平安银行")]
    assert store.put_names(names) == 2
    version = store.names_version()
    assert store.put_names(names) == 0 and store.names_version() == version
    closed = Name("000001.SZ", "平安银行", valid_to=date(2030, 1, 1), source="x")
    assert store.put_names([closed]) == 1 and store.names_version() != version
    assert sorted(store.names(), key=repr) == sorted([names[0], closed], key=repr)
    assert store.drop_names([closed]) == 1 and store.names() == [names[0]]


def test_half_a_million_names_take_seconds(store: Store) -> None:
    names = [
        Name(f"{n % 6000:06d}.SZ", f"名{n}", valid_from=date(2000, 1, 1))
        for n in range(500_000 if store.database.backend.name == "sqlite" else 20_000)
    ]
    began = time.process_time()
    store.put_names(names)
    assert len(store.names()) == len(names)
    assert time.process_time() - began < 120  # not a speed test: a guard against a statement per name


def test_corrections_keep_who_and_when_and_what_was_taken_back(store: Store) -> None:
    version = store.names_version()
    first = store.put_correction("not_this_link", article="a", security="600519.SH", who="李", when=NOW, note="同名")
    second = store.put_correction("word_means", surface="中信", security="600030.SH", valid_from=date(2020, 1, 1), id="given")
    assert second == "given" and store.put_correction("mute_word", surface="别的", id="given") == "given"
    one, other = store.corrections()
    found = (one.kind, one.article, one.security, one.surface, one.who, one.when, one.note, one.id)
    assert found == ("not_this_link", "a", "600519.SH", None, "李", NOW, "同名", first)
    assert (other.kind, other.surface, other.valid_from, other.valid_to, other.article) == (
        "word_means",
        "中信",
        date(2020, 1, 1),
        None,
        None,
    )
    assert store.retract_correction(first, NOW) and not store.retract_correction(first)
    assert [c.id for c in store.corrections()] == ["given"]
    assert store.corrections(retracted=True)[0].retracted_at == NOW
    assert store.names_version() != version


# --- small things ---
def test_states_are_kept_by_name(store: Store) -> None:
    store.set_state("views/一", {"a": [1, None, "二"]})
    store.set_state("views/二", False)
    store.set_state("watchlist", ["600519.SH"])
    assert store.state("views/一") == {"a": [1, None, "二"]}
    assert store.state("none", 5) == 5
    assert store.states("views/") == {"views/一": {"a": [1, None, "二"]}, "views/二": False}
    store.set_state("views/一", None)
    assert store.state("views/一") is None
    with pytest.raises(StoreError, match="JSON"):
        store.set_state("bad", {1, 2})


def test_the_inbox_takes_each_key_once(store: Store) -> None:
    assert store.add_to_inbox("k1", {"n": 1}, NOW)
    assert not store.add_to_inbox("k1", {"n": 2})
    assert store.append_inbox([("k2", {"n": 2}), ("k2", {"n": 3}), ("k3", {"n": 4})]) == 2
    assert store.in_inbox("k2") and not store.in_inbox("k4")
    assert store.inbox() == [{"n": 4}, {"n": 2}, {"n": 1}]
    assert store.inbox(1) == [{"n": 4}]
    oldest = store.inbox_items()[-1]
    assert (oldest.key, oldest.at, oldest.read) == ("k1", NOW, False)
    assert store.mark_inbox_read(oldest.number) == 1
    assert [item.key for item in store.inbox_items(unread=True)] == ["k3", "k2"]


def test_attempts_are_logged_newest_first_and_forgotten_in_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newslink.store.small.ATTEMPTS_KEPT", 30)
    store.log_attempts([Attempted(datetime(2024, 1, 1, 0, 0, n, tzinfo=UTC), "east", "600519.SH", "ok", 0.5, str(n)) for n in range(40)])
    frame = store.attempts(limit=100)
    assert list(frame["detail"]) == [str(n) for n in range(39, 9, -1)]
    assert len(store.attempts(datetime(2024, 1, 1, 0, 0, 35, tzinfo=UTC))) == 5
