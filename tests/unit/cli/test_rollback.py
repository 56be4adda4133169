"""What `hostless rollback` does when there is nothing to go back from."""

from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.fake_api import ARN, FakeApi

from hostless.cli import rollback as module
from hostless.cli.outcome import CommandFailed
from hostless.cli.rollback import rollback
from hostless.cli.rollout_watch import watch

ATTEMPT = f"{ARN}:service-deployment/default/web/1"


def service(**members: Any) -> dict[str, Any]:
    return {
        "serviceName": "web",
        "serviceArn": f"{ARN}:service/default/web",
        "clusterArn": f"{ARN}:cluster/default",
        "status": "ACTIVE",
        "taskDefinition": f"{ARN}:task-definition/web:1",
        "currentServiceDeployment": ATTEMPT,
        "deployments": [{"id": "ecs-svc/1"}],
        **members,
    }


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    fake.answers["describe_services"] = lambda **_: {"services": [service()]}
    fake.answers["list_service_deployments"] = lambda **_: {
        "serviceDeployments": [
            {"serviceDeploymentArn": ATTEMPT, "status": "ROLLBACK_SUCCESSFUL", "createdAt": 1}
        ]
    }
    fake.answers["update_service"] = lambda **_: {"service": service()}
    monkeypatch.setattr(module, "connect", lambda _: fake)
    return fake


def test_a_service_that_is_there_already_is_told_so_and_not_that_it_failed(api: FakeApi) -> None:
    result = CliRunner().invoke(rollback, ["web", "--to", "web:1", "--cluster", "default"])
    assert result.exit_code == 1
    assert "web is at web:1 already" in result.stderr


def test_a_rollout_whose_service_was_deleted_ends_with_a_sentence(api: FakeApi) -> None:
    api.answers["describe_service_deployments"] = {"serviceDeployments": []}
    with pytest.raises(CommandFailed, match="deleted meanwhile"):
        watch(api, service(), "ecs-svc/1", 1.0)
