"""Whether a VPC's range is free on the host."""

import pytest

from hostless.network.local.messages import RTN_UNICAST, RTN_UNREACHABLE, Route
from hostless.network.local.ranges import (
    PublicRangeTaken,
    VpcRangeTaken,
    default_interfaces_of,
    find_overlap,
    find_pool_overlap,
)


def route(
    target: str, interface: int | None = 2, metric: int = 0, kind: int = RTN_UNICAST
) -> Route:
    return Route(target=target, interface=interface, metric=metric, kind=kind, table=254)


@pytest.mark.parametrize(
    "target", ["172.31.0.0/16", "172.31.16.0/20", "172.16.0.0/12", "172.31.9.9/32"]
)
def test_any_shared_address_is_an_overlap(target: str) -> None:
    taken = route(target)
    assert find_overlap("172.31.0.0/16", [route("10.0.0.0/8"), taken], None) == taken


def test_default_routes_and_the_vpcs_own_are_none() -> None:
    routes = [route("0.0.0.0/0"), route("172.31.0.0/16", 7), route("172.30.0.0/16")]
    assert find_overlap("172.31.0.0/16", routes, 7) is None
    assert find_overlap("172.31.0.0/16", routes, None) is not None


def test_a_blocked_range_is_taken_too() -> None:
    blocked = route("172.31.0.0/16", None, kind=RTN_UNREACHABLE)
    assert find_overlap("172.31.0.0/16", [blocked], 7) == blocked


def test_the_refusal_names_both_ranges_the_link_and_the_way_out() -> None:
    reason = VpcRangeTaken("172.31.0.0/16", route("172.16.0.0/12"), "tun0").reason
    for word in ("172.31.0.0/16", "172.16.0.0/12", "tun0", "--vpc-cidr"):
        assert word in reason


def test_the_engines_own_mark_and_ways_do_not_take_its_pool_but_anything_else_does() -> None:
    pool, metric, link = "198.18.8.0/21", 7, 5
    mark = route(pool, None, metric, RTN_UNREACHABLE)
    own = [mark, route("198.18.8.9/32", link), route("0.0.0.0/0")]
    assert find_pool_overlap(pool, own, metric, {link}) is None
    others = [
        route(pool, None, metric + 1, RTN_UNREACHABLE),
        route("198.18.8.9/32", link + 1),
        route("198.18.0.0/16", link),
    ]
    for other in others:
        assert find_pool_overlap(pool, [*own, other], metric, {link}) == other


def test_the_refusal_of_a_pool_names_the_way_out() -> None:
    reason = PublicRangeTaken("198.18.8.0/21", route("198.18.0.0/15"), "tun0").reason
    for word in ("198.18.8.0/21", "198.18.0.0/15", "tun0", "--public-cidr"):
        assert word in reason


def test_the_ways_to_the_world_come_in_order_of_preference_each_once() -> None:
    routes = [
        route("0.0.0.0/0", 5, metric=600),
        route("10.0.0.0/8", 9),
        route("0.0.0.0/0", 4, metric=100),
        route("0.0.0.0/0", 5, metric=700),
        route("0.0.0.0/0", None, kind=RTN_UNREACHABLE),
    ]
    assert default_interfaces_of(routes) == (4, 5)
    assert default_interfaces_of([]) == ()
