"""For tests of load balancers' nodes: a node and its targets, in namespaces of their own."""

import asyncio
import http.server
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.ended_runs import new_name
from tests.support.networks import in_namespace, sh

from hostless.balancer.local.balancer import LocalBalancer
from hostless.balancer.seam import NodePlan, SeenTarget
from hostless.compute.local.balancer_groups import BalancerGroups
from hostless.compute.local.cgroups import find_tree
from hostless.domain.network import NetworkPlace
from hostless.domain.target_groups import RecordedHealth
from hostless.kit.clock import SystemClock
from hostless.network.local import namespaces

NODE, TARGET = "10.99.0.1", "10.99.0.2"
HEALTHY = RecordedHealth(state="healthy", since=0.0)


class Page(http.server.BaseHTTPRequestHandler):
    """Tells which port it is and what it was asked; `/health` answers with the server's code,
    `/slow` when the server's gate opens."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.gate.wait(10)
        body = f"{self.server.server_port} {dict(self.headers)}".encode()
        self.send_response(self.server.health if self.path == "/health" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    health = 200

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.gate = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """Health checks go away before they are answered whole."""


class Street:
    """A namespace with a node's address and one with targets' addresses, joined."""

    def __init__(self, root: Path) -> None:
        own = new_name()
        name = f"hostless-test-{own}"
        self.node, self.targets = f"{name}-node", f"{name}-targets"
        self.root = root
        self.servers: list[Server] = []
        self.groups = BalancerGroups(find_tree(), own)
        self.balancer = LocalBalancer(root / "balancers", self.groups, SystemClock())

    def build(self) -> None:
        namespaces.prepare_folder()
        namespaces.make(self.node)
        namespaces.make(self.targets)
        sh(f"ip -n {self.node} link add eth0 type veth peer name eth0 netns {self.targets}")
        for name, address in ((self.node, NODE), (self.targets, TARGET)):
            sh(f"ip -n {name} link set lo up; ip -n {name} link set eth0 up")
            sh(f"ip -n {name} address add {address}/24 dev eth0")

    def serve(self) -> Server:
        with namespaces.inside(self.targets):
            server = Server((TARGET, 0), Page)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.servers.append(server)
        return server

    @property
    def place(self) -> NetworkPlace:
        return NetworkPlace(
            namespace_path=str(namespaces.path_of(self.node)),
            address=NODE,
            host_name="node",
            hosts=(),
            resolver_lines=(),
        )

    async def get(self, path: str = "/", port: int = 80, **headers: str) -> "Got":
        return await in_namespace(self.node, get, f"http://{NODE}:{port}{path}", headers)

    async def tear_down(self) -> None:
        await self.balancer.purge()
        for server in self.servers:
            server.shutdown()
            server.server_close()
        for name in (self.node, self.targets):
            namespaces.drop(name)


class Got:
    def __init__(self, status: int, headers: Any, body: str) -> None:
        self.status, self.headers, self.body = status, headers, body


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def get(url: str, headers: dict[str, str]) -> Got:
    opener = urllib.request.build_opener(_Stays, urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(
        url, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with opener.open(asked, timeout=5) as answer:
            return Got(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as refused:
        with refused:
            return Got(refused.code, refused.headers, refused.read().decode())


async def until_seen(street: Street, plan: NodePlan, key: str, state: str) -> SeenTarget:
    async with asyncio.timeout(15):
        while True:
            seen = await street.balancer.seen(plan.node.interface_id)
            if key in seen and seen[key].state == state:
                return seen[key]
            await asyncio.sleep(0.05)


async def until_idle(street: Street, plan: NodePlan, key: str) -> None:
    """Until nothing is under way at the target."""
    async with asyncio.timeout(15):
        while (await street.balancer.seen(plan.node.interface_id))[key].active:
            await asyncio.sleep(0.01)
