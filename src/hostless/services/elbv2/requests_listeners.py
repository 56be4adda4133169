"""Requests about listeners, their rules and certificates: members in snake case."""

from dataclasses import dataclass

from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCertificate:
    certificate_arn: str | None = None
    is_default: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRedirect:
    status_code: str
    protocol: str | None = None
    port: str | None = None
    host: str | None = None
    path: str | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFixedResponse:
    status_code: str
    message_body: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTargetGroup:
    target_group_arn: str | None = None
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenStickiness:
    enabled: bool | None = None
    duration_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenForward:
    target_groups: tuple[GivenTargetGroup, ...] = ()
    target_group_stickiness_config: GivenStickiness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAction:
    type: str
    target_group_arn: str | None = None
    order: int | None = None
    redirect_config: GivenRedirect | None = None
    fixed_response_config: GivenFixedResponse | None = None
    forward_config: GivenForward | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenValues:
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenHeader:
    http_header_name: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPair:
    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPairs:
    values: tuple[GivenPair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCondition:
    field: str | None = None
    values: tuple[str, ...] = ()
    host_header_config: GivenValues | None = None
    path_pattern_config: GivenValues | None = None
    http_header_config: GivenHeader | None = None
    query_string_config: GivenPairs | None = None
    http_request_method_config: GivenValues | None = None
    source_ip_config: GivenValues | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMutualAuthentication:
    mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateListener:
    load_balancer_arn: str
    default_actions: tuple[GivenAction, ...]
    protocol: str | None = None
    port: int | None = None
    ssl_policy: str | None = None
    certificates: tuple[GivenCertificate, ...] = ()
    alpn_policy: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    mutual_authentication: GivenMutualAuthentication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyListener:
    listener_arn: str
    default_actions: tuple[GivenAction, ...] = ()
    protocol: str | None = None
    port: int | None = None
    ssl_policy: str | None = None
    certificates: tuple[GivenCertificate, ...] = ()
    alpn_policy: tuple[str, ...] = ()
    mutual_authentication: GivenMutualAuthentication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeListeners:
    load_balancer_arn: str | None = None
    listener_arns: tuple[str, ...] = ()
    marker: str | None = None
    page_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeListenerCertificates:
    listener_arn: str
    certificates: tuple[GivenCertificate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeListenerCertificates:
    listener_arn: str
    marker: str | None = None
    page_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRule:
    listener_arn: str
    conditions: tuple[GivenCondition, ...]
    priority: int
    actions: tuple[GivenAction, ...]
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyRule:
    rule_arn: str
    conditions: tuple[GivenCondition, ...] = ()
    actions: tuple[GivenAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    rule_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeRules:
    listener_arn: str | None = None
    rule_arns: tuple[str, ...] = ()
    marker: str | None = None
    page_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPriority:
    rule_arn: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRulePriorities:
    rule_priorities: tuple[GivenPriority, ...]
