"""Whatever a group is made to let pass, taking it back leaves the group as it was.

And a rule is one rule however it is said: what is shown of a group can be revoked as it is shown,
and cannot be authorized again.
"""

import ipaddress
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import event, given, settings
from tests.support.api_world import World

from hostless.domain.errors import ApiError
from hostless.kit.naming import snake_case
from hostless.store.kinds import ALL_KINDS

PROTOCOLS = ("tcp", "TCP", "6", "udp", "17", "icmp", "1", "icmpv6", "58", "-1", "50", "051")
_RANGES = {4: ("cidr_ip", "ip_ranges"), 6: ("cidr_ipv6", "ipv6_ranges")}


@st.composite
def permissions(draw: Any) -> dict[str, Any]:
    """An IpPermission that EC2 takes, in snake case."""
    protocol = draw(st.sampled_from(PROTOCOLS))
    made: dict[str, Any] = {"ip_protocol": protocol}
    if protocol.lower() in ("tcp", "6", "udp", "17"):
        made["from_port"], made["to_port"] = sorted(draw(st.tuples(_port(), _port())))
    elif protocol in ("icmp", "1", "icmpv6", "58"):
        type_ = draw(st.integers(-1, 255))
        made["from_port"] = type_
        made["to_port"] = -1 if type_ == -1 else draw(st.integers(-1, 255))
    for version, (member, members) in _RANGES.items():
        made[members] = [{member: cidr} for cidr in draw(st.lists(_cidr(version), max_size=2))]
    names = draw(st.lists(st.sampled_from(("default", "web")), max_size=2))
    made["user_id_group_pairs"] = [{"group_name": name} for name in names]
    if not (made["ip_ranges"] or made["ipv6_ranges"] or names):
        made["ip_ranges"] = [{"cidr_ip": "0.0.0.0/0"}]
    return made


def _port() -> st.SearchStrategy[int]:
    return st.integers(0, 65535)


def _cidr(version: int) -> st.SearchStrategy[str]:
    """Ranges with host bits set; few, so that some are said twice."""
    width = 32 if version == 4 else 128
    address = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    numbers = st.integers(0, 3).map(lambda n: n << (width - 2) | n)
    return st.builds(lambda n, p: f"{address(n)}/{p}", numbers, st.integers(0, width))


def tables(world: World) -> dict[str, dict[str, object]]:
    return {kind.name: {kind.key(r): r for r in world.store.all(kind)} for kind in ALL_KINDS}


async def shown(world: World) -> dict[str, Any]:
    answer = await world.call("DescribeSecurityGroups", "ec2", group_names=["web"])
    found: dict[str, Any] = answer["SecurityGroups"][0]
    return found


def snaked(value: Any) -> Any:
    """What a client would send back of an answer."""
    if isinstance(value, dict):
        return {snake_case(name): snaked(v) for name, v in value.items() if v is not None}
    return [snaked(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
@settings(deadline=None, max_examples=40)
@given(asked=st.lists(permissions(), min_size=1, max_size=3), is_by_id=st.booleans())
async def test_what_is_authorized_and_then_revoked_leaves_no_trace(
    direction: str, asked: list[dict[str, Any]], is_by_id: bool
) -> None:
    world = await World().open()
    await world.call("CreateSecurityGroup", "ec2", group_name="web", description="x")
    group = {"group_id": (await shown(world))["GroupId"]}
    before = tables(world)
    try:
        made = await world.call(
            f"AuthorizeSecurityGroup{direction}", "ec2", ip_permissions=asked, **group
        )
    except ApiError as error:
        event(error.code)
        made = None
    if made is None:
        assert tables(world) == before
        return
    between = tables(world)
    side = "IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"
    visible = snaked((await shown(world))[side])
    for again in (asked, visible):
        with pytest.raises(ApiError, match="already exists"):
            await world.call(
                f"AuthorizeSecurityGroup{direction}", "ec2", ip_permissions=again, **group
            )
    assert tables(world) == between
    ids = [rule["SecurityGroupRuleId"] for rule in made["SecurityGroupRules"]]
    way = {"security_group_rule_ids": ids} if is_by_id else {"ip_permissions": asked}
    revoked = await world.call(f"RevokeSecurityGroup{direction}", "ec2", **way, **group)
    assert revoked["UnknownIpPermissions"] == []
    assert {rule["SecurityGroupRuleId"] for rule in revoked["RevokedSecurityGroupRules"]} == (
        set(ids)
    )
    assert tables(world) == before
