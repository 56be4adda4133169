"""VPC endpoints through a real EC2 client: gateways and interfaces, and what is refused."""

import json
from typing import Any

import pytest
from tests.support.acls import is_dry
from tests.support.api_world import World, refusal

from hostless.store.kinds import NETWORK_INTERFACES, ROUTE_TABLES

S3, LOGS = "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.logs"
S3_LIST = "pl-63a5400a"
NOWHERE = "vpce-0000000000000dead"


@pytest.fixture
def subnets(world: World) -> list[str]:
    return [subnet.id for subnet in world.network.subnets]


@pytest.fixture
def gateway(ec2: Any, world: World) -> str:
    """The id of one to S3, for the main route table."""
    return str(make(ec2, world, RouteTableIds=[world.network.parts.route_table.id]))


@pytest.fixture
def interface(ec2: Any, world: World, subnets: list[str]) -> str:
    """The id of one to the logs, in two subnets."""
    return make(ec2, world, SubnetIds=subnets[:2], **TO_LOGS)


TO_LOGS = {"VpcEndpointType": "Interface", "ServiceName": LOGS}


def members(world: World, **changes: Any) -> dict[str, Any]:
    return {"VpcId": world.network.vpc.id, "ServiceName": S3, **changes}


def make(ec2: Any, world: World, **changes: Any) -> str:
    made = ec2.create_vpc_endpoint(**members(world, **changes))
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def shown(ec2: Any, endpoint: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    return found


def routes(world: World) -> list[tuple[str, str]]:
    table = world.store.get(ROUTE_TABLES, world.network.parts.route_table.id)
    assert table is not None
    return [(route.destination, route.target) for route in table.routes]


def addresses(world: World, endpoint: str) -> dict[str, str]:
    """Of its interfaces, by subnet."""
    found = world.store.find(NETWORK_INTERFACES, "owner", endpoint)
    return {each.subnet_id: each.address for each in found}


def test_a_gateway_endpoint_is_a_route_in_the_tables_that_are_given(
    ec2: Any, world: World, gateway: str
) -> None:
    found = shown(ec2, gateway)
    assert found["VpcEndpointType"] == "Gateway"
    assert found["State"] == "available"
    assert found["RouteTableIds"] == [world.network.parts.route_table.id]
    assert found["PrivateDnsEnabled"] is False
    assert found["DnsEntries"] == found["NetworkInterfaceIds"] == found["Groups"] == []
    assert json.loads(found["PolicyDocument"])["Statement"][0]["Effect"] == "Allow"
    assert (S3_LIST, gateway) in routes(world)
    answer = ec2.get_managed_prefix_list_associations(PrefixListId=S3_LIST)
    assert [each["ResourceId"] for each in answer["PrefixListAssociations"]] == [
        world.network.parts.route_table.id
    ]


def test_a_gateway_endpoint_leaves_tables_and_comes_back(
    ec2: Any, world: World, gateway: str
) -> None:
    table = world.network.parts.route_table.id
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, RemoveRouteTableIds=[table])
    assert (S3_LIST, gateway) not in routes(world)
    assert shown(ec2, gateway)["RouteTableIds"] == []
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, AddRouteTableIds=[table])
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, AddRouteTableIds=[table])
    assert routes(world).count((S3_LIST, gateway)) == 1


def test_the_route_of_a_gateway_endpoint_is_not_the_users_to_change(
    ec2: Any, world: World, gateway: str
) -> None:
    table = world.network.parts.route_table.id
    named = {"RouteTableId": table, "DestinationPrefixListId": S3_LIST}
    assert refusal(ec2.delete_route, **named) == (
        "InvalidParameterValue",
        f"cannot remove VPC endpoint route {S3_LIST} in route table {table}",
    )
    assert refusal(ec2.replace_route, **named, GatewayId=world.network.gateway.id) == (
        "InvalidParameterValue",
        "Cannot create or replace a prefix list route targeting a VPC Endpoint.",
    )
    assert (S3_LIST, gateway) in routes(world)


