"""Subnets through a real EC2 client: their ranges and zones, what changes, what keeps them."""

import asyncio
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.domain.errors import ApiError
from hostless.store.kinds import NETWORK_ACL_ASSOCIATIONS, SUBNETS, TASKS

ACCOUNT = "000000000000"
NOWHERE = "subnet-0123456789abcdef0"
ZONES = "us-east-1a, us-east-1b, us-east-1c"


@pytest.fixture
def vpc(ec2: Any) -> dict[str, Any]:
    """A new VPC, 10.0.0.0/16 and a range of IPv6, as it is answered."""
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    return dict(made["Vpc"])


@pytest.fixture
def subnet(ec2: Any, vpc: dict[str, Any]) -> str:
    """The id of 10.0.0.0/24 in us-east-1a."""
    members = {"VpcId": vpc["VpcId"], "CidrBlock": "10.0.0.0/24"}
    made = ec2.create_subnet(**members, AvailabilityZone="us-east-1a")
    return str(made["Subnet"]["SubnetId"])


def ipv6_of(vpc: dict[str, Any], number: int) -> str:
    """A /64 of the VPC's range."""
    block = str(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    return block.replace("00::/56", f"{number:02x}::/64")


def shown(ec2: Any, subnet_id: str) -> dict[str, Any]:
    return dict(ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"][0])


def test_a_new_subnet_is_answered_and_described_to_the_field(ec2: Any, vpc: dict[str, Any]) -> None:
    tags = [{"Key": "Name", "Value": "private"}]
    made = ec2.create_subnet(
        VpcId=vpc["VpcId"],
        CidrBlock="10.0.1.9/24",
        AvailabilityZoneId="use1-az2",
        TagSpecifications=[{"ResourceType": "subnet", "Tags": tags}],
    )["Subnet"]
    id_ = made["SubnetId"]
    assert made == {
        "SubnetId": id_,
        "SubnetArn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/{id_}",
        "VpcId": vpc["VpcId"],
        "CidrBlock": "10.0.1.0/24",
        "AvailabilityZone": "us-east-1b",
        "AvailabilityZoneId": "use1-az2",
        "AvailableIpAddressCount": 251,
        "DefaultForAz": False,
        "MapPublicIpOnLaunch": False,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": False,
        "EnableDns64": False,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
        "OwnerId": ACCOUNT,
        "State": "available",
        "Tags": tags,
    }
    assert shown(ec2, id_) == made
    ec2.get_waiter("subnet_available").wait(SubnetIds=[id_])


def test_a_subnet_is_born_with_the_default_acl_and_takes_it_along(
    ec2: Any, world: World, subnet: str, vpc: dict[str, Any]
) -> None:
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    (acl,) = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    assert [each["SubnetId"] for each in acl["Associations"]] == [subnet]
    ec2.delete_subnet(SubnetId=subnet)
    assert world.store.find(NETWORK_ACL_ASSOCIATIONS, "subnet", subnet) == []
    assert refusal(ec2.describe_subnets, SubnetIds=[subnet])[0] == "InvalidSubnetID.NotFound"
    ec2.delete_vpc(VpcId=vpc["VpcId"])


def test_subnets_without_a_zone_are_spread(ec2: Any, vpc: dict[str, Any]) -> None:
    zones = {
        ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=f"10.0.{n}.0/24")["Subnet"][
            "AvailabilityZone"
        ]
        for n in range(3)
    }
    assert zones == {"us-east-1a", "us-east-1b", "us-east-1c"}


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        ({"CidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."),
        ({"CidrBlock": "10.0.0.0/15"}, "InvalidSubnet.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ({"CidrBlock": "10.0.9.0/29"}, "InvalidSubnet.Range", "The CIDR '10.0.9.0/29' is invalid."),
        (
            {"CidrBlock": "10.0.0.128/25"},
            "InvalidSubnet.Conflict",
            "The CIDR '10.0.0.128/25' conflicts with another subnet",
        ),
        (
            {"CidrBlock": "10.0.0.0/16"},
            "InvalidSubnet.Conflict",
            "The CIDR '10.0.0.0/16' conflicts with another subnet",
        ),
        (
            {"CidrBlock": "nonsense"},
            "InvalidParameterValue",
            "Value (nonsense) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        ({}, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."),
        (
            {"CidrBlock": "10.0.9.0/24", "AvailabilityZone": "us-east-1z"},
            "InvalidParameterValue",
            "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently "
            f"only be created in the following availability zones: {ZONES}.",
        ),
        (
            {"CidrBlock": "10.0.9.0/24", "AvailabilityZoneId": "use1-az9"},
            "InvalidParameterValue",
            "Value (use1-az9) for parameter availabilityZoneId is invalid. Subnets can currently "
            "only be created in the following availability zones: use1-az1, use1-az2, use1-az3.",
        ),
        (
            {
                "CidrBlock": "10.0.9.0/24",
                "AvailabilityZone": "us-east-1a",
                "AvailabilityZoneId": "use1-az1",
            },
            "InvalidParameterCombination",
            "The parameter availabilityZoneId cannot be used with the parameter availabilityZone",
        ),
        (
            {"CidrBlock": "10.0.9.0/24", "Ipv6CidrBlock": "2001:db8::/64"},
            "InvalidSubnet.Range",
            "The CIDR '2001:db8::/64' is invalid.",
        ),
        (
            {"CidrBlock": "10.0.9.0/24", "Ipv6CidrBlock": "10.0.0.0/24"},
            "InvalidParameterValue",
            "invalid value for parameter ipv6-cidr-block: 10.0.0.0/24",
        ),
        (
            {"Ipv6Native": True, "Ipv6CidrBlock": "2001:db8::/64"},
            "InvalidParameterValue",
            "Value (true) for parameter ipv6Native is invalid. "
            "Every subnet here has a range of IPv4.",
        ),
        (
            {"CidrBlock": "10.0.9.0/24", "DryRun": True},
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ),
    ],
)
def test_a_subnet_that_cannot_be_made_makes_nothing(
    ec2: Any,
    world: World,
    vpc: dict[str, Any],
    subnet: str,
    members: dict[str, Any],
    code: str,
    sentence: str,
) -> None:
    before = len(world.store.table(SUBNETS))
    assert refusal(ec2.create_subnet, VpcId=vpc["VpcId"], **members) == (code, sentence)
    assert len(world.store.table(SUBNETS)) == before


def test_a_subnet_of_two_stacks_lies_in_both_ranges(ec2: Any, vpc: dict[str, Any]) -> None:
    block = ipv6_of(vpc, 7)
    members = {"VpcId": vpc["VpcId"], "CidrBlock": "10.0.0.0/24", "Ipv6CidrBlock": block}
    made = ec2.create_subnet(**members)["Subnet"]
    (association,) = made["Ipv6CidrBlockAssociationSet"]
    assert association == {
        "AssociationId": association["AssociationId"],
        "Ipv6CidrBlock": block,
        "Ipv6CidrBlockState": {"State": "associated"},
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }
    assert refusal(ec2.create_subnet, **{**members, "CidrBlock": "10.0.1.0/24"}) == (
        "InvalidSubnet.Conflict",
        f"The CIDR '{block}' conflicts with another subnet",
    )
    wider = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    asked = {**members, "CidrBlock": "10.0.1.0/24", "Ipv6CidrBlock": wider}
    assert refusal(ec2.create_subnet, **asked) == (
        "InvalidParameterValue",
        f"invalid value for parameter ipv6-cidr-block: {wider}",
    )


def test_of_two_overlapping_subnets_at_once_one_is_made(
    world: World, portal: LoopThread, vpc: dict[str, Any]
) -> None:
    async def make(cidr: str) -> str:
        try:
            asked = {"vpc_id": vpc["VpcId"], "cidr_block": cidr}
            await world.perform("ec2", "CreateSubnet", asked)
        except ApiError as error:
            return error.code
        return "made"

    async def both() -> list[str]:
        return await asyncio.gather(make("10.0.0.0/24"), make("10.0.0.0/25"))

    assert portal.run(both()) == ["made", "InvalidSubnet.Conflict"]


def test_ids_that_name_no_subnet_are_refused_by_every_operation(ec2: Any) -> None:
    for call, members in (
        (ec2.delete_subnet, {}),
        (ec2.modify_subnet_attribute, {"MapPublicIpOnLaunch": {"Value": True}}),
        (ec2.associate_subnet_cidr_block, {"Ipv6CidrBlock": "2001:db8::/64"}),
    ):
        assert refusal(call, SubnetId=NOWHERE, **members) == (
            "InvalidSubnetID.NotFound",
            f"The subnet ID '{NOWHERE}' does not exist",
        )
        assert refusal(call, SubnetId="x", **members)[0] == "InvalidSubnetID.Malformed"


def test_attributes_are_changed_one_at_a_time(ec2: Any, vpc: dict[str, Any]) -> None:
    members = {"VpcId": vpc["VpcId"], "CidrBlock": "10.0.0.0/24"}
    made = ec2.create_subnet(**members, Ipv6CidrBlock=ipv6_of(vpc, 1))["Subnet"]["SubnetId"]
    for attribute in (
        "MapPublicIpOnLaunch",
        "AssignIpv6AddressOnCreation",
        "EnableDns64",
        "EnableResourceNameDnsARecordOnLaunch",
        "EnableResourceNameDnsAAAARecordOnLaunch",
    ):
        ec2.modify_subnet_attribute(SubnetId=made, **{attribute: {"Value": True}})
    ec2.modify_subnet_attribute(SubnetId=made, PrivateDnsHostnameTypeOnLaunch="resource-name")
    after = shown(ec2, made)
    switches = ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64")
    assert all(after[name] for name in switches)
    assert after["PrivateDnsNameOptionsOnLaunch"] == {
        "HostnameType": "resource-name",
        "EnableResourceNameDnsARecord": True,
        "EnableResourceNameDnsAAAARecord": True,
    }
    ec2.modify_subnet_attribute(SubnetId=made, MapPublicIpOnLaunch={"Value": False})
    ec2.modify_subnet_attribute(SubnetId=made, PrivateDnsHostnameTypeOnLaunch="ip-name")
    assert shown(ec2, made)["MapPublicIpOnLaunch"] is False
    assert shown(ec2, made)["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "ip-name"


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"MapPublicIpOnLaunch": {"Value": True}, "EnableDns64": {"Value": True}},
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified: enableDns64, mapPublicIpOnLaunch",
        ),
        ({}, "InvalidParameterCombination", "No attributes specified."),
        (
            {"AssignIpv6AddressOnCreation": {"Value": True}},
            "InvalidParameterValue",
            "Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set "
            "assign-ipv6-address-on-creation to true unless the subnet ({subnet}) has an IPv6 "
            "CIDR block associated with it.",
        ),
    ],
)
def test_attributes_that_cannot_be_changed_so(
    ec2: Any, subnet: str, members: dict[str, Any], code: str, sentence: str
) -> None:
    before = shown(ec2, subnet)
    expected = (code, sentence.replace("{subnet}", subnet))
    assert refusal(ec2.modify_subnet_attribute, SubnetId=subnet, **members) == expected
    assert shown(ec2, subnet) == before


