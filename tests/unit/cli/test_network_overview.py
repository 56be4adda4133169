"""The network as a person reads it."""

from typing import Any

import pytest

from hostless.cli.network_overview import show_overview


def network(**more: Any) -> dict[str, Any]:
    interface = {
        "networkInterfaceId": "eni-1",
        "kind": "task",
        "owner": "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef",
        "privateIpAddress": "10.0.0.9",
        "ipv6Address": "2001:db8::9",
        "publicIpAddress": "198.18.0.9",
        "subnetId": "subnet-1",
        "securityGroups": ["sg-1"],
    }
    balancer = {
        **interface,
        "networkInterfaceId": "eni-2",
        "kind": "load_balancer",
        "owner": "arn:aws:elasticloadbalancing:x:y:loadbalancer/app/front/0123",
        "securityGroups": [],
    }
    subnet = {
        "subnetId": "subnet-1",
        "cidrBlock": "10.0.0.0/24",
        "availabilityZone": "us-east-1a",
        "kind": "public",
        "freeAddresses": 250,
        "routeTableId": "rtb-1",
        "networkAclId": "acl-1",
        "routes": [{"destination": "0.0.0.0/0", "target": "igw-1", "through": "internet"}],
    }
    vpc = {
        "vpcId": "vpc-1",
        "cidrBlock": "10.0.0.0/16",
        "ipv6CidrBlock": "2001:db8::/56",
        "isDefault": True,
        "isRoutedFromHost": True,
        "subnets": [subnet],
        "interfaces": [interface, balancer],
    }
    groups = [("sg-1", "web", 1), ("sg-2", "empty", 0)]
    return {
        "publicCidrBlock": "198.18.0.0/21",
        "hostAddress": "198.18.0.1",
        "vpcs": [vpc],
        "natGateways": [],
        "securityGroups": [
            {"groupId": id_, "groupName": name, "vpcId": "vpc-1", "members": members}
            for id_, name, members in groups
        ],
        "talks": [
            {
                "vpcId": "vpc-1",
                "from": source,
                "to": target,
                "traffic": ["tcp 80", "udp"],
                "isPartial": target == "sg-1",
            }
            for source, target in (("internet", "sg-1"), ("sg-1", "sg-2"))
        ],
        **more,
    }


def lines(capsys: pytest.CaptureFixture[str], *, with_empty: bool = False) -> list[list[str]]:
    show_overview(network(), with_empty=with_empty)
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_a_vpc_is_shown_with_all_that_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines(capsys)
    assert ["vpc-1", "10.0.0.0/16", "2001:db8::/56,", "the", "default", "VPC"] in shown
    assert ["reached", "from", "the", "host:", "every", "address"] in shown
    assert [*("subnet-1", "10.0.0.0/24", "us-east-1a", "public", "250"), *TABLE] in shown
    assert ["eni-1", "task", "01234567", *ADDRESSES, "web"] in shown
    assert ["eni-2", "load", "balancer", "front", *ADDRESSES, "-"] in shown
    assert not any(line[:2] == ["NAT", "GATEWAY"] for line in shown)


TABLE = ["rtb-1,", "0.0.0.0/0", "igw-1", "acl-1"]
ADDRESSES = ["10.0.0.9", "2001:db8::9", "198.18.0.9", "subnet-1"]


def test_who_may_talk_to_whom_is_said_by_names(capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines(capsys)
    assert ["internet", "web", "tcp", "80,", "udp", "(some", "of", "them)"] in shown
    empty = ["web", "empty", "tcp", "80,", "udp"]
    assert empty not in shown
    assert empty in lines(capsys, with_empty=True)
