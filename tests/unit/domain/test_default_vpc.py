"""The default VPC's records."""

import ipaddress
import random

import pytest

from hostless.domain.arns import Realm
from hostless.domain.default_vpc import BadRange, default_vpc
from hostless.domain.zones import zone_id
from hostless.kit.ids import Ids


def make(cidr: str, region: str = "us-east-1"):  # type: ignore[no-untyped-def]
    return default_vpc(Realm(region=region), cidr, Ids(random.Random(1)))


@pytest.mark.parametrize("cidr", ["172.31.0.0/16", "10.0.0.0/8", "10.9.8.0/24"])
def test_three_equal_subnets_lie_apart_in_the_range_and_in_three_zones(cidr: str) -> None:
    made = make(cidr)
    blocks = [ipaddress.IPv4Network(subnet.cidr_block) for subnet in made.subnets]
    assert all(block.subnet_of(ipaddress.IPv4Network(cidr)) for block in blocks)
    assert len({block.prefixlen for block in blocks}) == 1
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)
    assert [subnet.zone for subnet in made.subnets] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert {subnet.vpc_id for subnet in made.subnets} == {made.vpc.id}
    assert made.parts.security_group.vpc_id == made.vpc.id


@pytest.mark.parametrize("cidr", ["x", "10.0.0.1/16", "10.0.0.0/25", "0.0.0.0/0", "fd00::/16"])
def test_a_range_that_holds_no_vpc_is_refused(cidr: str) -> None:
    with pytest.raises(BadRange):
        make(cidr)


@pytest.mark.parametrize(
    ("region", "id_"),
    [
        ("us-east-1", "use1-az1"),
        ("eu-central-1", "euc1-az1"),
        ("ap-northeast-1", "apne1-az1"),
        ("us-gov-west-1", "usgw1-az1"),
    ],
)
def test_zone_ids_are_made_of_the_regions_letters(region: str, id_: str) -> None:
    assert zone_id(f"{region}a", Realm(region=region)) == id_
