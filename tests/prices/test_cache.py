"""The bar cache over an archive that forgets: what is asked for, what is written, what survives interruption."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.errors import PriceUnavailable
from newslink.prices.base import FakeProvider, Outcome, random_walk
from newslink.prices.cache import BarCache, MemoryArchive, merged, outside
from newslink.prices.chain import Chain
from newslink.prices.throttle import Throttle

SECURITY = "600519.SH"
FIRST, LAST = date(2021, 1, 4), date(2022, 12, 30)
TRUTH = random_walk(SECURITY, FIRST, LAST)


def sessions_of(security: str, start: date, end: date) -> np.ndarray:
    days = TRUTH["session"].to_numpy("datetime64[D]")
    return days[(days >= np.datetime64(start)) & (days <= np.datetime64(end))]


class Desk:
    """A cache, its archive, its providers and a time that can be moved."""

    def __init__(self, *providers: FakeProvider, now: datetime = datetime(2022, 7, 1, 12, tzinfo=UTC), archive=None, **more) -> None:
        self.providers = providers or (FakeProvider("a", {SECURITY: TRUTH}, host="a.test"),)
        self.archive, self.time = archive or MemoryArchive(), now
        self.cache = BarCache(
            self.archive,
            Chain(self.providers, Throttle({})),
            sessions_of,
            lambda: self.time,
            lambda s, now: now.date() - timedelta(days=1),
            **more,
        )

    @property
    def asked(self) -> list[tuple[date, date]]:
        return [(start, end) for provider in self.providers for _, start, end in provider.calls]

    def forget(self) -> None:
        for provider in self.providers:
            provider.calls.clear()


def same_as_truth(bars: pd.DataFrame, start: date, end: date) -> None:
    truth = TRUTH[TRUTH["session"].between(pd.Timestamp(start), pd.Timestamp(end))]
    assert bars["session"].tolist() == truth["session"].tolist()
    np.testing.assert_array_equal(bars["close"], truth["close"])


def test_a_second_refresh_of_closed_sessions_asks_nobody() -> None:
    desk = Desk()
    first = desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    assert first.requests == 1 and first.added == len(sessions_of(SECURITY, date(2022, 1, 4), date(2022, 6, 30)))
    desk.forget()
    assert desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).requests == 0
    assert desk.cache.refresh(SECURITY, date(2022, 2, 1), date(2022, 3, 1)).requests == 0
    assert not desk.asked
    same_as_truth(desk.cache.bars(SECURITY, date(2022, 1, 4), date(2022, 6, 30)), date(2022, 1, 4), date(2022, 6, 30))


def test_an_update_asks_only_for_what_is_new_and_a_week_of_overlap() -> None:
    desk = Desk()
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 5, 31))
    desk.forget()
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    ((start, end),) = desk.asked
    assert start == sessions_of(SECURITY, date(2022, 1, 4), date(2022, 5, 31))[-5].item()
    assert end == date(2022, 6, 30)


def test_a_window_apart_from_the_stored_one_is_joined_to_it() -> None:
    """A hole between two stretches would look like an ex-date to whoever adjusts the bars."""
    desk = Desk()
    desk.cache.refresh(SECURITY, date(2021, 3, 1), date(2021, 4, 30))
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 2, 28))
    same_as_truth(desk.archive.read_bars(SECURITY), date(2021, 3, 1), date(2022, 2, 28))
    desk.cache.refresh(SECURITY, date(2021, 1, 4), date(2021, 1, 29))
    same_as_truth(desk.archive.read_bars(SECURITY), date(2021, 1, 4), date(2022, 2, 28))


def test_the_open_session_is_provisional_and_asked_for_again_and_then_final() -> None:
    desk = Desk(now=datetime(2022, 6, 30, 3, tzinfo=UTC))
    desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    bars = desk.archive.read_bars(SECURITY)
    assert bars["provisional"].tolist() == [False] * (len(bars) - 1) + [True]
    desk.forget()
    desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    assert not desk.asked, "not within a minute"
    desk.time += timedelta(minutes=5)
    desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    assert len(desk.asked) == 1
    desk.time = datetime(2022, 7, 1, 12, tzinfo=UTC)
    desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    assert not desk.archive.read_bars(SECURITY)["provisional"].any()
    desk.forget()
    desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    assert not desk.asked


def test_an_open_session_without_a_bar_yet_is_no_gap_and_costs_no_second_opinion() -> None:
    until_yesterday = {SECURITY: TRUTH[TRUTH["session"] < "2022-06-30"]}
    desk = Desk(
        FakeProvider("a", until_yesterday, host="a.test"),
        FakeProvider("b", until_yesterday, host="b.test"),
        now=datetime(2022, 6, 30, 1, tzinfo=UTC),
    )
    result = desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    assert [attempt.outcome for attempt in result.attempts] == [Outcome.OK]
    assert not result.missing


def test_nothing_is_asked_about_days_before_the_listing() -> None:
    desk = Desk(listing=lambda security: (date(2022, 3, 1), None))
    desk.cache.refresh(SECURITY, date(2022, 3, 1), date(2022, 6, 30))
    desk.forget()
    assert desk.cache.refresh(SECURITY, date(2021, 1, 4), date(2022, 6, 30)).requests == 0
    assert desk.cache.missing(SECURITY, date(2021, 6, 1), date(2021, 9, 1)) == []


def test_a_suspension_two_providers_agree_on_is_never_asked_about_again() -> None:
    gone = {SECURITY: TRUTH[~TRUTH["session"].between("2022-03-01", "2022-03-31")]}
    desk = Desk(FakeProvider("a", gone, host="a.test"), FakeProvider("b", gone, host="b.test"))
    assert not desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).missing
    desk.forget()
    assert desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).requests == 0


def test_a_gap_nobody_vouches_for_stays_open_and_is_filled_when_somebody_can() -> None:
    gone = {SECURITY: TRUTH[~TRUTH["session"].between("2022-03-01", "2022-03-31")]}
    alone = FakeProvider("a", gone, host="a.test")
    desk = Desk(alone)
    result = desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    assert len(result.missing) == len(sessions_of(SECURITY, date(2022, 3, 1), date(2022, 3, 31)))
    again = Desk(FakeProvider("b", {SECURITY: TRUTH}, host="b.test"), archive=desk.archive)
    again.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    same_as_truth(again.archive.read_bars(SECURITY), date(2022, 1, 4), date(2022, 6, 30))
    again.forget()
    assert again.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).requests == 0


def corrected(close: float, provider: str = "a") -> FakeProvider:
    changed = TRUTH.copy()
    row = changed.index[changed["session"] == "2022-05-31"][0]
    changed.loc[row, "close"] = close
    changed.loc[row, "high"] = max(close, changed.loc[row, "high"])
    changed.loc[row, "low"] = min(close, changed.loc[row, "low"])
    return FakeProvider(provider, {SECURITY: changed}, host=f"{provider}.test")


@pytest.mark.parametrize(("provider", "kept"), [("a", False), ("b", True)])
def test_a_correction_in_the_overlap_is_recorded_and_taken_from_the_same_provider_only(provider, kept) -> None:
    desk = Desk()
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 5, 31))
    before = desk.archive.read_bars(SECURITY).set_index("session")["close"]["2022-05-31"]
    new = round(before * 1.01, 2)
    later = Desk(corrected(new, provider), archive=desk.archive)
    result = later.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    found = next(one for one in result.corrections if one.column == "close")
    assert (found.session, found.was, found.now, found.kept) == (date(2022, 5, 31), before, new, kept)
    now = later.archive.read_bars(SECURITY).set_index("session")["close"]["2022-05-31"]
    assert now == (before if kept else new)


def test_an_unknown_reference_price_is_asked_for_again_after_a_day_and_then_known() -> None:
    unknown = TRUTH.copy()
    unknown.loc[unknown["session"] == "2022-05-10", "prev_close"] = np.nan
    desk = Desk(FakeProvider("a", {SECURITY: unknown.assign(fetched_at=pd.Timestamp("2022-07-01 12:00", tz="UTC"))}, host="a.test"))
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    assert desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).requests == 0
    later = Desk(FakeProvider("b", {SECURITY: TRUTH}, host="b.test"), archive=desk.archive, now=datetime(2022, 7, 3, 12, tzinfo=UTC))
    assert later.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).requests == 1
    assert later.archive.read_bars(SECURITY)["prev_close"].notna().all()
    later.forget()
    assert later.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).requests == 0


def test_a_failure_stores_nothing_and_leaves_what_was_there() -> None:
    desk = Desk()
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 5, 31))
    before = desk.archive.read_bars(SECURITY)
    broken = Desk(FakeProvider("a", failure=Outcome.BLOCKED, host="a.test"), archive=desk.archive)
    with pytest.raises(PriceUnavailable):
        broken.cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    pd.testing.assert_frame_equal(desk.archive.read_bars(SECURITY), before)


@pytest.mark.parametrize("calls_survived", range(4))
def test_killed_between_any_two_writes_a_rerun_ends_the_same(calls_survived) -> None:
    class Killed(BaseException):
        pass

    class Dying(MemoryArchive):
        left = calls_survived

        def spend(self) -> None:
            if self.left == 0:
                raise Killed
            self.left -= 1

        def write_bars(self, security, bars):
            self.spend()
            super().write_bars(security, bars)

        def write_coverage(self, security, start, end, asked_at):
            self.spend()
            super().write_coverage(security, start, end, asked_at)

    archive = Dying()
    desk = Desk(archive=archive)
    windows = [(date(2022, 1, 4), date(2022, 3, 31)), (date(2022, 1, 4), date(2022, 6, 30))]
    with pytest.raises(Killed):
        for start, end in [*windows, (date(2021, 1, 4), date(2022, 6, 30))]:
            desk.cache.refresh(SECURITY, start, end)
    archive.left = 10**6
    for start, end in windows:
        desk.cache.refresh(SECURITY, start, end)
    same_as_truth(archive.read_bars(SECURITY, windows[-1][0]), *windows[-1])
    desk.forget()
    assert desk.cache.refresh(SECURITY, *windows[-1]).requests == 0


def test_offline_says_so_instead_of_asking() -> None:
    cache = BarCache(MemoryArchive(), None, sessions_of, lambda: datetime(2022, 7, 1, tzinfo=UTC))
    with pytest.raises(PriceUnavailable, match="offline"):
        cache.refresh(SECURITY, date(2022, 1, 4), date(2022, 6, 30))
    assert cache.bars(SECURITY, date(2022, 1, 4), date(2022, 6, 30)).empty


def test_the_future_is_not_asked_for() -> None:
    desk = Desk(now=datetime(2022, 3, 1, 12, tzinfo=UTC))
    desk.cache.refresh(SECURITY, date(2022, 1, 4), date(2023, 12, 31))
    assert desk.asked[0][1] <= date(2022, 3, 2)
    assert desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2023, 1, 1)).requests == 0


spans = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(
    lambda one: (date(2022, 1, 1) + timedelta(one[0]), date(2022, 1, 1) + timedelta(sum(one)))
)


@settings(max_examples=150, deadline=None)
@given(st.lists(spans, max_size=6), spans)
def test_stretches_and_what_is_outside_them_make_up_the_window_day_by_day(stretches, window) -> None:
    def days(start: date, end: date) -> set[date]:
        return {start + timedelta(n) for n in range((end - start).days + 1)}

    covered = merged((start, end, None) for start, end in stretches)
    union = set().union(*(days(*one) for one in stretches))
    assert set().union(*(days(*one) for one in covered)) == union
    parts = outside(*window, covered)
    assert set().union(*(days(*one) for one in parts)) == days(*window) - union
    assert sum(len(days(*one)) for one in parts) == len(days(*window) - union)


def test_two_services_that_are_both_late_do_not_make_a_suspension() -> None:
    """The session closed an hour ago and neither has it yet: tomorrow it is asked for again. Three days later it is a suspension."""
    late = {SECURITY: TRUTH[TRUTH["session"] < "2022-06-30"]}
    providers = [FakeProvider(name, late, host=f"{name}.test") for name in "ab"]
    desk = Desk(*providers)
    desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    desk.time += timedelta(minutes=2)
    desk.forget()
    for provider in providers:
        provider.truth = {SECURITY: TRUTH}
    assert desk.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30)).added == 1
    suspended = Desk(*(FakeProvider(name, late, host=f"{name}.test") for name in "ab"), now=datetime(2022, 7, 5, 12, tzinfo=UTC))
    suspended.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30))
    suspended.forget()
    assert suspended.cache.refresh(SECURITY, date(2022, 6, 1), date(2022, 6, 30)).requests == 0
