"""Route tables and which subnet has which, through a real EC2 client."""

from typing import Any

from tests.support.api_world import World, refusal

UNKNOWN = "rtb-0123456789abcdef0"


def tables(ec2: Any, **filters: str) -> list[dict[str, Any]]:
    asked = [{"Name": name.replace("__", "-"), "Values": [v]} for name, v in filters.items()]
    found: list[dict[str, Any]] = ec2.describe_route_tables(Filters=asked)["RouteTables"]
    return found


def new_table(ec2: Any, world: World, **members: Any) -> str:
    made = ec2.create_route_table(VpcId=world.network.vpc.id, **members)
    return str(made["RouteTable"]["RouteTableId"])


def test_the_default_vpc_has_a_main_table_with_a_way_out(ec2: Any, world: World) -> None:
    (main,) = tables(ec2)
    assert main == {
        "RouteTableId": world.network.parts.route_table.id,
        "VpcId": world.network.vpc.id,
        "OwnerId": "000000000000",
        "Associations": [
            {
                "Main": True,
                "RouteTableAssociationId": world.network.parts.main_association.id,
                "RouteTableId": world.network.parts.route_table.id,
                "AssociationState": {"State": "associated"},
            }
        ],
        "Routes": [
            {
                "DestinationCidrBlock": "172.31.0.0/16",
                "GatewayId": "local",
                "Origin": "CreateRouteTable",
                "State": "active",
            },
            {
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": world.network.gateway.id,
                "Origin": "CreateRoute",
                "State": "active",
            },
        ],
        "PropagatingVgws": [],
        "Tags": [],
    }


def test_a_new_table_has_the_local_route_and_its_tags(ec2: Any, world: World) -> None:
    tags = [{"Key": "Name", "Value": "private"}]
    answer = ec2.create_route_table(
        VpcId=world.network.vpc.id,
        TagSpecifications=[{"ResourceType": "route-table", "Tags": tags}],
        ClientToken="t",
    )
    made = answer["RouteTable"]
    assert answer["ClientToken"] == "t"
    assert [route["GatewayId"] for route in made["Routes"]] == ["local"]
    assert (made["Tags"], made["Associations"]) == (tags, [])
    again = ec2.create_route_table(
        VpcId=world.network.vpc.id,
        TagSpecifications=[{"ResourceType": "route-table", "Tags": tags}],
        ClientToken="t",
    )
    assert again["RouteTable"]["RouteTableId"] == made["RouteTableId"]
    ec2.create_tags(Resources=[made["RouteTableId"]], Tags=[{"Key": "a", "Value": "b"}])
    shown = ec2.describe_route_tables(Filters=[{"Name": "tag:a", "Values": ["b"]}])["RouteTables"]
    assert [table["RouteTableId"] for table in shown] == [made["RouteTableId"]]
    ec2.delete_route_table(RouteTableId=made["RouteTableId"])
    assert len(tables(ec2)) == 1


def test_a_subnet_has_one_table(ec2: Any, world: World) -> None:
    table, other = new_table(ec2, world), new_table(ec2, world)
    subnet = world.network.subnets[0].id
    answer = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert answer["AssociationState"] == {"State": "associated"}
    association = answer["AssociationId"]
    again = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert again["AssociationId"] == association
    assert refusal(ec2.associate_route_table, RouteTableId=other, SubnetId=subnet) == (
        "Resource.AlreadyAssociated",
        f"the specified association for route table {other} conflicts with an existing association",
    )
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert shown["Associations"] == [
        {
            "Main": False,
            "RouteTableAssociationId": association,
            "RouteTableId": table,
            "SubnetId": subnet,
            "AssociationState": {"State": "associated"},
        }
    ]
    assert refusal(ec2.delete_route_table, RouteTableId=table) == (
        "DependencyViolation",
        f"The routeTable '{table}' has dependencies and cannot be deleted.",
    )
    moved = ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)
    assert moved["NewAssociationId"] != association
    assert refusal(ec2.disassociate_route_table, AssociationId=association) == (
        "InvalidAssociationID.NotFound",
        f"The association ID '{association}' does not exist",
    )
    ec2.disassociate_route_table(AssociationId=moved["NewAssociationId"])
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_route_table(RouteTableId=other)


