"""Service deployments and revisions as ECS shows them.

Shapes: `ServiceDeployment`, `ServiceDeploymentBrief`, `ServiceRevision` of the ECS model.
"""

from hostless.domain.deployments import ServiceDeployment, ServiceDeploymentStatus, ServiceRevision
from hostless.services.ecs.connect_views import connect_view
from hostless.services.ecs.lean import lean
from hostless.services.ecs.service_picture import RevisionCounts, ServicePicture
from hostless.services.ecs.service_views import (
    PLATFORM_FAMILY,
    capacity_view,
    configuration_view,
    load_balancers_view,
    network_view,
    registries_view,
    revision_counts_view,
    volumes_view,
)
from hostless.services.ecs.views import View


def status_of(attempt: ServiceDeployment) -> ServiceDeploymentStatus:
    """What was asked of it shows at once, before the service controller acts on it."""
    if attempt.stop_request is None or attempt.status not in ("PENDING", "IN_PROGRESS"):
        return attempt.status
    return "ROLLBACK_REQUESTED" if attempt.stop_request == "ROLLBACK" else "STOP_REQUESTED"


def service_deployment_view(attempt: ServiceDeployment, picture: ServicePicture) -> View:
    """picture: of its service; task counts are those of now."""
    counts = picture.by_revision
    return {
        "serviceDeploymentArn": attempt.arn,
        "serviceArn": attempt.service_arn,
        "clusterArn": attempt.cluster_arn,
        "createdAt": attempt.created_at,
        "startedAt": attempt.started_at,
        "finishedAt": attempt.finished_at,
        "stoppedAt": attempt.stopped_at,
        "updatedAt": attempt.updated_at,
        "sourceServiceRevisions": [
            revision_counts_view(arn, counts.get(arn, RevisionCounts()))
            for arn in attempt.source_revisions
        ],
        "targetServiceRevision": revision_counts_view(
            attempt.target_revision_arn,
            counts.get(attempt.target_revision_arn, RevisionCounts()),
        ),
        "status": status_of(attempt),
        "statusReason": attempt.status_reason,
        "lifecycleStage": attempt.lifecycle_stage,
        "deploymentConfiguration": configuration_view(attempt.deployment_configuration),
        "rollback": _rollback_view(attempt),
        "deploymentCircuitBreaker": {
            "status": attempt.circuit_breaker.status,
            "failureCount": attempt.circuit_breaker.failure_count,
            "threshold": attempt.circuit_breaker.threshold,
        },
        "alarms": _alarms_view(attempt),
    }


def _rollback_view(attempt: ServiceDeployment) -> View | None:
    rollback = attempt.rollback
    if rollback is None:
        return None
    return {
        "reason": rollback.reason,
        "startedAt": rollback.started_at,
        "serviceRevisionArn": rollback.revision_arn,
    }


def _alarms_view(attempt: ServiceDeployment) -> View:
    configured = attempt.deployment_configuration.alarms
    return {
        "status": attempt.alarms.status,
        "alarmNames": () if configured is None else configured.alarm_names,
        "triggeredAlarmNames": attempt.alarms.triggered,
    }


def service_deployment_brief_view(attempt: ServiceDeployment) -> View:
    return {
        "serviceDeploymentArn": attempt.arn,
        "serviceArn": attempt.service_arn,
        "clusterArn": attempt.cluster_arn,
        "startedAt": attempt.started_at,
        "createdAt": attempt.created_at,
        "finishedAt": attempt.finished_at,
        "targetServiceRevisionArn": attempt.target_revision_arn,
        "status": status_of(attempt),
        "statusReason": attempt.status_reason,
    }


def service_revision_view(revision: ServiceRevision) -> View:
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": revision.service_arn,
        "clusterArn": revision.cluster_arn,
        "taskDefinition": revision.definition_arn,
        **capacity_view(revision),
        "platformVersion": revision.platform_version,
        "platformFamily": PLATFORM_FAMILY,
        "loadBalancers": load_balancers_view(revision),
        "serviceRegistries": registries_view(revision),
        "networkConfiguration": network_view(revision.placement),
        **connect_view(revision),
        "gatewayConnectors": [lean(each) for each in revision.gateway_connectors],
        "volumeConfigurations": volumes_view(revision),
        "containerImages": [lean(image) for image in revision.container_images],
        "guardDutyEnabled": False,
        "createdAt": revision.created_at,
    }
