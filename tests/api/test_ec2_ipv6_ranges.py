"""Ranges of IPv6 that VPCs and subnets get and give back, through a real EC2 client."""

from ipaddress import IPv6Network
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.ec2 import put_interface

from hostless.domain.network_acls import NetworkAcl
from hostless.store.kinds import NETWORK_ACLS, ROUTE_TABLES

OFFERED = IPv6Network("2001:db8::/32")


@pytest.fixture
def vpc(ec2: Any) -> str:
    """The id of a VPC, 10.0.0.0/16, without IPv6."""
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    """The id of 10.0.0.0/24 in it."""
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    return str(made["Subnet"]["SubnetId"])


def associate(ec2: Any, vpc: str) -> dict[str, Any]:
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    return dict(made["Ipv6CidrBlockAssociation"])


def first_of(association: dict[str, Any]) -> str:
    """The first /64."""
    return str(association["Ipv6CidrBlock"]).replace("/56", "/64")


def rules_of(world: World, vpc: str) -> dict[str, list[tuple[int, str, bool]]]:
    """By network ACL: number, range, and whether it lets pass, of what comes in."""
    acls: list[NetworkAcl] = world.store.find(NETWORK_ACLS, "vpc", vpc)
    return {
        acl.id: sorted(
            (e.number, e.cidr_ipv4 or e.cidr_ipv6 or "", e.allows)
            for e in acl.entries
            if not e.is_egress
        )
        for acl in acls
    }


def local_routes(world: World, vpc: str) -> list[list[str]]:
    """Destinations of the local routes, by route table."""
    tables = world.store.find(ROUTE_TABLES, "vpc", vpc)
    return [[r.destination for r in t.routes if r.target == "local"] for t in tables]


