"""End to end: an engine that dies changes no packet's fate; a purge leaves the host as it was.

The engine runs with real tasks on a host of the test's own: two VPCs with equal ranges as CDK
builds them, with NAT gateways and public addresses.
"""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.conftest import public_address_of, run_in, started_engine, wait_until
from tests.support.built_vpcs import Built, build
from tests.support.engine import RunningEngine
from tests.support.images import build_busybox_image, push
from tests.support.networks import (
    can_connect,
    namespaces_of,
    own_host,
    sh,
    state_of_this_host,
)
from tests.support.registry import running_registry

from hostless.network.local import namespaces

pytestmark = pytest.mark.root
WORLD, UPLINK, POOL = "198.51.100.1", "198.51.100.2", "198.18.0.0/21"
SERVE = "exec httpd -f -p 0.0.0.0:8080 -h /tmp"
CALL = f"while :; do nc -w 1 {WORLD} {{}} </dev/null; sleep 0.1; done"
SHORT_SECONDS, LONG_SECONDS = 0.5, 10.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """open, closed: public addresses of servers. by_nat, stuck: what private tasks call."""

    world: str
    open: str
    closed: str
    by_nat: socket.socket
    stuck: socket.socket

    def fates(self) -> dict[str, bool]:
        """Of packets by every kind of way, asked now; no engine is needed."""
        with namespaces.inside(self.world):
            from_world = {
                "from the world to who lets it in": can_connect(self.open, 8080, LONG_SECONDS),
                "to another port of it": can_connect(self.open, 8081, SHORT_SECONDS),
                "to who lets nobody in": can_connect(self.closed, 8080, SHORT_SECONDS),
            }
        return from_world | {
            "from the host to who lets it in": can_connect(self.open, 8080, LONG_SECONDS),
            "by a NAT gateway to the world": is_called(self.by_nat, LONG_SECONDS),
            "to the world without a way": is_called(self.stuck, SHORT_SECONDS),
        }


FATES = [True, False, False, True, True, False]


def is_called(listener: socket.socket, seconds: float) -> bool:
    """From now on; what called earlier and was not asked about is let go."""
    listener.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
    listener.settimeout(seconds)
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return False
    return True


@pytest.fixture
def world() -> Iterator[str]:
    """It knows the way to public addresses."""
    with own_host() as namespace:
        sh(f"ip -n {namespace} route add {POOL} via {UPLINK}")
        yield namespace


def let_in(engine: RunningEngine, group: str) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    engine.client("ec2").authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{**permission, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )


@contextlib.contextmanager
def played(engine: RunningEngine, image: str, world: str, built: list[Built]) -> Iterator[Scene]:
    first, second = built
    ec2 = engine.client("ec2")
    let_in(engine, first.group)
    ec2.delete_route(RouteTableId=second.zones[0].private_table, DestinationCidrBlock="0.0.0.0/0")
    with contextlib.ExitStack() as stack:
        with namespaces.inside(world):
            listeners = [stack.enter_context(socket.create_server((WORLD, 0))) for _ in range(2)]
        calls = [CALL.format(each.getsockname()[1]) for each in listeners]
        tasks = [
            run_in(engine, image, script, subnet=subnet, group=group, public=public)
            for script, subnet, group, public in (
                (SERVE, first.zones[0].public, first.group, True),
                (SERVE, second.zones[0].public, second.group, True),
                (calls[0], first.zones[1].private, first.group, False),
                (calls[1], second.zones[0].private, second.group, False),
            )
        ]
        for task in tasks:
            wait_until(engine, task["taskArn"], "RUNNING")
        yield Scene(
            world=world,
            open=public_address_of(engine, tasks[0]),
            closed=public_address_of(engine, tasks[1]),
            by_nat=listeners[0],
            stuck=listeners[1],
        )


def test_no_fate_changes_with_the_engine_and_a_purge_leaves_the_host_as_it_was(
    tmp_path: Path, world: str
) -> None:
    before = state_of_this_host()
    with running_registry(tmp_path) as registry:
        push(registry, "busybox:1", build_busybox_image())
        with started_engine(tmp_path / "state", "--public-cidr", POOL) as engine:
            ec2 = engine.client("ec2")
            built = [build(ec2) for _ in range(2)]
            with played(engine, f"{registry}/busybox:1", world, built) as scene:
                assert list(scene.fates().values()) == FATES
                engine.kill()
                assert list(scene.fates().values()) == FATES
                engine.start()
                assert list(scene.fates().values()) == FATES
                assert engine.stop() == 0
                assert list(scene.fates().values()) == FATES
                engine.start()
                assert list(scene.fates().values()) == FATES
            assert state_of_this_host() != before
    assert not engine.remains()
    assert namespaces_of(engine.engine_id) == []
    for what, text in state_of_this_host().items():
        assert text == before[what], what
