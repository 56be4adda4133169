"""The table of ECS operations."""

from typing import Any

from hostless.compute.seam import Capabilities
from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.kit.token_buckets import TokenBuckets
from hostless.services.ecs import not_acted_on
from hostless.services.ecs import requests_account as account
from hostless.services.ecs import requests_clusters as clusters
from hostless.services.ecs import requests_task_definitions as definitions
from hostless.services.ecs import requests_tasks as tasks
from hostless.services.ecs.account_settings import AccountSettings
from hostless.services.ecs.capacity_providers import CapacityProviders
from hostless.services.ecs.clusters import Clusters
from hostless.services.ecs.daemons import daemon_operations
from hostless.services.ecs.definition_listing import DefinitionListing
from hostless.services.ecs.express_services import express_operations
from hostless.services.ecs.gateway_operations import gateway_operations
from hostless.services.ecs.ingress import Certify, IngressMaker
from hostless.services.ecs.instance_operations import instance_operations
from hostless.services.ecs.run_task import TaskRunner
from hostless.services.ecs.service_operations import service_operations
from hostless.services.ecs.tags import Tags
from hostless.services.ecs.task_definitions import TaskDefinitions
from hostless.services.ecs.task_sets import task_set_operations
from hostless.services.ecs.tasks import Tasks
from hostless.services.operation import Operation, ServiceApi
from hostless.store.store import Store

_FARGATES = "there are only FARGATE and FARGATE_SPOT, which are reserved"


def ecs_api(
    store: Store,
    ids: Ids,
    settings: Settings,
    capabilities: Capabilities,
    certify: Certify,
    extra_operations: tuple[Operation[Any], ...] = (),
    launches: TokenBuckets | None = None,
) -> ServiceApi:
    """The API. extra_operations: those whose parts are made elsewhere (ExecuteCommand).

    certify: has certificates made for the names of Express services and gateways' routes.
    launches: the buckets that tasks are launched by, to share with who else launches some.
    """
    if launches is None:
        launches = TokenBuckets(settings.api_limits.rates)
    ingress = IngressMaker(store, ids, certify, settings.api_limits.quotas)
    return ServiceApi(
        name="ecs",
        validation_style="InvalidParameterException",
        operations=(
            *_cluster_operations(store, ids, settings),
            *_definition_operations(store, settings),
            *_task_operations(store, TaskRunner(store, ids, settings, capabilities, launches)),
            *service_operations(store, ids, settings, capabilities, ingress),
            *express_operations(store, ids, settings, capabilities, ingress),
            *_account_operations(store),
            *instance_operations(store),
            *daemon_operations(store),
            *task_set_operations(store),
            *gateway_operations(store),
            *extra_operations,
        ),
    )


def _cluster_operations(store: Store, ids: Ids, settings: Settings) -> tuple[Operation[Any], ...]:
    noun = Clusters(store, ids, settings.api_limits.quotas)
    providers = CapacityProviders(store)
    return (
        Operation(
            name="CreateCluster",
            request=clusters.CreateCluster,
            perform=noun.create,
            not_acted_on=not_acted_on.CLUSTER,
        ),
        Operation(
            name="DescribeClusters", request=clusters.DescribeClusters, perform=noun.describe
        ),
        Operation(name="ListClusters", request=clusters.ListClusters, perform=noun.list_clusters),
        Operation(
            name="UpdateCluster",
            request=clusters.UpdateCluster,
            perform=noun.update,
            not_acted_on=not_acted_on.CLUSTER,
        ),
        Operation(
            name="UpdateClusterSettings",
            request=clusters.UpdateClusterSettings,
            perform=noun.update_settings,
        ),
        Operation(name="DeleteCluster", request=clusters.DeleteCluster, perform=noun.delete),
        Operation(
            name="PutClusterCapacityProviders",
            request=clusters.PutClusterCapacityProviders,
            perform=noun.put_capacity_providers,
        ),
        Operation(
            name="DescribeCapacityProviders",
            request=clusters.DescribeCapacityProviders,
            perform=providers.describe,
        ),
        Operation(
            name="CreateCapacityProvider",
            request=clusters.CreateCapacityProvider,
            perform=providers.create,
            always_refused="providers of one's own stand on EC2 instances",
        ),
        Operation(
            name="UpdateCapacityProvider",
            request=clusters.UpdateCapacityProvider,
            perform=providers.update,
            always_refused=_FARGATES,
        ),
        Operation(
            name="DeleteCapacityProvider",
            request=clusters.DeleteCapacityProvider,
            perform=providers.delete,
            always_refused=_FARGATES,
        ),
    )


