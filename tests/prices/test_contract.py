"""What every provider must do, whoever it is; and genuine replies of the services, byte for byte, through the loopback."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from newslink.frames import BAR_COLUMNS, check_bars
from newslink.prices import FakeProvider, PriceProvider, SampleProvider, sample_bars
from newslink.prices.akshare import AKSHARE
from newslink.prices.base import Outcome, ProviderFailure
from newslink.prices.check import check_reply
from newslink.prices.files import FileProvider
from tests.loopback.truth import SHARED
from tests.loopback.world import Fault

SECURITY, START, END = "600519.SH", date(2022, 3, 1), date(2022, 6, 10)
NAMES = [*AKSHARE, "fake", "files", "sample"]


@pytest.fixture
def everyone(providers, tmp_path):
    truth = sample_bars()[SECURITY]
    truth.rename(columns={"session": "date"}).to_csv(tmp_path / f"{SECURITY}.csv", index=False)
    return providers | {"fake": FakeProvider(truth=sample_bars()), "files": FileProvider(tmp_path), "sample": SampleProvider()}


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_gives_the_contracts_frame_cut_to_the_window(everyone, name) -> None:
    provider = everyone[name]
    assert isinstance(provider, PriceProvider)
    assert provider.name == name and provider.serves(SECURITY)
    bars = provider.daily(SECURITY, START, END, 20)
    pd.testing.assert_frame_equal(check_bars(bars), bars)
    assert tuple(bars.columns) == BAR_COLUMNS
    assert bars["session"].iloc[0].date() >= START and bars["session"].iloc[-1].date() <= END
    assert str(bars["session"].dtype) == "datetime64[s]" and str(bars["fetched_at"].dtype) == "datetime64[s, UTC]"
    assert list(bars.index) == list(range(len(bars)))
    truth = sample_bars()[SECURITY]
    truth = truth[truth["session"].between(pd.Timestamp(START), pd.Timestamp(END))]
    np.testing.assert_array_equal(bars["close"], truth["close"])
    np.testing.assert_allclose(bars["prev_close"], truth["prev_close"], atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_fails_in_one_way_only(everyone, name) -> None:
    provider = everyone[name]
    for security, outcome in ((SECURITY, Outcome.EMPTY), ("600998.SH", Outcome.UNKNOWN)):
        with pytest.raises(ProviderFailure) as failure:
            provider.daily(security, date(2022, 6, 11), date(2022, 6, 12), 20)
        assert failure.value.outcome is outcome
        assert failure.value.provider == name


def recorded(name: str) -> str:
    path = SHARED / "recorded" / name
    if not path.exists():
        pytest.skip("../shared/recorded is not here")
    return path.read_text(encoding="utf-8")


def test_a_genuine_eastmoney_reply_of_a_share(world, providers) -> None:
    text = recorded("em_kline_601872_10bars_real.json")
    world.faults.append(Fault("mutate", host="push2his.eastmoney.com", change=lambda _: text))
    bars = providers["eastmoney"].daily("601872.SH", date(2024, 12, 18), date(2024, 12, 31), 20)
    assert len(bars) == 10
    assert bars["volume"].iloc[0] == 84_274_300 and bars["amount"].iloc[0] == 542_829_495
    assert bars["prev_close"].iloc[0] == 6.08, "the close before the first bar comes with the reply"
    changes = [float(line.split(",")[9]) for line in json.loads(text)["data"]["klines"]]
    np.testing.assert_allclose(bars["close"] - bars["prev_close"], changes, atol=1e-9)


def test_a_genuine_adjusted_reply_in_the_place_of_a_raw_one_is_refused(world, providers) -> None:
    """The recorded reply was asked for with fqt=1: its amounts over its volumes lie above its highs by the dividends since."""
    text = recorded("em_kline_601872_10bars_real.json")
    world.faults.append(Fault("mutate", host="push2his.eastmoney.com", change=lambda _: text))
    bars = providers["eastmoney"].daily("601872.SH", date(2024, 12, 18), date(2024, 12, 31), 20)
    with pytest.raises(ProviderFailure, match="amount / volume") as failure:
        check_reply(bars, "601872.SH", date(2024, 12, 18), date(2024, 12, 31), "eastmoney")
    assert failure.value.outcome is Outcome.SCHEMA


def test_a_genuine_eastmoney_reply_of_an_index(world, providers) -> None:
    text = recorded("em_kline_000300_8fields_real.json")
    world.faults.append(Fault("mutate", host="push2his.eastmoney.com", change=lambda _: text))
    bars = providers["eastmoney"].daily("000300.SH", date(2026, 9, 28), date(2026, 9, 30), 20)
    assert bars["close"].tolist() == [4340.76, 4345.21, 4357.62]
    assert bars["prev_close"].tolist() == [4439.14, 4340.76, 4345.21]
    assert bars["volume"].iloc[0] == 17_127_737_300


def test_a_genuine_eastmoney_reply_about_a_code_it_does_not_know(world, providers) -> None:
    text = recorded("em_kline_unknown_rc100_real.json")
    world.faults.append(Fault("mutate", host="*push2his.eastmoney.com", change=lambda _: text))
    for security in ("600519.SH", "00700.HK", "NIO.US", "510300.SH", "000300.SH"):
        with pytest.raises(ProviderFailure) as failure:
            providers["eastmoney"].daily(security, START, END, 20)
        assert failure.value.outcome is Outcome.UNKNOWN, security


def test_a_genuine_tencent_reply_of_an_index_agrees_with_eastmoneys(world, providers) -> None:
    text = recorded("tencent_fqkline_sh000300_real.json")
    world.faults.append(Fault("mutate", host="proxy.finance.qq.com", change=lambda _: f"kline_dayqfq={text}"))
    bars = providers["tencent"].daily("000300.SH", date(2026, 9, 28), date(2026, 9, 30), 20)
    assert bars["close"].tolist() == [4340.76, 4345.21, 4357.62]
    assert bars["volume"].iloc[0] == 17_127_737_300


def test_a_genuine_us_reply_keeps_the_issue_price_before_the_first_bar(world, providers) -> None:
    text = recorded("em_kline_APP_weekly_jsonp_real.txt")
    plain = text[text.index("(") + 1 : text.rindex(")")]
    world.faults.append(Fault("mutate", host="63.push2his.eastmoney.com", change=lambda _: plain))
    bars = providers["eastmoney"].daily("APP.US", date(2021, 4, 1), date(2021, 5, 31), 20)
    assert bars["prev_close"].iloc[0] == 80.0
    assert bars["close"].tolist() == [61.0, 58.5, 58.01, 57.26, 57.26, 68.35]
    assert bars["volume"].iloc[0] == 15_643_711
