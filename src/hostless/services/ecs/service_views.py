"""Services as ECS shows them: the only place that spells their members.

Shapes: `Service`, `Deployment`, `ServiceEvent` of the ECS model, filled the way ECS fills them for
Fargate. The role that ECS itself uses is not shown: there is no IAM here.
"""

from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.deployments import ServiceRevision
from hostless.domain.services import DeploymentConfiguration, Service, ServiceEvent
from hostless.domain.tasks import Placement
from hostless.services.ecs.connect_views import connect_view, resources_view
from hostless.services.ecs.lean import lean
from hostless.services.ecs.service_picture import DeploymentPicture, RevisionCounts, ServicePicture
from hostless.services.ecs.views import View, tags_view

PLATFORM_FAMILY = "Linux"


def service_view(picture: ServicePicture, *, with_tags: bool = False) -> View:
    """with_tags: DescribeServices shows tags only when asked to."""
    service, revision = picture.service, picture.revision
    view: View = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "loadBalancers": load_balancers_view(revision),
        "serviceRegistries": registries_view(revision),
        "status": service.status,
        "desiredCount": service.desired_count,
        "runningCount": picture.counts.running,
        "pendingCount": picture.counts.pending,
        **capacity_view(revision),
        "platformVersion": service.platform_version,
        "platformFamily": PLATFORM_FAMILY,
        "taskDefinition": revision.definition_arn,
        "deploymentConfiguration": configuration_view(service.deployment_configuration),
        "deployments": [_deployment_view(deployment) for deployment in picture.deployments],
        "events": [_event_view(event) for event in picture.events],
        "createdAt": service.created_at,
        **_current(picture),
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": network_view(revision.placement),
        "healthCheckGracePeriodSeconds": service.health_check_grace_period_seconds,
        **_plain(service),
    }
    if with_tags and service.tags:
        view["tags"] = tags_view(service.tags)
    return view


def _plain(service: Service) -> View:
    return {
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": service.created_by,
        "enableECSManagedTags": service.enable_ecs_managed_tags,
        "propagateTags": service.propagate_tags,
        "enableExecuteCommand": service.enable_execute_command,
        "availabilityZoneRebalancing": service.availability_zone_rebalancing,
        "resourceManagementType": service.resource_management_type,
    }


def _current(picture: ServicePicture) -> View:
    """The newest attempt, and the revisions that there are tasks of or are to be."""
    attempt, revisions = picture.newest_attempt, picture.by_revision
    return {
        "currentServiceDeployment": None if attempt is None else attempt.arn,
        "currentServiceRevisions": [
            revision_counts_view(arn, counts) for arn, counts in revisions.items()
        ],
    }


def revision_counts_view(arn: str, counts: RevisionCounts) -> View:
    return {
        "arn": arn,
        "requestedTaskCount": counts.requested,
        "runningTaskCount": counts.counts.running,
        "pendingTaskCount": counts.counts.pending,
    }


def _deployment_view(shown: DeploymentPicture) -> View:
    """failedTasks are those in a row (ECS API, Deployment)."""
    deployment, revision = shown.deployment, shown.revision
    return {
        "id": deployment.id,
        "status": "PRIMARY" if shown.is_primary else "ACTIVE",
        "taskDefinition": revision.definition_arn,
        "desiredCount": shown.desired_count,
        "pendingCount": shown.counts.pending,
        "runningCount": shown.counts.running,
        "failedTasks": deployment.failures_in_a_row,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        **capacity_view(revision),
        "platformVersion": revision.platform_version,
        "platformFamily": PLATFORM_FAMILY,
        "networkConfiguration": network_view(revision.placement),
        **connect_view(revision),
        **resources_view(revision),
        "volumeConfigurations": volumes_view(revision),
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_state_reason,
    }


def _event_view(event: ServiceEvent) -> View:
    return {"id": event.id, "createdAt": event.created_at, "message": event.message}


def capacity_view(revision: ServiceRevision) -> View:
    """A launch type or a capacity provider strategy, never both."""
    if revision.launch_type is not None:
        return {"launchType": revision.launch_type}
    strategy = revision.capacity_provider_strategy
    return {"capacityProviderStrategy": [strategy_item_view(item) for item in strategy]}


def strategy_item_view(item: CapacityProviderStrategyItem) -> View:
    return {
        "capacityProvider": item.capacity_provider,
        "weight": item.weight or 0,
        "base": item.base or 0,
    }


def registries_view(revision: ServiceRevision) -> list[View]:
    return [lean(registry) for registry in revision.service_registries]


def volumes_view(revision: ServiceRevision) -> list[View] | None:
    return [lean(volume) for volume in revision.volume_configurations] or None


def load_balancers_view(revision: ServiceRevision) -> list[View]:
    return [lean(balancer) for balancer in revision.load_balancers]


def network_view(placement: Placement) -> View:
    return {
        "awsvpcConfiguration": {
            "subnets": placement.subnets,
            "securityGroups": placement.security_groups,
            "assignPublicIp": "ENABLED" if placement.assigns_public_ip else "DISABLED",
        }
    }


def configuration_view(configuration: DeploymentConfiguration) -> View:
    return lean(configuration)