def _definition_operations(store: Store, settings: Settings) -> tuple[Operation[Any], ...]:
    noun, listing = TaskDefinitions(store, settings), DefinitionListing(store)
    return (
        Operation(
            name="RegisterTaskDefinition",
            request=definitions.RegisterTaskDefinition,
            perform=noun.register,
            refused_by_rule=not_acted_on.REFUSED_IN_DEFINITIONS,
            not_acted_on=not_acted_on.REGISTER_TASK_DEFINITION,
        ),
        Operation(
            name="DescribeTaskDefinition",
            request=definitions.DescribeTaskDefinition,
            perform=noun.describe,
        ),
        Operation(
            name="DeregisterTaskDefinition",
            request=definitions.DeregisterTaskDefinition,
            perform=noun.deregister,
        ),
        Operation(
            name="DeleteTaskDefinitions",
            request=definitions.DeleteTaskDefinitions,
            perform=noun.delete,
        ),
        Operation(
            name="ListTaskDefinitions",
            request=definitions.ListTaskDefinitions,
            perform=listing.list_definitions,
        ),
        Operation(
            name="ListTaskDefinitionFamilies",
            request=definitions.ListTaskDefinitionFamilies,
            perform=listing.list_families,
        ),
    )


def _task_operations(store: Store, runner: TaskRunner) -> tuple[Operation[Any], ...]:
    noun = Tasks(store)
    return (
        Operation(
            name="RunTask",
            request=tasks.RunTask,
            perform=runner.run,
            refused_by_rule={
                "placementConstraints": "not supported with FARGATE launch type",
                "placementStrategy": "not supported with FARGATE launch type",
                "overrides.inferenceAcceleratorOverrides": "Unsupported field",
            },
            not_acted_on=not_acted_on.RUN_TASK,
        ),
        Operation(name="StopTask", request=tasks.StopTask, perform=noun.stop),
        Operation(name="DescribeTasks", request=tasks.DescribeTasks, perform=noun.describe),
        Operation(
            name="ListTasks",
            request=tasks.ListTasks,
            perform=noun.list_tasks,
            refused_by_rule={
                "containerInstance": "there are no container instances",
                "daemonName": "there are no daemons",
            },
        ),
    )


def _account_operations(store: Store) -> tuple[Operation[Any], ...]:
    tags, settings = Tags(store), AccountSettings(store)
    kept = not_acted_on.ACCOUNT_SETTINGS
    return (
        Operation(name="TagResource", request=account.TagResource, perform=tags.tag),
        Operation(name="UntagResource", request=account.UntagResource, perform=tags.untag),
        Operation(
            name="ListTagsForResource",
            request=account.ListTagsForResource,
            perform=tags.list_tags,
        ),
        Operation(
            name="PutAccountSetting",
            request=account.PutAccountSetting,
            perform=settings.put,
            not_acted_on=kept,
        ),
        Operation(
            name="PutAccountSettingDefault",
            request=account.PutAccountSettingDefault,
            perform=settings.put_default,
            not_acted_on=kept,
        ),
        Operation(
            name="DeleteAccountSetting",
            request=account.DeleteAccountSetting,
            perform=settings.delete,
        ),
        Operation(
            name="ListAccountSettings",
            request=account.ListAccountSettings,
            perform=settings.list_settings,
        ),
    )
