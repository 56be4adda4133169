"""Identifiers, from outside: random ones in production, repeatable ones under a seed."""

import os
import random

_PIECE = 1024
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


class Ids:
    """Makes identifiers in the forms AWS uses, from the given source of randomness."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def hex(self, length: int) -> str:
        """`length` lower-case hexadecimal digits."""
        return f"{self._source.getrandbits(4 * length):0{length}x}"

    def digits(self, length: int) -> str:
        """`length` decimal digits, the first not zero."""
        low = 10 ** (length - 1)
        return str(self._source.randrange(low, 10 * low))

    def base32(self, length: int) -> str:
        """`length` of the letters a to z and the digits 2 to 7."""
        return "".join(_BASE32[self._source.getrandbits(5)] for _ in range(length))

    def uuid(self) -> str:
        """A version 4 UUID with dashes."""
        a = self.hex(32)
        variant = "89ab"[int(a[16], 16) & 3]
        return f"{a[:8]}-{a[8:12]}-4{a[13:16]}-{variant}{a[17:20]}-{a[20:]}"


class _SystemRandom(random.SystemRandom):
    """The system's randomness, fetched in larger pieces: a call a piece, not a call a number."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = b""

    def getrandbits(self, k: int, /) -> int:
        size = (k + 7) // 8
        if len(self._kept) < size:
            self._kept = os.urandom(max(_PIECE, size))
        drawn, self._kept = self._kept[:size], self._kept[size:]
        return int.from_bytes(drawn, "big") >> (size * 8 - k)


def system_ids() -> Ids:
    """Ids that nobody can guess. Not for use across a fork."""
    return Ids(_SystemRandom())
