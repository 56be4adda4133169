"""Clusters: create, describe, list, change, delete."""

from dataclasses import replace

from hostless.domain.account_settings import AccountSetting
from hostless.domain.clusters import (
    Cluster,
    ClusterConfiguration,
    ClusterSetting,
    ServiceConnectDefaults,
)
from hostless.domain.errors import ApiError, ClientError, InvalidParameter
from hostless.domain.quotas import Quotas, clusters_refusal
from hostless.domain.resource_tags import tags_refusal
from hostless.domain.tasks import Task
from hostless.kit.ids import Ids
from hostless.services.ecs import requests_clusters as requests
from hostless.services.ecs.account_settings import effective_value
from hostless.services.ecs.capacity_providers import check_providers
from hostless.services.ecs.cluster_views import EVERYTHING, Census, census_of, cluster_view
from hostless.services.ecs.connect_namespaces import defaults_of
from hostless.services.ecs.errors import ClusterContainsServices, ClusterContainsTasks
from hostless.services.ecs.listing import check_include, ecs_page
from hostless.services.ecs.references import cluster_arn_of, need_cluster
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ACCOUNT_SETTINGS, CLUSTERS, SERVICE_REVISIONS, SERVICES, TASKS
from hostless.store.store import Store, Transaction

_MOST_DESCRIBED = 100
_INSIGHTS = ("enabled", "disabled", "enhanced")


class Clusters:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def create(self, request: requests.CreateCluster, call: Call) -> Answer:
        arn = cluster_arn_of(request.cluster_name, call.realm)
        _check_tags(request)
        check_settings(request.settings)
        check_configuration(request.configuration)
        check_providers(request.capacity_providers, request.default_capacity_provider_strategy)
        transaction = self._store.transaction("CreateCluster")
        found = transaction.get(CLUSTERS, arn)
        defaults = defaults_of(
            request.service_connect_defaults, transaction, self._store, self._ids, call
        )
        if found is not None and found.status == "ACTIVE":
            _check_same(request, defaults, found)
            return {"cluster": self._view(found)}
        refusal = clusters_refusal(
            self._quotas, self._store.table(CLUSTERS).count("status", "ACTIVE")
        )
        if refusal is not None:
            raise ClientError(refusal)
        cluster = Cluster(
            arn=arn,
            name=arn.rsplit("/", 1)[-1],
            created_at=call.now,
            configuration=request.configuration,
            settings=request.settings or (insights_of(self._store, call.principal_arn),),
            capacity_providers=request.capacity_providers,
            default_capacity_provider_strategy=request.default_capacity_provider_strategy,
            service_connect_defaults=defaults,
            tags=request.tags,
        )
        transaction.put(CLUSTERS, cluster)
        await transaction.commit()
        return {"cluster": self._view(cluster)}

    async def describe(self, request: requests.DescribeClusters, call: Call) -> Answer:
        check_include(request.include, sorted(EVERYTHING))
        if len(request.clusters) > _MOST_DESCRIBED:
            raise InvalidParameter(f"clusters can have at most {_MOST_DESCRIBED} items.")
        shown, failures = [], []
        references = request.clusters or (None,)
        for arn in dict.fromkeys(cluster_arn_of(name, call.realm) for name in references):
            cluster = self._store.get(CLUSTERS, arn)
            if cluster is None:
                failures.append(failure_view(arn, "MISSING"))
            else:
                shown.append(cluster_view(cluster, self._census(cluster), request.include))
        return {"clusters": shown, "failures": failures}

    async def list_clusters(self, request: requests.ListClusters, call: Call) -> Answer:
        active = [c.arn for c in self._store.all(CLUSTERS) if c.status == "ACTIVE"]
        page = ecs_page(
            active,
            lambda arn: (arn,),
            "ListClusters",
            max_results=request.max_results,
            token=request.next_token,
        )
        return {"clusterArns": page.items, "nextToken": page.next_token}

    async def update(self, request: requests.UpdateCluster, call: Call) -> Answer:
        cluster = self._need_changeable(request.cluster, call)
        check_settings(request.settings)
        check_configuration(request.configuration)
        transaction = self._store.transaction("UpdateCluster")
        asked = request.service_connect_defaults
        defaults = defaults_of(asked, transaction, self._store, self._ids, call)
        changed = replace(
            cluster,
            settings=request.settings or cluster.settings,
            configuration=request.configuration or cluster.configuration,
            service_connect_defaults=(
                cluster.service_connect_defaults if asked is None else defaults
            ),
        )
        return await self._put(changed, transaction)

    async def update_settings(self, request: requests.UpdateClusterSettings, call: Call) -> Answer:
        cluster = self._need_changeable(request.cluster, call)
        check_settings(request.settings)
        changed = replace(cluster, settings=request.settings or cluster.settings)
        return await self._put(changed, self._store.transaction("UpdateClusterSettings"))

    async def put_capacity_providers(
        self, request: requests.PutClusterCapacityProviders, call: Call
    ) -> Answer:
        """Replaces both lists whole."""
        cluster = self._need_changeable(request.cluster, call)
        strategy = request.default_capacity_provider_strategy
        check_providers(request.capacity_providers, strategy)
        if self._providers_in_use(cluster) - set(request.capacity_providers):
            raise ApiError(
                "The specified capacity provider is in use and cannot be removed.",
                code="ResourceInUseException",
            )
        changed = replace(
            cluster,
            capacity_providers=request.capacity_providers,
            default_capacity_provider_strategy=strategy,
        )
        return await self._put(changed, self._store.transaction("PutClusterCapacityProviders"))

    def _providers_in_use(self, cluster: Cluster) -> set[str]:
        """Those that tasks run by, and those that services start tasks by."""
        used = {task.capacity_provider_name for task in self._unstopped(cluster)} - {None}
        for service in self._store.find(SERVICES, "cluster", cluster.arn):
            revision = self._store.get(SERVICE_REVISIONS, service.revision_arn)
            if revision is not None and service.status == "ACTIVE":
                used |= {item.capacity_provider for item in revision.capacity_provider_strategy}
        return {name for name in used if name is not None}

    async def delete(self, request: requests.DeleteCluster, call: Call) -> Answer:
        cluster = need_cluster(self._store, request.cluster, call.realm)
        census = self._census(cluster)
        if census.active_services + census.draining_services:
            raise ClusterContainsServices
        if self._unstopped(cluster):
            raise ClusterContainsTasks
        gone = replace(cluster, status="INACTIVE")
        return await self._put(gone, self._store.transaction("DeleteCluster"))

    def _need_changeable(self, reference: str, call: Call) -> Cluster:
        cluster = need_cluster(self._store, reference, call.realm)
        if cluster.status != "ACTIVE":
            raise ClientError("Cluster was not ACTIVE.")
        return cluster

    async def _put(self, cluster: Cluster, transaction: Transaction) -> Answer:
        if transaction.get(CLUSTERS, cluster.arn) != cluster:
            transaction.put(CLUSTERS, cluster)
            await transaction.commit()
        return {"cluster": self._view(cluster)}

    def _tasks(self, cluster: Cluster) -> list[Task]:
        return self._store.find(TASKS, "cluster", cluster.arn)

    def _unstopped(self, cluster: Cluster) -> list[Task]:
        return [task for task in self._tasks(cluster) if task.status != "STOPPED"]

    def _view(self, cluster: Cluster) -> dict[str, object]:
        return cluster_view(cluster, self._census(cluster), EVERYTHING - {"STATISTICS"})

    def _census(self, cluster: Cluster) -> Census:
        services = self._store.find(SERVICES, "cluster", cluster.arn)
        return census_of(self._tasks(cluster), services)


