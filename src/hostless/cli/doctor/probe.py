"""Tries out what the kernel has to do for a task, in namespaces that end with this process.

Run as a process of its own (`python -m hostless.cli.doctor.probe`): prints one JSON object, by
probe None or why it failed. Nothing that it makes outlives it. Judging is `checks`' business.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
RULES = """
add table inet probe
add set inet probe members { type ipv4_addr; }
add map inet probe senders { type ipv4_addr : verdict; }
add chain inet probe group
add rule inet probe group ip daddr @members tcp dport 1-9 ct mark set ct mark | 1 accept
add element inet probe senders { 192.0.2.1 comment "eni" : jump group }
add chain inet probe forward { type filter hook forward priority 0; policy drop; }
add rule inet probe forward ct state established ct direction reply ct mark & 1 == 0 accept
add rule inet probe forward ip saddr vmap @senders
add chain inet probe nat { type nat hook postrouting priority 100; }
add rule inet probe nat masquerade
add map inet probe public { type ipv4_addr : ipv4_addr; }
add rule inet probe nat snat ip to ip saddr map @public
add chain inet probe arriving { type nat hook prerouting priority -100; }
add rule inet probe arriving dnat ip to ip daddr map @public
add chain inet probe martians { type filter hook prerouting priority -150; }
add rule inet probe martians meta nfproto ipv6 fib saddr . iif oif missing drop
"""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _unshare(flags: int) -> None:
    _checked(_libc().unshare(flags))


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _checked(
        _libc().mount(source.encode(), target.encode(), kind.encode(), flags, options.encode())
    )


def _private_mounts() -> None:
    _unshare(CLONE_NEWNS)
    _mount("none", "/", "", MS_REC | MS_PRIVATE)


def namespaces() -> None:
    """Mount, process, host name and IPC namespaces, as every container has them."""
    _private_mounts()
    _unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)


def network_namespace() -> None:
    """A network namespace that may route packets: what a VPC is made of."""
    _unshare(CLONE_NEWNET)
    with open("/proc/thread-self/net/dev", encoding="ascii") as devices:
        devices.read()
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as switch:
        switch.write("1")


def overlay() -> None:
    """An overlay mount: how a container sees its image's layers."""
    _private_mounts()
    with tempfile.TemporaryDirectory() as folder:
        _mount("none", folder, "tmpfs", 0, "size=1m")
        for name in ("lower", "upper", "work", "merged"):
            os.mkdir(f"{folder}/{name}")
        layers = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
        _mount("overlay", f"{folder}/merged", "overlay", 0, layers)
        _checked(_libc().umount2(f"{folder}/merged".encode(), 2))
        _checked(_libc().umount2(folder.encode(), 2))


def task_disk() -> None:
    """A file system of one GiB behind a loop device: what ephemeral storage is held to."""
    from hostless.compute.local.disks import Disks, remove_disk

    _private_mounts()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "disk")
        try:
            Disks(Path(folder)).have(place, 1)
        finally:
            remove_disk(place)


def veth() -> None:
    """A pair of virtual interfaces, made over netlink: a task's network interface."""
    _unshare(CLONE_NEWNET)
    link = struct.pack("BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0)
    peer = _attribute(1, link + _attribute(3, b"probe1\0"))
    info = _attribute(1, b"veth") + _attribute(2, peer)
    body = link + _attribute(3, b"probe0\0") + _attribute(18, info)
    request_ack_create_exclusive = 0x1 | 0x4 | 0x400 | 0x200
    header = struct.pack("IHHII", 16 + len(body), 16, request_ack_create_exclusive, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
        netlink.send(header + body)
        number = -struct.unpack_from("i", netlink.recv(65536), 16)[0]
    if number:
        raise OSError(number, os.strerror(number))


def _attribute(kind: int, payload: bytes) -> bytes:
    attribute = struct.pack("HH", 4 + len(payload), kind) + payload
    return attribute + bytes(-len(attribute) % 4)


def nftables() -> None:
    """The rules that security groups need, loaded by the library that the engine uses."""
    _unshare(CLONE_NEWNET)
    library = ctypes.CDLL("libnftables.so.1")
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
    context = ctypes.c_void_p(library.nft_ctx_new(0))
    library.nft_ctx_buffer_error(context)
    if library.nft_run_cmd_from_buffer(context, RULES.encode()) != 0:
        text = library.nft_ctx_get_error_buffer(context).decode(errors="replace")
        raise OSError(0, text.strip().splitlines()[0] if text.strip() else "refused")


PROBES: Mapping[str, Callable[[], None]] = {
    "namespaces": namespaces,
    "network_namespace": network_namespace,
    "overlay": overlay,
    "task_disk": task_disk,
    "veth": veth,
    "nftables": nftables,
}


def _attempt(probe: Callable[[], None]) -> str | None:
    """Run the probe in a child, so that one probe's namespaces do not change the next one's."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        problem = ""
        try:
            probe()
        except OSError as error:
            problem = error.strerror or str(error)
        os.write(writer, problem.encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        problem = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return problem or (None if status == 0 else f"the probe ended with status {status}")


if __name__ == "__main__":
    json.dump({name: _attempt(probe) for name, probe in PROBES.items()}, sys.stdout)
