"""Files and folders to items: what is found, skipped, refused, and under which locator."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import subprocess
from pathlib import Path

import pytest

from newslink.articles import RawItem, discover, discovery, files, parse
from newslink.model import Article, Rejection

POST = "---\ntitle: 标题\ndate: 2022-05-31 10:00:00\n---\n正文{}。\n"


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def names(items: list[RawItem | Rejection], root: Path) -> list[str]:
    return [os.path.relpath(item.locator, root) for item in items]


def test_a_folder_is_walked_in_one_order_and_hidden_entries_are_skipped(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "sub/c.markdown", "sub/.hidden.md", ".git/d.md", ".cache/e.md", "_posts/-f.md"):
        write(tmp_path / name, POST.format(name))
    write(tmp_path / "picture.png", b"\x89PNG")
    write(tmp_path / "LICENSE", "free")
    ignored: list[str] = []
    items = list(discover([tmp_path], ignored.append))
    assert names(items, tmp_path) == ["_posts/-f.md", "a.md", "b.md", "sub/c.markdown"]
    assert sorted(Path(path).name for path in ignored) == ["LICENSE", "picture.png"]
    assert items == list(discover([str(tmp_path)]))
    assert all(pickle.loads(pickle.dumps(item)) == item for item in items)


def test_a_named_file_is_read_and_a_named_nothing_is_said(tmp_path: Path) -> None:
    file = write(tmp_path / ".hidden.md", POST.format(1))
    write(tmp_path / "x.pdf", "%PDF")
    found = list(discover([file, tmp_path / "x.pdf", tmp_path / "absent.md"]))
    assert isinstance(found[0], RawItem)
    assert [item.reason for item in found[1:]] == ["no reader for files ending in .pdf", "no such file or folder"]


def test_relative_and_absolute_paths_give_one_locator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "news" / "a.md", POST.format(1))
    monkeypatch.chdir(tmp_path)
    assert list(discover(["news"])) == list(discover([tmp_path / "news"])) == list(discover(["./news/../news/a.md"]))


def test_links_in_circles_end_and_links_to_the_outside_are_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    write(inside / "a.md", POST.format(1))
    write(outside / "secret.md", POST.format(2))
    (inside / "loop").symlink_to(inside)
    (inside / "self").symlink_to(inside / "self")
    (inside / "b.md").symlink_to(inside / "a.md")
    (inside / "c.md").symlink_to(outside / "secret.md")
    (inside / "d").symlink_to(outside)
    (inside / "e.md").symlink_to(tmp_path / "nothing")
    found = list(discover([inside]))
    assert names([i for i in found if isinstance(i, RawItem)], inside) == ["a.md", "b.md"]
    refused = {Path(r.locator).name: r.reason for r in found if isinstance(r, Rejection)}
    assert refused == {
        "c.md": "link that leads outside the folder",
        "d": "link that leads outside the folder",
        "e.md": "link that leads nowhere",
        "self": "link that leads nowhere",
    }


def test_pipes_and_folders_that_look_like_posts_do_not_stall(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    assert [item.reason for item in discover([tmp_path])] == ["not a regular file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_rejection(tmp_path: Path) -> None:
    write(tmp_path / "a.md", POST.format(1)).chmod(0)
    assert [item.reason for item in discover([tmp_path])] == ["cannot be read: Permission denied"]


def test_a_file_beyond_the_bound_is_a_rejection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ITEM_BYTES", 100)
    write(tmp_path / "a.md", "x" * 101)
    write(tmp_path / "b.jsonl", json.dumps({"title": "短"}) + "\n" + json.dumps({"title": "x" * 200}) + "\n" + json.dumps({"title": "末"}))
    found = list(discover([tmp_path]))
    assert [type(item).__name__ for item in found] == ["Rejection", "RawItem", "Rejection", "RawItem"]
    assert found[2].line == 2 and "larger" in found[2].reason


def test_a_file_name_that_is_no_text_still_has_a_printable_locator(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe.md")).write_text(POST.format(1), encoding="utf-8")
    (item,) = discover([tmp_path])
    assert item.locator.endswith("\\xff\\xfe.md")
    item.locator.encode()
    assert isinstance(parse(item), Article)


def git(folder: Path, *words: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.strip()


def test_items_of_a_checkout_carry_its_commit_however_git_keeps_it(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    write(repository / "_posts" / "a.md", POST.format(1))
    git(repository, "init", "-q", "-b", "main")
    assert [item.revision for item in discover([repository])] == [None]
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "one")
    commit = git(repository, "rev-parse", "HEAD")
    for path in (repository, repository / "_posts", repository / "_posts" / "a.md"):
        assert [item.revision for item in discover([path])] == [commit]
    git(repository, "pack-refs", "--all")
    assert [item.revision for item in discover([repository])] == [commit]
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    assert {item.revision for item in discover([tmp_path / "tree"])} == {commit}
    git(repository, "checkout", "-q", "--detach")
    assert [item.revision for item in discover([repository])] == [commit]


@pytest.mark.parametrize(
    "head", [b"", b"ref: ../../../etc/passwd", b"ref: refs/heads/../../secret", b"\xff" * 40, b"ref: refs/heads/" + b"a" * 5000]
)
def test_a_forged_head_gives_no_revision(tmp_path: Path, head: bytes) -> None:
    write(tmp_path / ".git" / "HEAD", head)
    write(tmp_path / "a.md", POST.format(1))
    assert [item.revision for item in discover([tmp_path])] == [None]


def test_a_gzip_bomb_is_left_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_FREE_UNPACKED", 1 << 20)
    write(tmp_path / "bomb.jsonl.gz", gzip.compress((b" " * 1023 + b"\n") * 20_000))
    (found,) = discover([tmp_path])
    assert isinstance(found, Rejection) and "unpacks to more than 200 times" in found.reason


@pytest.mark.parametrize("raw", [b"no gzip", gzip.compress(b'{"title":"a"}\n' * 50, mtime=0)[:-12], b""], ids=["none", "cut", "empty"])
def test_damaged_gzip_is_a_rejection_or_nothing(tmp_path: Path, raw: bytes) -> None:
    write(tmp_path / "a.jsonl.gz", raw)
    assert [i.reason for i in discover([tmp_path]) if isinstance(i, Rejection)] == [] if raw == b"" else True
    assert raw == b"" or any("gzip" in i.reason for i in discover([tmp_path]) if isinstance(i, Rejection))