def test_a_vpc_gets_a_range_and_what_goes_with_it(ec2: Any, world: World, vpc: str) -> None:
    answer = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    association = answer["Ipv6CidrBlockAssociation"]
    block = association["Ipv6CidrBlock"]
    assert IPv6Network(block).subnet_of(OFFERED)
    assert block.endswith("/56")
    assert (answer["VpcId"], association["Ipv6CidrBlockState"]) == (vpc, {"State": "associating"})
    (described,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert described["Ipv6CidrBlockAssociationSet"] == [
        {
            "AssociationId": association["AssociationId"],
            "Ipv6CidrBlock": block,
            "Ipv6CidrBlockState": {"State": "associated"},
            "Ipv6AddressAttribute": "public",
            "Ipv6Pool": "Amazon",
            "IpSource": "amazon",
            "NetworkBorderGroup": "us-east-1",
        }
    ]
    assert local_routes(world, vpc) == [["10.0.0.0/16", block]]
    (rules,) = rules_of(world, vpc).values()
    assert rules == [
        (100, "0.0.0.0/0", True),
        (101, "::/0", True),
        (32767, "0.0.0.0/0", False),
        (32768, "::/0", False),
    ]


def test_a_vpc_made_with_ipv6_is_like_one_that_gets_it(ec2: Any, world: World, vpc: str) -> None:
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    associate(ec2, vpc)
    assert list(rules_of(world, vpc).values()) == list(rules_of(world, made["VpcId"]).values())
    assert len(local_routes(world, made["VpcId"])[0]) == 2


def test_rules_that_somebody_changed_let_no_ipv6_pass(ec2: Any, world: World, vpc: str) -> None:
    other = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    (default,) = (id_ for id_ in rules_of(world, vpc) if id_ != other)
    ec2.delete_network_acl_entry(NetworkAclId=default, RuleNumber=100, Egress=False)
    associate(ec2, vpc)
    denied = [(32767, "0.0.0.0/0", False), (32768, "::/0", False)]
    assert rules_of(world, vpc) == {default: denied, other: denied}


def egress_of(ec2: Any, vpc: str, name: str = "default") -> list[str]:
    """The ranges that a group lets everything out to."""
    named = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [name]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    every = [each for each in group["IpPermissionsEgress"] if each["IpProtocol"] == "-1"]
    ipv4 = [range_["CidrIp"] for each in every for range_ in each["IpRanges"]]
    return ipv4 + [range_["CidrIpv6"] for each in every for range_ in each["Ipv6Ranges"]]


def test_the_default_group_lets_ipv6_out_when_its_vpc_gets_a_range(
    ec2: Any, world: World, vpc: str
) -> None:
    """Others that are there do not; those that are made later do."""
    for name in ("before", "after"):
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        if name == "before":
            assert egress_of(ec2, vpc) == egress_of(ec2, vpc, "before") == ["0.0.0.0/0"]
            associate(ec2, vpc)
    assert egress_of(ec2, vpc) == egress_of(ec2, vpc, "after") == ["0.0.0.0/0", "::/0"]
    assert egress_of(ec2, vpc, "before") == ["0.0.0.0/0"]
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    assert egress_of(ec2, made["VpcId"]) == ["0.0.0.0/0", "::/0"]


def test_a_default_group_whose_way_out_somebody_changed_stays_as_it_is(
    ec2: Any, world: World, vpc: str
) -> None:
    named = [{"Name": "vpc-id", "Values": [vpc]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    ec2.revoke_security_group_egress(
        GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"]
    )
    associate(ec2, vpc)
    assert egress_of(ec2, vpc) == []


def test_a_range_that_is_given_back_and_taken_anew_is_another(
    ec2: Any, world: World, vpc: str
) -> None:
    first = associate(ec2, vpc)
    rules = rules_of(world, vpc)
    answer = ec2.disassociate_vpc_cidr_block(AssociationId=first["AssociationId"])
    assert answer["VpcId"] == vpc
    assert answer["Ipv6CidrBlockAssociation"]["Ipv6CidrBlockState"] == {"State": "disassociating"}
    assert "Ipv6CidrBlockAssociationSet" not in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
    assert local_routes(world, vpc) == [["10.0.0.0/16"]]
    second = associate(ec2, vpc)
    assert second["Ipv6CidrBlock"] != first["Ipv6CidrBlock"]
    assert second["AssociationId"] != first["AssociationId"]
    assert rules_of(world, vpc) == rules


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"CidrBlock": "10.1.0.0/16"},
            "CidrLimitExceeded",
            "This network '{vpc}' has met its maximum number of allowed CIDRs: 1",
        ),
        (
            {"CidrBlock": "x"},
            "InvalidParameterValue",
            "Value (x) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        (
            {"AmazonProvidedIpv6CidrBlock": True},
            "CidrLimitExceeded",
            "This network '{vpc}' has met its maximum number of allowed CIDRs: 1",
        ),
        (
            {"AmazonProvidedIpv6CidrBlock": True, "CidrBlock": "10.1.0.0/16"},
            "InvalidParameterCombination",
            "The parameter cidrBlock cannot be used with the parameter amazonProvidedIpv6CidrBlock",
        ),
        (
            {},
            "MissingParameter",
            "The request must contain the parameter cidrBlock or amazonProvidedIpv6CidrBlock",
        ),
    ],
)
def test_a_second_range_is_refused(
    ec2: Any, vpc: str, members: dict[str, Any], code: str, sentence: str
) -> None:
    associate(ec2, vpc)
    before = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    expected = (code, sentence.replace("{vpc}", vpc))
    assert refusal(ec2.associate_vpc_cidr_block, VpcId=vpc, **members) == expected
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"] == before


def test_ranges_that_are_not_there_or_stay_are_not_given_back(ec2: Any, vpc: str) -> None:
    primary = f"vpc-cidr-assoc-{vpc.removeprefix('vpc-')}"
    assert refusal(ec2.disassociate_vpc_cidr_block, AssociationId=primary) == (
        "OperationNotPermitted",
        f"The vpc CIDR block with association ID {primary} may not be disassociated. "
        "It is the primary IPv4 CIDR block of the VPC",
    )
    nowhere = "cidr-assoc-0123456789abcdef0"
    assert refusal(ec2.disassociate_vpc_cidr_block, AssociationId=f"vpc-{nowhere}") == (
        "InvalidVpcCidrBlockAssociationID.NotFound",
        f"The vpc CIDR block association ID 'vpc-{nowhere}' does not exist",
    )
    assert refusal(ec2.disassociate_subnet_cidr_block, AssociationId=f"subnet-{nowhere}") == (
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        f"The subnet CIDR block with association ID 'subnet-{nowhere}' does not exist",
    )
    assert refusal(ec2.disassociate_subnet_cidr_block, AssociationId="x") == (
        "InvalidSubnetCidrBlockAssociationId.Malformed",
        "The subnet CIDR block with association ID x is malformed",
    )
    assert refusal(ec2.disassociate_vpc_cidr_block, AssociationId="x") == (
        "InvalidVpcCidrBlockAssociationId.Malformed",
        "The vpc CIDR block with association ID x is malformed",
    )


