"""The gateway's steps: what each kind of request is answered."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.client import TEST_KEY
from tests.support.small_service import (
    CONFLICT,
    STORE_FAILURE,
    CreateCluster,
    SmallService,
    small_application,
)

from hostless.gateway.application import Application
from hostless.gateway.calling import MOST_ATTEMPTS
from hostless.protocols.messages import WireRequest, WireResponse

TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "logs": "Logs_20140328"}
HOST = "127.0.0.1:4566"


class FixedClock:
    """Shows the instant at which botocore signs in these tests, give or take."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return datetime.now(UTC).timestamp() + self.offset


def json_request(service: str, operation: str, body: object) -> WireRequest:
    return WireRequest(
        method="POST",
        path="/",
        headers={
            "host": HOST,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"{TARGETS[service]}.{operation}",
        },
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def form_request(form: str) -> WireRequest:
    headers = {"host": HOST, "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return WireRequest(method="POST", path="/", headers=headers, body=form.encode())


def signed(
    request: WireRequest,
    service: str,
    key: str = TEST_KEY.access_key_id,
    secret: str = TEST_KEY.secret_access_key,
    region: str = "us-east-1",
) -> WireRequest:
    made = AWSRequest(
        method=request.method,
        url=f"http://{HOST}{request.path}?{request.query}".rstrip("?"),
        data=request.body,
        headers=dict(request.headers),
    )
    botocore.auth.SigV4Auth(Credentials(key, secret), service, region).add_auth(made)
    headers = {name.lower(): value for name, value in made.headers.items()}
    return replace(request, headers=headers)


def fields(response: WireResponse) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(response.body)
    return parsed


@pytest.fixture
def service() -> SmallService:
    return SmallService()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def app(service: SmallService, clock: FixedClock) -> Application:
    return small_application(service, clock=clock)


def create(name: str = "web") -> WireRequest:
    return signed(json_request("ecs", "CreateCluster", {"clusterName": name}), "ecs")


async def test_an_operation_sees_who_called_when_and_under_which_id(
    app: Application, service: SmallService
) -> None:
    response = await app.answer(create())
    assert response.status == 200
    request, call = service.calls[0]
    assert request == CreateCluster(cluster_name="web")
    assert call.principal_arn == "arn:aws:iam::000000000000:user/admin"
    assert dict(response.headers)["x-amzn-requestid"] == call.request_id


IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"
SUBNETS = "Action=DescribeSubnets&Version=2016-11-15"
UNSIGNED: dict[str, tuple[WireRequest, str]] = {
    "json": (json_request("ecs", "CreateCluster", {}), "ecs"),
    "query": (form_request(IDENTITY), "sts"),
    "ec2": (form_request(SUBNETS), "ec2"),
}


@pytest.mark.parametrize(
    ("protocol", "code", "status"),
    [
        ("json", "UnrecognizedClientException", 400),
        ("query", "InvalidClientTokenId", 403),
        ("ec2", "AuthFailure", 401),
    ],
)
async def test_an_unknown_key(app: Application, protocol: str, code: str, status: int) -> None:
    request, name = UNSIGNED[protocol]
    response = await app.answer(signed(request, name, key="AKIANOBODYSKEY"))
    assert (response.status, code in response.body.decode()) == (status, True)


@pytest.mark.parametrize(
    ("protocol", "code", "status"),
    [
        ("json", "InvalidSignatureException", 400),
        ("query", "SignatureDoesNotMatch", 403),
        ("ec2", "AuthFailure", 401),
    ],
)
async def test_a_wrong_secret(app: Application, protocol: str, code: str, status: int) -> None:
    request, name = UNSIGNED[protocol]
    response = await app.answer(signed(request, name, secret="wrong"))
    assert (response.status, code in response.body.decode()) == (status, True)


@pytest.mark.parametrize(
    ("protocol", "code", "status"),
    [
        ("json", "InvalidSignatureException", 400),
        ("query", "SignatureDoesNotMatch", 403),
        ("ec2", "RequestExpired", 400),
    ],
)
async def test_an_old_signature(
    app: Application, clock: FixedClock, protocol: str, code: str, status: int
) -> None:
    request, name = UNSIGNED[protocol]
    clock.offset = 3600
    response = await app.answer(signed(request, name))
    assert (response.status, code in response.body.decode()) == (status, True)


async def test_no_signature_at_all(app: Application) -> None:
    response = await app.answer(UNSIGNED["json"][0])
    assert response.status == 400
    assert fields(response)["__type"] == "MissingAuthenticationTokenException"
    form = await app.answer(UNSIGNED["query"][0])
    assert form.status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in form.body


async def test_no_signature_on_a_request_to_ec2_is_told_in_ec2s_form(app: Application) -> None:
    got = WireRequest(method="GET", path="/", query=SUBNETS, headers={"host": HOST})
    for request in (UNSIGNED["ec2"][0], got):
        response = await app.answer(request)
        assert response.status == 400
        root = ElementTree.fromstring(response.body)
        assert root.tag == "Response"
        assert root.findtext("Errors/Error/Code") == "MissingParameter"
        sentence = "The request must contain the parameter AWSAccessKeyId"
        assert root.findtext("Errors/Error/Message") == sentence
        assert root.findtext("RequestID")


async def test_a_broken_signature_on_a_request_to_ec2_is_told_in_ec2s_form(
    app: Application,
) -> None:
    request = UNSIGNED["ec2"][0]
    headers = {**request.headers, "authorization": "AWS4-HMAC-SHA256 Credential=x"}
    response = await app.answer(replace(request, headers=headers))
    code = ElementTree.fromstring(response.body).findtext("Errors/Error/Code")
    assert (response.status, code) == (400, "IncompleteSignature")


async def test_a_broken_authorization_header(app: Application) -> None:
    request = UNSIGNED["json"][0]
    headers = {**request.headers, "authorization": "AWS4-HMAC-SHA256 Credential=x"}
    response = await app.answer(replace(request, headers=headers))
    assert response.status == 400
    assert fields(response)["__type"] == "IncompleteSignatureException"
    assert "requires 'Signature' parameter" in fields(response)["message"]


async def test_a_signature_for_another_service(app: Application) -> None:
    response = await app.answer(signed(json_request("ecs", "CreateCluster", {}), "logs"))
    assert "Credential should be scoped to correct service: 'ecs'" in response.body.decode()


async def test_any_key_is_accepted_when_the_settings_say_so(service: SmallService) -> None:
    app = small_application(service, clock=FixedClock(), accepts_any_key=True)
    request = json_request("ecs", "CreateCluster", {})
    assert (await app.answer(request)).status == 200
    assert (await app.answer(signed(request, "ecs", key="test", secret="test"))).status == 200
    broken = {**request.headers, "authorization": "Basic dGVzdDp0ZXN0"}
    assert (await app.answer(replace(request, headers=broken))).status == 200
    identity = await app.answer(signed(form_request(IDENTITY), "sts", key="test", secret="x"))
    assert b"user/admin" in identity.body


async def test_an_operation_that_aws_has_and_hostless_has_not(app: Application) -> None:
    response = await app.answer(signed(json_request("ecs", "CreateService", {}), "ecs"))
    assert response.status == 400
    assert fields(response)["__type"] == "UnknownOperationException"
    assert "CreateService of ecs exists on AWS, but" in fields(response)["message"]
    query = signed(form_request("Action=AssumeRole&Version=2011-06-15"), "sts")
    body = (await app.answer(query)).body
    assert b"<Code>InvalidAction</Code>" in body
    assert b"AssumeRole of sts exists on AWS, but" in body


async def test_an_operation_that_nobody_has(app: Application) -> None:
    response = await app.answer(signed(json_request("ecs", "MakeCoffee", {}), "ecs"))
    assert "ecs has no operation 'MakeCoffee'" in fields(response)["message"]
    request = signed(form_request("Action=MakeCoffee&Version=2016-11-15"), "ec2")
    body = (await app.answer(request)).body
    assert b"The action 'MakeCoffee' is not valid for this web service." in body


async def test_a_service_that_is_not_offered(app: Application) -> None:
    request = json_request("ecs", "ListTables", {})
    headers = {**request.headers, "x-amz-target": "DynamoDB_20120810.ListTables"}
    response = await app.answer(signed(replace(request, headers=headers), "dynamodb"))
    assert response.status == 400
    assert "'dynamodb'. It offers: ec2, ecs, logs, sts." in fields(response)["message"]
    listing = WireRequest(method="GET", path="/", headers={"host": HOST})
    answered = await app.answer(signed(listing, "s3"))
    assert answered.body.startswith(b"<?xml")
    assert b"does not offer the service &#x27;s3&#x27;" in answered.body or b"'s3'" in answered.body


async def test_a_refused_member_names_itself_and_why(
    app: Application, service: SmallService
) -> None:
    body = {"taskDefinition": "web", "placementStrategy": [{"type": "spread"}]}
    response = await app.answer(signed(json_request("ecs", "RunTask", body), "ecs"))
    assert fields(response)["__type"] == "UnsupportedFeatureException"
    assert fields(response)["message"] == "placementStrategy: Fargate places tasks itself"
    assert service.calls == []


async def test_a_refused_member_that_says_nothing_is_let_through(app: Application) -> None:
    body: dict[str, object] = {"taskDefinition": "web", "placementStrategy": []}
    response = await app.answer(signed(json_request("ecs", "RunTask", body), "ecs"))
    assert response.status == 200


async def test_what_changes_nothing_is_warned_about_once(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    body = {
        "taskDefinition": "web",
        "group": "g",
        "platformVersion": "1.4.0",
        "doesNotExist": {"a": 1},
    }
    with caplog.at_level(logging.WARNING, "hostless.gateway"):
        for _ in range(3):
            await app.answer(signed(json_request("ecs", "RunTask", body), "ecs"))
    assert sorted(caplog.messages) == [
        "ecs RunTask: RunTaskRequest has no member 'doesNotExist' in the model; dropped",
        "ecs RunTask: group is accepted, not acted on: shown again only",
        "ecs RunTask: platformVersion is accepted, not acted on: hostless does not know this "
        "member yet",
    ]


async def test_a_member_that_the_record_allows_to_be_absent_is_worded_by_the_operation(
    app: Application,
) -> None:
    absent = await app.answer(signed(json_request("ecs", "RunTask", {}), "ecs"))
    assert fields(absent)["__type"] == "ClientException"
    required = await app.answer(signed(json_request("ecs", "DescribeTasks", {}), "ecs"))
    assert fields(required)["__type"] == "InvalidParameterException"
    assert fields(required)["message"] == "Tasks cannot be empty."


async def test_validation_in_the_three_styles(app: Application) -> None:
    ecs = signed(json_request("ecs", "RunTask", {"launchType": "MOON"}), "ecs")
    assert "launch type should be one of [EC2,FARGATE," in fields(await app.answer(ecs))["message"]
    logs = signed(json_request("logs", "CreateLogGroup", {"logGroupName": "a b"}), "logs")
    answer = fields(await app.answer(logs))
    assert answer["__type"] == "ValidationException"
    assert answer["message"] == (
        "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
    )
    absent = fields(await app.answer(signed(json_request("logs", "CreateLogGroup", {}), "logs")))
    assert absent["message"].startswith("1 validation error detected: Value at 'logGroupName'")


async def test_a_wrong_type_is_a_serialization_error(app: Application) -> None:
    cases = {
        "NUMBER_VALUE can not be converted to a String": {"clusterName": 5},
        "TRUE_VALUE can not be converted to a String": {"clusterName": True},
        "Start of structure or map found where not expected.": {"clusterName": {}},
        "Expected list or null": {"tags": "x"},
    }
    for sentence, body in cases.items():
        response = await app.answer(signed(json_request("ecs", "CreateCluster", body), "ecs"))
        assert response.status == 400
        assert fields(response) == {"__type": "SerializationException", "message": sentence}


async def test_a_conflict_of_writes_starts_the_operation_again(
    app: Application, service: SmallService
) -> None:
    service.failures = [CONFLICT, CONFLICT]
    assert (await app.answer(create())).status == 200
    assert len(service.calls) == 3


async def test_endless_conflicts_and_a_failing_store_end_in_a_server_error(
    app: Application, service: SmallService
) -> None:
    for failures in ([CONFLICT] * MOST_ATTEMPTS, [STORE_FAILURE]):
        service.failures = list(failures)
        response = await app.answer(create())
        assert response.status == 500
        assert fields(response)["__type"] == "ServerException"
        assert "disk full" not in response.body.decode()


async def test_a_bug_never_shows_its_text_and_is_logged_with_the_request_id(
    app: Application, service: SmallService, caplog: pytest.LogCaptureFixture
) -> None:
    service.failures = [ZeroDivisionError("secret detail")]
    response = await app.answer(create())
    assert response.status == 500
    assert fields(response)["__type"] == "ServerException"
    assert b"secret detail" not in response.body
    assert dict(response.headers)["x-amzn-requestid"] in caplog.text


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_health_needs_no_signature(app: Application, path: str) -> None:
    response = await app.answer(WireRequest(method="GET", path=path, headers={"host": HOST}))
    assert response.status == 200
    assert fields(response)["status"] == "ok"


async def test_another_region_is_answered_and_said_once(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    request = signed(json_request("ecs", "CreateCluster", {}), "ecs", region="eu-west-1")
    assert (await app.answer(request)).status == 200
    assert (await app.answer(request)).status == 200
    assert caplog.messages == ["requests signed for region eu-west-1 are answered by us-east-1"]


async def test_a_presigned_get_with_an_action_is_a_query_request(app: Application) -> None:
    made = AWSRequest(method="GET", url=f"http://{HOST}/?{IDENTITY}")
    key = Credentials(TEST_KEY.access_key_id, TEST_KEY.secret_access_key)
    botocore.auth.SigV4QueryAuth(key, "sts", "us-east-1", expires=60).add_auth(made)
    query = made.prepare().url.partition("?")[2]
    request = WireRequest(method="GET", path="/", query=query, headers={"host": HOST})
    response = await app.answer(request)
    assert b"<Arn>arn:aws:iam::000000000000:user/admin</Arn>" in response.body
