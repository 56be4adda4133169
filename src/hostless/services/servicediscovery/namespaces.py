"""Namespaces: make, change, delete, show."""

from dataclasses import dataclass, replace

from hostless.domain.arns import VpcId
from hostless.domain.discovery_rules import name_refusal
from hostless.domain.new_discovery import new_namespace
from hostless.domain.service_discovery import Namespace, NamespaceType
from hostless.domain.tags import Tag
from hostless.kit.ids import Ids
from hostless.services.operation import Answer, Call
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.errors import (
    InvalidInput,
    NamespaceAlreadyExists,
    ResourceInUse,
    duplicate_request,
)
from hostless.services.servicediscovery.listing import (
    Filterable,
    filter_words,
    filtered,
    page,
)
from hostless.services.servicediscovery.references import need_namespace
from hostless.services.servicediscovery.tags import check_tags
from hostless.services.servicediscovery.views import namespace_summary, namespace_view
from hostless.services.servicediscovery.working import Operations
from hostless.store.kinds import DISCOVERY_SERVICES, NAMESPACES, VPCS
from hostless.store.store import Store

DEFAULT_SOA_TTL_SECONDS = 15
_NO_VPC = (
    "CANNOT_CREATE_HOSTED_ZONE",
    "The VPC ID that you specified either isn't a valid ID or the current account is not "
    "authorized to access this VPC. (Service: AmazonRoute53; Status Code: 400; "
    "Error Code: InvalidVPCId)",
)
"""AWS finds out after it has answered; the sentence is that of Route 53's API reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    name: str
    type: NamespaceType
    vpc_id: VpcId | None
    soa_ttl_seconds: int | None
    description: str | None
    creator_request_id: str | None
    tags: tuple[Tag, ...]

    def made(self, namespace: Namespace) -> bool:
        """Whether the namespace is what this request, made before, has led to."""
        mine = (self.name, self.type, self.vpc_id)
        return mine == (namespace.name, namespace.type, namespace.vpc_id)


class Namespaces:
    def __init__(self, store: Store, ids: Ids, operations: Operations) -> None:
        self._store = store
        self._ids = ids
        self._operations = operations

    async def create_http(self, request: requests.CreateHttpNamespace, call: Call) -> Answer:
        wanted = _Wanted(
            name=request.name,
            type="HTTP",
            vpc_id=None,
            soa_ttl_seconds=None,
            description=request.description,
            creator_request_id=request.creator_request_id,
            tags=request.tags,
        )
        return await self._create(wanted, call)

    async def create_public(self, request: requests.CreatePublicDnsNamespace, call: Call) -> Answer:
        wanted = _Wanted(
            name=request.name,
            type="DNS_PUBLIC",
            vpc_id=None,
            soa_ttl_seconds=_soa_ttl_in(request.properties, DEFAULT_SOA_TTL_SECONDS),
            description=request.description,
            creator_request_id=request.creator_request_id,
            tags=request.tags,
        )
        return await self._create(wanted, call)

    async def create_private(
        self, request: requests.CreatePrivateDnsNamespace, call: Call
    ) -> Answer:
        wanted = _Wanted(
            name=request.name,
            type="DNS_PRIVATE",
            vpc_id=VpcId(request.vpc),
            soa_ttl_seconds=_soa_ttl_in(request.properties, DEFAULT_SOA_TTL_SECONDS),
            description=request.description,
            creator_request_id=request.creator_request_id,
            tags=request.tags,
        )
        return await self._create(wanted, call)

    async def _create(self, wanted: _Wanted, call: Call) -> Answer:
        """Only what AWS does after its answer can fail in the operation: making the zone."""
        check_tags(wanted.tags)
        refused = None if wanted.type == "HTTP" else name_refusal(wanted.name)
        if refused is not None:
            raise InvalidInput(refused)
        before = self._find_made_by(wanted.creator_request_id)
        if before is not None:
            if not wanted.made(before):
                raise duplicate_request(str(wanted.creator_request_id))
            return {"OperationId": before.operation_id}
        self._refuse_taken_name(wanted)
        transaction = self._store.transaction("CreateNamespace")
        namespace = self._new(wanted, call)
        failure = None
        if wanted.vpc_id is not None and transaction.get(VPCS, wanted.vpc_id) is None:
            failure = _NO_VPC
        else:
            transaction.put(NAMESPACES, namespace)
        self._operations.record(
            transaction,
            "CREATE_NAMESPACE",
            {"NAMESPACE": namespace.id},
            call,
            operation_id=namespace.operation_id,
            namespace_id=namespace.id,
            failure=failure,
        )
        await transaction.commit()
        return {"OperationId": namespace.operation_id}

    def _new(self, wanted: _Wanted, call: Call) -> Namespace:
        is_taken = bool(self._store.find(NAMESPACES, "http_name", wanted.name))
        bare = new_namespace(
            call.realm,
            wanted.name,
            wanted.type,
            self._ids,
            call.now,
            is_http_name_taken=is_taken,
        )
        return replace(
            bare,
            vpc_id=wanted.vpc_id,
            soa_ttl_seconds=wanted.soa_ttl_seconds,
            description=wanted.description,
            creator_request_id=wanted.creator_request_id,
            tags=wanted.tags,
        )

    def _find_made_by(self, creator_request_id: str | None) -> Namespace | None:
        if creator_request_id is None:
            return None
        made = (n for n in self._store.all(NAMESPACES) if n.creator_request_id)
        return next((n for n in made if n.creator_request_id == creator_request_id), None)

    def _refuse_taken_name(self, wanted: _Wanted) -> None:
        """A private name can be had once in each VPC, any other one once."""
        named = self._store.find(NAMESPACES, "name", wanted.name.lower())
        for each in named:
            is_alike = each.type == wanted.type and each.vpc_id == wanted.vpc_id
            if is_alike and (wanted.type != "HTTP" or each.name == wanted.name):
                raise NamespaceAlreadyExists(
                    "The namespace that you're trying to create already exists.",
                    members={
                        "CreatorRequestId": each.creator_request_id,
                        "NamespaceId": each.id,
                    },
                )

    async def get(self, request: requests.NamedById, call: Call) -> Answer:
        namespace = need_namespace(self._store, request.id, call.realm)
        return {"Namespace": namespace_view(namespace, self._count(namespace), call.realm)}

    async def list(self, request: requests.Listing, call: Call) -> Answer:
        known: dict[str, Filterable[Namespace]] = {
            "TYPE": Filterable(value_of=lambda n: n.type, conditions=("EQ", "BEGINS_WITH")),
            "NAME": Filterable(value_of=lambda n: n.name, conditions=("EQ", "BEGINS_WITH")),
            "HTTP_NAME": Filterable(
                value_of=lambda n: n.http_name, conditions=("EQ", "BEGINS_WITH")
            ),
            "RESOURCE_OWNER": Filterable(value_of=lambda n: "SELF", conditions=("EQ",)),
        }
        found = filtered(tuple(self._store.all(NAMESPACES)), request.filters, known)
        shown = page(
            found,
            lambda n: (n.id,),
            f"namespaces {filter_words(request.filters)}",
            request.max_results,
            request.next_token,
        )
        views = [namespace_summary(each, self._count(each), call.realm) for each in shown.items]
        return {"Namespaces": views, "NextToken": shown.next_token}

    async def delete(self, request: requests.NamedById, call: Call) -> Answer:
        transaction = self._store.transaction("DeleteNamespace")
        namespace = need_namespace(transaction, request.id, call.realm)
        if self._count(namespace):
            raise ResourceInUse(
                "Namespace has associated services; delete the services before deleting the "
                "namespace"
            )
        transaction.delete(NAMESPACES, namespace.id)
        operation = self._operations.record(
            transaction,
            "DELETE_NAMESPACE",
            {"NAMESPACE": namespace.id},
            call,
            namespace_id=namespace.id,
        )
        await transaction.commit()
        return {"OperationId": operation}

    async def update_http(self, request: requests.UpdateHttpNamespace, call: Call) -> Answer:
        change = requests.DnsNamespaceChange(description=request.namespace.description)
        return await self._update(request.id, "HTTP", change, call)

    async def update_private(self, request: requests.UpdateDnsNamespace, call: Call) -> Answer:
        return await self._update(request.id, "DNS_PRIVATE", request.namespace, call)

    async def update_public(self, request: requests.UpdateDnsNamespace, call: Call) -> Answer:
        return await self._update(request.id, "DNS_PUBLIC", request.namespace, call)

    async def _update(
        self, given: str, kind: NamespaceType, change: requests.DnsNamespaceChange, call: Call
    ) -> Answer:
        transaction = self._store.transaction("UpdateNamespace")
        namespace = need_namespace(transaction, given, call.realm)
        if namespace.type != kind:
            raise InvalidInput(f"The namespace {namespace.id} is of type {namespace.type}.")
        ttl = _soa_ttl_in(change.properties, namespace.soa_ttl_seconds)
        described = namespace.description if change.description is None else change.description
        after = replace(namespace, description=described, soa_ttl_seconds=ttl)
        transaction.put(NAMESPACES, after)
        operation = self._operations.record(
            transaction,
            "UPDATE_NAMESPACE",
            {"NAMESPACE": namespace.id},
            call,
            namespace_id=namespace.id,
        )
        await transaction.commit()
        return {"OperationId": operation}

    def _count(self, namespace: Namespace) -> int:
        return self._store.table(DISCOVERY_SERVICES).count("namespace", namespace.id)


def _soa_ttl_in(properties: requests.Properties | None, otherwise: int | None) -> int | None:
    """Raises InvalidInput. The bound is DNS's own (RFC 2181, section 8)."""
    if properties is None:
        return otherwise
    return checked_ttl(properties.dns_properties.soa.ttl)


def checked_ttl(seconds: int) -> int:
    """Raises InvalidInput."""
    if not 0 <= seconds <= 2**31 - 1:
        raise InvalidInput(f"TTL must be between 0 and {2**31 - 1}, not {seconds}.")
    return seconds
