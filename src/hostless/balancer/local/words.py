"""Words of HAProxy's configuration: names of what is made, and texts that stay what they are. Pure.

Names are found again on the runtime socket by an engine that did not write them.
"""

import hashlib
import re

from hostless.domain.arns import ListenerArn, TargetGroupArn
from hostless.domain.target_groups import Target

SERVER = "awselb/2.0"
"""What an application load balancer calls itself."""
TALLY = "tally"
"""The table in which an application load balancer's requests and answers are counted."""
_WILDCARDS = re.compile(r"[*?]|[^*?]+")


def listener_name_of(arn: ListenerArn) -> str:
    return f"listener-{_end_of(arn)}"


def group_name_of(arn: TargetGroupArn) -> str:
    """The backend of a group's healthy and unhealthy targets."""
    return f"group-{_end_of(arn)}"


def open_name_of(group_name: str) -> str:
    """The backend of all targets, whatever their health: asked when none is healthy."""
    return f"open-{group_name}"


def trial_name_of(group_name: str) -> str:
    """The backend of targets that were not healthy yet; nobody is sent there."""
    return f"trial-{group_name}"


def server_name_of(target: Target) -> str:
    """Says nothing about the target, for it is told to clients in cookies."""
    return "t" + hashlib.sha256(f"{target.id} {target.port}".encode()).hexdigest()[:15]


def _end_of(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def quoted(text: str) -> str:
    """One word of the configuration, whatever is in it but line ends."""
    return "'" + text.replace("'", "'\\''") + "'"


def argument(text: str) -> str:
    """An argument of a fetch, within a word that is quoted as a whole; no `"` or backslash is in
    it."""
    return f'"{text}"'


def in_format(text: str) -> str:
    """Text within a log-format string, before it is quoted."""
    return text.replace("%", "%%")


def pattern_of(wildcards: str, *, any_: str = ".") -> str:
    """A regular expression, without anchors, for a text with AWS's `*` and `?`. any_: what they
    stand for."""
    pieces = _WILDCARDS.findall(wildcards)
    spoken = {"*": f"{any_}*", "?": any_}
    return "".join(spoken.get(piece) or re.escape(piece) for piece in pieces)


def egress_name_of(number: int) -> str:
    """A name that a task's proxy answers to, by its place among all of them."""
    return f"upstream-{number}"


def ingress_name_of(number: int) -> str:
    """A port of the task, by its place among all of them."""
    return f"ingress-{number}"
