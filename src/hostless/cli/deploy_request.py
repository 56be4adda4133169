"""What `hostless deploy` asks of the API: pure functions from its flags and files.

A task definition file is what RegisterTaskDefinition takes, or what DescribeTaskDefinition shows:
members that only an answer has are left out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostless.cli.outcome import CommandFailed
from hostless.cli.run_request import network_of

ANSWER_ONLY = (
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a rollout is to change; None leaves it as it is (a new service gets AWS's default).

    definition_arn: None rolls the present one out again.
    """

    definition_arn: str | None
    desired_count: int | None = None
    minimum_healthy_percent: int | None = None
    maximum_percent: int | None = None
    has_circuit_breaker: bool | None = None
    can_exec: bool | None = None


def definition_in(path: Path, image: str | None) -> dict[str, Any]:
    """The members of RegisterTaskDefinition. image: instead of that of the only or first
    essential container. Raises CommandFailed."""
    try:
        members = json.loads(path.read_text())
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandFailed(f"{path} is not JSON: {error}") from error
    members = members.get("taskDefinition", members) if isinstance(members, dict) else None
    if not isinstance(members, dict) or not _has_containers(members):
        raise CommandFailed(
            f"{path} holds no task definition: there are no containerDefinitions",
            "Give what `aws ecs register-task-definition --cli-input-json` takes.",
        )
    kept = {name: value for name, value in members.items() if name not in ANSWER_ONLY}
    return kept if image is None else {**kept, "containerDefinitions": _with_image(kept, image)}


def _has_containers(members: dict[str, Any]) -> bool:
    containers = members.get("containerDefinitions")
    is_list = isinstance(containers, list) and bool(containers)
    return is_list and all(isinstance(each, dict) for each in containers or ())


def _with_image(members: dict[str, Any], image: str) -> list[dict[str, Any]]:
    containers: list[dict[str, Any]] = members["containerDefinitions"]
    main = next((c for c in containers if c.get("essential", True)), containers[0])
    return [{**c, "image": image} if c is main else c for c in containers]


def create_service_of(wish: Wish, name: str, cluster: str, subnets: list[str]) -> dict[str, Any]:
    """The members of CreateService; a new service has a circuit breaker unless told otherwise."""
    return {
        "cluster": cluster,
        "serviceName": name,
        "taskDefinition": wish.definition_arn,
        "desiredCount": 1 if wish.desired_count is None else wish.desired_count,
        "launchType": "FARGATE",
        "networkConfiguration": network_of(subnets),
        "enableExecuteCommand": bool(wish.can_exec),
        "deploymentConfiguration": _configuration_of(wish, has_breaker=True),
    }


def update_service_of(wish: Wish, service: str, cluster: str) -> dict[str, Any]:
    """The members of UpdateService."""
    members: dict[str, Any] = {"cluster": cluster, "service": service}
    if wish.definition_arn is None:
        members["forceNewDeployment"] = True
    else:
        members["taskDefinition"] = wish.definition_arn
    if wish.desired_count is not None:
        members["desiredCount"] = wish.desired_count
    if wish.can_exec is not None:
        members["enableExecuteCommand"] = wish.can_exec
    configuration = _configuration_of(wish, has_breaker=None)
    return {**members, **({"deploymentConfiguration": configuration} if configuration else {})}


def _configuration_of(wish: Wish, *, has_breaker: bool | None) -> dict[str, Any]:
    """has_breaker: when the wish says nothing of it."""
    breaker = has_breaker if wish.has_circuit_breaker is None else wish.has_circuit_breaker
    members: dict[str, Any] = {
        "minimumHealthyPercent": wish.minimum_healthy_percent,
        "maximumPercent": wish.maximum_percent,
        "deploymentCircuitBreaker": (
            None if breaker is None else {"enable": breaker, "rollback": breaker}
        ),
    }
    return {name: value for name, value in members.items() if value is not None}
