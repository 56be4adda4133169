"""Rules of security groups that stay what they are but say something else.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from collections.abc import Iterable
from dataclasses import replace

from hostless.domain.security_group_rules import Permission, is_over_quota, permission_of
from hostless.domain.security_groups import SecurityGroupRule
from hostless.services.ec2 import requests_security_groups as requests
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    DryRun,
    MissingParameter,
    PermissionDuplicate,
    PermissionNotFound,
    TooManyRules,
)
from hostless.services.ec2.group_lookup import GroupLookup, rules_with_ids
from hostless.services.ec2.permissions import (
    REPEATED,
    Asked,
    PermissionReader,
    check_rule_description,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import SECURITY_GROUP_RULES
from hostless.store.store import Store


class RuleChanges:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lookup = GroupLookup(store)

    async def modify(self, request: requests.ModifySecurityGroupRules, call: Call) -> Answer:
        """Each rule anew, but for its id, its tags, its direction and the kind of its peer."""
        group = self._lookup.need(request.group_id)
        reader = PermissionReader(group, self._lookup, call.realm)
        there = self._lookup.rules(group)
        before = rules_with_ids(_ids_once(request.security_group_rules), there)
        after = [
            _modified(rule, _asked(update, reader))
            for rule, update in zip(before, request.security_group_rules, strict=True)
        ]
        others = [rule for rule in there if rule not in before]
        _check_distinct(after, others)
        sizes = self._lookup.list_sizes(call.realm)
        for is_egress in (False, True):
            direction = (r for r in (*after, *others) if r.is_egress is is_egress)
            if is_over_quota(map(permission_of, direction), sizes):
                raise TooManyRules
        return await self._commit("ModifySecurityGroupRules", after, is_dry=request.dry_run)

    async def describe_ingress(
        self, request: requests.UpdateSecurityGroupRuleDescriptions, call: Call
    ) -> Answer:
        return await self._describe(request, call, is_egress=False)

    async def describe_egress(
        self, request: requests.UpdateSecurityGroupRuleDescriptions, call: Call
    ) -> Answer:
        return await self._describe(request, call, is_egress=True)

    async def _describe(
        self, request: requests.UpdateSecurityGroupRuleDescriptions, call: Call, *, is_egress: bool
    ) -> Answer:
        """New descriptions; none takes the old one away."""
        group = self._lookup.need_either(request.group_id, request.group_name)
        asked = PermissionReader(group, self._lookup, call.realm).of(request.ip_permissions)
        described = request.security_group_rule_descriptions
        if asked and described:
            raise BadCombination(
                "The parameter ipPermissions cannot be used with the parameter "
                "securityGroupRuleDescriptions"
            )
        if not asked and not described:
            raise MissingParameter(
                "Either 'ipPermissions' or 'securityGroupRuleDescriptions' should be provided."
            )
        there = self._lookup.permissions(group, is_egress=is_egress)
        if any(each.permission not in there for each in asked):
            raise PermissionNotFound
        after = [replace(there[a.permission], description=a.description) for a in asked]
        after += _described(described, there.values())
        return await self._commit(
            "UpdateSecurityGroupRuleDescriptions", after, is_dry=request.dry_run
        )

    async def _commit(
        self, because: str, rules: Iterable[SecurityGroupRule], *, is_dry: bool | None
    ) -> Answer:
        if is_dry:
            raise DryRun
        transaction = self._store.transaction(because)
        for rule in rules:
            transaction.put(SECURITY_GROUP_RULES, rule)
        await transaction.commit()
        return {"Return": True}


def _ids_once(updates: Iterable[requests.SecurityGroupRuleUpdate]) -> list[str]:
    ids: list[str] = []
    for update in updates:
        given = update.security_group_rule_id
        if given in ids:
            raise BadParameter(
                f"Duplicated security group rule ID '{given}'. "
                "The same security group rule ID must not appear multiple times."
            )
        ids.append(given)
    return ids


def _asked(update: requests.SecurityGroupRuleUpdate, reader: PermissionReader) -> Asked:
    if update.security_group_rule is None:
        raise BadParameter("No value specified for securityGroupRule.")
    return reader.of_rule(update.security_group_rule)


def _modified(rule: SecurityGroupRule, asked: Asked) -> SecurityGroupRule:
    permission = asked.permission
    given, had = _peer_kind(permission), _peer_kind(permission_of(rule))
    if given != had:
        raise BadParameter(
            f"Invalid rule type for security group rule '{rule.id}'. "
            f"You may not specify {given[0]} for an existing {had[1]} rule."
        )
    return replace(
        rule,
        protocol=permission.protocol,
        from_port=permission.ports.low,
        to_port=permission.ports.high,
        cidr_ipv4=permission.cidr_ipv4,
        cidr_ipv6=permission.cidr_ipv6,
        referenced_group_id=permission.referenced_group_id,
        prefix_list_id=permission.prefix_list_id,
        description=asked.description,
    )


def _peer_kind(permission: Permission) -> tuple[str, str]:
    """The member that names the peer, and the kind of rule."""
    if permission.cidr_ipv4 is not None:
        return ("CidrIpv4", "IPv4 CIDR")
    if permission.cidr_ipv6 is not None:
        return ("CidrIpv6", "IPv6 CIDR")
    if permission.prefix_list_id is not None:
        return ("PrefixListId", "prefix list")  # our words
    return ("ReferencedGroupId", "security group reference")  # our words


def _check_distinct(
    after: Iterable[SecurityGroupRule], others: Iterable[SecurityGroupRule]
) -> None:
    kept = {(rule.is_egress, permission_of(rule)) for rule in others}
    seen: set[tuple[bool, Permission]] = set()
    for rule in after:
        said = (rule.is_egress, permission_of(rule))
        if said in seen:
            raise BadParameter(REPEATED)
        if said in kept:
            raise PermissionDuplicate(said[1])
        seen.add(said)


def _described(
    described: tuple[requests.SecurityGroupRuleDescription, ...],
    among: Iterable[SecurityGroupRule],
) -> list[SecurityGroupRule]:
    """The rules with their new descriptions; of one that is named twice the last one stands."""
    for each in described:
        if not each.security_group_rule_id:
            raise MissingParameter("The request must contain the parameter securityGroupRuleId")
        check_rule_description(each.description)
    by_id = {each.security_group_rule_id or "": each.description or None for each in described}
    return [replace(rule, description=by_id[rule.id]) for rule in rules_with_ids(by_id, among)]
