"""What the proxies of a deployment's tasks are to do: settled once, when the deployment begins.

Who serves behind the names afterwards is no part of it (`service_connect.Endpoint`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from hostless.domain.container_definitions import PortMapping
from hostless.domain.network_rules import ports_of
from hostless.domain.service_connect import (
    PROXY_NAME_PREFIX,
    AppProtocol,
    ConnectResource,
    ConnectService,
    ConnectTimeouts,
    Ingress,
    ServiceConnectConfiguration,
    TaskConnect,
    Upstream,
)
from hostless.domain.service_discovery import Namespace
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.ids import Ids

FIRST_LISTEN_PORT = 15_000
"""Of the ports that a proxy listens on where none is asked for; those in use are passed over."""
_FIRST_ADDRESS = IPv4Address("127.255.0.1")
_NAME_LETTERS = 5
_HTTP_IDLE_SECONDS, _TCP_IDLE_SECONDS = 300, 3600
"""ECS API, TimeoutConfiguration."""
_REQUEST_SECONDS = 15
"""AWS CDK, ServiceConnectService `perRequestTimeout`: what holds where nothing is said."""
_APP_PROTOCOLS: dict[str | None, AppProtocol] = {"http": "http", "http2": "http2", "grpc": "grpc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A service of the namespace. definition: of its tasks; it names the ports."""

    configuration: ServiceConnectConfiguration
    definition: TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """A port of a service, with all that is said of it."""

    service: ConnectService
    resource: ConnectResource
    mapping: PortMapping

    @property
    def protocol(self) -> AppProtocol:
        return _APP_PROTOCOLS.get(self.mapping.app_protocol, "tcp")

    @property
    def idle_seconds(self) -> int:
        asked = (self.service.timeout or ConnectTimeouts()).idle_timeout_seconds
        default = _TCP_IDLE_SECONDS if self.protocol == "tcp" else _HTTP_IDLE_SECONDS
        return default if asked is None else asked

    @property
    def request_seconds(self) -> int:
        if self.protocol == "tcp":
            return 0
        asked = (self.service.timeout or ConnectTimeouts()).per_request_timeout_seconds
        return _REQUEST_SECONDS if asked is None else asked

    @property
    def container_port(self) -> int:
        assert self.mapping.container_port is not None
        return self.mapping.container_port


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Name:
    """By which a port of a service is called, as its clients write it."""

    dns_name: str
    port: int


def names_of(
    service: ConnectService, namespace: str, definition: TaskDefinition
) -> tuple[Name, ...]:
    """Without an alias it is `discoveryName.namespace`, at the port of the container."""
    default = f"{service.name}.{namespace}".lower()
    if not service.client_aliases:
        mapping = find_port(definition, service.port_name)
        port = None if mapping is None else mapping.container_port
        return () if port is None else (Name(dns_name=default, port=port),)
    return tuple(
        Name(dns_name=alias.dns_name or default, port=alias.port)
        for alias in service.client_aliases
    )


def find_port(definition: TaskDefinition, name: str) -> PortMapping | None:
    """The port mapping of that name; names are unique within a task definition."""
    return next((m for m in _mappings_of(definition) if m.name == name), None)


def container_ports(definition: TaskDefinition) -> set[int]:
    """All that its containers may listen on, those of ranges too."""
    return {port for m in _mappings_of(definition) for port in ports_of(m) or ()}


def task_connect(
    own: Membership, namespace: Namespace, members: Iterable[Membership], ids: Ids
) -> TaskConnect:
    """members: every service that has names in the namespace, own too as it is to be.

    All ports of `portName` exist; names are unique (`service_connect_rules`). Addresses and ports
    of the names follow from the names alone, whatever the order of the members.
    """
    configuration = own.configuration
    named = sorted(
        (
            (name, served)
            for member in members
            for served in _served_of(member)
            for name in names_of(served.service, namespace.name, member.definition)
        ),
        key=lambda pair: pair[0],
    )
    free = _free_ports(own, {name.port for name, _ in named})
    return TaskConnect(
        container_name=PROXY_NAME_PREFIX + ids.base32(_NAME_LETTERS),
        namespace_id=namespace.id,
        namespace=namespace.name,
        ingresses=tuple(_ingress(served, free) for served in _served_of(own)),
        upstreams=tuple(_upstreams(named, free)),
        log_configuration=configuration.log_configuration,
        access_log=configuration.access_log,
    )


def _served_of(member: Membership) -> Iterator[_Served]:
    configuration = member.configuration
    for service, resource in zip(configuration.services, configuration.resources, strict=True):
        mapping = find_port(member.definition, service.port_name)
        if mapping is not None:
            yield _Served(service=service, resource=resource, mapping=mapping)


def _ingress(served: _Served, free: Iterator[int]) -> Ingress:
    override = served.service.ingress_port_override
    return Ingress(
        discovery_service_id=served.resource.discovery_service_id,
        discovery_name=served.resource.discovery_name,
        port_name=served.service.port_name,
        container_port=served.container_port,
        listen_port=next(free) if override is None else override,
        is_redirected=override is None,
        protocol=served.protocol,
        idle_timeout_seconds=served.idle_seconds,
        request_timeout_seconds=served.request_seconds,
    )


def _upstreams(named: list[tuple[Name, _Served]], free: Iterator[int]) -> Iterator[Upstream]:
    """One address a DNS name: the ports of one share it."""
    dns_names = list(dict.fromkeys(name.dns_name for name, _ in named))
    addresses = {each: str(_FIRST_ADDRESS + n) for n, each in enumerate(dns_names)}
    for name, served in named:
        yield Upstream(
            discovery_service_id=served.resource.discovery_service_id,
            discovery_name=served.resource.discovery_name,
            dns_name=name.dns_name,
            port=name.port,
            address=addresses[name.dns_name],
            listen_port=next(free),
            protocol=served.protocol,
            idle_timeout_seconds=served.idle_seconds,
            request_timeout_seconds=served.request_seconds,
        )


def _free_ports(own: Membership, named: set[int]) -> Iterator[int]:
    """Each once. named: that the task's containers send to; what they listen on is not free."""
    taken = named | container_ports(own.definition)
    taken |= {s.ingress_port_override or 0 for s in own.configuration.services}
    return (port for port in range(FIRST_LISTEN_PORT, 65_536) if port not in taken)


def _mappings_of(definition: TaskDefinition) -> Iterator[PortMapping]:
    return (m for c in definition.container_definitions for m in c.port_mappings)
