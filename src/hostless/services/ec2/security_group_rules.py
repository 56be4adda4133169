"""Rules of security groups: authorized, revoked, described. Each call is all or nothing.

Sources: the EC2 model and reference of each call.
"""

from collections.abc import Iterable
from dataclasses import replace

from hostless.domain.network import SecurityGroup
from hostless.domain.security_group_rules import (
    is_over_quota,
    new_rule,
)
from hostless.domain.security_groups import SecurityGroupRule
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_security_groups as requests
from hostless.services.ec2.describing import Described, page_for, question_of
from hostless.services.ec2.errors import (
    BadCombination,
    DryRun,
    MissingParameter,
    PermissionDuplicate,
    PermissionNotFound,
    TooManyRules,
)
from hostless.services.ec2.group_lookup import RULE_FORM, GroupLookup, rules_with_ids
from hostless.services.ec2.permissions import Asked, PermissionReader
from hostless.services.ec2.security_group_views import revoked_view, rule_view, unknown_view
from hostless.services.ec2.tagging import tags_for
from hostless.services.operation import Answer, Call
from hostless.store.kinds import SECURITY_GROUP_RULES, VPCS
from hostless.store.store import Store


class SecurityGroupRules:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids
        self._lookup = GroupLookup(store)

    async def authorize_ingress(
        self, request: requests.AuthorizeSecurityGroupIngress, call: Call
    ) -> Answer:
        group = self._lookup.need_either(request.group_id, request.group_name)
        asked = PermissionReader(group, self._lookup, call.realm).of_ingress(request)
        return await self._authorize(group, asked, request, call, is_egress=False)

    async def authorize_egress(
        self, request: requests.AuthorizeSecurityGroupEgress, call: Call
    ) -> Answer:
        group = self._lookup.need_either(request.group_id, None)
        asked = PermissionReader(group, self._lookup, call.realm).of(request.ip_permissions)
        return await self._authorize(group, asked, request, call, is_egress=True)

    async def revoke_ingress(
        self, request: requests.RevokeSecurityGroupIngress, call: Call
    ) -> Answer:
        group = self._lookup.need_either(request.group_id, request.group_name)
        asked = PermissionReader(group, self._lookup, call.realm).of_ingress(request)
        return await self._revoke(group, asked, request, call, is_egress=False)

    async def revoke_egress(
        self, request: requests.RevokeSecurityGroupEgress, call: Call
    ) -> Answer:
        group = self._lookup.need_either(request.group_id, None)
        asked = PermissionReader(group, self._lookup, call.realm).of(request.ip_permissions)
        return await self._revoke(group, asked, request, call, is_egress=True)

    async def describe(self, request: requests.DescribeSecurityGroupRules, call: Call) -> Answer:
        question = question_of(request, request.security_group_rule_ids)
        page = page_for(question, _RULES, self._store.all(SECURITY_GROUP_RULES))
        shown = [rule_view(rule, call.realm) for rule in page.items]
        return {"SecurityGroupRules": shown, "NextToken": page.next_token}

    async def _authorize(
        self,
        group: SecurityGroup,
        asked: list[Asked],
        request: requests.AuthorizeSecurityGroupIngress | requests.AuthorizeSecurityGroupEgress,
        call: Call,
        *,
        is_egress: bool,
    ) -> Answer:
        if not asked:
            raise MissingParameter("The request must contain the parameter ipPermissions")
        tags = tags_for(request.tag_specifications, "security-group-rule")
        there = self._lookup.permissions(group, is_egress=is_egress)
        for each in asked:
            if each.permission in there:
                raise PermissionDuplicate(each.permission)
        all_ = (*there, *(each.permission for each in asked))
        if is_over_quota(all_, self._lookup.list_sizes(call.realm)):
            raise TooManyRules
        if request.dry_run:
            raise DryRun
        made = [
            replace(
                new_rule(self._ids, group.id, each.permission, is_egress=is_egress),
                description=each.description,
                tags=tags,
            )
            for each in asked
        ]
        await self._write("AuthorizeSecurityGroup", made)
        return {"Return": True, "SecurityGroupRules": [rule_view(r, call.realm) for r in made]}

    async def _revoke(
        self,
        group: SecurityGroup,
        asked: list[Asked],
        request: requests.RevokeSecurityGroupIngress | requests.RevokeSecurityGroupEgress,
        call: Call,
        *,
        is_egress: bool,
    ) -> Answer:
        ids = request.security_group_rule_ids
        if asked and ids:
            raise BadCombination(
                "The parameter ipPermissions cannot be used with the parameter securityGroupRuleIds"
            )
        if not asked and not ids:
            raise MissingParameter(
                "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided."
            )
        there = self._lookup.permissions(group, is_egress=is_egress)
        known = [there[each.permission] for each in asked if each.permission in there]
        unknown = [each.permission for each in asked if each.permission not in there]
        if unknown and not self._is_lenient(group):
            raise PermissionNotFound
        gone = [*known, *rules_with_ids(ids, there.values())]
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("RevokeSecurityGroup")
        for rule in gone:
            transaction.delete(SECURITY_GROUP_RULES, rule.id)
        await transaction.commit()
        return {
            "Return": True,
            "UnknownIpPermissions": [unknown_view(each, call.realm) for each in unknown],
            "RevokedSecurityGroupRules": [revoked_view(rule) for rule in gone],
        }

    async def _write(self, because: str, rules: Iterable[SecurityGroupRule]) -> None:
        transaction = self._store.transaction(because)
        for rule in rules:
            transaction.put(SECURITY_GROUP_RULES, rule)
        await transaction.commit()

    def _is_lenient(self, group: SecurityGroup) -> bool:
        """In a default VPC rules that are not there are listed instead of refused (model)."""
        vpc = self._store.get(VPCS, group.vpc_id)
        return vpc is not None and vpc.is_default


_RULES: Described[SecurityGroupRule] = Described(
    form=RULE_FORM,
    id_of=lambda rule: rule.id,
    tags_of=lambda rule: rule.tags,
    filters={
        "group-id": lambda rule: (rule.group_id,),
        "security-group-rule-id": lambda rule: (rule.id,),
    },
)
