"""What Service Connect costs: a call through both tasks' proxies next to a direct one.

Both calls go between the same two tasks, to one server that answers by itself: directly to its
port, and by a name. As root; a VPC and two tasks are made for it, and taken away.
"""

import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.support.local_compute import OneImage, make_busybox
from tests.support.mesh import Mesh, a_mesh, ingress, upstream
from tests.support.networks import in_namespace

from bench.balancer import SECONDS, load, proxied, spoken

ROUNDS, STARTS = 3, 10
DIRECT_PORT = 8081
ANSWERING = f"""
global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend answers
  bind 0.0.0.0:8080
  bind 0.0.0.0:{DIRECT_PORT}
  http-request return status 200 content-type text/plain string hello
"""


async def calls(mesh: Mesh, root: Path) -> None:
    shop = await mesh.run(1, ingress())
    client = await mesh.run(2, upstream(), servers=frozenset({shop.server()}))
    where, address = mesh.namespace_of(client), shop.interface.address
    proxies = [mesh.proxy_pid(each) for each in (client, shop)]
    async with proxied(root, mesh.namespace_of(shop), ANSWERING):
        for connections in (1, 16):
            direct: list[tuple[float, float]] = []
            named: list[tuple[float, float]] = []
            spent = 0.0
            for _ in range(ROUNDS):
                direct.append(await in_namespace(where, load, DIRECT_PORT, connections, address))
                before = sum(map(_cpu_seconds, proxies))
                named.append(await in_namespace(where, load, 80, connections, "127.255.0.1"))
                spent += (sum(map(_cpu_seconds, proxies)) - before) / named[-1][0]
            ratios = [one[0] / other[0] for one, other in zip(named, direct, strict=True)]
            added = min(each[1] for each in named) - min(each[1] for each in direct)
            print(f"  {connections} connections: ratio of rates {spoken(ratios)}")
            print(f"    median latency added: {added:.3f} ms")
            print(f"    CPU of both proxies: {1e6 * spent / ROUNDS / SECONDS:.1f} µs a request")
    print(f"  memory of a proxy: {max(map(_memory_mib, proxies)):.1f} MiB")


async def starts(mesh: Mesh) -> None:
    """Until the application runs; the proxy serves by then."""
    plain: list[float] = []
    connected: list[float] = []
    for number in range(STARTS):
        tasks = await mesh.task(10 + number), await mesh.task(40 + number, ingress(), upstream())
        spec = tasks[0].spec
        bare = replace(tasks[0], spec=replace(spec, containers=spec.containers[:1]))
        for task, found in ((bare, plain), (tasks[1], connected)):
            begun = time.perf_counter()
            await mesh.start(task)
            found.append(1000 * (time.perf_counter() - begun))
    medians = [statistics.median(found) for found in (plain, connected)]
    print(f"  a task with a proxy starts in {medians[1]:.0f} ms, one without in {medians[0]:.0f}")


def _cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mib(pid: int) -> float:
    """Of its own; the program's text is shared by all proxies."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hostless-bench-") as folder:
        root = Path(folder)
        (root / "image").mkdir()
        image = OneImage(make_busybox(root / "image"))
        print("Service Connect")
        async with a_mesh(root, image) as mesh:
            await calls(mesh, root)
            await starts(mesh)


if __name__ == "__main__":
    asyncio.run(main())
