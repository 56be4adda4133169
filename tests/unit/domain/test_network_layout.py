"""Unit tests of what the records of the network come to."""

import random
from dataclasses import replace

from hostless.domain.arns import (
    AllocationId,
    InternetGatewayId,
    NatGatewayId,
    NetworkInterfaceId,
    Realm,
)
from hostless.domain.default_vpc import default_vpc
from hostless.domain.gateways import AddressPool, NatGateway, NatGatewayState
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


def test_a_nat_gateway_whose_own_subnet_leads_nowhere_leads_nowhere() -> None:
    route = Route(destination="0.0.0.0/0", target=NAT.id)
    assert ways_of(private_subnet(route, internet_gateways=())) == [("0.0.0.0/0", "nowhere", None)]
    in_private = replace(NAT, subnet_id=PRIVATE.id)
    found = private_subnet(route, nat_gateways=(in_private,))
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
