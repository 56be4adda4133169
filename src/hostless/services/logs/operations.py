"""The table of CloudWatch Logs operations."""

from typing import Any

from hostless.services.logs import requests
from hostless.services.logs.groups import Groups
from hostless.services.logs.ingestion import Ingestion
from hostless.services.logs.searching import Searching
from hostless.services.logs.streams import Streams
from hostless.services.logs.tags import Tags
from hostless.services.operation import Operation, ServiceApi
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore

_ONE_ACCOUNT = "there is one account here"
_NO_MASKING = "there are no data protection policies, so nothing is masked"


def logs_api(store: Store, events: EventStore) -> ServiceApi:
    return ServiceApi(
        name="logs",
        validation_style="CountedInvalidParameter",
        operations=(
            *_group_operations(store, events),
            *_stream_operations(store, events),
            *_event_operations(store, events),
            *_tag_operations(store),
        ),
    )


def _group_operations(store: Store, events: EventStore) -> tuple[Operation[Any], ...]:
    noun = Groups(store, events)
    return (
        Operation(
            name="CreateLogGroup",
            request=requests.CreateLogGroup,
            perform=noun.create,
            not_acted_on={
                "kmsKeyId": "shown again, but events are not encrypted",
                "logGroupClass": "shown again, but every class can do what STANDARD can",
            },
        ),
        Operation(name="DeleteLogGroup", request=requests.DeleteLogGroup, perform=noun.delete),
        Operation(
            name="DescribeLogGroups",
            request=requests.DescribeLogGroups,
            perform=noun.describe,
            not_acted_on={
                "accountIdentifiers": _ONE_ACCOUNT,
                "includeLinkedAccounts": _ONE_ACCOUNT,
            },
        ),
        Operation(
            name="PutRetentionPolicy",
            request=requests.PutRetentionPolicy,
            perform=noun.put_retention,
        ),
        Operation(
            name="DeleteRetentionPolicy",
            request=requests.DeleteRetentionPolicy,
            perform=noun.delete_retention,
        ),
        Operation(
            name="PutLogGroupDeletionProtection",
            request=requests.PutLogGroupDeletionProtection,
            perform=noun.protect,
        ),
    )


def _stream_operations(store: Store, events: EventStore) -> tuple[Operation[Any], ...]:
    noun = Streams(store, events)
    return (
        Operation(name="CreateLogStream", request=requests.CreateLogStream, perform=noun.create),
        Operation(name="DeleteLogStream", request=requests.DeleteLogStream, perform=noun.delete),
        Operation(
            name="DescribeLogStreams", request=requests.DescribeLogStreams, perform=noun.describe
        ),
    )


def _event_operations(store: Store, events: EventStore) -> tuple[Operation[Any], ...]:
    searching = Searching(store, events)
    return (
        Operation(
            name="PutLogEvents",
            request=requests.PutLogEvents,
            perform=Ingestion(store, events).put,
            not_acted_on={
                "entity": "nothing here relates logs to entities",
            },
        ),
        Operation(
            name="GetLogEvents",
            request=requests.GetLogEvents,
            perform=searching.get,
            not_acted_on={"unmask": _NO_MASKING},
        ),
        Operation(
            name="FilterLogEvents",
            request=requests.FilterLogEvents,
            perform=searching.filter,
            not_acted_on={"unmask": _NO_MASKING},
        ),
    )


def _tag_operations(store: Store) -> tuple[Operation[Any], ...]:
    noun = Tags(store)
    return (
        Operation(name="TagResource", request=requests.TagResource, perform=noun.tag),
        Operation(name="UntagResource", request=requests.UntagResource, perform=noun.untag),
        Operation(
            name="ListTagsForResource",
            request=requests.ListTagsForResource,
            perform=noun.list_tags,
        ),
        Operation(name="TagLogGroup", request=requests.TagLogGroup, perform=noun.tag_group),
        Operation(name="UntagLogGroup", request=requests.UntagLogGroup, perform=noun.untag_group),
        Operation(
            name="ListTagsLogGroup",
            request=requests.ListTagsLogGroup,
            perform=noun.list_group_tags,
        ),
    )
