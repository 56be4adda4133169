"""Unit tests of the names of load balancers."""

from dataclasses import replace

from tests.support.balancing import balancer, forward, group, listener, plan_of

from hostless.controllers.names.balancers import balancer_zones
from hostless.domain.arns import VpcId

NODE = plan_of(balancer(), [listener(forward(group()))]).node
VPCS = (VpcId("vpc-1"), VpcId("vpc-2"))


def test_a_balancer_has_its_name_in_every_vpc_once_it_has_addresses() -> None:
    assert list(balancer_zones(balancer(), (), VPCS)) == []
    named = replace(balancer(), nodes=(NODE,), dns_name="Web-1.us-east-1.elb.amazonaws.com")
    zones = list(balancer_zones(named, (), VPCS))
    assert [zone.vpc_id for zone in zones] == list(VPCS)
    assert {zone.name for zone in zones} == {"web-1.us-east-1.elb.amazonaws.com"}
    (records,) = zones[0].names["web-1.us-east-1.elb.amazonaws.com"]
    assert (records.type, records.values) == ("A", (NODE.address,))


def test_one_that_faces_the_internet_resolves_to_its_public_addresses() -> None:
    facing = replace(balancer(), nodes=(replace(NODE, public_address="198.18.0.9"),))
    (zone, _) = balancer_zones(facing, (), VPCS)
    assert zone.names[zone.name][0].values == ("198.18.0.9",)


def test_the_names_of_ways_in_are_names_of_the_balancer() -> None:
    facing = replace(balancer(), nodes=(replace(NODE, public_address="198.18.0.9"),))
    zones = list(balancer_zones(facing, ("sh-1.ecs.us-east-1.on.aws",), VPCS))
    named = [zone for zone in zones if zone.name == "sh-1.ecs.us-east-1.on.aws"]
    assert [zone.vpc_id for zone in named] == list(VPCS)
    assert {zone.names[zone.name][0].values for zone in named} == {("198.18.0.9",)}
