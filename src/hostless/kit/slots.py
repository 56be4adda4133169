"""Places of which there are few, shared so that no caller can take them all."""

from collections import Counter


class Slots:
    """most: altogether. most_of_one: for one caller."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()
        self._total = 0

    def take(self, caller: str) -> bool:
        """Whether there was one for this caller; then it has to be given back."""
        if self._total >= self._most or self._taken[caller] >= self._most_of_one:
            return False
        self._taken[caller] += 1
        self._total += 1
        return True

    def give_back(self, caller: str) -> None:
        self._taken[caller] -= 1
        self._total -= 1
        if not self._taken[caller]:
            del self._taken[caller]
