"""Whatever bytes arrive, the answer is an error of AWS's form, never a crash."""

import random
from collections.abc import Iterator
from typing import Any

import cbor2
import orjson
import pytest
from tests.support.small_service import SmallService, small_application

from hostless.domain.errors import ApiError
from hostless.gateway.application import Application
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.constraints import Constraints
from hostless.protocols.messages import WireRequest
from hostless.protocols.routing import NoRoute, Router
from hostless.protocols.wording import refusal

SERVICES = [
    "ecs",
    "logs",
    "ec2",
    "sts",
    "cloudwatch",
    "s3",
    "scheduler",
    "route53",
    "servicediscovery",
]
ROUNDS = 1500


@pytest.fixture
def source(request: pytest.FixtureRequest) -> random.Random:
    seed = request.config.getoption("--seed")
    return random.Random(20261123 if seed is None else seed)


def odd_values(source: random.Random, depth: int = 0) -> Any:
    """JSON of every type, in every place."""
    makers: list[Any] = [
        lambda: None,
        lambda: source.random() < 0.5,
        lambda: source.randint(-(2**70), 2**70) >> source.randint(0, 70),
        lambda: source.choice([1.5, -0.0, 1e308, 1e-320]),
        lambda: source.choice(["", "x", "\x00", "é\u2028", "a" * 500, "2026-01-01", "NaN"]),
    ]
    if depth < 4:
        makers += [
            lambda: [odd_values(source, depth + 1) for _ in range(source.randint(0, 3))],
            lambda: {
                source.choice(NAMES): odd_values(source, depth + 1)
                for _ in range(source.randint(0, 4))
            },
        ]
    return source.choice(makers)()


NAMES = [
    *("cluster", "clusterName", "tags", "key", "value", "tasks", "count", "launchType", "name"),
    *("overrides", "containerOverrides", "environment", "containerDefinitions", "cpu", "family"),
    *("networkConfiguration", "awsvpcConfiguration", "subnets", "logGroupName", "MetricData"),
    *("Namespace", "Timestamp", "Filters", "", "__type", "\x00", "é"),
]


def junk(source: random.Random) -> bytes:
    kinds = [
        lambda: source.randbytes(source.randint(0, 60)),
        lambda: orjson.dumps(_fitting(odd_values(source))),
        lambda: cbor2.dumps(odd_values(source)),
        lambda: b"[" * 5000,
        lambda: b'{"overrides":' * 3000,
        lambda: b"\x81" * 5000,
        lambda: b"\xd8\x1c\x81\xd8\x1d\x00",
        lambda: b"a.b.c.1.2=3&a=4&a.b=&" + source.randbytes(8),
        lambda: b"Filter.1.Name=x&Filter.99999999999999999999.Value.1=y&Filter.x.Name=1",
        lambda: b"SubnetId.1.2.3=a&SubnetId=b&MaxResults=" + str(source.random()).encode(),
        lambda: b"<a>" * 2000,
        lambda: b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        lambda: b"<Tagging><TagSet><Tag><Key>1</Key></Tag><x/></TagSet></Tagging>",
    ]
    body: bytes = source.choice(kinds)()
    return body


def _fitting(value: Any) -> Any:
    """orjson writes no integer of more than 64 bits."""
    if isinstance(value, dict):
        return {key: _fitting(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_fitting(each) for each in value]
    return float(value) if isinstance(value, int) and abs(value) >= 2**63 else value


def authorization(service: str) -> str:
    scope = f"x/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def hostile_requests(source: random.Random, rounds: int) -> Iterator[WireRequest]:
    """Half-right requests: routed to an operation, with a body of any kind."""
    targets = {
        name: (ServiceDescription(name).target_prefix, ServiceDescription(name).model)
        for name in SERVICES
    }
    for _ in range(rounds):
        service = source.choice(SERVICES)
        prefix, model = targets[service]
        operation = source.choice(model.operation_names)
        headers = {"authorization": authorization(service), "host": "h", "x-amz-date": "x"}
        path, query, body = "/", "", junk(source)
        how = source.randrange(5)
        if how == 0 and prefix:
            headers["x-amz-target"] = f"{prefix}.{operation}"
        elif how == 1 and prefix:
            headers["smithy-protocol"] = "rpc-v2-cbor"
            path = f"/service/{prefix}/operation/{operation}"
        elif how == 2:
            headers["content-type"] = "application/x-www-form-urlencoded"
            version = model.metadata["apiVersion"]
            body = f"Action={operation}&Version={version}&".encode() + body
        elif how == 3:
            path = "/" + source.choice(["", "a", "a/b", "%", "%ff%00", "schedules/x", "..//"])
            query = source.choice(["", "acl", "tagging=", "%ff=%", "x-id=y&max-keys=z", "=&&="])
        else:
            headers["x-amz-target"] = source.choice([".", "a.b.c", "\u00e9", "x" * 300])
        method = source.choice(["POST", "GET", "PUT", "DELETE", "HEAD", "BREW"])
        yield WireRequest(method=method, path=path, query=query, headers=headers, body=body)


def test_hostile_requests_are_refused_or_understood_never_a_crash(source: random.Random) -> None:
    router = Router([ServiceDescription(name) for name in SERVICES])
    constraints = {name: Constraints() for name in SERVICES}
    for request in hostile_requests(source, ROUNDS):
        try:
            credential = request.headers["authorization"].split("/")[3]
            route = router.resolve(request, credential)
            parsed = route.protocol.parse(route.operation, request, route.found)
        except (NoRoute, ApiError):
            continue
        except RecursionError:
            continue  # the gateway answers it
        shape = route.operation.input_shape
        if shape is not None:
            wrong = constraints[route.service.name].violations(shape, parsed.members)
            if wrong:
                refusal(wrong, "ValidationException", route.protocol.name)
                refusal(wrong, "EC2", route.protocol.name)
                refusal(wrong, "InvalidParameterException", route.protocol.name)


async def test_the_gateway_never_answers_hostility_with_a_server_error(
    source: random.Random,
) -> None:
    app: Application = small_application(SmallService(), accepts_any_key=True)
    for request in hostile_requests(source, ROUNDS):
        response = await app.answer(request)
        assert response.status < 500, (request, response)
