"""The history of services: their deployments and revisions, described, listed, stopped.

Stopping writes the wish; the service controller rolls back or ends the deployment.
"""

from dataclasses import replace

from hostless.domain.deployments import ENDED, ServiceDeployment, ServiceRevision
from hostless.domain.errors import ApiError, InvalidParameter
from hostless.services.ecs import requests_deployments as requests
from hostless.services.ecs.deployment_views import (
    service_deployment_brief_view,
    service_deployment_view,
    service_revision_view,
    status_of,
)
from hostless.services.ecs.express_views import ManagedPicture, managed_view
from hostless.services.ecs.gateway_routes import route_status
from hostless.services.ecs.gateway_views import connection_view
from hostless.services.ecs.listing import ecs_page
from hostless.services.ecs.references import check_arn, need_cluster, need_service
from hostless.services.ecs.service_picture import picture_of
from hostless.services.ecs.views import View, failure_view
from hostless.services.operation import Answer, Call
from hostless.store.ingress import express_of
from hostless.store.kinds import (
    INGRESS_ROUTES,
    LOAD_BALANCERS,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TARGET_GROUPS,
)
from hostless.store.store import Store

MOST_DESCRIBED = 20
_DEFAULT_PAGE = 20


class ServiceDeploymentNotFound(ApiError):
    code = "ServiceDeploymentNotFoundException"

    def __init__(self) -> None:
        super().__init__("The service deployment was not found.")  # our words


class ServiceDeployments:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe(self, request: requests.DescribeServiceDeployments, call: Call) -> Answer:
        shown, failures = [], []
        for arn in _checked(request.service_deployment_arns, "service-deployment"):
            attempt = self._store.get(SERVICE_DEPLOYMENTS, arn)
            if attempt is None:
                failures.append(failure_view(arn, "MISSING"))
            else:
                shown.append(self._view(attempt))
        return {"serviceDeployments": shown, "failures": failures}

    def _view(self, attempt: ServiceDeployment) -> View:
        service = self._store.get(SERVICES, attempt.service_arn)
        assert service is not None, "a service deployment goes with its service"
        return service_deployment_view(attempt, picture_of(self._store, service))

    async def describe_revisions(
        self, request: requests.DescribeServiceRevisions, call: Call
    ) -> Answer:
        shown, failures = [], []
        for arn in _checked(request.service_revision_arns, "service-revision"):
            revision = self._store.get(SERVICE_REVISIONS, arn)
            if revision is None:
                failures.append(failure_view(arn, "MISSING"))
            else:
                shown.append({**service_revision_view(revision), **self._managed(revision, call)})
        return {"serviceRevisions": shown, "failures": failures}

    def _managed(self, revision: ServiceRevision, call: Call) -> View:
        """What ECS made for an Express service, or for one that gateways lead to."""
        if revision.gateway_connectors:
            return {
                "ecsManagedResources": {"gatewayConnections": self._connections(revision, call)}
            }
        service = self._store.get(SERVICES, revision.service_arn)
        express = None if service is None else express_of(self._store, service)
        route = None if express is None else self._store.get(INGRESS_ROUTES, express.endpoint)
        if express is None or route is None:
            return {}
        made = ManagedPicture(
            express=express,
            route=route,
            balancer=self._store.get(LOAD_BALANCERS, route.load_balancer_arn),
            group=self._store.get(TARGET_GROUPS, route.target_group_arn),
        )
        return {"ecsManagedResources": managed_view(made, call.realm)}

    def _connections(self, revision: ServiceRevision, call: Call) -> list[View]:
        groups = {target.target_group_arn for target in revision.load_balancers}
        return [
            connection_view(route, route_status(self._store, route), call.realm)
            for route in self._store.find(INGRESS_ROUTES, "service", revision.service_arn)
            if route.target_group_arn in groups and route.gateway_arn is not None
        ]

    async def list_deployments(
        self, request: requests.ListServiceDeployments, call: Call
    ) -> Answer:
        """The newest first."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        service = need_service(self._store, request.service, cluster.name, call.realm)
        found = self._store.find(SERVICE_DEPLOYMENTS, "service", service.arn)
        page = ecs_page(
            [attempt for attempt in found if _matches(attempt, request)],
            lambda attempt: (f"{attempt.created_at:020.6f}", attempt.arn),
            f"ListServiceDeployments {service.arn} {request.status} {request.created_at}",
            max_results=request.max_results,
            token=request.next_token,
            descending=True,
            default_size=_DEFAULT_PAGE,
        )
        return {
            "serviceDeployments": [service_deployment_brief_view(a) for a in page.items],
            "nextToken": page.next_token,
        }

    async def stop(self, request: requests.StopServiceDeployment, call: Call) -> Answer:
        """What was asked first stands; a rollback that is under way goes on."""
        attempt = self._need(request.service_deployment_arn)
        if attempt.status in ENDED:
            raise ApiError(  # our words
                f"The service deployment is {attempt.status} and cannot be stopped.",
                code="ConflictException",
            )
        transaction = self._store.transaction("StopServiceDeployment")
        transaction.get(SERVICE_DEPLOYMENTS, attempt.arn)
        if attempt.stop_request is None and attempt.rollback is None:
            wish = request.stop_type or "ROLLBACK"
            asked = replace(attempt, stop_request=wish, updated_at=call.now)
            transaction.put(SERVICE_DEPLOYMENTS, asked)
        await transaction.commit()
        return {"serviceDeploymentArn": attempt.arn}

    async def continue_deployment(
        self, request: requests.ContinueServiceDeployment, call: Call
    ) -> Answer:
        """Only lifecycle hooks pause a deployment, and rolling updates here have none."""
        self._need(request.service_deployment_arn)
        raise InvalidParameter(  # our words
            f"The service deployment has no paused lifecycle hook with the id {request.hook_id}."
        )

    def _need(self, arn: str) -> ServiceDeployment:
        check_arn(arn, "service-deployment")
        attempt = self._store.get(SERVICE_DEPLOYMENTS, arn)
        if attempt is None:
            raise ServiceDeploymentNotFound
        return attempt


def _checked(arns: tuple[str, ...], resource_type: str) -> tuple[str, ...]:
    """Each once. Raises InvalidParameter."""
    name = (
        "serviceDeploymentArns"
        if resource_type == "service-deployment"
        else ("serviceRevisionArns")
    )
    if not arns:
        raise InvalidParameter(f"{name[0].upper()}{name[1:]} cannot be empty.")
    if len(arns) > MOST_DESCRIBED:
        raise InvalidParameter(f"{name} can have at most {MOST_DESCRIBED} items.")
    for arn in arns:
        check_arn(arn, resource_type)
    return tuple(dict.fromkeys(arns))


def _matches(attempt: ServiceDeployment, request: requests.ListServiceDeployments) -> bool:
    """Moments are compared as callers see them, in milliseconds."""
    span = request.created_at or requests.CreatedAt()
    created_at = round(attempt.created_at, 3)
    return (
        (not request.status or status_of(attempt) in request.status)
        and (span.before is None or created_at < round(span.before, 3))
        and (span.after is None or created_at > round(span.after, 3))
    )
