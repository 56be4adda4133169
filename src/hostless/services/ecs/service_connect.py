"""What CreateService and UpdateService make of a Service Connect configuration.

It is checked, the namespace found, services of Cloud Map found or made for its discovery names, and
what the proxies of a deployment's tasks do is settled when the deployment begins. A service of
Cloud Map belongs to the service of ECS that it was made for; the service controller drops it when
no deployment needs it any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hostless.domain.arns import ServiceArn
from hostless.domain.clusters import Cluster
from hostless.domain.deployments import ServiceRevision
from hostless.domain.errors import InvalidParameter
from hostless.domain.new_discovery import new_discovery_service
from hostless.domain.new_service import Rollout
from hostless.domain.service_connect import (
    ConnectAccessLog,
    ConnectResource,
    ServiceConnectConfiguration,
)
from hostless.domain.service_connect_rules import connect_refusal, protocol_refusal
from hostless.domain.service_discovery import DiscoveryService, Namespace
from hostless.domain.services import Service
from hostless.domain.task_connect import Membership, names_of, task_connect
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.ids import Ids
from hostless.services.ecs.connect_namespaces import (
    NamespaceNotFound,
    find_default_namespace,
    need_namespace,
)
from hostless.services.ecs.launch_platform import check_log_driver
from hostless.services.ecs.requests_connect import ConnectConfiguration
from hostless.services.ecs.service_picture import present_revision
from hostless.services.operation import Call
from hostless.store.kinds import (
    DEPLOYMENTS,
    DISCOVERY_SERVICES,
    NAMESPACES,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
)
from hostless.store.store import Store, Transaction

OFF = ServiceConnectConfiguration(enabled=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """The service that is to be in Service Connect, or to be no more.

    operation: that asks, as AWS names it. present: what it is so far, with something said of
    Service Connect.
    """

    operation: str
    arn: ServiceArn
    cluster: Cluster
    definition: TaskDefinition
    present: Membership | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """configuration: as the revision is to have it. new: services of Cloud Map to be made."""

    configuration: ServiceConnectConfiguration | None = None
    new: tuple[DiscoveryService, ...] = ()

    @property
    def is_on(self) -> bool:
        return self.configuration is not None and self.configuration.enabled


class ServiceConnector:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def settle(
        self, asked: ConnectConfiguration | None, applicant: Applicant, call: Call
    ) -> Settlement:
        """Nothing is written. asked: None keeps what there is, which has to fit still.

        Raises InvalidParameter, NamespaceNotFound, UnsupportedFeature.
        """
        configuration = self._wanted(asked, applicant)
        if configuration is None or configuration.namespace_id is None:
            return Settlement(configuration=configuration)
        namespace = self._store.get(NAMESPACES, configuration.namespace_id)
        if namespace is None:  # deleted under a service that has no names in it
            return Settlement(configuration=configuration)
        self._check(configuration, namespace, applicant)
        return self._with_resources(configuration, namespace, applicant, call)

    def _wanted(
        self, asked: ConnectConfiguration | None, applicant: Applicant
    ) -> ServiceConnectConfiguration | None:
        present = None if applicant.present is None else applicant.present.configuration
        if asked is None:
            return present
        if not asked.enabled:
            return OFF if present is None or present.enabled else present
        return _configuration_of(asked, self._namespace(asked, applicant.cluster))

    def _check(
        self,
        configuration: ServiceConnectConfiguration,
        namespace: Namespace,
        applicant: Applicant,
    ) -> None:
        refusal = connect_refusal(configuration, namespace.name, applicant.definition)
        if refusal is None and applicant.present is not None:
            wanted = Membership(configuration=configuration, definition=applicant.definition)
            refusal = protocol_refusal(applicant.present, wanted, applicant.arn)
        if refusal is not None:
            raise InvalidParameter(refusal)
        check_log_driver(configuration.log_configuration)
        self._check_names(configuration, namespace, applicant)

    def _with_resources(
        self,
        configuration: ServiceConnectConfiguration,
        namespace: Namespace,
        applicant: Applicant,
        call: Call,
    ) -> Settlement:
        """Cloud Map's services are found again by their names, or made."""
        found = {
            each.name.lower(): each
            for each in self._store.find(DISCOVERY_SERVICES, "namespace", namespace.id)
        }
        resources, new = [], []
        for name in (service.name for service in configuration.services):
            behind = found.get(name.lower())
            if behind is None:
                behind = new_discovery_service(
                    call.realm, name, namespace, self._ids, call.now, applicant.arn
                )
                new.append(behind)
            elif behind.owner != applicant.arn:
                raise _used(applicant, namespace)
            resource = ConnectResource(
                discovery_name=name, discovery_service_id=behind.id, arn=behind.arn
            )
            resources.append(resource)
        settled = replace(configuration, resources=tuple(resources))
        return Settlement(configuration=settled, new=tuple(new))

    def carry(
        self,
        transaction: Transaction,
        rollout: Rollout,
        settlement: Settlement,
        definition: TaskDefinition,
    ) -> Rollout:
        """Have what was settled written with the rollout; its tasks know the names of now.

        Raises NamespaceNotFound.
        """
        for each in settlement.new:
            transaction.put(DISCOVERY_SERVICES, each)
        configuration = settlement.configuration
        if configuration is None or configuration.namespace_id is None:
            return rollout
        namespace = self._store.get(NAMESPACES, configuration.namespace_id)
        if namespace is None:
            raise NamespaceNotFound(configuration.namespace or configuration.namespace_id)
        own = Membership(configuration=configuration, definition=definition)
        others = self._others(namespace, rollout.revision.service_arn)
        connect = task_connect(own, namespace, (own, *others), self._ids)
        return replace(rollout, deployment=replace(rollout.deployment, connect=connect))

    def _namespace(self, asked: ConnectConfiguration, cluster: Cluster) -> Namespace:
        if asked.namespace:
            return need_namespace(self._store, asked.namespace, cluster)
        default = find_default_namespace(self._store, cluster)
        if default is not None:
            return default
        gone = cluster.service_connect_defaults
        if gone is not None and gone.namespace is not None:
            raise NamespaceNotFound(gone.namespace)
        raise InvalidParameter(  # our words
            "A namespace must be specified in serviceConnectConfiguration: the cluster has no "
            "default Service Connect namespace."
        )

    def _check_names(
        self,
        configuration: ServiceConnectConfiguration,
        namespace: Namespace,
        applicant: Applicant,
    ) -> None:
        taken = {
            name
            for member in self._holders(namespace, applicant.arn)
            for service in member.configuration.services
            for name in names_of(service, namespace.name, member.definition)
        }
        for service in configuration.services:
            for name in names_of(service, namespace.name, applicant.definition):
                if name in taken:  # our words
                    raise InvalidParameter(
                        f"The client alias {name.dns_name}:{name.port} is already used by another "
                        f"service of the namespace {namespace.arn}."
                    )

    def _others(self, namespace: Namespace, own: ServiceArn) -> Iterator[Membership]:
        """What the other ACTIVE services of the namespace are being brought to."""
        for service, revision in self._revisions_of_others(namespace, own):
            member = membership_of(self._store, revision)
            if member is not None and present_revision(self._store, service) == revision:
                yield member

    def _holders(self, namespace: Namespace, own: ServiceArn) -> Iterator[Membership]:
        """What the other ACTIVE services of the namespace have deployments of: a deployment that
        fails goes back to one of them.
        """
        for service, revision in self._revisions_of_others(namespace, own):
            member = membership_of(self._store, revision)
            deployments = self._store.find(DEPLOYMENTS, "service", service.arn)
            if member is not None and any(d.revision_arn == revision.arn for d in deployments):
                yield member

    def _revisions_of_others(
        self, namespace: Namespace, own: ServiceArn
    ) -> Iterator[tuple[Service, ServiceRevision]]:
        for revision in self._store.find(SERVICE_REVISIONS, "namespace", namespace.id):
            service = self._store.get(SERVICES, revision.service_arn)
            if service is not None and service.status == "ACTIVE" and service.arn != own:
                yield service, revision


