"""Which operation a request is for."""

import pytest

from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.messages import WireRequest
from hostless.protocols.routing import NoRoute, Route, Router

OFFERED = ("ecs", "ec2", "sts", "elb", "elbv2", "cloudwatch", "s3", "scheduler", "servicediscovery")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def router() -> Router:
    return Router([ServiceDescription(name) for name in OFFERED])


def reached(route: Route) -> tuple[str, str, str]:
    return route.service.name, route.protocol.name, route.operation.name


def test_a_target_header_names_service_and_operation(router: Router) -> None:
    headers = {"x-amz-target": "AmazonEC2ContainerServiceV20141113.RunTask"}
    request = WireRequest(method="POST", path="/", headers=headers)
    assert reached(router.resolve(request, None)) == ("ecs", "json", "RunTask")


def test_the_host_says_nothing(router: Router) -> None:
    target = "Route53AutoNaming_v20170314.DiscoverInstances"
    headers = {"x-amz-target": target, "host": "data-127.0.0.1:4566"}
    request = WireRequest(method="POST", path="/", headers=headers)
    assert reached(router.resolve(request, "servicediscovery"))[2] == "DiscoverInstances"


@pytest.mark.parametrize(("version", "name"), [("2012-06-01", "elb"), ("2015-12-01", "elbv2")])
def test_one_signing_name_several_services_by_version(
    router: Router, version: str, name: str
) -> None:
    form = f"Action=DescribeLoadBalancers&Version={version}"
    request = WireRequest(method="POST", path="/", headers=FORM, body=form.encode())
    assert reached(router.resolve(request, "elasticloadbalancing")) == (
        name,
        "query",
        "DescribeLoadBalancers",
    )


def test_a_version_that_neither_has_is_refused(router: Router) -> None:
    form = b"Action=DescribeLoadBalancers&Version=1999-01-01"
    request = WireRequest(method="POST", path="/", headers=FORM, body=form)
    with pytest.raises(NoRoute) as nowhere:
        router.resolve(request, "elasticloadbalancing")
    assert nowhere.value.error.code == "InvalidAction"


def test_one_service_three_protocols(router: Router) -> None:
    json = {"x-amz-target": "GraniteServiceVersion20100801.PutMetricData"}
    cbor = {"smithy-protocol": "rpc-v2-cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    form = b"Action=PutMetricData&Version=2010-08-01"
    routes = [
        router.resolve(WireRequest(method="POST", path="/", headers=json), "monitoring"),
        router.resolve(WireRequest(method="POST", path=path, headers=cbor), "monitoring"),
        router.resolve(WireRequest(method="POST", path="/", headers=FORM, body=form), "monitoring"),
    ]
    assert [route.protocol.name for route in routes] == ["json", "smithy-rpc-v2-cbor", "query"]


def test_a_get_with_an_action_is_a_form(router: Router) -> None:
    query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60"
    request = WireRequest(method="GET", path="/", query=query)
    assert reached(router.resolve(request, "sts")) == ("sts", "query", "GetCallerIdentity")


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("GET", "/", "", "ListBuckets"),
        ("PUT", "/b", "", "CreateBucket"),
        ("GET", "/b", "list-type=2&prefix=x", "ListObjectsV2"),
        ("GET", "/b/", "acl", "GetBucketAcl"),
        ("PUT", "/b/k/e/y", "", "PutObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPart"),
        ("GET", "/b", "lifecycle", "GetBucketLifecycleConfiguration"),
    ],
)
def test_paths_of_s3(router: Router, method: str, path: str, query: str, name: str) -> None:
    request = WireRequest(method=method, path=path, query=query)
    assert reached(router.resolve(request, "s3")) == ("s3", "rest-xml", name)


def test_labels_are_handed_over_still_encoded(router: Router) -> None:
    request = WireRequest(method="GET", path="/schedules/a%2Fb")
    route = router.resolve(request, "scheduler")
    assert route.operation.name == "GetSchedule"
    parsed = route.protocol.parse(route.operation, request, route.found)
    assert parsed.members == {"name": "a/b"}


@pytest.mark.parametrize(
    ("request_", "signing_name", "sentence", "protocol"),
    [
        (
            WireRequest(method="POST", path="/"),
            "dynamodb",
            "'dynamodb'. It offers: cloudwatch, ",
            "json",
        ),
        (WireRequest(method="GET", path="/"), "route53", "'route53'", "rest-xml"),
        (WireRequest(method="POST", path="/"), None, "names no service", "json"),
        (WireRequest(method="POST", path="/", headers=FORM), "iam", "'iam'", "query"),
        (WireRequest(method="POST", path="/"), "ecs", "names no operation of ecs", "json"),
        (WireRequest(method="PATCH", path="/x"), "scheduler", "at PATCH /x", "rest-json"),
    ],
)
def test_nowhere_to_go(
    router: Router, request_: WireRequest, signing_name: str | None, sentence: str, protocol: str
) -> None:
    with pytest.raises(NoRoute) as nowhere:
        router.resolve(request_, signing_name)
    assert sentence in nowhere.value.error.message
    assert nowhere.value.protocol_name == protocol


def test_metadata_is_read_without_the_model() -> None:
    description = ServiceDescription("ec2")
    assert description.protocols == ("ec2",)
    assert description.signing_name == "ec2"
    assert "model" not in vars(description)
    assert description.metadata == description.model.metadata


def test_a_service_that_aws_has_not() -> None:
    with pytest.raises(ValueError, match="knows no service 'coffee'"):
        ServiceDescription("coffee")
