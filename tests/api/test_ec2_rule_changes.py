"""Rules of security groups revoked, changed and found, through a real EC2 client."""

from typing import Any

import pytest
from botocore.exceptions import WaiterError
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.ec2 import ANYWHERE, group_shown, port

from hostless.domain.arns import VpcId
from hostless.domain.network import Vpc
from hostless.store.kinds import VPCS

NOT_THERE = (
    "InvalidPermission.NotFound",
    "The specified rule does not exist in this security group.",
)


@pytest.fixture
def web(ec2: Any) -> str:
    """The id of a new group."""
    made = ec2.create_security_group(GroupName="web", Description="of the web")
    return str(made["GroupId"])


@pytest.fixture
def ssh(ec2: Any, web: str) -> str:
    """The id of a rule of it."""
    return allow(ec2, web, port(22, IpRanges=ANYWHERE))


def allow(ec2: Any, group: str, permission: dict[str, Any]) -> str:
    answer = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def rule(ec2: Any, rule_id: str) -> dict[str, Any]:
    answer = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])
    found: dict[str, Any] = answer["SecurityGroupRules"][0]
    return found


async def put_other_vpc(world: World) -> str:
    vpc = Vpc(id=VpcId("vpc-0000000000000beef"), cidr_block="10.0.0.0/16")
    transaction = world.store.transaction("test")
    transaction.put(VPCS, vpc)
    await transaction.commit()
    return vpc.id


def test_a_revoked_rule_is_answered_and_gone(ec2: Any, web: str, ssh: str) -> None:
    asked = [port(22, IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "whatever"}])]
    answer = ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=asked)
    assert answer["Return"] is True
    assert answer["UnknownIpPermissions"] == []
    assert answer["RevokedSecurityGroupRules"] == [
        {
            "SecurityGroupRuleId": ssh,
            "GroupId": web,
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "CidrIpv4": "0.0.0.0/0",
        }
    ]
    assert group_shown(ec2, web)["IpPermissions"] == []


def test_rules_are_revoked_by_id_all_or_none(ec2: Any, web: str, ssh: str) -> None:
    out = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [web]}])
    egress = next(r["SecurityGroupRuleId"] for r in out["SecurityGroupRules"] if r["IsEgress"])
    both = [ssh, egress]
    assert refusal(ec2.revoke_security_group_ingress, GroupId=web, SecurityGroupRuleIds=both) == (
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{egress}' does not exist",
    )
    assert rule(ec2, ssh)["FromPort"] == 22
    ec2.revoke_security_group_ingress(GroupId=web, SecurityGroupRuleIds=[ssh])
    ec2.revoke_security_group_egress(GroupId=web, SecurityGroupRuleIds=[egress])
    shown = group_shown(ec2, web)
    assert (shown["IpPermissions"], shown["IpPermissionsEgress"]) == ([], [])


def test_in_the_default_vpc_unknown_rules_are_listed(ec2: Any, web: str, ssh: str) -> None:
    asked = [port(22, IpRanges=ANYWHERE), port(23, IpRanges=ANYWHERE)]
    answer = ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=asked)
    assert [r["SecurityGroupRuleId"] for r in answer["RevokedSecurityGroupRules"]] == [ssh]
    assert [(p["FromPort"], p["IpRanges"]) for p in answer["UnknownIpPermissions"]] == [
        (23, ANYWHERE)
    ]


def test_in_another_vpc_an_unknown_rule_is_refused_with_all_others(
    ec2: Any, world: World, portal: LoopThread, web: str
) -> None:
    vpc = portal.run(put_other_vpc(world))
    made = ec2.create_security_group(GroupName="web", Description="there", VpcId=vpc)
    other = made["GroupId"]
    allow(ec2, other, port(22, IpRanges=ANYWHERE))
    asked = [port(22, IpRanges=ANYWHERE), port(23, IpRanges=ANYWHERE)]
    call = ec2.revoke_security_group_ingress
    assert refusal(call, GroupId=other, IpPermissions=asked) == NOT_THERE
    assert len(group_shown(ec2, other)["IpPermissions"]) == 1
    pair = [port(1, UserIdGroupPairs=[{"GroupId": other}])]
    call = ec2.authorize_security_group_ingress
    assert refusal(call, GroupId=web, IpPermissions=pair) == (
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    )


