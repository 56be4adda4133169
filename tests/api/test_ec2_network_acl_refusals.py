"""What EC2 refuses about network ACLs, through a real client."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.acls import NOWHERE, put_ipv6_vpc, shown
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread, make_client

from hostless.domain.api_limits import ApiLimits
from hostless.domain.quotas import Quotas
from hostless.domain.settings import Settings


def test_entries_that_are_there_or_not_are_refused(
    ec2: Any, acl: str, entry: Callable[..., dict[str, Any]]
) -> None:
    absent = (
        "InvalidNetworkAclEntry.NotFound",
        "The network acl entry identified by 100 does not exist.",
    )
    named = {"NetworkAclId": acl, "RuleNumber": 100, "Egress": False}
    assert refusal(ec2.replace_network_acl_entry, **entry()) == absent
    assert refusal(ec2.delete_network_acl_entry, **named) == absent
    ec2.create_network_acl_entry(**entry())
    assert refusal(ec2.create_network_acl_entry, **entry()) == (
        "NetworkAclEntryAlreadyExists",
        "The network acl entry identified by 100 already exists.",
    )


@pytest.mark.parametrize("number", [0, -1, 32767, 32768, 70000])
def test_numbers_that_are_no_users_are_refused(
    ec2: Any, acl: str, entry: Callable[..., dict[str, Any]], number: int
) -> None:
    why = (
        "InvalidParameterValue",
        f"Value ({number}) for parameter ruleNumber is invalid. "
        "The rule number must be between 1 and 32766.",
    )
    before = shown(ec2, acl)
    assert refusal(ec2.create_network_acl_entry, **entry(RuleNumber=number)) == why
    assert refusal(ec2.replace_network_acl_entry, **entry(RuleNumber=number)) == why
    named = {"NetworkAclId": acl, "RuleNumber": number, "Egress": False}
    assert refusal(ec2.delete_network_acl_entry, **named) == why
    assert shown(ec2, acl) == before


BOTH = "Invalid value for portRange. Must specify both from and to ports with"


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"Protocol": "tcp"},
            "InvalidParameterValue",
            "Invalid value 'tcp' for IP protocol. Unknown protocol.",
        ),
        (
            {"Protocol": "256"},
            "InvalidParameterValue",
            "Invalid value '256' for IP protocol. Unknown protocol.",
        ),
        ({"PortRange": None}, "InvalidParameterValue", f"{BOTH} TCP/UDP."),
        ({"PortRange": {"From": 1}}, "InvalidParameterValue", f"{BOTH} TCP/UDP."),
        (
            {"PortRange": {"From": -1, "To": 2}},
            "InvalidParameterValue",
            "TCP/UDP port (-1) out of range",
        ),
        (
            {"PortRange": {"From": 3, "To": 2}},
            "InvalidParameterValue",
            "Invalid TCP/UDP port range (3:2)",
        ),
        ({"Protocol": "1"}, "InvalidParameterValue", f"{BOTH} ICMP."),
        (
            {"Protocol": "1", "IcmpTypeCode": {"Type": 300, "Code": 0}},
            "InvalidParameterValue",
            "ICMP type (300) out of range",
        ),
        (
            {"Protocol": "58", "CidrBlock": None, "Ipv6CidrBlock": "::/0"},
            "InvalidParameterValue",
            f"{BOTH} ICMP.",
        ),
        (
            {"CidrBlock": "10.0.0.0/33"},
            "InvalidParameterValue",
            "CIDR block 10.0.0.0/33 is malformed",
        ),
        (
            {"CidrBlock": None, "Ipv6CidrBlock": "10.0.0.0/8"},
            "InvalidParameterValue",
            "CIDR block 10.0.0.0/8 is malformed",
        ),
        (
            {"CidrBlock": None},
            "MissingParameter",
            "The request must contain exactly one of: cidrBlock, ipv6CidrBlock",
        ),
        (
            {"Ipv6CidrBlock": "::/0"},
            "InvalidParameterCombination",
            "The parameter cidrBlock cannot be used with the parameter ipv6CidrBlock",
        ),
        (
            {"NetworkAclId": NOWHERE},
            "InvalidNetworkAclID.NotFound",
            f"The networkAcl ID '{NOWHERE}' does not exist",
        ),
        (
            {"NetworkAclId": "acl"},
            "InvalidNetworkAclId.Malformed",
            'Invalid id: "acl" (expecting "acl-...")',
        ),
    ],
)
def test_an_entry_that_says_nothing_sensible_is_refused(
    ec2: Any,
    acl: str,
    entry: Callable[..., dict[str, Any]],
    changes: dict[str, Any],
    code: str,
    message: str,
) -> None:
    assert refusal(ec2.create_network_acl_entry, **entry(**changes)) == (code, message)
    assert len(shown(ec2, acl)["Entries"]) == 2


def test_quotas_are_held_where_the_engine_has_some(portal: LoopThread) -> None:
    async def make() -> World:
        limits = ApiLimits(quotas=Quotas(network_acls_per_vpc=2, network_acl_entries=3))
        settings = Settings(state_dir="/nowhere", api_limits=limits)
        return await World(settings=settings).open()

    world = portal.run(make())
    ec2 = make_client(world.application(), portal, "ec2")
    vpc = world.network.vpc.id
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    assert refusal(ec2.create_network_acl, VpcId=vpc) == (
        "NetworkAclLimitExceeded",
        "The maximum number of network ACLs has been reached.",
    )
    allow = {"NetworkAclId": acl, "Protocol": "-1", "RuleAction": "allow", "Egress": False}
    ranges = {**allow, "CidrBlock": "10.0.0.0/8"}
    for number in (1, 2):
        ec2.create_network_acl_entry(**ranges, RuleNumber=number)
    assert refusal(ec2.create_network_acl_entry, **ranges, RuleNumber=3) == (
        "NetworkAclEntryLimitExceeded",
        "The maximum number of network ACL entries has been reached.",
    )
    ec2.create_network_acl_entry(**{**ranges, "Egress": True}, RuleNumber=3)
    ec2.create_network_acl_entry(**allow, Ipv6CidrBlock="::/0", RuleNumber=3)


def test_a_subnet_gets_no_acl_of_another_vpc(ec2: Any, world: World, portal: LoopThread) -> None:
    other = ec2.create_network_acl(VpcId=portal.run(put_ipv6_vpc(world)))["NetworkAcl"][
        "NetworkAclId"
    ]
    association = world.network.acl_associations[0]
    assert refusal(
        ec2.replace_network_acl_association, AssociationId=association.id, NetworkAclId=other
    ) == (
        "InvalidParameterValue",
        f"network ACL {other} and subnet {association.subnet_id} belong to different networks",
    )


def test_the_default_acl_stays(ec2: Any, world: World) -> None:
    default = world.network.parts.acl.id
    assert refusal(ec2.delete_network_acl, NetworkAclId=default) == (
        "InvalidParameterValue",
        f"cannot delete default network ACL {default}",
    )


def test_an_acl_needs_a_vpc_that_exists(ec2: Any) -> None:
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        ec2.create_network_acl(VpcId="vpc-0000000000000dead")
