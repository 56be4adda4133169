"""Answers a second of a VPC's resolver, asked by a program inside a task's namespace.

On a host of its own (namespaces of this process), as root: nothing of the machine is touched. The
resolver runs as in the engine, on the engine's kind of event loop; dnsperf asks it over the task's
own interface, so that a query passes what a task's query passes.

usage: python -m bench.names [SECONDS]
"""

import asyncio
import contextlib
import multiprocessing
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from multiprocessing.synchronize import Event
from pathlib import Path

import uvloop
from tests.contract.network_suite import Range
from tests.support.dns import KNOWN_NAME, Nameserver
from tests.support.layouts import layout_with
from tests.support.networks import new_engine_id, own_host
from tests.support.security_groups import carrying, everything_passes

from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.nameservers import HostNameservers
from hostless.network.place import private_name_of

GOAL = 10_000
NAMES, INSTANCES, CLIENTS, OUTSTANDING = 200, 20, 20, 100
RANGE = Range("10.20.0.0/22")


def questions() -> Mapping[str, list[str]]:
    """What is asked, by what it shows: lines of a name and a type."""
    private = [private_name_of(f"10.20.0.{n}", "ec2.internal") for n in range(10, 250)]
    return {
        "private names of the VPC": [f"{name} A" for name in private],
        "Cloud Map, one address": [f"one-{n}.app.local A" for n in range(NAMES)],
        f"Cloud Map, 8 of {INSTANCES} addresses": [f"many-{n}.app.local A" for n in range(NAMES)],
        f"Cloud Map, 8 of {INSTANCES} SRV": [f"many-{n}.app.local SRV" for n in range(NAMES)],
        "Cloud Map, by an alias": [f"alias-{n}.app.local A" for n in range(NAMES)],
        "Cloud Map, no such name": [f"none-{n}.app.local A" for n in range(NAMES)],
        "a name of the world, by a nameserver of the host": [f"{KNOWN_NAME} A"],
    }


def zone() -> AnswerZone:
    addresses = tuple(f"10.20.1.{n + 10}" for n in range(INSTANCES))
    hosts = tuple(f"1 1 8080 i-{n}.many-0.app.local" for n in range(INSTANCES))
    names: dict[str, tuple[RecordSet, ...]] = {"app.local": ()}
    for n in range(NAMES):
        one = RecordSet(type="A", ttl_seconds=60, values=(addresses[n % INSTANCES],))
        alias = RecordSet(
            type="CNAME", ttl_seconds=60, values=(f"one-{n}.app.local",), most_answers=1
        )
        names[f"one-{n}.app.local"] = (one,)
        names[f"alias-{n}.app.local"] = (alias,)
        names[f"many-{n}.app.local"] = (
            RecordSet(type="A", ttl_seconds=60, values=addresses),
            RecordSet(type="SRV", ttl_seconds=60, values=hosts),
        )
    return AnswerZone(vpc_id=RANGE.vpc.id, name="app.local", negative_ttl_seconds=15, names=names)


@contextlib.contextmanager
def world() -> Iterator[HostNameservers]:
    """A nameserver, in a process of its own, that the host's resolv.conf names."""
    forking = multiprocessing.get_context("fork")
    is_ready = forking.Event()
    process = forking.Process(target=answer_for_the_world, args=(is_ready,), daemon=True)
    process.start()
    is_ready.wait(10)
    with tempfile.NamedTemporaryFile("w", prefix="hostless-bench-") as resolv_conf:
        resolv_conf.write("nameserver 127.0.0.1\n")
        resolv_conf.flush()
        try:
            yield HostNameservers(Path(resolv_conf.name))
        finally:
            process.kill()
            process.join()


def answer_for_the_world(is_ready: Event) -> None:
    async def serve() -> None:
        await Nameserver().start("127.0.0.1", 53)
        is_ready.set()
        await asyncio.Event().wait()

    uvloop.run(serve())


@contextlib.asynccontextmanager
async def resolving_task(nameservers: HostNameservers) -> AsyncIterator[str]:
    """The namespace of a task in a VPC whose resolver answers."""
    fabric = LocalFabric(new_engine_id(), "us-east-1", nameservers)
    try:
        await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
        await fabric.enforce(everything_passes(RANGE), ())
        fabric.answer_zones((zone(),))
        place = await fabric.attach(carrying(RANGE.interface(1), 1))
        assert place.namespace_path is not None
        yield Path(place.namespace_path).name
    finally:
        await fabric.purge()


async def asked(task: str, lines: Iterable[str], seconds: int, *flags: str) -> str:
    """What dnsperf says."""
    with tempfile.NamedTemporaryFile("w", prefix="hostless-bench-", suffix=".txt") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", task, "dnsperf", "-s", RANGE.resolver, "-d", file.name),
            *("-l", str(seconds), "-c", str(CLIENTS), "-q", str(OUTSTANDING), *flags),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    return said.decode()


def told(title: str, said: str) -> str:
    rate = float(_found(r"Queries per second:\s+([\d.]+)", said))
    lost = _found(r"Queries lost:\s+(\d+)", said)
    codes = _found(r"Response codes:\s+(.*)", said)
    latency = 1000 * float(_found(r"Average Latency \(s\):\s+([\d.]+)", said))
    return (
        f"{title}: {rate:,.0f} a second, {rate / GOAL:.2f} of the goal of {GOAL:,};"
        f" {latency:.1f} ms each, {lost} lost, {codes}"
    )


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(said)
    return found[1]


async def measure(nameservers: HostNameservers, seconds: int) -> None:
    async with resolving_task(nameservers) as task:
        for title, lines in questions().items():
            print(told(title, await asked(task, lines, seconds)))
        lines = questions()["private names of the VPC"]
        print(told("the same by TCP", await asked(task, lines, seconds, "-m", "tcp")))


def main(seconds: int) -> None:
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
    with own_host(), world() as nameservers:
        uvloop.run(measure(nameservers, seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