def test_the_old_flat_way_still_works(ec2: Any, web: str) -> None:
    flat = {"GroupName": "web", "IpProtocol": "tcp", "FromPort": 80, "ToPort": 81}
    ec2.authorize_security_group_ingress(**flat, CidrIp="10.0.0.0/8")
    ec2.authorize_security_group_ingress(GroupName="web", SourceSecurityGroupName="default")
    permissions = group_shown(ec2, web)["IpPermissions"]
    assert [(p["IpProtocol"], p["FromPort"], p["ToPort"]) for p in permissions] == [
        ("tcp", 80, 81),
        ("tcp", 0, 65535),
        ("udp", 0, 65535),
        ("icmp", -1, -1),
    ]
    ec2.revoke_security_group_ingress(**flat, CidrIp="10.0.0.0/8")
    assert len(group_shown(ec2, web)["IpPermissions"]) == 3
    missing = "The security group 'none' does not exist in default VPC "
    code, sentence = refusal(
        ec2.authorize_security_group_ingress, GroupName="web", SourceSecurityGroupName="none"
    )
    assert (code, sentence.startswith(missing)) == ("InvalidGroup.NotFound", True)
    both = {**flat, "SourceSecurityGroupName": "default"}
    code, _ = refusal(ec2.authorize_security_group_ingress, **both)
    assert code == "InvalidParameterCombination"


def test_sixty_rules_are_the_most_of_a_direction_and_address_family(ec2: Any, web: str) -> None:
    ranges = [{"CidrIp": f"10.0.{n}.0/24"} for n in range(60)]
    ranges6 = [{"CidrIpv6": f"fd00:{n}::/32"} for n in range(60)]
    many = port(80, IpRanges=ranges, Ipv6Ranges=ranges6)
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[many])
    for more in ({"IpRanges": ANYWHERE}, {"UserIdGroupPairs": [{"GroupId": web}]}):
        asked = [port(80, **more)]
        call = ec2.authorize_security_group_ingress
        assert refusal(call, GroupId=web, IpPermissions=asked) == (
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        )
    ec2.authorize_security_group_egress(GroupId=web, IpPermissions=[port(80, IpRanges=ANYWHERE)])


def modify(ec2: Any, group: str, rule_id: str, **request: Any) -> dict[str, Any]:
    update = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": request}
    found: dict[str, Any] = ec2.modify_security_group_rules(
        GroupId=group, SecurityGroupRules=[update]
    )
    return found


HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


def test_a_modified_rule_keeps_its_id_and_says_something_else(ec2: Any, web: str, ssh: str) -> None:
    answer = modify(ec2, web, ssh, **HTTPS, CidrIpv4="10.0.0.0/8", Description="ours")
    assert answer["Return"] is True
    changed = rule(ec2, ssh)
    assert (changed["FromPort"], changed["CidrIpv4"]) == (443, "10.0.0.0/8")
    assert changed["Description"] == "ours"


@pytest.mark.parametrize(
    ("request_members", "code", "sentence"),
    [
        (
            HTTPS,
            "MissingParameter",
            "The request must contain exactly one of: "
            "cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
        ),
        (
            {**HTTPS, "CidrIpv4": "0.0.0.0/0", "CidrIpv6": "::/0"},
            "InvalidParameterCombination",
            "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
        ),
        (
            {**HTTPS, "CidrIpv6": "::/0"},
            "InvalidParameterValue",
            "Invalid rule type for security group rule '{ssh}'. "
            "You may not specify CidrIpv6 for an existing IPv4 CIDR rule.",
        ),
        (
            {"CidrIpv4": "0.0.0.0/0"},
            "InvalidParameterValue",
            "Invalid value 'null' for protocol. "
            "VPC security group rules must specify protocols explicitly.",
        ),
        (
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "0.0.0.0/0"},
            "InvalidPermission.Duplicate",
            'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" '
            "already exists",
        ),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    ec2: Any, web: str, ssh: str, request_members: dict[str, Any], code: str, sentence: str
) -> None:
    allow(ec2, web, port(80, IpRanges=ANYWHERE))
    before = group_shown(ec2, web)
    asked = {"SecurityGroupRuleId": ssh, "SecurityGroupRule": request_members}
    call = ec2.modify_security_group_rules
    found = refusal(call, GroupId=web, SecurityGroupRules=[asked])
    assert found == (code, sentence.format(ssh=ssh))
    assert group_shown(ec2, web) == before


def test_two_rules_may_change_places_and_one_may_not_be_named_twice(
    ec2: Any, web: str, ssh: str
) -> None:
    http = allow(ec2, web, port(80, IpRanges=ANYWHERE))
    updates = [
        {
            "SecurityGroupRuleId": rule_id,
            "SecurityGroupRule": {**port(number), "CidrIpv4": "0.0.0.0/0"},
        }
        for rule_id, number in ((ssh, 80), (http, 22))
    ]
    ec2.modify_security_group_rules(GroupId=web, SecurityGroupRules=updates)
    assert (rule(ec2, ssh)["FromPort"], rule(ec2, http)["FromPort"]) == (80, 22)
    call = ec2.modify_security_group_rules
    assert refusal(call, GroupId=web, SecurityGroupRules=[updates[0], updates[0]]) == (
        "InvalidParameterValue",
        f"Duplicated security group rule ID '{ssh}'. "
        "The same security group rule ID must not appear multiple times.",
    )


