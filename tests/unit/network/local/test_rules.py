"""The text of the rulesets; that nftables takes it is proven where it is loaded."""

from hostless.domain.arns import VpcId
from hostless.domain.network import Vpc
from hostless.network.local.names import vpc_plan_of
from hostless.network.local.rules import host_ruleset_of, removal_of, router_ruleset_of

PLANS = [
    vpc_plan_of("cafe0001", Vpc(id=VpcId(f"vpc-{number}"), cidr_block=f"10.{number}.0.0/16"), [])
    for number in range(3)
]


def test_the_ruleset_replaces_itself_in_one_transaction() -> None:
    lines = host_ruleset_of("hostless_cafe0001", PLANS, {}).split("\n")
    assert lines[1:3] == ["table inet hostless_cafe0001", "delete table inet hostless_cafe0001"]
    assert removal_of("x").split("\n")[:2] == ["table inet x", "delete table inet x"]


def test_the_order_of_vpcs_does_not_matter() -> None:
    there, back = (host_ruleset_of("t", plans, {}) for plans in (PLANS, PLANS[::-1]))
    assert there == back


def test_every_vpc_is_masqueraded_under_its_own_range_only() -> None:
    text = host_ruleset_of("t", PLANS, {})
    for plan in PLANS:
        assert f'iifname "{plan.host_link}" ip saddr {plan.cidr} oifname != "hl-*" masq' in text


def test_what_was_off_is_remembered_and_nothing_else() -> None:
    assert '"eth0" : 0' in host_ruleset_of("t", PLANS, {"eth0": 0})
    assert "mark;  }" in host_ruleset_of("t", PLANS, {})


def test_the_router_takes_names_at_its_two_resolver_addresses() -> None:
    assert "ip daddr { 10.0.0.2, 169.254.169.253 }" in router_ruleset_of(PLANS[0])
