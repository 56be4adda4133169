"""What becomes of a NAT gateway that was asked for."""

from dataclasses import replace

from hostless.domain.arns import AllocationId, NatGatewayId, NetworkInterfaceId, SubnetId, VpcId
from hostless.domain.gateways import NatGateway
from hostless.domain.nat_gateways import failure_of

GATEWAY = NatGateway(
    id=NatGatewayId("nat-1"),
    vpc_id=VpcId("vpc-1"),
    subnet_id=SubnetId("subnet-1"),
    state="pending",
    is_public=True,
    allocation_id=AllocationId("eipalloc-1"),
    association_id="eipassoc-1",
    interface_id=NetworkInterfaceId("eni-1"),
    address="10.0.0.4",
    public_address="198.18.0.4",
    created_at=0.0,
)


def test_a_gateway_with_all_it_needs_does_not_fail() -> None:
    assert failure_of(GATEWAY, has_internet_gateway=True) is None


def test_a_public_gateway_needs_a_way_to_the_world() -> None:
    assert failure_of(GATEWAY, has_internet_gateway=False) == (
        "Gateway.NotAttached",
        "Network vpc-1 has no Internet gateway attached",
    )


def test_an_address_that_belongs_to_something_else_is_not_taken_away() -> None:
    without = replace(GATEWAY, association_id=None, public_address=None)
    assert failure_of(without, has_internet_gateway=True) == (
        "Resource.AlreadyAssociated",
        "Elastic IP address eipalloc-1 is already associated",
    )


def test_a_full_subnet_has_no_room_for_a_gateway() -> None:
    without = replace(GATEWAY, interface_id=None, address=None)
    assert failure_of(without, has_internet_gateway=True) == (
        "InsufficientFreeAddressesInSubnet",
        "Subnet has insufficient free addresses to create this NAT gateway",
    )


def test_a_private_gateway_needs_an_interface_only() -> None:
    private = replace(
        GATEWAY, is_public=False, allocation_id=None, association_id=None, public_address=None
    )
    assert failure_of(private, has_internet_gateway=False) is None
