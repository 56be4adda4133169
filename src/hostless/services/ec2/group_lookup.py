"""Security groups as callers name them: by id, and in the default VPC by name."""

from hostless.domain.network import SecurityGroup, Vpc
from hostless.services.ec2.describing import IdForm
from hostless.services.ec2.errors import (
    BadCombination,
    GroupNotFound,
    IdNotFound,
    MissingParameter,
    NoDefaultVpc,
)
from hostless.store.kinds import SECURITY_GROUPS, VPCS
from hostless.store.store import Store

GROUP_FORM = IdForm(noun="Group", spoken="security group", prefix="sg-", malformed_noun="GroupId")


class GroupLookup:
    """Raises EC2's errors."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def default_vpc(self) -> Vpc:
        for vpc in self._store.all(VPCS):
            if vpc.is_default:
                return vpc
        raise NoDefaultVpc

    def need(self, group_id: str) -> SecurityGroup:
        GROUP_FORM.check(group_id)
        group = self._store.get(SECURITY_GROUPS, group_id)
        if group is None:
            raise IdNotFound(GROUP_FORM.noun, GROUP_FORM.spoken, group_id)
        return group

    def need_named(self, name: str) -> SecurityGroup:
        """Of the default VPC."""
        vpc = self.default_vpc()
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
