"""Network interfaces of tasks and of AWS's own services, through a real EC2 client."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.ec2 import put_interface

from hostless.domain.arns import AllocationId, NetworkInterfaceId
from hostless.domain.gateways import ElasticAddress
from hostless.store.kinds import ELASTIC_ADDRESSES, VPCS


def test_a_tasks_interface_is_shown_as_fargate_made_it(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    interface = portal.run(put_interface(world))
    shown = ec2.describe_network_interfaces(
        Filters=[{"Name": "private-ip-address", "Values": ["172.31.0.10"]}]
    )["NetworkInterfaces"][0]
    assert shown["NetworkInterfaceId"] == interface.id
    assert shown["Description"] == "arn:aws:ecs:us-east-1:000000000000:attachment/a-b-c"
    assert shown["RequesterManaged"] is True
    assert shown["Status"] == "in-use"
    assert shown["Groups"] == [
        {"GroupId": world.network.parts.security_group.id, "GroupName": "default"}
    ]
    assert shown["Attachment"]["Status"] == "attached"
    assert shown["PrivateIpAddresses"] == [
        {
            "Primary": True,
            "PrivateDnsName": "ip-172-31-0-10.ec2.internal",
            "PrivateIpAddress": "172.31.0.10",
        }
    ]
    ec2.create_tags(Resources=[interface.id], Tags=[{"Key": "a", "Value": "b"}])
    tagged = ec2.describe_network_interfaces(Filters=[{"Name": "tag:a", "Values": ["b"]}])
    assert tagged["NetworkInterfaces"][0]["TagSet"] == [{"Key": "a", "Value": "b"}]
    counts = {s["AvailableIpAddressCount"] for s in ec2.describe_subnets()["Subnets"]}
    assert counts == {4091, 4090}


def test_nobody_changes_an_interface_that_fargate_made(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    interface = portal.run(put_interface(world))
    call = ec2.modify_network_interface_attribute
    groups = [world.network.parts.security_group.id]
    assert refusal(call, NetworkInterfaceId=interface.id, Groups=groups) == (
        "AuthFailure",
        "You do not have permission to access the specified resource.",
    )
    other = "eni-0123456789abcdeff"
    assert refusal(call, NetworkInterfaceId=other, Groups=groups) == (
        "InvalidNetworkInterfaceID.NotFound",
        f"The networkInterface ID '{other}' does not exist",
    )


def shown_by(ec2: Any, name: str, value: str) -> list[dict[str, Any]]:
    filters = [{"Name": name, "Values": [value]}]
    found: list[dict[str, Any]] = ec2.describe_network_interfaces(Filters=filters)[
        "NetworkInterfaces"
    ]
    return found


def test_a_public_address_is_shown_as_amazons(ec2: Any, world: World, portal: LoopThread) -> None:
    portal.run(put_interface(world, public_address="198.18.3.7"))
    (shown,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    association = {
        "IpOwnerId": "amazon",
        "PublicDnsName": "ec2-198-18-3-7.compute-1.amazonaws.com",
        "PublicIp": "198.18.3.7",
    }
    assert shown["Association"] == association
    assert shown["PrivateIpAddresses"][0]["Association"] == association
    for name, value in {
        "association.public-ip": "198.18.3.7",
        "association.ip-owner-id": "amazon",
        "association.public-dns-name": "ec2-198-18-3-7.*",
        "addresses.association.public-ip": "198.18.?.7",
        "addresses.association.owner-id": "amazon",
        "attachment.attach-time": "2023-11-14T22:13:20.000Z",
    }.items():
        assert shown_by(ec2, name, value) == [shown], name
    assert shown_by(ec2, "association.public-ip", "198.18.3.8") == []
    assert shown_by(ec2, "association.allocation-id", "*") == []


async def put_without_names(world: World) -> None:
    transaction = world.store.transaction("test")
    transaction.put(VPCS, replace(world.network.vpc, has_dns_hostnames=False))
    await transaction.commit()


def test_a_public_address_has_no_name_where_the_vpc_gives_none(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    portal.run(put_interface(world, public_address="198.18.3.7"))
    portal.run(put_without_names(world))
    (shown,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert shown["Association"]["PublicDnsName"] == ""


async def put_elastic_address(world: World) -> None:
    transaction = world.store.transaction("test")
    elastic = ElasticAddress(
        allocation_id=AllocationId("eipalloc-1"),
        public_address="198.18.3.7",
        association_id="eipassoc-1",
        interface_id=NetworkInterfaceId("eni-0123456789abcdef0"),
    )
    transaction.put(ELASTIC_ADDRESSES, elastic)
    await transaction.commit()


def test_a_nat_gateways_interface_has_an_elastic_address(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    portal.run(
        put_interface(
            world,
            kind="nat_gateway",
            owner="nat-1",
            task_arn=None,
            public_address="198.18.3.7",
            security_groups=(),
        )
    )
    portal.run(put_elastic_address(world))
    (shown,) = shown_by(ec2, "interface-type", "nat_gateway")
    assert shown["Description"] == "Interface for NAT Gateway nat-1"
    assert shown["SourceDestCheck"] is False
    assert shown["Attachment"]["InstanceOwnerId"] == "amazon-aws"
    assert shown["Attachment"]["AttachmentId"] == "ela-attach-0123456789abcdef0"
    assert shown["Groups"] == []
    assert shown["Association"] == {
        "AllocationId": "eipalloc-1",
        "AssociationId": "eipassoc-1",
        "IpOwnerId": "000000000000",
        "PublicDnsName": "ec2-198-18-3-7.compute-1.amazonaws.com",
        "PublicIp": "198.18.3.7",
    }
    assert shown_by(ec2, "association.allocation-id", "eipalloc-1") == [shown]
    assert shown_by(ec2, "association.association-id", "eipassoc-1") == [shown]


@pytest.mark.parametrize(
    ("kind", "owner", "type_", "description"),
    [
        ("vpc_endpoint", "vpce-1", "vpc_endpoint", "VPC Endpoint Interface vpce-1"),
        (
            "load_balancer",
            "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1f",
            "interface",
            "ELB app/web/1f",
        ),
    ],
)
def test_interfaces_of_other_services_say_whose_they_are(
    ec2: Any,
    world: World,
    portal: LoopThread,
    kind: str,
    owner: str,
    type_: str,
    description: str,
) -> None:
    portal.run(put_interface(world, kind=kind, owner=owner, task_arn=None))
    (shown,) = shown_by(ec2, "description", description)
    assert (shown["InterfaceType"], shown["RequesterManaged"]) == (type_, True)
    assert "Association" not in shown
