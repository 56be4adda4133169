"""Access logs asked for through a real client."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.elbv2 import new_balancer

from hostless.domain.settings import Settings


@pytest.fixture
def buckets(tmp_path: Path) -> Path:
    return tmp_path / "buckets"


@pytest.fixture
def world(portal: LoopThread, tmp_path: Path) -> World:
    async def made() -> World:
        return await World(settings=Settings(state_dir=str(tmp_path))).open()

    return portal.run(made())


def test_logs_go_to_a_bucket_that_is_there_or_are_refused(
    elbv2: Any, world: World, buckets: Path
) -> None:
    arn = new_balancer(elbv2, world, Name="logged")

    def ask(**changes: str) -> Any:
        given = [{"Key": f"access_logs.s3.{key}", "Value": v} for key, v in changes.items()]
        return {"LoadBalancerArn": arn, "Attributes": given}

    change = elbv2.modify_load_balancer_attributes
    denied = "Access Denied for bucket: logs. Please check S3bucket permission"
    asked = ask(enabled="true", bucket="logs", prefix="a/b")
    assert refusal(change, **asked) == ("InvalidConfigurationRequest", denied)
    empty = "The value of 'access_logs.s3.bucket' cannot be empty"
    assert refusal(change, **ask(enabled="true")) == ("InvalidConfigurationRequest", empty)
    shown = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "access_logs.s3.enabled", "Value": "false"} in shown
    (buckets / "logs").mkdir(parents=True)
    change(**ask(bucket="logs"))
    assert not any((buckets / "logs").iterdir()), "nothing is to be written there yet"
    shown = change(**asked)["Attributes"]
    assert {"Key": "access_logs.s3.enabled", "Value": "true"} in shown
    said = buckets / "logs" / "a" / "b" / "AWSLogs" / "000000000000" / "ELBAccessLogTestFile"
    assert said.read_text().startswith("Enable AccessLog for ELB: logged at 20")
    asked["LoadBalancerArn"] = new_balancer(elbv2, world, Name="net", Type="network")
    change(**asked)
