"""What keeps a VPC or a subnet from being deleted, through a real EC2 client."""

from typing import Any

import pytest
from tests.support.api_world import World, network, refusal, service_members

from hostless.store.kinds import ROUTE_TABLES


@pytest.fixture
def vpc(ec2: Any) -> str:
    """The id of a new VPC, 10.0.0.0/16."""
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def of_vpc(vpc_id: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc_id]}]


def add_subnet(ec2: Any, vpc_id: str) -> Any:
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    return lambda: ec2.delete_subnet(SubnetId=subnet)


def add_group(ec2: Any, vpc_id: str) -> Any:
    group = ec2.create_security_group(VpcId=vpc_id, GroupName="web", Description="web")["GroupId"]
    return lambda: ec2.delete_security_group(GroupId=group)


def add_acl(ec2: Any, vpc_id: str) -> Any:
    acl = ec2.create_network_acl(VpcId=vpc_id)["NetworkAcl"]["NetworkAclId"]
    return lambda: ec2.delete_network_acl(NetworkAclId=acl)


def add_route_table(ec2: Any, vpc_id: str) -> Any:
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    return lambda: ec2.delete_route_table(RouteTableId=table)


def add_internet_gateway(ec2: Any, vpc_id: str) -> Any:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    return lambda: ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)


def add_egress_only_gateway(ec2: Any, vpc_id: str) -> Any:
    made = ec2.create_egress_only_internet_gateway(VpcId=vpc_id)["EgressOnlyInternetGateway"]
    gateway = made["EgressOnlyInternetGatewayId"]
    call = ec2.delete_egress_only_internet_gateway
    return lambda: call(EgressOnlyInternetGatewayId=gateway)


def add_endpoint(ec2: Any, vpc_id: str) -> Any:
    service = "com.amazonaws.us-east-1.s3"
    made = ec2.create_vpc_endpoint(VpcId=vpc_id, ServiceName=service)["VpcEndpoint"]
    return lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])


@pytest.mark.parametrize(
    "add",
    [
        add_subnet,
        add_group,
        add_acl,
        add_route_table,
        add_internet_gateway,
        add_egress_only_gateway,
        add_endpoint,
    ],
)
def test_a_vpc_with_something_in_it_stays(ec2: Any, vpc: str, add: Any) -> None:
    take_away = add(ec2, vpc)
    sentence = f"The vpc '{vpc}' has dependencies and cannot be deleted."
    assert refusal(ec2.delete_vpc, VpcId=vpc) == ("DependencyViolation", sentence)
    take_away()
    ec2.delete_vpc(VpcId=vpc)


def test_a_vpc_whose_main_table_was_replaced_goes_without_the_first_one(
    ec2: Any, world: World, vpc: str
) -> None:
    def tables() -> dict[str, str]:
        """Ids of associations by id of the table."""
        shown = ec2.describe_route_tables(Filters=of_vpc(vpc))["RouteTables"]
        return {
            table["RouteTableId"]: each["RouteTableAssociationId"]
            for table in shown
            for each in table["Associations"]
        }

    ((first, association),) = tables().items()
    second = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.replace_route_table_association(AssociationId=association, RouteTableId=second)
    assert list(tables()) == [second]
    assert refusal(ec2.delete_vpc, VpcId=vpc)[0] == "DependencyViolation"
    ec2.delete_route_table(RouteTableId=first)
    ec2.delete_vpc(VpcId=vpc)
    assert len(world.store.table(ROUTE_TABLES)) == 1


def test_a_private_namespace_outlives_its_vpc(ec2: Any, cloud_map: Any, vpc: str) -> None:
    """As on AWS its hosted zone does."""
    cloud_map.create_private_dns_namespace(Name="shop.internal", Vpc=vpc)
    ec2.delete_vpc(VpcId=vpc)
    (namespace,) = cloud_map.list_namespaces()["Namespaces"]
    cloud_map.delete_namespace(Id=namespace["Id"])


def test_a_subnet_where_tasks_are_or_may_be_put_stays(
    ec2: Any, ready_to_run: Any, world: World
) -> None:
    first, second, third = (subnet.id for subnet in world.network.subnets)
    placed = network(world)
    placed["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = [first]
    ready_to_run.run_task(taskDefinition="web", launchType="FARGATE", **placed)
    members = service_members(world)
    members["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = [second]
    ready_to_run.create_service(**members)
    for subnet_id in (first, second):
        assert refusal(ec2.delete_subnet, SubnetId=subnet_id) == (
            "DependencyViolation",
            f"The subnet '{subnet_id}' has dependencies and cannot be deleted.",
        )
    ec2.delete_subnet(SubnetId=third)


def test_a_subnet_with_a_gateway_a_balancer_or_an_endpoint_stays(
    ec2: Any, elbv2: Any, world: World
) -> None:
    first, second, third = (subnet.id for subnet in world.network.subnets)
    ec2.create_nat_gateway(SubnetId=first, ConnectivityType="private")
    elbv2.create_load_balancer(Name="web", Subnets=[second], Type="network")
    ec2.create_vpc_endpoint(
        VpcId=world.network.vpc.id,
        ServiceName="com.amazonaws.us-east-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=[third],
    )
    for subnet_id in (first, second, third):
        assert refusal(ec2.delete_subnet, SubnetId=subnet_id)[0] == "DependencyViolation"
