"""CreateService: check everything, then write the service and the beginning of its first rollout.

It starts nothing: the service controller sees the records and does.
"""

import re
from dataclasses import dataclass, replace

from hostless.domain.clusters import Cluster
from hostless.domain.deployment_rules import configuration_with, rebalancing_for
from hostless.domain.errors import InvalidParameter
from hostless.domain.new_service import RevisionContent, begin_rollout
from hostless.domain.resource_tags import tags_refusal
from hostless.domain.service_rules import LONGEST_TOKEN
from hostless.domain.services import DeploymentConfiguration, Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import IdempotencyToken
from hostless.kit.either import either
from hostless.kit.ids import Ids
from hostless.services.client_tokens import token_of
from hostless.services.ecs.gateway_connectors import GatewayConnectors, GatewayUser
from hostless.services.ecs.launch_network import placement_of
from hostless.services.ecs.launch_platform import LATEST, AskedLaunch
from hostless.services.ecs.references import (
    need_active_cluster,
    need_active_definition,
    service_arn_of,
)
from hostless.services.ecs.registries import registries_of
from hostless.services.ecs.requests_services import CreateService
from hostless.services.ecs.revision_content import (
    Machine,
    Wish,
    check_exec_role,
    content_of_wish,
)
from hostless.services.ecs.service_checks import (
    check_kind_of_deployment,
    check_room,
    check_service,
    forget_history,
    put_rollout,
)
from hostless.services.ecs.service_connect import Applicant, ServiceConnector, Settlement
from hostless.services.ecs.service_picture import picture_of
from hostless.services.ecs.service_views import service_view
from hostless.services.ecs.target_groups import check_target_groups, targets_of
from hostless.services.operation import Answer, Call
from hostless.store.kinds import SERVICES, TOKENS
from hostless.store.store import Store, Transaction

