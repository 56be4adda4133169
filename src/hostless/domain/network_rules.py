"""What ECS refuses about ports and about containers that share one network interface.

Sentences are AWS's own, except where a comment says "our words".
"""

import re
from collections.abc import Iterator

from hostless.domain.container_definitions import ContainerDefinition, PortMapping
from hostless.domain.task_definitions import TaskDefinition

_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")
_MOST_RANGES = 100
Ports = range
"""The ports of one mapping, and nothing else."""


def ports_of(mapping: PortMapping) -> Ports | None:
    """The container's ports; None when the range is not of the form `<low>-<high>`."""
    if mapping.container_port_range is None:
        port = mapping.container_port
        return None if port is None else range(port, port + 1)
    found = _RANGE.fullmatch(mapping.container_port_range)
    if found is None or not 1 <= int(found[1]) < int(found[2]) <= 65535:
        return None
    return range(int(found[1]), int(found[2]) + 1)


def _check_mapping(mapping: PortMapping, network_mode: str | None) -> Iterator[str]:
    port, host = mapping.container_port, mapping.host_port
    if mapping.container_port_range is not None and (port is not None or host is not None):
        yield "cannot specify both single port and port range"
    if mapping.container_port_range is not None and ports_of(mapping) is None:
        yield f"Invalid 'containerPortRange' setting: {mapping.container_port_range}"
    if mapping.container_port_range is None and not 1 <= (port or 0) <= 65535:
        yield "Invalid 'containerPort' setting for container."  # our words
    if host is not None and not 0 <= host <= 65535:
        yield "Invalid 'hostPort' setting for container."  # our words
    shares = network_mode in ("awsvpc", "host")
    if shares and host not in (None, 0, port):
        yield (
            f"When networkMode={network_mode}, the host ports and container ports "
            "in port mappings must match."
        )


def _check_overlap(mappings: list[PortMapping]) -> Iterator[str]:
    taken: list[tuple[str, Ports]] = []
    for mapping in mappings:
        protocol, ports = mapping.protocol or "tcp", ports_of(mapping)
        if ports is None:
            continue
        for other, theirs in taken:
            meets = ports.start < theirs.stop and theirs.start < ports.stop
            if other == protocol and meets:
                yield "container port is used multiple times in task"
        taken.append((protocol, ports))


def check_ports(definition: TaskDefinition) -> Iterator[str]:
    """Every port once per protocol, since the containers share localhost."""
    mappings = [m for c in definition.container_definitions for m in c.port_mappings]
    for mapping in mappings:
        yield from _check_mapping(mapping, definition.network_mode)
    names = [mapping.name for mapping in mappings if mapping.name]
    if len(set(names)) < len(names):
        yield "port mapping name is already used"
    for container in definition.container_definitions:
        ranges = [m for m in container.port_mappings if m.container_port_range is not None]
        if len(ranges) > _MOST_RANGES:
            # our words
            yield f"A container can have at most {_MOST_RANGES} container port ranges."
    if definition.network_mode == "awsvpc":
        yield from _check_overlap(mappings)


def _check_shared_interface(container: ContainerDefinition) -> Iterator[str]:
    suffix = "supported on container when networkMode=awsvpc."
    if container.links:
        yield "Links are not supported when networkMode=awsvpc."
    if container.hostname:
        yield f"hostname is not {suffix}"
    if container.disable_networking:
        yield f"Disable Networking is not {suffix}"
    if container.dns_servers:
        yield f"DNS servers are not {suffix}"
    if container.dns_search_domains:
        yield f"DNS search domains are not {suffix}"
    if container.extra_hosts:
        yield f"Extra hosts are not {suffix}"


def check_shared_interface(definition: TaskDefinition) -> Iterator[str]:
    """What makes no sense where all containers share the task's interface."""
    if definition.network_mode == "awsvpc":
        for container in definition.container_definitions:
            yield from _check_shared_interface(container)
