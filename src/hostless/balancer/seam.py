"""The seam between the control plane and what carries a load balancer's traffic.

A load balancer has a node in each of its subnets, and each node is a proxy of its own, as with AWS:
it lives in the namespace of its network interface, serves the listeners, looks after its targets,
and goes on when the engine does not. Methods may be called again after a crash at any instant and
then finish what was begun.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hostless.domain.arns import CertificateArn, ListenerArn, NetworkInterfaceId, TargetGroupArn
from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.domain.network import NetworkPlace
from hostless.domain.signals import TargetState
from hostless.domain.target_groups import Target, TargetGroup
from hostless.kit.clock import Timestamp


class BalancingFailed(Exception):
    """The node cannot serve what it is to serve; `reason` says why, for an operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """PEM texts; the key is a secret and goes nowhere but to the proxy."""

    certificate: str
    chain: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """All that one node is to serve.

    place: of the node's interface. listeners: of the balancer; rules: of each, by its ARN, the
    lowest priority first. groups: every target group that an action names. targets: those of the
    groups that this node sends to, draining ones included; one that is left out is forgotten at
    once. certificates: every one that a listener names.
    """

    load_balancer: LoadBalancer
    node: LoadBalancerNode
    place: NetworkPlace
    listeners: tuple[Listener, ...]
    rules: Mapping[ListenerArn, tuple[ListenerRule, ...]]
    groups: Mapping[TargetGroupArn, TargetGroup]
    targets: Mapping[TargetGroupArn, tuple[Target, ...]]
    certificates: Mapping[CertificateArn, CertificateFiles]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTarget:
    """A target as one node sees it. reason, description: AWS's, see `target_groups`.

    active: connections or requests that it serves right now.
    """

    state: TargetState
    reason: str | None = None
    description: str | None = None
    active: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounters:
    """Of one target group, by one node.

    requests: that a target was chosen for; responses_by_class (`2xx`): what targets answered.
    response_times: how many answers began after so many seconds, rounded to two digits (from 1,000
    on to one). These three are of application load balancers. connections, failed_connections: to
    targets; active: those open now. healthy, unhealthy: targets.
    """

    requests: int
    responses_by_class: Mapping[str, int]
    response_times: Mapping[float, int]
    connections: int
    failed_connections: int
    active: int
    healthy: int
    unhealthy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCounters:
    """What one process of a node has done since it began.

    process: tells it from every other; its counters never fall. responses_by_class: what clients
    got, whoever it is from. target_responses_by_class: what targets answered, of all groups that
    there were, counted when an answer begins and not, as the others, when it ends. connections,
    active: of clients. failed_handshakes: of TLS.
    """

    at: Timestamp
    process: str
    requests: int
    responses_by_class: Mapping[str, int]
    target_responses_by_class: Mapping[str, int]
    connections: int
    active: int
    failed_handshakes: int
    bytes_in: int
    bytes_out: int
    groups: Mapping[TargetGroupArn, GroupCounters]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """until: the position behind it in the node's log. text: as an access log has it."""

    ended_at: Timestamp
    until: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequests:
    """A piece of a node's access log, in the order in which requests ended.

    until: the position behind the piece; there may be less in it than lies before that, if lines
    were torn. is_full: whether the piece is as long as one gets, and more may follow.
    """

    requests: tuple[LoggedRequest, ...]
    until: int
    is_full: bool


class Balancer(Protocol):
    async def serve(self, plan: NodePlan) -> None:
        """Have the node serve exactly this. Raises BalancingFailed. Idempotent.

        A change drops no connection; targets that come or go act without a reload.
        """

    async def stop(self, interface_id: NetworkInterfaceId) -> None:
        """End the node of this interface and keep what it has logged. Idempotent."""

    async def log_size(self, interface_id: NetworkInterfaceId) -> int:
        """The position behind what the node has logged, also before a reload or a crash."""

    async def logged(self, interface_id: NetworkInterfaceId, since: int) -> LoggedRequests:
        """What the node logged from a position on, whole requests only: the same each time."""

    async def free_log(self, interface_id: NetworkInterfaceId, until: int) -> None:
        """What lies before the position will not be asked for again. Idempotent."""

    async def remove(self, interface_id: NetworkInterfaceId) -> None:
        """Stop the node of this interface; unknown ones are no error. Its place is let go first."""

    async def nodes(self) -> frozenset[NetworkInterfaceId]:
        """Every node of which anything is left here."""

    async def seen(self, interface_id: NetworkInterfaceId) -> Mapping[str, SeenTarget] | None:
        """How the node sees its targets, by `Target.key`. None when it does not answer."""

    async def counters(self, interface_id: NetworkInterfaceId) -> tuple[NodeCounters, ...]:
        """Of each process that serves or did so, the present one last; of one that is gone what
        it said last, once. Empty when nobody answers."""

    async def close(self) -> None:
        """Let go without stopping anything."""

    async def purge(self) -> None:
        """Stop every node and remove every trace."""
