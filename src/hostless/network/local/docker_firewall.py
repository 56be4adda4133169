"""Docker forbids the host to forward for anybody else; its own hook lets our tasks through.

With Docker on the host the policy of `FORWARD` is drop, and what another table accepts stays
dropped. Docker keeps the chain DOCKER-USER for rules of others ("Packet filtering and firewalls",
docs.docker.com). It is Docker's table, so it is changed by the `iptables` that Docker uses, and
only where the chain is. When Docker is started later, the next `open` adds the rules.
"""

import subprocess
from collections.abc import Iterable

CHAIN = "DOCKER-USER"
COMMAND_SECONDS = 10.0


def let_through(host_links: Iterable[str]) -> None:
    """Have what comes from these links, or goes to them, forwarded. Idempotent.

    What may go there is for the engine's own table to say.
    """
    if not _has_chain():
        return
    for rule in _rules(host_links):
        if not _performs("-C", rule):
            _performs("-I", rule)


def let_through_no_more(host_links: Iterable[str]) -> None:
    """Remove the rules, where there are any."""
    if not _has_chain():
        return
    for rule in _rules(host_links):
        while _performs("-D", rule):
            continue


def _rules(host_links: Iterable[str]) -> list[list[str]]:
    return [[end, link, "-j", "ACCEPT"] for link in host_links for end in ("-i", "-o")]


def _has_chain() -> bool:
    return _runs(["-S", CHAIN])


def _performs(action: str, rule: list[str]) -> bool:
    return _runs([action, CHAIN, *rule])


def _runs(arguments: list[str]) -> bool:
    try:
        done = subprocess.run(
            ["iptables", "--wait", *arguments],
            check=False,
            capture_output=True,
            timeout=COMMAND_SECONDS,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
