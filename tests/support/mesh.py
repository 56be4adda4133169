"""For tests of Service Connect's proxies: tasks in a VPC of this machine, each with its proxy.

Applications that have to misbehave are servers of the test, in threads, inside a task's network
namespace; the task's own container is busybox.
"""

import http.server
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.contract.network_suite import Range
from tests.support.local_compute import OneImage, ShellPrograms, local_backend
from tests.support.networks import free_range, in_namespace, namespaces_of, new_engine_id
from tests.support.security_groups import Policies, everything_passes
from tests.support.street import Got, get

from hostless.balancer.connect_seam import Server
from hostless.balancer.local.proxies import LocalServiceProxies
from hostless.compute.local.backend import LocalBackend
from hostless.compute.seam import ContainerSpec, FolderMount, TaskSpec
from hostless.domain.arns import DiscoveryServiceId, NamespaceId, TaskId
from hostless.domain.network import NetworkInterface, NetworkPlace, PortRedirect
from hostless.domain.service_connect import (
    PROXY_IMAGE,
    AppProtocol,
    ConnectAccessLog,
    Ingress,
    TaskConnect,
    Upstream,
)
from hostless.kit.clock import SystemClock
from hostless.network.local import namespaces
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.nameservers import HostNameservers

EJECTED_SECONDS = 1
SHOP = DiscoveryServiceId("srv-shop")
FOREVER = ShellPrograms().forever()


class App(http.server.ThreadingHTTPServer):
    """Answers with its name and `status`; `/slow` when its gate opens."""

    daemon_threads = True
    status = 200

    def __init__(self, namespace: str, name: str, port: int = 8080) -> None:
        self.name = name
        self.gate = threading.Event()
        self.asked = 0
        with namespaces.inside(namespace):
            super().__init__(("0.0.0.0", port), _Page)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_: Any) -> None:
        """Callers go away."""

    def close(self) -> None:
        self.gate.set()
        self.shutdown()
        self.server_close()


class _Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.path == "/slow":
            self.server.gate.wait(20)
        body = self.server.name.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def upstream(**more: Any) -> Upstream:
    """`shop.test`, port 80."""
    known = {
        "discovery_service_id": SHOP,
        "discovery_name": "shop",
        "dns_name": "shop.test",
        "port": 80,
        "address": "127.255.0.1",
        "listen_port": 15101,
        "protocol": "http",
        "idle_timeout_seconds": 300,
        "request_timeout_seconds": 15,
    }
    return Upstream(**{**known, **more})


