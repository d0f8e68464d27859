"""`newslink link` as a person pipes it: one answer a line, in order, whatever the lines hold."""

from __future__ import annotations

import json


def answers(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_every_line_is_answered_in_order_and_bad_ones_say_why(newslink) -> None:
    lines = [
        '{"id": "a", "title": "贵州茅台：净利润增长", "text": "贵州茅台公告。", "published_at": "2022-05-31T16:13:24+08:00"}',
        "no json",
        '{"id": 7, "text": 5}',
        '{"id": "b", "text": "无关的话"}',
        '{"id": "c", "text": "x", "published_at": "yesterday"}',
        '{"id": "d", "html": "<p>港股走高，<b>中国银行</b>涨2%</p>"}',
    ]
    done = newslink("link", stdin="\n".join(lines) + "\n")
    out = answers(done)
    assert [o.get("id") for o in out] == ["a", None, 7, "b", "c", "d"]
    assert [bool(o.get("error")) for o in out] == [False, True, True, False, True, False]
    assert [o["line"] for o in out if "error" in o] == [2, 3, 5]
    (link,) = out[0]["links"]
    assert (link["security"], link["role"]) == ("600519.SH", "subject")
    assert all("贵州茅台：净利润增长贵州茅台公告。".find(m["surface"]) >= 0 for m in link["mentions"])
    assert out[3]["links"] == []
    (bank,) = out[5]["links"]
    assert (bank["security"], bank["alternatives"]) == ("03988.HK", ["601988.SH"])
    (mention,) = bank["mentions"]
    assert out[5]["text"][mention["start"] : mention["end"]] == mention["surface"] == "中国银行"
    assert b"3 of 6 lines could not be read" in done.stderr


def test_only_bad_lines_are_an_error_and_no_lines_are_none(newslink) -> None:
    assert answers(newslink("link", stdin="[]\n", code=1))[0]["line"] == 1
    assert newslink("link", stdin="").stdout == b""


def test_explaining_gives_rule_and_evidence_in_words(newslink) -> None:
    done = newslink("link", "--explain", stdin='{"id": "a", "title": "机器人：上半年净利增长", "published_at": "2022-08-01"}\n')
    text = done.stdout.decode()
    assert "300024.SZ" in text and "name_in_context" in text
    assert "支持 for" in text and "反对 against: also an ordinary word" in text
