"""Security groups, rules and their peers as callers name them: by id, and groups of the default
VPC by name."""

from collections.abc import Iterable

from hostless.domain.arns import PrefixListId, Realm
from hostless.domain.network import SecurityGroup
from hostless.domain.security_group_rules import Permission, permission_of
from hostless.domain.security_groups import SecurityGroupRule
from hostless.services.ec2.describing import IdForm
from hostless.services.ec2.errors import (
    BadCombination,
    GroupNotFound,
    MissingParameter,
)
from hostless.services.ec2.lookup import need
from hostless.services.ec2.prefix_list_lookup import need_prefix_list, prefix_list_sizes
from hostless.services.ec2.vpc_lookup import need_default_vpc
from hostless.store.kinds import SECURITY_GROUP_RULES, SECURITY_GROUPS
from hostless.store.store import Store

GROUP_FORM = IdForm(noun="Group", spoken="security group", prefix="sg-", malformed_noun="GroupId")
RULE_FORM = IdForm(noun="SecurityGroupRuleId", spoken="security group rule ID", prefix="sgr-")


def rules_with_ids(
    ids: Iterable[str], among: Iterable[SecurityGroupRule]
) -> list[SecurityGroupRule]:
    """In the order of the ids, each once. Raises EC2's errors."""
    by_id: dict[str, SecurityGroupRule] = {rule.id: rule for rule in among}
    named = list(dict.fromkeys(ids))
    for given in named:
        RULE_FORM.check(given)
        if given not in by_id:
            raise RULE_FORM.not_found(given)
    return [by_id[given] for given in named]


class GroupLookup:
    """Raises EC2's errors."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def need(self, group_id: str) -> SecurityGroup:
        return need(self._store, SECURITY_GROUPS, GROUP_FORM, group_id)

    def need_named(self, name: str) -> SecurityGroup:
        """Of the default VPC."""
        vpc = need_default_vpc(self._store)
        for group in self._store.find(SECURITY_GROUPS, "vpc", vpc.id):
            if group.name == name:
                return group
        raise GroupNotFound(f"The security group '{name}' does not exist in default VPC '{vpc.id}'")

    def need_either(self, group_id: str | None, name: str | None) -> SecurityGroup:
        if group_id and name:
            raise BadCombination(
                "The parameter groupName cannot be used with the parameter groupId"
            )
        if group_id:
            return self.need(group_id)
        if name:
            return self.need_named(name)
        raise MissingParameter("The request must contain the parameter groupName or groupId")

    def need_list(self, prefix_list_id: str, realm: Realm) -> PrefixListId:
        """The id of a prefix list that there is."""
        return need_prefix_list(self._store, realm, prefix_list_id).id

    def list_sizes(self, realm: Realm) -> dict[str, int]:
        """For how many rules one counts that names a prefix list, by id."""
        return prefix_list_sizes(self._store, realm)

    def rules(self, group: SecurityGroup) -> list[SecurityGroupRule]:
        """Oldest first."""
        return self._store.find(SECURITY_GROUP_RULES, "group", group.id)

    def permissions(
        self, group: SecurityGroup, *, is_egress: bool
    ) -> dict[Permission, SecurityGroupRule]:
        """The rules of one direction, by what they let pass."""
        rules = (rule for rule in self.rules(group) if rule.is_egress is is_egress)
        return {permission_of(rule): rule for rule in rules}
