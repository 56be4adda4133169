"""What a set of DHCP options may say."""

import pytest

from hostless.domain.dhcp_rules import option_of, options_refusal


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("domain-name", ["ec2.internal"]),
        ("domain-name", ["example.com corp.example.com."]),
        ("domain-name-servers", ["AmazonProvidedDNS"]),
        ("domain-name-servers", ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]),
        ("domain-name-servers", ["10.0.0.2, fd00::2"]),
        ("ntp-servers", [*(f"10.0.0.{n}" for n in range(4)), *(f"fd00::{n}" for n in range(4))]),
        ("netbios-name-servers", ["10.0.0.2"]),
        ("netbios-node-type", ["2"]),
        ("ipv6-address-preferred-lease-time", ["140"]),
        ("ipv6-address-preferred-lease-time", ["2147483647"]),
    ],
)
def test_this_can_be_said(key: str, values: list[str]) -> None:
    assert options_refusal([option_of(key, values)]) is None


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("domain-name", []),
        ("domain-name", ["a", "b"]),
        ("domain-name", ["a\nnameserver 10.0.0.9"]),
        ("domain-name", ["a" * 254]),
        ("domain-name", ["..", ""]),
        ("domain-name-servers", [f"10.0.0.{n}" for n in range(5)]),
        ("domain-name-servers", ["AmazonProvidedDNS", "10.0.0.2"]),
        ("domain-name-servers", ["10.0.0.2,"]),
        ("domain-name-servers", ["fe80::1%eth0"]),
        ("ntp-servers", ["time.example.com"]),
        ("ntp-servers", ["AmazonProvidedDNS"]),
        ("netbios-name-servers", ["fd00::2"]),
        ("netbios-node-type", ["2", "4"]),
        ("ipv6-address-preferred-lease-time", ["139"]),
        ("ipv6-address-preferred-lease-time", ["2147483648"]),
        ("ipv6-address-preferred-lease-time", ["9" * 5000]),
        ("ipv6-address-preferred-lease-time", ["-140"]),
    ],
)
def test_this_cannot(key: str, values: list[str]) -> None:
    refusal = options_refusal([option_of(key, values)])
    assert refusal is not None
    assert f"for parameter {key} is invalid" in refusal
