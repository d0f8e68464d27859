"""A git repository of posts, pulled on a schedule → items of the files that changed.

git is run with its own settings only: no hooks, no filters, no helpers, no submodules, no prompts, https or a local path and nothing else,
within a time limit. The checkout is then read like any watched folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from newslink.articles.addresses import check_address
from newslink.articles.source import Poll, State, deadline_of
from newslink.articles.sources_files import FolderSource
from newslink.errors import SourceError

MAX_FILE = 2 << 30
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}\Z")


class GitSource:
    """address: https URL or local path of a repository. The checkout lies under ``folder``, one commit deep."""

    kind = "git"

    def __init__(
        self,
        name: str,
        address: str,
        folder: Path,
        interval: float = 300.0,
        branch: str = "",
        seconds: float = 120.0,
        allow: Sequence[str] = (),
    ) -> None:
        self.name, self.interval, self.branch, self.seconds, self.allow = name, interval, branch, seconds, tuple(allow)
        self.address, self.local = self._checked(address)
        if branch and (not _BRANCH.match(branch) or ".." in branch):
            raise SourceError(name, f"not a branch name: {branch[:80]!r}")
        self.checkout = folder / hashlib.blake2b(f"{self.address}\0{branch}".encode(), digest_size=10).hexdigest()
        self._files = FolderSource(name, self.checkout, interval, settled=0.0)

    def _checked(self, address: str) -> tuple[str, bool]:
        if address.startswith("-") or "\0" in address or "\n" in address:
            raise SourceError(self.name, "not an address of a repository")
        if "://" not in address and not re.match(r"[\w.-]+@?[\w.-]*:", address):
            return str(Path(address).expanduser().absolute()), True
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname:
            raise SourceError(self.name, "an https address or a local path is expected; ssh, git, file, ext and others are not run")
        if parts.username or parts.password:
            raise SourceError(self.name, "no user or password in the address: it would stand in the store with every article")
        return address, False

    def poll(self, state: State) -> Poll:
        left = deadline_of(self.seconds)
        if self.local:
            if not Path(self.address).is_dir():
                raise SourceError(self.name, f"no repository at {self.address}")
        else:
            check_address(self.address, self.allow, self.name)
        if not (self.checkout / ".git").is_dir():
            self.checkout.mkdir(parents=True, exist_ok=True)
            self._git(left(), "init", "--quiet", "--template=", ".")
        wanted = f"refs/heads/{self.branch}" if self.branch else "HEAD"
        self._git(left(), "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options", self.address, wanted)
        self._git(left(), "reset", "--quiet", "--hard", "FETCH_HEAD")
        self._git(left(), "clean", "--quiet", "-ffdx")
        commit = self._git(left(), "rev-parse", "HEAD").strip()
        return replace(self._files.poll(state), state={"commit": commit})

    def _git(self, seconds: float, *words: str) -> str:
        command = ["git", *(word for setting in _settings(self.local) for word in ("-c", setting)), *words]
        try:
            process = subprocess.Popen(
                command,
                cwd=self.checkout,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
                import resource

                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
        except OSError as error:
            raise SourceError(self.name, f"git cannot be run: {error.strerror}") from error
        try:
            out, errors = process.communicate(timeout=max(0.1, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise SourceError(self.name, f"git {words[0]} took more than {self.seconds:.0f} s and was ended") from None
        if process.returncode:
            said = errors.decode("utf-8", "replace").strip().splitlines()
            raise SourceError(self.name, f"git {words[0]} failed: {(said[-1] if said else f'code {process.returncode}')[:300]}")
        return out.decode("utf-8", "replace")


def _settings(local: bool) -> tuple[str, ...]:
    """Everything git could run, fetch or follow on a repository's word is off."""
    return (
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.symlinks=false",
        "core.attributesFile=/dev/null",
        "core.autocrlf=false",
        "protocol.allow=never",
        "protocol.https.allow=always",
        f"protocol.file.allow={'always' if local else 'never'}",
        "http.followRedirects=false",
        "http.lowSpeedLimit=1000",
        "http.lowSpeedTime=30",
        "credential.helper=",
        "gc.auto=0",
        "maintenance.auto=false",
        "submodule.recurse=false",
    )


def _environment() -> dict[str, str]:
    """Nothing of the user's git settings, credentials or agents; proxies and certificates only."""
    kept = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "LANG", "LC_ALL")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
        "GIT_SSH_COMMAND": "false",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_ALLOW_PROTOCOL": "https:file",
        "HOME": os.devnull,
        "XDG_CONFIG_HOME": os.devnull,
    }
