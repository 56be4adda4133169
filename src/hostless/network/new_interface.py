"""A network interface as it is made, for whoever is to have it. Whether its address is free is not
here.
"""

from hostless.domain.addresses import gateway_of, mac_address_of
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface, Subnet
from hostless.kit.clock import Timestamp
from hostless.network.place import private_domain_of, private_name_of


def new_interface(
    subnet: Subnet, address: str, digits: str, region: str, now: Timestamp
) -> NetworkInterface:
    """digits: 17 hexadecimal ones, by chance. The caller says whose it is."""
    return NetworkInterface(
        id=NetworkInterfaceId(f"eni-{digits}"),
        attachment_id=f"eni-attach-{digits}",
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        zone=subnet.zone,
        address=address,
        prefix_length=int(subnet.cidr_block.rpartition("/")[2]),
        gateway=gateway_of(subnet.cidr_block),
        mac_address=mac_address_of(digits),
        private_dns_name=private_name_of(address, private_domain_of(region)),
        security_groups=(),
        created_at=now,
    )
