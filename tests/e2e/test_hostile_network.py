"""End to end: a task that turns on its neighbours, on the host or on the engine gets nowhere.

Beside every attempt that must fail stands one of the same kind that succeeds, by the same program.
"""

import contextlib
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import address_of, run_on, started_engine, wait_until
from tests.support import hostile_program
from tests.support.engine import RunningEngine, free_port, wait_for
from tests.support.hostile_program import HEARD, PORT
from tests.support.images import push
from tests.support.program_images import PROGRAM_IN_IMAGE, PYTHON, build_python_image

pytestmark = pytest.mark.root
FAR_RANGE = "10.0.0.0/28"
NOBODYS = ("169.254.169.254", "169.254.170.2", "169.254.169.253", "172.17.0.1")
STATE = ("store.db", "keys.json", "engine.json", Path(HEARD).name)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A task that hears what it is told; see `hostile_program`."""

    engine: RunningEngine
    task: dict[str, Any]

    @property
    def address(self) -> str:
        return address_of(self.task)

    @property
    def address_v6(self) -> str:
        (attachment,) = self.task["attachments"]
        return next(d["value"] for d in attachment["details"] if d["name"] == "ipv6Address")

    @property
    def mac(self) -> str:
        (attachment,) = self.task["attachments"]
        return next(d["value"] for d in attachment["details"] if d["name"] == "macAddress")

    def does(self, command: str, *arguments: str) -> list[str]:
        """The lines that come of it."""
        program = (str(PYTHON), "-I", "-S", PROGRAM_IN_IMAGE)
        return self._run(*program, command, *arguments).splitlines()

    def has_heard(self) -> list[str]:
        """`ADDRESS TEXT` of every datagram."""
        return self._run("cat", HEARD).splitlines()

    def listens(self) -> bool:
        return self._run("ls", "/tmp").split() == [Path(HEARD).name]

    def hears(self, line: str) -> None:
        wait_for(lambda: line in self.has_heard(), what=line)

    def _run(self, *command: str) -> str:
        arn = self.task["taskArn"].rsplit("/", 1)[-1]
        return self.engine.cli("exec", arn, "--", *command).stdout


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """attacker, helper, peer: of one subnet, and let in everything from each other. far: of another
    VPC.
    """

    engine: RunningEngine
    attacker: Agent
    helper: Agent
    peer: Agent
    far: Agent


@pytest.fixture(scope="module")
def scene(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    with neighbourhood(registry, tmp_path_factory.mktemp("hostile")) as made:
        yield made


@contextlib.contextmanager
def neighbourhood(registry: str, folder: Path, *flags: str) -> Iterator[Neighbourhood]:
    push(registry, "hostile:1", build_python_image(Path(hostile_program.__file__)))
    with started_engine(folder / "state", *flags) as engine:
        ec2 = engine.client("ec2")
        vpc = ec2.create_vpc(CidrBlock=FAR_RANGE)["Vpc"]["VpcId"]
        far = ec2.create_subnet(VpcId=vpc, CidrBlock=FAR_RANGE)["Subnet"]["SubnetId"]
        near = engine.subnets()[0]
        give_ipv6(ec2, near)
        begun = [begin(engine, f"{registry}/hostile:1", each) for each in (near, near, near, far)]
        tasks = [wait_until(engine, task["taskArn"], "RUNNING") for task in begun]
        agents = [Agent(engine=engine, task=task) for task in tasks]
        for each in agents:
            wait_for(each.listens, what="an agent that listens")
        yield Neighbourhood(
            engine=engine, attacker=agents[0], helper=agents[1], peer=agents[2], far=agents[3]
        )


def give_ipv6(ec2: Any, subnet: str) -> None:
    """To the subnet's VPC and to the subnet, and so to tasks; they may send by it."""
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    block = made["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"].replace("/56", "/64")
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)


def begin(engine: RunningEngine, image: str, subnet: str) -> dict[str, Any]:
    return run_on(
        engine,
        image,
        {"command": ["agent"]},
        definition={"taskRoleArn": "arn:aws:iam::000000000000:role/task"},
        enableExecuteCommand=True,
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
    )


def word() -> str:
    """That nobody said before."""
    return secrets.token_hex(8)


