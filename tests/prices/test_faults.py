"""Everything that goes wrong on the wire: the right class of failure, nothing wrong stored, the next provider asked, and words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from newslink.prices.base import WORDS, Outcome, ProviderFailure
from newslink.prices.cache import BarCache, MemoryArchive
from newslink.prices.chain import Chain
from newslink.prices.throttle import Throttle
from tests.loopback.world import Fault
from tests.prices.test_served_truth import truth_of

SECURITY, START, END = "600519.SH", date(2022, 6, 1), date(2022, 7, 20)
HOSTS = {"tencent": "proxy.finance.qq.com", "sina": "finance.sina.com.cn", "eastmoney": "push2his.eastmoney.com"}

ON_THE_WIRE = [
    (Fault("refuse_connect"), Outcome.TRANSPORT),
    (Fault("drop_at_tls"), Outcome.TRANSPORT),
    (Fault("bad_cert"), Outcome.TRANSPORT),
    (Fault("no_response"), Outcome.TRANSPORT),
    (Fault("mid_body"), Outcome.TRANSPORT),
    (Fault("reset"), Outcome.TRANSPORT),
    (Fault("status", status=429), Outcome.BLOCKED),
    (Fault("status", status=456), Outcome.BLOCKED),
    (Fault("status", status=500), Outcome.BLOCKED),
    (Fault("html"), Outcome.BLOCKED),
    (Fault("empty"), Outcome.BLOCKED),
    (Fault("truncated"), Outcome.SCHEMA),
    (Fault("encoding"), Outcome.SCHEMA),
    (Fault("utf16"), Outcome.SCHEMA),
    (Fault("announced"), Outcome.SCHEMA),
]


def named(fault: Fault) -> str:
    return f"{fault.kind}{fault.status if fault.kind == 'status' else ''}"


def fresh(fault: Fault, host: str, **more) -> Fault:
    return Fault(fault.kind, host=host, status=fault.status, change=fault.change, **more)


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize(("fault", "outcome"), ON_THE_WIRE, ids=[named(fault) for fault, _ in ON_THE_WIRE])
def test_a_fault_on_the_wire_is_classed_by_what_happened(world, providers, name, fault, outcome) -> None:
    world.faults.append(fresh(fault, HOSTS[name]))
    with pytest.raises(ProviderFailure) as failure:
        providers[name].daily(SECURITY, START, END, 20)
    assert failure.value.outcome is outcome, failure.value
    assert "http://" not in str(failure.value), "addresses of proxies may hold passwords"


def test_a_body_of_a_hundred_megabytes_is_cut_off_and_does_not_fill_the_memory(world, providers, running_worker) -> None:
    world.faults.append(Fault("huge", host=HOSTS["tencent"]))
    with pytest.raises(ProviderFailure) as failure:
        providers["tencent"].daily(SECURITY, START, END, 20)
    assert failure.value.outcome is Outcome.SCHEMA
    status = Path(f"/proc/{running_worker.pid}/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 600_000, f"{peak} kB"


def rows_changed(change):
    """A fault body: the K-lines of Eastmoney or Tencent, row by row, as lists of text."""

    def apply(text: str) -> str:
        head, brace, rest = text.partition("{")
        value = json.loads(brace + rest)
        if "klines" in (value.get("data") or {}):
            value["data"]["klines"] = [",".join(change(line.split(","))) for line in value["data"]["klines"]]
        else:
            for symbol in value["data"]:
                value["data"][symbol]["day"] = [change(row) for row in value["data"][symbol]["day"]]
        return head + json.dumps(value, ensure_ascii=False)

    return apply


# Both services write date, open, close, high, low, volume in the first six fields.
IN_THE_ROWS = {
    "a column less": lambda row: row[:-4],
    "high and low swapped": lambda row: [*row[:3], row[4], row[3], *row[5:]],
    "a negative price": lambda row: [row[0], f"-{row[1]}", *row[2:]],
    "no price": lambda row: [row[0], "-", *row[2:]],
    "a hundredfold volume": lambda row: [*row[:5], f"{float(row[5]) * 100:.0f}", *row[6:]],
    "the same day twice": lambda row: ["2022-06-15", *row[1:]],
    "a day that is no date": lambda row: ["soon", *row[1:]],
}


@pytest.mark.parametrize("name", ["tencent", "eastmoney"])
@pytest.mark.parametrize("what", IN_THE_ROWS)
def test_damaged_rows_are_never_stored_and_the_next_provider_is_asked(world, providers, name, what) -> None:
    world.faults.append(Fault("mutate", host=HOSTS[name], path="*kline/get", change=rows_changed(IN_THE_ROWS[what])))
    archive, reply = stored_through(world, [providers[name], providers["sina"]])
    assert reply.attempts[0].outcome is Outcome.SCHEMA, reply.attempts
    assert reply.attempts[1].outcome is Outcome.OK
    assert set(archive.read_bars(SECURITY)["provider"].str.partition("+")[0]) == {"sina"}


def stored_through(world, providers):
    """(archive, result) of one refresh of the window; what is stored is compared with the truth."""
    archive = MemoryArchive()
    truth = truth_of(world, SECURITY, START, END)
    sessions = truth["session"].to_numpy("datetime64[D]")
    chain = Chain(providers, Throttle({}), seconds=30, attempt_seconds=10)
    cache = BarCache(
        archive, chain, lambda security, start, end: sessions[(sessions >= np.datetime64(start)) & (sessions <= np.datetime64(end))],
        lambda: datetime(2022, 8, 1, tzinfo=UTC), lambda security, now: date(2022, 7, 29),
    )  # fmt: skip
    result = cache.refresh(SECURITY, START, END)
    stored = archive.read_bars(SECURITY)
    for column in ("open", "high", "low", "close", "prev_close"):
        np.testing.assert_allclose(stored[column], truth[column], atol=1e-9)
    assert (stored["volume"] - truth["volume"]).abs().max() <= 50
    return archive, result


@pytest.mark.parametrize(("fault", "outcome"), ON_THE_WIRE, ids=[named(fault) for fault, _ in ON_THE_WIRE])
def test_after_any_fault_the_next_provider_answers_and_the_words_say_why(world, providers, fault, outcome) -> None:
    world.faults.append(fresh(fault, HOSTS["tencent"]))
    _, result = stored_through(world, [providers["tencent"], providers["sina"]])
    first, second = result.attempts
    assert (first.outcome, second.outcome) == (outcome, Outcome.OK)
    assert WORDS[outcome][0] in first.words("zh")
    assert WORDS[outcome][1] in first.words("en")


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_a_hang_or_a_drip_costs_its_time_and_no_more(world, providers, kind) -> None:
    class Hasty:
        """The same provider, allowed three seconds."""

        name, host, markets, serves = "tencent", "qq.com", providers["tencent"].markets, providers["tencent"].serves

        def daily(self, security, start, end, seconds=None):
            return providers["tencent"].daily(security, start, end, 3.0)

    world.faults.append(Fault(kind, host=HOSTS["tencent"]))
    chain = Chain([Hasty(), providers["sina"]], Throttle({}), seconds=60, attempt_seconds=30)
    reply = chain.fetch(SECURITY, START, END)
    first, second = reply.attempts
    assert first.outcome is Outcome.TIMEOUT
    assert first.seconds < 5, "three seconds, and the killing"
    assert second.outcome is Outcome.OK


def test_another_companys_rows_are_known_by_the_code_in_the_answer(world, providers) -> None:
    original = world.services.of_secid
    world.services.of_secid = lambda secid: "600036.SH"  # the code in the answer stays, as it is taken from the request
    world.faults.append(Fault("mutate", host=HOSTS["eastmoney"], change=lambda text: text.replace('"code": "600519"', '"code": "600036"')))
    try:
        with pytest.raises(ProviderFailure) as failure:
            providers["eastmoney"].daily(SECURITY, START, END, 20)
    finally:
        world.services.of_secid = original
    assert failure.value.outcome is Outcome.SCHEMA
    assert "600036" in failure.value.detail


def test_another_companys_packed_rows_are_known_by_their_name(world, providers) -> None:
    wrong = world.services.sina_packed("600036.SH", "KLC_KL_sh600036").bytes.decode()
    world.faults.append(Fault("mutate", path="*/klc_kl.js", change=lambda text: wrong))
    with pytest.raises(ProviderFailure) as failure:
        providers["sina"].daily(SECURITY, START, END, 20)
    assert failure.value.outcome is Outcome.SCHEMA
    assert "sh600036" in failure.value.detail


def test_another_companys_rows_without_a_name_are_known_by_the_stored_ones(world, providers) -> None:
    archive, _ = stored_through(world, [providers["sina"]])
    wrong = world.services.sina_packed("600036.SH", "bars").bytes.decode()
    world.faults.append(Fault("mutate", path="*/klc_kl.js", change=lambda text: wrong))
    chain = Chain([providers["sina"], providers["tencent"]], Throttle({}))
    reply = chain.fetch(SECURITY, START, END, stored=archive.read_bars(SECURITY))
    assert [attempt.outcome for attempt in reply.attempts] == [Outcome.SCHEMA, Outcome.OK]
    assert "another security" in reply.attempts[0].detail


def test_a_history_cut_short_is_seen_against_the_calendar(world, providers) -> None:
    def cut(text: str) -> str:
        value = json.loads(text)
        value["data"]["klines"] = value["data"]["klines"][:-5]
        return json.dumps(value)

    world.faults.append(Fault("mutate", host=HOSTS["eastmoney"], change=cut))
    sessions = truth_of(world, SECURITY, START, END)["session"].to_numpy("datetime64[D]")
    end = sessions[-1].astype(object)
    chain = Chain([providers["eastmoney"], providers["sina"]], Throttle({}))
    # Eastmoney is asked up to the newest day there is; five sessions cut off there are outside this window, so cut the window's own.
    world.truth.bars, kept = dict(world.truth.bars), world.truth.bars
    world.truth.bars[SECURITY] = kept[SECURITY][kept[SECURITY]["session"] <= np.datetime64(end)].reset_index(drop=True)
    try:
        reply = chain.fetch(SECURITY, START, end, sessions)
    finally:
        world.truth.bars = kept
    assert [attempt.outcome for attempt in reply.attempts] == [Outcome.INCOMPLETE, Outcome.OK]
    assert len(reply.bars) == len(sessions)


def test_a_redirect_to_a_strange_host_is_not_followed(world, providers) -> None:
    from tests.loopback.proxy import Answer

    original = world.proxy.answer
    world.proxy.answer = lambda request: (
        Answer("", 302, headers={"Location": "https://captcha.example.net/"}) if request.host == HOSTS["eastmoney"] else original(request)
    )
    try:
        with pytest.raises(ProviderFailure) as failure:
            providers["eastmoney"].daily(SECURITY, START, END, 20)
    finally:
        world.proxy.answer = original
    assert failure.value.outcome is Outcome.BLOCKED
    assert "captcha.example.net" not in world.hosts()


@pytest.mark.parametrize("body", [
    'var x={"data":[__import__("os").system("touch /tmp/never")]}\n',
    'var x=__import__("os").system("id")\n',
    'var x={"data":[{"d":"2020-01-01","f":"1"}]};import os\n',
    'var x={"total":1,"data":[{"d":"2020-01-01","f":"1"}]} if 1 else 2\n',
    "var x={'data':[{'d':'2020-01-01','f':'1'}]}\n",
    'var x={"data":[{"d":"\\x41","f":"1"}]}\n',
    'var x={"data":[null]}\n',
])  # fmt: skip
def test_a_factor_file_that_is_more_than_data_never_reaches_eval(world, providers, body, tmp_path) -> None:
    world.faults.append(Fault("mutate", path="*/qfq.js", change=lambda text: body))
    with pytest.raises(ProviderFailure) as failure:
        providers["sina"].daily(SECURITY, START, END, 20)
    assert failure.value.outcome is Outcome.SCHEMA
    assert "factor file" in failure.value.detail


def test_two_that_know_no_such_code_settle_it_and_one_does_not(world, providers) -> None:
    from newslink.errors import PriceUnavailable, UnknownToProviders

    with pytest.raises(UnknownToProviders, match="Two providers agree"):
        Chain([providers["tencent"], providers["sina"]], Throttle({})).fetch("600999.SH", START, END)
    world.faults.append(Fault("status", host="*sina*", status=456))
    with pytest.raises(PriceUnavailable):
        Chain([providers["tencent"], providers["sina"]], Throttle({})).fetch("600999.SH", START, END)
