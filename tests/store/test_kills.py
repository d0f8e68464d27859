"""kill -9 at many moments, two ingests at once, readers beside a writer: the content is that of an undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import pytest

from newslink.model import Filter, Rejection
from newslink.store import Store, open_store
from tests.store.audit import audit
from tests.store.dying import begun, counted, dies, outcome
from tests.store.make import article, content, edited, ingest, linked, random_articles

POINTS = {"sqlite": 60, "postgresql": 15}


class Undone(Exception):
    """The writer changes its mind."""


def history(seed: int) -> list[list]:
    """A first reading, then one with edits: other texts, other articles, items that can no longer be read and such as can again."""
    draw = random.Random(seed)
    first: list = [*random_articles(seed, 40), *(Rejection(f"/posts/bad{n}.md", "no front matter", 1, f"b{n}") for n in range(3))]
    second = []
    for one in first:
        what = draw.random()
        if isinstance(one, Rejection):
            second.append(article("em:1", locator=one.locator, fingerprint="good") if what < 0.5 else one)
        elif what < 0.25:
            second.append(edited(one, title="五粮液业绩预增"))
        elif what < 0.35:
            second.append(edited(one, id=f"em:{draw.randrange(40)}"))
        elif what < 0.4:
            second.append(Rejection(one.origins[0].locator, "cut off", 1, "cut"))
        else:
            second.append(one)
    return [first, second]


def told(url: str, readings: list[list], batch: int = 6) -> None:
    with open_store(url) as store:
        for items in readings:
            ingest(store, items, batch)


def held(url: str) -> dict:
    with open_store(url) as store:
        audit(store)
        return content(store)


def kind_of(url: str) -> str:
    return url.partition("+")[0].partition(":")[0]


def test_killed_at_any_statement_and_run_again(url: str, place_for: Callable[[], str]) -> None:
    readings = history(1)
    requests = counted(lambda: told(url, readings))
    wanted = held(url)
    points = POINTS[kind_of(url)]
    assert requests > points
    for number in range(points):
        place = place_for()
        assert dies(lambda place=place: told(place, readings), 1 + number * requests // points)
        told(place, readings)
        assert held(place) == wanted, f"killed before request {1 + number * requests // points} of {requests}"


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_until_it_is_through(url: str, place_for: Callable[[], str], seed: int) -> None:
    readings = history(seed)
    told(url, readings)
    place, draw, kills = place_for(), random.Random(seed), 0
    # The second reading begins when the first is through, as two runs of a command do.
    for items in readings:
        while dies(lambda items=items: told(place, [items], 3), draw.randrange(60, 220)):
            kills += 1
            assert kills < 200
    assert kills >= 3
    assert held(place) == held(url)


def test_killed_from_outside_at_moments_of_no_choosing(url: str, place_for: Callable[[], str]) -> None:
    readings = history(3)
    began = time.monotonic()
    told(url, readings)
    lasted, wanted, draw, place, kills = time.monotonic() - began, held(url), random.Random(3), place_for(), 0
    for _ in range(12):
        child = begun(lambda: told(place, readings, 3))
        time.sleep(draw.uniform(0, lasted))
        os.kill(child, signal.SIGKILL)
        kills += outcome(child)
    told(place, readings)
    assert kills
    assert held(place) == wanted


def test_two_ingests_at_once_end_where_one_does(url: str, place_for: Callable[[], str]) -> None:
    items = history(4)[0]
    told(url, [items])
    for seed in range(3):
        orders = [random.Random(seed * 2 + n).sample(items, len(items)) for n in range(2)]
        place = place_for()
        with open_store(place):
            pass
        children = [begun(lambda order=order, place=place: told(place, [order], 3)) for order in orders]
        assert [outcome(child) for child in children] == [False, False]
        assert held(place) == held(url)


def test_of_two_ingests_one_is_killed(url: str, place_for: Callable[[], str]) -> None:
    items = history(5)[0]
    told(url, [items])
    requests = counted(lambda: told(place_for(), [items]))
    died = 0
    for share in (2, 4, 16):
        place = place_for()
        with open_store(place):
            pass
        other = begun(lambda place=place: told(place, [items[::-1]], 3))
        # The more the other has stored by then, the less there is to ask for: it may end before it is to die, but not every time.
        died += dies(lambda place=place: told(place, [items]), requests // share)
        assert not outcome(other)
        told(place, [items])
        assert held(place) == held(url)
    assert died


def test_readers_see_the_last_commit_while_a_writer_is_at_work(store: Store, reopened: Callable[[], Store]) -> None:
    store.put([linked(article(f"a{n}")) for n in range(5)])
    other, before = reopened(), content(store)
    done: list[bool] = []

    def read() -> None:
        for one in (store, other):
            assert content(one) == before
            assert one.page(Filter(keyword="减持")).total == 5
            assert [len(part) for part in one.stream_rows(Filter())] == [5]
        done.append(True)

    with pytest.raises(Undone), store.database.write() as writer:
        writer.run("DELETE FROM link")
        writer.run("UPDATE article SET title = 'half written'")
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(60)
        raise Undone
    assert done, "a reader waited for the writer"
    assert content(store) == before


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store) -> None:
    store.put([linked(article(f"a{n}")) for n in range(30)])
    stream = store.stream_rows(Filter(), size=10)
    seen = [len(next(stream))]
    writer = threading.Thread(target=lambda: store.put([linked(article(f"b{n}")) for n in range(30)]))
    writer.start()
    writer.join(60)
    assert not writer.is_alive()
    seen += [len(part) for part in stream]
    assert sum(seen) == 30
    assert store.counts().ingested == 60
