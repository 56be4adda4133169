"""Log events as botocore puts, gets and searches them."""

from typing import Any

from tests.support.logs import DAY, NOW_MS, messages, put, refusal


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
    found = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    assert [event["message"] for event in found] == ["x"]


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