def test_descriptions_are_changed_by_permission_and_by_id(ec2: Any, web: str, ssh: str) -> None:
    asked = [port(22, IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "one"}])]
    ec2.update_security_group_rule_descriptions_ingress(GroupId=web, IpPermissions=asked)
    assert rule(ec2, ssh)["Description"] == "one"
    described = [{"SecurityGroupRuleId": ssh, "Description": "two"}]
    ec2.update_security_group_rule_descriptions_ingress(
        GroupName="web", SecurityGroupRuleDescriptions=described
    )
    assert rule(ec2, ssh)["Description"] == "two"
    asked = [port(22, IpRanges=ANYWHERE)]
    ec2.update_security_group_rule_descriptions_ingress(GroupId=web, IpPermissions=asked)
    assert "Description" not in rule(ec2, ssh)
    call = ec2.update_security_group_rule_descriptions_egress
    assert refusal(call, GroupId=web, IpPermissions=asked) == NOT_THERE
    assert refusal(call, GroupId=web)[0] == "MissingParameter"


@pytest.mark.parametrize(
    ("name", "value", "is_found"),
    [
        ("ip-permission.cidr", "10.0.0.0/8", True),
        ("ip-permission.cidr", "0.0.0.0/0", False),
        ("egress.ip-permission.cidr", "0.0.0.0/0", True),
        ("ip-permission.from-port", "80", True),
        ("ip-permission.to-port", "8*", True),
        ("ip-permission.protocol", "tcp", True),
        ("ip-permission.protocol", "-1", False),
        ("egress.ip-permission.protocol", "-1", True),
        ("ip-permission.ipv6-cidr", "fd00::/8", True),
        ("ip-permission.group-name", "default", True),
        ("ip-permission.user-id", "000000000000", True),
        ("egress.ip-permission.user-id", "000000000000", False),
        ("ip-permission.prefix-list-id", "*", False),
        ("group-name", "we?", True),
        ("tag:a", "b", True),
        ("tag-key", "b", False),
    ],
)
def test_groups_are_found_by_what_they_let_pass(
    ec2: Any, world: World, web: str, name: str, value: str, is_found: bool
) -> None:
    peers = {
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
        "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}],
        "UserIdGroupPairs": [{"GroupName": "default", "UserId": "000000000000"}],
    }
    allow(ec2, web, port(80, **peers))
    ec2.create_tags(Resources=[web], Tags=[{"Key": "a", "Value": "b"}])
    filters = [{"Name": name, "Values": [value]}]
    found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert (web in [group["GroupId"] for group in found]) is is_found


def test_groups_and_rules_have_pages(ec2: Any, world: World) -> None:
    for number in range(11):
        ec2.create_security_group(GroupName=f"g{number}", Description="x")
    size = {"PageSize": 5}
    pages = list(ec2.get_paginator("describe_security_groups").paginate(PaginationConfig=size))
    assert [len(page["SecurityGroups"]) for page in pages] == [5, 5, 2]
    rules = ec2.get_paginator("describe_security_group_rules").paginate(PaginationConfig=size)
    assert [len(page["SecurityGroupRules"]) for page in rules] == [5, 5, 3]


def test_the_waiter_for_a_group_knows_one_and_gives_up_on_none(ec2: Any, web: str) -> None:
    waiter = ec2.get_waiter("security_group_exists")
    once = {"Delay": 0, "MaxAttempts": 1}
    waiter.wait(GroupIds=[web], WaiterConfig=once)
    with pytest.raises(WaiterError):
        waiter.wait(GroupIds=["sg-0123456789abcdef0"], WaiterConfig=once)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_security_group", {"GroupName": "new", "Description": "new"}),
        ("delete_security_group", {"GroupName": "web"}),
        (
            "authorize_security_group_ingress",
            {"GroupName": "web", "IpPermissions": [port(80, IpRanges=ANYWHERE)]},
        ),
        (
            "revoke_security_group_ingress",
            {"GroupName": "web", "IpPermissions": [port(22, IpRanges=ANYWHERE)]},
        ),
        (
            "update_security_group_rule_descriptions_ingress",
            {"GroupName": "web", "IpPermissions": [port(22, IpRanges=ANYWHERE)]},
        ),
    ],
)
def test_a_dry_run_checks_everything_and_changes_nothing(
    ec2: Any, ssh: str, operation: str, members: dict[str, Any]
) -> None:
    before = ec2.describe_security_groups()["SecurityGroups"]
    call = getattr(ec2, operation)
    assert refusal(call, DryRun=True, **members)[0] == "DryRunOperation"
    assert ec2.describe_security_groups()["SecurityGroups"] == before
