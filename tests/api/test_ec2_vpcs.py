"""VPCs through a real EC2 client: what comes with one, what changes, what keeps it."""

import asyncio
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.store.kinds import ALL_KINDS, VPCS

ACCOUNT = "000000000000"
NOWHERE = "vpc-0123456789abcdef0"
NOT_FOUND = ("InvalidVpcID.NotFound", f"The vpc ID '{NOWHERE}' does not exist")
MALFORMED = ("InvalidVpcID.Malformed", 'Invalid id: "x" (expecting "vpc-...")')


@pytest.fixture
def vpc(ec2: Any) -> str:
    """The id of a new VPC, 10.0.0.0/16."""
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def of_vpc(vpc_id: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc_id]}]


def census(world: World) -> dict[str, int]:
    """How many records there are of each kind."""
    return {kind.name: len(world.store.table(kind)) for kind in ALL_KINDS}


def test_a_new_vpc_is_answered_and_described_to_the_field(ec2: Any) -> None:
    tags = [{"Key": "Name", "Value": "shop"}]
    made = ec2.create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
    )["Vpc"]
    id_ = made["VpcId"]
    described = {
        "VpcId": id_,
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [
            {
                "AssociationId": f"vpc-cidr-assoc-{id_.removeprefix('vpc-')}",
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockState": {"State": "associated"},
            }
        ],
        "DhcpOptionsId": "default",
        "InstanceTenancy": "default",
        "IsDefault": False,
        "OwnerId": ACCOUNT,
        "State": "available",
        "Tags": tags,
    }
    assert made == {**described, "State": "pending"}
    assert ec2.describe_vpcs(VpcIds=[id_])["Vpcs"] == [described]
    ec2.get_waiter("vpc_available").wait(VpcIds=[id_])


def test_a_vpc_comes_with_a_group_and_an_acl_and_goes_with_them(ec2: Any, world: World) -> None:
    before = census(world)
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    groups = ec2.describe_security_groups(Filters=of_vpc(vpc_id))["SecurityGroups"]
    assert [(g["GroupName"], g["Description"]) for g in groups] == [
        ("default", "default VPC security group")
    ]
    acls = ec2.describe_network_acls(Filters=of_vpc(vpc_id))["NetworkAcls"]
    assert [(acl["IsDefault"], acl["Associations"]) for acl in acls] == [(True, [])]
    after = census(world)
    assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == {
        "vpc": 1,
        "security_group": 1,
        "security_group_rule": 2,
        "route_table": 1,
        "route_table_association": 1,
        "network_acl": 1,
    }
    ec2.delete_vpc(VpcId=vpc_id)
    assert census(world) == before
    assert refusal(ec2.describe_vpcs, VpcIds=[vpc_id])[0] == "InvalidVpcID.NotFound"


def test_equal_ranges_are_no_conflict_between_vpcs(ec2: Any, vpc: str) -> None:
    assert ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] != vpc


