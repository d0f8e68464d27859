"""Bars from a folder; lists of securities from the exchanges; the log of attempts."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from newslink.frames import check_bars
from newslink.model import NameKind
from newslink.prices import sample_bars
from newslink.prices.base import Outcome, ProviderFailure
from newslink.prices.chain import Attempt
from newslink.prices.check import check_reply
from newslink.prices.child.guard import BURST, DISTANCE
from newslink.prices.files import FileProvider
from newslink.prices.health import health
from newslink.prices.lists import LISTS, ListRefresh, clean, parse_list
from tests.loopback import lists
from tests.loopback.truth import SHARED, baostock
from tests.loopback.world import Fault

START, END = date(2021, 11, 1), date(2022, 6, 30)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_folder_of_documented_columns_is_a_provider(tmp_path, suffix) -> None:
    truth = sample_bars()["600519.SH"]
    table = truth[["session", "open", "high", "low", "close", "prev_close", "volume", "amount"]].rename(columns={"session": "date"})
    path = tmp_path / f"600519.SH.{suffix}"
    table.iloc[::-1].to_csv(path, index=False, encoding="utf-8-sig") if suffix == "csv" else table.to_parquet(path)
    provider = FileProvider(tmp_path)
    assert provider.serves("600519.SH") and not provider.serves("600036.SH")
    bars = check_bars(provider.daily("600519.SH", START, END))
    for column in ("open", "close", "prev_close", "volume", "amount"):
        np.testing.assert_allclose(bars[column], truth[column])
    assert set(bars["provider"]) == {"files"}
    assert provider.daily("600519.SH", date(2022, 6, 29), date(2022, 6, 29))["session"].dt.day.tolist() == [29]


@pytest.mark.parametrize("security", ["600519.SH", "601318.SH", "300750.SZ"])
def test_a_raw_file_of_baostock_is_read_as_it_is_with_the_exchanges_reference(tmp_path, security) -> None:
    raw, path = baostock(security), SHARED / "prices" / f"{security}.baostock.raw.csv"
    if raw is None:
        pytest.skip("../shared/prices is not here")
    (tmp_path / f"{security}.csv").write_bytes(path.read_bytes())
    start, end = raw["session"].iloc[0].date(), raw["session"].iloc[-1].date()
    bars = check_reply(FileProvider(tmp_path).daily(security, start, end), security, start, end, "files")
    assert set(bars["provider"]) == {"files"} and bars["session"].tolist() == raw["session"].tolist()
    for column in ("open", "high", "low", "close", "prev_close", "volume", "amount"):
        np.testing.assert_array_equal(bars[column], raw[column])


def test_a_row_without_trading_is_a_suspended_day_of_a_share_and_a_bar_of_an_index(tmp_path) -> None:
    rows = "date,open,high,low,close,volume\n2022-01-04,1,1,1,1,5\n2022-01-05,1,1,1,1,0\n"
    for security, days in (("600001.SH", [4]), ("000300.SH", [4, 5]), ("NIO.US", [4])):
        (tmp_path / f"{security}.csv").write_text(rows)
        assert FileProvider(tmp_path).daily(security, START, END)["session"].dt.day.tolist() == days


def test_without_reference_prices_every_row_says_that_the_last_close_stands_in(tmp_path) -> None:
    (tmp_path / "X.US.csv").write_text("date,open,high,low,close,volume\n2022-01-03,1,1,1,1,5\n2022-01-04,2,2,2,2,5\n")
    bars = FileProvider(tmp_path).daily("X.US", START, END)
    assert set(bars["provider"]) == {"files+last_close"}
    assert bars["prev_close"].tolist()[1:] == [1.0]


@pytest.mark.parametrize(("text", "words"), [
    ("date,open\n2022-01-03,1\n", "no column 'high'"),
    ("date,open,high,low,close,volume\n03/01/2022,1,1,1,1,5\n", "row 2"),
    ("", "cannot be read"),
    ("\x00\x01", "X.US.csv"),
])  # fmt: skip
def test_a_file_that_is_no_bars_is_named(tmp_path, text, words) -> None:
    (tmp_path / "X.US.csv").write_text(text)
    with pytest.raises(ProviderFailure, match=words) as failure:
        FileProvider(tmp_path).daily("X.US", START, END)
    assert failure.value.outcome is Outcome.SCHEMA


def test_a_changed_file_is_read_again_and_no_path_leads_out_of_the_folder(tmp_path) -> None:
    path = tmp_path / "X.US.csv"
    path.write_text("date,open,high,low,close,volume\n2022-01-03,1,1,1,1,5\n")
    provider = FileProvider(tmp_path)
    assert provider.daily("X.US", START, END)["close"].tolist() == [1.0]
    path.write_text("date,open,high,low,close,volume\n2022-01-03,20,20,20,20,5\n")
    assert provider.daily("X.US", START, END)["close"].tolist() == [20.0]
    (tmp_path.parent / "secret.csv").write_text("x")
    assert not provider.serves("../secret")
    with pytest.raises(ProviderFailure) as failure:
        provider.daily("../secret", START, END)
    assert failure.value.outcome is Outcome.UNKNOWN


def refresh(world, providers, tmp_path, now=datetime(2026, 11, 20, tzinfo=UTC)) -> ListRefresh:
    return ListRefresh(providers["sina"].listing, tmp_path / "state" / "lists.json", lambda: now)


def test_every_list_of_the_exchanges_becomes_securities_and_dated_names(world, providers, tmp_path) -> None:
    results = {result.name: result for result in refresh(world, providers, tmp_path).run()}
    assert list(results) == list(LISTS)
    assert not [result for result in results.values() if result.failure]
    securities = {one.id: one for result in results.values() for one in result.securities}
    assert securities["600519.SH"].listed == date(2001, 8, 27)
    assert securities["688111.SH"].name == "金山办公"
    assert securities["000002.SZ"].name == "万科A", "full width and padding are typography"
    assert securities["000858.SZ"].name == "五粮液"
    assert securities["920799.BJ"].listed == date(2022, 3, 10)
    assert (securities["600087.SH"].delisted, securities["000024.SZ"].delisted) == (date(2014, 6, 5), date(2015, 12, 30))
    names = [name for result in results.values() for name in result.names]
    full = next(name for name in names if name.security == "600519.SH" and name.kind is NameKind.FULL)
    assert full.text == "贵州茅台酒股份有限公司"
    pingan = sorted(
        ((name.text, name.valid_from, name.valid_to) for name in names if name.security == "000001.SZ"), key=lambda row: row[2] or date.max
    )
    assert pingan == [
        ("S深发展A", None, date(2007, 6, 19)), ("深发展A", date(2007, 6, 20), date(2012, 8, 1)), ("平安银行", date(2012, 8, 2), None),
    ]  # fmt: skip
    members = results["industries"].industries
    assert [(one.code, one.since) for one in members if one.security == "600519.SH"] == [
        ("340301", date(2001, 8, 27)), ("340501", date(2021, 7, 30)),
    ]  # fmt: skip
    assert {one.security for one in members} == {"600519.SH", "600036.SH", "300750.SZ", "920799.BJ"}, "no B-share, nothing without a day"
    hk = {name.text for name in names if name.security == "00700.HK"}
    assert hk == {"腾讯控股", "TENCENT"}
    assert {name.text for name in names if name.security == "NIO.US"} == {"蔚来", "NIO Inc."}


def test_an_interrupted_refresh_goes_on_where_it_was(world, providers, tmp_path) -> None:
    first = refresh(world, providers, tmp_path).run()
    done = [next(first).name for _ in range(3)]
    first.close()  # killed while the third was being stored: it counts as not done
    left = refresh(world, providers, tmp_path).due()
    assert left == [name for name in LISTS if name not in done[:2]]
    world.seen.clear()
    assert [result.name for result in refresh(world, providers, tmp_path).run()] == left
    world.seen.clear()
    assert list(refresh(world, providers, tmp_path).run()) == [] and not world.seen
    tomorrow = refresh(world, providers, tmp_path, datetime(2026, 11, 21, tzinfo=UTC))
    assert tomorrow.due() == list(LISTS)


def test_a_list_that_cannot_be_had_is_reported_and_stays_due_while_others_go_on(world, providers, tmp_path) -> None:
    world.faults.append(Fault("html", host="www.szse.cn"))
    results = {result.name: result for result in refresh(world, providers, tmp_path).run()}
    assert results["szse"].failure.outcome is Outcome.BLOCKED
    assert results["bse"].failure is None and results["bse"].securities
    assert refresh(world, providers, tmp_path).due() == ["szse", "szse_delisted"]


def test_a_list_of_many_pages_comes_whole_and_its_pages_keep_their_distance(world, providers, monkeypatch) -> None:
    many = [(f"T{n:03d}", f"样本{n}", f"Sample {n} Inc.") for n in range(150)]
    monkeypatch.setattr(lists, "US", many)
    began = time.monotonic()
    result = parse_list("us", providers["sina"].listing("us"))
    assert [one.id for one in result.securities] == [f"{code}.US" for code, _, _ in many]
    pages = len(world.seen)
    assert pages >= 8
    assert time.monotonic() - began > (pages - BURST - 1) * DISTANCE


@pytest.mark.parametrize(("given", "expected"), [("万  科Ａ", "万科A"), (" *ST 样本", "*ST 样本"), ("TCL 科技", "TCL 科技"), (None, "")])
def test_short_names_are_cleaned_of_typography_only(given, expected) -> None:
    assert clean(given) == expected


def attempt(provider: str, outcome: Outcome, minute: int = 0) -> Attempt:
    return Attempt(provider, "600519.SH", outcome, "x", 0.5, datetime(2026, 1, 1, 0, minute, tzinfo=UTC))


def test_health_counts_failures_since_the_last_bars_and_leaves_unknown_codes_out() -> None:
    told = health([
        attempt("sina", Outcome.BLOCKED, 1), attempt("sina", Outcome.OK, 2), attempt("tencent", Outcome.TIMEOUT, 3),
        attempt("sina", Outcome.UNKNOWN, 4), attempt("tencent", Outcome.BLOCKED, 5),
    ])  # fmt: skip
    rows = {row.provider: row for row in told}
    assert (rows["sina"].failures, rows["tencent"].failures) == (0, 2)
    assert rows["sina"].last_ok == datetime(2026, 1, 1, 0, 2, tzinfo=UTC) and rows["tencent"].last_ok is None
    assert rows["tencent"].last.at - rows["sina"].last.at == timedelta(minutes=1)
    assert pd.notna(rows["sina"].attempts)
