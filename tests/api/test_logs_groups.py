"""Log groups, streams and tags as botocore sees them."""

import time
from typing import Any

import pytest
from tests.support.logs import DAY, NOW_MS, messages, put, refusal


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