def test_an_interface_endpoint_has_an_interface_in_every_subnet(
    ec2: Any, world: World, subnets: list[str], interface: str
) -> None:
    found = shown(ec2, interface)
    group = world.network.parts.security_group
    assert found["State"] == "pending"
    assert found["SubnetIds"] == subnets[:2]
    assert found["Groups"] == [{"GroupId": group.id, "GroupName": "default"}]
    assert found["PrivateDnsEnabled"] is True
    names = [entry["DnsName"] for entry in found["DnsEntries"]]
    assert len(names) == 4
    assert names[0].startswith(f"{interface}-")
    assert names[0].endswith(".logs.us-east-1.vpce.amazonaws.com")
    assert "-us-east-1a.logs" in names[1]
    assert names[-1] == "logs.us-east-1.amazonaws.com"
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=found["NetworkInterfaceIds"])[
        "NetworkInterfaces"
    ]
    assert {each["SubnetId"] for each in interfaces} == set(subnets[:2])
    for each in interfaces:
        assert each["Description"] == f"VPC Endpoint Interface {interface}"
        assert each["InterfaceType"] == "vpc_endpoint"
        assert [g["GroupId"] for g in each["Groups"]] == [group.id]


def test_an_interface_endpoint_moves_to_other_subnets_and_groups(
    ec2: Any, world: World, subnets: list[str], interface: str
) -> None:
    before = addresses(world, interface)
    group = ec2.create_security_group(GroupName="new", Description="new")["GroupId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=interface,
        AddSubnetIds=[subnets[2]],
        RemoveSubnetIds=[subnets[0]],
        AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[world.network.parts.security_group.id],
        PrivateDnsEnabled=False,
    )
    found = shown(ec2, interface)
    assert found["SubnetIds"] == subnets[1:]
    assert [each["GroupId"] for each in found["Groups"]] == [group]
    assert not any(e["DnsName"] == "logs.us-east-1.amazonaws.com" for e in found["DnsEntries"])
    after = addresses(world, interface)
    assert after.keys() == set(subnets), "the one that is left is let go by the controller"
    assert after[subnets[1]] == before[subnets[1]]
    found = shown(ec2, interface)
    interfaces = [world.store.get(NETWORK_INTERFACES, i) for i in found["NetworkInterfaceIds"]]
    assert [each and each.subnet_id for each in interfaces] == subnets[1:]
    assert all(each and each.security_groups == (group,) for each in interfaces)
    assert refusal(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"


def test_a_deleted_endpoint_goes_as_soon_as_nothing_is_left_of_it(
    ec2: Any, world: World, gateway: str, interface: str
) -> None:
    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=[gateway, NOWHERE, interface])
    assert answer["Unsuccessful"] == [
        {
            "ResourceId": NOWHERE,
            "Error": {
                "Code": "InvalidVpcEndpointId.NotFound",
                "Message": f"The Vpc Endpoint Id '{NOWHERE}' does not exist",
            },
        }
    ]
    (left,) = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert (left["VpcEndpointId"], left["State"]) == (interface, "deleting")
    assert left["PrivateDnsEnabled"] is False
    assert (S3_LIST, gateway) not in routes(world)
    changing = {"VpcEndpointId": interface, "PrivateDnsEnabled": True}
    assert refusal(ec2.modify_vpc_endpoint, **changing)[0] == "InvalidVpcEndpointId.NotFound"


def test_a_repeated_call_with_its_token_makes_one_endpoint(
    ec2: Any, world: World, subnets: list[str]
) -> None:
    asked = {**TO_LOGS, "SubnetIds": subnets[:1], "ClientToken": "once"}
    assert make(ec2, world, **asked) == make(ec2, world, **asked)
    assert len(ec2.describe_vpc_endpoints()["VpcEndpoints"]) == 1