def ingress(protocol: AppProtocol = "http", **more: Any) -> Ingress:
    """Of what listens at port 8080."""
    known = {
        "discovery_service_id": SHOP,
        "discovery_name": "shop",
        "port_name": "web",
        "container_port": 8080,
        "listen_port": 15001,
        "is_redirected": True,
        "protocol": protocol,
        "idle_timeout_seconds": 300,
        "request_timeout_seconds": 15,
    }
    return Ingress(**{**known, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A task that is prepared; `start` has it run."""

    spec: TaskSpec
    connect: TaskConnect
    interface: NetworkInterface

    @property
    def id(self) -> TaskId:
        return self.spec.id

    @property
    def proxy(self) -> str:
        return self.connect.container_name

    def server(self, port: int | None = None) -> Server:
        """As others reach its first port."""
        called = port or self.connect.ingresses[0].called_port
        return Server(address=self.interface.address, port=called)


class Mesh:
    def __init__(
        self, root: Path, fabric: LocalFabric, backend: LocalBackend, range_: Range, engine_id: str
    ) -> None:
        self.fabric, self.backend, self.range, self.engine_id = fabric, backend, range_, engine_id
        self.proxies = LocalServiceProxies(root / "connect", SystemClock(), EJECTED_SECONDS)
        self.clock = SystemClock()
        self.apps: list[App] = []
        self.places: dict[TaskId, NetworkPlace] = {}

    async def task(
        self,
        number: int,
        *parts: Upstream | Ingress,
        container: ContainerSpec = FOREVER,
        servers: frozenset[Server] = frozenset(),
        access_log: ConnectAccessLog | None = None,
    ) -> Connected:
        """Prepared, not started."""
        task_id = TaskId(f"{number:x}".rjust(32, "c"))
        connect = TaskConnect(
            container_name="ecs-service-connect-abcde",
            namespace_id=NamespaceId("ns-test"),
            namespace="test",
            upstreams=tuple(each for each in parts if isinstance(each, Upstream)),
            ingresses=tuple(each for each in parts if isinstance(each, Ingress)),
            access_log=access_log,
        )
        await self.proxies.prepare(task_id, connect, {SHOP: servers})
        return self.connected(number, task_id, connect, container)

    def connected(
        self,
        number: int,
        task_id: TaskId,
        connect: TaskConnect,
        container: ContainerSpec = FOREVER,
    ) -> Connected:
        interface = replace(
            self.range.interface(number), port_redirects=tuple(_redirects_of(connect))
        )
        spec = TaskSpec(
            id=task_id,
            cpu_units=512,
            memory_mib=512,
            ephemeral_storage_gib=20,
            isolation="container",
            containers=(container, self._proxy_of(task_id, connect)),
            hosts=tuple(f"{each.address} {each.dns_name}" for each in connect.upstreams),
        )
        return Connected(spec=spec, connect=connect, interface=interface)

    def _proxy_of(self, task_id: TaskId, connect: TaskConnect) -> ContainerSpec:
        folder = self.proxies.folder(task_id)
        assert folder is not None
        return ContainerSpec(
            name=connect.container_name,
            image=PROXY_IMAGE,
            role="proxy",
            mounts=(FolderMount(source=folder, destination="/run/service-connect"),),
            ready_file=folder / "socket",
        )

    async def start(self, task: Connected) -> Connected:
        self.places[task.id] = place = await self.fabric.attach(task.interface)
        await self.backend.start(task.spec, place)
        return task

    async def run(self, number: int, *parts: Upstream | Ingress, **more: Any) -> Connected:
        return await self.start(await self.task(number, *parts, **more))

    async def shop(self, number: int, name: str = "", **more: Any) -> tuple[Connected, App]:
        """A task that serves, and its application."""
        task = await self.run(number, ingress(**more))
        return task, self.serve(task, name or f"shop-{number}")

    def serve(self, task: Connected, name: str, port: int = 8080) -> App:
        app = App(self.namespace_of(task), name, port)
        self.apps.append(app)
        return app

    def namespace_of(self, task: Connected) -> str:
        return Path(str(self.places[task.id].namespace_path)).name

    async def get(self, task: Connected, path: str = "/", port: int = 80) -> Got:
        """What an application of the task gets from `shop.test`."""
        url = f"http://127.255.0.1:{port}{path}"
        return await in_namespace(self.namespace_of(task), get, url, {"Host": "shop.test"})

    async def tell(self, task: Connected, *servers: Server) -> None:
        await self.proxies.apply(task.id, {SHOP: frozenset(servers)})

    async def said(self, task: Connected, container: str, *command: str) -> str:
        """What a command in a container writes."""
        process = await self.backend.exec(task.id, container, command, has_terminal=False)
        found = b""
        while (part := await process.read()) is not None:
            found += part[1]
        await process.wait()
        return found.decode()

    def log_of(self, task: Connected, container: str) -> Path:
        path = self.backend.log_file(task.id, container)
        assert path is not None
        return path

    def proxy_pid(self, task: Connected) -> int:
        """On the host."""
        network = os.stat(str(self.places[task.id].namespace_path)).st_ino
        for process in Path("/proc").glob("[0-9]*"):
            try:
                is_it = os.stat(process / "ns/net").st_ino == network
                if is_it and (process / "comm").read_text().strip() == "haproxy":
                    return int(process.name)
            except OSError:
                continue
        raise AssertionError("the proxy does not run")

    async def enforce(self, policies: Policies, *tasks: Connected) -> None:
        await self.fabric.enforce(policies, [each.interface for each in tasks])


def _redirects_of(connect: TaskConnect) -> list[PortRedirect]:
    leaving = [
        PortRedirect(from_port=each.port, to_port=each.listen_port, address=each.address)
        for each in connect.upstreams
    ]
    arriving = [
        PortRedirect(from_port=each.container_port, to_port=each.listen_port)
        for each in connect.ingresses
        if each.is_redirected
    ]
    return [*leaving, *arriving]


@asynccontextmanager
async def a_mesh(root: Path, images: OneImage) -> AsyncIterator[Mesh]:
    """All of it is taken away at the end, and nothing may be left."""
    engine_id, range_ = new_engine_id(), free_range()
    nobody = HostNameservers(root / "missing")
    fabric = LocalFabric(engine_id, "us-east-1", nobody)
    try:
        await fabric.lay_out(range_.layout())
        await fabric.enforce(everything_passes(range_), ())
        async with local_backend(root / "compute", images) as backend:
            mesh = Mesh(root, fabric, backend, range_, engine_id)
            try:
                yield mesh
            finally:
                for app in mesh.apps:
                    app.close()
                for task_id in await mesh.proxies.task_ids():
                    await backend.remove(task_id)
                    await mesh.proxies.remove(task_id)
        assert await mesh.proxies.task_ids() == frozenset()
    finally:
        await fabric.purge()
    assert namespaces_of(engine_id) == []
