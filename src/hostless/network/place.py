"""What a task sees of its network: host name, /etc/hosts, /etc/resolv.conf.

Pure, and the same under every fabric. The files are written by whoever runs containers.
"""

import functools
from ipaddress import IPv4Address, IPv4Network

from hostless.domain.network import NetworkInterface, NetworkPlace, Vpc

RESOLVER_OFFSET = 2
"""The VPC's resolver answers at the base of its range plus two (Amazon VPC User Guide, DNS)."""


@functools.lru_cache(maxsize=64)
def resolver_address_of(vpc_cidr: str) -> str:
    """The address of the VPC's own resolver."""
    return str(IPv4Network(vpc_cidr)[RESOLVER_OFFSET])


def private_domain_of(region: str) -> str:
    """The domain of private DNS names (Amazon VPC User Guide, "DNS attributes for your VPC")."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def private_name_of(address: str, domain: str) -> str:
    """`ip-172-31-0-10.ec2.internal`."""
    return f"ip-{address.replace('.', '-')}.{domain}"


def address_named(name: str, domain: str) -> str | None:
    """The address in a private DNS name of this domain; None when the name is no such name."""
    label, _, rest = name.lower().rstrip(".").partition(".")
    if rest != domain or not label.startswith("ip-"):
        return None
    dotted = label.removeprefix("ip-").replace("-", ".")
    try:
        return str(IPv4Address(dotted))
    except ValueError:
        return None


def place_of(interface: NetworkInterface, vpc: Vpc, namespace_path: str | None) -> NetworkPlace:
    """The place of a task whose interface this is; the files' lines as Fargate writes them."""
    name = interface.private_dns_name
    return NetworkPlace(
        namespace_path=namespace_path,
        address=interface.address,
        host_name=name,
        hosts=("127.0.0.1 localhost", f"{interface.address} {name}"),
        resolver_lines=(
            f"search {name.partition('.')[2]}",
            f"nameserver {resolver_address_of(vpc.cidr_block)}",
        ),
    )
