"""The exchanges' lists into dated names, by the real akshare client against a served world: resumed, renamed, offline."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from newslink.errors import PriceUnavailable
from newslink.link import Universe
from newslink.model import Kind, Name, NameKind, Security
from newslink.pipeline.industries import industries_on, put_industries
from newslink.pipeline.prices import price_desk
from newslink.pipeline.universe import dated, refresh
from newslink.prices.akshare import akshare_providers
from newslink.prices.lists import Membership
from newslink.prices.worker import Worker
from newslink.settings import Settings
from newslink.store import open_store
from tests.loopback import lists
from tests.loopback.world import Fault, start_world

FIRST, LATER = datetime(2026, 11, 20, 4, tzinfo=UTC), datetime(2026, 12, 18, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def running():
    with start_world() as world:
        worker = Worker(environment=world.environment)
        yield world, worker
        worker.close()


@pytest.fixture
def world(running):
    running[0].faults.clear()
    running[0].seen.clear()
    yield running[0]
    running[0].faults.clear()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(tmp_path / "home", f"sqlite:///{tmp_path}/newslink.db")


def desk_at(settings: Settings, running, now: datetime):
    desk = price_desk(settings, None, now=lambda: now)
    desk._akshare = akshare_providers(running[1])
    desk.worker = Worker(environment={})  # closing the desk must not end the shared child
    return desk


def kept(settings: Settings) -> tuple[dict[str, Security], list[Name], Universe]:
    with open_store(settings.store_url) as store:
        securities, names = store.securities(), store.names()
    return {one.id: one for one in securities}, names, Universe(securities, names)


def test_every_list_comes_into_the_store_and_is_not_asked_for_again(world, running, settings) -> None:
    steps = []
    done = refresh(settings, desk=desk_at(settings, running, FIRST), progress=lambda *step: steps.append(step))
    assert (done.lists, done.done, done.fresh, done.failed) == (9, 9, 0, ())
    assert [step[:2] for step in steps] == [(n, 9) for n in range(1, 10)]
    securities, names, universe = kept(settings)
    assert (done.securities, done.names) == (len(securities), len(names))
    assert securities["600519.SH"].listed == date(2001, 8, 27) and securities["600087.SH"].delisted == date(2014, 6, 5)
    assert universe.name_on("000001.SZ", date(2010, 1, 4)) == "深发展A" and universe.name_on("000001.SZ", date(2020, 1, 2)) == "平安银行"
    assert universe.name_on("00700.HK") == "腾讯控股" and universe.find("NIO", 1)[0].id == "NIO.US"
    assert universe.name_on("600519.SH", date(2005, 1, 4)) == "贵州茅台", "seen today, and no other name is known"
    world.seen.clear()
    again = refresh(settings, desk=desk_at(settings, running, FIRST))
    assert (again.done, again.fresh, again.changed) == (0, 9, 0) and not world.seen


def test_what_failed_stays_due_and_is_all_that_is_asked_for_next(world, running, settings) -> None:
    world.faults.append(Fault("html", host="www.szse.cn"))
    done = refresh(settings, desk=desk_at(settings, running, FIRST))
    assert [name for name, _ in done.failed] == ["szse", "szse_delisted"] and done.done == 7
    world.faults.clear()
    world.seen.clear()
    again = refresh(settings, desk=desk_at(settings, running, FIRST))
    assert (again.done, again.fresh, again.failed) == (2, 7, ())
    assert set(world.hosts()) == {"www.szse.cn"}


def test_a_refresh_killed_in_the_middle_goes_on_where_it_was(world, running, settings) -> None:
    class Killed(BaseException):
        pass

    def dying(done: int, total: int, words: str) -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        refresh(settings, desk=desk_at(settings, running, FIRST), progress=dying)
    done = refresh(settings, desk=desk_at(settings, running, FIRST))
    assert (done.fresh, done.done) == (3, 6)


def test_a_company_renamed_between_two_refreshes_keeps_both_names_on_their_days(world, running, settings, monkeypatch) -> None:
    refresh(settings, desk=desk_at(settings, running, FIRST))
    monkeypatch.setattr(lists, "SSE", [("600519", "新茅台", "贵州茅台酒股份有限公司", "2001-08-27"), *lists.SSE[1:]])
    monkeypatch.setattr(lists, "SZSE", [row if row[0] != "63" else ("63", "新中兴", row[2]) for row in lists.SZSE])
    monkeypatch.setattr(lists, "SZSE_RENAMED", [*lists.SZSE_RENAMED, ("2026-12-01", "63", "新中兴", "中兴通讯", "新中兴")])
    done = refresh(settings, desk=desk_at(settings, running, LATER))
    assert done.done == 9
    _, names, universe = kept(settings)
    assert universe.name_on("600519.SH", date(2026, 11, 19)) == "贵州茅台" and universe.name_on("600519.SH", date(2026, 12, 20)) == "新茅台"
    assert universe.name_on("000063.SZ", date(2026, 11, 30)) == "中兴通讯" and universe.name_on("000063.SZ", date(2026, 12, 1)) == "新中兴"
    assert [(n.text, n.valid_from, n.valid_to) for n in names if n.security == "000063.SZ" and n.kind is NameKind.SHORT] == [
        ("新中兴", date(2026, 12, 1), None)
    ]


def test_what_a_list_does_not_say_of_a_security_is_kept(world, running, settings) -> None:
    with open_store(settings.store_url) as store:
        store.put_securities([Security("00939.HK", "建行", Kind.STOCK, "601939.SH", date(2005, 10, 27))])
    refresh(settings, desk=desk_at(settings, running, FIRST))
    one = kept(settings)[0]["00939.HK"]
    assert (one.name, one.entity, one.listed) == ("建设银行", "601939.SH", date(2005, 10, 27))


def test_industries_are_those_of_the_day(world, running, settings) -> None:
    refresh(settings, desk=desk_at(settings, running, FIRST))
    with open_store(settings.store_url) as store:
        assert industries_on(store, date(2026, 1, 5)) == {"600519.SH": "34", "600036.SH": "48", "300750.SZ": "63", "920799.BJ": "71"}
        # 44 stood for finance in a classification that is no longer in use; not listed yet is no industry.
        assert industries_on(store, date(2010, 1, 5)) == {"600519.SH": "34"}
        assert put_industries(store, [Membership("600519.SH", "340501", date(2001, 8, 27))]) == 0
        store.set_state("industries", "damaged")
        assert industries_on(store, date(2026, 1, 5)) == {}


def test_a_sighting_grows_while_the_name_stays() -> None:
    today, held = [Name("600519.SH", "贵州茅台", NameKind.SHORT, source="sse")], [
        Name("600519.SH", "贵州茅台", NameKind.SHORT, date(2026, 1, 5), date(2026, 2, 1), "seen:sse"),
        Name("600519.SH", "贵州茅台", NameKind.SHORT, date(2020, 1, 5), None, "import"),
    ]  # fmt: skip
    (row,) = dated(today, held, date(2026, 3, 1))
    assert row == Name("600519.SH", "贵州茅台", NameKind.SHORT, date(2026, 1, 5), date(2026, 3, 1), "seen:sse")


def test_offline_and_where_nothing_answers_it_says_so(world, running, settings) -> None:
    with pytest.raises(PriceUnavailable, match="offline"):
        refresh(Settings(settings.home, settings.store_url, offline=True))
    world.faults.append(Fault("status", status=500))
    with pytest.raises(PriceUnavailable, match="None of the lists"):
        refresh(settings, desk=desk_at(settings, running, FIRST))


def test_the_command_refreshes_and_sums_up(world, tmp_path, capsys, monkeypatch) -> None:
    from newslink.cli import main

    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    world.faults.append(Fault("html", host="www.bse.cn"))
    assert main(["universe", "refresh", "--store", f"sqlite:///{tmp_path}/x.db", "--json"]) == 0
    out, errors = capsys.readouterr()
    told = json.loads(out)
    assert told["lists"] == 9 == told["done"] + len(told["failed"]) + told["fresh"] and list(told["failed"]) == ["bse"]
    assert errors.startswith("bse: ")
    monkeypatch.setenv("NEWSLINK_OFFLINE", "1")
    assert main(["universe", "refresh", "--store", f"sqlite:///{tmp_path}/x.db"]) == 3
    assert "offline" in capsys.readouterr().err
