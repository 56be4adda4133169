"""Warnings about requests, each said once: a client in a loop must not fill the log."""

import logging

_log = logging.getLogger("hostless.gateway")
MOST_REMEMBERED = 10_000
_LONGEST = 300


class OnceLog:
    """Says each warning once while the engine runs; at most MOST_REMEMBERED different ones."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def warn(self, key: str, sentence: str) -> None:
        key = key[:_LONGEST]
        if key in self._said or len(self._said) >= MOST_REMEMBERED:
            return
        self._said.add(key)
        _log.warning("%s", sentence[:_LONGEST].replace("\n", " ").replace("\r", " "))
