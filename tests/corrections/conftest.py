"""A desk over a real store with a short list of securities, so that a linker is built in milliseconds; posts are really ingested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from newslink.model import Filter, Kind, Name, NameKind, Security
from newslink.pipeline import linking
from newslink.pipeline.corrections import Applied, correct, undo
from newslink.pipeline.ingest import Summary, ingest
from newslink.pipeline.statements import Kind as Said
from newslink.pipeline.statements import Statement
from newslink.settings import Settings
from newslink.store import Store, open_store

SECURITIES = [
    Security("600519.SH", "贵州茅台"), Security("000858.SZ", "五粮液"), Security("300750.SZ", "宁德时代"), Security("002594.SZ", "比亚迪"),
    Security("01211.HK", "比亚迪股份", Kind.STOCK, "002594.SZ"), Security("600887.SH", "伊利股份"), Security("300268.SZ", "佳沃食品"),
]  # fmt: skip
NAMES = [Name(one.id, one.name, NameKind.SHORT, source="test") for one in SECURITIES]
POST = "---\nlayout: post\ntitle: \"{title}\"\ndate: {date}\ncategories: emnews\ntags: 东财滚动新闻\n---\n{body}\n"


@pytest.fixture(autouse=True)
def short_list(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(linking, "bundled", lambda: (SECURITIES, NAMES))
    linking._built.cache_clear()
    yield
    linking._built.cache_clear()


@dataclass
class Desk:
    settings: Settings
    store: Store
    folder: Path

    def post(self, number: int, title: str, body: str, date: str = "2022-05-30 10:30:00 +0800", name: str = "") -> str:
        """Write a post; returns the id its article will have."""
        self.folder.mkdir(parents=True, exist_ok=True)
        publisher = f"20220530239{number:07d}"
        path = self.folder / f"2022-05-30-{name}{publisher}.md"
        path.write_text(POST.format(title=title, date=date, body=body), encoding="utf-8")
        return f"em:{publisher}"

    def ingest(self) -> Summary:
        return ingest([self.folder], self.settings)

    def say(self, kind: Said, **fields) -> Applied:
        return correct(self.store, self.settings, Statement(kind, **fields), "tester")

    def undo(self, done: Applied) -> Applied:
        return undo(self.store, self.settings, done.id)

    def links(self, article: str) -> set[str]:
        return {link.security for link in self.store.article(article).links if link.confidence >= 0.5}

    def cluster(self, article: str) -> set[str]:
        return {member.article for member in self.store.cluster_of(article)} or {article}

    def session(self, article: str, security: str) -> str:
        rows = self.store.rows(Filter(securities=(security,)))
        return str(rows.loc[rows["article"] == article, "session"].iloc[0].date())


@pytest.fixture
def desk(tmp_path: Path):
    settings = Settings(tmp_path / "home", f"sqlite:///{tmp_path}/store/newslink.db")
    with open_store(settings.store_url) as store:
        yield Desk(settings, store, tmp_path / "posts")


def contents(store: Store) -> dict:
    """Everything a reader can see of the articles, in a form that two stores are compared by."""
    out = {}
    for _, entry in store.articles():
        head = next((member.head for member in store.cluster_of(entry.article.id)), entry.article.id)
        others = {member.article for member in store.cluster_of(entry.article.id)} - {entry.article.id}
        out[entry.article.id] = (entry, head if others else entry.article.id, others)
    return out
