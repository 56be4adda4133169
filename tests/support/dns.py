"""DNS for tests: queries, readable answers, and a nameserver that knows one name."""

import asyncio
import socket
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import cast

from hostless.network.local.dns import PrivateZone

HEADER = struct.Struct("!HHHHHH")
TYPE_A, TYPE_PTR, TYPE_AAAA = 1, 12, 28
KNOWN_NAME, KNOWN_ADDRESS = "known.example", "203.0.113.9"
ZONE = PrivateZone(
    domain="ec2.internal",
    cidr="172.31.0.0/16",
    public_domain="compute-1.amazonaws.com",
    public_cidr="198.18.8.0/21",
    find_private={"198.18.8.9": "172.31.0.9"}.get,
)


def query(name: str, kind: int = TYPE_A, number: int = 0x1234) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return HEADER.pack(number, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def code_of(answer: bytes) -> int:
    """0: no error, 2: SERVFAIL, 3: no such name."""
    return answer[3] & 15


def addresses_in(answer: bytes) -> list[str]:
    """Of records whose data is the last four octets; these answers have one at most."""
    count = HEADER.unpack_from(answer)[3]
    return [str(IPv4Address(answer[-4:]))] if count else []


def name_in(answer: bytes) -> str:
    """The name in the data of the only record, a PTR."""
    question_end = answer.index(b"\0", HEADER.size) + 5
    data, labels = answer[question_end + 12 :], []
    while data[0]:
        labels.append(data[1 : 1 + data[0]].decode())
        data = data[1 + data[0] :]
    return ".".join(labels)


def ask(address: str, message: bytes, port: int = 53, seconds: float = 3.0) -> bytes:
    """The answer by UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(seconds)
        asking.connect((address, port))
        asking.send(message)
        return asking.recv(4096)


def ask_by_stream(address: str, message: bytes, port: int = 53, seconds: float = 3.0) -> bytes:
    """The answer by TCP."""
    with socket.create_connection((address, port), seconds) as asking:
        asking.sendall(struct.pack("!H", len(message)) + message)
        with asking.makefile("rb") as answers:
            (length,) = struct.unpack("!H", answers.read(2))
            return answers.read(length)


class Nameserver(asyncio.DatagramProtocol):
    """Answers `KNOWN_NAME` by UDP and TCP at one port; everything else does not exist."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def answer(self, message: bytes) -> bytes:
        self.asked.append(message)
        wanted = message[HEADER.size :].lower() == query(KNOWN_NAME)[HEADER.size :]
        head = HEADER.pack(*struct.unpack_from("!H", message), 0x8180 | (0 if wanted else 3), 1,
                           int(wanted), 0, 0)  # fmt: skip
        record = b"\xc0\x0c" + struct.pack("!HHIH", TYPE_A, 1, 60, 4)
        record += IPv4Address(KNOWN_ADDRESS).packed
        return head + message[HEADER.size :] + (record if wanted else b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(self.answer(data), addr)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = self.answer(await reader.readexactly(length))
        writer.write(struct.pack("!H", len(answer)) + answer)
        await writer.drain()
        writer.close()

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Address and port at which it answers."""
        self.server = await asyncio.start_server(self._talk, address, port)
        endpoint: tuple[str, int] = self.server.sockets[0].getsockname()
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=endpoint)
        return endpoint

    def stop(self) -> None:
        self.server.close()
        self.transport.close()


KINDS = {1: "A", 5: "CNAME", 6: "SOA", 12: "PTR", 28: "AAAA", 33: "SRV"}


def records_in(answer: bytes, *, is_authority: bool = False) -> list[tuple[str, int, str]]:
    """Type, time to live and data of the answers, or of what follows them; SOA: its owner."""
    counts = HEADER.unpack_from(answer)
    _, at = _read_name(answer, HEADER.size)
    at += 4
    found = []
    for number in range(counts[3] + counts[4]):
        owner, at = _read_name(answer, at)
        kind, _, ttl, length = struct.unpack_from("!HHIH", answer, at)
        at += 10
        if (number >= counts[3]) == is_authority:
            found.append((KINDS[kind], ttl, _data(answer, at, kind, length) or owner))
        at += length
    return found


def _data(answer: bytes, at: int, kind: int, length: int) -> str:
    data = answer[at : at + length]
    if KINDS[kind] == "A":
        return str(IPv4Address(data))
    if KINDS[kind] == "AAAA":
        return str(IPv6Address(data))
    if KINDS[kind] == "SRV":
        numbers = struct.unpack_from("!HHH", data)
        return " ".join([*map(str, numbers), _read_name(answer, at + 6)[0]])
    return "" if KINDS[kind] == "SOA" else _read_name(answer, at)[0]


def _read_name(answer: bytes, at: int) -> tuple[str, int]:
    labels = []
    while answer[at]:
        if answer[at] & 0xC0 == 0xC0:
            (pointer,) = struct.unpack_from("!H", answer, at)
            rest, _ = _read_name(answer, pointer & 0x3FFF)
            return ".".join([*labels, rest]), at + 2
        labels.append(answer[at + 1 : at + 1 + answer[at]].decode().lower())
        at += 1 + answer[at]
    return ".".join(labels), at + 1
