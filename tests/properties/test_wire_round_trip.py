"""Conformance by round trip, for every operation of many services and every protocol they speak.

request: random input -> botocore's serializer -> our router and parser == the input
answer:  random output -> our renderer -> botocore's parser             == the output
error:   every modelled error -> our renderer -> botocore's parser      == its code and message

The seed is fixed, so that a run repeats; `--seed N` tries another one, and a failure prints it.
"""

import io
import random
from functools import cache
from typing import Any

import botocore.parsers
import pytest
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, Shape, StructureShape
from tests.support.botocore_requests import wire_request
from tests.support.random_values import (
    RandomValues,
    answer_form,
    comparable,
    difference,
    inside_form,
    record_form,
)

from hostless.domain.errors import ApiError
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.messages import WireResponse
from hostless.protocols.routing import Router

SERVICES = (
    "application-autoscaling",
    "autoscaling",
    "cloudcontrol",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "codedeploy",
    "ec2",
    "ecr",
    "ecs",
    "efs",
    "eks",
    "elb",
    "elbv2",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "resourcegroupstaggingapi",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "servicediscovery",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
SPOKEN = [(name, p) for name in SERVICES for p in ServiceDescription(name).protocols]
DEFAULT_SEED = 20261123
MOST_SHOWN = 8
SAMPLED_SERVICES = {"ec2": 200}
"""EC2 has 830 operations: a sample by seed keeps the test short."""


TOLD_BY_HOST = {"ListDirectoryBuckets", "WriteGetObjectResponse"}
"""S3 serves these on hosts of their own, by other signing names."""


@cache
def router() -> Router:
    return Router([ServiceDescription(name) for name in SERVICES])


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return DEFAULT_SEED if given is None else int(given)


def operations(service: str, source: random.Random) -> list[OperationModel]:
    model = spoken(service).description.model
    names = list(model.operation_names)
    if service in SAMPLED_SERVICES:
        names = source.sample(names, SAMPLED_SERVICES[service])
    models = [model.operation_model(name) for name in names]
    return [m for m in models if can_travel(m)]


def can_travel(operation: OperationModel) -> bool:
    """Not event streams, and not what of S3 has no path of its own (deprecated or by host)."""
    has_stream = operation.has_event_stream_input or operation.has_event_stream_output
    is_twin = operation.deprecated and operation.service_model.service_name == "s3"
    return not has_stream and not is_twin and operation.name not in TOLD_BY_HOST


def spoken(service: str) -> Any:
    return next(each for each in router().services if each.name == service)


def botocore_reads(
    operation: OperationModel, protocol: str, response: WireResponse
) -> dict[str, Any]:
    parser = botocore.parsers.create_parser(protocol)
    is_stream = operation.has_streaming_output and response.status < 300
    parts = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": io.BytesIO(response.body) if is_stream else response.body,
        "context": {"operation_name": operation.name},
    }
    parsed: dict[str, Any] = parser.parse(parts, operation.output_shape)
    return parsed


def check_request(operation: OperationModel, protocol: str, values: RandomValues) -> None:
    service = operation.service_model.service_name
    params = values.of(operation.input_shape)
    request = wire_request(operation, protocol, params)
    route = router().resolve(request, spoken(service).description.signing_name)
    reached = (route.service.name, route.protocol.name, route.operation.name)
    assert reached == (service, protocol, operation.name), f"routed to {reached}"
    parsed = route.protocol.parse(route.operation, request, route.found)
    wanted = comparable(inside_form(operation.input_shape, params))
    got = comparable(parsed.members)
    assert got == wanted, difference(wanted, got)
    assert not parsed.strangers


def check_answer(operation: OperationModel, protocol: str, values: RandomValues) -> None:
    shape = operation.output_shape
    output = _without_status(shape, values.of(shape))
    wire = spoken(operation.service_model.service_name).protocol(protocol)
    response = wire.render(operation, answer_form(shape, output), "rid-1")
    if isinstance(shape, StructureShape):
        as_records = wire.render(operation, record_form(shape, output), "rid-1")
        got_records = _members(operation, botocore_reads(operation, protocol, as_records))
        got = _members(operation, botocore_reads(operation, protocol, response))
        assert got_records == got, "records: " + difference(got, got_records)
    else:
        got = _members(operation, botocore_reads(operation, protocol, response))
    wanted = _members(operation, output)
    assert got == wanted, difference(wanted, got)


def _members(operation: OperationModel, output: dict[str, Any]) -> Any:
    """Without botocore's own additions."""
    shape = operation.output_shape
    members = shape.members if isinstance(shape, StructureShape) else {}
    kept = {name: value for name, value in output.items() if name in members}
    return comparable(_without_status(shape, kept))


def _without_status(shape: Shape | None, output: dict[str, Any]) -> dict[str, Any]:
    """The HTTP status may be a member of the answer; a random one would make it an error."""
    members = shape.members if isinstance(shape, StructureShape) else {}
    located = {name: member.serialization.get("location") for name, member in members.items()}
    return {name: value for name, value in output.items() if located[name] != "statusCode"}


def check_error(operation: OperationModel, protocol: str, shape: StructureShape) -> None:
    wire = spoken(operation.service_model.service_name).protocol(protocol)
    error = ApiError("boom <&>", code=shape.name)
    response = wire.render_error(operation, error, "rid-1")
    read = botocore_reads(operation, protocol, response)
    code = shape.metadata.get("error", {}).get("code", shape.name)
    assert (read["Error"]["Code"], read["Error"]["Message"]) == (code, "boom <&>")
    status = shape.metadata.get("error", {}).get("httpStatusCode")
    assert status in (None, response.status)
    assert read["ResponseMetadata"]["HTTPStatusCode"] >= 400
    assert read["ResponseMetadata"]["RequestId"] == "rid-1"


@pytest.mark.parametrize(("service", "protocol"), SPOKEN, ids=[f"{s}-{p}" for s, p in SPOKEN])
def test_what_botocore_says_we_hear_and_the_other_way_round(
    service: str, protocol: str, seed: int
) -> None:
    source = random.Random(f"{seed} {service} {protocol}")
    values = RandomValues(source)
    failures = []
    for operation in operations(service, source):
        checks = [("request", check_request, values), ("answer", check_answer, values)]
        checks += [(shape.name, check_error, shape) for shape in operation.error_shapes]
        for what, check, argument in checks:
            try:
                check(operation, protocol, argument)
            except Exception as error:  # noqa: BLE001 a crash is a failure like any other
                failures.append(f"{operation.name} {what}: {type(error).__name__} {error}"[:300])
    shown = "\n".join(failures[:MOST_SHOWN])
    assert not failures, f"seed {seed}: {len(failures)} failures\n{shown}"
