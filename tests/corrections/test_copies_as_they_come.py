"""Copies and updates in the store, whatever the order and the pieces in which articles come."""

from __future__ import annotations

import random
import time
from collections import defaultdict

import pytest

from newslink.articles import discover, place, signature
from newslink.pipeline import clusters as clustering
from newslink.pipeline import ingest as ingesting
from newslink.pipeline.ingest import ingest_items
from newslink.pipeline.prepare import Prepare
from newslink.store import open_store
from tests.corrections.conftest import Desk
from tests.store.audit import audit

STORY = (
    "宁德时代今日晚间公告，公司一季度实现营业收入{income}亿元，同比增长{growth}%，净利润{profit}亿元，经营活动现金流量净额{cash}亿元，"
    "动力电池装机量继续保持行业第一。"
)


def stories(desk: Desk, seed: int) -> None:
    """Stories of three companies, reposted within the hour, told on with other numbers, and bulletins of other days."""
    draw = random.Random(seed)
    number = 0
    for company in ("宁德时代", "比亚迪", "五粮液"):
        for day in (3, 5, 17):
            income, growth = draw.randrange(100, 999) + 0.37, draw.randrange(10, 99) + 0.21
            text = STORY.replace("宁德时代", company).format(income=income, growth=growth, profit=88.12, cash=61.77)
            for repost in range(draw.randrange(1, 4)):
                number += 1
                desk.post(number, f"{company}一季报", text + "（编辑）" * repost, f"2022-05-{day:02d} 20:{10 + repost}:00 +0800")
            number += 1
            desk.post(number, f"{company}一季报", text.replace("88.12", f"{draw.randrange(90, 99)}.55"), f"2022-05-{day:02d} 21:30:00 +0800")


def told(store) -> tuple[dict, list]:
    """(head → members with what is recorded of each, updates)."""
    out = defaultdict(set)
    ids = [e.article.id for _, e in store.articles()]
    for member in store.clusters_of(ids)[0]:
        out[member.head].add((member.article, round(member.novelty, 6), member.earlier))
    return dict(out), sorted(store.updates(ids), key=repr)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_pieces_give_the_clusters_and_updates_of_all_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    stories(desk, seed)
    desk.ingest()
    wanted, updates = told(desk.store)
    audit(desk.store)
    entries = [e for _, e in desk.store.articles()]
    at_once = place([signature(e.article, [k.security for k in e.links if k.confidence >= 0.5]) for e in entries])
    assert {p.article for p in at_once if p.kind == "copy"} == {a for head, group in wanted.items() for a, *_ in group if a != head}
    assert {(p.article, p.earlier) for p in at_once if p.kind == "update"} == {(u.article, u.earlier) for u in updates}
    assert wanted and updates

    draw = random.Random(seed)
    items = list(discover([desk.folder]))
    draw.shuffle(items)
    monkeypatch.setattr(ingesting, "BATCH", 5)
    monkeypatch.setattr(ingesting, "CLUSTERED", draw.choice([1, 7]))
    monkeypatch.setattr(clustering, "PART", draw.choice([1, 3]))
    url = f"{desk.settings.store_url}.other"
    with open_store(url) as other:
        ingest_items(other, Prepare.of(desk.settings, other, url), items)
        assert told(other) == (wanted, updates)
        audit(other)


def test_an_update_that_is_edited_into_a_copy_is_one(desk: Desk) -> None:
    text = STORY.format(income=487.37, growth=15.21, profit=88.12, cash=61.77)
    first = desk.post(1, "宁德时代一季报", text, "2022-05-03 20:00:00 +0800")
    second = desk.post(2, "宁德时代一季报", text.replace("88.12", "93.55"), "2022-05-03 21:00:00 +0800")
    desk.ingest()
    assert [(u.article, u.earlier) for u in desk.store.updates([first])] == [(second, first)]
    assert desk.cluster(second) == {second}
    desk.post(2, "宁德时代一季报", text, "2022-05-03 21:00:00 +0800")
    desk.ingest()
    assert desk.store.updates([first]) == []
    assert desk.cluster(second) == {first, second}
    audit(desk.store)


def test_a_flood_of_one_text_is_one_cluster(desk: Desk) -> None:
    """Fifteen hundred items that say the same, with a word of their own each; comparing all with all would be a million comparisons."""
    text = STORY.format(income=487.37, growth=15.21, profit=88.12, cash=61.77)
    for n in range(1, 1501):
        desk.post(n, "宁德时代一季报", f"{text}第{chr(0x4E00 + n)}位读者来电。", f"2022-05-03 {8 + n // 300:02d}:{n // 6 % 60:02d}:{n % 6 * 10:02d} +0800")
    began = time.process_time()
    desk.ingest()
    print(f"{time.process_time() - began:.1f} s")
    heads = {m.head for m in desk.store.clusters_of([e.article.id for _, e in desk.store.articles()])[0]}
    assert len(heads) == 1
    assert len(desk.cluster(heads.pop())) == 1500
    audit(desk.store)
