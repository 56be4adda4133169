"""CreateExpressGatewayService: everything between an image and its URL, in one transaction."""

import re
from dataclasses import dataclass, replace

from hostless.domain.arns import LogGroupName, ServiceArn, ServiceRevisionArn
from hostless.domain.clusters import Cluster
from hostless.domain.deployment_rules import rebalancing_for
from hostless.domain.errors import InvalidParameter
from hostless.domain.express_services import (
    DEFAULT_PATH,
    GRACE_SECONDS,
    ExpressConfiguration,
    ExpressService,
    ScalingTarget,
    infrastructure_role_refusal,
    main_port,
)
from hostless.domain.ingress import MANAGED, IngressRoute
from hostless.domain.logs import LogGroup
from hostless.domain.new_service import begin_rollout
from hostless.domain.resource_tags import tags_refusal
from hostless.domain.services import (
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    Service,
)
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement
from hostless.kit.ids import Ids
from hostless.services.ecs.clusters import insights_of
from hostless.services.ecs.express_content import (
    checked_path,
    content_for,
    placement_for,
    scaling_of,
    subnets_of,
)
from hostless.services.ecs.express_definitions import family_of, first_definition, own_definition
from hostless.services.ecs.ingress import IngressMaker, IngressWish
from hostless.services.ecs.references import (
    DEFAULT_CLUSTER,
    cluster_arn_of,
    need_active_cluster,
    service_arn_of,
)
from hostless.services.ecs.requests_express import CreateExpressGatewayService, GivenNetwork
from hostless.services.ecs.revision_content import Machine
from hostless.services.ecs.service_checks import (
    check_room,
    check_service,
    forget_history,
    put_rollout,
)
from hostless.services.ecs.task_definitions import checked_draft, put_definition
from hostless.services.operation import Call
from hostless.store.kinds import CLUSTERS, EXPRESS_SERVICES, LOG_GROUPS, SERVICES
from hostless.store.store import Store, Transaction

DEPLOYMENT = DeploymentConfiguration(
    deployment_circuit_breaker=DeploymentCircuitBreaker(enable=True, rollback=True)
)
"""AWS shifts traffic by canary and rolls back by alarms; here a rolling update rolls back by its
circuit breaker."""
_LONGEST_BASE = 200
_UNNAMED = "express"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be made, checked. log_group: to be made too, None for the caller's own."""

    cluster: Cluster
    name: str
    arn: ServiceArn
    definition: TaskDefinition
    placement: Placement
    health_check_path: str
    scaling: ScalingTarget
    log_group: str | None