def test_settings_of_outposts_are_refused(ec2: Any, subnet: str, vpc: dict[str, Any]) -> None:
    call = ec2.modify_subnet_attribute
    code, sentence = refusal(call, SubnetId=subnet, EnableLniAtDeviceIndex=1)
    assert code == "UnsupportedOperation"
    assert "EnableLniAtDeviceIndex" in sentence
    asked = {"VpcId": vpc["VpcId"], "CidrBlock": "10.0.5.0/24", "OutpostArn": "arn:aws:outposts:x"}
    assert refusal(ec2.create_subnet, **asked)[0] == "UnsupportedOperation"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ipv6-cidr-block-association.state", "associated"),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "2001:db8:*"),
        ("ipv6-cidr-block-association.association-id", "subnet-cidr-assoc-*"),
        ("cidr-block", "10.0.0.0/24"),
        ("map-public-ip-on-launch", "false"),
        ("default-for-az", "false"),
        ("private-dns-name-options-on-launch.hostname-type", "resource-name"),
        ("private-dns-name-options-on-launch.enable-resource-name-dns-a-record", "true"),
        ("private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record", "true"),
        ("enable-dns64", "true"),
        ("available-ip-address-count", "251"),
        ("tag:Name", "dual"),
    ],
)
def test_subnets_are_found_by(ec2: Any, vpc: dict[str, Any], name: str, value: str) -> None:
    made = ec2.create_subnet(
        VpcId=vpc["VpcId"],
        CidrBlock="10.0.0.0/24",
        Ipv6CidrBlock=ipv6_of(vpc, 1),
        TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": "dual"}]}],
    )["Subnet"]["SubnetId"]
    on = {"Value": True}
    ec2.modify_subnet_attribute(SubnetId=made, EnableDns64=on)
    ec2.modify_subnet_attribute(SubnetId=made, EnableResourceNameDnsARecordOnLaunch=on)
    ec2.modify_subnet_attribute(SubnetId=made, EnableResourceNameDnsAAAARecordOnLaunch=on)
    ec2.modify_subnet_attribute(SubnetId=made, PrivateDnsHostnameTypeOnLaunch="resource-name")
    found = ec2.describe_subnets(Filters=[{"Name": name, "Values": [value]}])["Subnets"]
    assert [each["SubnetId"] for each in found] == [made]