def test_host_bits_are_taken_off(ec2: Any) -> None:
    assert ec2.create_vpc(CidrBlock="100.68.0.18/18")["Vpc"]["CidrBlock"] == "100.68.0.0/18"


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        ({"CidrBlock": "10.0.0.0/15"}, "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ({"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        ({"CidrBlock": "127.1.0.0/16"}, "InvalidVpc.Range", "The CIDR '127.1.0.0/16' is invalid."),
        ({"CidrBlock": "240.0.0.0/16"}, "InvalidVpc.Range", "The CIDR '240.0.0.0/16' is invalid."),
        (
            {"CidrBlock": "198.18.0.0/16"},
            "InvalidVpc.Range",
            "The CIDR '198.18.0.0/16' is restricted.",
        ),
        (
            {"CidrBlock": "10.0.0.0"},
            "InvalidParameterValue",
            "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        (
            {"CidrBlock": "1000.1.0.0/20"},
            "InvalidParameterValue",
            "Value (1000.1.0.0/20) for parameter cidrBlock is invalid. "
            "This is not a valid CIDR block.",
        ),
        (
            {"CidrBlock": "fd00::/56"},
            "InvalidParameterValue",
            "Value (fd00::/56) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        ({}, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."),
        (
            {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "host"},
            "InvalidParameterValue",
            "Value (host) for parameter instanceTenancy is invalid.",
        ),
        (
            {
                "CidrBlock": "10.0.0.0/16",
                "AmazonProvidedIpv6CidrBlock": True,
                "Ipv6CidrBlockNetworkBorderGroup": "us-west-2-lax-1",
            },
            "InvalidParameterValue",
            "The network border group 'us-west-2-lax-1' is not valid in us-east-1.",
        ),
        (
            {
                "CidrBlock": "10.0.0.0/16",
                "TagSpecifications": [
                    {"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}
                ],
            },
            "InvalidParameterValue",
            "'subnet' is not a valid taggable resource type for this operation.",
        ),
        (
            {"CidrBlock": "10.0.0.0/16", "DryRun": True},
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ),
    ],
)
def test_a_vpc_that_cannot_be_made_makes_nothing(
    ec2: Any, world: World, members: dict[str, Any], code: str, sentence: str
) -> None:
    before = census(world)
    assert refusal(ec2.create_vpc, **members) == (code, sentence)
    assert census(world) == before


@pytest.mark.parametrize(
    "members",
    [
        {"Ipv4IpamPoolId": "ipam-pool-1", "Ipv4NetmaskLength": 16},
        {"Ipv6Pool": "ipv6pool-ec2-1"},
        {"VpcEncryptionControl": {"Mode": "monitor"}},
    ],
)
def test_what_is_not_here_is_refused_and_named(ec2: Any, members: dict[str, Any]) -> None:
    code, sentence = refusal(ec2.create_vpc, CidrBlock="10.0.0.0/16", **members)
    assert code == "UnsupportedOperation"
    assert next(iter(members)) in sentence


def test_ids_that_name_no_vpc_are_refused_by_every_operation(ec2: Any) -> None:
    calls: list[tuple[Any, dict[str, Any]]] = [
        (ec2.delete_vpc, {}),
        (ec2.modify_vpc_attribute, {"EnableDnsSupport": {"Value": True}}),
        (ec2.describe_vpc_attribute, {"Attribute": "enableDnsSupport"}),
        (ec2.modify_vpc_tenancy, {"InstanceTenancy": "default"}),
        (ec2.create_subnet, {"CidrBlock": "10.0.0.0/24"}),
        (ec2.associate_vpc_cidr_block, {"AmazonProvidedIpv6CidrBlock": True}),
        (ec2.associate_dhcp_options, {"DhcpOptionsId": "default"}),
    ]
    for call, members in calls:
        assert refusal(call, VpcId=NOWHERE, **members) == NOT_FOUND
        assert refusal(call, VpcId="x", **members) == MALFORMED


def attributes_of(ec2: Any, vpc_id: str) -> tuple[bool, bool, bool]:
    names = ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics")
    shown = (
        ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=f"{name[0].lower()}{name[1:]}")[name]
        for name in names
    )
    support, hostnames, metrics = (each["Value"] for each in shown)
    return support, hostnames, metrics


def test_attributes_are_changed_one_at_a_time(ec2: Any, world: World, vpc: str) -> None:
    assert attributes_of(ec2, str(world.network.vpc.id)) == (True, True, False)
    assert attributes_of(ec2, vpc) == (True, False, False)
    for name in ("EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{name: {"Value": True}})
    assert attributes_of(ec2, vpc) == (True, True, True)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    assert attributes_of(ec2, vpc) == (False, True, True)


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport",
        ),
        ({}, "InvalidParameterCombination", "No attributes specified."),
        (
            {"EnableDnsHostnames": {"Value": True}},
            "InvalidParameterValue",
            "Value (true) for parameter enableDnsHostnames is invalid. "
            "DNS hostnames can only be enabled where DNS support is.",
        ),
    ],
)
def test_attributes_that_cannot_be_changed_so(
    ec2: Any, vpc: str, members: dict[str, Any], code: str, sentence: str
) -> None:
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    assert refusal(ec2.modify_vpc_attribute, VpcId=vpc, **members) == (code, sentence)
    assert attributes_of(ec2, vpc) == (False, False, False)


