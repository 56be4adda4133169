"""Whatever subnets are asked for and deleted, in a VPC no two overlap and all lie in its ranges."""

from ipaddress import IPv4Address, IPv6Network, ip_network
from itertools import combinations
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.support.api_world import World

from hostless.domain.errors import ApiError
from hostless.domain.network import Subnet, Vpc
from hostless.services.ec2 import vpc_ranges
from hostless.store.kinds import SUBNETS, VPCS

CODES = {"InvalidSubnet.Range", "InvalidSubnet.Conflict"}
SMALL = "10.0.0.0/24"


@st.composite
def steps(draw: Any) -> list[tuple[str, int, int, int | None]]:
    """What to do with the VPC: an address's last ten bits, a prefix, and the number of a /64."""
    step = st.tuples(
        st.sampled_from(("create", "create", "create", "delete")),
        st.integers(0, 2**10 - 1),
        st.integers(22, 30),
        st.none() | st.integers(0, 3),
    )
    return list(draw(st.lists(step, max_size=12)))


async def take(world: World, vpc: Vpc, step: tuple[str, int, int, int | None]) -> str:
    """The error's code; empty when it was granted."""
    verb, low, prefix, number = step
    there = world.store.find(SUBNETS, "vpc", vpc.id)
    try:
        if verb == "delete" and there:
            await world.perform("ec2", "DeleteSubnet", {"subnet_id": there[low % len(there)].id})
        elif verb == "create":
            asked = {"vpc_id": vpc.id, "cidr_block": f"{IPv4Address('10.0.0.0') + low}/{prefix}"}
            if number is not None:
                assert vpc.ipv6 is not None
                blocks = list(IPv6Network(vpc.ipv6.cidr_block).subnets(new_prefix=64))
                asked["ipv6_cidr_block"] = str(blocks[number])
            await world.perform("ec2", "CreateSubnet", asked)
    except ApiError as error:
        return error.code
    return ""


def faults(vpc: Vpc, subnets: list[Subnet]) -> list[str]:
    ranges = [subnet.cidr_block for subnet in subnets]
    ipv6 = [subnet.ipv6.cidr_block for subnet in subnets if subnet.ipv6 is not None]
    outer = {4: vpc.cidr_block, 6: vpc.ipv6.cidr_block if vpc.ipv6 else ""}
    found = []
    for one, other in (*combinations(ranges, 2), *combinations(ipv6, 2)):
        if ip_network(one).overlaps(ip_network(other)):
            found.append(f"{one} overlaps {other}")
    for each in (*ranges, *ipv6):
        network: Any = ip_network(each)
        if not network.subnet_of(ip_network(outer[network.version])):
            found.append(f"{each} is outside")
    return found


async def played(asked: list[tuple[str, int, int, int | None]]) -> list[str]:
    world = await World().open()
    members = {"cidr_block": SMALL, "amazon_provided_ipv6_cidr_block": True}
    await world.perform("ec2", "CreateVpc", members)
    vpc = list(world.store.all(VPCS))[-1]
    for step in asked:
        before = world.store.find(SUBNETS, "vpc", vpc.id)
        code = await take(world, vpc, step)
        after = world.store.find(SUBNETS, "vpc", vpc.id)
        assert code in {"", *CODES}
        assert not code or after == before
        if found := faults(vpc, after):
            return found
    return []


@given(steps())
@settings(max_examples=60, deadline=None)
async def test_subnets_never_overlap_and_never_leave_their_vpc(
    asked: list[tuple[str, int, int, int | None]],
) -> None:
    assert await played(asked) == []


@pytest.mark.parametrize(
    ("check", "fault", "asked"),
    [
        ("overlaps_any", "overlaps", [("create", 0, 26, None), ("create", 16, 28, None)]),
        ("lies_in", "is outside", [("create", 512, 26, None)]),
    ],
)
async def test_a_forgotten_check_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
    check: str,
    fault: str,
    asked: list[tuple[str, int, int, int | None]],
) -> None:
    assert await played(asked) == []
    monkeypatch.setattr(vpc_ranges.vpc_rules, check, lambda *_: check == "lies_in")
    assert any(fault in each for each in await played(asked))
