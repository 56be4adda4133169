"""What a hostile task does to its network; it goes into an image, so the standard library only.

Every task runs `agent`, which hears and tells; the other commands are what is attempted, and say
on their standard output what came of it. MACs are written as Linux writes them.
"""

import errno
import os
import select
import socket
import stat
import struct
import sys
import time
from collections.abc import Callable

PORT = 7000
HEARD = "/tmp/heard"
"""The file in which an agent writes down who told it what, a line each."""
EVERY_PROTOCOL, IPV4, ARP, IPV6 = 0x0003, 0x0800, 0x0806, 0x86DD
SOL_PACKET, ADD_MEMBERSHIP, PROMISCUOUS = 263, 1, 1
BROADCAST = "ff:ff:ff:ff:ff:ff"
LONGEST_SECONDS = 10.0
CONNECT_SECONDS = 2.0


def agent() -> None:
    """Take connections; write down datagrams, and pass on what one says by `tell ADDRESS TEXT`s."""
    families = [(socket.AF_INET, "0.0.0.0")]
    families += [(socket.AF_INET6, "::")] if os.path.exists("/proc/net/if_inet6") else []
    hearing = []
    for family, anywhere in families:
        heard = socket.socket(family, socket.SOCK_DGRAM)
        taking = socket.socket(family, socket.SOCK_STREAM)
        for each in (heard, taking):
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind((anywhere, PORT))
        taking.listen(100)
        hearing += [heard, taking]
    with open(HEARD, "w", buffering=1) as notes:
        while True:
            for ready in select.select(hearing, [], [])[0]:
                if ready.type == socket.SOCK_STREAM:
                    ready.accept()[0].close()
                    continue
                text, caller = ready.recvfrom(2000)
                notes.write(f"{caller[0]} {text.decode(errors='replace')}\n")
                words = text.decode(errors="replace").split()
                if words[0] == "tell":
                    for address, what in zip(words[1::2], words[2::2], strict=True):
                        tell(address, what)


def tell(address: str, text: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as telling:
        telling.sendto(text.encode(), (address, PORT))


def forge(source: str, target: str, text: str) -> None:
    """A datagram with this source, by a raw socket. target: `ADDRESS`, or `ADDRESS/PORT`."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(datagram(source, target, text), (target.partition("/")[0], 0))


def frame(source_mac: str, source: str, target: str, text: str) -> None:
    """The same, by a frame of one's own making to the router."""
    head = packed(router_mac()) + packed(source_mac) + struct.pack("!H", IPV4)
    with packets() as raw:
        raw.send(head + datagram(source, target, text))


def datagram(source: str, target: str, text: str) -> bytes:
    address, _, port = target.partition("/")
    payload = text.encode()
    udp = struct.pack("!HHHH", PORT, int(port or PORT), 8 + len(payload), 0) + payload
    ends = socket.inet_aton(source) + socket.inet_aton(address)
    blank = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + ends
    total = sum(struct.unpack("!10H", blank))
    total = (total & 0xFFFF) + (total >> 16)
    return blank[:10] + struct.pack("!H", ~total & 0xFFFF) + blank[12:] + udp


def frame_v6(source_mac: str, source: str, target: str, text: str) -> None:
    """A datagram of IPv6 in a frame of one's own making to the router."""
    payload = text.encode()
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", PORT, PORT, length, 0) + payload
    with packets() as raw:
        raw.send(packet_v6(router_mac(), source_mac, source, target, 17, udp, 6))


def claim_v6(address: str) -> None:
    """Say to everybody on the link, unasked, that the address is ours (RFC 4861, 4.4)."""
    own = own_mac()
    told = struct.pack("!BBHI", 136, 0, 0, 0x20000000) + socket.inet_pton(socket.AF_INET6, address)
    told += b"\2\1" + packed(own)
    with packets() as raw:
        for mac in ("33:33:00:00:00:01", router_mac()):
            raw.send(packet_v6(mac, own, address, "ff02::1", 58, told, 2))


def packet_v6(
    mac: str, source_mac: str, source: str, target: str, protocol: int, body: bytes, sum_at: int
) -> bytes:
    """sum_at: where in the body its checksum stands."""
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    summed = ends + struct.pack("!II", len(body), protocol) + body + bytes(len(body) % 2)
    total = sum(struct.unpack(f"!{len(summed) // 2}H", summed))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    body = body[:sum_at] + struct.pack("!H", ~total & 0xFFFF) + body[sum_at + 2 :]
    head = struct.pack("!IHBB", 6 << 28, len(body), protocol, 255) + ends
    return packed(mac) + packed(source_mac) + struct.pack("!H", IPV6) + head + body


def sniff(helper: str, peer: str, secret: str, known: str) -> None:
    """Have the helper tell its peer a secret, then us something; print what of both we see."""
    with packets() as raw:
        index = socket.if_nametoindex("eth0")
        wish = struct.pack("iHH8s", index, PROMISCUOUS, 0, b"")
        raw.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, wish)
        tell(helper, f"tell {peer} {secret} {own_address(helper)} {known}")
        until, seen = time.monotonic() + LONGEST_SECONDS, set()
        while known not in seen and time.monotonic() < until:
            if select.select([raw], [], [], 0.2)[0]:
                data, origin = raw.recvfrom(4000)
                is_own = origin[2] == socket.PACKET_OUTGOING
                for word in (secret, known):
                    if not is_own and word.encode() in data:
                        seen.add(word)
        print(*sorted(seen))


