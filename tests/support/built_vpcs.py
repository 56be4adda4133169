"""What CDK's `ec2.Vpc` builds, by the calls that CloudFormation makes, and how it goes again."""

from dataclasses import dataclass
from typing import Any

from tests.support.engine import PATIENTLY


@dataclass(frozen=True, kw_only=True)
class Zone:
    public: str
    private: str
    private_table: str
    gateway: str
    gateway_address: str


@dataclass(frozen=True, kw_only=True)
class Built:
    vpc: str
    group: str
    internet_gateway: str
    zones: tuple[Zone, ...]


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": f"Stack/Vpc/{name}"}]}]


def build(ec2: Any) -> Built:
    """The calls that CloudFormation makes for `new ec2.Vpc(this, "Vpc", {maxAzs: 2})`."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", "Vpc"))
    vpc_id = vpc["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc_id], WaiterConfig=PATIENTLY)
    for attribute in ("EnableDnsHostnames", "EnableDnsSupport"):
        ec2.modify_vpc_attribute(VpcId=vpc_id, **{attribute: {"Value": True}})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    names = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"][:2]]
    zones = [build_zone(ec2, vpc_id, gateway, number, name) for number, name in enumerate(names)]
    (group,) = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    ec2.get_waiter("nat_gateway_available").wait(
        NatGatewayIds=[zone.gateway for zone in zones], WaiterConfig=PATIENTLY
    )
    return Built(vpc=vpc_id, group=group["GroupId"], internet_gateway=gateway, zones=tuple(zones))


def build_zone(ec2: Any, vpc: str, gateway: str, number: int, name: str) -> Zone:
    public, public_table = build_subnet(ec2, vpc, f"10.0.{64 * number}.0/18", name)
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})
    ec2.create_route(RouteTableId=public_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address["AllocationId"])
    nat_id = nat["NatGateway"]["NatGatewayId"]
    private, private_table = build_subnet(ec2, vpc, f"10.0.{64 * number + 128}.0/18", name)
    ec2.create_route(
        RouteTableId=private_table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat_id
    )
    return Zone(
        public=public,
        private=private,
        private_table=private_table,
        gateway=nat_id,
        gateway_address=address["PublicIp"],
    )


def build_subnet(ec2: Any, vpc: str, cidr: str, zone: str) -> tuple[str, str]:
    """The subnet and its own route table."""
    made = ec2.create_subnet(
        VpcId=vpc,
        CidrBlock=cidr,
        AvailabilityZone=zone,
        TagSpecifications=tagged("subnet", f"Subnet {cidr}"),
    )
    subnet = made["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return subnet, table


def tear_down(ec2: Any, built: Built) -> None:
    """What CloudFormation does when the stack is deleted; each call must be allowed by then."""
    for zone in built.zones:
        ec2.delete_nat_gateway(NatGatewayId=zone.gateway)
    ec2.get_waiter("nat_gateway_deleted").wait(
        NatGatewayIds=[zone.gateway for zone in built.zones], WaiterConfig=PATIENTLY
    )
    for address in ec2.describe_addresses()["Addresses"]:
        ec2.release_address(AllocationId=address["AllocationId"])
    for zone in built.zones:
        for subnet in (zone.public, zone.private):
            ec2.delete_subnet(SubnetId=subnet)
    tables = ec2.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [built.vpc]},
        ]
    )["RouteTables"]
    for table in tables:
        if not any(each["Main"] for each in table["Associations"]):
            ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    ec2.detach_internet_gateway(InternetGatewayId=built.internet_gateway, VpcId=built.vpc)
    ec2.delete_internet_gateway(InternetGatewayId=built.internet_gateway)
    ec2.delete_vpc(VpcId=built.vpc)
