"""What callers say about container instances and their attributes; shapes of the ECS model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContainerInstances:
    """filter: in the cluster query language; where there is nothing it leaves nothing."""

    cluster: str | None = None
    filter: str | None = None
    next_token: str | None = None
    max_results: int | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeContainerInstances:
    container_instances: tuple[str, ...] = ()
    cluster: str | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContainerAgent:
    container_instance: str
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeregisterContainerInstance:
    container_instance: str
    cluster: str | None = None
    force: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContainerInstancesState:
    status: str
    container_instances: tuple[str, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTask:
    """The rest of the model's members would describe the tasks, of which none can be."""

    task_definition: str
    container_instances: tuple[str, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    name: str
    value: str | None = None
    target_type: str | None = None
    target_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAttributes:
    """PutAttributes and DeleteAttributes."""

    attributes: tuple[Attribute, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAttributes:
    target_type: str
    cluster: str | None = None
    attribute_name: str | None = None
    attribute_value: str | None = None
    next_token: str | None = None
    max_results: int | None = None
