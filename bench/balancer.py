"""What a load balancer's node costs: requests a second and latency next to a bare HAProxy, targets
that come and go, and a large configuration.

Both proxies serve in the same namespace and send to the same server, which is an HAProxy too that
answers by itself. As root; in namespaces of its own.
"""

import asyncio
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.support.balancing import balancer, forward, group, listener, plan_of, rule, target
from tests.support.networks import in_namespace
from tests.support.street import HEALTHY, NODE, TARGET, Street

from hostless.balancer.local import process
from hostless.balancer.seam import NodePlan
from hostless.domain.listeners import Condition
from hostless.domain.target_groups import Target

INTERFACE = plan_of(balancer(), []).node.interface_id
SERVER_PORT, BARE_PORT = 8080, 8000
ROUNDS, SECONDS, CONNECTIONS = 12, 3, 32
TARGETS, RULES, CHANGES = 1000, 200, 20
GROUP = group("blue")
ANSWERING = f"""
global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend answers
  bind {TARGET}:{SERVER_PORT}
  http-request return status 200 content-type text/plain string hello
"""
BARE = f"""
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend bare
  bind {NODE}:{BARE_PORT}
  default_backend one
backend one
  server one {TARGET}:{SERVER_PORT}
"""


@contextlib.asynccontextmanager
async def proxied(root: Path, namespace: str, configuration: str) -> AsyncIterator[None]:
    """An HAProxy of nobody's in the namespace."""
    folder = root / namespace
    folder.mkdir()
    (folder / process.CONFIGURATION).write_text(configuration)
    await process.start(folder, f"/run/netns/{namespace}", ())
    while (pid := process.find(folder)) is None:
        await asyncio.sleep(process.PAUSE_SECONDS)
    try:
        yield
    finally:
        await process.end(pid)


def plan_with(street: Street, *targets: Target, rules: int = 0) -> NodePlan:
    here = listener(forward(GROUP))
    conditions = (Condition(field="path-pattern", values=(f"/{n}/*",)) for n in range(rules))
    made = [rule(here, n + 1, forward(GROUP), each) for n, each in enumerate(conditions)]
    return plan_of(
        balancer(),
        [here],
        rules=made,
        groups=[GROUP],
        targets={"blue": targets},
        place=street.place,
    )


def load(port: int, connections: int = CONNECTIONS, address: str = NODE) -> tuple[float, float]:
    """Requests a second, and the median latency in ms, in the calling thread's namespace."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency"]
    said = subprocess.run(
        [*command, f"http://{address}:{port}/"], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    median = re.search(r"50%\s+([\d.]+)(us|ms)", said)
    if rate is None or median is None:
        raise RuntimeError(said)
    return float(rate[1]), float(median[1]) / (1000 if median[2] == "us" else 1)


async def throughput(street: Street) -> None:
    known = target(GROUP, TARGET, SERVER_PORT, health=HEALTHY)
    async with (
        proxied(street.root, street.targets, ANSWERING),
        proxied(street.root, street.node, BARE),
    ):
        await street.balancer.serve(plan_with(street, known))
        ours_pid = process.find(street.root / "balancers" / INTERFACE)
        bare_pid = process.find(street.root / street.node)
        for port in (BARE_PORT, 80):
            await in_namespace(street.node, load, port)  # the first round of each is none
        spent = [_cpu_seconds(bare_pid), _cpu_seconds(ours_pid)]
        ours: list[tuple[float, float]] = []
        bare: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            bare.append(await in_namespace(street.node, load, BARE_PORT))
            ours.append(await in_namespace(street.node, load, 80))
        spent = [_cpu_seconds(bare_pid) - spent[0], _cpu_seconds(ours_pid) - spent[1]]
        rates = [one[0] / other[0] for one, other in zip(ours, bare, strict=True)]
        print(f"  requests a second: {told(ours)}, bare HAProxy {told(bare)}")
        print(f"  ratio {statistics.median(rates):.2f} (limit 0.90), of {spoken(rates)}")
        each = [
            1e6 * cpu / sum(rate * SECONDS for rate, _ in found)
            for cpu, found in zip(spent, (bare, ours), strict=True)
        ]
        print(f"  CPU a request: {each[1]:.1f} µs, bare HAProxy {each[0]:.1f} µs")
        ours = [await in_namespace(street.node, load, 80, 1) for _ in range(2)]
        bare = [await in_namespace(street.node, load, BARE_PORT, 1) for _ in range(2)]
        added = min(each[1] for each in ours) - min(each[1] for each in bare)
        print(f"  median latency added, one connection: {added:.3f} ms (limit 0.2 ms)")


def _cpu_seconds(master: int | None) -> float:
    """Of its workers."""
    workers = [] if master is None else process.children_of(master)
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in workers]
    return sum(int(each[11]) + int(each[12]) for each in stats) / os.sysconf("SC_CLK_TCK")


def told(measured: Sequence[tuple[float, float]]) -> str:
    return f"{statistics.median(rate for rate, _ in measured):,.0f}"


def spoken(ratios: Sequence[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in ratios)


async def coming_and_going(street: Street) -> None:
    first = target(GROUP, TARGET, SERVER_PORT, health=HEALTHY)
    await street.balancer.serve(plan_with(street, first))
    added, drained = [], []
    for number in range(CHANGES):
        second = target(GROUP, TARGET, 9000 + number, health=HEALTHY)
        started = time.perf_counter()
        await street.balancer.serve(plan_with(street, first, second))
        added.append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        await street.balancer.serve(plan_with(street, first, replace(second, drains_since=1.0)))
        drained.append(1000 * (time.perf_counter() - started))
        await street.balancer.serve(plan_with(street, first))
    for what, ms in (("added", added), ("drained", drained)):
        print(f"  a target {what}: median {statistics.median(ms):.1f} ms, most {max(ms):.1f} ms")


async def many(street: Street) -> None:
    targets = [
        target(GROUP, f"10.99.{number // 250}.{number % 250 + 3}", 80, health=HEALTHY)
        for number in range(TARGETS)
    ]
    started = time.perf_counter()
    await street.balancer.serve(plan_with(street, *targets))
    print(f"  {TARGETS} targets at once: {time.perf_counter() - started:.2f} s (limit 2 s)")
    started = time.perf_counter()
    await street.balancer.serve(plan_with(street, *targets, rules=RULES))
    print(f"  {RULES} rules among them: {time.perf_counter() - started:.2f} s (limit 2 s)")


async def main() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: see bench/packages.txt")
    with tempfile.TemporaryDirectory(prefix="hostless-bench-") as folder:
        street = Street(Path(folder))
        street.build()
        try:
            for what, part in (
                ("One target, next to a bare HAProxy", throughput),
                ("Targets that come and go", coming_and_going),
                ("Many", many),
            ):
                print(f"{what}:")
                await part(street)
        finally:
            await street.tear_down()


if __name__ == "__main__":
    asyncio.run(main())
