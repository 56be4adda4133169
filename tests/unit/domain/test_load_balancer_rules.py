"""Names, subnets and DNS names of load balancers."""

import pytest

from hostless.domain.arns import Realm, SubnetId, VpcId
from hostless.domain.load_balancer_rules import (
    balancer_name_refusal,
    dns_name_of,
    group_name_refusal,
    hosted_zone_of,
    private_address_refusal,
    subnets_refusal,
    zones_refusal,
)
from hostless.domain.network import Subnet
from hostless.domain.ssl_policies import DEFAULT_POLICY, SSL_POLICIES


def subnet(zone: str, vpc: str = "vpc-1") -> Subnet:
    return Subnet(
        id=SubnetId(f"subnet-{zone}"), vpc_id=VpcId(vpc), cidr_block="10.0.0.0/24", zone=zone
    )


@pytest.mark.parametrize("name", ["a", "a-b", "A1", "a" * 32])
def test_right_names(name: str) -> None:
    assert balancer_name_refusal(name) is None


@pytest.mark.parametrize("name", ["", "a" * 33, "a_b", "-a", "a-", "internal-a", "a.b"])
def test_wrong_names(name: str) -> None:
    assert balancer_name_refusal(name) is not None


def test_a_target_group_may_be_called_internal() -> None:
    assert group_name_refusal("internal-a") is None


def test_an_application_balancer_needs_two_zones_and_a_network_one_a_subnet() -> None:
    assert zones_refusal("application", [subnet("a")]) is not None
    assert zones_refusal("application", [subnet("a"), subnet("b")]) is None
    assert zones_refusal("network", [subnet("a")]) is None
    assert zones_refusal("network", []) is not None


def test_subnets_are_of_one_vpc_and_of_different_zones() -> None:
    assert subnets_refusal([subnet("a"), subnet("b")]) is None
    assert subnets_refusal([subnet("a"), subnet("a")]) is not None
    assert subnets_refusal([subnet("a"), subnet("b", "vpc-2")]) is not None


@pytest.mark.parametrize(
    ("address", "is_right"),
    [
        ("10.0.0.4", True),
        ("10.0.0.254", True),
        ("10.0.0.3", False),
        ("10.0.0.255", False),
        ("10.0.1.4", False),
        ("x", False),
    ],
)
def test_a_private_address_is_one_that_aws_does_not_keep(address: str, is_right: bool) -> None:
    refusal = private_address_refusal(address, subnet("a"), "network", "internal")
    assert (refusal is None) == is_right


def test_only_internal_network_balancers_choose_private_addresses() -> None:
    for wrong in (("network", "internet-facing"), ("application", "internal")):
        assert private_address_refusal("10.0.0.4", subnet("a"), *wrong) is not None  # type: ignore[arg-type]


def test_dns_names_have_awss_forms() -> None:
    realm = Realm()
    region = "us-east-1"
    names = {
        ("application", "internet-facing"): f"web-12.{region}.elb.amazonaws.com",
        ("application", "internal"): f"internal-web-12.{region}.elb.amazonaws.com",
        ("network", "internal"): f"web-12.elb.{region}.amazonaws.com",
    }
    for (type_, scheme), name in names.items():
        assert dns_name_of("Web", type_, scheme, realm, "12") == name  # type: ignore[arg-type]
    assert hosted_zone_of("network", realm) == "Z26RNL4JYFTOTI"
    assert hosted_zone_of("network", Realm(region="xx-1")) is None


def test_a_policy_with_a_newer_floor_has_no_weaker_cipher() -> None:
    assert len(SSL_POLICIES[DEFAULT_POLICY].ciphers) == 18
    for name, policy in SSL_POLICIES.items():
        assert set(policy.ciphers) or policy.protocols == ("TLSv1.3",), name
        has_1_3 = "TLSv1.3" in policy.protocols
        assert has_1_3 == any(cipher.startswith("TLS_") for cipher in policy.ciphers), name
        if "FS" in name or "Res" in name:
            assert all(c.startswith(("ECDHE-", "TLS_")) for c in policy.ciphers), name
        if "Res-2020" in name or "Res-2021" in name:
            assert all("GCM" in c or "CHACHA20" in c for c in policy.ciphers), name
