"""Fixtures of the tests that call the API through real botocore clients, in process."""

from collections.abc import Iterator

import pytest
from tests.support.client import LoopThread


@pytest.fixture
def portal() -> Iterator[LoopThread]:
    """The thread in which the application's event loop runs."""
    with LoopThread() as portal:
        yield portal
