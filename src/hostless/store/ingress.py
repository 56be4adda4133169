"""Which Express service, and which ways in, belong to a service: asked by the API and by loops."""

from hostless.domain.express_services import ExpressService
from hostless.domain.ingress import MANAGED, IngressRoute
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service
from hostless.store.kinds import (
    DEPLOYMENTS,
    EXPRESS_SERVICES,
    SECURITY_GROUP_RULES,
    SERVICE_REVISIONS,
    SERVICES,
    TARGETS,
)
from hostless.store.store import Store


def express_of(store: Store, service: Service) -> ExpressService | None:
    """What makes this very service an Express service; not one of its name that is gone."""
    found = store.find(EXPRESS_SERVICES, "service", service.arn)
    return next((each for each in found if each.service_made_at == service.created_at), None)


def service_of_route(store: Store, route: IngressRoute) -> Service | None:
    """The very service that the route leads to, in any status."""
    service = store.get(SERVICES, route.service_arn)
    if service is None or service.created_at != route.service_made_at:
        return None
    return service


def is_route_needed(store: Store, route: IngressRoute) -> bool:
    """Whether its service is there, not INACTIVE, and led to: an Express service always is, another
    one while it is brought to it, may be brought back to it, or has targets left."""
    service = service_of_route(store, route)
    if service is None or service.status == "INACTIVE":
        return False
    return route.gateway_arn is None or _is_led_to(store, route, service)


def _is_led_to(store: Store, route: IngressRoute, service: Service) -> bool:
    deployments = store.find(DEPLOYMENTS, "service", service.arn)
    newest = newest_of(deployments)
    if newest is None or store.find(TARGETS, "target_group", route.target_group_arn):
        return True
    judged = [newest] if newest.rollout_state == "COMPLETED" else deployments
    for deployment in judged:
        revision = store.get(SERVICE_REVISIONS, deployment.revision_arn)
        groups = () if revision is None else revision.load_balancers
        if any(target.target_group_arn == route.target_group_arn for target in groups):
            return True
    return False


def rules_between(store: Store, route: IngressRoute) -> list[str]:
    """Ids of the rules that ECS made to let the balancer to the tasks."""
    front = route.balancer_group_id
    pairs = [(front, behind) for behind in route.task_groups]
    return [
        rule.id
        for group, peer in (*pairs, *((behind, front) for front, behind in pairs))
        for rule in store.find(SECURITY_GROUP_RULES, "group", group)
        if rule.referenced_group_id == peer and MANAGED in rule.tags
    ]


def cluster_of(route: IngressRoute) -> str:
    """The ARN of its service's cluster."""
    start, _, rest = route.service_arn.partition(":service/")
    return f"{start}:cluster/{rest.partition('/')[0]}"
