"""What a task sees of its network."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.network_suite import Range

from hostless.domain.arns import DhcpOptionsId
from hostless.domain.dhcp_options import DhcpOption, DhcpOptions
from hostless.network.place import (
    address_named,
    place_of,
    private_domain_of,
    private_name_of,
    resolver_address_of,
)


def test_the_resolver_is_at_the_base_of_the_range_plus_two() -> None:
    assert resolver_address_of("172.31.0.0/16") == "172.31.0.2"


def test_only_the_first_region_has_the_short_private_domain() -> None:
    assert private_domain_of("us-east-1") == "ec2.internal"
    assert private_domain_of("eu-central-1") == "eu-central-1.compute.internal"


@given(st.ip_addresses(v=4))
def test_a_private_name_leads_back_to_its_address(address: IPv4Address) -> None:
    name = private_name_of(str(address), "ec2.internal")
    assert address_named(name, "ec2.internal") == str(address)
    assert address_named(name.upper() + ".", "ec2.internal") == str(address)
    assert address_named(name, "eu-west-1.compute.internal") is None


@pytest.mark.parametrize(
    "name",
    ["ec2.internal", "ip-1-2-3.ec2.internal", "ip-1-2-3-256.ec2.internal", "a.ec2.internal", ""],
)
def test_other_names_are_no_private_names(name: str) -> None:
    assert address_named(name, "ec2.internal") is None


def resolver_lines(**options: tuple[str, ...]) -> tuple[str, ...]:
    """With a set of DHCP options that says this, `_` standing for `-`."""
    range_ = Range("10.20.0.0/22")
    named = tuple(DhcpOption(key=k.replace("_", "-"), values=v) for k, v in options.items())
    set_ = DhcpOptions(id=DhcpOptionsId("dopt-1"), options=named)
    layout = replace(range_.layout().vpcs[0], dhcp_options=set_)
    return place_of(range_.interface(1), layout, None).resolver_lines


def test_dhcp_options_say_where_names_are_looked_for_and_whom_to_ask() -> None:
    assert resolver_lines(
        domain_name=("corp.example", "example"),
        domain_name_servers=("10.20.1.9", "AmazonProvidedDNS"),
        ntp_servers=("10.20.1.8",),
    ) == ("search corp.example example", "nameserver 10.20.1.9", "nameserver 10.20.0.2")


def test_a_set_of_dhcp_options_without_names_tells_a_task_nothing() -> None:
    assert resolver_lines(ntp_servers=("10.20.1.8",)) == ()