def steal(claimed: str, helper: str, peer: str, secret: str, known: str) -> None:
    """Claim somebody's address by ARP, unasked and as an answer, to all and to the router."""
    own, router = own_mac(), router_mac()
    with packets() as raw:
        for _ in range(3):
            for target in (BROADCAST, router):
                for operation in (1, 2):
                    raw.send(arp(operation, own, claimed, target, claimed))
                    raw.send(arp(operation, own, claimed, target, gateway()))
    sniff(helper, peer, secret, known)


def arp(operation: int, mac: str, address: str, target_mac: str, target: str) -> bytes:
    head = packed(target_mac) + packed(mac) + struct.pack("!H", ARP)
    body = struct.pack("!HHBBH", 1, IPV4, 6, 4, operation) + packed(mac) + socket.inet_aton(address)
    return head + body + packed(target_mac) + socket.inet_aton(target)


def ask_router() -> None:
    """Whether our frames of ARP are answered at all: print the router's MAC."""
    own = own_mac()
    with packets() as raw:
        raw.send(arp(1, own, own_address(gateway()), BROADCAST, gateway()))
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until:
            data = raw.recv(2000)
            if data[12:14] == struct.pack("!H", ARP) and data[20:22] == b"\0\2":
                print(":".join(f"{octet:02x}" for octet in data[22:28]))
                return


def connect(*ends: str) -> None:
    """Print those `ADDRESS/PORT` that take a connection."""
    waiting = {}
    for end in ends:
        address, _, port = end.partition("/")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        calling = socket.socket(family, socket.SOCK_STREAM)
        calling.setblocking(False)
        scope = (0, socket.if_nametoindex("eth0")) if ":" in address else ()
        try:
            error = calling.connect_ex((address, int(port), *scope))
        except OSError:
            continue
        if error in (0, errno.EINPROGRESS):
            waiting[calling] = end
    until = time.monotonic() + CONNECT_SECONDS
    while waiting and time.monotonic() < until:
        for calling in select.select([], list(waiting), [], 0.1)[1]:
            if calling.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                print(waiting[calling])
            del waiting[calling]


