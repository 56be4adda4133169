"""Unit tests of what the records of the network come to."""

import random
from dataclasses import replace

from hostless.domain.arns import (
    AllocationId,
    EgressOnlyGatewayId,
    InternetGatewayId,
    NatGatewayId,
    NetworkInterfaceId,
    Realm,
    SubnetId,
)
from hostless.domain.default_vpc import default_vpc
from hostless.domain.gateways import AddressPool, EgressOnlyGateway, NatGateway, NatGatewayState
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import NetworkRecords, SubnetLayout, layout_of
from hostless.domain.new_vpc import new_route_table
from hostless.domain.prefix_lists import PrefixList, PrefixListEntry
from hostless.domain.routing import Route, RouteTableAssociation
from hostless.kit.ids import Ids

IDS = Ids(random.Random(3))
MADE = default_vpc(Realm(), "10.0.0.0/16", IDS)
PUBLIC, PRIVATE, _ = MADE.subnets
OWN_TABLE = new_route_table(MADE.vpc, IDS)
NAT = NatGateway(
    id=NatGatewayId("nat-00000000000000001"),
    vpc_id=MADE.vpc.id,
    subnet_id=PUBLIC.id,
    state="available",
    is_public=True,
    allocation_id=AllocationId("eipalloc-00000000000000001"),
    association_id="eipassoc-00000000000000001",
    interface_id=NetworkInterfaceId("eni-00000000000000001"),
    address="10.0.0.20",
    public_address="198.18.0.9",
    created_at=0.0,
)


def private_subnet(*routes: Route, **changes: object) -> SubnetLayout:
    """How the subnet is laid out whose own table has these routes."""
    table = replace(OWN_TABLE, routes=(*OWN_TABLE.routes, *routes))
    records = NetworkRecords(
        pool=AddressPool(cidr_block="198.18.0.0/21"),
        vpcs=(MADE.vpc,),
        subnets=MADE.subnets,
        route_tables=(MADE.parts.route_table, table),
        route_table_associations=(
            MADE.parts.main_association,
            RouteTableAssociation(
                id="rtbassoc-1",
                vpc_id=MADE.vpc.id,
                route_table_id=table.id,
                subnet_id=PRIVATE.id,
            ),
        ),
        internet_gateways=(MADE.gateway,),
        nat_gateways=(NAT,),
        acls=(MADE.parts.acl,),
        acl_associations=MADE.acl_associations,
    )
    (vpc,) = layout_of(replace(records, **changes)).vpcs  # type: ignore[arg-type]
    return next(each for each in vpc.subnets if each.subnet.id == PRIVATE.id)


def ways_of(layout: SubnetLayout) -> list[tuple[str, str, str | None]]:
    return [(way.destination, way.through, way.nat_address) for way in layout.ways]


def test_a_subnet_without_routes_of_its_own_leads_nowhere() -> None:
    found = private_subnet()
    assert found.ways == ()
    assert found.route_table_id == OWN_TABLE.id


def test_a_nat_gateway_sends_under_its_public_address() -> None:
    route = Route(destination="0.0.0.0/0", target=NAT.id)
    assert ways_of(private_subnet(route)) == [("0.0.0.0/0", "nat", "198.18.0.9")]


def test_a_nat_gateway_hands_over_in_its_own_subnet_whose_ways_decide_where_packets_get() -> None:
    (way,) = private_subnet(Route(destination="0.0.0.0/0", target=NAT.id)).ways
    assert way.nat_subnet_id == NAT.subnet_id


def test_a_private_nat_gateway_and_one_outside_of_the_vpc_lead_nowhere() -> None:
    route = Route(destination="0.0.0.0/0", target=NAT.id)
    for other in (
        replace(NAT, is_public=False, public_address=None),
        replace(NAT, subnet_id=SubnetId("subnet-00000000000000bad")),
    ):
        found = private_subnet(route, nat_gateways=(other,))
        assert ways_of(found) == [("0.0.0.0/0", "nowhere", None)]


