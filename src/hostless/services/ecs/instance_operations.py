"""The table of the operations about EC2 instances, which this account has none of."""

from typing import Any

from hostless.domain.errors import ClientError
from hostless.services.ecs import requests_instances as requests
from hostless.services.ecs.container_instances import ContainerInstances
from hostless.services.operation import Operation
from hostless.services.refusing import refusing
from hostless.store.store import Store

_NONE = "there are no container instances"
_UNPLACED = dict.fromkeys(
    (
        *("enableECSManagedTags", "enableExecuteCommand", "group", "networkConfiguration"),
        *("overrides", "propagateTags", "referenceId", "startedBy", "tags"),
        "volumeConfigurations",
    ),
    "no task can be placed: there are no container instances",
)


def instance_operations(store: Store) -> tuple[Operation[Any], ...]:
    return (*_instances(store), *_attributes(store), *_agents())


def _instances(store: Store) -> tuple[Operation[Any], ...]:
    noun = ContainerInstances(store)
    return (
        Operation(
            name="ListContainerInstances",
            request=requests.ListContainerInstances,
            perform=noun.list_instances,
        ),
        Operation(
            name="DescribeContainerInstances",
            request=requests.DescribeContainerInstances,
            perform=noun.describe,
        ),
        Operation(
            name="UpdateContainerInstancesState",
            request=requests.UpdateContainerInstancesState,
            perform=noun.update_state,
        ),
        Operation(
            name="DeregisterContainerInstance",
            request=requests.DeregisterContainerInstance,
            perform=noun.change_one,
            always_refused=_NONE,
        ),
        Operation(
            name="UpdateContainerAgent",
            request=requests.UpdateContainerAgent,
            perform=noun.change_one,
            always_refused=_NONE,
        ),
        Operation(
            name="StartTask",
            request=requests.StartTask,
            perform=noun.start_task,
            not_acted_on=_UNPLACED,
        ),
    )


def _attributes(store: Store) -> tuple[Operation[Any], ...]:
    noun = ContainerInstances(store)
    return (
        Operation(
            name="ListAttributes", request=requests.ListAttributes, perform=noun.list_attributes
        ),
        Operation(
            name="PutAttributes",
            request=requests.ChangeAttributes,
            perform=noun.change_attributes,
            always_refused=_NONE,
        ),
        Operation(
            name="DeleteAttributes",
            request=requests.ChangeAttributes,
            perform=noun.change_attributes,
            always_refused=_NONE,
        ),
    )


def _agents() -> tuple[Operation[Any], ...]:
    """What the container agent of an instance calls; tasks here report by other ways."""
    return tuple(
        refusing(name, _no_agents, _NONE)
        for name in (
            "RegisterContainerInstance",
            "DiscoverPollEndpoint",
            "SubmitTaskStateChange",
            "SubmitContainerStateChange",
            "SubmitAttachmentStateChanges",
        )
    )


def _no_agents() -> ClientError:
    return ClientError(
        "Container agents and container instances are not supported here. "
        "Run tasks with the launch type FARGATE."
    )
