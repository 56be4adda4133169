"""What a scenario's services come to as requests of the ECS API; members in snake case. Pure."""

from collections.abc import Mapping
from typing import Any

from hostless.simulation.scenario import ServiceSetup

CLUSTER = "rehearsal"
CONTAINER = "app"


def task_definition(setup: ServiceSetup) -> dict[str, Any]:
    """Of RegisterTaskDefinition; the family is the service's name."""
    container: dict[str, Any] = {"name": CONTAINER, "image": setup.image}
    if setup.stop_timeout is not None:
        container["stop_timeout"] = setup.stop_timeout
    if setup.health_check is not None:
        check = setup.health_check
        container["health_check"] = {
            "command": ["CMD-SHELL", "true"],
            "interval": check.interval,
            "timeout": check.timeout,
            "retries": check.retries,
            "start_period": check.start_period,
        }
    return {
        "family": setup.name,
        "requires_compatibilities": ["FARGATE"],
        "network_mode": "awsvpc",
        "cpu": str(setup.cpu),
        "memory": str(setup.memory),
        "container_definitions": [container],
    }


def create_service(
    setup: ServiceSetup, definition_arn: str, subnets: Mapping[str, str]
) -> dict[str, Any]:
    """subnets: by zone."""
    zones = setup.zones or tuple(subnets)
    members: dict[str, Any] = {
        "cluster": CLUSTER,
        "service_name": setup.name,
        "task_definition": definition_arn,
        "desired_count": setup.desired,
        "deployment_configuration": deployment_configuration(setup),
        "availability_zone_rebalancing": "ENABLED" if setup.zone_rebalancing else "DISABLED",
        "network_configuration": {
            "awsvpc_configuration": {"subnets": [subnets[zone] for zone in zones]}
        },
    }
    if setup.health_check_grace_period is not None:
        members["health_check_grace_period_seconds"] = int(setup.health_check_grace_period)
    if setup.capacity:
        members["capacity_provider_strategy"] = [
            {"capacity_provider": item.provider, "weight": item.weight, "base": item.base}
            for item in setup.capacity
        ]
    else:
        members["launch_type"] = "FARGATE"
    return members


def deployment_configuration(setup: ServiceSetup) -> dict[str, Any]:
    breaker: dict[str, Any] = {
        "enable": setup.circuit_breaker != "off",
        "rollback": setup.circuit_breaker == "rollback",
    }
    if setup.failure_threshold is not None:
        breaker["threshold_configuration"] = {"type": "COUNT", "value": setup.failure_threshold}
    return {
        "minimum_healthy_percent": setup.minimum_healthy_percent,
        "maximum_percent": setup.maximum_percent,
        "bake_time_in_minutes": setup.bake_minutes,
        "deployment_circuit_breaker": breaker,
        "alarms": {
            "alarm_names": list(setup.alarms),
            "enable": bool(setup.alarms),
            "rollback": bool(setup.alarms) and setup.alarm_rollback,
        },
    }