def membership_of(store: Store, revision: ServiceRevision) -> Membership | None:
    """None where nothing is said of Service Connect."""
    definition = store.get(TASK_DEFINITIONS, revision.definition_arn)
    if revision.service_connect is None or definition is None:
        return None
    return Membership(configuration=revision.service_connect, definition=definition)


def _configuration_of(
    asked: ConnectConfiguration, namespace: Namespace
) -> ServiceConnectConfiguration:
    """Raises InvalidParameter (our words)."""
    levels = [each.log_level for each in asked.container_configurations]
    if len(levels) > 1:
        raise InvalidParameter("Each setting can appear only once in containerConfigurations.")
    log = asked.access_log_configuration
    return ServiceConnectConfiguration(
        enabled=True,
        namespace=asked.namespace or namespace.arn,
        namespace_id=namespace.id,
        services=asked.services,
        log_configuration=asked.log_configuration,
        access_log=None
        if log is None
        else ConnectAccessLog(
            format=log.format,
            includes_query_parameters=log.include_query_parameters == "ENABLED",
        ),
        log_level=levels[0] if levels else None,
    )


def _used(applicant: Applicant, namespace: Namespace) -> InvalidParameter:
    """AWS's sentence, as observed: it names the namespace."""
    return InvalidParameter(
        f"{applicant.operation} error: SC service is already used by {namespace.arn}"
    )
