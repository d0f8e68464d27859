"""Git repositories of posts: what changes is read; what a hostile repository or address would have git do is not done."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from newslink.articles import parse
from newslink.articles import sources_git as module
from newslink.articles.sources_git import GitSource
from newslink.errors import SourceError
from newslink.model import Article, Rejection
from tests.live.test_contract import POST, git, write_posts


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    write_posts(folder / "_posts", 0, 1)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "two posts")
    return folder


def read(source: GitSource) -> list[Article | Rejection]:
    poll = source.poll({})
    found = [parse(item) if not isinstance(item, Rejection) else item for item in poll.items]
    poll.done()
    return found


def test_an_article_knows_the_commit_it_came_from_and_an_edit_updates_it(repository: Path, tmp_path: Path) -> None:
    source = GitSource("仓库", str(repository), tmp_path / "home")
    first = read(source)
    post = next((repository / "_posts").iterdir())
    post.write_text(POST.format(title="改过的标题"), encoding="utf-8")
    git(repository, "commit", "--quiet", "-am", "an edit")
    second = read(source)
    assert len(first) == 2
    assert [article.title for article in second] == ["改过的标题"]
    assert second[0].origins[0].revision != first[0].origins[0].revision
    assert second[0].origins[0].locator in {article.origins[0].locator for article in first}


def test_history_that_was_rewritten_is_followed(repository: Path, tmp_path: Path) -> None:
    source = GitSource("仓库", str(repository), tmp_path / "home")
    read(source)
    write_posts(repository / "_posts", 3)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--amend", "-m", "rewritten")
    assert [article.title for article in read(source)] == ["标题3"]


def test_a_branch_may_be_named(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "other")
    write_posts(repository / "_posts", 4)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "on a branch")
    git(repository, "checkout", "--quiet", "main")
    assert len(read(GitSource("主", str(repository), tmp_path / "home"))) == 2
    assert len(read(GitSource("支", str(repository), tmp_path / "home", branch="other"))) == 3


def test_nothing_the_repository_brings_along_is_run(repository: Path, tmp_path: Path) -> None:
    """Hooks, filters, submodules, links out of the checkout and file-system monitors: none leaves a trace."""
    trace = tmp_path / "trace"
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-merge", "reference-transaction", "post-upload-pack"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {trace}\n")
        (hooks / name).chmod(0o755)
    (repository / ".gitattributes").write_text("*.md filter=evil diff=evil\n")
    (repository / ".gitconfig").write_text(f'[filter "evil"]\n\tsmudge = touch {trace}\n\tclean = touch {trace}\n')
    (repository / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch {trace}"\n')
    (repository / "_posts" / "2022-05-27-secret.md").symlink_to("/etc/passwd")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "hostile")
    trace.unlink()  # our own commit ran a hook: they do work
    found = read(GitSource("仓库", str(repository), tmp_path / "home"))
    assert sum(isinstance(item, Article) for item in found) == 2
    assert not any("root:" in str(item) for item in found)
    assert not trace.exists()


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% /tmp/x", "ssh://git@example.com/x.git", "git@example.com:x.git", "git://example.com/x.git", "http://example.com/x.git",
        "file:///etc", "--upload-pack=touch /tmp/x", "https://user:secret@example.com/x.git", "https://", "fd::17",
    ],
)  # fmt: skip
def test_addresses_that_make_git_run_or_reach_things_are_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        GitSource("x", address, tmp_path).poll({})
    assert not Path("/tmp/x").exists()


@pytest.mark.parametrize("branch", ["-evil", "a..b", "x;y", "$(touch x)", "a b"])
def test_odd_branch_names_are_refused(branch: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="branch"):
        GitSource("x", str(tmp_path), tmp_path, branch=branch)


def test_https_to_a_private_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a public address"):
        GitSource("x", "https://127.0.0.1/x.git", tmp_path).poll({})


def test_a_git_that_hangs_is_ended(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    began = time.monotonic()
    with pytest.raises(SourceError, match="was ended"):
        GitSource("x", str(repository), tmp_path / "home", seconds=0.5).poll({})
    assert time.monotonic() - began < 10


def test_a_missing_git_and_a_folder_that_is_no_repository_are_errors_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="git fetch failed"):
        GitSource("x", str(tmp_path), tmp_path / "home").poll({})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="cannot be run"):
        GitSource("x", str(tmp_path), tmp_path / "other").poll({})


def test_settings_of_the_user_and_of_the_repository_do_not_count(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "user"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[core]\n\thooksPath = {home}\n[url "file:///nowhere"]\n\tinsteadOf = {repository}\n')
    monkeypatch.setenv("HOME", str(home))
    assert len(read(GitSource("仓库", str(repository), tmp_path / "home"))) == 2
    assert module._environment()["GIT_CONFIG_GLOBAL"] == "/dev/null"
    assert subprocess.run(["git", "--version"], capture_output=True, check=True).stdout
