"""From what a caller says to what a service's tasks are made from, checked as RunTask checks it.

CreateService and UpdateService share it. Sentences are AWS's own, except where a comment says "our
words".
"""

from dataclasses import dataclass

from hostless.compute.seam import Capabilities
from hostless.domain.clusters import Cluster
from hostless.domain.errors import InvalidParameter
from hostless.domain.fargate_sizes import FargateSize
from hostless.domain.managed_volume_rules import configurations_refusal
from hostless.domain.managed_volumes import VolumeConfiguration
from hostless.domain.new_service import RevisionContent
from hostless.domain.quotas import Quotas
from hostless.domain.service_connect import ServiceConnectConfiguration
from hostless.domain.service_rules import load_balancers_refusal, registries_refusal
from hostless.domain.services import ServiceLoadBalancer, ServiceRegistry
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement
from hostless.services.ecs.launch_platform import (
    AskedLaunch,
    architecture_of,
    check_fargate,
    check_log_drivers,
    platform_of,
    strategy_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What services are checked against: the backend's abilities, the sizes on offer, quotas."""

    capabilities: Capabilities
    sizes: tuple[FargateSize, ...]
    quotas: Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The parts of a revision, each of them found already."""

    cluster: Cluster
    definition: TaskDefinition
    launch: AskedLaunch
    placement: Placement
    load_balancers: tuple[ServiceLoadBalancer, ...]
    service_registries: tuple[ServiceRegistry, ...] = ()
    service_connect: ServiceConnectConfiguration | None = None
    volume_configurations: tuple[VolumeConfiguration, ...] = ()


def content_of_wish(wish: Wish, machine: Machine) -> RevisionContent:
    """Raises InvalidParameter, UnsupportedFeature, PlatformUnknown, PlatformIncompatible."""
    definition = wish.definition
    strategy = strategy_of(wish.launch, wish.cluster)
    check_fargate(wish.launch, definition)
    check_log_drivers(definition)
    refusal = load_balancers_refusal(wish.load_balancers, definition)
    refusal = refusal or registries_refusal(wish.service_registries, definition)
    volumes = wish.volume_configurations
    refusal = refusal or configurations_refusal(definition, volumes, is_service=True)
    if refusal is not None:
        raise InvalidParameter(refusal)
    architectures = machine.capabilities.cpu_architectures
    return RevisionContent(
        definition_arn=definition.arn,
        launch_type=None if strategy else "FARGATE",
        capacity_provider_strategy=strategy,
        platform_version=platform_of(wish.launch, definition, machine.sizes),
        cpu_architecture=architecture_of(definition, architectures),
        placement=wish.placement,
        load_balancers=wish.load_balancers,
        service_registries=wish.service_registries,
        service_connect=wish.service_connect,
        volume_configurations=volumes,
        images=tuple((c.name or "", c.image or "") for c in definition.container_definitions),
    )


def check_exec_role(definition: TaskDefinition, done: str) -> None:
    """done: what could not be, `created` or `updated`. Raises InvalidParameter."""
    if not definition.task_role_arn:
        raise InvalidParameter(
            f"The service couldn't be {done} because a valid taskRoleArn is not being used. "
            "Specify a valid task role in your task definition and try again."
        )
