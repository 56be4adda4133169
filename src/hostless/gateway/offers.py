"""All operations that are offered, by service and name, each prepared when first called."""

from collections.abc import Sequence

from hostless.domain.errors import ApiError
from hostless.gateway.offer import Offer
from hostless.protocols.constraints import Constraints
from hostless.protocols.faults import UnknownOperation
from hostless.protocols.routing import Route
from hostless.services.operation import Operation, ServiceApi


class _OfferedService:
    def __init__(self, api: ServiceApi) -> None:
        self.style = api.validation_style
        self.operations = {operation.name: operation for operation in api.operations}
        if len(self.operations) != len(api.operations):
            raise ValueError(f"{api.name} has an operation twice")
        self.constraints = Constraints()
        self.prepared: dict[str, Offer] = {}


class Offers:
    """services: each by botocore's name, once."""

    def __init__(self, services: Sequence[ServiceApi]) -> None:
        self._services = {api.name: _OfferedService(api) for api in services}
        if len(self._services) != len(services):
            raise ValueError("a service is there twice")

    def need(self, route: Route) -> Offer:
        """The operation at a route; UnknownOperation when AWS has it and hostless does not yet."""
        service = self._services[route.service.name]
        name = route.operation.name
        if name not in service.prepared:
            operation = service.operations.get(name)
            if operation is None:
                raise _not_yet(route)
            service.prepared[name] = self._prepare(service, operation, route)
        return service.prepared[name]

    def _prepare(self, service: _OfferedService, operation: Operation, route: Route) -> Offer:  # type: ignore[type-arg]
        return Offer(route.operation, operation, service.style, service.constraints)


def _not_yet(route: Route) -> ApiError:
    name, service = route.operation.name, route.service.name
    is_form = route.protocol.name in ("query", "ec2")
    return UnknownOperation(
        f"The operation {name} of {service} exists on AWS, but hostless does not offer it yet.",
        code="InvalidAction" if is_form else "UnknownOperationException",
    )
