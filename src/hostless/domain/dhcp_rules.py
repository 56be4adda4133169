"""What a set of DHCP options may say. Pure. Source: CreateDhcpOptions, EC2 API Reference.

Domains and their servers reach tasks; what else there is, is for instances, as on AWS.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address

from hostless.domain.dhcp_options import AMAZON_PROVIDED, DhcpOption

_MOST_SERVERS = 4
"""Of IPv4, and of IPv6 where that is allowed."""
_LEASE_SECONDS = range(140, 2**31)
_DOMAINS = re.compile(r"[A-Za-z0-9_-]+([. ][A-Za-z0-9_-]+)*\.?")
_LONGEST_DOMAINS = 253


def option_of(key: str, values: Iterable[str]) -> DhcpOption:
    """Servers may be given apart, or in one value with commas between them."""
    parts = tuple(values)
    if key.endswith("-servers"):
        parts = tuple(part.strip() for value in parts for part in value.split(","))
    return DhcpOption(key=key, values=parts)


def options_refusal(options: Iterable[DhcpOption]) -> str | None:
    """Why this cannot be a set; None when it can."""
    options = tuple(options)
    for option in options:
        is_right = _RULES.get(option.key)
        if is_right is None:
            return f"Value ({option.key}) for parameter value is invalid. Unknown DHCP option"
        if not option.values or not is_right(option.values):
            given = ", ".join(option.values)
            return f"Value ({given}) for parameter {option.key} is invalid."  # our words
    repeated = [key for key, times in Counter(o.key for o in options).items() if times > 1]
    if repeated:
        return f"The DHCP option {repeated[0]} is given more than once."  # our words
    return None


def _are_domains(values: tuple[str, ...]) -> bool:
    """One value; some systems take several names in it, with spaces between them."""
    text = values[0]
    is_short = len(text) <= _LONGEST_DOMAINS
    return len(values) == 1 and is_short and _DOMAINS.fullmatch(text) is not None


def _are_name_servers(values: tuple[str, ...]) -> bool:
    return values == (AMAZON_PROVIDED,) or _are_servers(values)


def _are_servers(values: tuple[str, ...]) -> bool:
    versions = Counter(map(_version_of, values))
    return not versions[None] and max(versions.values()) <= _MOST_SERVERS


def _are_ipv4_servers(values: tuple[str, ...]) -> bool:
    return _are_servers(values) and {_version_of(value) for value in values} == {4}


def _version_of(value: str) -> int | None:
    """4 or 6; None for what is no address, or one of a certain link."""
    try:
        return None if "%" in value else ip_address(value).version
    except ValueError:
        return None


def _is_node_type(values: tuple[str, ...]) -> bool:
    return len(values) == 1 and values[0] in ("1", "2", "4", "8")


def _is_lease(values: tuple[str, ...]) -> bool:
    text = values[0]
    is_number = text.isascii() and text.isdigit() and len(text) < 12
    return len(values) == 1 and is_number and int(text) in _LEASE_SECONDS


_RULES: Mapping[str, Callable[[tuple[str, ...]], bool]] = {
    "domain-name": _are_domains,
    "domain-name-servers": _are_name_servers,
    "ntp-servers": _are_servers,
    "netbios-name-servers": _are_ipv4_servers,
    "netbios-node-type": _is_node_type,
    "ipv6-address-preferred-lease-time": _is_lease,
}
