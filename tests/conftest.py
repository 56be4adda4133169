"""What all tests share: who may run what, and that what they made goes when they are ended."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.ended_runs import claimed, clear_ended_runs
from tests.support.street import Street


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="many seeds and long rounds too")
    parser.addoption("--seed", type=int, default=None, help="replay one simulation seed")


def pytest_sessionstart() -> None:
    """`timeout` and CI end a run by SIGTERM: as with Ctrl-C its engines are purged even so."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skip_slow = pytest.mark.skip(reason="slow: run with --run-slow")
    skip_root = pytest.mark.skip(reason="needs root")
    for item in items:
        if "slow" in item.keywords and not config.getoption("--run-slow"):
            item.add_marker(skip_slow)
        if "root" in item.keywords and os.geteuid() != 0:
            item.add_marker(skip_root)


@pytest.fixture(scope="session", autouse=True)
def known_to_be_alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Only root leaves things behind; what runs that were killed have left goes before all else."""
    if os.geteuid() != 0:
        yield
        return
    clear_ended_runs()
    with claimed(tmp_path_factory.getbasetemp()):
        yield


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """A load balancer's node and its targets, in namespaces of their own; needs root."""
    made = Street(tmp_path)
    made.build()
    try:
        yield made
    finally:
        await made.tear_down()
