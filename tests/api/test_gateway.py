"""The gateway seen by real botocore clients."""

import gzip
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError
from tests.support.client import LoopThread, make_client
from tests.support.small_service import CreateCluster, SmallService, small_application

from hostless.domain.tags import Tag


@pytest.fixture
def service() -> SmallService:
    return SmallService()


def test_json_round_trip_through_records(service: SmallService, portal: LoopThread) -> None:
    ecs = make_client(small_application(service), portal, "ecs")
    answer = ecs.create_cluster(clusterName="web", tags=[{"key": "a", "value": "b"}])
    assert answer["cluster"] == {
        "clusterName": "web",
        "tags": [{"key": "a", "value": "b"}],
        "status": "ACTIVE",
    }
    assert service.calls[0][0] == CreateCluster(cluster_name="web", tags=(Tag(key="a", value="b"),))


def test_modelled_error_is_the_clients_own_exception(
    service: SmallService, portal: LoopThread
) -> None:
    ecs = make_client(small_application(service), portal, "ecs")
    with pytest.raises(ecs.exceptions.ClusterNotFoundException, match="Cluster not found"):
        ecs.describe_tasks(tasks=["x"])


def test_ec2_and_query_answers(service: SmallService, portal: LoopThread) -> None:
    app = small_application(service)
    subnets = make_client(app, portal, "ec2").describe_subnets()["Subnets"]
    assert subnets == [{"SubnetId": "subnet-1", "AvailableIpAddressCount": 4091}]
    identity = make_client(app, portal, "sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/admin"
    with pytest.raises(ClientError, match="subnet-9") as error:
        make_client(app, portal, "ec2").describe_subnets(SubnetIds=["subnet-9"])
    assert error.value.response["Error"]["Code"] == "InvalidSubnetID.NotFound"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def compress_requests(client: Any) -> Any:
    """As botocore does with operations whose model says so, before it signs."""

    def compress(params: dict[str, Any], **_: Any) -> None:
        body = params["body"]
        plain = urlencode(body).encode() if isinstance(body, dict) else body
        params["body"] = gzip.compress(plain)
        params["headers"]["Content-Encoding"] = "gzip"

    client.meta.events.register("before-call", compress)
    return client


def test_compressed_requests_are_answered_in_every_protocol(
    service: SmallService, portal: LoopThread
) -> None:
    app = small_application(service)
    ecs = compress_requests(make_client(app, portal, "ecs"))
    assert ecs.create_cluster(clusterName="web")["cluster"]["clusterName"] == "web"
    sts = compress_requests(make_client(app, portal, "sts"))
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/admin"
    ec2 = compress_requests(make_client(app, portal, "ec2"))
    assert ec2.describe_subnets()["Subnets"][0]["SubnetId"] == "subnet-1"
    with pytest.raises(ClientError, match="subnet-9"):
        ec2.describe_subnets(SubnetIds=["subnet-9"])
