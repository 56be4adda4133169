"""Security groups: made, described, deleted. What they let pass is in `security_group_rules`.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from hostless.domain.arns import Realm, SecurityGroupId
from hostless.domain.network import SecurityGroup, Vpc
from hostless.domain.security_group_rules import open_egress
from hostless.domain.security_groups import SecurityGroupRule
from hostless.kit.ids import Ids
from hostless.services.ec2.describing import Described, page_for, question_of, tags_view
from hostless.services.ec2.errors import (
    BadParameter,
    DefaultGroupStays,
    DryRun,
    GroupDuplicate,
    GroupInUse,
    MissingParameter,
)
from hostless.services.ec2.group_lookup import GROUP_FORM, GroupLookup
from hostless.services.ec2.placements import placements_in_use
from hostless.services.ec2.requests import DescribeSecurityGroups
from hostless.services.ec2.requests_security_groups import CreateSecurityGroup, DeleteSecurityGroup
from hostless.services.ec2.security_group_views import group_arn, group_view
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_lookup import need_default_vpc, need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import (
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    VPC_ENDPOINTS,
)
from hostless.store.store import Store

_DEFAULT = "default"
_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_VALID = (
    "are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
)


class SecurityGroups:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids
        self._lookup = GroupLookup(store)

    async def create(self, request: CreateSecurityGroup, call: Call) -> Answer:
        _check_texts(request.group_name, request.description)
        vpc = self._vpc(request.vpc_id)
        tags = tags_for(request.tag_specifications, "security-group")
        for other in self._store.find(SECURITY_GROUPS, "vpc", vpc.id):
            if other.name.lower() == request.group_name.lower():
                raise GroupDuplicate(request.group_name, vpc.id)
        if request.dry_run:
            raise DryRun
        group = SecurityGroup(
            id=SecurityGroupId(f"sg-{self._ids.hex(17)}"),
            vpc_id=vpc.id,
            name=request.group_name,
            description=request.description,
            tags=tags,
            has_recorded_rules=True,
        )
        transaction = self._store.transaction("CreateSecurityGroup")
        transaction.put(SECURITY_GROUPS, group)
        for rule in open_egress(group, self._ids, has_ipv6=vpc.ipv6 is not None):
            transaction.put(SECURITY_GROUP_RULES, rule)
        await transaction.commit()
        return {
            "GroupId": group.id,
            "Tags": tags_view(group.tags),
            "SecurityGroupArn": group_arn(group, call.realm),
        }

    async def delete(self, request: DeleteSecurityGroup, _: Call) -> Answer:
        group = self._lookup.need_either(request.group_id, request.group_name)
        if group.name == _DEFAULT:
            raise DefaultGroupStays(group.id)
        if any(self._dependents(group.id)):
            raise GroupInUse(group.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteSecurityGroup")
        transaction.delete(SECURITY_GROUPS, group.id)
        for rule in self._lookup.rules(group):
            transaction.delete(SECURITY_GROUP_RULES, rule.id)
        await transaction.commit()
        return {"Return": True, "GroupId": group.id}

    async def describe(self, request: DescribeSecurityGroups, call: Call) -> Answer:
        named = [self._lookup.need_named(name).id for name in request.group_names]
        question = question_of(request, (*request.group_ids, *named))
        page = page_for(question, self._kind(call.realm), self._store.all(SECURITY_GROUPS))
        shown = [group_view(group, self._lookup.rules(group), call.realm) for group in page.items]
        return {"SecurityGroups": shown, "NextToken": page.next_token}

    def _vpc(self, asked: str | None) -> Vpc:
        return need_vpc(self._store, asked) if asked else need_default_vpc(self._store)

    def _dependents(self, group_id: SecurityGroupId) -> Iterator[bool]:
        """What keeps a group from being deleted; tasks and services that need it count too."""
        store = self._store
        referring = store.find(SECURITY_GROUP_RULES, "referenced", group_id)
        yield from (rule.group_id != group_id for rule in referring)
        yield from (group_id in i.security_groups for i in store.all(NETWORK_INTERFACES))
        yield from (group_id in each.security_groups for each in store.all(VPC_ENDPOINTS))
        yield from (True for _ in store.find(LOAD_BALANCERS, "security_group", group_id))
        yield from (group_id in placement.security_groups for placement in placements_in_use(store))

    def _kind(self, realm: Realm) -> Described[SecurityGroup]:
        return Described(
            form=GROUP_FORM,
            id_of=lambda group: group.id,
            tags_of=lambda group: group.tags,
            filters={
                "description": lambda group: (group.description,),
                "group-id": lambda group: (group.id,),
                "group-name": lambda group: (group.name,),
                "owner-id": lambda group: (realm.account_id,),
                "vpc-id": lambda group: (group.vpc_id,),
                **self._rule_filters("ip-permission.", realm, is_egress=False),
                **self._rule_filters("egress.ip-permission.", realm, is_egress=True),
            },
        )

    def _rule_filters(
        self, prefix: str, realm: Realm, *, is_egress: bool
    ) -> Mapping[str, Callable[[SecurityGroup], Iterable[str]]]:
        """Each asks whether some rule of the direction has the value."""

        def filter_of(
            value_of: Callable[[SecurityGroupRule], object],
        ) -> Callable[[SecurityGroup], Iterable[str]]:
            def values(group: SecurityGroup) -> Iterable[str]:
                rules = (r for r in self._lookup.rules(group) if r.is_egress is is_egress)
                return (str(v) for rule in rules if (v := value_of(rule)) is not None)

            return values

        owner = realm.account_id
        values: Mapping[str, Callable[[SecurityGroupRule], object]] = {
            "cidr": lambda r: r.cidr_ipv4,
            "from-port": lambda r: r.from_port,
            "group-id": lambda r: r.referenced_group_id,
            "group-name": self._referenced_name,
            "ipv6-cidr": lambda r: r.cidr_ipv6,
            "prefix-list-id": lambda r: r.prefix_list_id,
            "protocol": lambda r: r.protocol,
            "to-port": lambda r: r.to_port,
            "user-id": lambda r: None if r.referenced_group_id is None else owner,
        }
        return {f"{prefix}{name}": filter_of(value) for name, value in values.items()}

    def _referenced_name(self, rule: SecurityGroupRule) -> str | None:
        if rule.referenced_group_id is None:
            return None
        group = self._store.get(SECURITY_GROUPS, rule.referenced_group_id)
        return None if group is None else group.name


def _check_texts(name: str, description: str) -> None:
    for member, text in (("GroupName", name), ("GroupDescription", description)):
        if not text:
            raise MissingParameter(f"The request must contain the parameter {member}")
        if not text.isascii():
            raise BadParameter(
                f"Value ({text}) for parameter {member} is invalid. "
                "Character sets beyond ASCII are not supported."
            )
    if name.lower().startswith("sg-"):
        raise BadParameter(
            f"Value ({name}) for parameter GroupName is invalid. "
            "Group names may not be in the format sg-*."
        )
    if not _TEXT.fullmatch(name):
        raise BadParameter(f"Invalid security group name. Valid names {_VALID}")  # our words
    if not _TEXT.fullmatch(description):
        raise BadParameter(f"Invalid security group description. Valid descriptions {_VALID}")
    if name.lower() == _DEFAULT:
        raise BadParameter("Cannot use reserved security group name: default")
