"""What may be said of a service's Service Connect configuration.

Rules: ECS API, ServiceConnectService, ServiceConnectClientAlias, TimeoutConfiguration,
ServiceConnectConfiguration. Sentences are our words, except where a comment says otherwise.
"""

import re
from collections.abc import Hashable, Iterator, Sequence

from hostless.domain.arns import ServiceArn
from hostless.domain.container_definitions import ContainerDefinition, PortMapping
from hostless.domain.container_rules import check_logging
from hostless.domain.fargate_rules import check_fargate_logging
from hostless.domain.service_connect import ConnectService, ServiceConnectConfiguration
from hostless.domain.task_connect import Membership, container_ports, find_port, names_of
from hostless.domain.task_definitions import TaskDefinition

_DISCOVERY_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
_DNS_NAME = re.compile(r"(?=.{1,127}$)[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_][a-z0-9_-]{0,62})*")
_MOST_ALIASES = 1
_PORTS = range(1, 65_536)


def connect_refusal(
    configuration: ServiceConnectConfiguration, namespace: str, definition: TaskDefinition
) -> str | None:
    """What is wrong first with it for tasks of the definition; other services are left aside.

    namespace: its name.
    """
    return next(_refusals(configuration, namespace, definition), None)


def _refusals(
    configuration: ServiceConnectConfiguration, namespace: str, definition: TaskDefinition
) -> Iterator[str]:
    services = configuration.services
    for service in services:
        yield from _service_refusals(service, definition)
    yield from _repeated("portName", [service.port_name for service in services])
    yield from _repeated("discoveryName", [service.name for service in services])
    names = [name for each in services for name in names_of(each, namespace, definition)]
    yield from _repeated("client alias", [f"{name.dns_name}:{name.port}" for name in names])
    yield from _override_refusals(services, definition)
    yield from _log_refusals(configuration, definition)


def _service_refusals(service: ConnectService, definition: TaskDefinition) -> Iterator[str]:
    mapping = find_port(definition, service.port_name)
    if mapping is None:
        yield f"The portName {service.port_name} does not exist in the task definition."
        return
    if mapping.container_port is None or (mapping.protocol or "tcp") != "tcp":
        yield f"The portName {service.port_name} must be that of a single TCP port."
    name = service.discovery_name
    if name is not None and not _DISCOVERY_NAME.fullmatch(name):
        yield (
            f"The discoveryName {name} must have up to 64 lowercase letters, numbers, "
            "underscores and hyphens, and can't start with a hyphen."
        )
    yield from _alias_refusals(service)
    yield from _timeout_refusals(service, mapping)


def _alias_refusals(service: ConnectService) -> Iterator[str]:
    if len(service.client_aliases) > _MOST_ALIASES:
        yield f"clientAliases can have at most {_MOST_ALIASES} item."
    for alias in service.client_aliases:
        if alias.port not in _PORTS:
            yield f"The port of a client alias must be between 1 and {_PORTS[-1]}."
        if alias.dns_name is not None and not _DNS_NAME.fullmatch(alias.dns_name):
            yield (
                f"The dnsName {alias.dns_name} must be a valid DNS name of up to 127 lowercase "
                "letters, numbers, underscores, hyphens and periods, and can't start with a hyphen."
            )


def _timeout_refusals(service: ConnectService, mapping: PortMapping) -> Iterator[str]:
    timeout = service.timeout
    if timeout is None:
        return
    asked = (timeout.idle_timeout_seconds, timeout.per_request_timeout_seconds)
    if any(seconds is not None and seconds < 0 for seconds in asked):
        yield "Time-outs must be at least 0 seconds."
    request_seconds = timeout.per_request_timeout_seconds
    if request_seconds is not None and mapping.app_protocol is None:
        # AWS's own, as observed
        yield f"Per request timeout {request_seconds} can't be set for tcp application."


def _override_refusals(
    services: Sequence[ConnectService], definition: TaskDefinition
) -> Iterator[str]:
    overrides = [s.ingress_port_override for s in services if s.ingress_port_override is not None]
    ports = container_ports(definition)
    for port in overrides:
        if port not in _PORTS:
            yield f"ingressPortOverride must be between 1 and {_PORTS[-1]}."
        if port in ports:
            yield f"The ingressPortOverride {port} is a container port of the task definition."
    yield from _repeated("ingressPortOverride", overrides)


def _log_refusals(
    configuration: ServiceConnectConfiguration, definition: TaskDefinition
) -> Iterator[str]:
    """What would be refused of a container of the task definition is refused of the proxy."""
    if configuration.log_configuration is None:
        if configuration.access_log is not None:
            yield "accessLogConfiguration needs a logConfiguration in serviceConnectConfiguration."
        return
    proxy = ContainerDefinition(log_configuration=configuration.log_configuration)
    yield from check_logging(proxy)
    yield from check_fargate_logging(proxy, bool(definition.execution_role_arn))


def protocol_refusal(before: Membership, after: Membership, arn: ServiceArn) -> str | None:
    """Whether a name is to speak another protocol than it did: that is for ever.

    Source: ECS API, PortMapping `appProtocol`; the sentence is AWS's own, as observed. arn: of the
    service that both are of.
    """
    if before.configuration.namespace_id != after.configuration.namespace_id:
        return None
    spoken = _protocols_of(before)
    for name, protocol in _protocols_of(after).items():
        if spoken.get(name, protocol) != protocol:
            return (
                "The following config cannot be changed for a SC service. Previous config: "
                f"{_stable_config(spoken[name], arn)}, current config: "
                f"{_stable_config(protocol, arn)}"
            )
    return None


def _protocols_of(member: Membership) -> dict[str, str | None]:
    """By discovery name."""
    services = member.configuration.services
    mappings = {each.name: find_port(member.definition, each.port_name) for each in services}
    return {name: m.app_protocol for name, m in mappings.items() if m is not None}


def _stable_config(protocol: str | None, arn: ServiceArn) -> str:
    return (
        f"ScServiceStableConfig(applicationProtocol={protocol or 'null'}, transportProtocol=tcp, "
        f"ecsServiceArn={arn})"
    )


def _repeated(what: str, given: Sequence[Hashable]) -> Iterator[str]:
    for each in given:
        if given.count(each) > 1:
            yield f"The {what} {each} can be used only once in a service."
            return
