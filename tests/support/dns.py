"""DNS for tests: queries, readable answers, and a nameserver that knows one name."""

import asyncio
import socket
import struct
from ipaddress import IPv4Address
from typing import cast

HEADER = struct.Struct("!HHHHHH")
TYPE_A, TYPE_PTR, TYPE_AAAA = 1, 12, 28
KNOWN_NAME, KNOWN_ADDRESS = "known.example", "203.0.113.9"


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
