"""Names inside a VPC: the resolver in its namespace, and /etc/resolv.conf's lines lead to it."""

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.network_suite import Range
from tests.support.dns import (
    KNOWN_ADDRESS,
    KNOWN_NAME,
    Nameserver,
    addresses_in,
    ask,
    ask_by_stream,
    code_of,
    query,
    records_in,
)
from tests.support.layouts import layout_with
from tests.support.networks import in_namespace, new_engine_id, own_host

from hostless.domain.arns import VpcId
from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.nameservers import HostNameservers

pytestmark = pytest.mark.root
RANGE = Range("10.20.0.0/22")


@contextlib.asynccontextmanager
async def task_of(resolv_conf: Path, region: str = "us-east-1") -> AsyncIterator[str]:
    """The namespace of a task on a host with this resolv.conf."""
    with own_host():
        fabric = LocalFabric(new_engine_id(), region, HostNameservers(resolv_conf))
        try:
            await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
            place = await fabric.attach(RANGE.interface(1))
            assert place.namespace_path is not None
            yield Path(place.namespace_path).name
        finally:
            await fabric.purge()


async def test_a_task_resolves_private_and_other_names_by_udp_and_tcp(tmp_path: Path) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver 127.0.0.1\n")
    async with task_of(resolv_conf) as task:
        nameserver = Nameserver()
        await nameserver.start("127.0.0.1", 53)
        other = RANGE.interface(7, subnet=1)
        for resolver in (RANGE.resolver, "169.254.169.253"):
            for way in (ask, ask_by_stream):
                answer = await in_namespace(task, way, resolver, query(other.private_dns_name))
                assert addresses_in(answer) == [other.address]
                answer = await in_namespace(task, way, resolver, query(KNOWN_NAME))
                assert addresses_in(answer) == [KNOWN_ADDRESS]
        nameserver.stop()


async def test_without_a_nameserver_on_the_host_a_task_hears_so_at_once(tmp_path: Path) -> None:
    async with task_of(tmp_path / "missing", "eu-west-1") as task:
        answer = await in_namespace(task, ask, RANGE.resolver, query("example.com"))
        assert code_of(answer) == 2
        name = f"{RANGE.interface(7).private_dns_name.split('.')[0]}.eu-west-1.compute.internal"
        answer = await in_namespace(task, ask, RANGE.resolver, query(name))
        assert addresses_in(answer) == [RANGE.interface(7).address]


def zone(vpc_id: VpcId, address: str) -> AnswerZone:
    web = RecordSet(type="A", ttl_seconds=60, values=(address,))
    return AnswerZone(
        vpc_id=vpc_id,
        name="app.local",
        negative_ttl_seconds=15,
        names={"app.local": (), "web.app.local": (web,)},
    )


def looked_up(name: str, resolv_conf: Path) -> list[str]:
    """What the C library finds, asked by a program that has this /etc/resolv.conf."""
    script = "import socket, sys; print(*socket.gethostbyname_ex(sys.argv[1])[2])"
    mounted = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", mounted, "sh", str(resolv_conf)]
    return subprocess.run(
        [*command, sys.executable, "-c", script, name],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    ).stdout.split()


async def test_a_private_namespace_resolves_in_its_vpc_only_and_changes_at_once(
    tmp_path: Path,
) -> None:
    other = Range("10.30.0.0/22")
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text(f"nameserver {RANGE.resolver}\n")
    with own_host():
        fabric = LocalFabric(new_engine_id(), "us-east-1", HostNameservers(tmp_path / "missing"))
        try:
            fabric.answer_zones((zone(RANGE.vpc.id, "10.20.0.9"),))
            await fabric.lay_out(
                layout_with((RANGE.vpc, other.vpc), (*RANGE.subnets, *other.subnets))
            )
            places = [await fabric.attach(each.interface(1)) for each in (RANGE, other)]
            inside, outside = (Path(str(place.namespace_path)).name for place in places)
            asked = query("web.app.local")
            for way in (ask, ask_by_stream):
                answer = await in_namespace(inside, way, RANGE.resolver, asked)
                assert records_in(answer) == [("A", 60, "10.20.0.9")]
            found = await in_namespace(inside, looked_up, "web.app.local", resolv_conf)
            assert found == ["10.20.0.9"]
            answer = await in_namespace(outside, ask, other.resolver, asked)
            assert (code_of(answer), records_in(answer)) == (2, [])
            fabric.answer_zones((zone(RANGE.vpc.id, "10.20.0.10"),))
            answer = await in_namespace(inside, ask, RANGE.resolver, asked)
            assert records_in(answer) == [("A", 60, "10.20.0.10")]
        finally:
            await fabric.purge()


async def test_names_are_back_when_the_engine_is(tmp_path: Path) -> None:
    with own_host():
        engine_id = new_engine_id()
        nobody = HostNameservers(tmp_path / "missing")
        first = LocalFabric(engine_id, "us-east-1", nobody)
        second = LocalFabric(engine_id, "us-east-1", nobody)
        try:
            await first.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
            place = await first.attach(RANGE.interface(1))
            await first.close()
            task = Path(str(place.namespace_path)).name
            asked = query(RANGE.interface(1).private_dns_name)
            with pytest.raises(OSError):
                await in_namespace(task, ask, RANGE.resolver, asked)
            await second.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
            answer = await in_namespace(task, ask, RANGE.resolver, asked)
            assert addresses_in(answer) == [RANGE.interface(1).address]
        finally:
            await second.purge()
