"""Linking everything again: only what differs is written, a killed run goes on, and what a killed correction owes is made good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newslink.model import Name, NameKind
from newslink.pipeline import corrections as correcting
from newslink.pipeline import relink as full_run
from newslink.pipeline import relinking
from newslink.pipeline.corrections import corrections, settle
from newslink.pipeline.relink import relink
from newslink.pipeline.statements import Kind
from newslink.store import Store
from tests.corrections.conftest import Desk, contents
from tests.store.audit import audit

ROOT = Path(__file__).resolve().parent.parent.parent


class Killed(BaseException):
    """Not caught by anything, like a kill."""


def many(desk: Desk, count: int) -> None:
    for n in range(1, count + 1):
        desk.post(n, f"第{n}则", f"{n}：绿能王与翠能王今日上涨。贵州茅台第{n}次公告。", f"2022-05-{10 + n % 15} 10:30:00 +0800")
    desk.ingest()


def test_new_names_reach_every_article_and_a_second_run_changes_nothing(desk: Desk) -> None:
    many(desk, 12)
    desk.store.put_names([Name("300750.SZ", "绿能王", NameKind.NICKNAME, source="import")])
    done = relink(desk.settings)
    assert (done.articles, done.changed, done.linked, done.unlinked, done.skipped) == (12, 12, 12, 0, 0)
    assert all(desk.links(id) == {"600519.SH", "300750.SZ"} for id in contents(desk.store))
    audit(desk.store)
    assert relink(desk.settings).changed == 0


def test_only_the_articles_named_are_linked_again(desk: Desk) -> None:
    many(desk, 3)
    desk.store.put_names([Name("300750.SZ", "绿能王", NameKind.NICKNAME, source="import")])
    done = relink(desk.settings, ids=["em:202205302390000002", "nobody", "em:202205302390000002"])
    assert (done.articles, done.changed, done.missing) == (1, 1, 1)
    assert desk.links("em:202205302390000001") == {"600519.SH"}


def test_processes_give_what_one_gives(desk: Desk) -> None:
    many(desk, 8)
    assert relink(desk.settings, workers=2).articles == 8
    audit(desk.store)


def test_a_run_killed_between_parts_goes_on_and_ends_where_an_undisturbed_one_does(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr(full_run, "BATCH", 4)
    many(desk, 20)
    desk.store.put_names([Name("300750.SZ", "绿能王", NameKind.NICKNAME, source="import")])
    real, calls = full_run.write_looked, []

    def dying(*arguments):
        calls.append(1)
        done = real(*arguments)
        if len(calls) == 3:
            raise Killed
        return done

    monkeypatch.setattr(full_run, "write_looked", dying)
    with pytest.raises(Killed):
        relink(desk.settings)
    audit(desk.store)
    monkeypatch.setattr(full_run, "write_looked", real)
    done = relink(desk.settings)
    assert (done.skipped, done.articles, done.changed) == (8, 12, 8), "the third part was written, but not noted"
    first = contents(desk.store)
    assert relink(desk.settings).changed == 0 and contents(desk.store) == first
    audit(desk.store)


def test_a_run_killed_before_its_clusters_are_placed_makes_them_good(desk: Desk, monkeypatch) -> None:
    story = "公告，一季度净利润172.45亿元，同比增长23.58%，营业收入322.96亿元，经营目标不变。"
    one = desk.post(1, "速递", f"绿能王{story}", "2022-05-30 10:30:00 +0800")
    two = desk.post(2, "快讯", f"翠能王{story}", "2022-05-30 11:30:00 +0800")
    desk.ingest()
    assert desk.cluster(one) == {one, two}, "nobody knows yet that these are two companies"
    meant = {"300750.SZ": "绿能王", "002594.SZ": "翠能王"}
    desk.store.put_names([Name(security, text, NameKind.NICKNAME, source="import") for security, text in meant.items()])

    def dying(*arguments):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(relinking, "cluster_again", dying)
        with pytest.raises(Killed):
            relink(desk.settings)
    assert relink(desk.settings).changed == 0
    assert desk.cluster(one) == {one} and desk.cluster(two) == {two}, "they name different companies now"
    audit(desk.store)


def test_other_names_in_between_make_a_killed_run_begin_anew(desk: Desk) -> None:
    many(desk, 3)
    desk.store.set_state(full_run.STATE, {"version": "of another time", "after": 1 << 60})
    assert relink(desk.settings).articles == 3


@pytest.mark.parametrize("moment", ["put_correction", "relink"])
def test_what_a_killed_correction_owes_is_made_good_by_the_next(desk: Desk, monkeypatch, moment: str) -> None:
    many(desk, 3)
    before = contents(desk.store)
    where, name = (Store, "put_correction") if moment == "put_correction" else (correcting, "relink_articles")

    def dying(*arguments, **more):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(where, name, dying)
        with pytest.raises(Killed):
            desk.say(Kind.WORD_MEANS, surface="绿能王", security="300750.SZ")
    assert len(desk.store.states("correction-owed/")) == 1 and contents(desk.store) == before
    settle(desk.store, desk.settings)
    assert desk.store.states("correction-owed/") == {}
    kept = corrections(desk.store)
    assert len(kept) == (0 if moment == "put_correction" else 1)
    assert all(desk.links(id) == {"600519.SH", *("300750.SZ" for _ in kept)} for id in before)


def test_a_process_killed_at_any_moment_ends_where_an_undisturbed_one_does(desk: Desk) -> None:
    """The real command, killed with signal 9 when its first part is done."""
    many(desk, 600)
    desk.say(Kind.TIME, article="em:202205302390000007", published="2022-06-01")
    desk.store.put_names([Name("300750.SZ", "绿能王", NameKind.NICKNAME, source="import")])
    command = [sys.executable, "-m", "newslink", "relink", "--store", desk.settings.store_url]
    environment = {**os.environ, "NEWSLINK_HOME": str(desk.settings.home)}
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(3000):
            if running.poll() is not None or (desk.store.state(full_run.STATE) or {}).get("after", -1) > 0:
                break
            time.sleep(0.02)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    audit(desk.store)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    audit(desk.store)
    assert all("300750.SZ" in desk.links(id) for id in contents(desk.store))
    assert subprocess.run([*command, "--json"], cwd=ROOT, env=environment, capture_output=True).stdout.count(b'"changed": 0') == 1
