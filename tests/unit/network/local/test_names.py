"""Names and addresses of what the local fabric makes."""

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from hostless.domain.arns import NetworkInterfaceId, SubnetId, VpcId
from hostless.domain.network import Subnet, Vpc
from hostless.network.local.names import (
    host_link_of,
    namespace_name_of,
    resources_named,
    router_link_of,
    vpc_plan_of,
)

LONGEST_LINK_NAME = 15
hexadecimal = st.text("0123456789abcdef", min_size=17, max_size=17)
VPC = Vpc(id=VpcId("vpc-0123456789abcdef0"), cidr_block="172.31.0.0/16")


def subnet(number: int, vpc_id: str = VPC.id) -> Subnet:
    return Subnet(
        id=SubnetId(f"subnet-{number}"),
        vpc_id=VpcId(vpc_id),
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
    plan = vpc_plan_of("cafe0001", VPC, [subnet(0), subnet(1), subnet(2, "vpc-other")])
    assert plan.router_address == "172.31.0.1"
    assert plan.resolver_address == "172.31.0.2"
    assert plan.host_address == "172.31.0.3"
    assert plan.gateways == ("172.31.0.1", "172.31.16.1")
    first_four = {str(IPv4Network("172.31.0.0/20")[number]) for number in range(4)}
    assert {plan.router_address, plan.resolver_address, plan.host_address} <= first_four


def test_hardware_addresses_are_local_stable_and_different() -> None:
    plan, again = (vpc_plan_of("cafe0001", VPC, []) for _ in range(2))
    assert plan == again
    assert plan.host_mac != plan.router_mac
    assert plan.host_mac.startswith("02:")
    assert len(plan.host_mac) == 17
