"""Whatever bytes arrive, the answer is an error of AWS's form, never a crash."""

import base64
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cbor2
import orjson
import pytest
from tests.support.api_world import World
from tests.support.botocore_requests import wire_request
from tests.support.random_values import RandomValues
from tests.support.world_application import application_of

from hostless.domain.errors import ApiError
from hostless.domain.settings import Settings
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.constraints import Constraints, Violation
from hostless.protocols.messages import WireRequest
from hostless.protocols.routing import NoRoute, Router
from hostless.protocols.wording import refusal

NAMES_OF_SERVICES = (
    *("ecs", "logs", "ec2", "sts", "cloudwatch"),
    *("s3", "scheduler", "route53", "servicediscovery", "elbv2", "acm", "efs"),
)
SERVICES = {name: ServiceDescription(name) for name in NAMES_OF_SERVICES}
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
    name = ServiceDescription(service).signing_name
    scope = f"x/20260101/us-east-1/{name}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def spoiled(source: random.Random, value: Any) -> Any:
    """A right value with something wrong somewhere, or not at all."""
    if source.random() < 0.08:
        return odd_values(source)
    if isinstance(value, dict):
        return {key: spoiled(source, each) for key, each in value.items()}
    if isinstance(value, list):
        return [spoiled(source, each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if hasattr(value, "timestamp") else value


def half_right_request(
    source: random.Random, service: str, names: Sequence[str] = ()
) -> WireRequest:
    """A right request of botocore's, then its body, form, path or method spoiled.

    names: of operations to choose from, when not all of the service's.
    """
    description = SERVICES[service]
    protocol = source.choice(description.protocols)
    operation = description.model.operation_model(
        source.choice(names or description.model.operation_names)
    )
    params = RandomValues(source).of(operation.input_shape)
    request = wire_request(operation, protocol, params)
    how = source.randrange(6)
    if how == 0:
        request = replace(request, body=junk(source))
    elif protocol in ("json", "rest-json") and how < 4:
        body = orjson.dumps(_fitting(spoiled(source, params)))
        request = replace(request, body=body)
    elif protocol == "smithy-rpc-v2-cbor":
        request = replace(request, body=cbor2.dumps(spoiled(source, params)))
    elif protocol in ("query", "ec2"):
        request = replace(request, body=spoiled_form(source, request.body))
    elif how == 4:
        request = replace(request, path=spoiled_text(source, request.path), query="acl&a=%ff&=")
    elif how == 5:
        request = replace(request, method=source.choice(["GET", "PUT", "HEAD", "BREW"]))
    headers = {**request.headers, "authorization": authorization(service), "x-amz-date": "x"}
    return replace(request, headers=headers)


def spoiled_text(source: random.Random, text: str) -> str:
    at = source.randint(0, len(text))
    return text[:at] + source.choice(["%", "%ff", "/", "..", "\u00e9", "\x00", "."]) + text[at:]


def spoiled_form(source: random.Random, body: bytes) -> bytes:
    """Names and values of the form changed here and there; Action and Version stay."""
    pairs = body.decode().split("&")
    kept = [pair for pair in pairs if pair.startswith(("Action=", "Version="))]
    rest = [pair for pair in pairs if pair not in kept]
    changed = [spoiled_text(source, p) if source.random() < 0.3 else p for p in rest]
    return "&".join(kept + changed).encode()


def test_hostile_requests_are_refused_or_understood_never_a_crash(source: random.Random) -> None:
    router = Router(SERVICES.values())
    constraints = {name: Constraints() for name in SERVICES}
    outcomes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        service = source.choice(list(SERVICES))
        request = half_right_request(source, service)
        try:
            route = router.resolve(request, SERVICES[service].signing_name)
            parsed = route.protocol.parse(route.operation, request, route.found)
        except (NoRoute, ApiError) as refused:
            outcomes[type(refused).__name__] += 1
            continue
        except RecursionError:
            continue  # the gateway answers it
        outcomes["understood"] += 1
        if route.operation.input_shape is not None:
            check = constraints[route.service.name].violations
            worded(check(route.operation.input_shape, parsed.members), route.protocol.name)
    assert min(outcomes["understood"], outcomes["SerializationFault"]) > ROUNDS / 20, outcomes


def worded(violations: list[Violation], protocol: str) -> None:
    if violations:
        refusal(violations, "ValidationException", protocol)
        refusal(violations, "EC2", protocol)
        refusal(violations, "InvalidParameterException", protocol)


async def test_the_services_never_answer_hostility_with_a_server_error(
    source: random.Random,
) -> None:
    settings = Settings(state_dir="/nowhere", accepts_any_key=True)
    world = await World(settings=settings).open()
    app = application_of(world)
    offered = {name: [o.name for o in api.operations] for name, api in world.apis.items()}
    for _ in range(ROUNDS):
        service = source.choice(list(offered))
        request = half_right_request(source, service, offered[service])
        response = await app.answer(request)
        assert response.status < 500, (request, response)
