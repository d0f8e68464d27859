"""Articles in: counts, twins, edits and rejections, whatever the order, on both back ends."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest

from newslink.errors import StoreError
from newslink.model import Article, Entry, Filter, Precision, Rejection
from newslink.store import PutCounts, Store
from tests.store.audit import audit
from tests.store.make import BEIJING, article, content, edited, entry, ingest, link, linked, random_articles, standing


def test_an_article_comes_back_as_it_went_in(store: Store) -> None:
    given = random_articles(1, 60)
    ingest(store, given)
    by_locator = {a.origins[0].locator: a for a in given}
    stored = store.origins_of({a.id for a in given})
    assert {a.origins[0].locator: a for several in stored.values() for a in several} == by_locator


def test_links_and_standings_come_back_as_they_went_in(store: Store) -> None:
    one = Entry(article("a"), (link(), link("NIO.US", 0.4)), (standing(provisional=True), standing(date_only=True)), ("减持", "回购"))
    store.put([one, entry(article("b", published=None))])
    assert store.article("a") == one
    assert store.article("b").standings == (None,)
    assert store.article("c") is None


def test_putting_the_same_again_changes_nothing(store: Store) -> None:
    entries = [linked(article(str(n))) for n in range(5)]
    bad = [Rejection("/posts/bad.md", "no front matter", 1, "f9")]
    assert store.put(entries, bad) == PutCounts(new=5, rejected=1)
    before = content(store)
    assert store.put(entries, bad) == PutCounts(unchanged=5, rejected=1)
    assert content(store) == before
    audit(store)


def test_known_tells_fingerprints_of_articles_and_rejections(store: Store) -> None:
    store.put([linked(article("a"))], [Rejection("/posts/bad.md", "no front matter", 3, "f9")])
    assert store.known(["/posts/a.md", "/posts/bad.md", "/posts/none.md"]) == {"/posts/a.md": "f0", "/posts/bad.md": "f9"}
    assert store.rejected_of(["/posts/a.md", "/posts/bad.md"]) == {"/posts/bad.md": Rejection("/posts/bad.md", "no front matter", 3, "f9")}


def test_known_takes_more_locators_than_a_statement_has_parameters(store: Store) -> None:
    store.put([linked(article("a"))])
    assert store.known([f"/posts/{n}.md" for n in range(40_000)] + ["/posts/a.md"]) == {"/posts/a.md": "f0"}


def test_an_edited_item_updates_its_article_everywhere(store: Store) -> None:
    old = article("a", title="贵州茅台拟减持", body="减持公告")
    store.put([linked(old)])
    new = edited(old, title="五粮液业绩预增", body="业绩公告", published=old.published + timedelta(days=3))
    assert store.put([linked(new)]) == PutCounts(updated=1)
    assert store.article("a").article == new
    assert len(store.rows(Filter(securities=("600519.SH",)))) == 0
    assert list(store.rows(Filter(securities=("000858.SZ",)))["title"]) == ["五粮液业绩预增"]
    assert store.page(Filter(keyword="减持")).total == 0
    assert store.page(Filter(keyword="业绩")).total == 1
    assert store.tags() == (("业绩", 1),)
    audit(store)


def test_a_second_origin_makes_one_article_with_two(store: Store) -> None:
    first, second = article("a", body="短"), article("a", body="长一些的正文", locator="/posts/NW-a.md", fingerprint="f1")
    assert ingest(store, [first]) == {"new": 1, "unchanged": 0, "updated": 0, "duplicates": 0, "rejected": 0}
    assert ingest(store, [second])["duplicates"] == 1
    assert {o.locator for o in store.article("a").article.origins} == {"/posts/a.md", "/posts/NW-a.md"}
    assert store.counts().ingested == 1
    assert ingest(store, [first, second])["unchanged"] == 2
    audit(store)


def test_twins_in_one_batch_are_one_new_and_one_duplicate(store: Store) -> None:
    counts = ingest(store, [article("a"), article("a", locator="/posts/NW-a.md")])
    assert (counts["new"], counts["duplicates"]) == (1, 1)
    audit(store)


def test_a_writer_that_did_not_see_the_other_origin_is_told_and_writes_nothing(store: Store) -> None:
    store.put([linked(article("a", title="甲公司公告"))])
    blind = linked(article("a", title="乙公司公告", locator="/posts/NW-a.md"))
    assert store.put([blind]) == PutCounts(stale=("a",))
    assert store.article("a").article.title == "甲公司公告"
    assert store.known(["/posts/NW-a.md"]) == {}
    audit(store)


def test_a_writer_with_an_outdated_view_of_the_other_origin_is_told(store: Store) -> None:
    first, second = article("a"), article("a", locator="/posts/NW-a.md")
    store.put([linked(first)])
    seen = store.origins_of(["a"])["a"]
    store.put([linked(edited(first, body="新的正文"))])  # another process, meanwhile
    merged = linked(Article(**{**_fields(first), "origins": seen[0].origins + second.origins}))
    assert store.put([merged], own=[second]).stale == ("a",)
    assert ingest(store, [second])["duplicates"] == 1
    audit(store)


def _fields(of: Article) -> dict:
    return {name: getattr(of, name) for name in Article.__dataclass_fields__}


def test_an_edit_that_makes_another_article_of_an_item_moves_its_origin(store: Store) -> None:
    old = article("a")
    ingest(store, [old])
    assert ingest(store, [edited(old, id="b")])["updated"] == 1
    assert store.article("a") is None
    assert store.article("b").article.origins[0].locator == "/posts/a.md"
    assert store.counts().ingested == 1
    audit(store)


def test_the_article_that_loses_one_of_two_origins_is_merged_again(store: Store) -> None:
    first, second = article("a", body="短"), article("a", body="长一些的正文，业绩", locator="/posts/NW-a.md")
    ingest(store, [first, second])
    assert store.put([linked(edited(second, id="b"))]).unsettled == ("a",)
    assert store.unsettled() == ["a"]
    ingest(store, [])
    assert store.unsettled() == []
    assert store.article("a").article == first
    assert store.page(Filter(keyword="业绩")).total == 1
    audit(store)


def test_an_item_that_can_no_longer_be_read_takes_its_article_along_and_comes_back(store: Store) -> None:
    good = article("a")
    ingest(store, [good])
    ingest(store, [Rejection("/posts/a.md", "cut off", 1, "f1")])
    assert store.article("a") is None
    assert (store.counts().linked, store.counts().rejected) == (0, 1)
    ingest(store, [good])
    assert store.article("a").article == good
    assert store.counts().rejected == 0
    audit(store)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_any_batches_give_the_same_content(store: Store, another_store, seed: int) -> None:
    given = random_articles(seed, 80)
    bad: list = [Rejection(f"/posts/bad{n}.md", "no front matter", 1, f"b{n}") for n in range(5)]
    ingest(store, [*given, *bad], batch=9)
    shuffled = [*given, *bad]
    random.Random(seed).shuffle(shuffled)
    other = another_store()
    counts = ingest(other, shuffled, batch=random.Random(seed).randrange(1, 40))
    assert counts["new"] + counts["duplicates"] + counts["rejected"] == len(shuffled)
    assert content(other) == content(store)
    audit(store)
    audit(other)


@pytest.mark.parametrize("seed", range(3))
def test_a_history_of_edits_ends_where_a_fresh_ingest_does(store: Store, another_store, seed: int) -> None:
    draw = random.Random(seed)
    now = {a.origins[0].locator: a for a in random_articles(seed, 40)}
    ingest(store, now.values())
    for step in range(60):
        locator = draw.choice(list(now))
        what = draw.choice(["text", "id", "time", "bad"])
        base = now[locator] if isinstance(now[locator], Article) else article(f"em:{draw.randrange(40)}", locator=locator)
        mark = f"s{step}"
        if what == "bad":
            now[locator] = Rejection(locator, "cut off", 1, mark)
        elif what == "text":
            now[locator] = edited(base, fingerprint=mark, title=draw.choice(["五粮液业绩", "贵州茅台回购", "天气"]))
        elif what == "id":
            now[locator] = edited(base, fingerprint=mark, id=f"em:{draw.randrange(40)}")
        else:
            when = datetime(2023, 1, 1, tzinfo=BEIJING) + timedelta(hours=draw.randrange(9000))
            now[locator] = edited(base, fingerprint=mark, published=when, precision=Precision.SECOND)
        ingest(store, [now[locator]])
        if step % 20 == 19:
            audit(store)
    fresh = another_store()
    ingest(fresh, now.values())
    assert content(store) == content(fresh)


def test_thousands_of_articles_of_one_moment_keep_apart_and_keep_their_day(store: Store) -> None:
    midnight = datetime(2024, 5, 6, tzinfo=BEIJING)
    given = [article(f"d{n}", "无名", "", midnight, precision=Precision.DAY) for n in range(5000)]
    for at in range(0, 5000, 1250):
        store.put([entry(a, []) for a in given[at : at + 1250]])
    assert store.page(Filter(start=date(2024, 5, 6), end=date(2024, 5, 6))).total == 5000
    assert store.page(Filter(start=date(2024, 5, 7))).total == 0
    assert store.page(Filter(end=date(2024, 5, 5))).total == 0


def test_hostile_text_is_stored_and_found(store: Store) -> None:
    nasty = article(
        "n\ud800", "标题\x00\udfff'; DROP TABLE article; --", "正文\x00\ud800 業績 <script>", locator="/posts/\udcff.md", source="\x00"
    )
    store.put([entry(nasty)], [Rejection("/posts/\udcfe.md", "bad \ud800 bytes", None, "f1")])
    assert store.known(["/posts/\udcff.md", "/posts/\udcfe.md"]) == {"/posts/\udcff.md": "f0", f"/posts/{chr(0xDCFE)}.md": "f1"}
    page = store.page(Filter(keyword="業績"))
    assert page.total == 1 and len(page.rows["title"].iloc[0]) == len(nasty.title)
    audit(store)


def test_a_naive_time_is_refused_and_nothing_is_written(store: Store) -> None:
    with pytest.raises(StoreError, match="zone"):
        store.put([entry(article("a")), Entry(article("b", published=datetime(2024, 1, 1)))])
    assert store.counts().ingested == 0


def test_two_links_to_one_security_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="two links"):
        store.put([entry(article("a"), [link(), link()])])


def test_relinking_replaces_links_and_keeps_the_article(store: Store) -> None:
    ingest(store, random_articles(3, 50))
    before = {e.article.id: e.article for _, e in store.articles()}
    parts = store.article_parts(7)
    assert sum(len(store.articles_between(*part)) for part in parts) == len(before)
    for part in parts:
        assert store.put_links([entry(e.article, [link("NIO.US")]) for e in store.articles_between(*part)]) == ()
        audit(store)
    assert {e.article.id: e.article for _, e in store.articles()} == before
    assert len(store.rows(Filter(securities=("NIO.US",)))) == len(before)
    assert store.counts().unlinked == 0


def test_relinking_passes_over_an_article_that_changed_meanwhile(store: Store) -> None:
    old = article("a")
    store.put([linked(old)])
    seen = store.article("a")
    store.put([linked(edited(old, body="新的正文"))])
    assert store.put_links([entry(seen.article, [link("NIO.US")]), entry(article("gone"))]) == ("a", "gone")
    assert len(store.rows(Filter(securities=("NIO.US",)))) == 0
