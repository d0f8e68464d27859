"""Order, fallback, deadline, breaker and record, with hand-written providers."""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import pandas as pd
import pytest

from newslink.errors import PriceUnavailable, UnknownToProviders
from newslink.prices.base import FakeProvider, Outcome, ProviderFailure, random_walk
from newslink.prices.chain import Chain
from newslink.prices.throttle import LONGEST_REST, Breaker, Throttle

SECURITY, START, END = "600519.SH", date(2022, 1, 3), date(2022, 3, 31)
TRUTH = {SECURITY: random_walk(SECURITY, START, END)}
SESSIONS = TRUTH[SECURITY]["session"].to_numpy("datetime64[D]")


def fake(name: str, **more) -> FakeProvider:
    return FakeProvider(name=name, host=f"{name}.test", truth=more.pop("truth", TRUTH), **more)


def chain(*providers, **more) -> Chain:
    return Chain(providers, Throttle({}), **more)


def outcomes(attempts) -> list[tuple[str, Outcome]]:
    return [(attempt.provider, attempt.outcome) for attempt in attempts]


@pytest.mark.parametrize("failure", [Outcome.TRANSPORT, Outcome.TIMEOUT, Outcome.BLOCKED, Outcome.SCHEMA, Outcome.EMPTY, Outcome.UNKNOWN])
def test_whatever_the_first_fails_with_the_second_is_asked(failure) -> None:
    reply = chain(fake("a", failure=failure), fake("b")).fetch(SECURITY, START, END, SESSIONS)
    assert outcomes(reply.attempts) == [("a", failure), ("b", Outcome.OK)]
    assert set(reply.bars["provider"]) == {"b"}


def test_the_first_that_is_whole_ends_the_asking() -> None:
    second = fake("b")
    assert outcomes(chain(fake("a"), second).fetch(SECURITY, START, END, SESSIONS).attempts) == [("a", Outcome.OK)]
    assert not second.calls


def test_when_nobody_answers_every_attempt_is_in_the_sentence() -> None:
    with pytest.raises(PriceUnavailable) as error:
        chain(fake("a", failure=Outcome.BLOCKED), fake("b", failure=Outcome.TIMEOUT)).fetch(SECURITY, START, END)
    assert outcomes(error.value.attempts) == [("a", Outcome.BLOCKED), ("b", Outcome.TIMEOUT)]
    assert "a refused" in str(error.value) and "b did not finish" in str(error.value)


def test_unknown_takes_two_and_two_of_one_host_are_one() -> None:
    with pytest.raises(UnknownToProviders):
        chain(fake("a", truth={}), fake("b", truth={})).fetch(SECURITY, START, END)
    twins = [FakeProvider("a", {}, host="one.test"), FakeProvider("b", {}, host="one.test")]
    with pytest.raises(PriceUnavailable):
        chain(*twins).fetch(SECURITY, START, END)
    with pytest.raises(PriceUnavailable):
        chain(fake("a", truth={}), fake("b", failure=Outcome.EMPTY)).fetch(SECURITY, START, END)


def test_two_that_have_nothing_confirm_days_without_trading() -> None:
    reply = chain(fake("a", failure=Outcome.EMPTY), fake("b", failure=Outcome.EMPTY)).fetch(SECURITY, START, END, SESSIONS)
    assert reply.bars.empty and reply.confirmed and len(reply.missing) == len(SESSIONS)


def holed(*rows: int) -> dict[str, pd.DataFrame]:
    return {SECURITY: TRUTH[SECURITY].drop(index=list(rows)).reset_index(drop=True)}


def test_a_missing_session_is_a_suspension_only_when_a_second_provider_misses_it_too() -> None:
    both = chain(fake("a", truth=holed(5, 6)), fake("b", truth=holed(5, 6))).fetch(SECURITY, START, END, SESSIONS)
    assert both.confirmed and len(both.missing) == 2 and set(both.bars["provider"]) == {"a"}
    fuller = chain(fake("a", truth=holed(5, 6)), fake("b")).fetch(SECURITY, START, END, SESSIONS)
    assert fuller.confirmed and not fuller.missing and set(fuller.bars["provider"]) == {"b"}
    alone = chain(fake("a", truth=holed(5, 6)), fake("b", failure=Outcome.BLOCKED)).fetch(SECURITY, START, END, SESSIONS)
    assert not alone.confirmed and len(alone.missing) == 2


def test_a_bar_on_a_day_without_a_session_is_refused() -> None:
    reply = chain(fake("a"), fake("b", truth=holed(5))).fetch(SECURITY, START, END, np.delete(SESSIONS, 5))
    assert outcomes(reply.attempts) == [("a", Outcome.SCHEMA), ("b", Outcome.OK)]


def test_a_provider_that_breaks_in_its_own_way_is_a_bad_reply() -> None:
    class Broken(FakeProvider):
        def daily(self, security, start, end, seconds=None):
            raise ZeroDivisionError("x")

    reply = chain(Broken("a", host="a.test"), fake("b")).fetch(SECURITY, START, END, SESSIONS)
    assert outcomes(reply.attempts)[0] == ("a", Outcome.SCHEMA)


