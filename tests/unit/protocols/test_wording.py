"""Requests that the model does not allow, in AWS's three ways of saying so."""

from typing import Any

import pytest

from hostless.domain.errors import ApiError
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.constraints import Constraints, Violation, matcher_of
from hostless.protocols.wording import misfit, refusal


def violations(service: str, operation: str, members: dict[str, Any]) -> list[Violation]:
    shape = ServiceDescription(service).model.operation_model(operation).input_shape
    assert shape is not None
    return Constraints().violations(shape, members)


def worded(service: str, operation: str, members: dict[str, Any]) -> ApiError:
    protocol = {"sts": "query", "iam": "query", "ec2": "ec2"}.get(service, "json")
    style = {"ecs": "InvalidParameterException", "ec2": "EC2"}.get(service, "ValidationException")
    return refusal(violations(service, operation, members), style, protocol)  # type: ignore[arg-type]


def test_a_request_that_is_right_has_no_violation() -> None:
    assert violations("logs", "CreateLogGroup", {"log_group_name": "a/b"}) == []


def test_missing_member() -> None:
    error = worded("logs", "CreateLogGroup", {})
    assert (error.code, error.status) == ("ValidationException", 400)
    assert error.message == (
        "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_several_violations_are_all_said() -> None:
    error = worded("logs", "FilterLogEvents", {"log_group_name": "", "limit": 0})
    assert error.message.startswith("2 validation errors detected: Value ''")
    assert "; Value '0' at 'limit' failed to satisfy constraint: Member must have value " in (
        error.message
    )


def test_an_enum_shows_its_values() -> None:
    error = worded("logs", "CreateLogGroup", {"log_group_name": "a", "log_group_class": "X"})
    assert "Value 'X' at 'logGroupClass' failed to satisfy constraint: " in error.message
    assert "Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS" in error.message


def test_members_of_list_elements_are_spelled_with_member() -> None:
    events = [{"timestamp": 1, "message": "x"}, {"timestamp": 1}]
    given = {"log_group_name": "a", "log_stream_name": "b", "log_events": events}
    error = worded("logs", "PutLogEvents", given)
    assert "Value at 'logEvents.2.member.message' failed" in error.message


def test_elements_of_a_list_are_said_of_the_list() -> None:
    given = {"log_group_names": ["a b"], "start_time": 1, "end_time": 2, "query_string": "x"}
    error = worded("logs", "StartQuery", given)
    assert "at 'logGroupNames' failed to satisfy constraint: Member must satisfy constraint: [" in (
        error.message
    )


def test_the_query_protocol_has_a_code_of_its_own() -> None:
    error = worded("iam", "CreateRole", {"role_name": "x"})
    assert error.code == "ValidationError"


def test_secrets_are_not_repeated() -> None:
    error = worded("ssm", "PutParameter", {"name": "n", "value": "hunter2", "type": "X"})
    assert "hunter2" not in error.message
    given = {"secret_id": "", "secret_string": "hunter2", "client_request_token": "short"}
    assert "hunter2" not in worded("secretsmanager", "PutSecretValue", given).message


def test_ecs_says_cannot_be_empty_and_should_be_one_of() -> None:
    assert worded("ecs", "DescribeTasks", {}).message == "Tasks cannot be empty."
    error = worded("ecs", "RunTask", {"task_definition": "t", "launch_type": "MOON"})
    assert error.code == "InvalidParameterException"
    assert error.message.startswith("launch type should be one of [EC2,FARGATE,EXTERNAL")


def test_ec2_has_two_codes() -> None:
    missing = worded("ec2", "CreateSubnet", {})
    assert missing.code == "MissingParameter"
    assert missing.message == "The request must contain the parameter VpcId"
    invalid = worded("ec2", "DescribeVpcs", {"max_results": 1})
    assert invalid.code == "InvalidParameterValue"
    assert invalid.message.startswith("Value (1) for parameter MaxResults is invalid.")


def test_a_union_has_exactly_one_member() -> None:
    shape = ServiceDescription("logs").model.shape_for("ResourceConfig")
    assert [v.kind for v in Constraints().violations(shape, {})] == ["union"]


def test_null_elements_are_missing_ones() -> None:
    (violation,) = violations("ecs", "DescribeTasks", {"tasks": ["a", None]})
    assert violation.kind == "missing"


def test_the_number_of_violations_is_bounded() -> None:
    events: list[dict[str, Any]] = [{}] * 5000
    given = {"log_group_name": "a", "log_stream_name": "b", "log_events": events}
    assert len(violations("logs", "PutLogEvents", given)) <= 20


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"[\p{L}]+", "é", True),
        (r"[\p{Alnum}]+", "a1", True),
        (
            r"[\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF]+",
            "a\U0001f600",
            True,
        ),
        (r"[a-z]+", "ab1", False),
        (r"[a-z]+", "ab\n", False),
    ],
)
def test_javas_patterns_are_read(pattern: str, text: str, matches: bool) -> None:
    is_met = matcher_of(pattern)
    assert is_met is not None
    assert is_met(text) is matches


def test_a_pattern_that_nobody_reads_demands_nothing() -> None:
    assert matcher_of(r"[\p{nonsense}]") is None


def test_what_the_record_refuses_is_worded_too() -> None:
    missing = misfit(
        "Object missing required field `log_group_name`", "ValidationException", "json"
    )
    assert "Value at 'logGroupName' failed" in missing.message
    wrong = misfit("Expected `int`, got `str` - at `$.count`", "EC2", "ec2")
    assert wrong.code == "InvalidParameterValue"
    assert wrong.message == "Invalid request: Expected 'int', got 'str' - at 'count'"


def test_logs_counts_violations_under_a_code_of_its_own() -> None:
    found = violations("logs", "CreateLogGroup", {"log_group_name": "a b"})
    error = refusal(found, "CountedInvalidParameter", "json")
    assert error.code == "InvalidParameterException"
    assert error.message.startswith("1 validation error detected: Value 'a b' at 'logGroupName'")
