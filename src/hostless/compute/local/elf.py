"""A program that does nothing for ever, made by hand: the first process of a sandbox.

It needs no image, no interpreter and no package: an ELF header, one segment, four instructions.
"""

import struct

_BASE = 0x400000
_HEADERS = 64 + 56
_CODES = {
    "x86_64": (62, bytes.fromhex("b822000000 0f05 ebf7")),
    "aarch64": (
        183,
        bytes.fromhex("000080d2 010080d2 020080d2 030080d2 280980d2 010000d4 faffff17"),
    ),
}
"""Machine number and code: pause(2) in a loop; on ARM ppoll(2) of nothing, without a time-out."""


def pause_program(machine: str) -> bytes:
    """An executable file for `machine` (as uname says it)."""
    number, code = _CODES[machine]
    size = _HEADERS + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    header = struct.pack(
        *("<HHIQQQIHHHHHH", 2, number, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return identity + header + segment + code
