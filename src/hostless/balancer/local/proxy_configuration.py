"""The configuration of a task's proxy of Service Connect, compiled from its `TaskConnect`. Pure.

A name of the task (an `Upstream`) is a frontend and two backends with the same servers. The first
one watches what its servers answer and leaves out those that fail again and again; the second asks
all of them, and is used when the first one has left out more than half. A port of the task (an
`Ingress`) is a frontend before the one application.

Nothing but servers ever changes: those come and go by the runtime socket, and are written here too
for a proxy that begins anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hostless.balancer.connect_seam import MOUNT_POINT, READY_FILE, Server, Servers
from hostless.balancer.local.access_format import format_lines
from hostless.balancer.local.servers import Servers as ServerLines
from hostless.balancer.local.words import egress_name_of, ingress_name_of, open_name_of
from hostless.domain.service_connect import AppProtocol, Ingress, TaskConnect, Upstream

SOCKET, CONFIGURATION = READY_FILE, "haproxy.cfg"
ACCOUNT = 65532
"""The user and group that the proxy serves as, once its ports are open; they own nothing."""
FAILURES_TO_EJECT = 5
EJECTED_SECONDS = 30
"""What Envoy, the proxy on AWS, does unless it is told otherwise ("Outlier detection")."""
RETRIES = 2
"""As often as AWS's proxy tries again."""
CONNECT_SECONDS = 3
"""For each attempt; the kernel asks twice in it."""
LAST_SECONDS = 1
"""For connections that are still there when it is to stop: the application has ended before."""
LONGEST_SECONDS = 24 * 86_400
"""Nearly the longest time-out that HAProxy knows: more is refused, none would warn at each start.

It stands for none, and for those that are longer.
"""
_UNWATCHED_SECONDS = 86_400
"""Nobody asks for checks of servers that are well; one is due only while a server is left out."""
_CHECKS_TO_EJECT = 3
_REPEATABLE = "METH_GET METH_HEAD METH_OPTIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What all proxies of a machine have in common.

    ejected_seconds: how long a server that fails is left out. has_ipv6: whether the kernel knows
    it at all.
    """

    ejected_seconds: int = EJECTED_SECONDS
    has_ipv6: bool = True


def configuration_of(connect: TaskConnect, servers: Servers, habits: Habits) -> str:
    lines = [*_global(), *_defaults()]
    behind = servers_of(connect, servers, habits)
    for number, upstream in enumerate(connect.upstreams):
        lines += _egress(connect, number, upstream, behind)
    for number, ingress in enumerate(connect.ingresses):
        lines += _ingress(connect, number, ingress, habits)
    return "\n".join(lines) + "\n"


def _global() -> Iterator[str]:
    """One thread is what the proxy of a small task can use, and enough for a big one's."""
    yield "global"
    yield f"  stats socket unix@{MOUNT_POINT}/{SOCKET} mode 600 level admin"
    yield f"  uid {ACCOUNT}"
    yield f"  gid {ACCOUNT}"
    yield "  nbthread 1"
    yield f"  hard-stop-after {LAST_SECONDS}s"
    yield "  log stdout format raw local0"


def _defaults() -> Iterator[str]:
    yield "defaults"
    yield "  balance roundrobin"
    yield f"  retries {RETRIES}"
    yield "  option redispatch 1"
    yield "  option dontlognull"
    yield "  option contstats"  # long connections are counted while they last


def _egress(
    connect: TaskConnect, number: int, upstream: Upstream, servers: ServerLines
) -> Iterator[str]:
    watched = egress_name_of(number)
    everybody = open_name_of(watched)
    protocol = upstream.protocol
    yield f"frontend {watched}"
    yield f"  bind {upstream.address}:{upstream.listen_port}{_spoken(protocol)}"
    yield from _serving(connect, upstream)
    rule = "tcp-request content" if protocol == "tcp" else "http-request"
    yield f"  {rule} set-var(txn.all) nbsrv({everybody})"
    left = f"nbsrv({watched}),mul(2),sub(txn.all) -m int lt 0"
    yield f"  use_backend {everybody} if {{ {left} }}"
    yield f"  default_backend {watched}"
    yield from _asking(watched, upstream)
    yield from (f"  server {line}" for line in servers[watched].values())
    yield from _asking(everybody, upstream)
    yield from (f"  server {line}" for line in servers[everybody].values())


