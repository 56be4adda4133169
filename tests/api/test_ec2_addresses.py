"""Elastic addresses, through a real EC2 client."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

from hostless.domain.arns import AllocationId
from hostless.domain.gateways import AddressPool, ElasticAddress
from hostless.network.new_interface import new_interface
from hostless.store.kinds import ADDRESS_POOLS, ELASTIC_ADDRESSES, NETWORK_INTERFACES

POOL = IPv4Network("198.18.0.0/21")
UNKNOWN = "eipalloc-0123456789abcdef0"
DRY = ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
MANAGED = ("AuthFailure", "You do not have permission to access the specified resource.")


async def associate(world: World, allocation: str) -> str:
    """With the interface of a NAT gateway; the interface's id."""
    subnet = world.network.subnets[0]
    interface = new_interface(subnet, "172.31.0.9", "0" * 17, "us-east-1", 0.0)
    elastic = world.store.get(ELASTIC_ADDRESSES, allocation)
    assert elastic is not None
    transaction = world.store.transaction("test")
    transaction.put(NETWORK_INTERFACES, interface)
    associated = ElasticAddress(
        allocation_id=AllocationId(allocation),
        public_address=elastic.public_address,
        association_id="eipassoc-0123456789abcdef0",
        interface_id=interface.id,
    )
    transaction.put(ELASTIC_ADDRESSES, associated)
    await transaction.commit()
    return interface.id


def test_an_address_is_taken_from_the_pool_and_given_back(ec2: Any) -> None:
    tags = [{"Key": "Name", "Value": "nat"}]
    specification = [{"ResourceType": "elastic-ip", "Tags": tags}]
    made = ec2.allocate_address(Domain="vpc", TagSpecifications=specification)
    assert IPv4Address(made["PublicIp"]) in POOL
    assert made["AllocationId"].startswith("eipalloc-")
    shared = {"PublicIpv4Pool": "amazon", "NetworkBorderGroup": "us-east-1", "Domain": "vpc"}
    assert shared.items() <= made.items()
    (shown,) = ec2.describe_addresses()["Addresses"]
    assert shown == {
        "AllocationId": made["AllocationId"],
        "PublicIp": made["PublicIp"],
        "Tags": tags,
        **shared,
    }
    ec2.release_address(AllocationId=made["AllocationId"], NetworkBorderGroup="us-east-1")
    assert ec2.describe_addresses()["Addresses"] == []
    missing = (
        "InvalidAllocationID.NotFound",
        f"The allocation ID '{made['AllocationId']}' does not exist",
    )
    assert refusal(ec2.release_address, AllocationId=made["AllocationId"]) == missing
    assert refusal(ec2.describe_addresses, AllocationIds=[made["AllocationId"]]) == missing


def test_an_address_may_be_asked_for_while_it_is_free(ec2: Any) -> None:
    made = ec2.allocate_address(Address="198.18.1.2")
    assert made["PublicIp"] == "198.18.1.2"
    for address in ("198.18.1.2", "198.18.0.1", "198.18.7.255", "10.0.0.1", "x"):
        assert refusal(ec2.allocate_address, Address=address) == (
            "InvalidAddress.NotFound",
            f"Address '{address}' not found.",
        )
    assert refusal(ec2.describe_addresses, PublicIps=["198.18.1.3"]) == (
        "InvalidAddress.NotFound",
        "Address '198.18.1.3' not found.",
    )
    found = ec2.describe_addresses(PublicIps=["198.18.1.2"])["Addresses"]
    assert [each["AllocationId"] for each in found] == [made["AllocationId"]]


async def put_small_pool(world: World) -> None:
    """With three addresses."""
    transaction = world.store.transaction("test")
    transaction.delete(ADDRESS_POOLS, "198.18.0.0/21")
    transaction.put(ADDRESS_POOLS, AddressPool(cidr_block="198.18.0.0/29"))
    await transaction.commit()