def test_a_subnet_gets_a_range_and_keeps_the_vpcs(ec2: Any, vpc: str, subnet: str) -> None:
    association = associate(ec2, vpc)
    block = first_of(association)
    answer = ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)
    own = answer["Ipv6CidrBlockAssociation"]
    assert (answer["SubnetId"], own["Ipv6CidrBlock"]) == (subnet, block)
    assert own["Ipv6CidrBlockState"] == {"State": "associating"}
    call = ec2.disassociate_vpc_cidr_block
    assert refusal(call, AssociationId=association["AssociationId"]) == (
        "InvalidCidrBlock.InUse",
        f"The vpc {vpc} currently has a subnet within CIDR block {association['Ipv6CidrBlock']}",
    )
    ec2.disassociate_subnet_cidr_block(AssociationId=own["AssociationId"])
    (bare,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert bare["Ipv6CidrBlockAssociationSet"] == []
    call(AssociationId=association["AssociationId"])


def test_a_subnets_range_lies_in_the_vpcs_and_is_its_own(ec2: Any, vpc: str, subnet: str) -> None:
    call = ec2.associate_subnet_cidr_block
    outside = "2001:db8::/64"
    wrong = ("InvalidSubnet.Range", f"The CIDR '{outside}' is invalid.")
    assert refusal(call, SubnetId=subnet, Ipv6CidrBlock=outside) == wrong
    block = first_of(associate(ec2, vpc))
    assert refusal(call, SubnetId=subnet, Ipv6CidrBlock=outside) == wrong
    assert refusal(call, SubnetId=subnet)[0] == "MissingParameter"
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", Ipv6CidrBlock=block)["Subnet"]
    conflict = ("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")
    assert refusal(call, SubnetId=subnet, Ipv6CidrBlock=block) == conflict
    more = block.replace("00::/64", "01::/64")
    assert refusal(call, SubnetId=other["SubnetId"], Ipv6CidrBlock=more) == (
        "CidrLimitExceeded",
        f"This network '{other['SubnetId']}' has met its maximum number of allowed CIDRs: 1",
    )


def test_a_range_that_an_interface_has_an_address_of_stays(
    ec2: Any, world: World, portal: LoopThread, vpc: str, subnet: str
) -> None:
    block = first_of(associate(ec2, vpc))
    answer = ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)
    there = {"subnet_id": subnet, "ipv6_address": block.replace("/64", "9")}
    portal.run(put_interface(world, **there))
    id_ = answer["Ipv6CidrBlockAssociation"]["AssociationId"]
    assert refusal(ec2.disassociate_subnet_cidr_block, AssociationId=id_) == (
        "InvalidCidrBlock.InUse",
        f"The subnet IPv6 CIDR block with association ID {id_} may not be disassociated, because "
        "a network interface of its subnet has an address of it.",
    )


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("AssignIpv6AddressOnCreation", "assign-ipv6-address-on-creation"),
        ("EnableDns64", "enable-dns64"),
        (
            "EnableResourceNameDnsAAAARecordOnLaunch",
            "enable-resource-name-dns-aaaa-record-on-launch",
        ),
    ],
)
def test_a_range_that_an_attribute_needs_stays(
    ec2: Any, vpc: str, subnet: str, attribute: str, name: str
) -> None:
    block = first_of(associate(ec2, vpc))
    answer = ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)
    ec2.modify_subnet_attribute(SubnetId=subnet, **{attribute: {"Value": True}})
    id_ = answer["Ipv6CidrBlockAssociation"]["AssociationId"]
    assert refusal(ec2.disassociate_subnet_cidr_block, AssociationId=id_) == (
        "InvalidCidrBlock.InUse",
        f"The subnet IPv6 CIDR block with association ID {id_} may not be disassociated, because "
        f"its subnet has {name} set to true.",
    )
    ec2.modify_subnet_attribute(SubnetId=subnet, **{attribute: {"Value": False}})
    ec2.disassociate_subnet_cidr_block(AssociationId=id_)