class ExpressMaker:
    def __init__(self, store: Store, ids: Ids, machine: Machine, ingress: IngressMaker) -> None:
        self._store = store
        self._ids = ids
        self._machine = machine
        self._ingress = ingress

    def make(
        self, transaction: Transaction, request: CreateExpressGatewayService, call: Call
    ) -> Service:
        """Raises what the operation declares; then nothing is to be committed."""
        asked = self._asked(transaction, request, call)
        route = self._ingress.open(transaction, self._wish(asked, request, call), call)
        service = _service(asked, request, call)
        check_service(service, self._machine.quotas)
        content = content_for(
            asked.cluster, asked.definition, asked.placement, route, self._machine
        )
        rollout = begin_rollout(call.realm, service, content, (), self._ids, call.now)
        put_rollout(transaction, rollout)
        service = replace(service, revision_arn=rollout.revision.arn)
        transaction.put(SERVICES, service)
        if asked.log_group is not None:
            name = LogGroupName(asked.log_group)
            tags = (*request.tags, MANAGED)
            transaction.put(LOG_GROUPS, LogGroup(name=name, created_at=call.now, tags=tags))
        express = _express(asked, request, route, rollout.revision.arn, call)
        transaction.put(EXPRESS_SERVICES, express)
        return service

    def _asked(
        self, transaction: Transaction, request: CreateExpressGatewayService, call: Call
    ) -> _Asked:
        _check_words(request)
        cluster = self._cluster(transaction, request.cluster, call)
        own = own_definition(self._store, request, call)
        name = (
            self._new_name(request, own) if request.service_name is None else request.service_name
        )
        if name.startswith("arn:"):
            raise InvalidParameter("Invalid service name.")
        arn = service_arn_of(name, cluster.name, call.realm)
        self._check_free(transaction, cluster, arn)
        path = request.health_check_path or DEFAULT_PATH
        checked_path(path)
        scaling = scaling_of(request.scaling_target, ScalingTarget())
        log_group, definition = None, own
        if definition is None:
            made = self._new_log_group(cluster.name, name)
            definition = self._definition(transaction, request, cluster.name, name, made, call)
            has_own = request.primary_container and request.primary_container.aws_logs_configuration
            log_group = None if has_own else made
        given = request.network_configuration or GivenNetwork()
        return _Asked(
            cluster=cluster,
            name=name,
            arn=arn,
            definition=definition,
            placement=placement_for(self._store, definition, given),
            health_check_path=path,
            scaling=scaling,
            log_group=log_group,
        )

    def _cluster(self, transaction: Transaction, named: str | None, call: Call) -> Cluster:
        """The default cluster is made when it is not there (ECS developer guide)."""
        arn = cluster_arn_of(named, call.realm)
        found = transaction.get(CLUSTERS, arn)
        is_there = found is not None and found.status == "ACTIVE"
        if is_there or arn != cluster_arn_of(DEFAULT_CLUSTER, call.realm):
            return need_active_cluster(self._store, named, call.realm)
        made = Cluster(
            arn=arn,
            name=DEFAULT_CLUSTER,
            created_at=call.now,
            settings=(insights_of(self._store, call.principal_arn),),
            capacity_providers=("FARGATE",),
        )
        transaction.put(CLUSTERS, made)
        return made

    def _check_free(self, transaction: Transaction, cluster: Cluster, arn: ServiceArn) -> None:
        found = transaction.get(SERVICES, arn)
        if found is not None and found.status == "ACTIVE":
            raise InvalidParameter("Creation of service was not idempotent.")
        if found is not None and found.status == "DRAINING":
            raise InvalidParameter("Unable to Start a service that is still Draining.")
        if found is not None:
            forget_history(self._store, transaction, found)
        check_room(self._store, self._machine.quotas, cluster)

    def _definition(
        self,
        transaction: Transaction,
        request: CreateExpressGatewayService,
        cluster_name: str,
        name: str,
        log_group: str,
        call: Call,
    ) -> TaskDefinition:
        architecture = self._machine.capabilities.cpu_architectures[0]
        asked = first_definition(
            request, family_of(cluster_name, name), log_group, architecture, call.realm.region
        )
        draft = checked_draft(asked, self._machine.sizes, call)
        return put_definition(transaction, draft, call)

    def _new_name(self, request: CreateExpressGatewayService, own: TaskDefinition | None) -> str:
        """After the image or the definition's family, with four digits, as AWS's are seen to be."""
        base = _UNNAMED if own is None else own.family
        if own is None and request.primary_container is not None:
            base = re.split("[@:]", request.primary_container.image.rpartition("/")[2])[0]
        plain = re.sub("[^a-zA-Z0-9_-]", "-", base)[:_LONGEST_BASE] or _UNNAMED
        return f"{plain}-{self._ids.hex(4)}"

    def _new_log_group(self, cluster_name: str, name: str) -> str:
        return f"/aws/ecs/{cluster_name}/{name[:_LONGEST_BASE]}-{self._ids.hex(4)}"

    def _wish(self, asked: _Asked, request: CreateExpressGatewayService, call: Call) -> IngressWish:
        return IngressWish(
            service_arn=asked.arn,
            service_name=asked.name,
            service_made_at=call.now,
            subnets=subnets_of(self._store, asked.placement),
            port=main_port(asked.definition),
            check=checked_path(asked.health_check_path),
            tags=request.tags,
        )


def _check_words(request: CreateExpressGatewayService) -> None:
    refusal = tags_refusal(request.tags)
    refusal = refusal or infrastructure_role_refusal(request.infrastructure_role_arn)
    if refusal is not None:
        raise InvalidParameter(refusal)


def _service(asked: _Asked, request: CreateExpressGatewayService, call: Call) -> Service:
    return Service(
        arn=asked.arn,
        cluster_arn=asked.cluster.arn,
        name=asked.name,
        desired_count=asked.scaling.min_task_count,
        revision_arn=call.realm.service_revision_arn(asked.cluster.name, asked.name, ""),
        deployment_configuration=DEPLOYMENT,
        health_check_grace_period_seconds=GRACE_SECONDS,
        availability_zone_rebalancing=rebalancing_for(DEPLOYMENT),
        resource_management_type="ECS",
        tags=request.tags,
        created_by=call.principal_arn,
        created_at=call.now,
    )


def _express(
    asked: _Asked,
    request: CreateExpressGatewayService,
    route: IngressRoute,
    revision_arn: ServiceRevisionArn,
    call: Call,
) -> ExpressService:
    configuration = ExpressConfiguration(
        revision_arn=revision_arn,
        health_check_path=asked.health_check_path,
        scaling_target=asked.scaling,
    )
    return ExpressService(
        endpoint=route.endpoint,
        service_arn=asked.arn,
        service_made_at=call.now,
        infrastructure_role_arn=request.infrastructure_role_arn,
        log_group=None if asked.log_group is None else LogGroupName(asked.log_group),
        configurations=(configuration,),
        checked_path=asked.health_check_path,
        updated_at=call.now,
    )
