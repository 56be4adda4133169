"""VPCs, subnets and DHCP options in the world that the sweep asks, and right requests."""

from collections.abc import Iterator
from typing import Any

from tests.support.api_world import World

from hostless.domain.network import Vpc
from hostless.store.kinds import DHCP_OPTIONS, SUBNETS, VPCS


def vpc_furniture(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Operations that make a VPC of two stacks with a subnet, an empty one, and DHCP options."""
    yield "CreateVpc", {"CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": True}
    yield "CreateSubnet", {**_in_dual(world, 1), "CidrBlock": "10.0.0.0/24"}
    yield "CreateVpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "dedicated"}
    yield "CreateDhcpOptions", usual_vpcs(world)["CreateDhcpOptions"]


def usual_vpcs(world: World) -> dict[str, dict[str, Any]]:
    vpcs = list(world.store.all(VPCS))
    empty = {"VpcId": vpcs[-1].id}
    dual = next((each for each in vpcs if each.ipv6 is not None), vpcs[0])
    subnets = [subnet for subnet in world.store.all(SUBNETS) if subnet.vpc_id == dual.id]
    subnet = {"SubnetId": subnets[0].id}
    plain = {"SubnetId": world.network.subnets[0].id}
    options = {"DhcpOptionsId": next((o.id for o in world.store.all(DHCP_OPTIONS)), "none")}
    names = [{"Key": "domain-name", "Values": ["example.com"]}]
    range_ = subnets[0].ipv6
    return {
        "CreateVpc": {"CidrBlock": "10.9.0.0/16"},
        "DeleteVpc": empty,
        "ModifyVpcTenancy": empty,
        "ModifyVpcAttribute": {**empty, "EnableDnsHostnames": {"Value": True}},
        "AssociateVpcCidrBlock": {**empty, "AmazonProvidedIpv6CidrBlock": True},
        "CreateSubnet": {**_in_dual(world, 2), "CidrBlock": "10.0.9.0/24"},
        "DeleteSubnet": subnet,
        "ModifySubnetAttribute": {**plain, "MapPublicIpOnLaunch": {"Value": False}},
        "AssociateSubnetCidrBlock": {**plain, "Ipv6CidrBlock": "2001:db8::/64"},
        "DisassociateSubnetCidrBlock": {"AssociationId": range_.association_id if range_ else ""},
        "CreateDhcpOptions": {"DhcpConfigurations": names},
        "DeleteDhcpOptions": options,
        "AssociateDhcpOptions": {**options, **empty},
    }


def _in_dual(world: World, number: int) -> dict[str, Any]:
    """The VPC of two stacks, and one of its ranges of IPv6."""
    vpc: Vpc = next((v for v in world.store.all(VPCS) if v.ipv6 is not None), world.network.vpc)
    range_ = "" if vpc.ipv6 is None else vpc.ipv6.cidr_block.replace("00::/56", f"0{number}::/64")
    return {"VpcId": vpc.id, "Ipv6CidrBlock": range_}
