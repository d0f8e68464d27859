"""One fake world and one fetching process a test run; each test gets them without faults and with an empty log."""

from __future__ import annotations

import pytest

from newslink.prices.akshare import akshare_providers
from newslink.prices.worker import Worker
from tests.loopback.world import start_world


@pytest.fixture(scope="session")
def running_world():
    with start_world() as world:
        yield world


@pytest.fixture(scope="session")
def running_worker(running_world):
    worker = Worker(environment=running_world.environment)
    yield worker
    worker.close()


@pytest.fixture
def world(running_world):
    running_world.faults.clear()
    running_world.seen.clear()
    yield running_world
    running_world.faults.clear()


@pytest.fixture
def providers(world, running_worker):
    """name → provider, real akshare behind each."""
    return {provider.name: provider for provider in akshare_providers(running_worker)}
