"""Stores of both kinds for the contract suite; PostgreSQL is Debian's own, started here on a private folder and a unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newslink.store import Store, open_store


def _programs() -> Path | None:
    """The folder of initdb and postgres, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


def _as_nobody_special(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; root runs it as another user."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL prefix of a running server, ready for a database's name and the socket query. Speaks only on a socket in its own folder."""
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI must not skip it")
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    # Not under pytest's folder: a socket's path may be at most 107 bytes long.
    folder = Path(tempfile.mkdtemp(prefix="nlpg"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
        data = folder / "data"
        quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, "env": {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}}
        make = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "newslink", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(_as_nobody_special(make), check=True, **quiet)
        options = [f"unix_socket_directories={folder}", "listen_addresses=", "fsync=off", "max_connections=40", "shared_buffers=64MB"]
        serve = [str(programs / "postgres"), "-D", str(data), *(word for option in options for word in ("-c", option))]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(_as_nobody_special(serve), stderr=log, **quiet)
        try:
            ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-t", "30"]
            for _ in range(300):
                if subprocess.run(ready, check=False).returncode == 0:
                    break
                assert server.poll() is None, (folder / "log").read_text()
                subprocess.run(["sleep", "0.1"], check=False)
            yield f"postgresql+psycopg://newslink@/%s?host={folder}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """URL of a new, empty database of the server."""
    import psycopg

    name = f"t{uuid.uuid4().hex[:12]}"
    socket = server.partition("host=")[2]
    with psycopg.connect(f"host={socket} user=newslink dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server % name


@pytest.fixture
def postgres_url(postgres: str) -> str:
    return new_database(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a store that does not exist yet; every test that takes it runs on both back ends."""
    return f"sqlite:///{tmp_path}/store/newslink.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as store:
        yield store


@pytest.fixture
def reopened(url: str) -> Iterator[Callable[[], Store]]:
    """Another Store on the same database, as another process would have it."""
    opened: list[Store] = []

    def again() -> Store:
        opened.append(open_store(url))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def new_url(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """URLs of places of the kind under test where there is no store yet."""
    made: list[str] = []

    def new() -> str:
        lite = store.database.backend.name == "sqlite"
        made.append(f"sqlite:///{tmp_path}/new{len(made)}.db" if lite else new_database(request.getfixturevalue("postgres")))
        return made[-1]

    return new


@pytest.fixture
def place_for(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """The same for tests that fork, and so must not have a store open."""
    made: list[str] = []

    def new() -> str:
        made.append(f"sqlite:///{tmp_path}/place{len(made)}.db" if url.startswith("sqlite") else new_database(request.getfixturevalue("postgres")))
        return made[-1]

    return new


@pytest.fixture
def elsewhere(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def another_store(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], Store]]:
    """More empty stores of the kind under test."""
    opened: list[Store] = []

    def another() -> Store:
        if store.database.backend.name == "sqlite":
            opened.append(open_store(f"sqlite:///{tmp_path}/other{len(opened)}.db"))
        else:
            opened.append(open_store(new_database(request.getfixturevalue("postgres"))))
        return opened[-1]

    yield another
    for each in opened:
        each.close()
