"""Questions about groups and interfaces that few ask, through a real EC2 client."""

from typing import Any

import pytest
from tests.support.acls import is_dry
from tests.support.api_world import World, refusal

NO_VPC, NO_GROUP = "vpc-0000000000000dead", "sg-0000000000000dead"


@pytest.fixture
def interface(ec2: Any, world: World) -> str:
    """The id of an endpoint's."""
    made = ec2.create_vpc_endpoint(
        VpcId=world.network.vpc.id,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.logs",
        SubnetIds=[world.network.subnets[0].id],
    )
    return str(made["VpcEndpoint"]["NetworkInterfaceIds"][0])


def test_groups_for_a_vpc_are_those_of_it(ec2: Any, world: World) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    (default,) = ec2.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]
    assert default["PrimaryVpcId"] == vpc
    assert default["GroupName"] == "default"
    assert default["OwnerId"] == world.realm.account_id
    made = ec2.create_security_group(GroupName="web", Description="of the web", VpcId=vpc)
    for name, value in (
        ("description", "of the web"),
        ("group-id", made["GroupId"]),
        ("group-name", "w*"),
    ):
        filters = [{"Name": name, "Values": [value]}]
        found = ec2.get_security_groups_for_vpc(VpcId=vpc, Filters=filters)
        assert [g["GroupId"] for g in found["SecurityGroupForVpcs"]] == [made["GroupId"]], name
    for name, value in (("owner-id", world.realm.account_id), ("primary-vpc-id", vpc)):
        filters = [{"Name": name, "Values": [value]}]
        found = ec2.get_security_groups_for_vpc(VpcId=vpc, Filters=filters)
        assert len(found["SecurityGroupForVpcs"]) == 2, name
    gone = ("InvalidVpcID.NotFound", f"The vpc ID '{NO_VPC}' does not exist")
    assert refusal(ec2.get_security_groups_for_vpc, VpcId=NO_VPC) == gone
    assert refusal(ec2.describe_stale_security_groups, VpcId=NO_VPC) == gone
    assert is_dry(ec2.get_security_groups_for_vpc, VpcId=vpc)


def test_nobody_refers_to_a_group_from_elsewhere(ec2: Any, world: World) -> None:
    group, vpc = world.network.parts.security_group.id, world.network.vpc.id
    answer = ec2.describe_security_group_references(GroupId=[group])
    assert answer["SecurityGroupReferenceSet"] == []
    assert ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"] == []
    assert refusal(ec2.describe_security_group_references, GroupId=[NO_GROUP]) == (
        "InvalidGroup.NotFound",
        f"The security group '{NO_GROUP}' does not exist",
    )
    assert is_dry(ec2.describe_security_group_references, GroupId=[group])
    assert is_dry(ec2.describe_stale_security_groups, VpcId=vpc)


def test_attributes_of_an_interface_are_asked_for_one_by_one(
    ec2: Any, world: World, interface: str
) -> None:
    (shown,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]

    def attribute(name: str) -> dict[str, Any]:
        answer: dict[str, Any] = ec2.describe_network_interface_attribute(
            NetworkInterfaceId=interface, Attribute=name
        )
        assert answer.pop("NetworkInterfaceId") == interface
        del answer["ResponseMetadata"]
        return answer

    assert attribute("description") == {"Description": {"Value": shown["Description"]}}
    assert attribute("groupSet") == {"Groups": shown["Groups"]}
    assert attribute("sourceDestCheck") == {"SourceDestCheck": {"Value": True}}
    assert attribute("attachment") == {"Attachment": shown["Attachment"]}
    assert attribute("associatePublicIpAddress") == {"AssociatePublicIpAddress": False}
    asking = {"NetworkInterfaceId": interface, "Attribute": "description"}
    assert is_dry(ec2.describe_network_interface_attribute, **asking)
    assert refusal(ec2.describe_network_interface_attribute, NetworkInterfaceId=interface) == (
        "MissingParameter",
        "The request must contain the parameter attribute",
    )


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_network_interface", {"SubnetId": "subnet-0000000000000dead"}),
        ("create_flow_logs", {"ResourceIds": [NO_VPC], "ResourceType": "VPC"}),
        ("create_vpc_peering_connection", {"VpcId": NO_VPC}),
        ("create_transit_gateway", {}),
        ("modify_vpc_endpoint_service_permissions", {"ServiceId": "vpce-svc-1"}),
    ],
)
def test_what_there_is_nothing_of_is_an_error_that_says_so(
    ec2: Any, operation: str, members: dict[str, Any]
) -> None:
    code, message = refusal(getattr(ec2, operation), **members)
    assert code == "InvalidAction"
    assert "hostless" in message
