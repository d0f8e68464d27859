"""A store filled with the bundled posts, once a session; clients that speak to the application without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from newslink.api.app import create_app
from newslink.pipeline.ingest import ingest
from newslink.settings import Settings

TOKEN = "a token of more than sixteen characters"


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("api")
    url = f"sqlite:///{home}/newslink.db"
    ingest([Path(str(files("newslink.sample").joinpath("posts")))], Settings(home, url))
    return url


@pytest.fixture(scope="session")
def client(store_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(store_url), base_url="http://127.0.0.1") as running:
        yield running


@pytest.fixture
def start(store_url: str) -> Iterator[Callable[..., TestClient]]:
    opened = []

    def started(**options: object) -> TestClient:
        opened.append(TestClient(create_app(store_url, **options), base_url="http://127.0.0.1"))
        opened[-1].__enter__()
        return opened[-1]

    yield started
    for each in opened:
        each.__exit__(None, None, None)
