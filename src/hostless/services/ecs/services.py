"""Services that exist: describe, list, delete. Making and changing them have files of their own."""

from dataclasses import replace

from hostless.domain.clusters import Cluster
from hostless.domain.errors import InvalidParameter
from hostless.domain.services import Service
from hostless.services.ecs import requests_services as requests
from hostless.services.ecs.connect_namespaces import need_namespace
from hostless.services.ecs.listing import check_include, ecs_page
from hostless.services.ecs.references import need_cluster, need_service, service_arn_of
from hostless.services.ecs.service_picture import picture_of, present_revision
from hostless.services.ecs.service_views import service_view
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import SERVICE_REVISIONS, SERVICES
from hostless.store.store import Store

MOST_DESCRIBED = 10
_DEFAULT_PAGE = 10


class Services:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe(self, request: requests.DescribeServices, call: Call) -> Answer:
        check_include(request.include, ("TAGS",))
        if not request.services:
            raise InvalidParameter("Services cannot be empty.")
        if len(request.services) > MOST_DESCRIBED:
            raise InvalidParameter(f"services can have at most {MOST_DESCRIBED} items.")
        cluster = need_cluster(self._store, request.cluster, call.realm)
        arns = [service_arn_of(name, cluster.name, call.realm) for name in request.services]
        with_tags = "TAGS" in request.include
        shown, failures = [], []
        for arn in dict.fromkeys(arns):
            service = self._store.get(SERVICES, arn)
            if service is None:
                failures.append(failure_view(arn, "MISSING"))
            else:
                shown.append(service_view(picture_of(self._store, service), with_tags=with_tags))
        return {"services": shown, "failures": failures}

    async def list_services(self, request: requests.ListServices, call: Call) -> Answer:
        """Services on their way out are not listed."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        filters = (
            request.launch_type,
            request.scheduling_strategy,
            request.resource_management_type,
        )
        page = ecs_page(
            [service.arn for service in self._of(cluster) if self._matches(service, request)],
            lambda arn: (arn,),
            f"ListServices {cluster.arn} {filters}",
            max_results=request.max_results,
            token=request.next_token,
            default_size=_DEFAULT_PAGE,
        )
        return {"serviceArns": page.items, "nextToken": page.next_token}

    async def list_by_namespace(
        self, request: requests.ListServicesByNamespace, call: Call
    ) -> Answer:
        """Those that are in it, or are being brought into it, in whatever cluster."""
        namespace = need_namespace(self._store, request.namespace)
        arns = [
            revision.service_arn
            for revision in self._store.find(SERVICE_REVISIONS, "namespace", namespace.id)
            if (service := self._store.get(SERVICES, revision.service_arn)) is not None
            and service.status == "ACTIVE"
            and present_revision(self._store, service) == revision
        ]
        page = ecs_page(
            arns,
            lambda arn: (arn,),
            f"ListServicesByNamespace {namespace.id}",
            max_results=request.max_results,
            token=request.next_token,
            default_size=_DEFAULT_PAGE,
        )
        return {"serviceArns": page.items, "nextToken": page.next_token}

    async def delete(self, request: requests.DeleteService, call: Call) -> Answer:
        """Its tasks are stopped by the service controller, which then ends it."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        service = need_service(self._store, request.service, cluster.name, call.realm)
        if service.status != "ACTIVE":
            return {"service": service_view(picture_of(self._store, service))}
        if service.desired_count > 0 and not request.force:
            raise InvalidParameter("The service cannot be stopped while it is scaled above 0.")
        transaction = self._store.transaction("DeleteService")
        transaction.get(SERVICES, service.arn)
        draining = replace(service, status="DRAINING", desired_count=0)
        transaction.put(SERVICES, draining)
        await transaction.commit()
        return {"service": service_view(picture_of(self._store, draining))}

    def _of(self, cluster: Cluster) -> list[Service]:
        return self._store.find(SERVICES, "cluster", cluster.arn)

    def _matches(self, service: Service, request: requests.ListServices) -> bool:
        if service.status != "ACTIVE":
            return False
        if request.launch_type is not None:
            revision = present_revision(self._store, service)
            if revision.launch_type != request.launch_type:
                return False
        return request.scheduling_strategy in (
            None,
            "REPLICA",
        ) and request.resource_management_type in (None, service.resource_management_type)
