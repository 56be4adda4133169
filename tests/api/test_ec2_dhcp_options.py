"""Sets of DHCP options through a real EC2 client."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal

from hostless.store.kinds import DHCP_OPTIONS

NOWHERE = "dopt-0123456789abcdef0"
NAMES = {"Key": "domain-name", "Values": ["example.com"]}
SERVERS = {"Key": "domain-name-servers", "Values": ["10.0.0.2", "10.0.0.3"]}


def create(ec2: Any, *configurations: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = ec2.create_dhcp_options(DhcpConfigurations=list(configurations), **more)
    return dict(made["DhcpOptions"])


def test_a_set_is_answered_and_described_to_the_field(ec2: Any) -> None:
    tags = [{"Key": "Name", "Value": "own"}]
    specifications = [{"ResourceType": "dhcp-options", "Tags": tags}]
    made = create(ec2, NAMES, SERVERS, TagSpecifications=specifications)
    assert made == {
        "DhcpOptionsId": made["DhcpOptionsId"],
        "DhcpConfigurations": [
            {"Key": "domain-name", "Values": [{"Value": "example.com"}]},
            {
                "Key": "domain-name-servers",
                "Values": [{"Value": "10.0.0.2"}, {"Value": "10.0.0.3"}],
            },
        ],
        "OwnerId": "000000000000",
        "Tags": tags,
    }
    assert ec2.describe_dhcp_options()["DhcpOptions"] == [made]


def test_servers_may_be_given_with_commas(ec2: Any) -> None:
    made = create(ec2, {"Key": "ntp-servers", "Values": ["10.0.0.2,10.0.0.3", "fd00::1"]})
    assert [each["Value"] for each in made["DhcpConfigurations"][0]["Values"]] == [
        "10.0.0.2",
        "10.0.0.3",
        "fd00::1",
    ]


@pytest.mark.parametrize(
    ("configurations", "code", "sentence"),
    [
        (
            [{"Key": "colour", "Values": ["red"]}],
            "InvalidParameterValue",
            "Value (colour) for parameter value is invalid. Unknown DHCP option",
        ),
        (
            [{"Key": "domain-name-servers", "Values": ["10.0.0.300"]}],
            "InvalidParameterValue",
            "Value (10.0.0.300) for parameter domain-name-servers is invalid.",
        ),
        (
            [{"Key": "netbios-node-type", "Values": ["3"]}],
            "InvalidParameterValue",
            "Value (3) for parameter netbios-node-type is invalid.",
        ),
        (
            [NAMES, NAMES],
            "InvalidParameterValue",
            "The DHCP option domain-name is given more than once.",
        ),
        (
            [],
            "MissingParameter",
            "The request must contain the parameter DhcpConfigurations",
        ),
    ],
)
def test_a_set_that_cannot_be_is_not_made(
    ec2: Any, world: World, configurations: list[Any], code: str, sentence: str
) -> None:
    call = ec2.create_dhcp_options
    assert refusal(call, DhcpConfigurations=configurations) == (code, sentence)
    assert len(world.store.table(DHCP_OPTIONS)) == 0


def test_dry_runs_make_nothing(ec2: Any, world: World) -> None:
    call = ec2.create_dhcp_options
    assert refusal(call, DhcpConfigurations=[NAMES], DryRun=True)[0] == "DryRunOperation"
    assert len(world.store.table(DHCP_OPTIONS)) == 0


def test_a_set_that_a_vpc_has_stays(ec2: Any, world: World) -> None:
    vpc = world.network.vpc.id
    id_ = create(ec2, NAMES)["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=id_, VpcId=vpc)
    filters = [{"Name": "dhcp-options-id", "Values": [id_]}]
    (shown,) = ec2.describe_vpcs(Filters=filters)["Vpcs"]
    assert (shown["VpcId"], shown["DhcpOptionsId"]) == (vpc, id_)
    assert refusal(ec2.delete_dhcp_options, DhcpOptionsId=id_) == (
        "DependencyViolation",
        f"The dhcpOptions '{id_}' has dependencies and cannot be deleted.",
    )
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"] == "default"
    ec2.delete_dhcp_options(DhcpOptionsId=id_)
    assert ec2.describe_dhcp_options()["DhcpOptions"] == []


def test_ids_that_name_no_set_are_refused(ec2: Any, world: World) -> None:
    not_found = (
        "InvalidDhcpOptionID.NotFound",
        f"The dhcpOptions ID '{NOWHERE}' does not exist",
    )
    malformed = ("InvalidDhcpOptionsId.Malformed", 'Invalid id: "x" (expecting "dopt-...")')
    vpc = world.network.vpc.id
    for given, expected in ((NOWHERE, not_found), ("x", malformed)):
        assert refusal(ec2.delete_dhcp_options, DhcpOptionsId=given) == expected
        assert refusal(ec2.describe_dhcp_options, DhcpOptionsIds=[given]) == expected
        asked = {"DhcpOptionsId": given, "VpcId": vpc}
        assert refusal(ec2.associate_dhcp_options, **asked) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [("key", "domain-name-servers"), ("value", "10.0.0.3"), ("tag:Name", "own")],
)
def test_sets_are_found_by(ec2: Any, name: str, value: str) -> None:
    create(ec2, NAMES)
    id_ = create(ec2, SERVERS)["DhcpOptionsId"]
    ec2.create_tags(Resources=[id_], Tags=[{"Key": "Name", "Value": "own"}])
    found = ec2.describe_dhcp_options(Filters=[{"Name": name, "Values": [value]}])
    assert [each["DhcpOptionsId"] for each in found["DhcpOptions"]] == [id_]