def test_an_unknown_attribute_is_refused(ec2: Any, vpc: str) -> None:
    code, sentence = refusal(ec2.describe_vpc_attribute, VpcId=vpc, Attribute="colour")
    assert code == "InvalidParameterValue"
    assert "colour" in sentence


def test_the_tenancy_can_only_become_default(ec2: Any) -> None:
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="dedicated")["Vpc"]
    assert made["InstanceTenancy"] == "dedicated"
    call = ec2.modify_vpc_tenancy
    assert refusal(call, VpcId=made["VpcId"], InstanceTenancy="dedicated")[0] == (
        "InvalidParameterValue"
    )
    assert call(VpcId=made["VpcId"], InstanceTenancy="default")["ReturnValue"] is True
    (shown,) = ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
    assert shown["InstanceTenancy"] == "default"


@pytest.mark.parametrize(
    ("name", "value", "finds_dual"),
    [
        ("cidr", "10.0.0.0/16", True),
        ("is-default", "false", True),
        ("isDefault", "true", False),
        ("cidr-block-association.state", "disassociated", None),
        ("cidr-block-association.cidr-block", "10.*", True),
        ("ipv6-cidr-block-association.ipv6-pool", "Amazon", True),
        ("ipv6-cidr-block-association.state", "associated", True),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "2001:db8:*::/56", True),
        ("dhcp-options-id", "dopt-*", None),
        ("owner-id", ACCOUNT, ...),
        ("tag:Name", "dual", True),
        ("tag-key", "Name", True),
    ],
)
def test_vpcs_are_found_by(ec2: Any, world: World, name: str, value: str, finds_dual: Any) -> None:
    """finds_dual: whether it is the new VPC or the default one that is found; ...: both."""
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "dual"}]}]
    new = ec2.create_vpc(
        CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True, TagSpecifications=tags
    )["Vpc"]["VpcId"]
    default = str(world.network.vpc.id)
    wanted = {True: {new}, False: {default}, None: set(), ...: {default, new}}[finds_dual]
    found = ec2.describe_vpcs(Filters=[{"Name": name, "Values": [value]}])["Vpcs"]
    assert {each["VpcId"] for each in found} == wanted


def test_association_ids_find_their_vpc(ec2: Any) -> None:
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    for name, member in (
        ("cidr-block-association.association-id", "CidrBlockAssociationSet"),
        ("ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet"),
    ):
        filters = [{"Name": name, "Values": [made[member][0]["AssociationId"]]}]
        assert [v["VpcId"] for v in ec2.describe_vpcs(Filters=filters)["Vpcs"]] == [made["VpcId"]]


def test_tags_come_by_create_tags_too(ec2: Any, vpc: str) -> None:
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "shop"}])
    (shown,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["shop"]}])["Vpcs"]
    assert shown["VpcId"] == vpc
    filters = [{"Name": "resource-type", "Values": ["vpc"]}]
    assert [tag["ResourceId"] for tag in ec2.describe_tags(Filters=filters)["Tags"]] == [vpc]


def test_many_vpcs_at_once_have_ranges_of_ipv6_of_their_own(
    world: World, portal: LoopThread
) -> None:
    async def make(count: int) -> None:
        members = {"cidr_block": "10.0.0.0/16", "amazon_provided_ipv6_cidr_block": True}
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(world.perform("ec2", "CreateVpc", members))

    portal.run(make(20))
    ranges = [vpc.ipv6.cidr_block for vpc in world.store.all(VPCS) if vpc.ipv6 is not None]
    assert len(set(ranges)) == 20
