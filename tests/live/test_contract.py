"""The contract every source keeps, run against each kind: folder, git repository, loopback servers, a pipe, a played-back fake."""

from __future__ import annotations

import http.server
import io
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from newslink.articles import parse
from newslink.articles.feeds import FeedSource
from newslink.articles.live import WIRES, NoticeSource, StockNewsSource, WireSource
from newslink.articles.source import Poll, Source, Tools
from newslink.articles.sources import SOURCES, FakeSource
from newslink.articles.sources_files import FolderSource, LinesSource
from newslink.articles.sources_git import GitSource
from newslink.errors import SourceError
from newslink.model import Article

POST = """---
layout: post
title: "{title}"
date: 2022-05-27 17:47:41 +0800
categories: emnews
tags: 东财滚动新闻
---
> {title}。

<p>{title}。</p>
"""


@dataclass
class Case:
    """source: holding two items at first. add: makes a third appear. breaks: makes the next poll fail."""

    source: Source
    add: Callable[[], None]
    breaks: Callable[[], None]


def rss(titles: list[str]) -> bytes:
    entries = "".join(
        f"<item><title>{title}</title><guid>https://example.com/{number}</guid><link>https://example.com/{number}</link>"
        f"<pubDate>Fri, 27 May 2022 09:47:41 GMT</pubDate><description>{title}。</description></item>"
        for number, title in enumerate(titles)
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>示例</title>{entries}</channel></rss>'.encode()


class FeedServer:
    def __init__(self) -> None:
        self.titles, self.status, self.asked = ["标题零", "标题一"], 200, 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                tag = f'"{len(server.titles)}"'
                fresh = self.headers.get("If-None-Match") != tag
                body = rss(server.titles) if server.status == 200 and fresh else b""
                self.send_response(304 if server.status == 200 and not fresh else server.status)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/feed.xml"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def write_posts(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"2022-05-27-20220527900000000{number}.md").write_text(POST.format(title=f"标题{number}"), encoding="utf-8")


def row(number: int) -> dict[str, str]:
    return {"id": f"x:{number}", "title": f"标题{number}", "text": f"正文{number}。", "published": "2022-05-27 17:47:41"}


@pytest.fixture(params=sorted([*SOURCES, "akshare-news", "akshare-notices"]))
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield from {
        "rss": feed_case, "folder": folder_case, "git": git_case, "stdin": lines_case, "fake": fake_case,
        "akshare": wire_case, "akshare-news": news_case, "akshare-notices": notices_case,
    }[request.param](tmp_path)  # fmt: skip


def feed_case(tmp_path: Path) -> Iterator[Case]:
    server = FeedServer()
    yield Case(
        FeedSource("订阅", server.url, allow=["127.0.0.1"]), lambda: server.titles.append("标题二"), lambda: setattr(server, "status", 503)
    )
    server.close()


def folder_case(tmp_path: Path) -> Iterator[Case]:
    folder = tmp_path / "posts"
    write_posts(folder, 0, 1)
    yield Case(
        FolderSource("文件夹", folder, settled=0.0), lambda: write_posts(folder / "more", 2), lambda: folder.rename(tmp_path / "gone")
    )


def git_case(tmp_path: Path) -> Iterator[Case]:
    repository = tmp_path / "repository"
    write_posts(repository / "_posts", 0, 1)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "two posts")

    def add() -> None:
        write_posts(repository / "_posts", 2)
        git(repository, "add", ".")
        git(repository, "commit", "--quiet", "-m", "a third")

    yield Case(GitSource("仓库", str(repository), tmp_path / "home"), add, lambda: repository.rename(tmp_path / "gone"))


def lines_case(tmp_path: Path) -> Iterator[Case]:
    import os

    reading, writing = os.pipe()
    stream = os.fdopen(writing, "wb", buffering=0)
    stream.write(b"".join(json.dumps(row(number)).encode() + b"\n" for number in (0, 1)))
    time.sleep(0.05)
    yield Case(
        LinesSource("管道", os.fdopen(reading, "rb")), lambda: stream.write(json.dumps(row(2)).encode() + b"\n") and None, lambda: None
    )
    stream.close()


def fake_case(tmp_path: Path) -> Iterator[Case]:
    batches: list = [[row(0), row(1)]]
    yield Case(FakeSource("假的", batches), lambda: batches.append([row(2)]), lambda: batches.append(SourceError("假的", "told to fail")))


class Replies:
    """A stand-in for the child: function → rows."""

    def __init__(self, rows: list[dict]) -> None:
        self.rows, self.broken = rows, False

    def __call__(self, function: str, arguments: dict, seconds: float) -> list[dict]:
        if self.broken:
            raise SourceError("akshare", "told to fail")
        return list(self.rows)


def flash(number: int) -> dict[str, str]:
    return {"标题": f"标题{number}", "内容": f"贵州茅台正文{number}。", "发布日期": "2022-05-27", "发布时间": f"17:47:4{number}"}


def wire_case(tmp_path: Path) -> Iterator[Case]:
    replies = Replies([flash(0), flash(1)])
    yield Case(
        WireSource("电报", WIRES["cls"], replies, 60.0), lambda: replies.rows.append(flash(2)), lambda: setattr(replies, "broken", True)
    )


