"""What the seam itself decides."""

import pytest

from hostless.compute.seam import Capabilities
from hostless.domain.tasks import IsolationLevel


@pytest.mark.parametrize(
    ("offered", "wanted"),
    [
        (("container", "gvisor"), "gvisor"),
        (("container",), "container"),
        (("simulated",), "simulated"),
        ((), "gvisor"),
    ],
)
def test_isolation_is_what_was_asked_for_or_else_what_there_is(
    offered: tuple[IsolationLevel, ...], wanted: IsolationLevel
) -> None:
    room = Capabilities(isolation_levels=offered, cpu_units=1, memory_mib=1)
    assert room.isolation_for("gvisor") == wanted
