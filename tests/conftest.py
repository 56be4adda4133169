"""What all tests share: who may run what."""

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="many seeds and long rounds too")
    parser.addoption("--seed", type=int, default=None, help="replay one simulation seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skip_slow = pytest.mark.skip(reason="slow: run with --run-slow")
    skip_root = pytest.mark.skip(reason="needs root")
    for item in items:
        if "slow" in item.keywords and not config.getoption("--run-slow"):
            item.add_marker(skip_slow)
        if "root" in item.keywords and os.geteuid() != 0:
            item.add_marker(skip_root)
