"""Services of a namespace: make, change, delete, show, and their attributes."""

from dataclasses import replace

from hostless.domain.discovery_rules import name_refusal
from hostless.domain.new_discovery import new_discovery_service
from hostless.domain.service_discovery import (
    DiscoveryService,
    DnsConfig,
    HealthCheckConfig,
    Namespace,
    host_name_of,
)
from hostless.kit.ids import Ids
from hostless.services.operation import Answer, Call
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.errors import (
    InvalidInput,
    ResourceInUse,
    ServiceAlreadyExists,
    ServiceAttributesLimitExceeded,
)
from hostless.services.servicediscovery.listing import (
    Filterable,
    filter_words,
    filtered,
    page,
)
from hostless.services.servicediscovery.references import (
    id_in,
    need_namespace,
    need_service,
)
from hostless.services.servicediscovery.settings import (
    changed_dns,
    check_health_checks,
    dns_config_of,
    health_check_of,
)
from hostless.services.servicediscovery.tags import check_tags
from hostless.services.servicediscovery.views import service_summary, service_view
from hostless.services.servicediscovery.working import Operations
from hostless.store.kinds import DISCOVERY_INSTANCES, DISCOVERY_SERVICES
from hostless.store.store import Store

MOST_ATTRIBUTES = 30


