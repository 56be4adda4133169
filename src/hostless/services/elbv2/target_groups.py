"""Target groups: made, changed, described, deleted. Their targets are in `targets`."""

from dataclasses import replace
from typing import cast

from hostless.domain.arns import TargetGroupArn
from hostless.domain.load_balancer_rules import group_name_refusal
from hostless.domain.target_group_rules import (
    AskedCheck,
    BadTargetGroup,
    check_for,
    version_for,
)
from hostless.domain.target_groups import TargetGroup, TargetProtocol, TargetType
from hostless.kit.ids import Ids
from hostless.services.elbv2 import requests_target_groups as requests
from hostless.services.elbv2.errors import (
    BadConfiguration,
    BadRequest,
    DuplicateTargetGroupName,
    ResourceInUse,
    TargetGroupNotFound,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.references import (
    GROUP,
    SERVICE,
    need_load_balancer,
    need_target_group,
    page,
)
from hostless.services.elbv2.requests import NamedGroup
from hostless.services.elbv2.tags import checked_tags
from hostless.services.elbv2.target_group_views import View, target_group_view
from hostless.services.operation import Answer, Call
from hostless.store.balancing import load_balancers_of
from hostless.store.kinds import TARGET_GROUPS, TARGETS, VPCS
from hostless.store.store import Store

_PROTOCOLS = ("HTTP", "HTTPS", "TCP", "TLS")
_TYPES = ("ip", "instance")


class TargetGroups:
    def __init__(self, store: Store, ids: Ids, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._ids = ids

    async def create(self, request: requests.CreateTargetGroup, call: Call) -> Answer:
        refusal = group_name_refusal(request.name)
        if refusal is not None:
            raise BadRequest(refusal)
        asked = self._asked(request, call)
        for found in self._store.find(TARGET_GROUPS, "name", asked.name):
            if not _is_same(found, asked):
                raise DuplicateTargetGroupName(asked.name)
            return {"TargetGroups": [self._view(found)]}
        self._limits.check_group()
        transaction = self._store.transaction("CreateTargetGroup")
        transaction.put(TARGET_GROUPS, asked)
        await transaction.commit()
        return {"TargetGroups": [self._view(asked)]}

    def _asked(self, request: requests.CreateTargetGroup, call: Call) -> TargetGroup:
        type_ = _target_type(request.target_type)
        if request.protocol is None or request.port is None:
            missing = "protocol" if request.protocol is None else "port"
            raise BadRequest(f"A {missing} must be specified")
        if request.protocol not in _PROTOCOLS:
            raise BadConfiguration(  # our words
                f"Target group protocol '{request.protocol}' is not supported here; "
                f"'{', '.join(_PROTOCOLS)}' are"
            )
        if not request.vpc_id:
            raise BadRequest("A VPC ID must be specified")
        vpc = self._store.get(VPCS, request.vpc_id)
        if vpc is None:
            raise BadRequest(f"The VPC ID '{request.vpc_id}' is not found")
        if request.ip_address_type != "ipv4":
            raise BadConfiguration(  # our words
                f"The IP address type '{request.ip_address_type}' is not supported here; 'ipv4' is"
            )
        _check_enabled(request.health_check_enabled)
        protocol = cast(TargetProtocol, request.protocol)
        try:
            version = version_for(protocol, request.protocol_version)
            check = check_for(protocol, version, _asked_check(request))
        except BadTargetGroup as error:
            raise BadRequest(str(error)) from error
        resource = f"targetgroup/{request.name}/{self._ids.hex(16)}"
        return TargetGroup(
            arn=TargetGroupArn(call.realm.arn(SERVICE, resource)),
            name=request.name,
            protocol=protocol,
            protocol_version=version,
            port=request.port,
            vpc_id=vpc.id,
            target_type=type_,
            health_check=check,
            tags=checked_tags(request.tags),
            created_at=call.now,
        )

    async def modify(self, request: requests.ModifyTargetGroup, _: Call) -> Answer:
        transaction = self._store.transaction("ModifyTargetGroup")
        group = need_target_group(transaction, request.target_group_arn)
        _check_enabled(request.health_check_enabled)
        asked = _asked_check(request)
        try:
            check = check_for(group.protocol, group.protocol_version, asked, group.health_check)
        except BadTargetGroup as error:
            raise BadRequest(str(error)) from error
        after = replace(group, health_check=check)
        transaction.put(TARGET_GROUPS, after)
        await transaction.commit()
        return {"TargetGroups": [self._view(after)]}

    async def delete(self, request: NamedGroup, _: Call) -> Answer:
        """Its targets go too. One that is not there is deleted already."""
        GROUP.check(request.target_group_arn)
        transaction = self._store.transaction("DeleteTargetGroup")
        group = transaction.get(TARGET_GROUPS, request.target_group_arn)
        if group is None:
            return {}
        if load_balancers_of(self._store, group.arn):
            raise ResourceInUse(
                f"Target group '{group.arn}' is currently in use by a listener or a rule"
            )
        transaction.delete(TARGET_GROUPS, group.arn)
        for target in self._store.find(TARGETS, "target_group", group.arn):
            transaction.delete(TARGETS, target.key)
        await transaction.commit()
        return {}

    async def describe(self, request: requests.DescribeTargetGroups, _: Call) -> Answer:
        listing = (
            f"target groups {request.load_balancer_arn} {sorted(request.target_group_arns)} "
            f"{sorted(request.names)}"
        )
        found = self._named(request)
        shown = page(found, lambda g: (g.name, g.arn), listing, request.page_size, request.marker)
        return {
            "TargetGroups": [self._view(each) for each in shown.items],
            "NextMarker": shown.next_token,
        }

    def _named(self, request: requests.DescribeTargetGroups) -> list[TargetGroup]:
        ways = (request.load_balancer_arn, request.target_group_arns, request.names)
        if sum(bool(way) for way in ways) > 1:
            raise BadRequest(  # our words
                "Only one of load balancer ARN, target group ARNs and names can be specified"
            )
        if request.load_balancer_arn:
            balancer = need_load_balancer(self._store, request.load_balancer_arn)
            return [
                group
                for group in self._store.all(TARGET_GROUPS)
                if balancer.arn in load_balancers_of(self._store, group.arn)
            ]
        if request.target_group_arns:
            return GROUP.need_all(TARGET_GROUPS, self._store, request.target_group_arns)
        if not request.names:
            return list(self._store.all(TARGET_GROUPS))
        named = [self._store.find(TARGET_GROUPS, "name", n) for n in dict.fromkeys(request.names)]
        if not all(named):
            raise TargetGroupNotFound("One or more target groups not found")
        return [group for found in named for group in found]

    def _view(self, group: TargetGroup) -> View:
        return target_group_view(group, load_balancers_of(self._store, group.arn))


def _target_type(asked: str) -> TargetType:
    if asked not in _TYPES:
        raise BadConfiguration(  # our words
            f"The target type '{asked}' is not supported here; 'ip' is"
        )
    return cast(TargetType, asked)


def _check_enabled(asked: bool | None) -> None:
    if asked is False:
        raise BadRequest(
            "Health check enabled must be true for target groups with target type 'ip'"
        )  # after AWS's


def _asked_check(
    request: requests.CreateTargetGroup | requests.ModifyTargetGroup,
) -> AskedCheck:
    matcher = request.matcher or requests.GivenMatcher()
    return AskedCheck(
        protocol=request.health_check_protocol,
        port=request.health_check_port,
        path=request.health_check_path,
        http_codes=matcher.http_code,
        grpc_codes=matcher.grpc_code,
        interval_seconds=request.health_check_interval_seconds,
        timeout_seconds=request.health_check_timeout_seconds,
        healthy_threshold=request.healthy_threshold_count,
        unhealthy_threshold=request.unhealthy_threshold_count,
    )


def _is_same(found: TargetGroup, asked: TargetGroup) -> bool:
    """Whatever is not part of CreateTargetGroup may differ."""
    alike = replace(asked, arn=found.arn, attributes=found.attributes, created_at=found.created_at)
    return found == alike
