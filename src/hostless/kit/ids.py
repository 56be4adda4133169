"""Identifiers, from outside: random ones in production, repeatable ones under a seed."""

import random
import uuid


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

    def uuid(self) -> str:
        """A version 4 UUID with dashes."""
        return str(uuid.UUID(int=self._source.getrandbits(128), version=4))


def system_ids() -> Ids:
    """Ids that nobody can guess."""
    return Ids(random.SystemRandom())
