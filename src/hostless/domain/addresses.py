"""Which addresses of a subnet can be given out, and which one is next. Who holds one is not here.

Rule of AWS's: the first four addresses and the last one of every subnet are reserved (Amazon VPC
User Guide, "Subnet CIDR blocks").
"""

import functools
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Network

RESERVED_AT_START = 4
RESERVED_AT_END = 1


@functools.lru_cache(maxsize=256)
def _network(cidr_block: str) -> IPv4Network:
    """Subnets are few, and reading one takes as long as all the rest of choosing an address."""
    return IPv4Network(cidr_block)


def address_count(cidr_block: str) -> int:
    """How many addresses of the range tasks can have."""
    return _network(cidr_block).num_addresses - RESERVED_AT_START - RESERVED_AT_END


def gateway_of(cidr_block: str) -> str:
    """The subnet's router: its second address, the first after the network's own."""
    return str(_network(cidr_block)[1])


def free_address(cidr_block: str, start: int, is_taken: Callable[[str], bool]) -> str | None:
    """The first free address counted from the `start`th one, around the range; None when full.

    start: any number that is not negative. AWS gives addresses in no visible order; a random start
    keeps an address that was just given back from being the next one given.
    """
    network = _network(cidr_block)
    count = address_count(cidr_block)
    for step in range(count):
        address = str(network[RESERVED_AT_START + (start + step) % count])
        if not is_taken(address):
            return address
    return None


def free_ipv6_address(cidr_block: str, start: int, is_taken: Callable[[str], bool]) -> str:
    """The first free address of a subnet's /64, counted from the `start`th one, around the range.

    start: any number that is not negative; a random one, as on AWS. So many are there that one is
    free.
    """
    network = IPv6Network(cidr_block)
    count = network.num_addresses - RESERVED_AT_START - RESERVED_AT_END
    while is_taken(address := str(network[RESERVED_AT_START + start % count])):
        start += 1
    return address


def can_be_given(cidr_block: str, address: str) -> bool:
    """Whether it is one of the range's, and not reserved. address: whatever somebody said."""
    return is_inside(cidr_block, address) and not is_reserved(cidr_block, address)


def is_inside(cidr_block: str, address: str) -> bool:
    try:
        return IPv4Address(address) in _network(cidr_block)
    except AddressValueError:
        return False


def is_reserved(cidr_block: str, address: str) -> bool:
    """address: one of the range's."""
    network = _network(cidr_block)
    at = int(IPv4Address(address)) - int(network.network_address)
    return not RESERVED_AT_START <= at < network.num_addresses - RESERVED_AT_END


def mac_address_of(hex_digits: str) -> str:
    """A locally administered address from the last ten of these hexadecimal digits."""
    digits = f"0a{hex_digits[-10:]:0>10}"
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
