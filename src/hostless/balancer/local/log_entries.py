"""Requests to an application load balancer, told as an access log of AWS tells them. Pure.

Source: "Access log entries", Application Load Balancer user guide. What HAProxy cannot know is `-`;
docs/load-balancers.md says what that is.
"""

import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from hostless.balancer.local.actions import DEFAULT_RULE
from hostless.kit.clock import Timestamp

RAW_FIELDS = (
    *("mark", "protocol", "ended", "balancer", "node", "port", "client", "accepted"),
    *("target", "server", "head", "queue", "connect", "response", "active", "end_state"),
    *("status", "target_status", "received", "sent", "method", "version", "began"),
    *("cipher", "tls", "certificate", "is_resumed", "group", "rule", "done"),
    *("host", "asked", "agent", "trace", "place", "name"),
)
_WHOLE = re.compile(r'(?:[^\\]|\\["\\]|\\x[0-9A-F]{2})*')
_NOBODY = "<NOSRV>"
_UNREADABLE = "<BADREQ>"
_CLIENT_LEFT = "460"
"""The client closed the connection before there was an answer ("HTTP 460", user guide)."""
_AGENT_BYTES = 8192
Raw = dict[str, str]


def entry_of(words: Sequence[str]) -> tuple[Timestamp, str] | None:
    """When the request ended, and its entry. words: of a line; None when it is not whole."""
    if len(words) != len(RAW_FIELDS):
        return None
    raw = dict(zip(RAW_FIELDS, words, strict=True))
    return int(raw["ended"]) / 1e6, " ".join(_words_of(raw))


def _words_of(raw: Raw) -> Iterator[str]:
    """The fields of an entry, in AWS's order."""
    is_readable = raw["method"] != _UNREADABLE
    group, _, version = raw["group"].partition(",")
    target = "-" if raw["server"] == _NOBODY else raw["target"]
    target_status = raw["target_status"]
    if not is_readable or raw["done"] != "-":
        group = "-"
    yield _type_of(raw, version)
    yield _instant(int(raw["ended"]))
    yield raw["balancer"]
    yield raw["client"]
    yield target
    yield from _times(raw)
    yield _status_of(raw)
    yield target_status
    yield raw["received"]
    yield raw["sent"]
    yield _quoted(_request_of(raw) if is_readable else f"- http://{raw['node']}:{raw['port']}- -")
    yield _quoted(_cut(raw["agent"]))
    yield raw["cipher"]
    yield raw["tls"]
    yield group or "-"
    yield _quoted(raw["trace"])
    yield _quoted(raw["name"])
    yield _quoted("session-reused" if raw["is_resumed"] == "1" else raw["certificate"])
    yield _priority_of(raw) if is_readable else "-"
    yield _instant(_created(raw))
    yield _quoted(_actions_of(raw, group))
    yield _quoted(raw["place"])
    yield _quoted("-")  # error_reason: of Lambda functions and of WAF
    yield _quoted(target)
    yield _quoted(target_status)
    yield _quoted("-")  # classification
    yield _quoted("-")  # classification_reason
    yield _connection_id(raw)
    yield _quoted("-")  # transformed_host
    yield _quoted("-")  # transformed_uri
    yield _quoted("-")  # request_transform_status


def _cut(agent: str) -> str:
    """As long as AWS tells it; no half of an escaped character at its end."""
    if len(agent) <= _AGENT_BYTES:
        return agent
    whole = _WHOLE.match(agent, 0, _AGENT_BYTES)
    assert whole is not None
    return whole[0]


def _quoted(text: str) -> str:
    return f'"{text}"'


def _type_of(raw: Raw, version: str) -> str:
    is_secure = raw["protocol"] == "https"
    if raw["status"] == "101":
        return "wss" if is_secure else "ws"
    if version == "GRPC":
        return "grpcs"
    return "h2" if raw["version"].startswith("HTTP/2") else raw["protocol"]


def _times(raw: Raw) -> Iterator[str]:
    """Until a target was asked, until it answered, until the answer went on. Seconds."""
    parts = [int(raw[name]) for name in ("head", "queue", "connect")]
    response = int(raw["response"])
    if response < 0 or min(parts) < 0:
        yield from ("-1", "-1", "-1")
        return
    yield f"{sum(parts) / 1000:.3f}"
    yield f"{response / 1000:.3f}"
    yield "0.000"


def _status_of(raw: Raw) -> str:
    """A target that cannot be reached is 503 for HAProxy and 502 for AWS, and so for the client."""
    is_own = raw["target_status"] == "-" and raw["server"] != _NOBODY
    if raw["status"] == "503" and is_own:
        return "502"
    if raw["status"] not in ("-1", "0"):
        return raw["status"]
    return _CLIENT_LEFT if raw["end_state"].startswith("C") else "-"


def _request_of(raw: Raw) -> str:
    host = raw["node"] if raw["host"] == "-" else raw["host"]
    if ":" not in host.rpartition("]")[2]:
        host = f"{host}:{raw['port']}"
    return f"{raw['method']} {raw['protocol']}://{host}{raw['asked']} {raw['version']}"


def _priority_of(raw: Raw) -> str:
    """0: the default action."""
    name = raw["rule"]
    return "0" if name in ("-", DEFAULT_RULE) else name.removeprefix("rule")


def _actions_of(raw: Raw, group: str) -> str:
    if raw["done"] != "-":
        return raw["done"]
    return "forward" if group not in ("", "-") else "-"


def _created(raw: Raw) -> int:
    """Microseconds. When the head of a request is there, it began so long ago."""
    if raw["began"] == "-":
        return int(raw["ended"]) - 1000 * max(0, int(raw["active"]))
    return int(raw["began"]) - 1000 * max(0, int(raw["head"]))


def _instant(microseconds: int) -> str:
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest:06d}Z"


@functools.lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _connection_id(raw: Raw) -> str:
    """The same for all requests of a connection."""
    said = " ".join((raw["node"], raw["port"], raw["client"], raw["accepted"]))
    return f"TID_{hashlib.sha256(said.encode()).hexdigest()[:32]}"
