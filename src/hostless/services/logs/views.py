"""Groups, streams and events as CloudWatch Logs shows them."""

from collections.abc import Mapping

from hostless.domain.arns import Realm
from hostless.domain.logs import LogGroup, LogStream
from hostless.kit.clock import Timestamp
from hostless.services.logs.tokens import event_id
from hostless.telemetry.events.records import Extent, StoredEvent

UPLOAD_SEQUENCE_TOKEN = f"{49:0<56d}"
"""AWS still answers with such tokens, though it ignores them."""


def milliseconds(at: Timestamp) -> int:
    return int(at * 1000)


def group_view(
    group: LogGroup, stored_bytes: int, realm: Realm, *, is_brief: bool
) -> Mapping[str, object]:
    """is_brief: only what an answer to a search by pattern has."""
    arn = realm.log_group_arn(group.name)
    brief = {
        "logGroupName": group.name,
        "creationTime": milliseconds(group.created_at),
        "arn": f"{arn}:*",
    }
    if is_brief:
        return brief
    return {
        **brief,
        "logGroupArn": arn,
        "retentionInDays": group.retention_days,
        "metricFilterCount": 0,
        "storedBytes": stored_bytes,
        "kmsKeyId": group.kms_key_id,
        "logGroupClass": group.log_group_class,
        "deletionProtectionEnabled": group.is_deletion_protected,
    }


def stream_view(stream: LogStream, extent: Extent | None, realm: Realm) -> Mapping[str, object]:
    """storedBytes is 0 on AWS too, since June 2019 (the model says so)."""
    return {
        "logStreamName": stream.name,
        "creationTime": milliseconds(stream.created_at),
        "firstEventTimestamp": extent.first_ms if extent else None,
        "lastEventTimestamp": extent.last_ms if extent else None,
        "lastIngestionTime": extent.ingested_ms if extent else None,
        "uploadSequenceToken": UPLOAD_SEQUENCE_TOKEN,
        "arn": f"{realm.log_group_arn(stream.group)}:log-stream:{stream.name}",
        "storedBytes": 0,
    }


def event_view(event: StoredEvent) -> Mapping[str, object]:
    return {
        "timestamp": event.position.timestamp_ms,
        "message": event.message,
        "ingestionTime": event.ingested_ms,
    }


def found_event_view(event: StoredEvent, stream_name: str) -> Mapping[str, object]:
    return {
        **event_view(event),
        "logStreamName": stream_name,
        "eventId": event_id(event.position),
    }