def test_an_empty_pool_says_so(ec2: Any, world: World, portal: LoopThread) -> None:
    portal.run(put_small_pool(world))
    given = {ec2.allocate_address()["PublicIp"] for _ in range(3)}
    assert given == {"198.18.0.4", "198.18.0.5", "198.18.0.6"}
    assert refusal(ec2.allocate_address) == (
        "InsufficientAddressCapacity",
        "Not enough available addresses to satisfy your minimum request.",
    )


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Domain": "standard"}, "InvalidParameterValue"),
        ({"PublicIpv4Pool": "ipv4pool-ec2-0"}, "InvalidPublicIpv4PoolID.NotFound"),
        ({"CustomerOwnedIpv4Pool": "coip-pool-0"}, "UnsupportedOperation"),
        ({"IpamPoolId": "ipam-pool-0"}, "UnsupportedOperation"),
        ({"NetworkBorderGroup": "us-west-2"}, "InvalidParameterValue"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_addresses_that_cannot_be_had(ec2: Any, members: dict[str, Any], code: str) -> None:
    assert refusal(ec2.allocate_address, **members)[0] == code
    assert ec2.describe_addresses()["Addresses"] == []


def test_an_address_in_use_stays_where_it_is(ec2: Any, world: World, portal: LoopThread) -> None:
    made = ec2.allocate_address()
    allocation, address = made["AllocationId"], made["PublicIp"]
    interface = portal.run(associate(world, allocation))
    association = "eipassoc-0123456789abcdef0"
    (shown,) = ec2.describe_addresses()["Addresses"]
    assert shown["AssociationId"] == association
    assert shown["NetworkInterfaceId"] == interface
    assert shown["NetworkInterfaceOwnerId"] == "000000000000"
    assert (shown["PrivateIpAddress"], shown["SubnetId"]) == (
        "172.31.0.9",
        world.network.subnets[0].id,
    )
    assert refusal(ec2.release_address, AllocationId=allocation) == (
        "InvalidIPAddress.InUse",
        f"Address {address} is in use.",
    )
    assert refusal(ec2.disassociate_address, AssociationId=association) == MANAGED
    assert refusal(ec2.disassociate_address, PublicIp=address) == MANAGED
    again = {"AllocationId": allocation, "NetworkInterfaceId": interface}
    assert refusal(ec2.associate_address, **again) == MANAGED
    assert refusal(ec2.associate_address, **again, AllowReassociation=False) == (
        "Resource.AlreadyAssociated",
        f"resource {allocation} is already associated with associate-id {association}",
    )
    for name, value in {
        "allocation-id": allocation,
        "association-id": association,
        "network-interface-id": interface,
        "network-interface-owner-id": "000000000000",
        "private-ip-address": "172.31.0.9",
        "public-ip": address,
        "network-border-group": "us-east-1",
        "domain": "vpc",
    }.items():
        found = ec2.describe_addresses(Filters=[{"Name": name, "Values": [value]}])
        assert found["Addresses"] == [shown], name
    other = ec2.allocate_address()
    filters = [{"Name": "association-id", "Values": ["*"]}]
    assert ec2.describe_addresses(Filters=filters)["Addresses"] == [shown]
    assert len(ec2.describe_addresses()["Addresses"]) == 2
    ec2.release_address(AllocationId=other["AllocationId"])


def test_calls_about_addresses_that_are_not_there(ec2: Any) -> None:
    made = ec2.allocate_address()
    allocation, address = made["AllocationId"], made["PublicIp"]
    assert refusal(ec2.release_address, PublicIp=address) == (
        "InvalidParameterValue",
        "You must specify an allocation id when releasing a VPC elastic IP address",
    )
    assert refusal(ec2.release_address)[0] == "MissingParameter"
    assert refusal(ec2.release_address, PublicIp="192.0.2.1")[0] == "InvalidAddress.NotFound"
    wrong_place = {"AllocationId": allocation, "NetworkBorderGroup": "us-west-2"}
    assert refusal(ec2.release_address, **wrong_place)[0] == "InvalidAddress.NotFound"
    assert refusal(ec2.release_address, AllocationId=allocation, DryRun=True) == DRY
    associate_ = ec2.associate_address
    assert refusal(associate_, AllocationId=UNKNOWN, NetworkInterfaceId="eni-00000000") == (
        "InvalidAllocationID.NotFound",
        f"The allocation ID '{UNKNOWN}' does not exist",
    )
    assert refusal(associate_, AllocationId=allocation, NetworkInterfaceId="eni-00000000") == (
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID 'eni-00000000' does not exist",
    )
    assert refusal(associate_, PublicIp=address, InstanceId="i-00000000") == (
        "InvalidInstanceID.NotFound",
        "The instance ID 'i-00000000' does not exist",
    )
    assert refusal(ec2.disassociate_address, AssociationId="eipassoc-00000000") == (
        "InvalidAssociationID.NotFound",
        "The association ID 'eipassoc-00000000' does not exist",
    )
    assert refusal(ec2.disassociate_address, PublicIp=address)[0] == "InvalidParameterValue"
    assert refusal(ec2.disassociate_address)[0] == "MissingParameter"
    assert len(ec2.describe_addresses()["Addresses"]) == 1


def test_more_addresses_than_a_page_holds_are_shown_at_once(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    async def put_many() -> None:
        transaction = world.store.transaction("test")
        for number in range(1100):
            elastic = ElasticAddress(
                allocation_id=AllocationId(f"eipalloc-{number:017x}"),
                public_address=str(POOL[4 + number]),
            )
            transaction.put(ELASTIC_ADDRESSES, elastic)
        await transaction.commit()

    portal.run(put_many())
    assert len({a["PublicIp"] for a in ec2.describe_addresses()["Addresses"]}) == 1100


def test_no_address_has_a_name_of_its_own(ec2: Any) -> None:
    made = ec2.allocate_address()
    answer = ec2.describe_addresses_attribute(
        AllocationIds=[made["AllocationId"]], Attribute="domain-name"
    )
    assert answer["Addresses"] == [
        {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}
    ]
    assert refusal(ec2.describe_addresses_attribute, AllocationIds=[UNKNOWN])[0] == (
        "InvalidAllocationID.NotFound"
    )


def test_an_address_has_tags(ec2: Any) -> None:
    allocation = ec2.allocate_address()["AllocationId"]
    ec2.create_tags(Resources=[allocation], Tags=[{"Key": "a", "Value": "b"}])
    filters = [{"Name": "tag:a", "Values": ["b"]}]
    assert len(ec2.describe_addresses(Filters=filters)["Addresses"]) == 1
    (tag,) = ec2.describe_tags()["Tags"]
    assert (tag["ResourceType"], tag["ResourceId"]) == ("elastic-ip", allocation)
    assert refusal(ec2.create_tags, Resources=[UNKNOWN], Tags=[{"Key": "a", "Value": "b"}]) == (
        "InvalidElasticIpID.NotFound",
        f"The elastic-ip ID '{UNKNOWN}' does not exist",
    )
