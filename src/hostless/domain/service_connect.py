"""Service Connect: what a service asks for, what a task's proxy is to do, and who serves.

A service's configuration belongs to its revision. What it comes to for tasks is settled when their
deployment begins and never changes: the names that their proxies know are those that there were
then (Amazon ECS Developer Guide, "Service Connect components": existing tasks can't resolve new
endpoints, and replacement tasks behave the same as they did after the most recent deployment). What
does change is who serves behind a name: that is an `Endpoint` for each task and name.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import DiscoveryServiceId, NamespaceId, TaskArn
from hostless.domain.container_definitions import LogConfiguration
from hostless.kit.clock import Timestamp

AppProtocol: TypeAlias = Literal["http", "http2", "grpc", "tcp"]
AccessLogFormat: TypeAlias = Literal["TEXT", "JSON"]
PROXY_NAME_PREFIX = "ecs-service-connect-"
"""Of the container that ECS adds to the task; random letters follow."""
PROXY_IMAGE = "hostless/service-connect-proxy"
"""No image of a registry: the backend makes it of the proxy that is installed on the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAlias:
    """dns_name: None stands for `discoveryName.namespace`."""

    port: int
    dns_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTimeouts:
    """Seconds; 0 switches one off, None stands for the protocol's own."""

    idle_timeout_seconds: int | None = None
    per_request_timeout_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectService:
    """A port of the service that others reach by names. discovery_name: None: the port's name."""

    port_name: str
    discovery_name: str | None = None
    client_aliases: tuple[ClientAlias, ...] = ()
    ingress_port_override: int | None = None
    timeout: ConnectTimeouts | None = None

    @property
    def name(self) -> str:
        """What the service of Cloud Map is called."""
        return self.discovery_name or self.port_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectAccessLog:
    format: AccessLogFormat
    includes_query_parameters: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectResource:
    """The service of Cloud Map behind a discovery name."""

    discovery_name: str
    discovery_service_id: DiscoveryServiceId
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConnectConfiguration:
    """namespace: as it was asked for, a name or an ARN; else the cluster's default one, by ARN.

    namespace_id: which one that is; None while not enabled. resources: of each of the services,
    in their order.
    """

    enabled: bool
    namespace: str | None = None
    namespace_id: NamespaceId | None = None
    services: tuple[ConnectService, ...] = ()
    resources: tuple[ConnectResource, ...] = ()
    log_configuration: LogConfiguration | None = None
    access_log: ConnectAccessLog | None = None
    log_level: Literal["debug", "info"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A name that the task's proxy answers to, at an address of the task's own loopback.

    discovery_service_id: the service of Cloud Map behind it. address: `127.255.0.N`, by which
    dns_name is found in the task's /etc/hosts. listen_port: where the proxy listens, at that
    address, in place of port: what the task's containers send to port is led there, so that an
    application may listen on port itself, at every address. Time-outs: seconds, 0: none.
    """

    discovery_service_id: DiscoveryServiceId
    discovery_name: str
    dns_name: str
    port: int
    address: str
    listen_port: int
    protocol: AppProtocol
    idle_timeout_seconds: int
    request_timeout_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """A port of the task that others reach through its proxy.

    container_port: where the application listens. listen_port: where the proxy does.
    is_redirected: what arrives from outside for container_port is led to the proxy; otherwise
    (`ingressPortOverride`) callers go to listen_port, and container_port goes round the proxy.
    """

    discovery_service_id: DiscoveryServiceId
    discovery_name: str
    port_name: str
    container_port: int
    listen_port: int
    is_redirected: bool
    protocol: AppProtocol
    idle_timeout_seconds: int
    request_timeout_seconds: int

    @property
    def called_port(self) -> int:
        """Where other tasks' proxies connect to."""
        return self.container_port if self.is_redirected else self.listen_port


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConnect:
    """What a task's proxy is to do, for as long as the task lives; the same in all of a deployment.

    container_name: of the proxy's container.
    """

    container_name: str
    namespace_id: NamespaceId
    namespace: str
    upstreams: tuple[Upstream, ...] = ()
    ingresses: tuple[Ingress, ...] = ()
    log_configuration: LogConfiguration | None = None
    access_log: ConnectAccessLog | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A task that serves behind a name, as other tasks' proxies reach it.

    drains_since: no new request is sent to it from then on; the record goes when what was under
    way is done, and the task's containers are stopped after that.
    """

    discovery_service_id: DiscoveryServiceId
    task_arn: TaskArn
    address: str
    port: int
    since: Timestamp
    drains_since: Timestamp | None = None

    @property
    def key(self) -> str:
        return f"{self.discovery_service_id} {self.task_arn}"
