"""TCP between two tasks next to TCP between two bare namespaces joined by the same kind of link.

On a host of its own (namespaces of this process), as root: nothing of the machine is touched.
iperf3 sends on all of them, in turns, and each round is a ratio of its own, so that what else the
machine does is shared; the CPU time that a gigabyte takes is hurt less by a machine that is busy.
Two peers: a veth pair that joins two namespaces and nothing between them, which is what the limit
is about; and two namespaces with a bare router between them, the least that a way through a VPC
can cost.

usage: python -m bench.throughput [SECONDS] [ROUNDS]
"""

import asyncio
import contextlib
import json
import os
import secrets
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.contract.network_suite import Range
from tests.support.engine import wait_for
from tests.support.layouts import layout_with
from tests.support.networks import new_engine_id, own_host, sh
from tests.support.security_groups import Policies, carrying, policies, rule

from hostless.network.local import namespaces
from hostless.network.local.fabric import LocalFabric

GOAL = 0.9
RANGE = Range("10.20.0.0/22")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From one namespace to an address in the other."""

    title: str
    near: str
    far: str
    address: str


def only_iperf_between_members() -> Policies:
    """As a service has it: one group whose members reach one another at one port."""
    return policies(
        RANGE.vpc.id,
        [
            rule(1, protocol="tcp", ports=(5201, 5201), of_group=1),
            rule(1, is_egress=True, cidr="0.0.0.0/0"),
        ],
    )


async def tasks(fabric: LocalFabric) -> Way:
    """Two tasks of one subnet, in one group."""
    await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    await fabric.enforce(only_iperf_between_members(), ())
    interfaces = [carrying(RANGE.interface(number), 1) for number in (1, 2)]
    near, far = [Path(str((await fabric.attach(each)).namespace_path)).name for each in interfaces]
    return Way(title="two tasks", near=near, far=far, address=interfaces[1].address)


def mtu_of(namespace: str, link: str = "eth0") -> int:
    with namespaces.inside(namespace):
        return int(json.loads(sh(f"ip -json link show {link}"))[0]["mtu"])


def joined(stack: contextlib.ExitStack, mtu: int) -> Way:
    """Two namespaces with a veth pair between them."""
    near, far = (bare_namespace(stack) for _ in range(2))
    join(near, "10.9.0.1/24", far, "10.9.0.2/24", mtu)
    return Way(title="two bare namespaces", near=near, far=far, address="10.9.0.2")


def routed(stack: contextlib.ExitStack, mtu: int) -> Way:
    """Two namespaces, each joined to a third one that forwards and knows no rule."""
    near, router, far = (bare_namespace(stack) for _ in range(3))
    join(near, "10.9.1.2/24", router, "10.9.1.1/24", mtu)
    join(far, "10.9.2.2/24", router, "10.9.2.1/24", mtu)
    sh(f"ip netns exec {router} sysctl -qw net.ipv4.ip_forward=1")
    sh(f"ip -n {near} route add default via 10.9.1.1; ip -n {far} route add default via 10.9.2.1")
    return Way(
        title="two bare namespaces with a bare router between",
        near=near,
        far=far,
        address="10.9.2.2",
    )


def bare_namespace(stack: contextlib.ExitStack) -> str:
    name = f"hostless-bench-{secrets.token_hex(4)}"
    namespaces.make(name)
    stack.callback(namespaces.drop, name)
    return name


def join(near: str, near_address: str, far: str, far_address: str, mtu: int) -> None:
    link, peer = f"v{secrets.token_hex(4)}", f"v{secrets.token_hex(4)}"
    sh(f"ip -n {near} link add {link} mtu {mtu} type veth peer {peer} mtu {mtu} netns {far}")
    for namespace, name, address in ((near, link, near_address), (far, peer, far_address)):
        sh(f"ip -n {namespace} address add {address} dev {name}")
        sh(f"ip -n {namespace} link set lo up; ip -n {namespace} link set {name} up")


@contextlib.contextmanager
def listening(way: Way) -> Iterator[None]:
    server = subprocess.Popen(
        ["ip", "netns", "exec", way.far, "iperf3", "--server"], stdout=subprocess.DEVNULL
    )
    try:
        with namespaces.inside(way.far):
            wait_for(lambda: sh("ss -Hltn sport = :5201"), what="a server")
        yield
    finally:
        server.kill()
        server.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """gigabits: a second, as the receiver counts them. cpu_seconds: a gigabyte, of both ends."""

    gigabits: float
    cpu_seconds: float


def send(way: Way, seconds: int) -> Sent:
    """Sender and receiver have a core each, else luck decides."""
    iperf = f"iperf3 --json --client {way.address} --time {seconds} --affinity 0,1"
    end = json.loads(sh(f"ip netns exec {way.near} {iperf}"))["end"]
    received, cpu = end["sum_received"], end["cpu_utilization_percent"]
    busy = received["seconds"] * (cpu["host_total"] + cpu["remote_total"]) / 100
    return Sent(
        gigabits=received["bits_per_second"] / 1e9, cpu_seconds=busy * 1e9 / received["bytes"]
    )


def compare(ways: list[Way], seconds: int, rounds: int) -> None:
    """Each way is as often the first of a round as any other."""
    found: dict[str, list[Sent]] = {way.title: [] for way in ways}
    with contextlib.ExitStack() as servers:
        for way in ways:
            servers.enter_context(listening(way))
        for number in range(rounds):
            first = number % len(ways)
            for way in ways[first:] + ways[:first]:
                found[way.title].append(send(way, seconds))
    for title, all_sent in found.items():
        rates = sorted(sent.gigabits for sent in all_sent)
        print(
            f"{title}: {statistics.median(rates):.1f} Gbit/s, {rates[0]:.1f} to {rates[-1]:.1f};"
            f" {statistics.median(sent.cpu_seconds for sent in all_sent):.3f} CPU s a gigabyte"
        )
    for way in ways[1:]:
        print(told(ways[0].title, found[ways[0].title], way.title, found[way.title]))
    print(f"(goal {GOAL} of {ways[1].title})")


def told(title: str, own: list[Sent], peer: str, others: list[Sent]) -> str:
    pairs = list(zip(own, others, strict=True))
    shares = sorted(a.gigabits / b.gigabits for a, b in pairs)
    costs = statistics.median(a.cpu_seconds / b.cpu_seconds for a, b in pairs)
    return (
        f"{title} reach {statistics.median(shares):.2f} of {peer}, median of {len(pairs)} rounds,"
        f" {shares[0]:.2f} to {shares[-1]:.2f}, and cost {costs:.2f} of its CPU time"
    )


async def measure(seconds: int, rounds: int) -> None:
    fabric = LocalFabric(new_engine_id(), "us-east-1")
    with contextlib.ExitStack() as stack:
        try:
            own = await tasks(fabric)
            mtu = mtu_of(own.near)
            print(f"MTU {mtu}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
            compare([own, joined(stack, mtu), routed(stack, mtu)], seconds, rounds)
        finally:
            await fabric.purge()


def main(seconds: int, rounds: int) -> None:
    with own_host():
        asyncio.run(measure(seconds, rounds))


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*given, *[1, 15][len(given) :])
