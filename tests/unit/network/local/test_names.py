"""Names and addresses of what the local fabric makes."""

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st
from tests.support.layouts import layout_with

from hostless.domain.arns import NetworkInterfaceId, SubnetId, VpcId
from hostless.domain.network import Subnet, Vpc
from hostless.domain.network_layout import Way
from hostless.network.local.names import (
    OWN_METRICS,
    VpcPlan,
    host_link_of,
    namespace_name_of,
    pool_metric_of,
    resources_named,
    router_link_of,
    vpc_plan_of,
)

LONGEST_LINK_NAME = 15
hexadecimal = st.text("0123456789abcdef", min_size=17, max_size=17)
VPC = Vpc(id=VpcId("vpc-0123456789abcdef0"), cidr_block="172.31.0.0/16")
OUT = Way(destination="0.0.0.0/0", through="nat", target="nat-1", nat_address="198.18.8.9")


def plan_of(*subnets: int, ways: tuple[Way, ...] = ()) -> VpcPlan:
    """Of the VPC with subnets of these numbers."""
    layout = layout_with((VPC,), map(subnet, subnets), ways=ways).vpcs[0]
    return vpc_plan_of("cafe0001", layout, "198.18.8.0/21")


def subnet(number: int) -> Subnet:
    return Subnet(
        id=SubnetId(f"subnet-{number}"),
        vpc_id=VPC.id,
        cidr_block=f"172.31.{16 * number}.0/20",
        zone="us-east-1a",
    )


@given(hexadecimal, hexadecimal)
def test_link_names_fit_linux_and_tell_ids_apart(one: str, other: str) -> None:
    names = {host_link_of("cafe0001", f"vpc-{number}") for number in (one, other)}
    assert len(names) == len({one, other})
    links = {router_link_of(NetworkInterfaceId(f"eni-{number}")) for number in (one, other)}
    assert len(links) == len({one[-12:], other[-12:]})
    assert all(len(name) <= LONGEST_LINK_NAME for name in names | links)


def test_engines_do_not_share_a_link_name() -> None:
    assert host_link_of("cafe0001", VPC.id) != host_link_of("cafe0002", VPC.id)


@given(hexadecimal, hexadecimal)
def test_resources_are_found_again_by_the_names_of_their_namespaces(one: str, other: str) -> None:
    mine = [namespace_name_of("cafe0001", f"eni-{one}"), namespace_name_of("cafe0001", VPC.id)]
    others = [namespace_name_of("cafe0002", f"eni-{other}"), "cni-1234", "hostless-cafe0001"]
    assert resources_named("cafe0001", mine + others, "eni") == (f"eni-{one}",)
    assert resources_named("cafe0001", mine + others, "vpc") == (VPC.id,)


def test_the_plan_of_a_vpc_uses_only_addresses_that_aws_keeps_for_itself() -> None:
    plan = plan_of(0, 1)
    assert plan.router_address == "172.31.0.1"
    assert plan.resolver_address == "172.31.0.2"
    assert plan.host_address == "172.31.0.3"
    assert plan.gateways == ("172.31.0.1", "172.31.16.1")
    first_four = {str(IPv4Network("172.31.0.0/20")[number]) for number in range(4)}
    assert {plan.router_address, plan.resolver_address, plan.host_address} <= first_four


def test_hardware_addresses_are_local_stable_and_different() -> None:
    plan, again = (plan_of() for _ in range(2))
    assert plan == again
    assert plan.host_mac != plan.router_mac
    assert plan.host_mac.startswith("02:")
    assert len(plan.host_mac) == 17


def test_the_plan_names_the_public_addresses_of_gateways_and_the_hosts() -> None:
    plan = plan_of(0, 1, ways=(OUT,))
    assert plan.nat_addresses == ("198.18.8.9",)
    assert (plan.public_cidr, plan.public_host_address) == ("198.18.8.0/21", "198.18.8.1")
    assert plan_of(0).nat_addresses == ()


@given(hexadecimal, hexadecimal)
def test_every_engine_marks_its_pool_with_a_metric_of_its_own(one: str, other: str) -> None:
    metrics = {pool_metric_of(id_[:8]) for id_ in (one, other)}
    assert len(metrics) == len({one[:8], other[:8]})
    assert all(OWN_METRICS <= metric < 2**32 for metric in metrics)