class Services:
    def __init__(self, store: Store, ids: Ids, operations: Operations) -> None:
        self._store = store
        self._ids = ids
        self._operations = operations

    async def create(self, request: requests.CreateService, call: Call) -> Answer:
        check_tags(request.tags)
        transaction = self._store.transaction("CreateService")
        namespace = need_namespace(transaction, _namespace_in(request), call.realm)
        dns = dns_config_of(request, namespace)
        check = health_check_of(request.health_check_config)
        check_health_checks(request, namespace, dns, check)
        service = self._new(request, namespace, dns, check, call)
        refused = None if dns is None else name_refusal(host_name_of(service, namespace))
        if refused is not None:
            raise InvalidInput(refused)
        before = self._find_named(service.name, namespace)
        if before is not None and not _is_same_request(before, service):
            raise ServiceAlreadyExists(
                f"The service can't be created because a service with the same name already "
                f"exists: {before.id}",
                members={
                    "CreatorRequestId": before.creator_request_id,
                    "ServiceId": before.id,
                    "ServiceArn": before.arn,
                },
            )
        if before is None:
            transaction.put(DISCOVERY_SERVICES, service)
            await transaction.commit()
        made = before or service
        return {"Service": service_view(made, self._count(made), call.realm)}

    def _new(
        self,
        request: requests.CreateService,
        namespace: Namespace,
        dns: DnsConfig | None,
        check: HealthCheckConfig | None,
        call: Call,
    ) -> DiscoveryService:
        bare = new_discovery_service(call.realm, request.name, namespace, self._ids, call.now)
        return replace(
            bare,
            type="HTTP" if dns is None else "DNS_HTTP",
            dns_config=dns,
            health_check=check,
            has_custom_health=request.health_check_custom_config is not None,
            description=request.description,
            creator_request_id=request.creator_request_id,
            tags=request.tags,
        )

    def _find_named(self, name: str, namespace: Namespace) -> DiscoveryService | None:
        """DNS does not tell upper case from lower case."""
        is_http = namespace.type == "HTTP"
        for each in self._store.find(DISCOVERY_SERVICES, "namespace", namespace.id):
            if each.name == name or (not is_http and each.name.lower() == name.lower()):
                return each
        return None

    async def get(self, request: requests.NamedById, call: Call) -> Answer:
        service = need_service(self._store, request.id, call.realm)
        return {"Service": service_view(service, self._count(service), call.realm)}

    async def list(self, request: requests.Listing, call: Call) -> Answer:
        known: dict[str, Filterable[DiscoveryService]] = {
            "NAMESPACE_ID": Filterable(value_of=lambda s: s.namespace_id, conditions=("EQ",)),
            "RESOURCE_OWNER": Filterable(value_of=lambda s: "SELF", conditions=("EQ",)),
        }
        by_id = tuple(
            replace(each, values=tuple(id_in(v, call.realm, "namespace") for v in each.values))
            for each in request.filters
        )
        found = filtered(tuple(self._store.all(DISCOVERY_SERVICES)), by_id, known)
        shown = page(
            found,
            lambda s: (s.id,),
            f"services {filter_words(request.filters)}",
            request.max_results,
            request.next_token,
        )
        views = [service_summary(each, self._count(each), call.realm) for each in shown.items]
        return {"Services": views, "NextToken": shown.next_token}

    async def update(self, request: requests.UpdateService, call: Call) -> Answer:
        """A health check that is not named goes, as AWS's reference says; types of records stay."""
        transaction = self._store.transaction("UpdateService")
        service = need_service(transaction, request.id, call.realm)
        namespace = need_namespace(transaction, service.namespace_id, call.realm)
        change = request.service
        if namespace.type == "HTTP" and (change.dns_config or change.health_check_config):
            raise InvalidInput("Settings of a service in an HTTP namespace can't be updated.")
        check = health_check_of(change.health_check_config)
        if check is not None and (namespace.type == "DNS_PRIVATE" or service.has_custom_health):
            raise InvalidInput("HealthCheckConfig can't be used with this service.")
        if check is None and namespace.type == "HTTP":
            check = service.health_check
        dns = changed_dns(service, change.dns_config)
        described = service.description if change.description is None else change.description
        after = replace(service, description=described, dns_config=dns, health_check=check)
        transaction.put(DISCOVERY_SERVICES, after)
        operation = self._operations.record(
            transaction,
            "UPDATE_SERVICE",
            {"SERVICE": service.id},
            call,
            namespace_id=service.namespace_id,
            service_id=service.id,
        )
        await transaction.commit()
        return {"OperationId": operation}

    async def delete(self, request: requests.NamedById, call: Call) -> Answer:
        transaction = self._store.transaction("DeleteService")
        service = need_service(transaction, request.id, call.realm)
        if self._count(service):
            raise ResourceInUse(
                "Service contains registered instances; delete the instances before deleting "
                "the service"
            )
        transaction.delete(DISCOVERY_SERVICES, service.id)
        await transaction.commit()
        return {}

    async def get_attributes(self, request: requests.GetServiceAttributes, call: Call) -> Answer:
        service = need_service(self._store, request.service_id, call.realm)
        return {
            "ServiceAttributes": {
                "ServiceArn": service.arn,
                "ResourceOwner": call.realm.account_id,
                "Attributes": service.attributes,
            }
        }

    async def update_attributes(
        self, request: requests.UpdateServiceAttributes, call: Call
    ) -> Answer:
        transaction = self._store.transaction("UpdateServiceAttributes")
        service = need_service(transaction, request.service_id, call.realm)
        joined = {**service.attributes, **request.attributes}
        if len(joined) > MOST_ATTRIBUTES:
            raise ServiceAttributesLimitExceeded(
                f"A service can have at most {MOST_ATTRIBUTES} attributes."
            )
        transaction.put(DISCOVERY_SERVICES, replace(service, attributes=joined))
        await transaction.commit()
        return {}

    async def delete_attributes(
        self, request: requests.DeleteServiceAttributes, call: Call
    ) -> Answer:
        transaction = self._store.transaction("DeleteServiceAttributes")
        service = need_service(transaction, request.service_id, call.realm)
        left = {k: v for k, v in service.attributes.items() if k not in request.attributes}
        transaction.put(DISCOVERY_SERVICES, replace(service, attributes=left))
        await transaction.commit()
        return {}

    def _count(self, service: DiscoveryService) -> int:
        return self._store.table(DISCOVERY_INSTANCES).count("service", service.id)


def _namespace_in(request: requests.CreateService) -> str:
    """The older member within DnsConfig does as well. Raises InvalidInput."""
    older = None if request.dns_config is None else request.dns_config.namespace_id
    given = request.namespace_id or older
    if not given:
        raise InvalidInput("Service namespace id cannot be null")
    if older and request.namespace_id and older != request.namespace_id:
        raise InvalidInput("NamespaceId and DnsConfig's NamespaceId are not the same.")
    return given


def _is_same_request(before: DiscoveryService, new: DiscoveryService) -> bool:
    """A request that was made before, as its CreatorRequestId says, is answered again."""
    if new.creator_request_id is None:
        return False
    again = replace(
        new,
        id=before.id,
        arn=before.arn,
        created_at=before.created_at,
        attributes=before.attributes,
        instances_revision=before.instances_revision,
        tags=before.tags,
    )
    return again == before
