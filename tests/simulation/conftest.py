"""What all simulations have in common."""

import logging

import pytest


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> None:
    """What the engine logs about the failures it is given matters only in a replay."""
    if request.config.getoption("--seed") is None:
        caplog.set_level(logging.CRITICAL, "hostless")
