"""UpdateService: write what was asked for, and begin a rollout when new tasks would be different.

What only says how many tasks there are or how they are kept changes the service alone. What tasks
are made from begins a rollout when it differs from what the service is being brought to; so does
forceNewDeployment. Source: the notes of UpdateService's members in the ECS model.
"""

from dataclasses import replace

from hostless.domain.deployment_rules import configuration_with
from hostless.domain.deployments import Deployment, ServiceRevision
from hostless.domain.errors import InvalidParameter
from hostless.domain.new_service import RevisionContent, Rollout, begin_rollout, content_of
from hostless.domain.services import Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.either import either
from hostless.kit.ids import Ids
from hostless.services.ecs.errors import ServiceNotActive, TaskDefinitionNotFound
from hostless.services.ecs.gateway_connectors import GatewayConnectors, GatewayUser
from hostless.services.ecs.launch_network import placement_of
from hostless.services.ecs.launch_platform import AskedLaunch, spelled_out
from hostless.services.ecs.references import need_active_definition, need_cluster, need_service
from hostless.services.ecs.registries import registries_of
from hostless.services.ecs.requests_services import UpdateService
from hostless.services.ecs.revision_content import (
    Machine,
    Wish,
    check_exec_role,
    content_of_wish,
)
from hostless.services.ecs.service_checks import (
    check_kind_of_deployment,
    check_service,
    put_rollout,
)
from hostless.services.ecs.service_connect import (
    Applicant,
    ServiceConnector,
    Settlement,
    membership_of,
)
from hostless.services.ecs.service_picture import (
    picture_of,
    present_revision,
    revisions_with_tasks,
)
from hostless.services.ecs.service_views import service_view
from hostless.services.ecs.target_groups import check_target_groups, targets_of
from hostless.services.operation import Answer, Call
from hostless.store.kinds import DEPLOYMENTS, SERVICES, TASK_DEFINITIONS
from hostless.store.store import Store

_MUST_FORCE = (
    "When switching from launch type to capacity provider strategy on an existing service, or "
    "making a change to a capacity provider strategy on a service that is already using one, you "
    "must force a new deployment."
)


class ServiceUpdater:
    def __init__(
        self, store: Store, ids: Ids, machine: Machine, gateways: GatewayConnectors
    ) -> None:
        self._store = store
        self._ids = ids
        self._machine = machine
        self._gateways = gateways
        self._connector = ServiceConnector(store, ids)

    async def update(self, request: UpdateService, call: Call) -> Answer:
        cluster = need_cluster(self._store, request.cluster, call.realm)
        found = need_service(self._store, request.service, cluster.name, call.realm)
        if found.status != "ACTIVE":
            raise ServiceNotActive
        check_kind_of_deployment(request.deployment_controller, request.deployment_configuration)
        service = _changed(found, request)
        check_service(service, self._machine.quotas)
        deployments = self._store.find(DEPLOYMENTS, "service", service.arn)
        present = present_revision(self._store, service)
        definition = self._definition(request, present, call)
        if request.enable_execute_command:
            check_exec_role(definition, "updated")
        applicant = Applicant(
            operation="UpdateService",
            arn=service.arn,
            cluster=cluster,
            definition=definition,
            present=membership_of(self._store, present),
        )
        connect = self._connector.settle(request.service_connect_configuration, applicant, call)
        content = self._content(request, service, present, applicant, connect)
        transaction = self._store.transaction("UpdateService")
        transaction.get(SERVICES, service.arn)
        user = GatewayUser(service=service, cluster=cluster, definition=definition, present=present)
        content = self._gateways.connect(
            transaction, user, content, request.gateway_connectors, call
        )
        if request.force_new_deployment or content != content_of(present):
            rollout = self._begin(service, content, deployments, call)
            rollout = self._connector.carry(transaction, rollout, connect, definition)
            put_rollout(transaction, rollout)
            service = replace(service, revision_arn=rollout.revision.arn)
        if service != found:
            transaction.put(SERVICES, service)
        await transaction.commit()
        return {"service": service_view(picture_of(self._store, service))}

    def _begin(
        self,
        service: Service,
        content: RevisionContent,
        deployments: list[Deployment],
        call: Call,
    ) -> Rollout:
        sources = revisions_with_tasks(self._store, deployments)
        return begin_rollout(
            call.realm, service, content, deployments, self._ids, call.now, sources
        )

    def _definition(
        self, request: UpdateService, present: ServiceRevision, call: Call
    ) -> TaskDefinition:
        """One that is named has to be ACTIVE; the present one may have been deregistered."""
        if request.task_definition:
            return need_active_definition(self._store, request.task_definition, call.realm)
        definition = self._store.get(TASK_DEFINITIONS, present.definition_arn)
        if definition is None:
            raise TaskDefinitionNotFound
        return definition

    def _content(
        self,
        request: UpdateService,
        service: Service,
        present: ServiceRevision,
        applicant: Applicant,
        connect: Settlement,
    ) -> RevisionContent:
        definition = applicant.definition
        strategy = present.capacity_provider_strategy
        if request.capacity_provider_strategy is not None:
            strategy = spelled_out(request.capacity_provider_strategy)
        if strategy != present.capacity_provider_strategy and not request.force_new_deployment:
            raise InvalidParameter(_MUST_FORCE)
        balancers = self._gateways.others(service, present.load_balancers)
        own = balancers
        if request.load_balancers is not None:
            balancers = targets_of(request.load_balancers)
        registries = present.service_registries
        if request.service_registries is not None:
            registries = registries_of(self._store, request.service_registries)
        placement = present.placement
        if request.network_configuration is not None:
            placement = placement_of(self._store, definition, request.network_configuration)
        wish = Wish(
            cluster=applicant.cluster,
            definition=definition,
            launch=AskedLaunch(
                launch_type=None if strategy else "FARGATE",
                capacity_provider_strategy=strategy,
                platform_version=service.platform_version,
                enable_execute_command=service.enable_execute_command,
                is_connected=connect.is_on,
                placement_constraints=request.placement_constraints,
                placement_strategy=request.placement_strategy,
            ),
            placement=placement,
            load_balancers=balancers,
            service_registries=registries,
            service_connect=connect.configuration,
            volume_configurations=either(
                request.volume_configurations, present.volume_configurations
            ),
        )
        content = content_of_wish(wish, self._machine)
        if balancers != own:
            check_target_groups(self._store, balancers)
        return content


def _changed(service: Service, request: UpdateService) -> Service:
    """The service with what was asked for, apart from what its tasks are made from."""
    desired, grace = request.desired_count, request.health_check_grace_period_seconds
    if desired is not None and desired < 0:
        raise InvalidParameter("Task count can not be lesser than 0")
    return replace(
        service,
        desired_count=either(desired, service.desired_count),
        platform_version=either(request.platform_version, service.platform_version),
        deployment_configuration=configuration_with(
            service.deployment_configuration, request.deployment_configuration
        ),
        health_check_grace_period_seconds=either(grace, service.health_check_grace_period_seconds),
        availability_zone_rebalancing=either(
            request.availability_zone_rebalancing, service.availability_zone_rebalancing
        ),
        enable_ecs_managed_tags=either(
            request.enable_ecs_managed_tags, service.enable_ecs_managed_tags
        ),
        propagate_tags=either(request.propagate_tags, service.propagate_tags),
        enable_execute_command=either(
            request.enable_execute_command, service.enable_execute_command
        ),
    )
