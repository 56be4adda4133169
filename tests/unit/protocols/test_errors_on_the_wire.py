"""Errors in each protocol's form: codes, status, types, further members."""

import json
from xml.etree import ElementTree as Xml

import pytest

from hostless.domain.errors import ApiError
from hostless.protocols.bare_errors import protocol_of, render_bare_error
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.routing import SpokenService


def error_of(service: str, protocol: str, operation: str, error: ApiError) -> WireResponse:
    description = ServiceDescription(service)
    model = description.find_operation(operation)
    return SpokenService(description).protocol(protocol).render_error(model, error, "rid")


def test_ecs_states_no_status_so_the_caller_is_to_blame_except_for_server_faults() -> None:
    client = error_of("ecs", "json", "RunTask", ApiError("no", code="ClientException"))
    assert client.status == 400
    assert json.loads(client.body) == {"__type": "ClientException", "message": "no"}
    assert dict(client.headers)["x-amzn-errortype"] == "ClientException"
    assert dict(client.headers)["content-type"] == "application/x-amz-json-1.1"
    assert error_of("ecs", "json", "RunTask", ApiError("x", code="ServerException")).status == 500


def test_an_error_of_another_operation_of_the_service_keeps_its_status() -> None:
    error = ApiError("gone", code="ResourceNotFoundException")
    assert error_of("scheduler", "rest-json", "ListSchedules", error).status == 404


def test_further_members_travel() -> None:
    error = ApiError("conflict", code="ConflictException", members={"resourceIds": ["a"]})
    body = json.loads(error_of("ecs", "json", "CreateDaemon", error).body)
    assert body["message"] == "conflict"
    assert body["resourceIds"] == ["a"]


def test_query_compatible_services_say_the_old_code_too() -> None:
    error = ApiError("none", code="DashboardNotFoundError")
    response = error_of("cloudwatch", "json", "GetDashboard", error)
    headers = dict(response.headers)
    assert response.status == 404
    assert headers["x-amzn-query-error"] == "ResourceNotFound;Sender"
    assert json.loads(response.body)["__type"] == "DashboardNotFoundError"


def test_a_shape_with_a_code_of_its_own_is_known_by_both_names() -> None:
    for code in ("LoadBalancerNotFoundException", "LoadBalancerNotFound"):
        error = ApiError("no <b>", code=code)
        response = error_of("elbv2", "query", "DescribeLoadBalancers", error)
        root = Xml.fromstring(response.body)
        space = "{http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/}"
        assert root.findtext(f"{space}Error/{space}Code") == "LoadBalancerNotFound"
        assert root.findtext(f"{space}Error/{space}Type") == "Sender"
        assert root.findtext(f"{space}Error/{space}Message") == "no <b>"
        assert root.findtext(f"{space}RequestId") == "rid"


def test_ec2_has_a_form_of_its_own() -> None:
    error = ApiError("gone", code="InvalidVpcID.NotFound")
    root = Xml.fromstring(error_of("ec2", "ec2", "DescribeVpcs", error).body)
    assert root.tag == "Response"
    assert root.findtext("Errors/Error/Code") == "InvalidVpcID.NotFound"
    assert root.findtext("RequestID") == "rid"


def test_s3_has_the_bare_form() -> None:
    response = error_of("s3", "rest-xml", "GetObject", ApiError("gone", code="NoSuchKey"))
    root = Xml.fromstring(response.body)
    assert (root.tag, root.findtext("Code")) == ("Error", "NoSuchKey")


def test_the_errors_own_status_wins() -> None:
    error = ApiError("no", code="ClientException", status=403)
    assert error_of("ecs", "json", "RunTask", error).status == 403


def test_xml_survives_what_xml_cannot_say() -> None:
    error = ApiError("a\x00b\rc\ud800", code="X")
    root = Xml.fromstring(error_of("ec2", "ec2", "DescribeVpcs", error).body)
    assert root.findtext("Errors/Error/Message") == "a\ufffdb\rc\ufffd"


@pytest.mark.parametrize(
    ("headers", "protocol"),
    [
        ({}, "json"),
        ({"content-type": "application/x-amz-json-1.1"}, "json"),
        ({"smithy-protocol": "rpc-v2-cbor"}, "smithy-rpc-v2-cbor"),
        ({"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, "query"),
        ({"content-type": "application/xml"}, "rest-xml"),
    ],
)
def test_an_error_for_nobody_in_particular(headers: dict[str, str], protocol: str) -> None:
    assert protocol_of(WireRequest(method="POST", path="/", headers=headers)) == protocol
    response = render_bare_error(protocol, ApiError("no <b>", code="Nope", status=418), "rid")
    assert response.status == 418
    assert b"Nope" in response.body
