"""UpdateExpressGatewayService: a new revision of an Express service, rolled out.

What is not named stays as it is. Every update begins a rollout, also one of the same image, which
may be another by now; one of the scaling target alone does not.
"""

from collections.abc import Iterator
from dataclasses import fields, replace

from hostless.domain.clusters import Cluster
from hostless.domain.deployments import ServiceRevision
from hostless.domain.errors import InvalidParameter
from hostless.domain.express_services import (
    ExpressConfiguration,
    ExpressService,
    main_port,
    own_definition_refusal,
)
from hostless.domain.ingress import IngressRoute
from hostless.domain.new_service import RevisionContent, Rollout, begin_rollout, content_of
from hostless.domain.service_rules import load_balancers_refusal
from hostless.domain.services import Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement
from hostless.kit.ids import Ids
from hostless.services.ecs.connect_namespaces import NamespaceNotFound
from hostless.services.ecs.errors import TaskDefinitionNotFound
from hostless.services.ecs.express_content import (
    checked_path,
    content_for,
    placement_for,
    scaling_of,
    subnets_of,
)
from hostless.services.ecs.express_definitions import family_of, next_definition, own_definition
from hostless.services.ecs.ingress import IngressMaker
from hostless.services.ecs.requests_express import GivenExpress, UpdateExpressGatewayService
from hostless.services.ecs.revision_content import Machine
from hostless.services.ecs.service_checks import check_service, put_rollout
from hostless.services.ecs.service_connect import Applicant, ServiceConnector, membership_of
from hostless.services.ecs.service_picture import present_revision, revisions_with_tasks
from hostless.services.ecs.task_definitions import checked_draft, put_definition
from hostless.services.operation import Call
from hostless.store.kinds import (
    DEPLOYMENTS,
    EXPRESS_SERVICES,
    INGRESS_ROUTES,
    SERVICE_REVISIONS,
    SERVICES,
    TARGET_GROUPS,
    TASK_DEFINITIONS,
)
from hostless.store.store import Store, Transaction

_OF_DEFINITION = (
    "primary_container",
    "execution_role_arn",
    "task_role_arn",
    "cpu",
    "memory",
    "cpu_architecture",
)