def test_a_policy_is_kept_and_reset(ec2: Any, world: World, gateway: str) -> None:
    policy = '{"Statement": []}'
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, PolicyDocument=policy)
    assert shown(ec2, gateway)["PolicyDocument"] == policy
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, ResetPolicy=True)
    assert "Allow" in shown(ec2, gateway)["PolicyDocument"]
    bad = {"VpcEndpointId": gateway, "PolicyDocument": "{"}
    assert refusal(ec2.modify_vpc_endpoint, **bad)[0] == "InvalidPolicyDocument"


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"ServiceName": "com.amazonaws.us-east-1.nothing"},
            "InvalidServiceName",
            "The Vpc Endpoint Service 'com.amazonaws.us-east-1.nothing' does not exist",
        ),
        (
            {"ServiceName": LOGS},
            "InvalidParameter",
            "Endpoint type (Gateway) does not match available service types ([Interface]).",
        ),
        (
            {"VpcEndpointType": "Interface"},
            "InvalidParameter",
            "Endpoint type (Interface) does not match available service types ([Gateway]).",
        ),
        (
            {"VpcEndpointType": "GatewayLoadBalancer"},
            "InvalidParameter",
            "VPC endpoints of type GatewayLoadBalancer are not supported here",
        ),
        (
            {"RouteTableIds": ["rtb-0000000000000dead"]},
            "InvalidRouteTableID.NotFound",
            "The routeTable ID 'rtb-0000000000000dead' does not exist",
        ),
        (
            {"PrivateDnsEnabled": True},
            "InvalidParameter",
            "Subnets, security groups and private DNS are not supported for Gateway endpoints",
        ),
        (
            {**TO_LOGS, "RouteTableIds": ["rtb-0000000000000dead"]},
            "InvalidParameter",
            "Route tables are not supported for Interface endpoints",
        ),
        (
            {**TO_LOGS, "SubnetIds": ["subnet-0000000000000dead"]},
            "InvalidSubnetID.NotFound",
            "The subnet ID 'subnet-0000000000000dead' does not exist",
        ),
        (
            {**TO_LOGS, "IpAddressType": "dualstack"},
            "InvalidParameter",
            "The IP address type dualstack is not supported by this service",
        ),
        (
            {"PolicyDocument": "[]"},
            "InvalidPolicyDocument",
            "The policy document is not valid JSON",
        ),
        (
            {"VpcId": "vpc-0000000000000dead"},
            "InvalidVpcID.NotFound",
            "The vpc ID 'vpc-0000000000000dead' does not exist",
        ),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(
    ec2: Any, world: World, changes: dict[str, Any], code: str, message: str
) -> None:
    assert refusal(ec2.create_vpc_endpoint, **members(world, **changes)) == (code, message)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_a_table_has_one_endpoint_of_a_service(ec2: Any, world: World, gateway: str) -> None:
    table = world.network.parts.route_table.id
    assert refusal(ec2.create_vpc_endpoint, **members(world, RouteTableIds=[table])) == (
        "RouteAlreadyExists",
        f"route table {table} already has a route with destination-prefix-list-id {S3_LIST}",
    )


def test_a_private_name_has_one_endpoint_in_a_vpc(ec2: Any, world: World, interface: str) -> None:
    again = members(world, **TO_LOGS)
    assert refusal(ec2.create_vpc_endpoint, **again) == (
        "InvalidParameter",
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"logs.us-east-1.amazonaws.com in the VPC {world.network.vpc.id}",
    )
    second = make(ec2, world, PrivateDnsEnabled=False, **TO_LOGS)
    named = {"VpcEndpointId": second, "PrivateDnsEnabled": True}
    assert refusal(ec2.modify_vpc_endpoint, **named)[0] == "InvalidParameter"
    ec2.modify_vpc_endpoint(VpcEndpointId=interface, PrivateDnsEnabled=True)


def test_private_names_need_the_vpcs_dns_attributes(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert refusal(ec2.create_vpc_endpoint, VpcId=vpc, **TO_LOGS) == (
        "InvalidParameter",
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
        f"attributes set to true for {vpc}",
    )


def test_parts_of_another_vpc_are_refused(ec2: Any, world: World, subnets: list[str]) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    elsewhere = {"VpcId": vpc, "PrivateDnsEnabled": False, **TO_LOGS}
    table = world.network.parts.route_table.id
    group = world.network.parts.security_group.id
    assert refusal(ec2.create_vpc_endpoint, **elsewhere, SubnetIds=subnets[:1]) == (
        "InvalidParameter",
        f"Subnet {subnets[0]} does not belong to the VPC {vpc}",
    )
    assert refusal(ec2.create_vpc_endpoint, **elsewhere, SecurityGroupIds=[group]) == (
        "InvalidParameter",
        f"Security group {group} does not belong to the VPC {vpc}",
    )
    to_s3 = {"VpcId": vpc, "ServiceName": S3, "RouteTableIds": [table]}
    assert refusal(ec2.create_vpc_endpoint, **to_s3) == (
        "InvalidParameter",
        f"Route table {table} does not belong to the VPC {vpc}",
    )


def test_a_zone_has_one_subnet_of_an_endpoint(ec2: Any, world: World, subnets: list[str]) -> None:
    ec2.modify_vpc_attribute(VpcId=world.network.vpc.id, EnableDnsHostnames={"Value": True})
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone="us-east-1a")[
            "Subnet"
        ]["SubnetId"]
        for n in range(2)
    ]
    asked = {"VpcId": vpc, "PrivateDnsEnabled": False, "SubnetIds": made, **TO_LOGS}
    assert refusal(ec2.create_vpc_endpoint, **asked) == (
        "DuplicateSubnetsInSameZone",
        f"Found another VPC endpoint subnet in the availability zone of {made[1]}",
    )


