"""The pool of public addresses: where it lies unless somebody says, and what comes next from it.

The addresses are from 198.18.0.0/15, which no network on the internet has (RFC 2544), so they hide
nothing from tasks or the host.
"""

import hashlib
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network

from hostless.domain.addresses import free_address

POOLS = IPv4Network("198.18.0.0/15")
POOL_PREFIX = 21


def pools_of(engine_id: str) -> Iterator[str]:
    """Every pool that may be chosen, in an order of the engine's own: engines rarely meet."""
    pools = list(POOLS.subnets(new_prefix=POOL_PREFIX))
    first = int(hashlib.sha256(engine_id.encode()).hexdigest(), 16) % len(pools)
    yield from (str(pool) for pool in (*pools[first:], *pools[:first]))


def host_address_of(pool: str) -> str:
    """The host's own, under which it speaks to public addresses."""
    return str(IPv4Network(pool)[1])


def free_public_address(pool: str, start: int, is_taken: Callable[[str], bool]) -> str | None:
    """See `addresses.free_address`: the first four and the last stay free, as in a subnet."""
    return free_address(pool, start, is_taken)


def public_name_of(address: str, region: str) -> str:
    """`ec2-198-18-3-7.compute-1.amazonaws.com` (Amazon VPC User Guide, "DNS attributes")."""
    return f"ec2-{address.replace('.', '-')}.{public_domain_of(region)}"


def public_domain_of(region: str) -> str:
    """The domain of public DNS names."""
    area = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"{area}.amazonaws.com"
