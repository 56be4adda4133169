"""Two programs made by hand: one that does nothing for ever, one that ends at once.

The first process of a sandbox, and what a sandbox is tried out with. They need no image, no
interpreter and no package: an ELF header, one segment, a few instructions.
"""

import struct

_BASE = 0x400000
_HEADERS = 64 + 56
_PAUSING = {
    "x86_64": (
        62,
        bytes.fromhex("31c0 505050 6a01 bf11000000 4889e6 31d2 41ba08000000 b80d000000 0f05")
        + bytes.fromhex("b822000000 0f05 ebf7"),
    ),
    "aarch64": (
        183,
        bytes.fromhex("200080d2 ff8300d1 e07f00a9 ff7f01a9 200280d2 e1030091 020080d2 030180d2")
        + bytes.fromhex("c81080d2 010000d4")
        + bytes.fromhex("000080d2 010080d2 020080d2 030080d2 280980d2 010000d4 faffff17"),
    ),
}
"""Machine number and code: rt_sigaction(2), SIGCHLD to be ignored, so that whoever it inherits goes
at its end; then pause(2) in a loop, on ARM ppoll(2) of nothing, without a time-out."""
_ENDING = {
    "x86_64": (62, bytes.fromhex("b83c000000 31ff 0f05")),
    "aarch64": (183, bytes.fromhex("000080d2 a80b80d2 010000d4")),
}
"""exit(0)."""


MACHINES = frozenset(_PAUSING)


def pause_program(machine: str) -> bytes:
    """An executable file for `machine` (as uname says it)."""
    return elf_program(*_PAUSING[machine])


def ending_program(machine: str) -> bytes:
    """An executable file for `machine`; its exit code is 0."""
    return elf_program(*_ENDING[machine])


def elf_program(number: int, code: bytes) -> bytes:
    """number: the machine's in ELF. code: begins at 0x400078."""
    size = _HEADERS + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    header = struct.pack(
        *("<HHIQQQIHHHHHH", 2, number, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return identity + header + segment + code
