"""What links have carried, read from the kernel's table."""

from collections.abc import Iterable

import pytest

from hostless.domain.arns import NetworkInterfaceId
from hostless.network.local import counting
from hostless.network.local.counting import counters_in
from hostless.network.seam import InterfaceCounters

TABLE = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0
eni0123456789ab: 1500 15 1 2 0 0 0 0 9000000000 90 3 4 0 0 0 0
eniffffffffffff:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0
"""
ENI = NetworkInterfaceId("eni-00000123456789ab")


def test_what_the_router_receives_a_task_has_sent() -> None:
    assert counters_in(TABLE, {"eni0123456789ab": ENI}) == {
        ENI: InterfaceCounters(
            sent_bytes=1500,
            sent_packets=15,
            sent_errors=1,
            sent_dropped=2,
            received_bytes=9_000_000_000,
            received_packets=90,
            received_errors=3,
            received_dropped=4,
        )
    }


def test_a_link_that_is_not_there_is_left_out() -> None:
    assert counters_in(TABLE, {"eni000000000000": ENI}) == {}


def test_a_vpc_that_cannot_be_looked_into_leaves_the_others_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def counted(namespace: str, interfaces: Iterable[NetworkInterfaceId]) -> dict[str, str]:
        if namespace == "gone":
            raise FileNotFoundError(namespace)
        return dict.fromkeys(interfaces, namespace)

    monkeypatch.setattr(counting, "counters_of", counted)
    other = NetworkInterfaceId("eni-2")
    assert counting.counters_of_all({"gone": (other,), "there": (ENI,)}) == {ENI: "there"}
    assert "what links of gone carry cannot be told" in caplog.text
    with pytest.raises(FileNotFoundError):
        counting.counters_of_all({"gone": (other,)})
    assert counting.counters_of_all({}) == {}
