"""Folder of posts → store → events, through the commands of the README."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

POST = """---
layout: post
title: "{title}"
date: {date}
categories: emnews
tags: 东财滚动新闻
---
{body}
"""


def last_json(done) -> dict:
    return json.loads(done.stdout.decode().strip().splitlines()[-1])


def write_post(folder: Path, name: str, title: str, date: str, body: str) -> Path:
    path = folder / f"{name}.md"
    path.write_text(POST.format(title=title, date=date, body=body), encoding="utf-8")
    return path


def check_sums(figures: dict) -> None:
    assert figures["files"] == sum(figures[k] for k in ("new", "updated", "unchanged", "duplicates", "rejected"))
    assert figures["articles"] == figures["linked"] + figures["unlinked"]


def test_ingesting_a_folder_adds_up_and_a_second_run_changes_nothing(newslink, tmp_path):
    folder = tmp_path / "posts"
    folder.mkdir()
    write_post(folder, "2022-05-30-202205302390000001", "贵州茅台：一季度净利润增长", "2022-05-30 18:30:00 +0800", "贵州茅台(600519)公告。")
    write_post(folder, "2022-05-30-202205302390000002", "天气晴朗", "2022-05-30 08:30:00 +0800", "今天没有公司。")
    (folder / "broken.md").write_bytes(b"\x00\x01\x02 no front matter")
    first = last_json(newslink("ingest", folder, "--json"))
    check_sums(first)
    assert (first["files"], first["new"], first["rejected"]) == (3, 2, 1)
    assert (first["articles"], first["linked"], first["unlinked"]) == (2, 1, 1)
    second = last_json(newslink("ingest", folder, "--json"))
    check_sums(second)
    assert (second["new"], second["updated"], second["unchanged"], second["rejected"]) == (0, 0, 2, 1)
    assert second["articles"] == 2


def test_an_edited_file_updates_its_article(newslink, tmp_path):
    path = write_post(tmp_path, "2022-05-30-202205302390000003", "无题", "2022-05-30 10:00:00 +0800", "没有公司。")
    newslink("ingest", path, "--json")
    write_post(tmp_path, "2022-05-30-202205302390000003", "五粮液涨价", "2022-05-30 10:00:00 +0800", "五粮液(000858)宣布涨价。")
    figures = last_json(newslink("ingest", path, "--json"))
    assert (figures["updated"], figures["articles"], figures["linked"]) == (1, 1, 1)


def test_an_evening_article_stands_on_the_next_session_in_the_csv(newslink, tmp_path):
    write_post(tmp_path, "2022-05-27-202205272390000004", "贵州茅台发布公告", "2022-05-27 18:30:00 +0800", "贵州茅台(600519)晚间公告。")
    newslink("ingest", tmp_path)
    output = tmp_path / "events.csv"
    newslink("events", "--security", "600519.SH", "--output", output)
    raw = output.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [(row["session"], row["security"]) for row in rows] == [("2022-05-30", "600519.SH")]
    row = rows[0]
    # The bundled sample carries this session: figures of the exchange, return from close and reference price.
    assert float(row["return_0"]) == pytest.approx(float(row["close"]) / float(row["prev_close"]) - 1, abs=1e-9)
    wanted = "session security name published_at title source url rule surface role relevance prev_close open high low close return_0"
    wanted = wanted.split()  # noqa: SIM905  a row of column names reads better as one
    assert [column for column in wanted if column not in row] == []


def test_words_that_make_no_sense_are_a_usage_error_without_a_traceback(newslink, tmp_path):
    assert b"usage" in newslink("events", code=2).stderr
    assert b"no such file" in newslink("ingest", tmp_path / "absent", code=2).stderr
    assert newslink("events", "--security", "没有这家公司", code=3).stderr.startswith(b"newslink: No security goes by")


def test_the_real_posts_are_read_whole(newslink, shared):
    figures = last_json(newslink("ingest", shared / "posts", "--json"))
    check_sums(figures)
    posts = [*shared.glob("posts/*.md"), *shared.glob("posts/variants/*.md")]
    names = {path.name for path in posts} - {"README.md"}
    # The note about the posts and the table of answers lie in the same folder: no articles, so rejected and listed.
    assert figures["files"] == len(posts) + 1
    assert figures["rejected"] == len(posts) + 1 - len(names)
    assert figures["articles"] == figures["new"]
    # Four twins and the malformed third file of one of them are further origins, not further articles.
    ids = {name.rpartition("-")[2].removeprefix("NW").removesuffix(".md") for name in names}
    assert figures["articles"] == len(ids)


def test_an_ingest_killed_at_any_moment_is_completed_by_the_next_run(newslink, tmp_path, own_home):
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(400):
        write_post(
            folder,
            f"2022-05-{1 + number % 28:02d}-2022050123{number:08d}",
            f"宁德时代消息{number}",
            f"2022-05-{1 + number % 28:02d} 10:{number % 60:02d}:00 +0800",
            f"宁德时代(300750)第{number}条消息，" + "正文" * 50,
        )
    whole = tmp_path / "whole.csv"
    store = f"sqlite:///{tmp_path / 'whole.db'}"
    newslink("ingest", folder, "--store", store)
    newslink("events", "--security", "300750.SZ", "--store", store, "--output", whole)
    environment = {**os.environ, "NEWSLINK_HOME": str(own_home)}
    dice = random.Random(7)
    for _ in range(4):
        running = subprocess.Popen(
            [sys.executable, "-m", "newslink", "ingest", str(folder)], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).resolve().parents[2],
        )
        time.sleep(dice.uniform(0.5, 2.5))
        if running.poll() is None:
            running.send_signal(signal.SIGKILL)
        running.wait()
    figures = last_json(newslink("ingest", folder, "--json"))
    check_sums(figures)
    assert figures["articles"] == 400
    after = tmp_path / "after.csv"
    newslink("events", "--security", "300750.SZ", "--output", after)
    assert after.read_bytes() == whole.read_bytes()
