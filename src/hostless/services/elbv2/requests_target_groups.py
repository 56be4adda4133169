"""Requests about target groups and their targets: members in snake case."""

from dataclasses import dataclass

from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMatcher:
    http_code: str | None = None
    grpc_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTargetGroup:
    name: str
    protocol: str | None = None
    protocol_version: str | None = None
    port: int | None = None
    vpc_id: str | None = None
    health_check_protocol: str | None = None
    health_check_port: str | None = None
    health_check_enabled: bool | None = None
    health_check_path: str | None = None
    health_check_interval_seconds: int | None = None
    health_check_timeout_seconds: int | None = None
    healthy_threshold_count: int | None = None
    unhealthy_threshold_count: int | None = None
    matcher: GivenMatcher | None = None
    target_type: str = "instance"
    tags: tuple[Tag, ...] = ()
    ip_address_type: str = "ipv4"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyTargetGroup:
    target_group_arn: str
    health_check_protocol: str | None = None
    health_check_port: str | None = None
    health_check_enabled: bool | None = None
    health_check_path: str | None = None
    health_check_interval_seconds: int | None = None
    health_check_timeout_seconds: int | None = None
    healthy_threshold_count: int | None = None
    unhealthy_threshold_count: int | None = None
    matcher: GivenMatcher | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTargetGroups:
    load_balancer_arn: str | None = None
    target_group_arns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    marker: str | None = None
    page_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTarget:
    id: str
    port: int | None = None
    availability_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTargets:
    target_group_arn: str
    targets: tuple[GivenTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTargetHealth:
    target_group_arn: str
    targets: tuple[GivenTarget, ...] = ()
