"""Where an engine listens."""

import pytest

from hostless.engine.serving import free_address


@pytest.mark.parametrize(
    ("asked", "found"),
    [("localhost:0", "127.0.0.1"), ("0:0", "0.0.0.0"), ("127.0.0.1:0", "127.0.0.1")],
)
def test_a_name_is_known_by_its_number(asked: str, found: str) -> None:
    host, port = free_address(asked)
    assert host == found
    assert port > 0