def news_case(tmp_path: Path) -> Iterator[Case]:
    def found(number: int) -> dict[str, str]:
        return {"新闻标题": f"贵州茅台{number}", "新闻内容": "正文", "发布时间": "2022-05-27 09:00:00", "文章来源": "示例",
                "新闻链接": f"http://finance.eastmoney.com/a/20220527900000000{number}.html"}  # fmt: skip

    replies = Replies([found(0), found(1)])
    tools = Tools(call=replies, watchlist=lambda: ["600519.SH"], names_of=lambda security: ["贵州茅台"])
    yield Case(StockNewsSource("个股新闻", tools, 900.0), lambda: replies.rows.append(found(2)), lambda: setattr(replies, "broken", True))


def notices_case(tmp_path: Path) -> Iterator[Case]:
    def notice(number: int) -> dict[str, str]:
        return {"代码": "600519", "名称": "贵州茅台", "公告标题": f"公告{number}", "公告类型": "其他", "公告日期": "2022-05-27",
                "网址": f"https://data.eastmoney.com/notices/detail/600519/AN{number}.html"}  # fmt: skip

    replies = Replies([notice(0), notice(1)])
    tools = Tools(call=replies, watchlist=lambda: ["600519.SH", "NIO.US"])
    source = NoticeSource("公告", tools, 1800.0, everyone=False)
    yield Case(source, lambda: replies.rows.append(notice(2)), lambda: setattr(replies, "broken", True))


def stored(poll: Poll) -> list[Article]:
    """What watching does with a poll that went well."""
    articles = [parse(item) for item in poll.items]
    assert all(isinstance(article, Article) for article in articles), articles
    poll.done()
    return articles


def test_it_says_its_name_kind_and_interval(case: Case) -> None:
    assert isinstance(case.source, Source)
    assert case.source.name
    assert case.source.kind in SOURCES
    assert case.source.interval > 0


def test_items_are_articles_and_state_is_json(case: Case) -> None:
    poll = case.source.poll({})
    articles = stored(poll)
    assert len(articles) == 2
    assert len({article.id for article in articles}) == 2
    assert all(article.published is not None and article.origins[0].locator for article in articles)
    assert json.loads(json.dumps(poll.state)) == poll.state


def test_what_was_not_stored_comes_again_unchanged(case: Case) -> None:
    first = [(item.locator, item.fingerprint) for item in case.source.poll({}).items]
    again = [(item.locator, item.fingerprint) for item in case.source.poll({}).items]
    assert len(first) == 2
    assert first == again


def test_a_new_item_is_found_by_the_next_poll_and_keeps_the_others_as_they_were(case: Case) -> None:
    poll = case.source.poll({})
    before = {item.locator: item.fingerprint for item in poll.items}
    poll.done()
    case.add()
    time.sleep(0.05)
    after = {item.locator: item.fingerprint for item in case.source.poll(poll.state).items}
    assert len(set(after) - set(before)) == 1
    assert all(before[locator] == fingerprint for locator, fingerprint in after.items() if locator in before)


def test_failure_is_one_error_of_ours_and_costs_nothing_that_was_there(case: Case) -> None:
    if case.source.kind == "stdin":
        pytest.skip("a stream ends, it does not fail")
    poll = case.source.poll({})
    stored(poll)
    case.breaks()
    with pytest.raises(SourceError) as failure:
        list(case.source.poll(poll.state).items)
    assert failure.value.reason


def test_a_stream_that_ends_says_so() -> None:
    source = LinesSource("管道", io.BytesIO(json.dumps(row(0)).encode()))
    poll = source.poll({})
    for _ in range(50):
        if poll.finished:
            break
        poll = source.poll({})
    assert poll.finished
    assert len(list(poll.items)) == 1


def test_a_fast_writer_waits_instead_of_filling_memory() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readline(self, size: int = -1) -> bytes:
            self.given += 1
            return json.dumps(row(self.given)).encode() + b"\n"

    stream = Endless()
    source = LinesSource("管道", stream, at_once=10)
    for _ in range(5):
        poll = source.poll({})
        assert len(list(poll.items)) == 10
        time.sleep(0.05)
    assert stream.given <= 10 + 10 + 2  # ten handed out and not yet stored, ten waiting, one in the hand
    poll.done()
    assert next(iter(source.poll({}).items)).locator != next(iter(poll.items)).locator


def test_a_file_still_being_written_waits_and_links_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    write_posts(folder, 0)
    (tmp_path / "outside.md").write_text(POST.format(title="outside"), encoding="utf-8")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    (folder / ".hidden.md").write_text(POST.format(title="hidden"), encoding="utf-8")
    (folder / "notes.txt").write_text("no article")
    source = FolderSource("文件夹", folder, settled=0.6)
    first = source.poll({})
    assert list(first.items) == []
    assert "being written" in first.note
    first.done()
    time.sleep(0.7)
    assert [article.title for article in stored(source.poll({}))] == ["标题0"]
    assert stored(source.poll({})) == []


def test_a_file_that_went_and_came_back_with_an_old_date_is_seen(tmp_path: Path) -> None:
    import os

    folder = tmp_path / "posts"
    write_posts(folder, 0)
    source = FolderSource("文件夹", folder, settled=0.0)
    stored(source.poll({}))
    late = folder / "2022-05-27-202205279000000007.md"
    late.write_text(POST.format(title="标题7"), encoding="utf-8")
    os.utime(late, (1_000_000_000, 1_000_000_000))  # as cp -p and rsync -t leave it
    assert [article.title for article in stored(source.poll({}))] == ["标题7"]
