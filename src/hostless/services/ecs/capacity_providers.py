"""Capacity providers: the two of Fargate, which every account has."""

from hostless.domain.capacity_strategy import PROVIDERS, strategy_refusal
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.errors import InvalidParameter
from hostless.services.ecs.cluster_views import capacity_provider_view
from hostless.services.ecs.listing import check_include, ecs_page
from hostless.services.ecs.references import need_cluster
from hostless.services.ecs.requests_clusters import DescribeCapacityProviders
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call
from hostless.store.store import Store


def check_providers(
    providers: tuple[str, ...], strategy: tuple[CapacityProviderStrategyItem, ...]
) -> None:
    """Raises InvalidParameter for providers that do not exist or a strategy that needs others."""
    if any(name not in PROVIDERS for name in providers):
        raise InvalidParameter(
            "The specified capacity provider was not found. "
            "Specify a valid capacity provider and try again."
        )
    refusal = strategy_refusal(strategy, providers)
    if refusal is not None:
        raise InvalidParameter(refusal)


class CapacityProviders:
    def __init__(self, store: Store) -> None:
        self._store = store

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
