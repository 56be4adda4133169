"""What becomes of a NAT gateway that was asked for: EC2 answers first and tells of failure later.

Sources: NatGateway's FailureCode and FailureMessage in the EC2 model, which give the sentences.
"""

from hostless.domain.gateways import NatGateway


def failure_of(gateway: NatGateway, *, has_internet_gateway: bool) -> tuple[str, str] | None:
    """Why a pending one cannot be had: EC2's code and sentence. None when it can.

    has_internet_gateway: whether one is attached to its VPC.
    """
    if gateway.interface_id is None:
        return (
            "InsufficientFreeAddressesInSubnet",
            "Subnet has insufficient free addresses to create this NAT gateway",
        )
    if not gateway.is_public:
        return None
    if gateway.association_id is None:
        sentence = f"Elastic IP address {gateway.allocation_id} is already associated"
        return "Resource.AlreadyAssociated", sentence
    if not has_internet_gateway:
        sentence = f"Network {gateway.vpc_id} has no Internet gateway attached"
        return "Gateway.NotAttached", sentence
    return None
