"""Routes, NAT gateways and network ACLs as text; what packets make of it is proven on the real
fabric."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.contract.network_suite import Range
from tests.support.ways import IGW, entry, nat_way, subnet_with, vpc_with, way

from hostless.domain.network import Ipv6Range, Subnet
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import SubnetLayout, Way
from hostless.network.local.way_rules import chains_of

RANGE = Range("10.0.0.0/22")
PUBLIC, PRIVATE = RANGE.subnets
V6 = "fd00:0:0:1::/64"
DUAL = replace(PUBLIC, ipv6=Ipv6Range(association_id="a", cidr_block=V6))
HOST = "10.0.0.3"
RTB1, RTB2 = "rtb-00000000000000001", "rtb-00000000000000002"
ACL1, ACL2 = "acl-00000000000000001", "acl-00000000000000002"
NAT = "nat-00000000000000007"
DENY = entry(1, allows=False)


def chains(*subnets: SubnetLayout, is_routed_from_host: bool = True) -> Mapping[str, list[str]]:
    layout = vpc_with(RANGE, *subnets, is_routed_from_host=is_routed_from_host)
    return {name: list(lines) for name, lines in chains_of(HOST, layout).items()}


def within(subnet: Subnet) -> str:
    range_ = subnet.cidr_block
    return f'ip saddr {range_} ip daddr {range_} return comment "within {subnet.id}"'


def acl_lines(*entries: NetworkAclEntry, direction: str = "in") -> list[str]:
    return chains(subnet_with(PUBLIC, acl=entries))[f"{ACL1}-{direction}"]


def routes(*ways: Way) -> list[str]:
    return chains(subnet_with(PUBLIC, ways))[RTB1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (entry(9, allows=False), "meta nfproto ipv4 drop"),
        (entry(9, protocol="6", ports=(80, 80)), "meta nfproto ipv4 tcp dport 80 return"),
        (
            entry(9, protocol="17", ports=(1024, 65535), cidr="10.1.2.3/8"),
            "ip saddr 10.0.0.0/8 udp dport 1024-65535 return",
        ),
        (entry(9, protocol="6", ports=(0, 65535)), "meta nfproto ipv4 meta l4proto tcp return"),
        (entry(9, protocol="50"), "meta nfproto ipv4 meta l4proto 50 return"),
        (entry(9, protocol="1", icmp=(-1, -1)), "meta nfproto ipv4 meta l4proto icmp return"),
        (entry(9, protocol="1", icmp=(8, -1)), "meta nfproto ipv4 icmp type 8 return"),
        (
            entry(9, protocol="1", icmp=(3, 4)),
            "meta nfproto ipv4 icmp type 3 icmp code 4 return",
        ),
        (
            entry(9, protocol="58", icmp=(128, -1), cidr="fd00::/8"),
            "ip6 saddr fd00::/8 icmpv6 type 128 return",
        ),
        (entry(9, cidr="::/0", allows=False), "meta nfproto ipv6 drop"),
    ],
)
def test_an_entry_says_which_packets_pass_or_not(given: NetworkAclEntry, expected: str) -> None:
    assert acl_lines(given, DENY) == [
        within(PUBLIC),
        f'meta nfproto ipv4 drop comment "{ACL1} 1 in"',
        f'{expected} comment "{ACL1} 9 in"',
        f'drop comment "{ACL1} * in"',
    ]
    out = acl_lines(replace(given, is_egress=True), direction="out")
    there = expected.replace("saddr", "daddr")
    assert out[1:] == [f'{there} comment "{ACL1} 9 out"', f'drop comment "{ACL1} * out"']


@pytest.mark.parametrize(
    "nothing",
    [
        entry(9, protocol="58", icmp=(-1, -1)),
        entry(9, protocol="1", icmp=(-1, -1), cidr="::/0"),
        entry(9, protocol="6", ports=(9, 8)),
    ],
)
def test_an_entry_that_no_packet_fits_is_no_rule(nothing: NetworkAclEntry) -> None:
    assert acl_lines(nothing)[1:] == [f'drop comment "{ACL1} * in"']


def test_a_list_that_lets_everything_pass_is_nothing() -> None:
    found = chains(subnet_with(PUBLIC, [way("internet")]))
    assert set(found) == {"ordinary", "crossing", "routes", RTB1}
    assert not [line for line in found["crossing"] if "jump" in line and "routes" not in line]


def test_a_list_is_asked_where_packets_cross_the_border_of_a_subnet() -> None:
    entries = [DENY, entry(100, is_egress=True)]
    found = chains(subnet_with(PUBLIC, acl=entries), subnet_with(PRIVATE, acl=entries))
    assert [line for line in found["crossing"] if "acl" in line] == [
        f"ip daddr {{ {PUBLIC.cidr_block}, {PRIVATE.cidr_block} }} jump {ACL1}-in"
    ]
    assert found[f"{ACL1}-in"] == [
        within(PUBLIC),
        within(PRIVATE),
        f'meta nfproto ipv4 drop comment "{ACL1} 1 in"',
        f'drop comment "{ACL1} * in"',
    ]
    assert f"{ACL1}-out" not in found


def test_every_subnet_asks_its_own_list() -> None:
    found = chains(
        subnet_with(PUBLIC, acl=[replace(DENY, is_egress=True), entry(100)]),
        subnet_with(PRIVATE, acl=[DENY], list_=2),
    )
    assert [line for line in found["crossing"] if "acl" in line] == [
        f"ip saddr {{ {PUBLIC.cidr_block} }} jump {ACL1}-out",
        f"ip saddr {{ {PRIVATE.cidr_block} }} jump {ACL2}-out",
        f"ip daddr {{ {PRIVATE.cidr_block} }} jump {ACL2}-in",
    ]


def test_a_list_that_lets_all_of_one_family_pass_is_asked_about_the_other() -> None:
    found = chains(subnet_with(DUAL))
    assert [line for line in found["crossing"] if "acl" in line] == [
        f"ip6 saddr {{ {V6} }} jump {ACL1}-out",
        f"ip6 daddr {{ {V6} }} jump {ACL1}-in",
    ]
    assert found[f"{ACL1}-in"][0] == (
        f'ip6 saddr {V6} ip6 daddr {V6} return comment "within {DUAL.id}"'
    )


def test_a_subnet_without_a_list_or_a_table_lets_nothing_pass() -> None:
    bare = replace(subnet_with(PUBLIC, acl=()), acl_id="", route_table_id="")
    found = chains(bare)
    assert found["no-acl-in"][-1] == 'drop comment "no network ACL * in"'
    assert found["routes"] == ['drop comment "no route table"']


def test_routes_are_asked_longest_prefix_first_and_what_fits_none_goes_nowhere() -> None:
    found = routes(
        way("internet"), way("nowhere", "192.0.2.0/24", "nat-gone"), way("internet", "::/0")
    )
    assert found == [
        f'ip daddr 192.0.2.0/24 drop comment "{RTB1} 192.0.2.0/24 nat-gone"',
        f'meta nfproto ipv4 return comment "{RTB1} 0.0.0.0/0 {IGW}"',
        f'meta nfproto ipv6 return comment "{RTB1} ::/0 {IGW}"',
        f'drop comment "{RTB1} no route"',
    ]


def test_every_subnet_asks_its_own_table_and_tables_are_there_once() -> None:
    found = chains(
        subnet_with(DUAL, [way("internet")], [entry(1), entry(2, cidr="::/0")]),
        subnet_with(PRIVATE, table=2),
    )
    assert found["routes"] == [
        f"ip saddr {{ {PUBLIC.cidr_block} }} goto {RTB1}",
        f"ip saddr {{ {PRIVATE.cidr_block} }} goto {RTB2}",
        f"ip6 saddr {{ {V6} }} goto {RTB1}",
        'drop comment "no route table"',
    ]


def test_a_nat_gateway_sends_on_what_it_carries_by_the_ways_of_its_own_subnet() -> None:
    found = chains(
        subnet_with(PUBLIC, [way("internet"), way("nowhere", "192.0.2.0/24", "igw-gone")]),
        subnet_with(PRIVATE, [nat_way(7, "198.18.0.9", PUBLIC)], table=2),
    )
    assert found[RTB2][0] == f'meta nfproto ipv4 goto {NAT} comment "{RTB2} 0.0.0.0/0 {NAT}"'
    assert found[NAT] == [
        f'meta l4proto != {{ icmp, tcp, udp }} drop comment "{NAT}"',
        f'ct direction reply drop comment "{NAT}"',
        f'ct status confirmed ct reply ip daddr != 198.18.0.9 drop comment "{NAT}"',
        "ct mark set ct mark | 4",
        f"meta mark set 0xc6120009 goto {RTB1}-onward",
    ]
    other_way = 'oifname "host0" meta mark 0 ct mark & 4 == 4 drop'
    assert f'{other_way} comment "began by a NAT gateway"' in found["crossing"]
    assert found[f"{RTB1}-onward"] == [
        f'ip daddr 192.0.2.0/24 drop comment "{RTB1} 192.0.2.0/24 igw-gone"',
        f'meta nfproto ipv4 return comment "{RTB1} 0.0.0.0/0 {IGW}"',
        f'drop comment "{RTB1} no route"',
    ]
    assert found["leaving"] == [
        'oifname "host0" meta mark 0xc6120009 meta l4proto { tcp, udp } '
        f'snat ip to 198.18.0.9:1024-65535 comment "{NAT}"',
        f'oifname "host0" meta mark 0xc6120009 snat ip to 198.18.0.9 comment "{NAT}"',
    ]
    assert "arriving" not in found


def test_packets_by_a_nat_gateway_ask_the_list_of_its_subnet_there_and_back() -> None:
    found = chains(
        subnet_with(PUBLIC, [way("internet")], [DENY, replace(DENY, is_egress=True)]),
        subnet_with(PRIVATE, [nat_way(7, "198.18.0.9", PUBLIC)], table=2, list_=2),
    )
    assert found[NAT][3:5] == [f"jump {ACL1}-in", f"jump {ACL1}-out"]
    assert found["arriving"] == [f'iifname "host0" ip daddr {{ 198.18.0.9 }} jump {ACL1}-in']
    assert (
        'iifname "host0" ct direction reply ct reply ip daddr '
        f"{{ 198.18.0.9 }} jump {ACL1}-out" in found["crossing"]
    )


def test_a_nat_gateway_behind_a_nat_gateway_and_one_for_ipv6_lead_nowhere() -> None:
    found = chains(
        subnet_with(PUBLIC, [nat_way(7, "198.18.0.9", PUBLIC)]),
        subnet_with(PRIVATE, [nat_way(7, "198.18.0.9", PUBLIC, "64:ff9b::/96")], table=2),
    )
    assert found[f"{RTB1}-onward"][0].startswith("meta nfproto ipv4 drop")
    assert found[RTB2][0].startswith("ip6 daddr 64:ff9b::/96 drop")


def test_an_egress_only_gateway_carries_what_was_opened_inside() -> None:
    egress_only = [way("egress_only", "::/0", "eigw-1"), way("internet", "2001:db8::/32")]
    found = chains(subnet_with(DUAL, egress_only))
    assert found[RTB1] == [
        f'ip6 daddr 2001:db8::/32 return comment "{RTB1} 2001:db8::/32 {IGW}"',
        f'meta nfproto ipv6 ct direction original return comment "{RTB1} ::/0 eigw-1"',
        f'meta nfproto ipv6 drop comment "{RTB1} ::/0 eigw-1"',
        f'drop comment "{RTB1} no route"',
    ]
    assert found[f"{RTB1}-back"] == [
        f'ip6 saddr 2001:db8::/32 return comment "{RTB1} 2001:db8::/32 {IGW}"',
        f'meta nfproto ipv6 ct direction original drop comment "{RTB1} ::/0 eigw-1"',
        f'meta nfproto ipv6 return comment "{RTB1} ::/0 eigw-1"',
    ]
    assert f'iifname "host0" ip6 daddr {{ {V6} }} jump {RTB1}-back' in found["crossing"]
    assert routes(way("egress_only"))[0].startswith("meta nfproto ipv4 drop")


WITHIN = 'iifname != "host0" oifname != "host0"'


def test_the_host_is_exempt_where_it_speaks_to_the_vpc() -> None:
    bounced = 'iifname "host0" oifname "host0" drop comment "nobody has the address"'
    crossing = chains(subnet_with(PUBLIC))["crossing"]
    assert crossing[:4] == [
        f"{WITHIN} return",
        f'iifname "host0" ip saddr {HOST} return comment "the host"',
        f'oifname "host0" ip daddr {HOST} return comment "the host"',
        bounced,
    ]
    assert chains(subnet_with(PUBLIC), is_routed_from_host=False)["crossing"][1] == bounced


def test_nothing_is_asked_within_a_vpc_where_no_list_is() -> None:
    found = chains(subnet_with(PUBLIC))
    assert found["ordinary"] == [f"{WITHIN} ct state established ct mark 0 accept"]
    assert found["crossing"][0] == f"{WITHIN} return"
    for out in (True, False):
        denying = subnet_with(PUBLIC, acl=(entry(100, is_egress=out, allows=False),))
        asked = chains(denying)
        assert asked["ordinary"] == []
        assert f"{WITHIN} return" not in asked["crossing"]
