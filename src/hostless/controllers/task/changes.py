"""What a task record becomes when something happened to it. Pure: task in, task out.

Whether the thing should happen is decided in `decide`; that every move is legal and that `version`
rises is seen to where records are written (`records`).
"""

from collections.abc import Mapping
from dataclasses import replace

from hostless.compute.seam import ContainerObservation, PulledImage, TaskObservation
from hostless.domain.block_storage import is_about_volume
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import (
    AttachmentStatus,
    Container,
    ContainerStatus,
    StopRequest,
    Task,
    VolumeAttachment,
)
from hostless.kit.clock import Timestamp

LONGEST_REASON = 1024
"""Characters of a container's reason (amazon-ecs-agent, `ContainerStateChange`)."""
ESSENTIAL_EXITED = "Essential container in task exited"
_STATUS_OF: Mapping[str, ContainerStatus] = {
    "absent": "PENDING",
    "created": "PENDING",
    "running": "RUNNING",
    "exited": "STOPPED",
}


def moment(task: Task, now: Timestamp) -> Timestamp:
    """`now`, but never before anything that is already written down: clocks can step back."""
    known = (
        task.created_at,
        task.connectivity_at,
        task.pull_started_at,
        task.pull_stopped_at,
        task.started_at,
        task.stopping_at,
        task.execution_stopped_at,
    )
    return max(now, *(at for at in known if at is not None))


def moved(task: Task, status: TaskStatus) -> Task:
    return replace(task, status=status)


def claimed(task: Task, interface: NetworkInterface) -> Task:
    attachment = replace(
        task.attachment,
        status="ATTACHING",
        subnet_id=interface.subnet_id,
        interface_id=interface.id,
        mac_address=interface.mac_address,
        private_dns_name=interface.private_dns_name,
        address=interface.address,
        ipv6_address=interface.ipv6_address,
    )
    volume = None if task.volume is None else replace(task.volume, status="ATTACHING")
    return replace(task, zone=interface.zone, attachment=attachment, volume=volume)


def connected(task: Task, interface: NetworkInterface, now: Timestamp) -> Task:
    """The network is there and the pull begins: one that was begun meanwhile counts from now.

    Unchanged when that was known, and when the disk refused the claim to the interface meanwhile.
    """
    if task.status != "PROVISIONING" or task.attachment.interface_id != interface.id:
        return task
    at = moment(task, now)
    return replace(
        with_attachment(task, "ATTACHED"),
        status="PENDING",
        connectivity_at=at,
        pull_started_at=at,
    )


def with_attachment(task: Task, status: AttachmentStatus) -> Task:
    return replace(task, attachment=replace(task.attachment, status=status))


def pulled(task: Task, images: Mapping[str, PulledImage], now: Timestamp) -> Task:
    """images: by container name. Unchanged when that was known, or the disk took back its time."""
    if task.pull_stopped_at is not None or task.status != "PENDING":
        return task
    containers = tuple(
        replace(c, image_digest=images[c.name].digest) if c.name in images else c
        for c in task.containers
    )
    return replace(task, containers=containers, pull_stopped_at=moment(task, now))


def volume_attached(task: Task) -> Task:
    """A process runs that sees it."""
    if task.volume is None or task.volume.status != "ATTACHING":
        return task
    return replace(task, volume=replace(task.volume, status="ATTACHED"))


def _volume_detaching(task: Task) -> VolumeAttachment | None:
    if task.volume is None or task.volume.status != "ATTACHED":
        return task.volume
    return replace(task.volume, status="DETACHING")


def _volume_left(task: Task) -> VolumeAttachment | None:
    """What was never attached is never kept."""
    if task.volume is None:
        return None
    was_attached = task.volume.status == "DETACHING"
    is_kept = was_attached and not task.volume.configuration.deletes_on_termination
    return replace(task.volume, status="DETACHED" if is_kept else "DELETED")


def stop_wanted(task: Task, request: StopRequest) -> Task:
    """The first reason stands."""
    return replace(task, goal="STOPPED", stop_request=task.stop_request or request)


def failed_to_start(task: Task, reason: str, container: str | None, now: Timestamp) -> Task:
    """container: the one that failed; None when it was the task."""
    containers = tuple(
        replace(c, reason=reason[:LONGEST_REASON]) if c.name == container else c
        for c in task.containers
    )
    request = StopRequest(code="TaskFailedToStart", reason=reason, at=moment(task, now))
    volume = task.volume
    if volume is not None and is_about_volume(reason):
        volume = replace(volume, status_reason=reason)
    return stop_wanted(replace(task, containers=containers, volume=volume), request)


def with_seen(task: Task, seen: TaskObservation) -> Task:
    """The containers as the backend shows them; what ended or is not shown stays as it was."""
    containers = tuple(_with_seen(c, seen.containers.get(c.name)) for c in task.containers)
    return task if containers == task.containers else replace(task, containers=containers)


def _with_seen(container: Container, seen: ContainerObservation | None) -> Container:
    if seen is None or seen.state == "absent" or container.status == "STOPPED":
        return container
    return replace(
        container,
        status=_STATUS_OF[seen.state],
        runtime_id=seen.runtime_id or container.runtime_id,
        started_at=seen.started_at or container.started_at,
        finished_at=seen.finished_at,
        exit_code=seen.exit_code,
        reason=container.reason if seen.reason is None else seen.reason[:LONGEST_REASON],
        health=container.health if seen.restarts == container.restart_count else "UNKNOWN",
        restart_count=seen.restarts,
    )


def not_restarted(task: Task, name: str, ended: ContainerObservation, reason: str) -> Task:
    """A container that could not be had again: it has ended for good, as it ended."""
    for_good = with_seen(task, TaskObservation(containers={name: ended}))
    containers = tuple(
        replace(c, reason=reason[:LONGEST_REASON]) if c.name == name else c
        for c in for_good.containers
    )
    return replace(for_good, containers=containers)


def running(task: Task, now: Timestamp) -> Task:
    """RUNNING since the last container was started."""
    starts = [c.started_at for c in task.containers if c.started_at is not None]
    at = min(max(starts), now) if starts else now
    return replace(moved(task, "RUNNING"), started_at=moment(task, at))


def stopping(task: Task, now: Timestamp) -> Task:
    return replace(moved(task, "STOPPING"), stopping_at=moment(task, now))


def ended(task: Task, now: Timestamp) -> Task:
    """No container runs any more; those of which no end is known ended now, code unknown."""
    at = moment(task, now)
    containers = tuple(
        replace(
            c,
            status="STOPPED",
            finished_at=c.finished_at or (at if c.started_at is not None else None),
        )
        for c in task.containers
    )
    return replace(
        with_attachment(task, "DETACHING"),
        status="DEPROVISIONING",
        containers=containers,
        volume=_volume_detaching(task),
        stopping_at=task.stopping_at or at,
        execution_stopped_at=_execution_stopped_at(task, containers, at),
    )


def _execution_stopped_at(
    task: Task, containers: tuple[Container, ...], now: Timestamp
) -> Timestamp | None:
    """When the last container ended; absent for a task that never got to its images."""
    if task.pull_started_at is None:
        return None
    ends = [c.finished_at for c in containers if c.finished_at is not None]
    begun = task.started_at or task.pull_stopped_at or task.pull_started_at
    return max(*ends, begun) if ends else now


def released(task: Task, now: Timestamp) -> Task:
    return replace(
        with_attachment(task, "DELETED"),
        status="STOPPED",
        volume=_volume_left(task),
        stopped_at=moment(task, now),
    )
