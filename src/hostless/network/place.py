"""What a task sees of its network: host name, /etc/hosts, /etc/resolv.conf.

Pure, and the same under every fabric. The files are written by whoever runs containers.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from hostless.domain.dhcp_options import AMAZON_PROVIDED, DhcpOptions
from hostless.domain.network import NetworkInterface, NetworkPlace, Vpc
from hostless.domain.network_layout import VpcLayout

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


def domain_in(private_name: str) -> str:
    return private_name.partition(".")[2]


def address_named(name: str, domain: str, prefix: str = "ip-") -> str | None:
    """The address in a private DNS name of this domain; None when the name is no such name.

    prefix: of names of another kind than private ones.
    """
    label, _, rest = name.lower().rstrip(".").partition(".")
    if rest != domain or not label.startswith(prefix):
        return None
    dotted = label.removeprefix(prefix).replace("-", ".")
    try:
        return str(IPv4Address(dotted))
    except ValueError:
        return None


def place_of(
    interface: NetworkInterface, layout: VpcLayout, namespace_path: str | None
) -> NetworkPlace:
    """The place of a task whose interface this is, in the VPC that is laid out so.

    The files' lines as Fargate writes them.
    """
    name = interface.private_dns_name
    return NetworkPlace(
        namespace_path=namespace_path,
        address=interface.address,
        host_name=name,
        hosts=("127.0.0.1 localhost", f"{interface.address} {name}"),
        resolver_lines=tuple(
            _resolver_lines(resolution_of(layout.vpc, layout.dhcp_options, domain_in(name)))
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Who answers a task's questions for names, and in which domains bare names are looked for."""

    servers: tuple[str, ...]
    domains: tuple[str, ...]


def resolution_of(vpc: Vpc, options: DhcpOptions | None, domain: str) -> Resolution:
    """As a machine takes it from the VPC's DHCP options.

    options: None stands for AWS's own set, whose domain is given.
    """
    values: dict[str, tuple[str, ...]] = {
        "domain-name": (domain,),
        "domain-name-servers": (AMAZON_PROVIDED,),
    }
    if options is not None:
        values = {option.key: option.values for option in options.options}
    own = resolver_address_of(vpc.cidr_block)
    servers = values.get("domain-name-servers", ())
    return Resolution(
        servers=tuple(own if server == AMAZON_PROVIDED else server for server in servers),
        domains=values.get("domain-name", ()),
    )


def _resolver_lines(resolution: Resolution) -> Iterator[str]:
    if resolution.domains:
        yield f"search {' '.join(resolution.domains)}"
    for server in resolution.servers:
        yield f"nameserver {server}"