def test_sources_are_not_forged(scene: Neighbourhood) -> None:
    attacker, victim = scene.attacker, scene.peer
    assert attacker.does("raw_sockets") == ["AF_INET", "AF_PACKET"]
    others = (scene.helper.address, victim.address, "127.0.0.1", "169.254.169.253", "198.51.100.7")
    ways = ("forge", f"frame {attacker.mac}", f"frame {scene.helper.mac}")
    sent = [f"{way} {source} {victim.address} forged" for way in ways for source in others]
    honest = {way: word() for way in ways[:2]}
    sent += [f"{way} {attacker.address} {victim.address} {own}" for way, own in honest.items()]
    attacker.does("several", *sent)
    for own in honest.values():
        victim.hears(f"{attacker.address} {own}")
    assert not [line for line in victim.has_heard() if "forged" in line]


def test_what_neighbours_tell_each_other_is_not_seen(scene: Neighbourhood) -> None:
    secret, known = word(), word()
    seen = scene.attacker.does("sniff", scene.helper.address, scene.peer.address, secret, known)
    assert seen == [known]
    scene.peer.hears(f"{scene.helper.address} {secret}")


def test_nobody_takes_anothers_address_by_arp(scene: Neighbourhood) -> None:
    """Neither as neighbours see it nor as the host does."""
    secret, known = word(), word()
    attacker, helper, peer = scene.attacker, scene.helper, scene.peer
    assert attacker.does("ask_router")
    ways = (helper.address, peer.address, secret, known)
    assert attacker.does("steal", peer.address, *ways) == [known]
    peer.hears(f"{helper.address} {secret}")
    from_host = word()
    hostile_program.tell(peer.address, from_host)
    wait_for(lambda: any(from_host in line for line in peer.has_heard()), what="the host's word")
    assert not any(from_host in line for line in attacker.has_heard())


def test_another_vpc_is_not_reached(scene: Neighbourhood) -> None:
    attacker, peer, far = scene.attacker, scene.peer, scene.far
    own = f"{peer.address}/{PORT}"
    assert attacker.does("connect", *ends_far_away(scene), own) == [own]
    near_word, far_word = word(), word()
    sources, ways = (attacker.address, str(ip_network(FAR_RANGE)[9])), ("forge", "frame")
    macs = {"forge": "", "frame": attacker.mac}
    attacker.does(
        "several",
        *(f"{way} {macs[way]} {each} {far.address} {far_word}" for way in ways for each in sources),
        *(f"{way} {macs[way]} {attacker.address} {peer.address} {near_word}" for way in ways),
    )
    peer.hears(f"{attacker.address} {near_word}")
    known = word()
    far.does("forge", far.address, far.address, known)
    far.hears(f"{far.address} {known}")
    assert not [line for line in far.has_heard() if far_word in line]


def ends_far_away(scene: Neighbourhood) -> list[str]:
    return [f"{address}/{PORT}" for address in (scene.far.address, str(ip_network(FAR_RANGE)[1]))]


def addresses_of_host(scene: Neighbourhood) -> list[str]:
    """And what stands for the host elsewhere, or is the router's."""
    shown = subprocess.run(
        ["ip", "-4", "-o", "address"], check=True, capture_output=True, text=True
    ).stdout
    own = {line.split()[3].partition("/")[0] for line in shown.splitlines()}
    network = ip_network(scene.engine.cidr)
    of_router = (str(network[number]) for number in (1, 2, 3))
    return sorted({*own, *of_router, *NOBODYS})


def ends_of_host(scene: Neighbourhood, port: int) -> list[str]:
    """But for loopback, which is the task's own: by frames it tries the host's."""
    away = [each for each in addresses_of_host(scene) if not each.startswith("127.")]
    return [f"{address}/{each}" for address in away for each in (port, scene.engine.port, 22)]


