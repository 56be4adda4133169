"""Capacity providers: the two of Fargate, which every account has."""

import re

from hostless.domain.capacity_strategy import PROVIDERS, strategy_refusal
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.errors import InvalidParameter
from hostless.services.ecs.cluster_views import capacity_provider_view
from hostless.services.ecs.errors import UnsupportedFeature
from hostless.services.ecs.listing import check_include, ecs_page
from hostless.services.ecs.references import need_cluster
from hostless.services.ecs.requests_clusters import (
    CreateCapacityProvider,
    DeleteCapacityProvider,
    DescribeCapacityProviders,
    UpdateCapacityProvider,
)
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call
from hostless.store.store import Store

NOT_FOUND = (
    "The specified capacity provider was not found. "
    "Specify a valid capacity provider and try again."
)
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_RESERVED = ("aws", "ecs", "fargate")


def check_providers(
    providers: tuple[str, ...], strategy: tuple[CapacityProviderStrategyItem, ...]
) -> None:
    """Raises InvalidParameter for providers that do not exist or a strategy that needs others."""
    if any(name not in PROVIDERS for name in providers):
        raise InvalidParameter(NOT_FOUND)
    refusal = strategy_refusal(strategy, providers)
    if refusal is not None:
        raise InvalidParameter(refusal)


class CapacityProviders:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, request: CreateCapacityProvider, call: Call) -> Answer:
        """Always refused: providers of one's own stand on EC2 instances."""
        name = request.name
        if not _NAME.fullmatch(name) or name.lower().startswith(_RESERVED):
            raise InvalidParameter(
                "The specified capacity provider name is invalid. Up to 255 characters are "
                "allowed, including letters (upper and lowercase), numbers, underscores, and "
                'hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". '
                "Specify a valid name and try again."
            )
        given = (request.auto_scaling_group_provider, request.managed_instances_provider)
        if sum(each is not None for each in given) != 1:
            raise InvalidParameter(
                "Exactly one of autoScalingGroupProvider and managedInstancesProvider must be "
                "specified."
            )
        if request.cluster is not None:
            need_cluster(self._store, request.cluster, call.realm)
        raise UnsupportedFeature(
            "Capacity providers of EC2 instances are not supported here. "
            "Use the capacity providers FARGATE and FARGATE_SPOT."
        )

    async def update(self, request: UpdateCapacityProvider, call: Call) -> Answer:
        raise self._unchangeable(request.name, request.cluster, "updated", call)

    async def delete(self, request: DeleteCapacityProvider, call: Call) -> Answer:
        raise self._unchangeable(request.capacity_provider, request.cluster, "deleted", call)

    def _unchangeable(
        self, reference: str, cluster: str | None, change: str, call: Call
    ) -> InvalidParameter:
        """Why a provider cannot be changed: it is Fargate's, or there is none."""
        if cluster is not None:
            need_cluster(self._store, cluster, call.realm)
        prefix = call.realm.arn("ecs", "capacity-provider/")
        name = reference.removeprefix(prefix)
        if name in PROVIDERS:
            return InvalidParameter(
                f"The {name} capacity provider is reserved and can't be {change}."
            )
        return InvalidParameter(NOT_FOUND)

    async def describe(self, request: DescribeCapacityProviders, call: Call) -> Answer:
        check_include(request.include, ("TAGS",))
        known: tuple[str, ...] = PROVIDERS
        if request.cluster is not None:
            cluster = need_cluster(self._store, request.cluster, call.realm)
            known = cluster.capacity_providers
        arns = {call.realm.arn("ecs", f"capacity-provider/{name}"): name for name in known}
        wanted = request.capacity_providers or known
        names = [arns.get(reference, reference) for reference in wanted]
        page = ecs_page(
            [name for name in names if name in known],
            lambda name: (name,),
            f"DescribeCapacityProviders {request.cluster}",
            max_results=request.max_results,
            token=request.next_token,
        )
        missing = [call.realm.arn("ecs", f"capacity-provider/{n}") for n in names if n not in known]
        return {
            "capacityProviders": [capacity_provider_view(n, call.realm) for n in page.items],
            "failures": [failure_view(arn, "MISSING") for arn in missing],
            "nextToken": page.next_token,
        }
