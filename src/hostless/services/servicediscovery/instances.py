"""Instances of a service: register, deregister, show, and how they are."""

from dataclasses import replace
from typing import cast

from hostless.domain.arns import InstanceId
from hostless.domain.discovery_rules import instance_refusal
from hostless.domain.service_discovery import (
    INIT_HEALTH,
    CustomHealth,
    DiscoveryInstance,
    DiscoveryService,
    instance_key,
    with_next_revision,
)
from hostless.services.operation import Answer, Call
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.errors import (
    CustomHealthNotFound,
    InvalidInput,
    ResourceLimitExceeded,
    duplicate_request,
)
from hostless.services.servicediscovery.listing import page
from hostless.services.servicediscovery.references import (
    need_instance,
    need_namespace,
    need_service,
)
from hostless.services.servicediscovery.views import health_of, instance_summary, instance_view
from hostless.services.servicediscovery.working import Operations
from hostless.store.kinds import DISCOVERY_INSTANCES, DISCOVERY_SERVICES
from hostless.store.store import Store

MOST_INSTANCES = 1_000
"""Of one service (Cloud Map Developer Guide, "AWS Cloud Map service quotas")."""


class Instances:
    def __init__(self, store: Store, operations: Operations) -> None:
        self._store = store
        self._operations = operations

    async def register(self, request: requests.RegisterInstance, call: Call) -> Answer:
        """An instance of that id is replaced; its health begins anew."""
        transaction = self._store.transaction("RegisterInstance")
        service = need_service(transaction, request.service_id, call.realm)
        namespace = need_namespace(transaction, service.namespace_id, call.realm)
        refused = instance_refusal(request.instance_id, request.attributes, service, namespace)
        if refused is not None:
            raise InvalidInput(refused)
        before = transaction.get(DISCOVERY_INSTANCES, instance_key(service.id, request.instance_id))
        made = self._find_made_by(request.creator_request_id, service)
        if made is not None:
            if made is not before or made.attributes != request.attributes:
                raise duplicate_request(str(request.creator_request_id))
            return {"OperationId": made.operation_id}
        if before is None and self._count(service) >= MOST_INSTANCES:
            raise ResourceLimitExceeded(
                f"The service {service.id} has {MOST_INSTANCES} instances, the most there can be."
            )
        instance = DiscoveryInstance(
            id=InstanceId(request.instance_id),
            service_id=service.id,
            attributes=request.attributes,
            custom_health=cast(CustomHealth, request.attributes.get(INIT_HEALTH, "HEALTHY")),
            created_at=call.now,
            operation_id=self._operations.new_id(),
            creator_request_id=request.creator_request_id,
        )
        transaction.put(DISCOVERY_INSTANCES, instance)
        transaction.put(DISCOVERY_SERVICES, with_next_revision(service))
        self._operations.record(
            transaction,
            "REGISTER_INSTANCE",
            {"INSTANCE": instance.id, "SERVICE": service.id},
            call,
            operation_id=instance.operation_id,
            namespace_id=service.namespace_id,
            service_id=service.id,
        )
        await transaction.commit()
        return {"OperationId": instance.operation_id}

    async def deregister(self, request: requests.NamedInstance, call: Call) -> Answer:
        transaction = self._store.transaction("DeregisterInstance")
        service = need_service(transaction, request.service_id, call.realm)
        instance = need_instance(transaction, service, request.instance_id)
        transaction.delete(DISCOVERY_INSTANCES, instance_key(service.id, instance.id))
        transaction.put(DISCOVERY_SERVICES, with_next_revision(service))
        operation = self._operations.record(
            transaction,
            "DEREGISTER_INSTANCE",
            {"INSTANCE": instance.id, "SERVICE": service.id},
            call,
            namespace_id=service.namespace_id,
            service_id=service.id,
        )
        await transaction.commit()
        return {"OperationId": operation}

    async def get(self, request: requests.NamedInstance, call: Call) -> Answer:
        service = need_service(self._store, request.service_id, call.realm)
        instance = need_instance(self._store, service, request.instance_id)
        return {
            "Instance": instance_view(instance, call.realm),
            "ResourceOwner": call.realm.account_id,
        }

    async def list(self, request: requests.ListInstances, call: Call) -> Answer:
        service = need_service(self._store, request.service_id, call.realm)
        shown = page(
            self._store.find(DISCOVERY_INSTANCES, "service", service.id),
            lambda i: (i.id,),
            f"instances of {service.id}",
            request.max_results,
            request.next_token,
        )
        return {
            "Instances": [instance_summary(each, call.realm) for each in shown.items],
            "ResourceOwner": call.realm.account_id,
            "NextToken": shown.next_token,
        }

    async def set_health(
        self, request: requests.UpdateInstanceCustomHealthStatus, call: Call
    ) -> Answer:
        """At once; AWS lets about 30 seconds pass (HealthCheckCustomConfig)."""
        transaction = self._store.transaction("UpdateInstanceCustomHealthStatus")
        service = need_service(transaction, request.service_id, call.realm)
        instance = need_instance(transaction, service, request.instance_id)
        if not service.has_custom_health:
            raise CustomHealthNotFound(
                "The health check for the instance that's specified by ServiceId and InstanceId "
                "isn't a custom health check."
            )
        status = cast(CustomHealth, request.status)
        transaction.put(DISCOVERY_INSTANCES, replace(instance, custom_health=status))
        await transaction.commit()
        return None

    async def get_health(self, request: requests.GetInstancesHealthStatus, call: Call) -> Answer:
        service = need_service(self._store, request.service_id, call.realm)
        if request.instances:
            named = dict.fromkeys(request.instances)
            found = [need_instance(self._store, service, each) for each in named]
        else:
            found = self._store.find(DISCOVERY_INSTANCES, "service", service.id)
        shown = page(
            found,
            lambda i: (i.id,),
            f"health of {service.id} {','.join(request.instances)}",
            request.max_results,
            request.next_token,
        )
        return {
            "Status": {each.id: health_of(each, service) for each in shown.items},
            "NextToken": shown.next_token,
        }

    def _find_made_by(
        self, creator_request_id: str | None, service: DiscoveryService
    ) -> DiscoveryInstance | None:
        if creator_request_id is None:
            return None
        key = f"{service.id} {creator_request_id}"
        return next(iter(self._store.find(DISCOVERY_INSTANCES, "creator", key)), None)

    def _count(self, service: DiscoveryService) -> int:
        return self._store.table(DISCOVERY_INSTANCES).count("service", service.id)
