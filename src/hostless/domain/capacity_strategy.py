"""Capacity provider strategies: which are allowed, and which provider each task goes to.

Rules of the API model: base on one item only, weights 0 to 1000 with at least one above 0, the
providers associated with the cluster. Only FARGATE and FARGATE_SPOT exist here.
"""

from collections.abc import Iterator, Sequence

from hostless.domain.clusters import CapacityProviderStrategyItem

ON_DEMAND = "FARGATE"
SPOT = "FARGATE_SPOT"
PROVIDERS = (ON_DEMAND, SPOT)
MOST_ITEMS = 20


def _refusals(
    strategy: Sequence[CapacityProviderStrategyItem], associated: Sequence[str]
) -> Iterator[str]:
    names = [item.capacity_provider for item in strategy]
    if len(strategy) > MOST_ITEMS:
        yield f"A capacity provider strategy can contain at most {MOST_ITEMS} capacity providers."
    if any(name not in PROVIDERS for name in names):
        yield (
            "The specified capacity provider was not found. "
            "Specify a valid capacity provider and try again."
        )
    if any(name not in associated for name in names):
        yield (
            "The specified capacity provider strategy cannot contain a capacity provider that is "
            "not associated with the cluster. Associate the capacity provider with the cluster or "
            "specify a valid capacity provider and try again."
        )
    if len(set(names)) < len(names):
        yield "A capacity provider can appear only once in a capacity provider strategy."
    if sum(1 for item in strategy if item.base) > 1:
        yield (
            "There are multiple capacity providers in the specified capacity provider strategy "
            "with a base value defined."
        )
    if any(not 0 <= (item.weight or 0) <= 1000 for item in strategy):
        yield "The weight of a capacity provider must be between 0 and 1000."
    if any(not 0 <= (item.base or 0) <= 100_000 for item in strategy):
        yield "The base of a capacity provider must be between 0 and 100000."


def strategy_refusal(
    strategy: Sequence[CapacityProviderStrategyItem], associated: Sequence[str]
) -> str | None:
    """AWS's sentence about the first thing wrong with the strategy; None when it is sound.

    A weight that is not given counts as 0, as on AWS. associated: the cluster's providers.
    """
    return next(_refusals(strategy, associated), None)


def placement_refusal(strategy: Sequence[CapacityProviderStrategyItem]) -> str | None:
    """What is wrong with a sound strategy when tasks have to be placed by it."""
    if any(item.weight for item in strategy):
        return None
    return (
        "There are no capacity providers in the capacity provider strategy with a weight value "
        "greater than zero."
    )


def providers_for(strategy: Sequence[CapacityProviderStrategyItem], count: int) -> tuple[str, ...]:
    """The provider of each of `count` tasks: bases first, the rest in the ratio of the weights."""
    chosen = [
        item.capacity_provider for item in strategy for _ in range(min(item.base or 0, count))
    ][:count]
    weighted = [(item.capacity_provider, item.weight or 0) for item in strategy if item.weight]
    given = dict.fromkeys((name for name, _ in weighted), 0)
    while weighted and len(chosen) < count:
        name = min(weighted, key=lambda pair: (given[pair[0]] + 1) / pair[1])[0]
        given[name] += 1
        chosen.append(name)
    return tuple(chosen)