def _ingress(connect: TaskConnect, number: int, ingress: Ingress, habits: Habits) -> Iterator[str]:
    name = ingress_name_of(number)
    everywhere = f":::{ingress.listen_port} v4v6" if habits.has_ipv6 else f"*:{ingress.listen_port}"
    yield f"frontend {name}"
    yield f"  bind {everywhere}{_spoken(ingress.protocol)}"
    yield from _serving(connect, ingress)
    yield f"  default_backend {name}"
    yield from _asking(name, ingress)
    yield f"  server app 127.0.0.1:{ingress.container_port}{_spoken(ingress.protocol)}"


def _serving(connect: TaskConnect, flow: Upstream | Ingress) -> Iterator[str]:
    idle = _seconds(flow.idle_timeout_seconds)
    yield f"  mode {_mode(flow.protocol)}"
    yield f"  timeout client {idle}"
    if flow.protocol != "tcp":
        yield f"  timeout http-keep-alive {idle}"
    if connect.access_log is not None:
        yield "  log global"
        yield from format_lines(connect.access_log, flow.protocol)


def _asking(name: str, flow: Upstream | Ingress) -> Iterator[str]:
    """A time-out of 0 is none, so that one for a whole request is no limit for a quiet one."""
    idle = _seconds(flow.idle_timeout_seconds)
    request_seconds = flow.request_timeout_seconds
    connect_seconds = min(CONNECT_SECONDS, request_seconds or CONNECT_SECONDS)
    yield f"backend {name}"
    yield f"  mode {_mode(flow.protocol)}"
    yield f"  timeout connect {connect_seconds}s"
    if flow.protocol == "tcp":
        yield f"  timeout server {idle}"
        return
    yield f"  timeout server {_seconds(request_seconds)}"
    yield f"  timeout tunnel {idle}"
    yield "  retry-on conn-failure empty-response"
    yield f"  http-request disable-l7-retry unless {' or '.join(_REPEATABLE.split())}"


def _watched_line(server: Server, upstream: Upstream, habits: Habits) -> str:
    """Left out at the fifth failure running, and let in again by the first check, later."""
    again = f"{habits.ejected_seconds}s"
    observed = "layer4" if upstream.protocol == "tcp" else "layer7"
    return " ".join(
        (
            _plain_line(server, upstream),
            f"check inter {_UNWATCHED_SECONDS}s",
            f"fastinter {again} downinter {again}",
            f"rise 1 fall {_CHECKS_TO_EJECT}",
            f"observe {observed} error-limit {FAILURES_TO_EJECT} on-error mark-down",
        )
    )


def _plain_line(server: Server, upstream: Upstream) -> str:
    return f"{name_of(server)} {server.address}:{server.port}{_spoken(upstream.protocol)}"


def name_of(server: Server) -> str:
    return f"{server.address}_{server.port}"


def server_named(name: str) -> Server:
    address, _, port = name.rpartition("_")
    return Server(address=address, port=int(port))


def servers_of(connect: TaskConnect, servers: Servers, habits: Habits) -> ServerLines:
    """What the file says of servers."""
    found: dict[str, Mapping[str, str]] = {}
    for number, upstream in enumerate(connect.upstreams):
        behind = sorted(servers.get(upstream.discovery_service_id, frozenset()))
        name = egress_name_of(number)
        found[name] = {name_of(e): _watched_line(e, upstream, habits) for e in behind}
        found[open_name_of(name)] = {name_of(e): _plain_line(e, upstream) for e in behind}
    return found


def _mode(protocol: AppProtocol) -> str:
    return "tcp" if protocol == "tcp" else "http"


def _spoken(protocol: AppProtocol) -> str:
    return " proto h2" if protocol in ("http2", "grpc") else ""


def _seconds(seconds: int) -> str:
    return f"{min(seconds or LONGEST_SECONDS, LONGEST_SECONDS)}s"
