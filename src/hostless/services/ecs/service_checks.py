"""What CreateService and UpdateService check alike and write alike."""

from hostless.domain.clusters import Cluster
from hostless.domain.deployment_rules import AskedDeploymentConfiguration, configuration_refusal
from hostless.domain.errors import ClientError, InvalidParameter
from hostless.domain.new_service import Rollout
from hostless.domain.quotas import Quotas, desired_count_refusal, services_refusal
from hostless.domain.service_rules import grace_period_refusal
from hostless.domain.services import Service
from hostless.services.ecs.errors import UnsupportedFeature
from hostless.services.ecs.requests_services import DeploymentController
from hostless.store.kinds import (
    DEPLOYMENTS,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
)
from hostless.store.store import Store, Transaction


def check_kind_of_deployment(
    controller: DeploymentController | None, asked: AskedDeploymentConfiguration | None
) -> None:
    """Raises UnsupportedFeature for what is not a rolling update (our words)."""
    if controller is not None and controller.type != "ECS":
        raise UnsupportedFeature(
            f"The deployment controller {controller.type} is not supported here; ECS is."
        )
    if asked is not None and asked.strategy not in (None, "ROLLING"):
        raise UnsupportedFeature(
            f"The deployment strategy {asked.strategy} is not supported here; ROLLING is."
        )


def check_service(service: Service, quotas: Quotas) -> None:
    """Raises InvalidParameter for settings that do not go together, or are beyond a quota."""
    refusal = (
        desired_count_refusal(quotas, service.desired_count)
        or grace_period_refusal(service.health_check_grace_period_seconds)
        or configuration_refusal(
            service.deployment_configuration, service.availability_zone_rebalancing
        )
    )
    if refusal is not None:
        raise InvalidParameter(refusal)


def check_room(store: Store, quotas: Quotas, cluster: Cluster) -> None:
    """Raises ClientError when the cluster has as many services as it may."""
    if quotas.services_per_cluster is None:
        return
    services = store.find(SERVICES, "cluster", cluster.arn)
    refusal = services_refusal(quotas, sum(each.status != "INACTIVE" for each in services))
    if refusal is not None:
        raise ClientError(refusal)


def forget_history(store: Store, transaction: Transaction, gone: Service) -> None:
    """A new service of the name has nothing to do with the old one's history."""
    for revision in store.find(SERVICE_REVISIONS, "service", gone.arn):
        transaction.delete(SERVICE_REVISIONS, revision.arn)
    for attempt in store.find(SERVICE_DEPLOYMENTS, "service", gone.arn):
        transaction.delete(SERVICE_DEPLOYMENTS, attempt.arn)
    for deployment in store.find(DEPLOYMENTS, "service", gone.arn):
        transaction.delete(DEPLOYMENTS, deployment.id)
    for event in store.find(SERVICE_EVENTS, "service", gone.arn):
        transaction.delete(SERVICE_EVENTS, event.id)


def put_rollout(transaction: Transaction, rollout: Rollout) -> None:
    transaction.put(SERVICE_REVISIONS, rollout.revision)
    transaction.put(DEPLOYMENTS, rollout.deployment)
    transaction.put(SERVICE_DEPLOYMENTS, rollout.service_deployment)
