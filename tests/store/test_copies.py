"""Signatures, clusters and their heads."""

from __future__ import annotations

import random
from datetime import date, datetime

from newslink.model import Entry, Filter, Rejection
from newslink.store import Draft, Membership, Signature, SignatureDraft, Store, Update, draft_of, pack_bands
from tests.store.audit import audit
from tests.store.make import BEIJING, article, edited, ingest, link, linked, random_articles


def test_signatures_are_found_by_any_band_they_share(store: Store) -> None:
    store.put([linked(article(id)) for id in "abc"])
    assert sorted(store.unsigned()) == ["a", "b", "c"]
    store.put_signatures([Signature("a", (1, 2), b"A"), Signature("b", (2, -(1 << 63)), b"B"), Signature("gone", (1,), b"G")])
    assert list(store.unsigned()) == ["c"]
    assert {(s.article, s.data) for s in store.sharing_bands([2, 77])} == {("a", b"A"), ("b", b"B")}
    assert [s.article for s in store.sharing_bands([-(1 << 63)])] == ["b"]
    assert store.sharing_bands([]) == []
    assert [s.data for s in store.signatures(["b", "c", "gone"])] == [b"B"]
    store.put_signatures([Signature("a", (9,), b"A2")])
    assert store.sharing_bands([1]) == []
    audit(store)


def prepared(id: str, bands: tuple[int, ...], data: bytes, **more) -> Draft:
    return draft_of(linked(article(id, **more)), SignatureDraft(pack_bands(bands), data))


def test_a_signature_put_with_its_article_is_found_once_it_was_looked_at(store: Store) -> None:
    store.put([prepared("a", (3, 1, 3), b"A"), prepared("b", (1,), b"B"), linked(article("c"))])
    assert sorted(store.unsigned()) == ["a", "b", "c"]
    assert store.sharing_bands([1]) == store.signatures("abc") == []
    assert {id: s.data for id, s in store.unsigned().items() if s} == {"a": b"A", "b": b"B"}
    audit(store)
    store.put_memberships([Membership("a", "a"), Membership("b", "a")], [store.unsigned()["a"]])
    assert sorted(store.unsigned()) == ["b", "c"]
    assert [s.article for s in store.sharing_bands([1, 3])] == ["a"]
    assert [s.article for s in store.signatures("abc")] == ["a"] and [id for id, s in store.unsigned().items() if s] == ["b"]
    audit(store)


def test_what_changed_meanwhile_is_not_taken_for_looked_at(store: Store) -> None:
    store.put([prepared(id, (1,), b"old") for id in "abc"])
    seen = list(store.unsigned().values())
    store.put([draft_of(linked(edited(article("a"), title="另一个标题")), SignatureDraft(pack_bands([2]), b"new"))])
    store.put_links([Entry(article("b"), (link("NIO.US"),), (None,))])
    assert {id: s.data for id, s in store.unsigned().items() if s} == {"a": b"new", "c": b"old"}, "other links name other companies"
    store.put_memberships([], seen)
    assert sorted(store.unsigned()) == ["a", "b"]
    assert [s.article for s in store.sharing_bands([1, 2])] == ["c"]
    audit(store)


def test_signatures_of_far_apart_days_are_found_without_a_window(store: Store) -> None:
    days = {f"y{year}": datetime(year, 5, 9, 10, tzinfo=BEIJING) for year in (1970, 1995, 2024, 2060)}
    store.put([prepared(id, (-7,), b"x", published=when) for id, when in days.items()])
    store.put_memberships([], list(store.unsigned().values()))
    assert [s.article for s in store.sharing_bands([-7])] == ["y2060", "y2024", "y1995", "y1970"]
    assert [s.article for s in store.sharing_bands([-7], date(1990, 1, 1), date(2024, 5, 9))] == ["y2024", "y1995"]
    assert store.sharing_bands([-7], date(2000, 1, 1), date(2001, 1, 1)) == []


def test_an_edited_article_loses_its_signature_and_its_place(store: Store) -> None:
    articles = [article(id) for id in "abc"]
    store.put([linked(a) for a in articles])
    store.put_signatures([Signature(id, (1,), b"x") for id in "abc"])
    store.put_memberships([Membership(id, "a", 0.9, 0.1) for id in "abc"])
    assert store.page(Filter(fold_copies=True)).total == 1
    ingest(store, [edited(articles[1], body="另一个故事")])
    assert list(store.unsigned()) == ["b"]
    assert {m.article for m in store.cluster_of("a")} == {"a", "c"}
    assert store.page(Filter(fold_copies=True)).total == 2
    audit(store)