def test_the_deadline_is_one_for_all() -> None:
    class Slow(FakeProvider):
        def daily(self, security, start, end, seconds=None):
            time.sleep(min(seconds, 5))
            raise ProviderFailure(self.name, Outcome.TIMEOUT)

    slow = [Slow(name, host=f"{name}.test") for name in "abcd"]
    began = time.monotonic()
    with pytest.raises(PriceUnavailable) as error:
        chain(*slow, seconds=0.6, attempt_seconds=0.25).fetch(SECURITY, START, END)
    assert time.monotonic() - began < 1.5
    assert error.value.attempts[-1].outcome is Outcome.SKIPPED


def test_a_host_that_fails_twice_rests_and_its_rest_outlives_the_process(tmp_path) -> None:
    wall = [1000.0]
    path = tmp_path / "state" / "breaker.json"
    breaker = Breaker(path, lambda: wall[0])
    failing = fake("a", failure=Outcome.BLOCKED)
    one = chain(failing, fake("b"), breaker=breaker)
    for _ in range(3):
        reply = one.fetch(SECURITY, START, END, SESSIONS)
    assert len(failing.calls) == 2
    assert outcomes(reply.attempts) == [("a", Outcome.SKIPPED), ("b", Outcome.OK)]
    later = Breaker(path, lambda: wall[0])
    assert 0 < later.resting("a.test") <= 60
    wall[0] += 61
    assert later.resting("a.test") == 0
    later.note("a.test", Outcome.TIMEOUT)
    assert 60 < later.resting("a.test") <= 120, "twice as long each time"
    later.note("a.test", Outcome.OK)
    assert later.resting("a.test") == 0
    assert Breaker(path, lambda: wall[0]).resting("a.test") == 0


def test_a_security_nobody_knows_is_not_the_hosts_fault() -> None:
    breaker = Breaker(clock=lambda: 0.0)
    for outcome in (Outcome.UNKNOWN, Outcome.EMPTY, Outcome.SCHEMA) * 5:
        breaker.note("a.test", outcome)
    assert breaker.resting("a.test") == 0


def test_rests_end_and_a_damaged_state_or_a_clock_set_back_harms_nobody(tmp_path) -> None:
    path = tmp_path / "breaker.json"
    for text in ("", "[]", '{"a.test": 5}', '{"a.test": {"failures": "x", "until": 1}}', "\x00"):
        path.write_text(text)
        assert Breaker(path, lambda: 0.0).resting("a.test") == 0
    path.write_text('{"a.test": {"failures": 9, "until": 1e18}}')
    assert Breaker(path, lambda: 0.0).resting("a.test") <= LONGEST_REST


def test_calls_at_one_host_are_spaced_with_jitter_and_other_hosts_do_not_wait() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    throttle = Throttle({"a.test": 2.0}, lambda: now[0], sleep, iter([1.0, 1.5, 1.0]).__next__)
    assert throttle.wait("a.test", 10) and throttle.wait("b.test", 10) and throttle.wait("a.test", 10)
    assert slept == [2.0]
    assert not throttle.wait("a.test", 1.0), "three seconds are more than there is time for"
    assert slept == [2.0]


def test_every_attempt_is_put_on_record() -> None:
    record = []
    chain(fake("a", failure=Outcome.BLOCKED), fake("b"), record=record.append).fetch(SECURITY, START, END, SESSIONS)
    assert outcomes(record) == [("a", Outcome.BLOCKED), ("b", Outcome.OK)]
    assert record[0].security == SECURITY and record[0].at.tzinfo is not None


def test_long_windows_go_to_whoever_needs_few_requests() -> None:
    class Dear(FakeProvider):
        def cost(self, security, start, end):
            return 2 + end.year - start.year

    class Cheap(FakeProvider):
        def cost(self, security, start, end):
            return 3

    one = chain(Dear("dear"), Cheap("cheap"))
    assert [provider.name for provider in one.order(SECURITY, date(2022, 1, 1), END)] == ["dear", "cheap"]
    assert [provider.name for provider in one.order(SECURITY, date(2002, 1, 1), END)] == ["cheap", "dear"]


def test_the_three_services_are_asked_in_the_order_of_their_patience() -> None:
    from newslink.prices.akshare import akshare_providers
    from newslink.prices.worker import Worker

    one = chain(*akshare_providers(Worker(environment={})))

    def order(start: date) -> list[str]:
        return [provider.name for provider in one.order(SECURITY, start, date(2022, 3, 31))]

    assert order(date(2022, 1, 1)) == ["tencent", "sina", "eastmoney"]
    assert order(date(2017, 1, 1)) == ["sina", "tencent", "eastmoney"]
    assert order(date(2002, 1, 1)) == ["sina", "eastmoney", "tencent"]
    assert [provider.name for provider in one.order("00700.HK", START, END)] == ["sina", "eastmoney"]
