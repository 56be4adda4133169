"""Targets: registered, deregistered, and their health shown as the balancer recorded it."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from hostless.domain.target_groups import ALL_ZONES, Target, TargetGroup, target_key
from hostless.services.elbv2 import requests_target_groups as requests
from hostless.services.elbv2.errors import BadRequest, InvalidTarget
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.references import need_target_group
from hostless.services.elbv2.target_group_views import health_view, not_registered_view
from hostless.services.operation import Answer, Call
from hostless.store.balancing import load_balancers_of
from hostless.store.kinds import SUBNETS, TARGETS
from hostless.store.store import Store

_PRIVATE = tuple(
    IPv4Network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
"""Where targets outside the VPC may be (RFC 1918, RFC 6598)."""


class Targets:
    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    async def register(self, request: requests.ChangeTargets, call: Call) -> Answer:
        """One that is registered already stays as it is, but for draining, which ends."""
        transaction = self._store.transaction("RegisterTargets")
        group = need_target_group(transaction, request.target_group_arn)
        self._limits.check_targets(
            group,
            (target_key(group.arn, each.id, each.port or group.port) for each in request.targets),
        )
        for given in _given(request.targets):
            zone = self._zone(given, group, call.realm.zones())
            port = given.port or group.port
            found = transaction.get(TARGETS, target_key(group.arn, given.id, port))
            if found is None or found.drains_since is not None or found.zone != zone:
                target = Target(
                    target_group_arn=group.arn,
                    id=given.id,
                    port=port,
                    zone=zone,
                    task_arn=None if found is None else found.task_arn,
                    registered_at=call.now,
                )
                transaction.put(TARGETS, target)
        await transaction.commit()
        return {}

    async def deregister(self, request: requests.ChangeTargets, call: Call) -> Answer:
        """It drains while a balancer uses the group; one that is not there is gone already."""
        transaction = self._store.transaction("DeregisterTargets")
        group = need_target_group(transaction, request.target_group_arn)
        is_in_use = bool(load_balancers_of(self._store, group.arn))
        for given in _given(request.targets):
            key = target_key(group.arn, given.id, given.port or group.port)
            target = transaction.get(TARGETS, key)
            if target is None or (is_in_use and target.drains_since is not None):
                continue
            if is_in_use:
                transaction.put(TARGETS, replace(target, drains_since=call.now))
            else:
                transaction.delete(TARGETS, key)
        await transaction.commit()
        return {}

    async def describe_health(self, request: requests.DescribeTargetHealth, _: Call) -> Answer:
        group = need_target_group(self._store, request.target_group_arn)
        is_in_use = bool(load_balancers_of(self._store, group.arn))
        if not request.targets:
            every = self._store.find(TARGETS, "target_group", group.arn)
            shown = [health_view(target, group, is_in_use=is_in_use) for target in every]
            return {"TargetHealthDescriptions": shown}
        shown = []
        for given in request.targets:
            port = given.port or group.port
            target = self._store.get(TARGETS, target_key(group.arn, given.id, port))
            if target is None:
                shown.append(not_registered_view(given.id, port, group))
            else:
                shown.append(health_view(target, group, is_in_use=is_in_use))
        return {"TargetHealthDescriptions": shown}

    def _zone(self, given: requests.GivenTarget, group: TargetGroup, zones: tuple[str, ...]) -> str:
        """Raises BadRequest, InvalidTarget."""
        if group.target_type == "instance":
            raise _no_instance(given.id)
        address = _address(given.id)
        asked = given.availability_zone
        for subnet in self._store.find(SUBNETS, "vpc", group.vpc_id):
            if address in IPv4Network(subnet.cidr_block):
                if asked not in (None, subnet.zone):
                    raise BadRequest(
                        f"The IP address '{given.id}' is within the VPC, and cannot have its "
                        f"Availability Zone overridden to '{asked}' from '{subnet.zone}'"
                    )
                return subnet.zone
        if not any(address in block for block in _PRIVATE):
            raise BadRequest(
                f"The IP address '{given.id}' must be in the VPC or in a private range"  # our words
            )
        if asked is None:
            raise BadRequest(
                f"The Availability Zone is required for IP address '{given.id}' because it is "
                "not in the VPC"
            )
        if asked not in (ALL_ZONES, *zones):
            raise BadRequest(
                "You must specify a valid Availability Zone or select 'all' for all enabled "
                f"Availability zones, since the IP address '{given.id}' is outside the VPC"
            )
        return asked


def _given(targets: tuple[requests.GivenTarget, ...]) -> tuple[requests.GivenTarget, ...]:
    if not targets:
        raise BadRequest("At least one target must be specified")  # our words
    return targets


def _address(id_: str) -> IPv4Address:
    try:
        return IPv4Address(id_)
    except ValueError as error:
        raise BadRequest(f"The IP address '{id_}' is not a valid IPv4 address") from error


def _no_instance(id_: str) -> InvalidTarget | BadRequest:
    """There are no EC2 instances here."""
    if not id_.startswith("i-"):
        return BadRequest(f"Instance ID '{id_}' is not valid")
    return InvalidTarget(
        f"The following targets are not in a running state and cannot be registered: '{id_}'"
    )
