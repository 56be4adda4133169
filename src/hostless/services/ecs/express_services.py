"""Express services: one call makes a service and everything that requests take to reach it.

All of it is written in one transaction, as records of the services that they belong to; the other
controllers see and do. A service that is deleted is ended by the service controller, and what was
made for it is taken away by the ingress controller. Sentences are AWS's own, except where a comment
says "our words".
"""

from dataclasses import replace
from typing import Any

from hostless.compute.seam import Capabilities
from hostless.domain.clusters import Cluster
from hostless.domain.errors import ApiError, InvalidParameter
from hostless.domain.express_services import ExpressService
from hostless.domain.fargate_sizes import sizes_offered
from hostless.domain.services import Service
from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.services.ecs import not_acted_on
from hostless.services.ecs import requests_express as requests
from hostless.services.ecs.errors import ResourceNotFound, ServiceNotFound
from hostless.services.ecs.express_changing import ExpressUpdater
from hostless.services.ecs.express_making import ExpressMaker
from hostless.services.ecs.express_views import (
    ConfigurationPicture,
    ExpressPicture,
    express_view,
    updated_view,
)
from hostless.services.ecs.ingress import IngressMaker
from hostless.services.ecs.listing import check_include
from hostless.services.ecs.references import named_service
from hostless.services.ecs.revision_content import Machine
from hostless.services.ecs.service_picture import need_revision, picture_of
from hostless.services.operation import Answer, Call, Operation
from hostless.store.ingress import express_of
from hostless.store.kinds import INGRESS_ROUTES, SERVICES, TASK_DEFINITIONS
from hostless.store.store import Store


class ExpressServices:
    def __init__(self, store: Store, maker: ExpressMaker, updater: ExpressUpdater) -> None:
        self._store = store
        self._maker = maker
        self._updater = updater

    async def create(self, request: requests.CreateExpressGatewayService, call: Call) -> Answer:
        transaction = self._store.transaction("CreateExpressGatewayService")
        service = self._maker.make(transaction, request, call)
        await transaction.commit()
        return {"service": express_view(self._picture(service), with_tags=True)}

    async def describe(self, request: requests.DescribeExpressGatewayService, call: Call) -> Answer:
        check_include(request.include, ("TAGS",))
        _, service = named_service(self._store, request.service_arn, call.realm)
        if service is None:
            raise ResourceNotFound
        with_tags = "TAGS" in request.include
        return {"service": express_view(self._picture(service), with_tags=with_tags)}

    async def update(self, request: requests.UpdateExpressGatewayService, call: Call) -> Answer:
        cluster, service = self._need_one(request.service_arn, call)
        express = self._need_express(service)
        _check_status(service, "ACTIVE")
        transaction = self._store.transaction("UpdateExpressGatewayService")
        self._updater.change(transaction, request, cluster, express, call)
        await transaction.commit()
        return {"service": updated_view(self._picture(self._need_one(service.arn, call)[1]))}

    async def delete(self, request: requests.DeleteExpressGatewayService, call: Call) -> Answer:
        """One that is on its way out stays so."""
        _, service = self._need_one(request.service_arn, call)
        self._need_express(service)
        _check_status(service, "ACTIVE", "DRAINING")
        transaction = self._store.transaction("DeleteExpressGatewayService")
        transaction.get(SERVICES, service.arn)
        draining = replace(service, status="DRAINING", desired_count=0)
        if draining != service:
            transaction.put(SERVICES, draining)
        await transaction.commit()
        return {"service": express_view(self._picture(draining))}

    def _need_one(self, arn: str, call: Call) -> tuple[Cluster, Service]:
        cluster, service = named_service(self._store, arn, call.realm)
        if service is None:
            raise ServiceNotFound
        return cluster, service

    def _need_express(self, service: Service) -> ExpressService:
        express = express_of(self._store, service)
        if express is None:
            raise InvalidParameter(  # our words
                f"The service {service.arn} is not an Express service."
            )
        return express

    def _picture(self, service: Service) -> ExpressPicture:
        express, picture = self._need_express(service), picture_of(self._store, service)
        shown = []
        for arn in picture.by_revision:
            revision = need_revision(self._store, arn)
            shown.append(
                ConfigurationPicture(
                    configuration=express.configuration_of(arn) or express.newest,
                    revision=revision,
                    definition=self._store.get(TASK_DEFINITIONS, revision.definition_arn),
                )
            )
        attempt = picture.newest_attempt
        return ExpressPicture(
            service=service,
            express=express,
            route=self._store.get(INGRESS_ROUTES, express.endpoint),
            configurations=tuple(shown),
            current_deployment=None if attempt is None else attempt.arn,
        )


def express_operations(
    store: Store,
    ids: Ids,
    settings: Settings,
    capabilities: Capabilities,
    ingress: IngressMaker,
) -> tuple[Operation[Any], ...]:
    quotas = settings.api_limits.quotas
    sizes = sizes_offered(has_32_vcpu=settings.offers_32_vcpu)
    machine = Machine(capabilities=capabilities, sizes=sizes, quotas=quotas)
    noun = ExpressServices(
        store,
        ExpressMaker(store, ids, machine, ingress),
        ExpressUpdater(store, ids, machine, ingress),
    )
    return (
        Operation(
            name="CreateExpressGatewayService",
            request=requests.CreateExpressGatewayService,
            perform=noun.create,
            not_acted_on=not_acted_on.EXPRESS_SERVICES,
        ),
        Operation(
            name="DescribeExpressGatewayService",
            request=requests.DescribeExpressGatewayService,
            perform=noun.describe,
        ),
        Operation(
            name="UpdateExpressGatewayService",
            request=requests.UpdateExpressGatewayService,
            perform=noun.update,
            not_acted_on={
                name: why
                for name, why in not_acted_on.EXPRESS_SERVICES.items()
                if name != "infrastructureRoleArn"
            },
        ),
        Operation(
            name="DeleteExpressGatewayService",
            request=requests.DeleteExpressGatewayService,
            perform=noun.delete,
        ),
    )


def _check_status(service: Service, *allowed: str) -> None:
    if service.status not in allowed:
        raise ApiError(
            f"Cannot perform this operation on a service in {service.status} status.",
            code="ServiceNotActiveException",
        )