def test_another_table_becomes_the_main_one(ec2: Any, world: World) -> None:
    parts = world.network.parts
    main = parts.main_association.id
    assert refusal(ec2.disassociate_route_table, AssociationId=main) == (
        "InvalidParameterValue",
        f"cannot disassociate the main route table association {main}",
    )
    assert refusal(ec2.delete_route_table, RouteTableId=parts.route_table.id) == (
        "DependencyViolation",
        f"The routeTable '{parts.route_table.id}' has dependencies and cannot be deleted.",
    )
    table = new_table(ec2, world)
    ec2.replace_route_table_association(AssociationId=main, RouteTableId=table)
    shown = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])
    assert [each["RouteTableId"] for each in shown["RouteTables"]] == [table]
    ec2.delete_route_table(RouteTableId=parts.route_table.id)


def test_ids_that_name_nothing(ec2: Any, world: World) -> None:
    subnet, vpc = world.network.subnets[0].id, world.network.vpc.id
    missing = ("InvalidRouteTableID.NotFound", f"The routeTable ID '{UNKNOWN}' does not exist")
    assert refusal(ec2.describe_route_tables, RouteTableIds=[UNKNOWN]) == missing
    assert refusal(ec2.delete_route_table, RouteTableId=UNKNOWN) == missing
    assert refusal(ec2.associate_route_table, RouteTableId=UNKNOWN, SubnetId=subnet) == missing
    assert refusal(ec2.delete_route_table, RouteTableId="x")[0] == "InvalidRouteTableId.Malformed"
    table = new_table(ec2, world)
    assert refusal(ec2.associate_route_table, RouteTableId=table, SubnetId="subnet-00000000") == (
        "InvalidSubnetID.NotFound",
        "The subnet ID 'subnet-00000000' does not exist",
    )
    assert refusal(ec2.create_route_table, VpcId="vpc-00000000")[0] == "InvalidVpcID.NotFound"
    assert refusal(ec2.associate_route_table, RouteTableId=table)[0] == "MissingParameter"
    propagate = ec2.enable_vgw_route_propagation
    assert refusal(propagate, RouteTableId=table, GatewayId="vgw-00000000") == (
        "InvalidGatewayID.NotFound",
        "The gateway ID 'vgw-00000000' does not exist",
    )
    dry = ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    assert refusal(ec2.create_route_table, VpcId=vpc, DryRun=True) == dry
    assert refusal(ec2.delete_route_table, RouteTableId=table, DryRun=True) == dry
    associate = ec2.associate_route_table
    assert refusal(associate, RouteTableId=table, SubnetId=subnet, DryRun=True) == dry
    assert refusal(associate, RouteTableId=table, GatewayId="igw-00000000")[0] == (
        "UnsupportedOperation"
    )
    assert len(tables(ec2)) == 2


def test_tables_are_found_by_what_is_in_them(ec2: Any, world: World) -> None:
    table = new_table(ec2, world)
    subnet, main = world.network.subnets[0].id, world.network.parts.route_table.id
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    for name, value, expected in (
        ("association.subnet-id", subnet, [table]),
        ("association.route-table-association-id", association, [table]),
        ("association.route-table-id", table, [table]),
        ("association.main", "false", [table]),
        ("association.gateway-id", "*", []),
        ("route.gateway-id", world.network.gateway.id, [main]),
        ("route.destination-cidr-block", "0.0.0.0/0", [main]),
        ("route.state", "active", [main, table]),
        ("route.state", "blackhole", []),
        ("route.origin", "CreateRoute", [main]),
        ("route-table-id", table, [table]),
        ("vpc-id", world.network.vpc.id, [main, table]),
        ("owner-id", "000000000000", [main, table]),
    ):
        filters = [{"Name": name, "Values": [value]}]
        found = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        assert [each["RouteTableId"] for each in found] == expected, name