def test_a_nat_gateway_that_is_going_leads_nowhere() -> None:
    route = Route(destination="0.0.0.0/0", target=NAT.id)
    states: dict[NatGatewayState, str] = {"pending": "nat", "deleting": "nowhere"}
    for state, through in states.items():
        found = private_subnet(route, nat_gateways=(replace(NAT, state=state),))
        assert [way.through for way in found.ways] == [through]


def test_the_longest_prefix_comes_first_and_a_gateway_that_is_gone_is_a_dead_end() -> None:
    gone = InternetGatewayId("igw-0000000000000dead")
    found = private_subnet(
        Route(destination="0.0.0.0/0", target=MADE.gateway.id),
        Route(destination="192.0.2.0/24", target=gone),
    )
    assert ways_of(found) == [("192.0.2.0/24", "nowhere", None), ("0.0.0.0/0", "internet", None)]


def test_a_prefix_list_is_a_route_for_each_of_its_ranges() -> None:
    listed = PrefixList(
        id="pl-00000000000000001",  # type: ignore[arg-type]
        name="offices",
        family="IPv4",
        most_entries=5,
        versions=((), (PrefixListEntry(cidr_block="192.0.2.0/24"),)),
    )
    route = Route(destination=listed.id, target=MADE.gateway.id)
    assert ways_of(private_subnet(route, prefix_lists=(listed,))) == [
        ("192.0.2.0/24", "internet", None)
    ]
    assert private_subnet(route).ways == ()


def test_a_route_goes_before_an_equally_long_one_of_a_prefix_list() -> None:
    listed = PrefixList(
        id="pl-00000000000000001",  # type: ignore[arg-type]
        name="offices",
        family="IPv4",
        most_entries=5,
        versions=(
            (PrefixListEntry(cidr_block="192.0.2.0/24"), PrefixListEntry(cidr_block="10.9.0.0/16")),
        ),
    )
    found = private_subnet(
        Route(destination=listed.id, target=NAT.id),
        Route(destination="192.0.2.0/24", target=MADE.gateway.id),
        prefix_lists=(listed,),
    )
    assert [(way.destination, way.target) for way in found.ways] == [
        ("192.0.2.0/24", MADE.gateway.id),
        ("192.0.2.0/24", NAT.id),
        ("10.9.0.0/16", NAT.id),
    ]


def test_a_subnet_without_a_table_of_its_own_has_the_main_one() -> None:
    found = private_subnet(route_table_associations=(MADE.parts.main_association,))
    assert found.route_table_id == MADE.parts.route_table.id
    assert [way.through for way in found.ways] == ["internet"]


def test_a_gateway_of_another_vpc_is_a_dead_end() -> None:
    elsewhere = replace(MADE.gateway, vpc_id=None)
    route = Route(destination="0.0.0.0/0", target=MADE.gateway.id)
    found = private_subnet(route, internet_gateways=(elsewhere,))
    assert ways_of(found) == [("0.0.0.0/0", "nowhere", None)]


def test_an_egress_only_gateway_carries_ipv6() -> None:
    gateway = EgressOnlyGateway(id=EgressOnlyGatewayId("eigw-1"), vpc_id=MADE.vpc.id)
    route = Route(destination="::/0", target=gateway.id)
    assert ways_of(private_subnet(route, egress_only_gateways=(gateway,))) == [
        ("::/0", "egress_only", None)
    ]


def test_a_list_is_laid_out_in_the_order_of_its_numbers() -> None:
    entries = tuple(
        NetworkAclEntry(number=number, is_egress=False, allows=True, cidr_ipv4="10.0.0.0/8")
        for number in (300, 100, 200)
    )
    found = private_subnet(acls=(replace(MADE.parts.acl, entries=entries),))
    assert [entry.number for entry in found.acl] == [100, 200, 300]
    assert found.acl_id == MADE.parts.acl.id