def shout(text: str) -> None:
    """A datagram of IPv6 to everybody on the link; print whether it left."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as telling:
            index = socket.if_nametoindex("eth0")
            telling.sendto(text.encode(), ("ff02::1", PORT, 0, index))
        print("sent")
    except OSError as error:
        print(error)


def flood(seconds: str, a_second: str, *resolvers: str) -> None:
    """Questions that others are to answer, and garbage, from ever new ports; print how many."""
    question = b"\1\0\0\1\0\0\0\0\0\0\5flood\7example\0\0\1\0\1"
    began, count = time.monotonic(), 0
    while time.monotonic() < began + float(seconds):
        for resolver in resolvers:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.sendto(struct.pack("!H", count % 65536) + question, (resolver, 53))
                asking.sendto(b"garbage", (resolver, 53))
                count += 2
        time.sleep(max(0, began + count / int(a_second) - time.monotonic()))
    print(count)


def look_up(resolver: str, name: str) -> None:
    """Ask as programs do, again when no answer comes; print the address and the seconds."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = b"\1\2\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
    began = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        for _ in range(5):
            asking.sendto(question, (resolver, 53))
            try:
                answer = asking.recv(2000)
            except TimeoutError:
                continue
            print(socket.inet_ntoa(answer[-4:]), f"{time.monotonic() - began:.3f}")
            return


def write(*paths: str) -> None:
    """Print those that can be opened for writing."""
    for path in paths:
        try:
            os.close(os.open(path, os.O_WRONLY))
            print(path)
        except OSError:
            continue


def find(*names: str) -> None:
    """Print every socket in the whole tree, and every file of one of these names."""
    for folder, _, files in os.walk("/"):
        if folder.startswith(("/proc/", "/sys/")):
            continue
        for name in files:
            path = os.path.join(folder, name)
            if name in names or (os.path.lexists(path) and stat.S_ISSOCK(os.lstat(path).st_mode)):
                print(path)


def node(kind: str, major: str, minor: str) -> None:
    """Make a device of one's own, `b` or `c`, and print what opening it comes to."""
    path = f"/tmp/{kind}-{major}-{minor}"
    mode = 0o600 | (stat.S_IFBLK if kind == "b" else stat.S_IFCHR)
    try:
        os.mknod(path, mode, os.makedev(int(major), int(minor)))
        os.close(os.open(path, os.O_RDONLY))
        print("opened")
    except OSError as error:
        print(error.strerror)


def packets() -> socket.socket:
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
    raw.bind(("eth0", EVERY_PROTOCOL))
    return raw


def packed(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def own_mac() -> str:
    with open("/sys/class/net/eth0/address") as file:
        return file.read().strip()


def own_address(towards: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect((towards, PORT))
        return str(asking.getsockname()[0])


def gateway() -> str:
    with open("/proc/net/route") as file:
        ways = [line.split() for line in file.readlines()[1:]]
    (found,) = (way[2] for way in ways if way[1] == "00000000")
    return socket.inet_ntoa(bytes.fromhex(found)[::-1])


def router_mac() -> str:
    """The kernel has to have asked for it once."""
    tell(gateway(), "?")
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        with open("/proc/net/arp") as file:
            known = {words[0]: words[3] for words in map(str.split, file.readlines()[1:])}
        if known.get(gateway(), "00:00:00:00:00:00") != "00:00:00:00:00:00":
            return known[gateway()]
        time.sleep(0.01)
    raise TimeoutError("the router has no MAC")


def raw_sockets() -> None:
    """Print the families in which one may write packets oneself."""
    for family in (socket.AF_INET, socket.AF_PACKET):
        try:
            socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW).close()
            print(family.name)
        except OSError:
            continue


def several(*commands: str) -> None:
    """Each with its arguments, as one word."""
    for command in commands:
        name, *arguments = command.split()
        COMMANDS[name](*arguments)


COMMANDS: dict[str, Callable[..., None]] = {
    each.__name__: each
    for each in (
        agent, forge, frame, frame_v6, claim_v6, tell, sniff, steal, ask_router, connect, shout,
        flood, write, find, node, look_up, raw_sockets, several,
    )
}  # fmt: skip

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
