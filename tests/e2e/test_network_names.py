"""Names inside a VPC: the resolver in its namespace, and /etc/resolv.conf's lines lead to it."""

import contextlib
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
)
from tests.support.networks import in_namespace, new_engine_id, own_host

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
            await fabric.open((RANGE.vpc,), RANGE.subnets)
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


async def test_names_are_back_when_the_engine_is(tmp_path: Path) -> None:
    with own_host():
        engine_id = new_engine_id()
        nobody = HostNameservers(tmp_path / "missing")
        first = LocalFabric(engine_id, "us-east-1", nobody)
        second = LocalFabric(engine_id, "us-east-1", nobody)
        try:
            await first.open((RANGE.vpc,), RANGE.subnets)
            place = await first.attach(RANGE.interface(1))
            await first.close()
            task = Path(str(place.namespace_path)).name
            asked = query(RANGE.interface(1).private_dns_name)
            with pytest.raises(OSError):
                await in_namespace(task, ask, RANGE.resolver, asked)
            await second.open((RANGE.vpc,), RANGE.subnets)
            answer = await in_namespace(task, ask, RANGE.resolver, asked)
            assert addresses_in(answer) == [RANGE.interface(1).address]
        finally:
            await second.purge()
