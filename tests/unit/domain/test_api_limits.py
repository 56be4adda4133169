"""The groups of operations that share a bucket, against AWS's model."""

import dataclasses
import re
import tomllib
from collections import Counter
from pathlib import Path

from botocore.session import Session

from hostless.cli.limits_option import api_limits
from hostless.domain.api_limits import (
    AWS_RATES,
    BUCKETS,
    NO_LIMITS,
    OPERATIONS,
    buckets_of,
    launches_of,
)
from hostless.domain.quotas import AWS_QUOTAS

PAGE = (Path(__file__).parents[3] / "docs" / "api-limits.md").read_text()


def test_every_operation_of_a_group_is_ecs_s_and_in_no_other_group() -> None:
    named = Counter(operation for members in OPERATIONS.values() for operation in members)
    assert set(named) <= set(Session().get_service_model("ecs").operation_names)
    assert named.most_common(1)[0][1] == 1


def test_aws_has_a_rate_for_every_bucket_and_no_other() -> None:
    assert set(AWS_RATES) == set(BUCKETS)
    assert not NO_LIMITS.rates


def test_run_task_takes_from_a_bucket_of_its_own_too() -> None:
    assert buckets_of("RunTask") == ("cluster-resource-modify", "run-task")
    assert buckets_of("StopTask") == ("cluster-resource-modify",)
    assert buckets_of("CreateGateway") == ()


def test_spot_tasks_are_launched_from_their_own_bucket() -> None:
    assert launches_of([None, "FARGATE", "FARGATE_SPOT"]) == {
        "launch-on-demand": 2,
        "launch-spot": 1,
    }


def test_the_document_has_the_figures() -> None:
    rows = re.findall(r"^\| `([a-z_-]+)` \| (\d+) \| (?:(\d+) \| )?(.*) \|$", PAGE, re.M)
    shown = {name: (int(first), second, rest) for name, first, second, rest in rows}
    for name, rate in AWS_RATES.items():
        burst, refill, operations = shown.pop(name)
        assert (burst, int(refill)) == (rate.burst, rate.refill), name
        assert operations == ", ".join(OPERATIONS.get(name, (operations,))), name
    assert {name: most for name, (most, _, _) in shown.items()} == dataclasses.asdict(AWS_QUOTAS)


def test_the_document_s_file_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(PAGE.partition("```toml\n")[2].partition("```")[0])
    said = tomllib.loads(file.read_text())
    assert api_limits(str(file)).quotas.on_demand_vcpus == said["quotas"]["on_demand_vcpus"]
