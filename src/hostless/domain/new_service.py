"""What is written when a service is to become something else: the makers of its records.

A rollout is a revision, the deployment that carries its tasks, and the service deployment that
tells how the attempt went. CreateService and UpdateService begin one; the service controller
begins a rollback within one. Making is all that happens here: what to make a revision of has been
checked before, and what comes of it is the controller's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from hostless.domain.arns import (
    DeploymentId,
    Realm,
    ServiceDeploymentArn,
    ServiceRevisionArn,
    TaskDefinitionArn,
    cluster_name_of,
)
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.deployments import (
    ContainerImage,
    Deployment,
    Rollback,
    ServiceDeployment,
    ServiceRevision,
)
from hostless.domain.ingress_gateways import GatewayConnector
from hostless.domain.managed_volumes import VolumeConfiguration
from hostless.domain.service_connect import ServiceConnectConfiguration
from hostless.domain.services import Service, ServiceLoadBalancer, ServiceRegistry
from hostless.domain.tasks import Placement
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids

_DEPLOYMENT_DIGITS = 19
_SERVICE_DEPLOYMENT_LETTERS = 21
_SHORTEST_STEP_SECONDS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionContent:
    """What new tasks are made from; two revisions with the same content are interchangeable.

    images: by container, as the definition names them; a revision's digests are found out later.
    """

    definition_arn: TaskDefinitionArn
    launch_type: Literal["FARGATE"] | None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: str
    cpu_architecture: str
    placement: Placement
    load_balancers: tuple[ServiceLoadBalancer, ...] = ()
    service_registries: tuple[ServiceRegistry, ...] = ()
    service_connect: ServiceConnectConfiguration | None = None
    gateway_connectors: tuple[GatewayConnector, ...] = ()
    volume_configurations: tuple[VolumeConfiguration, ...] = ()
    images: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Records to be written together with the service (whose `revision_arn` is the revision's)."""

    revision: ServiceRevision
    deployment: Deployment
    service_deployment: ServiceDeployment


def content_of(revision: ServiceRevision) -> RevisionContent:
    return RevisionContent(
        definition_arn=revision.definition_arn,
        launch_type=revision.launch_type,
        capacity_provider_strategy=revision.capacity_provider_strategy,
        platform_version=revision.platform_version,
        cpu_architecture=revision.cpu_architecture,
        placement=revision.placement,
        load_balancers=revision.load_balancers,
        service_registries=revision.service_registries,
        service_connect=revision.service_connect,
        gateway_connectors=revision.gateway_connectors,
        volume_configurations=revision.volume_configurations,
        images=tuple((image.container_name, image.image) for image in revision.container_images),
    )


def newest_of(deployments: Iterable[Deployment]) -> Deployment | None:
    """The PRIMARY deployment among those of one service; None when there is none."""
    return max(deployments, key=lambda deployment: deployment.primary_since, default=None)


def in_progress_reason(deployment_id: DeploymentId) -> str:
    """AWS's sentence about a deployment that has just begun."""
    return f"ECS deployment {deployment_id} in progress."


def begin_rollout(
    realm: Realm,
    service: Service,
    content: RevisionContent,
    others: Iterable[Deployment],
    ids: Ids,
    now: Timestamp,
    source_revisions: tuple[ServiceRevisionArn, ...] = (),
) -> Rollout:
    """The way to a new revision. others: the service's deployments so far.

    source_revisions: those that have tasks now. The new deployment is later than all others even
    when the clock has not moved, for the latest is the PRIMARY one. Revision and deployment have
    the same digits, as on AWS.
    """
    names = (cluster_name_of(service.cluster_arn), service.name)
    digits = ids.digits(_DEPLOYMENT_DIGITS)
    revision_arn = realm.service_revision_arn(*names, digits)
    attempt_arn = realm.service_deployment_arn(*names, ids.hex(_SERVICE_DEPLOYMENT_LETTERS))
    deployment = _deployment(service, revision_arn, attempt_arn, digits, _later(others, now))
    return Rollout(
        revision=_revision(service, revision_arn, content, now),
        deployment=deployment,
        service_deployment=ServiceDeployment(
            arn=attempt_arn,
            service_arn=service.arn,
            cluster_arn=service.cluster_arn,
            source_revisions=source_revisions,
            target_revision_arn=revision_arn,
            deployment_id=deployment.id,
            deployment_configuration=service.deployment_configuration,
            created_at=deployment.created_at,
            updated_at=deployment.created_at,
        ),
    )


def begin_rollback(
    attempt: ServiceDeployment,
    to: Deployment,
    reason: str,
    others: Iterable[Deployment],
    now: Timestamp,
) -> tuple[Deployment, ServiceDeployment]:
    """The way back within an attempt that failed: `to` becomes the PRIMARY deployment again.

    On AWS it is the same deployment, by its id, and the tasks that it still has stay. to: completed
    once. reason: in AWS's words, of the rollback itself. The attempt becomes ROLLBACK_IN_PROGRESS.
    """
    deployment = replace(
        to,
        rollout_state="IN_PROGRESS",
        failures_in_a_row=0,
        last_failure_of=None,
        failed_rounds=0,
        next_start_at=None,
        is_given_up=False,
        promoted_at=_later(others, now),
        updated_at=now,
    )
    rollback = Rollback(
        reason=reason, started_at=now, revision_arn=to.revision_arn, deployment_id=to.id
    )
    return deployment, replace(
        attempt, status="ROLLBACK_IN_PROGRESS", rollback=rollback, updated_at=now
    )


def _later(others: Iterable[Deployment], now: Timestamp) -> Timestamp:
    newest = newest_of(others)
    if newest is None or newest.primary_since < now:
        return now
    return newest.primary_since + _SHORTEST_STEP_SECONDS


def _deployment(
    service: Service,
    revision_arn: ServiceRevisionArn,
    attempt_arn: ServiceDeploymentArn,
    digits: str,
    now: Timestamp,
) -> Deployment:
    id_ = DeploymentId(f"ecs-svc/{digits}")
    return Deployment(
        id=id_,
        service_arn=service.arn,
        revision_arn=revision_arn,
        service_deployment_arn=attempt_arn,
        rollout_state_reason=in_progress_reason(id_),
        created_at=now,
        updated_at=now,
    )


def _revision(
    service: Service, arn: ServiceRevisionArn, content: RevisionContent, now: Timestamp
) -> ServiceRevision:
    return ServiceRevision(
        arn=arn,
        service_arn=service.arn,
        cluster_arn=service.cluster_arn,
        definition_arn=content.definition_arn,
        launch_type=content.launch_type,
        capacity_provider_strategy=content.capacity_provider_strategy,
        platform_version=content.platform_version,
        cpu_architecture=content.cpu_architecture,
        placement=content.placement,
        load_balancers=content.load_balancers,
        service_registries=content.service_registries,
        service_connect=content.service_connect,
        gateway_connectors=content.gateway_connectors,
        volume_configurations=content.volume_configurations,
        container_images=tuple(
            ContainerImage(container_name=name, image=image) for name, image in content.images
        ),
        created_at=now,
    )
