"""The command: one line out for each line in, in order, whatever the line."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from newslink.cli import main


def answers(monkeypatch, capsys, text: str | bytes) -> tuple[int, list[dict]]:
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code = main(["sessions"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_naive_times_are_beijing_and_dates_are_flagged(monkeypatch, capsys) -> None:
    lines = [
        {"security": "600519.SH", "published_at": "2024-09-24 15:00"}, {"market": "US", "published_at": "2024-09-24 21:29"},
        {"market": "XSHE", "published_at": "2024-09-30"}, {"security": "00700.HK", "published_at": "2024-12-24T04:00:00Z"},
        {"market": "SH", "published_at": "2024-09-24T10:00:00", "precision": "day"}, {"security": "600519", "published_at": "20240924"},
    ]  # fmt: skip
    code, out = answers(monkeypatch, capsys, "\n".join(map(json.dumps, lines)))
    assert code == 0
    assert [(row["session"], row["bucket"], row["date_only"]) for row in out] == [
        ("2024-09-25", "after_close", False), ("2024-09-24", "pre_open", False), ("2024-10-08", "after_close", True),
        ("2024-12-27", "after_close", False), ("2024-09-25", "after_close", True), ("2024-09-25", "after_close", True),
    ]  # fmt: skip
    assert all(row["provisional"] is False for row in out)


BAD = [
    b"", b"{", b"[]", b"null", b'{"market": "SH"}', b'{"published_at": "2024-09-24"}', b'{"market": "XTKS", "published_at": "2024-09-24"}',
    b'{"market": "SH", "published_at": "yesterday"}',
    b'{"market": "SH", "published_at": 5}',
    b'{"market": "SH", "published_at": "2024-02-30"}',
    b'{"market": "SH", "published_at": "2024-09-24", "precision": "century"}', b'{"market": {}, "published_at": "2024-09-24"}',
    b"\xff\xfe\x00", b"[" * 100_000, b'{"security": "", "published_at": "2024-09-24"}',
]  # fmt: skip


def test_a_bad_line_gives_one_line_with_its_error_in_its_place(monkeypatch, capsys) -> None:
    good = b'{"market": "SH", "published_at": "2024-09-24T10:00:00+08:00"}'
    code, out = answers(monkeypatch, capsys, b"\n".join(part for line in BAD for part in (line, good)) + b"\n")
    assert code == 0 and len(out) == 2 * len(BAD)
    for number, row in enumerate(out):
        if number % 2:
            assert row["session"] == "2024-09-24"
        else:
            assert row["line"] == number + 1 and row["error"], BAD[number // 2]


def test_nothing_usable_is_exit_code_one_and_a_missing_file_is_a_clear_error(monkeypatch, capsys, tmp_path) -> None:
    assert answers(monkeypatch, capsys, "nonsense\n")[0] == 1
    assert answers(monkeypatch, capsys, "")[0] == 0
    assert main(["sessions", str(tmp_path / "absent.jsonl")]) == 3
    assert "absent.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_may_start_with_a_byte_order_mark(mark: bytes, tmp_path, capsys) -> None:
    path = tmp_path / "times.jsonl"
    path.write_bytes(mark + b'{"market": "SZ", "published_at": "2024-09-27 19:00"}\r\n')
    assert main(["sessions", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["session"] == "2024-09-30"


def test_each_question_is_answered_before_the_next_is_asked() -> None:
    """Someone at the other end of a pipe who waits for the answer gets it; a line in two pieces is one line."""
    process = subprocess.Popen([sys.executable, "-m", "newslink", "sessions"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for published, session in (("2024-09-27 19:00", "2024-09-30"), ("2024-09-30 18:00", "2024-10-08")):
            line = json.dumps({"market": "SH", "published_at": published}).encode() + b"\n"
            for part in (line[:9], line[9:]):
                process.stdin.write(part)
                process.stdin.flush()
            assert json.loads(process.stdout.readline())["session"] == session
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.stdout.close()


def test_a_line_without_end_is_one_bad_line(monkeypatch, capsys) -> None:
    good = b'{"market": "SH", "published_at": "2024-09-24"}'
    code, out = answers(monkeypatch, capsys, good + b"\n" + b"x" * 3_000_000 + b"\n" + good)
    assert code == 0 and [sorted(row)[0] for row in out] == ["bucket", "error", "bucket"] and len(out[1]["error"]) < 200
