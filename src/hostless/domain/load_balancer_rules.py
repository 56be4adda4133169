"""What may be said of a load balancer beyond the forms that AWS's model states.

Sentences are AWS's own, except where a comment says "our words".
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from hostless.domain.addresses import RESERVED_AT_END, RESERVED_AT_START
from hostless.domain.arns import Realm
from hostless.domain.load_balancers import LoadBalancerType, Scheme
from hostless.domain.network import Subnet

LONGEST_NAME = 32
_NAME = re.compile(r"[A-Za-z0-9-]+")
_ZONES_OF_APPLICATION = 2
_HOSTED_ZONES: dict[str, tuple[str, str]] = {
    "us-east-1": ("Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"),
    "us-east-2": ("Z3AADJGX6KTTL2", "ZLMOA37VPKANP"),
    "us-west-1": ("Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"),
    "us-west-2": ("Z1H1FL5HABSF5", "Z18D5FSROUN65G"),
    "eu-west-1": ("Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"),
    "eu-central-1": ("Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"),
}
"""Of application and of network load balancers (General Reference, "Elastic Load Balancing
endpoints and quotas")."""


def balancer_name_refusal(name: str) -> str | None:
    said = f"The load balancer name '{name}'"
    if name.lower().startswith("internal-"):
        return f"{said} cannot begin with 'internal-'"  # our words
    return _name_refusal(name, said, "and")


def group_name_refusal(name: str) -> str | None:
    return _name_refusal(name, f"Target group name '{name}'", "or")


def _name_refusal(name: str, said: str, joint: str) -> str | None:
    if not name:
        return f"{said} cannot be empty"  # our words
    if len(name) > LONGEST_NAME:
        return f"{said} cannot be longer than '{LONGEST_NAME}' characters"
    if not _NAME.fullmatch(name):
        characters = f"alphanumeric characters {joint} hyphens(-)"
        return f"{said} can only contain characters that are {characters}"
    if name.startswith("-") or name.endswith("-"):
        return f"{said} cannot begin or end with a hyphen(-)"
    return None


def zones_refusal(type_: LoadBalancerType, subnets: Sequence[Subnet]) -> str | None:
    """Too few zones; an application balancer needs two."""
    if type_ == "application" and len({subnet.zone for subnet in subnets}) < _ZONES_OF_APPLICATION:
        return "At least two subnets in two different Availability Zones must be specified"
    if not subnets:
        return "At least one subnet must be specified"  # our words
    return None


def subnets_refusal(subnets: Sequence[Subnet]) -> str | None:
    """Subnets that do not go together."""
    if len({subnet.zone for subnet in subnets}) < len(subnets):
        return (
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        )
    vpcs = dict.fromkeys(subnet.vpc_id for subnet in subnets)
    if len(vpcs) > 1:
        return f"All subnets must belong to the same VPC: '{', '.join(vpcs)}'"
    return None


def private_address_refusal(
    address: str, subnet: Subnet, type_: LoadBalancerType, scheme: Scheme
) -> str | None:
    """Why the balancer cannot have this address in the subnet; our words."""
    if type_ != "network" or scheme != "internal":
        return "Private IPv4 addresses are supported for internal Network Load Balancers only"
    network = IPv4Network(subnet.cidr_block)
    try:
        asked = IPv4Address(address)
    except ValueError:
        return f"The IP address '{address}' is not valid"
    first, last = network[RESERVED_AT_START], network[-1 - RESERVED_AT_END]
    if not first <= asked <= last:
        return f"The IP address '{address}' is not within the subnet '{subnet.id}'"
    return None


def dns_name_of(
    name: str, type_: LoadBalancerType, scheme: Scheme, realm: Realm, digits: str
) -> str:
    """`web-1234567890.us-east-1.elb.amazonaws.com`; internal application ones have `internal-`.

    digits: those of the balancer's ARN for a network one.
    """
    low = name.lower()
    if type_ == "network":
        return f"{low}-{digits}.elb.{realm.region}.amazonaws.com"
    prefix = "internal-" if scheme == "internal" else ""
    return f"{prefix}{low}-{digits}.{realm.region}.elb.amazonaws.com"


def hosted_zone_of(type_: LoadBalancerType, realm: Realm) -> str | None:
    """Route 53's zone of the balancer's name; None where it is not known here."""
    zones = _HOSTED_ZONES.get(realm.region)
    return None if zones is None else zones[type_ == "network"]
