"""Everybody tries to reach everybody: what the API's records say is what attempts come to.

The network is drawn by seed and made by a stock client, then changed and tried again: three VPCs,
two of them with equal ranges; public, private and isolated subnets; groups, lists, prefix lists.
Everything is the engine's own but for tasks' processes, which are simulated.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.support.api_network import POOL, POOL_HOST, ApiNetwork, KnownFabric, api_network
from tests.support.attempts import FIRST_SOURCE_PORT, Peers
from tests.support.engine import wait_for
from tests.support.networks import namespaces_of, own_host, sh
from tests.support.random_network import DEFAULT_RANGE, PORTS, RANGE, WORLD, RandomNetwork
from tests.support.security_groups import Attempt
from tests.support.ways import EVERYTHING

from hostless.domain.arns import VpcId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End, Explanation
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import NUMBERS, Traffic
from hostless.network.local.names import namespace_name_of
from hostless.store.network_records import sight_of

pytestmark = pytest.mark.root
HOST = "0.0.0.0"
"""Stands for the host as a caller: the kernel chooses the address."""
HOST_AT_HOME = "172.31.0.3"
TRIED = (*((protocol, port) for protocol in ("tcp", "udp") for port in PORTS), ("icmp", 0))
SOURCE_PORT = 20_001
"""All that callers have are from 20,000 up, which is alike for every list here."""
CHANGES = 4
SEEDS = "HOSTLESS_MATRIX_SEEDS"
"""Environment variable: how many networks are drawn."""


@pytest.fixture
def world() -> Iterator[str]:
    """It knows the ways in, and would send to private addresses the same way."""
    with own_host() as namespace:
        for range_ in (POOL, RANGE, DEFAULT_RANGE):
            sh(f"ip -n {namespace} route add {range_} via 198.51.100.2")
        yield namespace


Place = VpcId | None
"""Callers are told apart by VPC, because addresses are not: None is outside of all."""


class Matrix:
    """used: no attempt is to look like a part of an earlier one."""

    def __init__(self, network: ApiNetwork, world: str) -> None:
        self._network = network
        self._outside = {WORLD: world, HOST: world.removesuffix("world") + "host"}
        self._used = FIRST_SOURCE_PORT

    async def agrees(self) -> tuple[int, int]:
        """How many attempts passed, and how many were made. Raises AssertionError."""
        sight = sight_of(self._network.store)
        says = {place: expectations(place, sight) for place in (None, *sight.vpcs)}
        peers = {place: Peers(self._namespaces(place, sight), PORTS, self._used) for place in says}
        with contextlib.ExitStack() as stack:
            for each in peers.values():
                stack.enter_context(each)
            answered = await asyncio.gather(
                *(peers[place].answered(own, passing(own)) for place, own in says.items())
            )
        self._used = max(each.used for each in peers.values())
        wrong = [
            f"in {place}, {attempt} {'failed' if found.passes else 'passed'}: {story_of(found)}"
            for (place, own), passed in zip(says.items(), answered, strict=True)
            for attempt, found in own.items()
            if found.passes != (attempt in passed)
        ]
        assert not wrong, f"{len(wrong)} of them wrong, as\n" + "\n".join(wrong[:4])
        return sum(map(len, answered)), sum(map(len, says.values()))

    def _namespaces(self, place: Place, sight: NetworkSight) -> dict[str, str]:
        if place is None:
            return self._outside
        engine_id = self._network.settings.engine_id
        return {
            task.address: namespace_name_of(engine_id, task.id)
            for task in tasks_of(sight)
            if task.vpc_id == place
        }


def story_of(found: Explanation) -> str:
    return "".join(f"\n  {'+' if step.passes else '-'} {step.text}" for step in found.steps)


def tasks_of(sight: NetworkSight) -> list[NetworkInterface]:
    return [each for each in sight.interfaces if each.kind != "nat_gateway"]


def passing(says: Mapping[Attempt, Explanation]) -> Callable[[Attempt], bool]:
    return lambda attempt: says[attempt].passes


def expectations(place: Place, sight: NetworkSight) -> dict[Attempt, Explanation]:
    """What the records say of everything that callers there try."""
    tasks = tasks_of(sight)
    called = {address for task in tasks for address in (task.address, task.public_address)}
    callers: dict[str, NetworkInterface | None] = {WORLD: None, HOST: None}
    if place is not None:
        callers = {task.address: task for task in tasks if task.vpc_id == place}
        called |= {each.public_address for each in sight.interfaces}
        called |= {WORLD, POOL_HOST, HOST_AT_HOME}
    return {
        attempt: told(attempt, caller, sight)
        for address, caller in callers.items()
        for attempt in attempts(address, called - addresses_of(caller))
    }


def addresses_of(caller: NetworkInterface | None) -> set[str | None]:
    return {None} if caller is None else {None, caller.address, caller.public_address}


def attempts(caller: str, called: Iterable[str | None]) -> list[Attempt]:
    return [
        Attempt(caller=caller, called=address, protocol=protocol, port=port)
        for address in sorted(filter(None, called))
        for protocol, port in TRIED
    ]


def told(attempt: Attempt, caller: NetworkInterface | None, sight: NetworkSight) -> Explanation:
    traffic = Traffic(protocol=NUMBERS[attempt.protocol], port=attempt.port or None)
    source = End(kind="interface", interface=caller, address=attempt.caller)
    if caller is None:
        source = End(kind="host") if attempt.caller == HOST else End(kind="internet", address=WORLD)
    found = sight.outside(attempt.called)
    if found is None and caller is not None:
        found = sight.inside(caller.vpc_id, attempt.called)
    is_host = attempt.called in (POOL_HOST, HOST_AT_HOME)
    other = "interface" if found else "host" if is_host else "internet"
    target = End(kind=other, interface=found, address=attempt.called)
    return explanation_of(sight, source, target, traffic, SOURCE_PORT)


def played(folder: Path, world: str, seed: int, fabric: type[KnownFabric]) -> None:
    """Raises AssertionError when something is not as the records say."""
    with api_network(folder, fabric, seed) as network:
        drawn = RandomNetwork(network.client("ec2"), network.client("ecs"), Random(seed))
        drawn.build()
        own = Matrix(network, world)
        counted = [tried(network, own)]
        for _ in range(CHANGES):
            drawn.change()
            counted.append(tried(network, own))
    assert sum(passed for passed, _ in counted) > sum(made for _, made in counted) / 25, counted


def asks_for_neighbours(network: ApiNetwork) -> bool:
    tasks = (n for n in namespaces_of(network.settings.engine_id) if "-eni-" in n)
    return any(sh(f"ip -n {name} neighbour show nud incomplete") for name in tasks)


def tried(network: ApiNetwork, own: Matrix) -> tuple[int, int]:
    """Questions about an address that nobody had (ARP) fail what is sent while they are open."""
    network.settle()
    wait_for(lambda: not asks_for_neighbours(network), what="an end of questions")
    return network.portal.run(own.agrees())


@pytest.mark.parametrize("seed", range(int(os.environ.get(SEEDS, "3"))))
def test_what_the_api_says_is_what_attempts_come_to(tmp_path: Path, world: str, seed: int) -> None:
    played(tmp_path, world, seed, KnownFabric)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 20))
def test_it_is_so_for_many_networks(tmp_path: Path, world: str, seed: int) -> None:
    played(tmp_path, world, seed, KnownFabric)


class Forgetful(KnownFabric):
    """Every network ACL lets everything pass."""

    def taken(self, layout: NetworkLayout) -> NetworkLayout:
        return replace(
            layout,
            vpcs=tuple(
                replace(vpc, subnets=tuple(replace(each, acl=EVERYTHING) for each in vpc.subnets))
                for vpc in layout.vpcs
            ),
        )


def test_a_fabric_that_forgets_lists_is_found_out(tmp_path: Path, world: str) -> None:
    with pytest.raises(AssertionError, match="acl"):
        played(tmp_path, world, 0, Forgetful)
