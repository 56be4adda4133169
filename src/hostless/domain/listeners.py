"""Listeners of load balancers and the rules that choose what becomes of a request.

Written by the API alone. What may be said in conditions and actions is `routing_rules`' business.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    CertificateArn,
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    TargetGroupArn,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

ListenerProtocol: TypeAlias = Literal["HTTP", "HTTPS", "TCP", "TLS"]
AlpnPolicy: TypeAlias = Literal["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"]
ConditionField: TypeAlias = Literal[
    "host-header",
    "path-pattern",
    "http-header",
    "http-request-method",
    "query-string",
    "source-ip",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedTargetGroup:
    """weight: 0 to 999, in proportion to the others'."""

    target_group_arn: TargetGroupArn
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """stickiness_seconds: how long a client stays with the group that it was sent to first; None
    when it does not."""

    target_groups: tuple[WeightedTargetGroup, ...]
    stickiness_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Parts of the URL to go to; `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`
    stand for the request's own."""

    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"
    status_code: Literal["HTTP_301", "HTTP_302"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedResponse:
    """status_code: three digits."""

    status_code: str
    content_type: str | None = None
    message_body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What becomes of a request: exactly one of the three. order: as the caller gave it."""

    forward: Forward | None = None
    redirect: Redirect | None = None
    fixed_response: FixedResponse | None = None
    order: int | None = None

    def target_groups(self) -> Iterator[TargetGroupArn]:
        """Each once."""
        if self.forward is not None:
            yield from dict.fromkeys(g.target_group_arn for g in self.forward.target_groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPair:
    """key: None matches the value of any key."""

    key: str | None = None
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Holds when one of its values matches.

    values: patterns with `*` and `?` for host-header and path-pattern (which takes case into
    account) and http-header, whole words for http-request-method, ranges of addresses for
    source-ip. header_name: of http-header. pairs: of query-string, patterns too.
    """

    field: ConditionField
    values: tuple[str, ...] = ()
    header_name: str | None = None
    pairs: tuple[QueryPair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """default_certificate: of HTTPS and TLS. certificates: further ones, chosen by the name that
    the client asks for (SNI). ssl_policy: a key of `ssl_policies`. attributes: those that were set;
    `balancer_attributes` knows the others. default_action: when no rule applies; it is shown as a
    rule of its own, default_rule_arn.
    """

    arn: ListenerArn
    load_balancer_arn: LoadBalancerArn
    protocol: ListenerProtocol
    port: int
    default_action: Action
    default_rule_arn: ListenerRuleArn
    default_certificate: CertificateArn | None = None
    certificates: tuple[CertificateArn, ...] = ()
    ssl_policy: str | None = None
    alpn_policy: AlpnPolicy | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    default_rule_tags: tuple[Tag, ...] = ()
    created_at: Timestamp

    def all_certificates(self) -> tuple[CertificateArn, ...]:
        """The default one first, each once."""
        default = () if self.default_certificate is None else (self.default_certificate,)
        return tuple(dict.fromkeys((*default, *self.certificates)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    """Applies when all its conditions hold. priority: unique in the listener; lowest goes first."""

    arn: ListenerRuleArn
    listener_arn: ListenerArn
    load_balancer_arn: LoadBalancerArn
    priority: int
    conditions: tuple[Condition, ...]
    action: Action
    tags: tuple[Tag, ...] = ()
    created_at: Timestamp
