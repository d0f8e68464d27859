"""The price desk: store first, background afterwards, offline by setting; and what the person is told."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest

from newslink.errors import PriceUnavailable
from newslink.pipeline.prices import price_desk
from newslink.prices.base import FakeProvider, Outcome, ProviderFailure, random_walk
from newslink.prices.cache import MemoryArchive
from newslink.prices.throttle import Throttle
from newslink.sessions import SessionClock
from newslink.settings import Settings
from newslink.store import open_store

SECURITY, START, END = "600519.SH", date(2022, 1, 4), date(2022, 6, 30)
CLOCK = SessionClock()


def truth() -> dict:
    bars = random_walk(SECURITY, START, END)
    sessions = CLOCK.sessions("SH", START, END)
    return {SECURITY: bars[bars["session"].isin(sessions.astype("datetime64[s]"))].reset_index(drop=True)}


@pytest.fixture
def desk(tmp_path):
    def make(*providers, offline: bool = False, now=datetime(2022, 7, 4, 4, tzinfo=UTC)):
        settings = Settings(tmp_path, "sqlite://", offline)
        return price_desk(settings, MemoryArchive(), providers=list(providers), now=lambda: now, clock=CLOCK, throttle=Throttle({}))

    return make


def test_reading_never_asks_and_a_refresh_asks_once(desk) -> None:
    fake = FakeProvider("a", truth(), host="a.test")
    one = desk(fake)
    assert one.bars(SECURITY, START, END).empty and not fake.calls
    one.refresh(SECURITY, START, END)
    assert len(one.bars(SECURITY, START, END)) == len(truth()[SECURITY])
    one.refresh(SECURITY, START, END)
    assert len(fake.calls) == 1
    assert one.health()[0].provider == "a" and one.health()[0].failures == 0


def test_the_calendar_decides_which_session_has_settled(desk) -> None:
    before = desk(now=datetime(2022, 6, 30, 7, 30, tzinfo=UTC))  # half an hour after the close in Shanghai
    after = desk(now=datetime(2022, 6, 30, 8, 30, tzinfo=UTC))
    assert before.closed_until(SECURITY, before.now()) == date(2022, 6, 29)
    assert after.closed_until(SECURITY, after.now()) == date(2022, 6, 30)
    assert before.closed_until("NIO.US", before.now()) == date(2022, 6, 29)


def test_an_adjusted_day_shows_the_same_price_in_every_window(desk) -> None:
    bars = truth()
    rows = bars[SECURITY]
    rows.loc[60:, ["open", "high", "low", "close", "prev_close"]] *= 0.5
    rows.loc[60, "prev_close"] = rows.loc[59, "close"] * 0.5
    rows["amount"] = rows["volume"] * rows[["open", "close"]].mean(axis=1)
    rows["low"], rows["high"] = rows[["low", "open", "close"]].min(axis=1), rows[["high", "open", "close"]].max(axis=1)
    one = desk(FakeProvider("a", bars, host="a.test"))
    one.refresh(SECURITY, START, END)
    for way in ("qfq", "hfq"):
        whole = one.bars(SECURITY, way=way).set_index("session")["close"]
        part = one.bars(SECURITY, date(2022, 2, 1), date(2022, 3, 1), way).set_index("session")["close"]
        assert (whole[part.index] == part).all()


class Gate(FakeProvider):
    """Waits inside each call until it is let go."""

    def daily(self, security, start, end, seconds=None):
        self.entered.set()
        assert self.open.wait(10)
        return FakeProvider.daily(self, security, start, end)


def test_a_page_drawn_again_gets_the_running_job_and_sees_its_progress(desk) -> None:
    gate = Gate("a", truth(), host="a.test")
    gate.entered, gate.open = threading.Event(), threading.Event()
    one = desk(gate)
    ended = threading.Event()
    job = one.refresh_in_background([SECURITY, SECURITY, "600036.SH"], START, END, then=lambda job: ended.set())
    assert gate.entered.wait(10)
    assert job.running and job.total == 2 and job.done == 0 and job.current == SECURITY
    assert one.refresh_in_background([SECURITY, "600036.SH"], START, END) is job
    gate.open.set()
    assert job.wait(20) and ended.wait(5)
    assert job.done == 2 and job.added == len(truth()[SECURITY])
    assert list(job.failures) == ["600036.SH"], "one unknown code does not stop the others"
    assert one.refresh_in_background([SECURITY, "600036.SH"], START, END) is not job


def test_a_cancelled_job_keeps_what_it_had(desk) -> None:
    gate = Gate("a", truth(), host="a.test")
    gate.entered, gate.open = threading.Event(), threading.Event()
    one = desk(gate)
    job = one.refresh_in_background([SECURITY, "600036.SH"], START, END)
    assert gate.entered.wait(10)
    job.cancel()
    gate.open.set()
    assert job.wait(20)
    assert job.done == 1 and not one.bars(SECURITY).empty


WANTED = [f"60000{n}.SH" for n in range(6)]


class Down(FakeProvider):
    """Cannot be reached for its first two calls, which is when a service is left alone for a while."""

    def __init__(self) -> None:
        bars = truth()[SECURITY]
        super().__init__("a", dict.fromkeys(WANTED, bars), host="a.test", failure=lambda call: Outcome.TRANSPORT if call < 2 else None)


def test_a_long_update_waits_for_services_that_rest_and_fails_nobody_it_could_not_ask(desk, monkeypatch) -> None:
    monkeypatch.setattr("newslink.prices.throttle.REST_SECONDS", 0.3)
    waiting = []
    one = desk(Down())
    job = one.run(WANTED, START, END, lambda job: waiting.append(job.current), patience=5.0)
    assert job.done == 6 and list(job.failures) == WANTED[:2] and not job.resting
    assert [words for words in waiting if "waiting" in words], "the person sees why nothing moves"
    again = one.run(WANTED, START, END, patience=5.0)
    assert not again.failures and again.requests == 2, "the rest was stored the first time"


def test_an_update_that_would_wait_too_long_ends_and_says_how_many_are_left(desk, monkeypatch) -> None:
    one = desk(Down())
    job = one.run(WANTED, START, END, patience=5.0)
    assert (job.done, list(job.failures)) == (2, WANTED[:2])
    assert 50 < job.resting <= 60 and not job.running


def test_offline_starts_nothing_and_says_why(desk, tmp_path) -> None:
    one = price_desk(Settings(tmp_path, "sqlite://", offline=True), MemoryArchive(), clock=CLOCK)
    assert one.chain is None
    with pytest.raises(PriceUnavailable, match="offline"):
        one.refresh(SECURITY, START, END)
    with pytest.raises(PriceUnavailable, match="offline"):
        one.minute(SECURITY)
    with pytest.raises(PriceUnavailable, match="offline"):
        one.lists()
    assert one.worker.started == 0


def test_a_folder_of_bars_is_asked_before_the_network_and_works_offline(tmp_path) -> None:
    (tmp_path / "bars").mkdir()
    truth()[SECURITY].to_csv(tmp_path / "bars" / f"{SECURITY}.csv", index=False)
    one = price_desk(
        Settings(tmp_path, "sqlite://", offline=True), MemoryArchive(), clock=CLOCK, now=lambda: datetime(2022, 7, 4, tzinfo=UTC)
    )
    assert one.refresh(SECURITY, START, END).added == len(truth()[SECURITY])
    assert set(one.bars(SECURITY)["provider"]) == {"files"}


def test_minutes_go_to_the_next_service_and_the_failure_is_told(world, tmp_path, monkeypatch) -> None:
    from tests.loopback.world import Fault

    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    one = price_desk(Settings(tmp_path, "sqlite://"), MemoryArchive(), clock=CLOCK, throttle=Throttle({}))
    try:
        assert set(one.minute(SECURITY, "30")["provider"]) == {"sina"}
        world.faults.append(Fault("status", host="quotes.sina.cn", status=456))
        assert set(one.minute(SECURITY, "30")["provider"]) == {"eastmoney"}
        world.faults.append(Fault("html", host="push2his.eastmoney.com"))
        with pytest.raises(PriceUnavailable, match="web page"):
            one.minute(SECURITY, "30")
        with pytest.raises(PriceUnavailable, match="7-minute"):
            one.minute(SECURITY, "7")
        assert {row.provider for row in one.health()} == {"sina", "eastmoney"}
    finally:
        one.close()


def test_the_whole_way_from_the_environment_to_the_store(world, tmp_path, monkeypatch) -> None:
    """No provider given: the real client, meeting the loopback through environment variables alone."""
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    one = price_desk(
        Settings(tmp_path, "sqlite://"),
        MemoryArchive(),
        clock=CLOCK,
        throttle=Throttle({}),
        now=lambda: datetime(2022, 7, 4, 4, tzinfo=UTC),
    )
    try:
        one.refresh("688111.SH", date(2022, 3, 1), date(2022, 6, 30))
        first = len(world.seen)
        assert first > 0
        one.refresh("688111.SH", date(2022, 3, 1), date(2022, 6, 30))
        assert len(world.seen) == first, "a second update of closed sessions makes no request at all"
        row = one.bars("688111.SH").set_index("session").loc["2022-05-26"]
        assert row["close"] / row["prev_close"] - 1 == pytest.approx(200.2 / 201.03 - 1, abs=1e-9)
    finally:
        one.close()
    assert one.worker.pid is None


def test_what_a_provider_says_of_itself_reaches_the_person(desk) -> None:
    one = desk(FakeProvider("a", failure=Outcome.BLOCKED, host="a.test"), FakeProvider("b", failure=Outcome.TIMEOUT, host="b.test"))
    job = one.run([SECURITY], START, END)
    sentence = job.failures[SECURITY]
    assert "a refused the request" in sentence and "b did not finish in time" in sentence and "Stored bars stay" in sentence
    assert isinstance(ProviderFailure("a", Outcome.BLOCKED), Exception)


def test_attempts_are_on_record_in_the_store_for_other_processes_to_show(tmp_path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'x.db'}") as store:
        fakes = [FakeProvider("a", failure=Outcome.BLOCKED, host="a.test"), FakeProvider("b", truth(), host="b.test")]
        now = datetime(2022, 7, 4, 4, tzinfo=UTC)
        one = price_desk(Settings(tmp_path, "sqlite://"), store, providers=fakes, clock=CLOCK, now=lambda: now, throttle=Throttle({}))
        assert one.refresh(SECURITY, START, END).added == len(truth()[SECURITY])
        other = price_desk(Settings(tmp_path, "sqlite://"), store, providers=[], clock=CLOCK)
        assert [(row.provider, row.failures) for row in other.health()] == [("a", 1), ("b", 0)]
        assert other.attempts()[0].outcome is Outcome.BLOCKED and other.attempts()[0].security == SECURITY
        one.refresh(SECURITY, START, END)
        assert len(fakes[1].calls) == 1, "the store remembers what was asked for"
        assert one.bars(SECURITY, way="qfq")["close"].iloc[-1] == truth()[SECURITY]["close"].iloc[-1]
