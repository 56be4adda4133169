"""The text of the rulesets; that nftables takes it is proven where it is loaded."""

from tests.contract.network_suite import Range
from tests.support.layouts import PUBLIC_CIDR, layout_with

from hostless.network.local.names import VpcPlan, vpc_plan_of
from hostless.network.local.rules import (
    FORWARDING_MEMORY,
    host_ruleset_of,
    links_change_of,
    removal_of,
    router_ruleset_of,
)

LINKS = ["hl-1", "hl-2"]
POOL = "198.18.8.0/21"


def plan(*, is_routed_from_host: bool) -> VpcPlan:
    range_ = Range("10.0.0.0/22")
    layout = layout_with(
        (range_.vpc,), range_.subnets, is_routed_from_host=is_routed_from_host
    ).vpcs[0]
    return vpc_plan_of("cafe0001", layout, PUBLIC_CIDR)


def test_the_ruleset_replaces_itself_in_one_transaction() -> None:
    lines = host_ruleset_of("hostless_cafe0001", POOL, LINKS, {}).split("\n")
    assert lines[1:3] == ["table inet hostless_cafe0001", "delete table inet hostless_cafe0001"]
    assert removal_of("x").split("\n")[:2] == ["table inet x", "delete table inet x"]


def test_the_order_of_links_does_not_matter() -> None:
    there, back = (host_ruleset_of("t", POOL, links, {}) for links in (LINKS, LINKS[::-1]))
    assert there == back
    assert links_change_of("t", LINKS) == links_change_of("t", LINKS[::-1])


def test_other_links_touch_their_set_only() -> None:
    assert links_change_of("t", ["hl-3"]).split("\n")[:2] == [
        "flush set inet t vpc_links",
        'add element inet t vpc_links { "hl-3" }',
    ]
    assert links_change_of("t", []) == "flush set inet t vpc_links\n"


def test_public_addresses_are_masqueraded_and_no_others() -> None:
    masquerades = [
        line for line in host_ruleset_of("t", POOL, LINKS, {}).split("\n") if "masq" in line
    ]
    assert len(masquerades) == 2
    assert "ip6 saddr 2001:db8::/32" in masquerades[1]
    assert f"ip saddr {POOL} oifname != " in masquerades[0]


def test_what_was_off_is_remembered_and_nothing_else() -> None:
    assert '"eth0" : 0' in host_ruleset_of("t", POOL, LINKS, {FORWARDING_MEMORY: {"eth0": 0}})
    assert "mark;  }" in host_ruleset_of("t", POOL, LINKS, {})


def test_the_router_takes_names_at_its_two_resolver_addresses() -> None:
    ruleset = router_ruleset_of(plan(is_routed_from_host=False))
    assert "ip daddr { 10.0.0.2, 169.254.169.253 }" in ruleset


def test_only_tasks_ask_about_themselves() -> None:
    ruleset = router_ruleset_of(plan(is_routed_from_host=True))
    assert 'iifname != "host0" ip daddr 169.254.170.2 tcp dport 80 accept' in ruleset
    assert ruleset.count("169.254.170.2") == 1


def test_private_addresses_leave_for_the_host_only_and_only_where_it_has_a_way_back() -> None:
    source = 'oifname "host0" ip saddr 10.0.0.0/22'
    assert f"{source} drop" in router_ruleset_of(plan(is_routed_from_host=False))
    routed = router_ruleset_of(plan(is_routed_from_host=True))
    assert f"{source} ip daddr != 10.0.0.3 drop" in routed