def insights_of(store: Store, principal_arn: str) -> ClusterSetting:
    """New clusters take container insights from the caller's account settings."""
    settings: list[AccountSetting] = list(store.all(ACCOUNT_SETTINGS))
    value = effective_value(settings, "containerInsights", principal_arn)
    return ClusterSetting(name="containerInsights", value=value)


def _check_tags(request: requests.CreateCluster) -> None:
    refusal = tags_refusal(request.tags)
    if refusal is not None:
        raise InvalidParameter(refusal)


def _check_same(
    request: requests.CreateCluster, defaults: ServiceConnectDefaults | None, found: Cluster
) -> None:
    """Creating what exists is fine as long as it says nothing else."""
    pairs = (
        (request.tags, found.tags),
        (request.settings, found.settings),
        (request.configuration, found.configuration),
        (request.capacity_providers, found.capacity_providers),
        (defaults, found.service_connect_defaults),
        (request.default_capacity_provider_strategy, found.default_capacity_provider_strategy),
    )
    if any(given and given != kept for given, kept in pairs):
        raise InvalidParameter(
            "Arguments on this idempotent request are inconsistent with arguments used in "
            "previous request(s)."
        )


def check_settings(settings: tuple[ClusterSetting, ...]) -> None:
    for setting in settings:
        if setting.name != "containerInsights":
            raise InvalidParameter("Invalid setting 'name'")
        if setting.value not in _INSIGHTS:
            raise InvalidParameter("Invalid setting 'value'")


def check_configuration(configuration: ClusterConfiguration | None) -> None:
    command = configuration.execute_command_configuration if configuration else None
    if command is None:
        return
    logs = command.log_configuration
    if logs is not None and command.logging != "OVERRIDE":
        raise InvalidParameter(
            "You must set logging to 'OVERRIDE' when you supply a log configuration."
        )
    has_target = logs is not None and (logs.cloud_watch_log_group_name or logs.s3_bucket_name)
    if command.logging == "OVERRIDE" and not has_target:
        raise InvalidParameter(
            "A CloudWatch log group name or S3 bucket name must be specified when overriding "
            "the default log configuration."
        )
