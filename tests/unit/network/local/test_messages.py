"""rtnetlink requests; that the kernel takes them is proven where they are sent."""

import struct
from ipaddress import IPv4Network, IPv6Network

from hypothesis import given
from hypothesis import strategies as st

from hostless.network.local import messages
from hostless.network.local.messages import link_in, new_route, route_in, set_alias


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


@given(st.ip_addresses(v=4), st.integers(0, 32), st.integers(1, 2**31 - 1))
def test_a_route_that_is_asked_for_reads_back_as_it_was_meant(
    address: object, length: int, index: int
) -> None:
    target = str(IPv4Network(f"{address}/{length}", strict=False))
    read = route_in(new_route(target, index, gateway="10.0.0.1", source="10.0.0.3").body)
    assert (read.target, read.interface, read.table) == (target, index, 254)


@given(st.ip_addresses(v=6), st.integers(0, 128), st.integers(1, 2**31 - 1))
def test_a_route_of_ipv6_that_is_asked_for_reads_back_as_it_was_meant(
    address: object, length: int, index: int
) -> None:
    target = str(IPv6Network(f"{address}/{length}", strict=False))
    read = route_in(new_route(target, index, gateway="fe80::1", source="2001:db8::3").body)
    assert (read.target, read.interface, read.own_address) == (target, index, "2001:db8::3")
    assert not read.is_learnt


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=40))
def test_every_request_is_padded_to_four_octets(alias: str) -> None:
    assert len(set_alias("eth0", alias).body) % 4 == 0


def test_a_link_is_read_with_its_peer_its_alias_and_whether_it_carries() -> None:
    body = struct.pack("=BBHiII", 0, 0, 1, 7, 1, 0)
    body += attribute(messages.IFLA_IFNAME, b"eni1\0") + attribute(messages.IFLA_LINK, b"\2\0\0\0")
    found = link_in(body)
    assert (found.index, found.name, found.alias, found.is_carrying) == (7, "eni1", "", False)
    body += attribute(messages.IFLA_IFALIAS, b"eni-1 10.0.0.9\0")
    found = link_in(body + attribute(messages.IFLA_OPERSTATE, b"\6"))
    assert (found.alias, found.is_carrying) == ("eni-1 10.0.0.9", True)
    assert found.peer == struct.unpack("=I", b"\2\0\0\0")[0]
