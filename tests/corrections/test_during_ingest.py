"""What a person says while an ingest runs holds for articles before and after alike."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from newslink.articles import discover
from newslink.pipeline import ingest as ingesting
from newslink.pipeline.ingest import ingest_items
from newslink.pipeline.prepare import Prepare
from newslink.pipeline.relink import relink
from newslink.pipeline.statements import Kind
from tests.corrections.conftest import Desk
from tests.store.audit import audit

SPOKEN_AT = (0, 7, 12, 19)


@pytest.mark.parametrize("at", SPOKEN_AT)
def test_a_word_muted_and_one_explained_while_articles_arrive(desk: Desk, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr(ingesting, "BATCH", 4)
    ids = [desk.post(n, f"第{n}则", f"{n}：绿能王今日上涨。贵州茅台第{n}次公告。", f"2022-05-{10 + n % 15} 10:30:00 +0800") for n in range(1, 21)]

    def items() -> Iterator:
        for number, item in enumerate(discover([desk.folder])):
            if number == at:
                desk.say(Kind.MUTE_WORD, surface="贵州茅台")
                desk.say(Kind.WORD_MEANS, surface="绿能王", security="300750.SZ")
            yield item

    done = ingest_items(desk.store, Prepare.of(desk.settings, desk.store), items())
    assert (done.new, done.files) == (20, 20)
    assert {id: desk.links(id) for id in ids} == dict.fromkeys(ids, {"300750.SZ"})
    assert relink(desk.settings).changed == 0
    audit(desk.store)


def test_a_correction_between_working_and_storing_is_not_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst moment: every part has been linked with the old names when the word is said, and is stored after it."""
    put = type(desk.store).put
    said = []

    def late(store, *arguments):
        if not said:
            said.append(desk.say(Kind.MUTE_WORD, surface="贵州茅台"))
        return put(store, *arguments)

    monkeypatch.setattr(type(desk.store), "put", late)
    id = desk.post(1, "第一则", "贵州茅台公告。")
    desk.ingest()
    assert said
    assert desk.links(id) == set()


def test_work_sent_elsewhere_is_the_work_of_that_moment(desk: Desk) -> None:
    work = ingesting._Latest(Prepare(str(desk.settings.home), desk.settings.store_url, "1"))
    sent = pickle.loads(pickle.dumps(work))
    work.prepare = Prepare(str(desk.settings.home), desk.settings.store_url, "2")
    assert sent([])[0] == "1"
    assert work([])[0] == "2"
