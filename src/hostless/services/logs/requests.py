"""Requests of CloudWatch Logs as the gateway hands them over: members in snake case."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLogGroup:
    log_group_name: str
    kms_key_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    log_group_class: str = "STANDARD"
    deletion_protection_enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLogGroup:
    log_group_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeLogGroups:
    log_group_name_prefix: str | None = None
    log_group_name_pattern: str | None = None
    log_group_class: str | None = None
    log_group_identifiers: tuple[str, ...] = ()
    next_token: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PutRetentionPolicy:
    log_group_name: str
    retention_in_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRetentionPolicy:
    log_group_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutLogGroupDeletionProtection:
    log_group_identifier: str
    deletion_protection_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLogStream:
    log_group_name: str
    log_stream_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLogStream:
    log_group_name: str
    log_stream_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeLogStreams:
    log_group_name: str | None = None
    log_group_identifier: str | None = None
    log_stream_name_prefix: str | None = None
    order_by: str = "LogStreamName"
    descending: bool = False
    next_token: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLogEvent:
    """timestamp: milliseconds since the epoch."""

    timestamp: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutLogEvents:
    """sequence_token: ignored, as AWS ignores it."""

    log_group_name: str
    log_stream_name: str
    log_events: tuple[InputLogEvent, ...]
    sequence_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetLogEvents:
    log_stream_name: str
    log_group_name: str | None = None
    log_group_identifier: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    next_token: str | None = None
    limit: int = 10_000
    start_from_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLogEvents:
    """interleaved: ignored, as AWS ignores it."""

    log_group_name: str | None = None
    log_group_identifier: str | None = None
    log_stream_names: tuple[str, ...] = ()
    log_stream_name_prefix: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    filter_pattern: str = ""
    next_token: str | None = None
    limit: int = 10_000
    start_from_head: bool = True
    interleaved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TagResource:
    resource_arn: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagResource:
    resource_arn: str
    tag_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTagsForResource:
    resource_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLogGroup:
    log_group_name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagLogGroup:
    """tags: their keys."""

    log_group_name: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTagsLogGroup:
    log_group_name: str