@contextlib.contextmanager
def host_service() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Listens at every address of the host, by TCP and by UDP at one port."""
    port = free_port()
    with (
        socket.create_server(("0.0.0.0", port)) as taking,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing,
    ):
        hearing.bind(("0.0.0.0", port))
        for each in (taking, hearing):
            each.settimeout(5)
        yield taking, hearing


def test_the_hosts_services_are_not_reached(scene: Neighbourhood) -> None:
    attacker, peer = scene.attacker, scene.peer
    own = f"{peer.address}/{PORT}"
    with host_service() as (taking, hearing):
        port = taking.getsockname()[1]
        assert attacker.does("connect", *ends_of_host(scene, port), own) == [own]
        known = word()
        ends = [f"{address}/{port}" for address in addresses_of_host(scene)] + [peer.address]
        way = f"frame {attacker.mac} {attacker.address}"
        attacker.does("several", *(f"{way} {end} {known}" for end in ends))
        peer.hears(f"{attacker.address} {known}")
        with (
            socket.create_connection(("127.0.0.1", port), 5),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling,
        ):
            telling.sendto(b"from the host", ("127.0.0.1", port))
            assert hearing.recv(100) == b"from the host"
            accepted, caller = taking.accept()
            accepted.close()
            assert caller[0] == "127.0.0.1"


def test_the_engines_state_is_not_reached(scene: Neighbourhood) -> None:
    attacker = scene.attacker
    assert attacker.does("find", *STATE) == [HEARD]
    closed = (
        "/proc/sysrq-trigger",
        "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/net/ipv4/conf/all/rp_filter",
        "/proc/sys/kernel/core_pattern",
        "/proc/kcore",
        "/sys/kernel/uevent_seqnum",
        "/sys/class/net/eth0/mtu",
        "/sys/fs/cgroup/cgroup.procs",
        "/dev/mem",
        f"{scene.engine.state_dir}/store.db",
    )
    assert attacker.does("write", *closed, HEARD) == [HEARD]
    opened = ("node c 1 3", "node c 1 1", "node b 7 0", "node b 8 0", "node b 254 0")
    assert attacker.does("several", *opened) == ["opened", *["Operation not permitted"] * 4]


def test_neighbours_are_not_reached_by_link_local_addresses(scene: Neighbourhood) -> None:
    attacker, peer = scene.attacker, scene.peer
    shouted = word()
    assert attacker.does("shout", shouted) == ["sent"]
    octets = bytes.fromhex(peer.mac.replace(":", ""))
    octets = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    link_local = socket.inet_ntop(socket.AF_INET6, b"\xfe\x80" + bytes(6) + octets)
    own = f"{peer.address}/{PORT}"
    assert attacker.does("connect", f"{link_local}/{PORT}", own) == [own]
    known = word()
    attacker.does("forge", attacker.address, peer.address, known)
    peer.hears(f"{attacker.address} {known}")
    assert not [line for line in peer.has_heard() if shouted in line]


def test_ipv6_is_not_forged_nor_anothers_address_claimed(scene: Neighbourhood) -> None:
    attacker, helper, peer = scene.attacker, scene.helper, scene.peer
    forged, honest, secret = word(), word(), word()
    macs, sources = (
        (attacker.mac, helper.mac),
        (helper.address_v6, peer.address_v6, "::1", "fe80::9"),
    )
    attacker.does(
        "several",
        *(f"frame_v6 {mac} {each} {peer.address_v6} {forged}" for mac in macs for each in sources),
        f"frame_v6 {attacker.mac} {attacker.address_v6} {peer.address_v6} {honest}",
        f"claim_v6 {peer.address_v6}",
    )
    peer.hears(f"{attacker.address_v6} {honest}")
    helper.does("tell", peer.address_v6, secret)
    peer.hears(f"{helper.address_v6} {secret}")
    assert not [line for line in peer.has_heard() if forged in line]
    assert not [line for line in attacker.has_heard() if secret in line]


def test_a_flood_leaves_others_their_names_and_connections(scene: Neighbourhood) -> None:
    attacker, helper, peer = scene.attacker, scene.helper, scene.peer
    resolver = str(ip_network(scene.engine.cidr)[2])
    details = {d["name"]: d["value"] for d in peer.task["attachments"][0]["details"]}
    own = f"{peer.address}/{PORT}"
    with ThreadPoolExecutor(1) as pool:
        flood = pool.submit(attacker.does, "flood", "4", "4000", resolver, "169.254.169.253")
        times = 0
        while not flood.done():
            (found,) = helper.does("look_up", resolver, details["privateDnsName"])
            address, seconds = found.split()
            assert (address, float(seconds) < 2.5) == (peer.address, True), found
            assert helper.does("connect", own) == [own]
            times += 1
    assert times > 0
    assert int(flood.result()[0]) > 2000


@pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")
def test_a_sandboxed_task_gets_no_further(registry: str, tmp_path: Path) -> None:
    """gVisor gives no raw sockets; what its sandbox shows as the kernel's is not the host's."""
    with (
        neighbourhood(registry, tmp_path, "--isolation", "gvisor") as scene,
        host_service() as host,
    ):
        attacker, own = scene.attacker, f"{scene.peer.address}/{PORT}"
        assert attacker.does("raw_sockets") == []
        ends = [*ends_far_away(scene), *ends_of_host(scene, host[0].getsockname()[1])]
        assert attacker.does("connect", *ends, own) == [own]
        assert attacker.does("find", *STATE) == [HEARD]
