"""What may be said of a target group, and what AWS takes for granted when it is not said.

Sources: the ELB model, CreateTargetGroupInput; "Health checks for your target groups", user guides.
Sentences are our words, except where a comment says "AWS's".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from hostless.domain.target_groups import (
    TRAFFIC_PORT,
    CheckProtocol,
    ProtocolVersion,
    Target,
    TargetCheck,
    TargetProtocol,
)

HTTP_PROTOCOLS = ("HTTP", "HTTPS")
_VERSIONS = ("HTTP1", "HTTP2", "GRPC")
_CODES = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
_PATH = re.compile(r"/[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_GRPC_PATH = "/AWS.ALB/healthcheck"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCheck:
    """What a caller says of a health check; None for what he leaves out."""

    protocol: str | None = None
    port: str | None = None
    path: str | None = None
    http_codes: str | None = None
    grpc_codes: str | None = None
    interval_seconds: int | None = None
    timeout_seconds: int | None = None
    healthy_threshold: int | None = None
    unhealthy_threshold: int | None = None


class BadTargetGroup(Exception):
    """The message says what is wrong, for the caller."""


def version_for(protocol: TargetProtocol, asked: str | None) -> ProtocolVersion | None:
    """Raises BadTargetGroup."""
    if protocol not in HTTP_PROTOCOLS:
        if asked is not None:
            raise BadTargetGroup(f"Protocol version cannot be specified with protocol '{protocol}'")
        return None
    if asked not in (None, *_VERSIONS):
        raise BadTargetGroup(f"Protocol version '{asked}' must be one of '{', '.join(_VERSIONS)}'")
    return cast(ProtocolVersion, asked or "HTTP1")


def check_for(
    protocol: TargetProtocol,
    version: ProtocolVersion | None,
    asked: AskedCheck,
    before: TargetCheck | None = None,
) -> TargetCheck:
    """The check that is meant: what is asked for, else what there was before, else AWS's defaults.

    Raises BadTargetGroup.
    """
    by = _check_protocol(protocol, asked.protocol, before)
    if before is not None and before.protocol != by:
        before = _without_requests(before)
    is_http = by in HTTP_PROTOCOLS
    for member, given in (
        ("path", asked.path),
        ("matcher", asked.http_codes or asked.grpc_codes),
    ):
        if given is not None and not is_http:
            raise BadTargetGroup(f"Health check {member} cannot be specified with protocol '{by}'")
    default = default_check(protocol, version, by)
    known = before or default
    check = TargetCheck(
        protocol=by,
        port=_port(asked.port) or known.port,
        path=asked.path or known.path or default.path,
        codes=_codes(protocol, version, asked) or known.codes or default.codes,
        interval_seconds=asked.interval_seconds or known.interval_seconds,
        timeout_seconds=asked.timeout_seconds or known.timeout_seconds,
        healthy_threshold=asked.healthy_threshold or known.healthy_threshold,
        unhealthy_threshold=asked.unhealthy_threshold or known.unhealthy_threshold,
    )
    for refusal in _refusals(check):
        raise BadTargetGroup(refusal)
    return check


def default_check(
    protocol: TargetProtocol, version: ProtocolVersion | None, by: CheckProtocol
) -> TargetCheck:
    is_application = protocol in HTTP_PROTOCOLS
    timeouts = {"HTTP": 6, "HTTPS": 10, "TCP": 10}
    is_grpc = version == "GRPC"
    codes = ("12" if is_grpc else "200") if is_application else "200-399"
    has_requests = by in HTTP_PROTOCOLS
    return TargetCheck(
        protocol=by,
        path=(_GRPC_PATH if is_grpc else "/") if has_requests else None,
        codes=codes if has_requests else None,
        interval_seconds=30,
        timeout_seconds=5 if is_application else timeouts[by],
        healthy_threshold=5,
        unhealthy_threshold=2,
    )


def _check_protocol(
    protocol: TargetProtocol, asked: str | None, before: TargetCheck | None
) -> CheckProtocol:
    allowed = HTTP_PROTOCOLS if protocol in HTTP_PROTOCOLS else (*HTTP_PROTOCOLS, "TCP")
    if asked is not None and asked not in allowed:
        raise BadTargetGroup(
            f"Health check protocol '{asked}' must be one of '{', '.join(allowed)}' "
            f"with protocol '{protocol}'"
        )
    if asked is not None:
        return cast(CheckProtocol, asked)
    if before is not None:
        return before.protocol
    return "HTTP" if protocol in HTTP_PROTOCOLS else "TCP"


def _without_requests(before: TargetCheck) -> TargetCheck:
    """Another protocol has a path and codes of its own, or none."""
    return TargetCheck(
        protocol=before.protocol,
        port=before.port,
        interval_seconds=before.interval_seconds,
        timeout_seconds=before.timeout_seconds,
        healthy_threshold=before.healthy_threshold,
        unhealthy_threshold=before.unhealthy_threshold,
    )


def _port(asked: str | None) -> str | None:
    if asked in (None, TRAFFIC_PORT):
        return asked
    if asked.isascii() and asked.isdigit() and len(asked) <= 5 and 1 <= int(asked) <= 65_535:
        return str(int(asked))
    raise BadTargetGroup(  # AWS's
        f"Health check port '{asked}' must be '{TRAFFIC_PORT}' or an integer between 1 and 65535"
    )


def _codes(
    protocol: TargetProtocol, version: ProtocolVersion | None, asked: AskedCheck
) -> str | None:
    is_grpc = version == "GRPC"
    wrong = asked.http_codes if is_grpc else asked.grpc_codes
    if wrong is not None:
        kind = "HTTP" if is_grpc else "gRPC"
        raise BadTargetGroup(f"{kind} codes cannot be specified with protocol version '{version}'")
    codes = asked.grpc_codes if is_grpc else asked.http_codes
    if codes is None:
        return None
    least, most = (0, 99) if is_grpc else (200, 499 if protocol in HTTP_PROTOCOLS else 599)
    is_right = _CODES.fullmatch(codes) is not None and all(
        least <= first <= last <= most for first, last in code_ranges(codes)
    )
    if not is_right:
        raise BadTargetGroup(
            f"Health check matcher '{codes}' must be codes or ranges of codes between "
            f"'{least}' and '{most}'"
        )
    return codes


def code_ranges(codes: str) -> Iterator[tuple[int, int]]:
    """`200,204-206` as the first and the last of each range."""
    for part in codes.split(","):
        first, _, last = part.partition("-")
        yield int(first), int(last or first)


def _refusals(check: TargetCheck) -> Iterator[str]:
    if check.timeout_seconds >= check.interval_seconds:
        yield "Health check interval must be greater than the timeout."  # AWS's
    if check.path is not None and not _PATH.fullmatch(check.path):
        yield f"Health check path '{check.path}' must start with '/' and be a path of a URL"


def state_of(target: Target, *, is_in_use: bool) -> str:
    """AWS's name of the state that the target is in. is_in_use: the group, by a balancer."""
    if target.drains_since is not None:
        return "draining"
    if not is_in_use:
        return "unused"
    return "initial" if target.health is None else target.health.state