def test_an_interface_endpoint_keeps_a_group(ec2: Any, world: World, interface: str) -> None:
    group = world.network.parts.security_group.id
    removing = {"VpcEndpointId": interface, "RemoveSecurityGroupIds": [group]}
    assert refusal(ec2.modify_vpc_endpoint, **removing) == (
        "InvalidParameter",
        "An Interface endpoint must have at least one security group",
    )


def test_endpoints_are_found_by_every_filter(
    ec2: Any, world: World, gateway: str, interface: str
) -> None:
    def found(name: str, value: str) -> set[str]:
        filters = [{"Name": name, "Values": [value]}]
        answer = ec2.describe_vpc_endpoints(Filters=filters)
        return {each["VpcEndpointId"] for each in answer["VpcEndpoints"]}

    ec2.create_tags(Resources=[gateway], Tags=[{"Key": "a", "Value": "b"}])
    assert found("ip-address-type", "ipv4") == {interface}
    assert found("service-name", S3) == {gateway}
    assert found("service-region", "us-east-1") == {gateway, interface}
    assert found("vpc-endpoint-id", interface) == {interface}
    assert found("vpc-endpoint-state", "available") == {gateway}
    assert found("vpc-endpoint-type", "Interface") == {interface}
    assert found("vpc-id", world.network.vpc.id) == {gateway, interface}
    assert found("tag:a", "b") == {gateway}
    assert refusal(ec2.describe_vpc_endpoints, VpcEndpointIds=[NOWHERE]) == (
        "InvalidVpcEndpointId.NotFound",
        f"The Vpc Endpoint Id '{NOWHERE}' does not exist",
    )


def test_services_say_what_kind_of_endpoint_they_take(ec2: Any) -> None:
    answer = ec2.describe_vpc_endpoint_services(ServiceNames=[LOGS])
    assert answer["ServiceNames"] == [LOGS]
    (detail,) = answer["ServiceDetails"]
    assert detail["ServiceType"] == [{"ServiceType": "Interface"}]
    assert detail["PrivateDnsName"] == "logs.us-east-1.amazonaws.com"
    assert len(detail["AvailabilityZones"]) == 3
    filters = [{"Name": "service-type", "Values": ["Gateway"]}]
    gateways = ec2.describe_vpc_endpoint_services(Filters=filters)["ServiceNames"]
    assert gateways == ["com.amazonaws.us-east-1.dynamodb", S3]
    unknown = "com.amazonaws.us-east-1.nothing"
    assert refusal(ec2.describe_vpc_endpoint_services, ServiceNames=[unknown]) == (
        "InvalidServiceName",
        f"The Vpc Endpoint Service '{unknown}' does not exist",
    )
    assert ec2.describe_vpc_endpoint_services(ServiceRegions=["eu-west-1"])["ServiceNames"] == []


def test_what_is_asked_dry_changes_nothing(
    ec2: Any, world: World, subnets: list[str], gateway: str
) -> None:
    before = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert is_dry(ec2.create_vpc_endpoint, **members(world, SubnetIds=subnets[:1], **TO_LOGS))
    assert is_dry(ec2.modify_vpc_endpoint, VpcEndpointId=gateway, ResetPolicy=True)
    assert is_dry(ec2.delete_vpc_endpoints, VpcEndpointIds=[gateway])
    assert is_dry(ec2.describe_vpc_endpoints)
    assert is_dry(ec2.describe_vpc_endpoint_services)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == before
