"""Network ACLs through a real EC2 client: entries, subnets, filters."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.acls import ids, is_dry, put_ipv6_vpc, shown
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread

EVERYWHERE = {"CidrBlock": "0.0.0.0/0"}


@pytest.fixture
def vpc(world: World) -> str:
    return world.network.vpc.id


def last(*, is_egress: bool) -> dict[str, Any]:
    return {
        "RuleNumber": 32767,
        "Egress": is_egress,
        "RuleAction": "deny",
        "Protocol": "-1",
        **EVERYWHERE,
    }


def test_the_default_acl_lets_everything_pass_in_all_subnets(
    ec2: Any, world: World, vpc: str
) -> None:
    found = ec2.describe_network_acls()["NetworkAcls"]
    assert len(found) == 1
    assert found[0]["IsDefault"] is True
    assert found[0]["VpcId"] == vpc
    assert found[0]["OwnerId"] == world.realm.account_id
    numbers = [(e["RuleNumber"], e["Egress"], e["RuleAction"]) for e in found[0]["Entries"]]
    assert numbers == [
        (100, True, "allow"),
        (32767, True, "deny"),
        (100, False, "allow"),
        (32767, False, "deny"),
    ]
    associated = {each["SubnetId"] for each in found[0]["Associations"]}
    assert associated == {subnet.id for subnet in world.network.subnets}


def test_a_new_acl_denies_everything(ec2: Any, vpc: str) -> None:
    tags = [{"ResourceType": "network-acl", "Tags": [{"Key": "Name", "Value": "edge"}]}]
    made = ec2.create_network_acl(VpcId=vpc, TagSpecifications=tags)["NetworkAcl"]
    assert made["Entries"] == [last(is_egress=True), last(is_egress=False)]
    assert made["Associations"] == []
    assert made["IsDefault"] is False
    assert made["Tags"] == [{"Key": "Name", "Value": "edge"}]
    assert shown(ec2, made["NetworkAclId"]) == made


def test_a_new_acl_denies_ipv6_where_there_is_some(
    ec2: Any, world: World, portal: LoopThread
) -> None:
    made = ec2.create_network_acl(VpcId=portal.run(put_ipv6_vpc(world)))["NetworkAcl"]
    ranges = [e.get("CidrBlock") or e["Ipv6CidrBlock"] for e in made["Entries"]]
    assert ranges == ["0.0.0.0/0", "::/0"] * 2
    assert [e["RuleNumber"] for e in made["Entries"]] == [32767, 32768] * 2


def test_a_repeated_call_with_its_token_makes_one_acl(ec2: Any, vpc: str) -> None:
    first = ec2.create_network_acl(VpcId=vpc, ClientToken="once")
    again = ec2.create_network_acl(VpcId=vpc, ClientToken="once")
    assert again["NetworkAcl"] == first["NetworkAcl"]
    assert again["ClientToken"] == "once"
    tags = [{"ResourceType": "network-acl", "Tags": [{"Key": "a", "Value": "b"}]}]
    assert refusal(
        ec2.create_network_acl, VpcId=vpc, ClientToken="once", TagSpecifications=tags
    ) == (
        "IdempotentParameterMismatch",
        "Arguments on this idempotent request are inconsistent with arguments used in previous "
        "request(s).",
    )


def test_an_entry_is_shown_as_it_was_given(
    ec2: Any, acl: str, entry: Callable[..., dict[str, Any]]
) -> None:
    ec2.create_network_acl_entry(**entry())
    echo = {"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": -1}, "PortRange": None}
    ec2.create_network_acl_entry(**entry(Egress=True, RuleAction="deny", **echo))
    v6 = {"CidrBlock": None, "Ipv6CidrBlock": "fd00::1/8"}
    ec2.create_network_acl_entry(**entry(RuleNumber=32766, **v6))
    assert shown(ec2, acl)["Entries"] == [
        {
            "RuleNumber": 100,
            "Egress": True,
            "RuleAction": "deny",
            "Protocol": "1",
            "CidrBlock": "10.0.0.0/8",
            "IcmpTypeCode": {"Type": 8, "Code": -1},
        },
        last(is_egress=True),
        {
            "RuleNumber": 100,
            "Egress": False,
            "RuleAction": "allow",
            "Protocol": "6",
            "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 80, "To": 81},
        },
        {
            "RuleNumber": 32766,
            "Egress": False,
            "RuleAction": "allow",
            "Protocol": "6",
            "Ipv6CidrBlock": "fd00::/8",
            "PortRange": {"From": 80, "To": 81},
        },
        last(is_egress=False),
    ]


def test_ports_of_protocols_without_any_are_left_out(
    ec2: Any, acl: str, entry: Callable[..., dict[str, Any]]
) -> None:
    for number, protocol in enumerate(("-1", "50", "58"), start=1):
        icmp = {"Type": 1, "Code": 1}
        ec2.create_network_acl_entry(
            **entry(RuleNumber=number, Protocol=protocol, IcmpTypeCode=icmp)
        )
    made = [e for e in shown(ec2, acl)["Entries"] if e["RuleNumber"] < 4]
    assert len(made) == 3
    assert not any("PortRange" in e or "IcmpTypeCode" in e for e in made)


def test_an_entry_is_replaced_and_deleted(
    ec2: Any, acl: str, entry: Callable[..., dict[str, Any]]
) -> None:
    ec2.create_network_acl_entry(**entry())
    ec2.create_network_acl_entry(**entry(Egress=True))
    ec2.replace_network_acl_entry(**entry(Protocol="17", RuleAction="deny"))
    assert [e["Protocol"] for e in shown(ec2, acl)["Entries"]] == ["6", "-1", "17", "-1"]
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=True)
    assert [e["Protocol"] for e in shown(ec2, acl)["Entries"]] == ["-1", "17", "-1"]


def test_a_subnet_gets_another_acl_and_a_new_association(
    ec2: Any, world: World, acl: str, entry: Callable[..., dict[str, Any]]
) -> None:
    default, subnet = world.network.parts.acl.id, world.network.subnets[0].id
    before = next(a for a in shown(ec2, default)["Associations"] if a["SubnetId"] == subnet)
    moved = {"AssociationId": before["NetworkAclAssociationId"], "NetworkAclId": acl}
    after = ec2.replace_network_acl_association(**moved)["NewAssociationId"]
    assert shown(ec2, acl)["Associations"] == [
        {"NetworkAclAssociationId": after, "NetworkAclId": acl, "SubnetId": subnet}
    ]
    assert len(shown(ec2, default)["Associations"]) == 2
    gone = before["NetworkAclAssociationId"]
    assert refusal(ec2.replace_network_acl_association, **moved) == (
        "InvalidAssociationID.NotFound",
        f"The association ID '{gone}' does not exist",
    )
    assert refusal(ec2.delete_network_acl, NetworkAclId=acl) == (
        "DependencyViolation",
        f"The networkAcl '{acl}' has dependencies and cannot be deleted.",
    )
    ec2.replace_network_acl_association(AssociationId=after, NetworkAclId=default)
    ec2.delete_network_acl(NetworkAclId=acl)
    assert ids(ec2, "network-acl-id", acl) == []


def test_acls_are_found_by_every_filter(
    ec2: Any, world: World, acl: str, vpc: str, entry: Callable[..., dict[str, Any]]
) -> None:
    ec2.create_network_acl_entry(**entry())
    icmp = {"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": 0}, "PortRange": None}
    ec2.create_network_acl_entry(**entry(RuleNumber=7, **icmp))
    v6 = {"CidrBlock": None, "Ipv6CidrBlock": "fd00::/8"}
    ec2.create_network_acl_entry(**entry(RuleNumber=8, **v6))
    ec2.create_tags(Resources=[acl], Tags=[{"Key": "a", "Value": "b"}])
    for name, value in (
        ("default", "false"),
        ("entry.cidr", "10.0.0.0/8"),
        ("entry.icmp.code", "0"),
        ("entry.icmp.type", "8"),
        ("entry.ipv6-cidr", "fd00::/8"),
        ("entry.port-range.from", "80"),
        ("entry.port-range.to", "81"),
        ("entry.protocol", "tcp"),
        ("entry.protocol", "1"),
        ("entry.rule-number", "7"),
        ("network-acl-id", acl),
        ("tag:a", "b"),
        ("tag-key", "a"),
    ):
        assert ids(ec2, name, value) == [acl], name
    default, association = world.network.parts.acl.id, world.network.acl_associations[0]
    for name, value in (
        ("association.association-id", association.id),
        ("association.network-acl-id", default),
        ("association.subnet-id", association.subnet_id),
        ("default", "true"),
    ):
        assert ids(ec2, name, value) == [default], name
    for name, value in (
        ("entry.egress", "true"),
        ("entry.rule-action", "deny"),
        ("owner-id", world.realm.account_id),
        ("vpc-id", vpc),
    ):
        assert set(ids(ec2, name, value)) == {acl, default}, name
    assert refusal(ec2.describe_network_acls, Filters=[{"Name": "colour", "Values": ["red"]}]) == (
        "InvalidParameterValue",
        "The filter 'colour' is invalid",
    )


def test_what_is_asked_dry_changes_nothing(
    ec2: Any, world: World, acl: str, vpc: str, entry: Callable[..., dict[str, Any]]
) -> None:
    ec2.create_network_acl_entry(**entry())
    before = ec2.describe_network_acls()["NetworkAcls"]
    named = {"NetworkAclId": acl, "RuleNumber": 100, "Egress": False}
    association = world.network.acl_associations[0].id
    assert is_dry(ec2.create_network_acl, VpcId=vpc)
    assert is_dry(ec2.delete_network_acl, NetworkAclId=acl)
    assert is_dry(ec2.describe_network_acls)
    assert is_dry(ec2.create_network_acl_entry, **entry(RuleNumber=7))
    assert is_dry(ec2.replace_network_acl_entry, **entry(Protocol="-1"))
    assert is_dry(ec2.delete_network_acl_entry, **named)
    assert is_dry(ec2.replace_network_acl_association, AssociationId=association, NetworkAclId=acl)
    assert ec2.describe_network_acls()["NetworkAcls"] == before
