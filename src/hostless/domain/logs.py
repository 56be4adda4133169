"""Records of CloudWatch Logs: groups and streams. The events themselves never pass the store."""

from dataclasses import dataclass

from hostless.domain.arns import LogGroupName
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    name: LogGroupName
    created_at: Timestamp
    retention_days: int | None = None
    log_group_class: str = "STANDARD"
    kms_key_id: str | None = None
    is_deletion_protected: bool = False
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    group: LogGroupName
    name: str
    created_at: Timestamp


def stream_key(group: str, stream: str) -> str:
    """The key of a stream in the store; neither name may hold a colon followed by an asterisk."""
    return f"{group}\n{stream}"
