"""Attributes of load balancers, listeners and target groups: shown and changed alike."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from hostless.domain.access_logs import destination_of, trial_key, trial_text
from hostless.domain.balancer_attributes import attribute_refusal, attributes_of
from hostless.domain.listeners import Listener
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.target_groups import TargetGroup
from hostless.services.elbv2 import requests
from hostless.services.elbv2.errors import BadConfiguration, BadRequest, BucketDenied
from hostless.services.elbv2.references import (
    need_listener,
    need_load_balancer,
    need_target_group,
)
from hostless.services.elbv2.views import attributes_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LISTENERS, LOAD_BALANCERS, TARGET_GROUPS
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets, BucketUnusable

log = logging.getLogger(__name__)


class Attributes:
    def __init__(self, store: Store, buckets: Buckets) -> None:
        self._store = store
        self._buckets = buckets

    async def of_balancer(self, request: requests.NamedBalancer, _: Call) -> Answer:
        balancer = need_load_balancer(self._store, request.load_balancer_arn)
        return attributes_view(attributes_of(balancer))

    async def of_listener(self, request: requests.NamedListener, _: Call) -> Answer:
        return attributes_view(attributes_of(need_listener(self._store, request.listener_arn)))

    async def of_group(self, request: requests.NamedGroup, _: Call) -> Answer:
        group = need_target_group(self._store, request.target_group_arn)
        return attributes_view(attributes_of(group))

    async def change_balancer(
        self, request: requests.ModifyLoadBalancerAttributes, call: Call
    ) -> Answer:
        transaction = self._store.transaction("ModifyLoadBalancerAttributes")
        balancer = need_load_balancer(transaction, request.load_balancer_arn)
        changed = _changed(balancer, request.attributes, "Load balancer")
        after = replace(balancer, attributes=changed)
        if destination_of(after) != destination_of(balancer):
            await self._try_bucket(after, call)
        transaction.put(LOAD_BALANCERS, after)
        await transaction.commit()
        return attributes_view(attributes_of(after))

    async def _try_bucket(self, balancer: LoadBalancer, call: Call) -> None:
        """Write a file where logs are to go. Raises BucketDenied."""
        destination = destination_of(balancer)
        if destination is None:
            return
        key, text = trial_key(destination, call.realm), trial_text(balancer, call.now)
        try:
            await self._buckets.put(destination.bucket, key, text.encode())
        except BucketUnusable as unusable:
            log.warning("access logs of %s are refused: %s", balancer.arn, unusable.reason)
            raise BucketDenied(destination.bucket) from unusable

    async def change_listener(self, request: requests.ModifyListenerAttributes, _: Call) -> Answer:
        transaction = self._store.transaction("ModifyListenerAttributes")
        listener = need_listener(transaction, request.listener_arn)
        after = replace(listener, attributes=_changed(listener, request.attributes, "Listener"))
        transaction.put(LISTENERS, after)
        await transaction.commit()
        return attributes_view(attributes_of(after))

    async def change_group(self, request: requests.ModifyTargetGroupAttributes, _: Call) -> Answer:
        transaction = self._store.transaction("ModifyTargetGroupAttributes")
        group = need_target_group(transaction, request.target_group_arn)
        after = replace(group, attributes=_changed(group, request.attributes, "Target group"))
        transaction.put(TARGET_GROUPS, after)
        await transaction.commit()
        return attributes_view(attributes_of(after))


def _changed(
    of: LoadBalancer | Listener | TargetGroup,
    asked: Sequence[requests.GivenAttribute],
    noun: str,
) -> dict[str, str]:
    """What is set afterwards. Raises BadRequest, BadConfiguration."""
    if not asked:
        raise BadRequest(f"{noun} attributes must be specified")  # our words
    changes: dict[str, str] = {}
    for each in asked:
        if not each.key or each.value is None:
            raise BadRequest(f"{noun} attribute key and value must be specified")  # our words
        if each.key in changes:
            raise BadRequest(f"{noun} attribute key '{each.key}' was specified more than once")
        if each.key not in attributes_of(of):
            raise BadRequest(f"{noun} attribute key '{each.key}' is not recognized")
        changes[each.key] = each.value
    refusal = attribute_refusal(of, changes)
    if refusal is not None:
        raise BadConfiguration(refusal)
    return {**of.attributes, **changes}