class ExpressUpdater:
    def __init__(self, store: Store, ids: Ids, machine: Machine, ingress: IngressMaker) -> None:
        self._store = store
        self._ids = ids
        self._machine = machine
        self._ingress = ingress
        self._connector = ServiceConnector(store, ids)

    def change(
        self,
        transaction: Transaction,
        request: UpdateExpressGatewayService,
        cluster: Cluster,
        express: ExpressService,
        call: Call,
    ) -> None:
        """Of a service that is ACTIVE. Raises what the operation declares."""
        service = transaction.get(SERVICES, express.service_arn)
        assert service is not None
        scaling = scaling_of(request.scaling_target, express.newest.scaling_target)
        if request.scaling_target is not None:
            service = replace(service, desired_count=scaling.min_task_count)
            check_service(service, self._machine.quotas)
        scaled = tuple(replace(each, scaling_target=scaling) for each in express.configurations)
        express = replace(express, configurations=scaled, updated_at=call.now)
        if not _is_scaling_only(request):
            service, express = self._roll_out(
                transaction, request, cluster, (service, express), call
            )
        transaction.put(SERVICES, service)
        transaction.put(EXPRESS_SERVICES, express)

    def _roll_out(
        self,
        transaction: Transaction,
        request: UpdateExpressGatewayService,
        cluster: Cluster,
        found: tuple[Service, ExpressService],
        call: Call,
    ) -> tuple[Service, ExpressService]:
        service, express = found
        route = transaction.get(INGRESS_ROUTES, express.endpoint)
        assert route is not None, "a route goes after its service"
        present = present_revision(self._store, service)
        before = self._store.get(TASK_DEFINITIONS, present.definition_arn)
        if before is None:
            raise TaskDefinitionNotFound
        definition = self._definition(transaction, request, cluster, service, before, call)
        refusal = own_definition_refusal(definition)
        if refusal is not None:
            raise InvalidParameter(refusal)
        placement = self._placement(request, definition, present.placement, route)
        path = request.health_check_path or express.checked_path
        made = content_for(cluster, definition, placement, route, self._machine)
        content = _changed_content(content_of(present), made, route)
        refusal = load_balancers_refusal(content.load_balancers, definition)
        if refusal is not None:
            raise InvalidParameter(refusal)
        self._check_at(transaction, route, path)
        ports = (*_ports_of(present, route), main_port(definition))
        self._ingress.let_in(transaction, replace(route, updated_at=call.now), ports)
        rollout = self._rollout(transaction, (cluster, service, definition), content, call)
        configuration = replace(
            express.newest, revision_arn=rollout.revision.arn, health_check_path=path
        )
        changed = replace(
            express,
            configurations=(*self._kept(express), configuration),
            checked_path=path,
        )
        return replace(service, revision_arn=rollout.revision.arn), changed

    def _rollout(
        self,
        transaction: Transaction,
        target: tuple[Cluster, Service, TaskDefinition],
        content: RevisionContent,
        call: Call,
    ) -> Rollout:
        """Written; what UpdateService said of Service Connect stays."""
        cluster, service, definition = target
        applicant = Applicant(
            operation="UpdateExpressGatewayService",
            arn=service.arn,
            cluster=cluster,
            definition=definition,
            present=membership_of(self._store, present_revision(self._store, service)),
        )
        deployments = self._store.find(DEPLOYMENTS, "service", service.arn)
        sources = revisions_with_tasks(self._store, deployments)
        begun = begin_rollout(
            call.realm, service, content, deployments, self._ids, call.now, sources
        )
        try:
            connect = self._connector.settle(None, applicant, call)
            rollout = self._connector.carry(transaction, begun, connect, definition)
        except NamespaceNotFound as error:  # which this operation does not declare
            raise InvalidParameter(error.message) from error
        put_rollout(transaction, rollout)
        return rollout

    def _definition(
        self,
        transaction: Transaction,
        request: UpdateExpressGatewayService,
        cluster: Cluster,
        service: Service,
        before: TaskDefinition,
        call: Call,
    ) -> TaskDefinition:
        """The present one when nothing about it is to be another."""
        own = own_definition(self._store, request, call)
        if own is not None:
            return own
        if not _names_any(request, _OF_DEFINITION):
            return before
        family = family_of(cluster.name, service.name)
        asked = next_definition(request, before, family, call.realm.region)
        draft = checked_draft(asked, self._machine.sizes, call)
        if before.status == "ACTIVE" and _is_alike(draft, before):
            return before
        return put_definition(transaction, draft, call)

    def _placement(
        self,
        request: GivenExpress,
        definition: TaskDefinition,
        before: Placement,
        route: IngressRoute,
    ) -> Placement:
        """In the VPC of the load balancer, which stays where it is. The route's group is left out;
        what is not named stays."""
        kept = tuple(id_ for id_ in before.security_groups if id_ != route.service_group_id)
        given = request.network_configuration
        if given is None:
            return replace(before, security_groups=kept)
        asked = replace(
            given,
            subnets=given.subnets or before.subnets,
            security_groups=given.security_groups or kept,
        )
        placement = placement_for(self._store, definition, asked)
        vpcs = {
            subnet.vpc_id
            for each in (before, placement)
            for subnet in subnets_of(self._store, each)
        }
        if len(vpcs) > 1:
            raise InvalidParameter(  # our words
                "The subnets must belong to the VPC of the service's load balancer."
            )
        return placement

    def _check_at(self, transaction: Transaction, route: IngressRoute, path: str) -> None:
        group = transaction.get(TARGET_GROUPS, route.target_group_arn)
        check = checked_path(path, None if group is None else group.health_check)
        if group is not None and check != group.health_check:
            transaction.put(TARGET_GROUPS, replace(group, health_check=check))

    def _kept(self, express: ExpressService) -> tuple[ExpressConfiguration, ...]:
        """Of the revisions that are still known."""
        return tuple(
            configuration
            for configuration in express.configurations
            if self._store.get(SERVICE_REVISIONS, configuration.revision_arn) is not None
        )


def _changed_content(
    before: RevisionContent, made: RevisionContent, route: IngressRoute
) -> RevisionContent:
    """What UpdateService said besides stays: capacity, further target groups, registries."""
    others = (t for t in before.load_balancers if t.target_group_arn != route.target_group_arn)
    return replace(
        before,
        definition_arn=made.definition_arn,
        cpu_architecture=made.cpu_architecture,
        placement=made.placement,
        load_balancers=(*made.load_balancers, *others),
        images=made.images,
    )


def _ports_of(present: ServiceRevision, route: IngressRoute) -> Iterator[int]:
    """At which the route's balancer reaches the tasks."""
    for target in present.load_balancers:
        if target.target_group_arn == route.target_group_arn:
            yield target.container_port


def _is_scaling_only(request: UpdateExpressGatewayService) -> bool:
    named = [each.name for each in fields(request) if getattr(request, each.name) is not None]
    return sorted(named) == ["scaling_target", "service_arn"]


def _names_any(request: GivenExpress, members: tuple[str, ...]) -> bool:
    return any(getattr(request, name) is not None for name in members)


def _is_alike(draft: TaskDefinition, before: TaskDefinition) -> bool:
    """Apart from what a registration adds."""
    return before == replace(
        draft,
        arn=before.arn,
        revision=before.revision,
        registered_at=before.registered_at,
        registered_by=before.registered_by,
        tags=before.tags,
    )
