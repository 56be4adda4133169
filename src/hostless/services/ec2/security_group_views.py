"""Security groups and their rules as EC2 shows them.

DescribeSecurityGroups puts rules of one protocol and port range together; elsewhere each rule
stands alone.
"""

from collections.abc import Iterable

from hostless.domain.arns import Realm
from hostless.domain.network import SecurityGroup
from hostless.domain.security_group_rules import Permission, Ports
from hostless.domain.security_groups import SecurityGroupRule
from hostless.services.ec2.describing import tags_view

_NO_PORT = -1


def group_arn(group: SecurityGroup, realm: Realm) -> str:
    return realm.arn("ec2", f"security-group/{group.id}")


def group_view(
    group: SecurityGroup, rules: Iterable[SecurityGroupRule], realm: Realm
) -> dict[str, object]:
    all_ = list(rules)
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "OwnerId": realm.account_id,
        "SecurityGroupArn": group_arn(group, realm),
        "IpPermissions": permission_views((r for r in all_ if not r.is_egress), realm),
        "IpPermissionsEgress": permission_views((r for r in all_ if r.is_egress), realm),
        "Tags": tags_view(group.tags),
    }


def permission_views(rules: Iterable[SecurityGroupRule], realm: Realm) -> list[dict[str, object]]:
    """One for each protocol and port range, in the order in which they were first allowed."""
    together: dict[tuple[str, int | None, int | None], list[SecurityGroupRule]] = {}
    for rule in rules:
        place = (rule.protocol, rule.from_port, rule.to_port)
        together.setdefault(place, []).append(rule)
    return [_together_view(alike, realm) for alike in together.values()]


def _together_view(alike: list[SecurityGroupRule], realm: Realm) -> dict[str, object]:
    return {
        "IpProtocol": alike[0].protocol,
        "FromPort": alike[0].from_port,
        "ToPort": alike[0].to_port,
        "IpRanges": [
            {"CidrIp": r.cidr_ipv4, "Description": r.description}
            for r in alike
            if r.cidr_ipv4 is not None
        ],
        "Ipv6Ranges": [
            {"CidrIpv6": r.cidr_ipv6, "Description": r.description}
            for r in alike
            if r.cidr_ipv6 is not None
        ],
        "PrefixListIds": [
            {"PrefixListId": r.prefix_list_id, "Description": r.description}
            for r in alike
            if r.prefix_list_id is not None
        ],
        "UserIdGroupPairs": [
            {
                "GroupId": r.referenced_group_id,
                "UserId": realm.account_id,
                "Description": r.description,
            }
            for r in alike
            if r.referenced_group_id is not None
        ],
    }


def rule_view(rule: SecurityGroupRule, realm: Realm) -> dict[str, object]:
    """A rule alone has -1 where it has no ports."""
    referenced = rule.referenced_group_id
    return {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": realm.arn("ec2", f"security-group-rule/{rule.id}"),
        "GroupId": rule.group_id,
        "GroupOwnerId": realm.account_id,
        "IsEgress": rule.is_egress,
        **_what_passes(rule),
        "ReferencedGroupInfo": None
        if referenced is None
        else {"GroupId": referenced, "UserId": realm.account_id},
        "Tags": tags_view(rule.tags),
    }


def revoked_view(rule: SecurityGroupRule) -> dict[str, object]:
    return {
        "SecurityGroupRuleId": rule.id,
        "GroupId": rule.group_id,
        "IsEgress": rule.is_egress,
        **_what_passes(rule),
        "ReferencedGroupId": rule.referenced_group_id,
    }


def unknown_view(permission: Permission, realm: Realm) -> dict[str, object]:
    """A permission that a group did not have, in the form in which it was given."""
    ports: Ports = permission.ports
    group = permission.referenced_group_id
    ipv4, ipv6 = permission.cidr_ipv4, permission.cidr_ipv6
    list_ = permission.prefix_list_id
    return {
        "IpProtocol": permission.protocol,
        "FromPort": ports.low,
        "ToPort": ports.high,
        "IpRanges": [] if ipv4 is None else [{"CidrIp": ipv4}],
        "Ipv6Ranges": [] if ipv6 is None else [{"CidrIpv6": ipv6}],
        "PrefixListIds": [] if list_ is None else [{"PrefixListId": list_}],
        "UserIdGroupPairs": []
        if group is None
        else [{"GroupId": group, "UserId": realm.account_id}],
    }


def _what_passes(rule: SecurityGroupRule) -> dict[str, object]:
    return {
        "IpProtocol": rule.protocol,
        "FromPort": _NO_PORT if rule.from_port is None else rule.from_port,
        "ToPort": _NO_PORT if rule.to_port is None else rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "Description": rule.description,
    }
