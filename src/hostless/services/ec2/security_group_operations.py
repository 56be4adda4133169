"""The rows of the table of EC2 operations that are about security groups and their rules."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_security_groups as requests
from hostless.services.ec2.group_surveys import GroupSurveys
from hostless.services.ec2.requests import DescribeSecurityGroups
from hostless.services.ec2.rule_changes import RuleChanges
from hostless.services.ec2.security_group_rules import SecurityGroupRules
from hostless.services.ec2.security_groups import SecurityGroups
from hostless.services.operation import Operation
from hostless.store.store import Store

_FLAT_MEMBERS = (
    *("SourceSecurityGroupName", "SourceSecurityGroupOwnerId"),
    *("IpProtocol", "FromPort", "ToPort", "CidrIp"),
)
_FLAT_EGRESS = dict.fromkeys(_FLAT_MEMBERS, "EC2 does not support it for egress; use IpPermissions")
_IDLE = {"IpPermissions.UserIdGroupPairs.PeeringStatus": "there are no VPC peerings yet"}


def security_group_operations(store: Store, ids: Ids) -> tuple[Operation[Any], ...]:
    groups, rules = SecurityGroups(store, ids), SecurityGroupRules(store, ids)
    changes = RuleChanges(store)
    return (
        Operation(
            name="CreateSecurityGroup", request=requests.CreateSecurityGroup, perform=groups.create
        ),
        Operation(
            name="DeleteSecurityGroup", request=requests.DeleteSecurityGroup, perform=groups.delete
        ),
        Operation(
            name="DescribeSecurityGroups", request=DescribeSecurityGroups, perform=groups.describe
        ),
        Operation(
            name="AuthorizeSecurityGroupIngress",
            request=requests.AuthorizeSecurityGroupIngress,
            perform=rules.authorize_ingress,
            not_acted_on=_IDLE,
        ),
        Operation(
            name="AuthorizeSecurityGroupEgress",
            request=requests.AuthorizeSecurityGroupEgress,
            perform=rules.authorize_egress,
            refused=_FLAT_EGRESS,
            not_acted_on=_IDLE,
        ),
        Operation(
            name="RevokeSecurityGroupIngress",
            request=requests.RevokeSecurityGroupIngress,
            perform=rules.revoke_ingress,
            not_acted_on=_IDLE,
        ),
        Operation(
            name="RevokeSecurityGroupEgress",
            request=requests.RevokeSecurityGroupEgress,
            perform=rules.revoke_egress,
            refused=_FLAT_EGRESS,
            not_acted_on=_IDLE,
        ),
        Operation(
            name="DescribeSecurityGroupRules",
            request=requests.DescribeSecurityGroupRules,
            perform=rules.describe,
        ),
        Operation(
            name="ModifySecurityGroupRules",
            request=requests.ModifySecurityGroupRules,
            perform=changes.modify,
        ),
        Operation(
            name="UpdateSecurityGroupRuleDescriptionsIngress",
            request=requests.UpdateSecurityGroupRuleDescriptions,
            perform=changes.describe_ingress,
            not_acted_on=_IDLE,
        ),
        Operation(
            name="UpdateSecurityGroupRuleDescriptionsEgress",
            request=requests.UpdateSecurityGroupRuleDescriptions,
            perform=changes.describe_egress,
            not_acted_on=_IDLE,
        ),
        *_survey_operations(store),
    )


def _survey_operations(store: Store) -> tuple[Operation[Any], ...]:
    surveys = GroupSurveys(store)
    return (
        Operation(
            name="GetSecurityGroupsForVpc",
            request=requests.GetSecurityGroupsForVpc,
            perform=surveys.for_vpc,
        ),
        Operation(
            name="DescribeSecurityGroupReferences",
            request=requests.DescribeSecurityGroupReferences,
            perform=surveys.references,
        ),
        Operation(
            name="DescribeStaleSecurityGroups",
            request=requests.DescribeStaleSecurityGroups,
            perform=surveys.stale,
        ),
    )
