"""Tags of balancers, target groups, listeners and rules, by ARN."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.resource_tags import MOST_TAGS, tags_refusal, tags_with, tags_without
from hostless.domain.tags import Tag
from hostless.domain.target_groups import TargetGroup
from hostless.services.elbv2 import requests
from hostless.services.elbv2.errors import (
    BadRequest,
    DuplicateTagKeys,
    TooManyTags,
    TrustStoreNotFound,
)
from hostless.services.elbv2.references import (
    need_listener,
    need_load_balancer,
    need_rule,
    need_target_group,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LISTENER_RULES, LISTENERS, LOAD_BALANCERS, TARGET_GROUPS
from hostless.store.store import Store, Transaction

_MOST_RESOURCES = 20
Tagged: TypeAlias = LoadBalancer | TargetGroup | Listener | ListenerRule
ChangeOfTags: TypeAlias = Callable[[tuple[Tag, ...]], tuple[Tag, ...]]


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, request: requests.AddTags, _: Call) -> Answer:
        added = checked_tags(request.tags)

        def joined(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
            after = tags_with(tags, added)
            if len(after) > MOST_TAGS:
                raise TooManyTags
            return after

        return await self._change(request.resource_arns, joined, "AddTags")

    async def remove(self, request: requests.RemoveTags, _: Call) -> Answer:
        return await self._change(
            request.resource_arns, lambda tags: tags_without(tags, request.tag_keys), "RemoveTags"
        )

    async def describe(self, request: requests.DescribeTags, _: Call) -> Answer:
        _check_count(request.resource_arns)
        found = [(arn, self._need(arn)) for arn in dict.fromkeys(request.resource_arns)]
        shown = [
            {"ResourceArn": arn, "Tags": tags_view(_tags_of(record, arn))} for arn, record in found
        ]
        return {"TagDescriptions": shown}

    async def _change(self, arns: Sequence[str], change: ChangeOfTags, because: str) -> Answer:
        _check_count(arns)
        transaction = self._store.transaction(because)
        for arn in dict.fromkeys(arns):
            self._put(transaction, arn, change)
        await transaction.commit()
        return {}

    def _put(self, transaction: Transaction, arn: str, change: ChangeOfTags) -> None:
        match self._need(arn):
            case LoadBalancer() as found:
                balancer = transaction.get(LOAD_BALANCERS, found.arn) or found
                transaction.put(LOAD_BALANCERS, replace(balancer, tags=change(balancer.tags)))
            case TargetGroup() as found:
                group = transaction.get(TARGET_GROUPS, found.arn) or found
                transaction.put(TARGET_GROUPS, replace(group, tags=change(group.tags)))
            case Listener() as found:
                listener = transaction.get(LISTENERS, found.arn) or found
                after = change(_tags_of(listener, arn))
                if arn == listener.arn:
                    transaction.put(LISTENERS, replace(listener, tags=after))
                else:
                    transaction.put(LISTENERS, replace(listener, default_rule_tags=after))
            case ListenerRule() as found:
                rule = transaction.get(LISTENER_RULES, found.arn) or found
                transaction.put(LISTENER_RULES, replace(rule, tags=change(rule.tags)))

    def _need(self, arn: str) -> Tagged:
        """A listener stands for its default rule too. Raises not-found of the kind."""
        resource = arn.split(":", 5)[-1].split("/", 1)[0]
        match resource:
            case "loadbalancer":
                return need_load_balancer(self._store, arn)
            case "targetgroup":
                return need_target_group(self._store, arn)
            case "listener":
                return need_listener(self._store, arn)
            case "listener-rule":
                return need_rule(self._store, arn)
            case "truststore":
                raise TrustStoreNotFound
        raise BadRequest(f"'{arn}' is not a valid ARN")  # our words


def checked_tags(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """With a value each. Raises DuplicateTagKeys, TooManyTags, BadRequest."""
    if len({tag.key for tag in tags}) < len(tags):
        raise DuplicateTagKeys
    if len(tags) > MOST_TAGS:
        raise TooManyTags
    refusal = tags_refusal(tags)
    if refusal is not None:
        raise BadRequest(refusal)
    return tags_with((), tags)


def tags_view(tags: Sequence[Tag]) -> list[dict[str, object]]:
    return [{"Key": tag.key, "Value": tag.value} for tag in tags]


def _tags_of(record: Tagged, arn: str) -> tuple[Tag, ...]:
    if isinstance(record, Listener) and arn == record.default_rule_arn:
        return record.default_rule_tags
    return record.tags


def _check_count(arns: Sequence[str]) -> None:
    if not 1 <= len(arns) <= _MOST_RESOURCES:
        raise BadRequest(f"1 to {_MOST_RESOURCES} resource ARNs must be specified")  # our words
