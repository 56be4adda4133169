"""Which Express service, and which ways in, belong to a service: asked by the API and by loops."""

from hostless.domain.express_services import ExpressService
from hostless.domain.ingress import IngressRoute
from hostless.domain.services import Service
from hostless.store.kinds import EXPRESS_SERVICES, SERVICES
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
