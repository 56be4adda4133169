"""The seam between the control plane and the proxies of Service Connect, one in each task.

A proxy is a container of the task (`ContainerSpec.role`): it is started before the others, stopped
after them, and counted with them. This seam is about what it does: its configuration, made before
it starts, and who serves behind its names, changed while it runs. Methods may be called again after
a crash at any instant and then finish what was begun.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hostless.domain.arns import DiscoveryServiceId, TaskId
from hostless.domain.service_connect import TaskConnect
from hostless.kit.clock import Timestamp

MOUNT_POINT = "/run/service-connect"
"""Where the proxy's container sees its folder."""
READY_FILE = "socket"
"""In the folder, once the proxy serves."""


class ProxyUnreachable(Exception):
    """The proxy does not take the change: it is starting, stopping or broken."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Server:
    """Where one task serves."""

    address: str
    port: int


Servers = Mapping[DiscoveryServiceId, frozenset[Server]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCounters:
    """Of one name, or of one port, since the proxy started. Bytes: as the caller sees them.

    active: connections open now. under_way: requests (of tcp: connections) being served now.
    responses_by_class: empty for tcp.
    """

    connections: int
    active: int
    under_way: int
    requests: int
    responses_by_class: Mapping[str, int]
    bytes_in: int
    bytes_out: int
    mean_response_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyCounters:
    """upstreams: by `Upstream.discovery_name`; ingresses: by `Ingress.discovery_name`.

    sent_to: by upstream's discovery name and server, how many requests (of tcp: connections) are
    under way to it now; of one that was taken out too, as long as there are any.
    """

    at: Timestamp
    upstreams: Mapping[str, FlowCounters]
    ingresses: Mapping[str, FlowCounters]
    sent_to: Mapping[str, Mapping[Server, int]]


class ServiceProxies(Protocol):
    def folder(self, task_id: TaskId) -> Path | None:
        """What the proxy's container sees as MOUNT_POINT; None: it needs none."""

    async def prepare(self, task_id: TaskId, connect: TaskConnect, servers: Servers) -> None:
        """Have all that the proxy's container needs to start. A running one is left alone."""

    async def apply(self, task_id: TaskId, servers: Servers) -> None:
        """Have new requests go to exactly these servers; what is under way goes on.

        Names that the proxy does not know are passed over. Raises ProxyUnreachable.
        """

    async def counters(self, task_id: TaskId) -> ProxyCounters | None:
        """None when it does not answer."""

    async def remove(self, task_id: TaskId) -> None:
        """Free what `prepare` made; its container is gone. Unknown ones are no error."""

    async def task_ids(self) -> frozenset[TaskId]:
        """Every task of which anything is left here."""
