"""Which isolation level a task is given: what was asked for it, what there is, what it needs. Pure.

How a level keeps tasks apart is the compute backend's business; docs/isolation.md tells of it.
"""

from collections.abc import Iterator
from typing import Literal, get_args

from hostless.domain.clusters import Cluster
from hostless.domain.tags import Tag
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import IsolationLevel

IsolationChoice = Literal["auto", "container", "gvisor"]
"""`auto`: gVisor where it works and the task can live in it, else containers."""
ISOLATION_TAG = "hostless:isolation"
"""Ours: tags are the one thing by which any client can say it of a task or a cluster."""


def choice_refusal(tags: tuple[Tag, ...]) -> str | None:
    """What is wrong with a tag that chooses a level; None when nothing is."""
    for tag in tags:
        if tag.key == ISOLATION_TAG and tag.value not in get_args(IsolationChoice):
            return (
                f"Tag value '{tag.value or ''}' is invalid: "
                f"{ISOLATION_TAG} is auto, container or gvisor."
            )
    return None


def choice_in(tags: tuple[Tag, ...]) -> IsolationChoice | None:
    """What the tags say; nothing where they say what is not a choice."""
    said = next((tag.value for tag in tags if tag.key == ISOLATION_TAG), None)
    return next((choice for choice in get_args(IsolationChoice) if choice == said), None)


def isolation_asked(
    nearest: tuple[tuple[Tag, ...], ...], cluster: Cluster, setting: IsolationChoice
) -> IsolationChoice:
    """nearest: the task's own tags, then those of what it is made from. setting: the engine's."""
    found = (choice_in(tags) for tags in (*nearest, cluster.tags))
    return next((choice for choice in found if choice is not None), setting)


def isolation_given(
    asked: IsolationChoice,
    offered: tuple[IsolationLevel, ...],
    definition: TaskDefinition,
    *,
    has_proxy: bool,
) -> IsolationLevel:
    """The level that the task is to be started with. definition: with the task's overrides.

    A level that was asked for by its name is kept to: where it is not to be had the task does not
    start, and says why.
    """
    if "simulated" in offered:
        return "simulated"
    if asked != "auto":
        return asked
    if "gvisor" not in offered or has_proxy or any(_only_in_containers(definition)):
        return "container"
    return "gvisor"


def _only_in_containers(definition: TaskDefinition) -> Iterator[bool]:
    """What gVisor refuses, thing by thing; the compute backend's `starting` says so to tasks."""
    for volume in definition.volumes:  # an access point may have a user, and the image another
        efs = volume.efs_volume_configuration
        access = None if efs is None else efs.authorization_config
        yield access is not None and bool(access.access_point_id)
    for container in definition.container_definitions:
        yield bool(container.pseudo_terminal)
        yield bool(container.system_controls)
