"""CloudWatch Logs as botocore sees it."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.client import TEST_KEY, LoopThread, make_client

from hostless.domain.arns import Realm
from hostless.domain.settings import Settings
from hostless.gateway.application import Application
from hostless.gateway.keys import Keys
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.services.logs.operations import logs_api
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore

NOW_MS = int(time.time() * 1000) - 60_000
DAY = 24 * 3600 * 1000


async def make_application(folder: Path) -> tuple[Application, EventStore]:
    clock = SystemClock()
    events = EventStore(folder, clock)

    async def no_websocket(*_: Any) -> None:
        raise AssertionError("no websocket expected")

    application = Application(
        (logs_api(Store(MemoryStorage(), clock), events),),
        Keys(TEST_KEY, Realm()),
        clock,
        Ids(random.Random(1)),
        Settings(state_dir=str(folder)),
        no_websocket,
    )
    return application, events


@pytest.fixture
def logs(tmp_path: Path, portal: LoopThread) -> Iterator[Any]:
    application, events = portal.run(make_application(tmp_path / "logs"))
    yield make_client(application, portal, "logs")
    events.close()


@pytest.fixture
def group(logs: Any) -> str:
    logs.create_log_group(logGroupName="/ecs/app")
    return "/ecs/app"


@pytest.fixture
def stream(logs: Any, group: str) -> str:
    logs.create_log_stream(logGroupName=group, logStreamName="ecs/web/1")
    return "ecs/web/1"


def put(logs: Any, stream: str, *texts: str, at: int = NOW_MS, step: int = 1) -> Any:
    events = [{"timestamp": at + n * step, "message": text} for n, text in enumerate(texts)]
    return logs.put_log_events(logGroupName="/ecs/app", logStreamName=stream, logEvents=events)


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**members)
    answered = error.value.response["Error"]
    return answered["Code"], answered["Message"]


def test_a_group_is_made_described_and_deleted(logs: Any) -> None:
    logs.create_log_group(logGroupName="/a", tags={"team": "x"}, kmsKeyId="arn:aws:kms:k")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert abs(group.pop("creationTime") - time.time() * 1000) < 60_000
    assert group == {
        "logGroupName": "/a",
        "arn": "arn:aws:logs:us-east-1:000000000000:log-group:/a:*",
        "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:/a",
        "metricFilterCount": 0,
        "storedBytes": 0,
        "kmsKeyId": "arn:aws:kms:k",
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": False,
    }
    logs.delete_log_group(logGroupName="/a")
    assert logs.describe_log_groups()["logGroups"] == []


def test_groups_are_found_by_prefix_pattern_class_and_identifier(logs: Any) -> None:
    for name in ("/a/1", "/a/2", "/b/1"):
        logs.create_log_group(logGroupName=name)
    logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")

    def names(**members: Any) -> list[str]:
        return [g["logGroupName"] for g in logs.describe_log_groups(**members)["logGroups"]]

    assert names(logGroupNamePrefix="/a/") == ["/a/1", "/a/2"]
    assert names(logGroupNamePattern="/1") == ["/a/1", "/b/1"]
    assert names(logGroupClass="INFREQUENT_ACCESS") == ["/rare"]
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/b/1"
    assert names(logGroupIdentifiers=[arn, "/a/2"]) == ["/a/2", "/b/1"]
    (brief, _) = logs.describe_log_groups(logGroupNamePattern="/1")["logGroups"]
    assert sorted(brief) == ["arn", "creationTime", "logGroupName"]
    assert (
        refusal(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b")[0]
        == "InvalidParameterException"
    )


def test_groups_and_streams_are_listed_in_pages(logs: Any, group: str) -> None:
    for n in range(7):
        logs.create_log_group(logGroupName=f"g{n}")
        logs.create_log_stream(logGroupName=group, logStreamName=f"s{n}")
    pages = list(logs.get_paginator("describe_log_groups").paginate(limit=3))
    assert [len(page["logGroups"]) for page in pages] == [3, 3, 2]
    pages = list(
        logs.get_paginator("describe_log_streams").paginate(
            logGroupName=group, limit=3, descending=True
        )
    )
    listed = [s["logStreamName"] for page in pages for s in page["logStreams"]]
    assert listed == [f"s{n}" for n in reversed(range(7))]
    assert refusal(logs.describe_log_groups, nextToken="nonsense") == (
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )


def test_what_is_missing_or_there_already_is_said_as_aws_says_it(logs: Any, stream: str) -> None:
    group_missing = ("ResourceNotFoundException", "The specified log group does not exist.")
    stream_missing = ("ResourceNotFoundException", "The specified log stream does not exist.")
    there = "ResourceAlreadyExistsException"
    assert refusal(logs.create_log_group, logGroupName="/ecs/app") == (
        there,
        "The specified log group already exists",
    )
    assert refusal(logs.create_log_stream, logGroupName="/ecs/app", logStreamName=stream) == (
        there,
        "The specified log stream already exists",
    )
    event = [{"timestamp": NOW_MS, "message": "x"}]
    nowhere = {"logGroupName": "/no"}
    assert refusal(logs.delete_log_group, **nowhere) == group_missing
    assert refusal(logs.put_retention_policy, **nowhere, retentionInDays=1) == group_missing
    assert refusal(logs.delete_retention_policy, **nowhere) == group_missing
    assert refusal(logs.create_log_stream, **nowhere, logStreamName="x") == group_missing
    assert refusal(logs.describe_log_streams, **nowhere) == group_missing
    assert refusal(logs.get_log_events, **nowhere, logStreamName="x") == group_missing
    assert refusal(logs.filter_log_events, **nowhere) == group_missing
    assert refusal(logs.list_tags_log_group, **nowhere) == group_missing
    assert refusal(logs.put_log_events, **nowhere, logStreamName="x", logEvents=event) == (
        group_missing
    )
    here = {"logGroupName": "/ecs/app", "logStreamName": "no"}
    assert refusal(logs.get_log_events, **here) == stream_missing
    assert refusal(logs.delete_log_stream, **here) == stream_missing
    assert refusal(logs.put_log_events, **here, logEvents=event) == stream_missing
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.filter_log_events(logGroupName="/ecs/app", logStreamNames=["no"])


def test_the_models_constraints_are_worded_as_logs_words_them(logs: Any, group: str) -> None:
    code, message = refusal(logs.create_log_group, logGroupName="a b")
    assert code == "InvalidParameterException"
    assert message.startswith(
        "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: "
    )
    code, message = refusal(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert code == "InvalidParameterException"
    assert message.startswith(
        "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: "
        "Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60,"
    )
    assert refusal(logs.create_log_group, logGroupName="aws/x")[1] == (
        "Log groups starting with AWS/ are reserved for AWS."
    )


def test_retention_is_set_and_unset(logs: Any, group: str, stream: str) -> None:
    put(logs, stream, "old", at=NOW_MS - 5 * DAY)
    put(logs, stream, "new")
    logs.put_retention_policy(logGroupName=group, retentionInDays=3)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 3
    assert messages(logs.filter_log_events(logGroupName=group)) == ["new"]
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    assert messages(logs.filter_log_events(logGroupName=group)) == ["old", "new"]


def test_a_protected_group_cannot_be_deleted(logs: Any) -> None:
    logs.create_log_group(logGroupName="/a", deletionProtectionEnabled=True)
    assert refusal(logs.delete_log_group, logGroupName="/a")[0] == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier="/a", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/a")


def test_a_stream_made_anew_does_not_show_the_old_events(logs: Any, group: str) -> None:
    for text in ("first life", "second life"):
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        put(logs, "s", text)
        answer = logs.get_log_events(logGroupName=group, logStreamName="s")
        assert messages(answer) == [text]
        logs.delete_log_stream(logGroupName=group, logStreamName="s")
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []


def test_streams_tell_of_their_events(logs: Any, group: str) -> None:
    for name, at in (("b", 3), ("a", 1), ("c", 2)):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        put(logs, name, "x", "y", at=NOW_MS + at)
    logs.create_log_stream(logGroupName=group, logStreamName="empty")
    described = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="b")
    (found,) = described["logStreams"]
    assert found["firstEventTimestamp"] == NOW_MS + 3
    assert found["lastEventTimestamp"] == NOW_MS + 4
    assert found["lastIngestionTime"] > NOW_MS
    assert found["storedBytes"] == 0
    assert len(found["uploadSequenceToken"]) == 56
    assert found["arn"].endswith(":log-group:/ecs/app:log-stream:b")
    by_time = logs.describe_log_streams(
        logGroupIdentifier="arn:aws:logs:us-east-1:000000000000:log-group:/ecs/app",
        orderBy="LastEventTime",
        descending=True,
    )
    assert [s["logStreamName"] for s in by_time["logStreams"]] == ["b", "c", "a", "empty"]
    assert "lastEventTimestamp" not in by_time["logStreams"][3]
    assert refusal(
        logs.describe_log_streams,
        logGroupName=group,
        orderBy="LastEventTime",
        logStreamNamePrefix="b",
    ) == (
        "InvalidParameterException",
        "Cannot order by LastEventTime with a logStreamNamePrefix.",
    )
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 6


def messages(answer: Any) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_events_are_put_and_got(logs: Any, group: str, stream: str) -> None:
    answer = put(logs, stream, "one", "zwei ü", "three")
    assert "rejectedLogEventsInfo" not in answer
    assert len(answer["nextSequenceToken"]) == 56
    got = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    assert messages(got) == ["one", "zwei ü", "three"]
    assert [event["timestamp"] for event in got["events"]] == [NOW_MS, NOW_MS + 1, NOW_MS + 2]
    assert all(event["ingestionTime"] > NOW_MS for event in got["events"])


def test_pages_lead_forward_and_backward_and_end_in_themselves(
    logs: Any, group: str, stream: str
) -> None:
    put(logs, stream, *[f"{n}" for n in range(10)])
    here = {"logGroupName": group, "logStreamName": stream, "limit": 4}
    newest = logs.get_log_events(**here)
    assert messages(newest) == ["6", "7", "8", "9"]
    older = logs.get_log_events(**here, nextToken=newest["nextBackwardToken"])
    assert messages(older) == ["2", "3", "4", "5"]
    oldest = logs.get_log_events(**here, nextToken=older["nextBackwardToken"])
    assert messages(oldest) == ["0", "1"]
    before = logs.get_log_events(**here, nextToken=oldest["nextBackwardToken"])
    assert messages(before) == []
    assert before["nextBackwardToken"] == oldest["nextBackwardToken"]
    on = logs.get_log_events(**here, startFromHead=True, nextToken=oldest["nextForwardToken"])
    assert messages(on) == ["2", "3", "4", "5"]
    end = logs.get_log_events(**here, startFromHead=True, nextToken=newest["nextForwardToken"])
    assert messages(end) == []
    assert end["nextForwardToken"] == newest["nextForwardToken"]
    put(logs, stream, "10", at=NOW_MS + 10)
    more = logs.get_log_events(**here, startFromHead=True, nextToken=end["nextForwardToken"])
    assert messages(more) == ["10"]
    assert refusal(logs.get_log_events, **here, nextToken="f/1") == (
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )


def test_an_empty_stream_can_be_followed_from_its_start(logs: Any, group: str, stream: str) -> None:
    here = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    empty = logs.get_log_events(**here)
    assert empty["events"] == []
    put(logs, stream, "first")
    assert messages(logs.get_log_events(**here, nextToken=empty["nextForwardToken"])) == ["first"]


def test_a_time_range_has_its_end_outside_when_got_and_inside_when_searched(
    logs: Any, group: str, stream: str
) -> None:
    put(logs, stream, *"abcde")
    between = {"startTime": NOW_MS + 1, "endTime": NOW_MS + 3}
    got = logs.get_log_events(logGroupName=group, logStreamName=stream, **between)
    assert messages(got) == ["b", "c"]
    assert messages(logs.filter_log_events(logGroupName=group, **between)) == ["b", "c", "d"]


def test_a_page_holds_at_most_a_mebibyte(logs: Any, group: str, stream: str) -> None:
    for n in range(5):
        put(logs, stream, f"{n}" * 400_000, at=NOW_MS + n)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    sizes = [len(page["events"]) for page in pages]
    assert sizes == [2, 2, 1]
    put(logs, stream, "x" * (1_048_576 - 26), at=NOW_MS + 9)
    here = {"logGroupName": group, "logStreamName": stream}
    assert len(logs.get_log_events(**here)["events"]) == 1


def test_batches_beyond_the_limits_are_refused_whole(logs: Any, group: str, stream: str) -> None:
    here = {"logGroupName": group, "logStreamName": stream}
    code, message = refusal(
        logs.put_log_events,
        **here,
        logEvents=[{"timestamp": NOW_MS, "message": "x" * 1_048_551}],
    )
    assert (code, message) == (
        "InvalidParameterException",
        "Upload too large: 1048577 bytes exceeds limit of 1048576",
    )
    backwards = [{"timestamp": NOW_MS, "message": "x"}, {"timestamp": NOW_MS - 1, "message": "y"}]
    assert refusal(logs.put_log_events, **here, logEvents=backwards)[1] == (
        "Log events in a single PutLogEvents request must be in chronological order."
    )
    long = [{"timestamp": NOW_MS - DAY - 1, "message": "x"}, {"timestamp": NOW_MS, "message": "y"}]
    assert "24 hours" in refusal(logs.put_log_events, **here, logEvents=long)[1]
    many = [{"timestamp": NOW_MS, "message": "x"}] * 10_001
    assert "less than or equal to 10000" in refusal(logs.put_log_events, **here, logEvents=many)[1]
    assert (
        refusal(logs.put_log_events, **here, logEvents=[{"timestamp": NOW_MS, "message": ""}])[0]
        == "InvalidParameterException"
    )
    assert messages(logs.get_log_events(**here)) == []


def test_events_too_old_too_new_or_expired_are_rejected_and_the_others_taken(
    logs: Any, group: str, stream: str
) -> None:
    here = {"logGroupName": group, "logStreamName": stream}
    times = [NOW_MS - 15 * DAY, NOW_MS - 2, NOW_MS, NOW_MS + 3 * 3600 * 1000]
    batch = [{"timestamp": at, "message": f"{at}"} for at in times]
    assert logs.put_log_events(**here, logEvents=batch)["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 1,
        "tooNewLogEventStartIndex": 3,
    }
    assert messages(logs.get_log_events(**here)) == [f"{at}" for at in times[1:3]]
    logs.put_retention_policy(logGroupName=group, retentionInDays=3)
    answer = put(logs, stream, "gone", at=NOW_MS - 4 * DAY)
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}


def test_sequence_tokens_are_ignored(logs: Any, group: str, stream: str) -> None:
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        sequenceToken="nonsense",
        logEvents=[{"timestamp": NOW_MS, "message": "x"}],
    )


def test_a_search_interleaves_streams_and_pages(logs: Any, group: str) -> None:
    for name in ("a", "b", "other"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    put(logs, "a", "a0", "a2", "a4", step=2)
    put(logs, "b", "b1", "b3", at=NOW_MS + 1, step=2)
    put(logs, "other", "o")
    paginator = logs.get_paginator("filter_log_events")
    pages = list(paginator.paginate(logGroupName=group, logStreamNames=["a", "b"], limit=2))
    events = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in events] == ["a0", "b1", "a2", "b3", "a4"]
    assert [event["logStreamName"] for event in events] == ["a", "b", "a", "b", "a"]
    assert len({event["eventId"] for event in events}) == 5
    assert pages[0]["searchedLogStreams"] == []
    prefixed = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="o")
    assert messages(prefixed) == ["o"]
    newest_first = paginator.paginate(
        logGroupName=group,
        logStreamNames=["a", "b"],
        limit=2,
        startFromHead=False,
        startTime=NOW_MS,
    )
    assert [m for page in newest_first for m in messages(page)] == ["a4", "b3", "a2", "b1", "a0"]
    assert (
        refusal(
            logs.filter_log_events,
            logGroupName=group,
            logStreamNames=["a"],
            logStreamNamePrefix="b",
        )[0]
        == "InvalidParameterException"
    )


def test_a_search_filters_by_pattern(logs: Any, group: str, stream: str) -> None:
    put(logs, stream, "ERROR one", "INFO two", '{"status": 500}', '{"status": 200}')

    def found(pattern: str) -> list[str]:
        return messages(logs.filter_log_events(logGroupName=group, filterPattern=pattern))

    assert found("ERROR") == ["ERROR one"]
    assert found("?ERROR ?INFO") == ["ERROR one", "INFO two"]
    assert found("{ $.status >= 500 }") == ['{"status": 500}']
    assert found("") == ["ERROR one", "INFO two", '{"status": 500}', '{"status": 200}']
    assert refusal(logs.filter_log_events, logGroupName=group, filterPattern="a:b") == (
        "InvalidParameterException",
        "Invalid character(s) in term ':'",
    )


def test_a_group_is_named_once(logs: Any, group: str, stream: str) -> None:
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/app"
    assert refusal(logs.filter_log_events)[0] == "InvalidParameterException"
    assert refusal(logs.filter_log_events, logGroupName=group, logGroupIdentifier=arn)[0] == (
        "InvalidParameterException"
    )
    assert logs.filter_log_events(logGroupIdentifier=arn)["events"] == []
    elsewhere = "arn:aws:logs:eu-west-1:000000000000:log-group:/ecs/app"
    assert refusal(logs.get_log_events, logGroupIdentifier=elsewhere, logStreamName=stream)[0] == (
        "ResourceNotFoundException"
    )


def test_tags_by_arn_and_by_name(logs: Any) -> None:
    logs.create_log_group(logGroupName="/a", tags={"team": "x"})
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/a"
    logs.tag_resource(resourceArn=arn, tags={"team": "y", "stage": ""})
    logs.tag_log_group(logGroupName="/a", tags={"old": "1"})
    tags = {"team": "y", "stage": "", "old": "1"}
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == tags
    logs.untag_resource(resourceArn=arn, tagKeys=["stage", "none"])
    logs.untag_log_group(logGroupName="/a", tags=["old"])
    assert logs.list_tags_log_group(logGroupName="/a")["tags"] == {"team": "y"}
    many = {f"k{n}": "v" for n in range(50)}
    with pytest.raises(logs.exceptions.TooManyTagsException):
        logs.tag_resource(resourceArn=arn, tags=many)
    assert refusal(logs.tag_resource, resourceArn="nonsense", tags={"a": "b"})[0] == (
        "ResourceNotFoundException"
    )
    assert refusal(logs.tag_resource, resourceArn=arn, tags={"aws:x": "b"})[0] == (
        "InvalidParameterException"
    )