def test_when_the_head_goes_the_earliest_left_becomes_head(store: Store) -> None:
    when = article("x").published
    store.put([linked(article(id, published=when.replace(hour=h))) for id, h in (("a", 9), ("b", 10), ("c", 11))])
    store.put_memberships([Membership("a", "a"), Membership("b", "a", 0.9, 0.1), Membership("c", "a", 0.8, 0.2)])
    assert [m.article for m in store.cluster_of("c")] == ["a", "b", "c"]
    ingest(store, [Rejection("/posts/a.md", "gone", 1, "f9")])
    assert [(m.article, m.head) for m in store.cluster_of("c")] == [("b", "b"), ("c", "b")]
    audit(store)
    ingest(store, [Rejection("/posts/b.md", "gone", 1, "f9")])
    assert store.cluster_of("c") == []
    assert store.page(Filter(fold_copies=True)).total == 1
    audit(store)


def test_two_clusters_become_one_when_a_head_joins_another(store: Store) -> None:
    store.put([linked(article(id)) for id in "abcd"])
    store.put_memberships([Membership("a", "a"), Membership("b", "a", 0.9, 0.1), Membership("c", "c"), Membership("d", "c", 0.9, 0.1)])
    store.put_memberships([Membership("c", "a", 0.7, 0.3)])
    assert {m.article for m in store.cluster_of("d")} == {"a", "b", "c", "d"}
    assert list(store.rows(Filter(fold_copies=True))["article"]) == ["a"]
    assert set(store.rows(Filter())["cluster"]) == {"a"} and set(store.rows(Filter())["cluster_size"]) == {4}
    audit(store)


def test_counts_stay_right_under_any_sequence(store: Store) -> None:
    draw = random.Random(1)
    given = list({a.id: a for a in random_articles(41, 60)}.values())
    ingest(store, given)
    for step in range(40):
        if draw.random() < 0.6:
            head = draw.choice(given).id
            store.put_memberships([Membership(draw.choice(given).id, head, draw.random(), draw.random()) for _ in range(3)])
        else:
            ingest(store, [edited(draw.choice(given), body=f"改写{step}", fingerprint=f"s{step}")])
        if step % 8 == 7:
            audit(store)


def test_bands_may_be_asked_for_within_dates(store: Store) -> None:
    days = {"old": 1, "near": 10, "edge": 12, "late": 20}
    store.put([linked(article(id, published=datetime(2024, 5, day, 23, 59, tzinfo=BEIJING))) for id, day in days.items()])
    store.put([linked(article("timeless", published=None))])
    store.put_signatures([Signature(id, (1,), b"x") for id in (*days, "timeless")])
    found = store.sharing_bands([1], date(2024, 5, 9), date(2024, 5, 12))
    assert [s.article for s in found] == ["edge", "near", "timeless"]
    assert len(store.sharing_bands([1])) == 5
    assert [s.article for s in store.sharing_bands([1], date(2024, 5, 9), date(2024, 5, 12), limit=1)] == ["edge"]


def test_an_update_is_kept_until_the_next_word_about_it(store: Store) -> None:
    store.put([linked(article(id)) for id in "abcd"])
    store.put_memberships([Membership("b", "b", 1.0, 0.3, "a", update=True), Membership("c", "a", 0.9, 0.1, "a"), Membership("d", "b", 0.8, 0.2, "b")])
    assert store.updates(["a"]) == store.updates(["b"]) == [Update("b", "a", 0.3)]
    assert store.updates(["c", "d"]) == []
    assert [(m.article, m.head, m.earlier, m.update) for m in store.cluster_of("d")] == [("b", "b", "a", True), ("d", "b", "b", False)]
    members, updates = store.clusters_of(["c", "d", "gone"])
    assert updates == [] and sorted(members, key=repr) == sorted(store.cluster_of("a") + store.cluster_of("b"), key=repr)
    audit(store)
    store.put([linked(edited(article("a"), title="五粮液"))])  # the earlier one is another story now
    assert store.updates(["b"]) == []
    assert [m.earlier for m in store.clusters_of(["d"])[0]] == ["", "b"]
    store.put_memberships([Membership("d", "d", 1.0, 0.4, "b", update=True)])
    assert store.updates(["d"]) == [Update("d", "b", 0.4)]
    assert store.clusters_of(["b", "d"]) == ([], [Update("d", "b", 0.4)]), "in no cluster, so it is not told with the members"
    store.put_memberships([Membership("d", "b", 0.9, 0.1, "b")])
    assert store.updates(["d"]) == []
    audit(store)