_NOT_IDEMPOTENT = "Creation of service was not idempotent."
_TOKEN = re.compile(r"[\x21-\x7e]{1,36}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What the request comes to."""

    service: Service
    content: RevisionContent
    connect: Settlement
    definition: TaskDefinition


class ServiceMaker:
    def __init__(
        self, store: Store, ids: Ids, machine: Machine, gateways: GatewayConnectors
    ) -> None:
        self._store = store
        self._ids = ids
        self._machine = machine
        self._gateways = gateways
        self._connector = ServiceConnector(store, ids)

    async def create(self, request: CreateService, call: Call) -> Answer:
        cluster = need_active_cluster(self._store, request.cluster, call.realm)
        checked = self._checked(request, cluster, call)
        service = checked.service
        transaction = self._store.transaction("CreateService")
        found = transaction.get(SERVICES, service.arn)
        token = _token_of(request, cluster)
        if found is not None and found.status == "ACTIVE":
            _check_repeated(transaction, token, found)
            await transaction.commit()
            return self._view(found)
        if found is not None and found.status == "DRAINING":
            raise InvalidParameter("Unable to Start a service that is still Draining.")
        _check_unused(transaction, token)
        if found is not None:
            forget_history(self._store, transaction, found)
        check_room(self._store, self._machine.quotas, cluster)
        user = GatewayUser(service=service, cluster=cluster, definition=checked.definition)
        content = self._gateways.connect(
            transaction, user, checked.content, request.gateway_connectors, call
        )
        rollout = begin_rollout(call.realm, service, content, (), self._ids, call.now)
        service = replace(service, revision_arn=rollout.revision.arn)
        transaction.put(SERVICES, service)
        put_rollout(
            transaction,
            self._connector.carry(transaction, rollout, checked.connect, checked.definition),
        )
        if token is not None:
            transaction.put(TOKENS, replace(token, arns=(service.arn,), created_at=call.now))
        await transaction.commit()
        return self._view(service)

    def _checked(self, request: CreateService, cluster: Cluster, call: Call) -> _Checked:
        """Everything that can be wrong is found here, before anything is written."""
        arn = service_arn_of(request.service_name, cluster.name, call.realm)
        if request.service_name.startswith("arn:"):
            raise InvalidParameter("Invalid service name.")
        _check_words(request)
        if not request.task_definition:
            raise InvalidParameter("TaskDefinition can not be blank.")
        definition = need_active_definition(self._store, request.task_definition, call.realm)
        applicant = Applicant(
            operation="CreateService", arn=arn, cluster=cluster, definition=definition
        )
        connect = self._connector.settle(request.service_connect_configuration, applicant, call)
        content = self._content(request, cluster, definition, connect)
        configuration = configuration_with(
            DeploymentConfiguration(), request.deployment_configuration
        )
        grace = request.health_check_grace_period_seconds
        service = Service(
            arn=arn,
            cluster_arn=cluster.arn,
            name=request.service_name,
            desired_count=_desired_count_of(request),
            revision_arn=call.realm.service_revision_arn(cluster.name, request.service_name, ""),
            platform_version=request.platform_version or LATEST,
            deployment_configuration=configuration,
            health_check_grace_period_seconds=0 if grace is None else grace,
            availability_zone_rebalancing=either(
                request.availability_zone_rebalancing, rebalancing_for(configuration)
            ),
            enable_ecs_managed_tags=bool(request.enable_ecs_managed_tags),
            propagate_tags=request.propagate_tags or "NONE",
            enable_execute_command=bool(request.enable_execute_command),
            tags=request.tags,
            created_by=call.principal_arn,
            created_at=call.now,
        )
        check_service(service, self._machine.quotas)
        return _Checked(service=service, content=content, connect=connect, definition=definition)

    def _content(
        self,
        request: CreateService,
        cluster: Cluster,
        definition: TaskDefinition,
        connect: Settlement,
    ) -> RevisionContent:
        wish = Wish(
            cluster=cluster,
            definition=definition,
            launch=AskedLaunch(
                launch_type=request.launch_type,
                capacity_provider_strategy=request.capacity_provider_strategy,
                platform_version=request.platform_version,
                enable_execute_command=bool(request.enable_execute_command),
                is_connected=connect.is_on,
                placement_constraints=request.placement_constraints,
                placement_strategy=request.placement_strategy,
            ),
            placement=placement_of(self._store, definition, request.network_configuration),
            load_balancers=targets_of(request.load_balancers),
            service_registries=registries_of(self._store, request.service_registries),
            service_connect=connect.configuration,
            volume_configurations=request.volume_configurations,
        )
        content = content_of_wish(wish, self._machine)
        check_target_groups(self._store, content.load_balancers)
        if request.enable_execute_command:
            check_exec_role(definition, "created")
        return content

    def _view(self, service: Service) -> Answer:
        return {"service": service_view(picture_of(self._store, service), with_tags=True)}


def _check_words(request: CreateService) -> None:
    token = request.client_token
    if token is not None and len(token) > LONGEST_TOKEN:
        raise InvalidParameter("idempotency token longer than 36.")
    if token is not None and not _TOKEN.fullmatch(token):
        raise InvalidParameter("clientToken must have 1 to 36 characters from 33 to 126 of ASCII.")
    _check_daemon(request)
    if request.role:
        raise InvalidParameter(
            "You cannot specify an IAM role for services that require a service linked role."
        )
    check_kind_of_deployment(request.deployment_controller, request.deployment_configuration)
    refusal = tags_refusal(request.tags)
    if refusal is not None:
        raise InvalidParameter(refusal)


def _check_daemon(request: CreateService) -> None:
    strategy = request.scheduling_strategy
    if strategy == "DAEMON" and request.desired_count is not None:
        raise InvalidParameter(
            "The daemon scheduling strategy does not support a desired count for services. "
            "Remove the desired count value and try again"
        )
    if strategy == "DAEMON":
        raise InvalidParameter(
            "The daemon scheduling strategy does not support the FARGATE launch type. "
            "Change the launch type and try again"
        )


def _desired_count_of(request: CreateService) -> int:
    if request.desired_count is None:
        raise InvalidParameter("DesiredCount is missing")
    if request.desired_count < 0:
        raise InvalidParameter("DesiredCount can not be lesser than 0")
    return request.desired_count


def _token_of(request: CreateService, cluster: Cluster) -> IdempotencyToken | None:
    """The token as it would be kept; None when the caller gave none."""
    if request.client_token is None:
        return None
    rest = replace(request, client_token=None, cluster=cluster.name)
    return token_of("CreateService", cluster.arn, request.client_token, rest)


def _check_repeated(
    transaction: Transaction, token: IdempotencyToken | None, found: Service
) -> None:
    """The service may only be asked for again by the very call that made it."""
    used = None if token is None else transaction.get(TOKENS, token.key)
    if (
        token is None
        or used is None
        or used.fingerprint != token.fingerprint
        or used.created_at != found.created_at
    ):
        raise InvalidParameter(_NOT_IDEMPOTENT)


def _check_unused(transaction: Transaction, token: IdempotencyToken | None) -> None:
    """A token may be used again only for the same call: what that made is gone by now."""
    used = None if token is None else transaction.get(TOKENS, token.key)
    if used is not None and token is not None and used.fingerprint != token.fingerprint:
        raise InvalidParameter(_NOT_IDEMPOTENT)