@pytest.mark.parametrize(
    "name",
    ["outpost-arn", "customer-owned-ipv4-pool", "enable-lni-at-device-index", "ipv6-native"],
)
def test_no_subnet_has_what_is_not_here(ec2: Any, name: str) -> None:
    filters = [{"Name": name, "Values": ["true", "?*"] if name != "ipv6-native" else ["true"]}]
    assert ec2.describe_subnets(Filters=filters)["Subnets"] == []


def test_tasks_run_in_any_vpc_with_its_own_default_group(
    ec2: Any, ready_to_run: Any, world: World, subnet: str, vpc: dict[str, Any]
) -> None:
    placed = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet]}}}
    asked = {"taskDefinition": "web", "launchType": "FARGATE", **placed}
    (task,) = ready_to_run.run_task(**asked)["tasks"]
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert details["subnetId"] == subnet
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert refusal(ec2.delete_subnet, SubnetId=subnet)[0] == "DependencyViolation"
    assert [each.placement.security_groups for each in world.store.all(TASKS)] == [
        (group["GroupId"],)
    ]
    both = [subnet, world.network.subnets[0].id]
    placed["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = both
    assert refusal(ready_to_run.run_task, **asked)[0] == "InvalidParameterException"


def test_tasks_do_not_run_in_a_vpc_of_dedicated_tenancy(ec2: Any, ready_to_run: Any) -> None:
    made = ec2.create_vpc(CidrBlock="10.7.0.0/16", InstanceTenancy="dedicated")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=made, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
    placed = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet]}}}
    asked = {"taskDefinition": "web", "launchType": "FARGATE", **placed}
    assert refusal(ready_to_run.run_task, **asked) == (
        "InvalidParameterException",
        f"The VPC '{made}' has dedicated tenancy, which Fargate does not support.",
    )
    ec2.modify_vpc_tenancy(VpcId=made, InstanceTenancy="default")
    assert len(ready_to_run.run_task(**asked)["tasks"]) == 1
