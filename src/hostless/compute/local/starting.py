"""Makes the containers of a task, lets them run, and finishes what a crash left half done.

Blocking; runs in the threads of `workers`. A container is begun at most once: the runtime's own
record of it says whether it was.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.compute.images.image import Image
from hostless.compute.local.accounts import AccountNotFound, find_account
from hostless.compute.local.block_volumes import VolumeMounts
from hostless.compute.local.disks import Disks
from hostless.compute.local.failures import (
    create_reason,
    disk_reason,
    runtime_sentence,
    start_reason,
    volume_reason,
)
from hostless.compute.local.folders import ContainerFolder, Folders, disk_of, volumes_folder
from hostless.compute.local.holder import Holder
from hostless.compute.local.kernel import MS_NODEV, MS_NOSUID, mount
from hostless.compute.local.monitor import CreateFailed, Launched, Monitor, find_monitor
from hostless.compute.local.observing import Observer
from hostless.compute.local.oci_spec import (
    NoCommand,
    Spec,
    Surroundings,
    capabilities_of,
    oci_spec,
    working_directory_of,
)
from hostless.compute.local.records import write_whole
from hostless.compute.local.restarts import last_run_of, write_last_run
from hostless.compute.local.rootfs import (
    BadWorkingDirectory,
    make_working_directory,
    mount_root,
    read_inside,
)
from hostless.compute.local.runtimes import OciRuntime, RuntimeFailed, SandboxOrder, is_alive
from hostless.compute.local.sandboxes import ends_with_its_container
from hostless.compute.local.seccomp import Filter, FilterCache
from hostless.compute.local.shared_mounts import SharedMounts
from hostless.compute.local.sweeping import Sweeper
from hostless.compute.local.task_groups import TaskGroups, hurried, limits_of
from hostless.compute.local.volume_folders import VolumeFailed, have_volumes
from hostless.compute.local.volumes import PlacedVolume, folder_name_of, volumes_by_container
from hostless.compute.seam import ContainerSpec, FolderMount, StartFailed, TaskSpec
from hostless.compute.shared_volumes import SharedVolume
from hostless.domain.block_storage import not_set_up
from hostless.domain.network import NetworkPlace
from hostless.kit.clock import Clock, Timestamp

_INSTEAD = "choose hostless:isolation=container or auto for the task"
_ETC_OPTIONS = "mode=0700,size=1m,nr_inodes=16"
"""Of the task's own /etc/hosts and its like, which containers may write to without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the machine gives to every container. ceilings: see `host`. init: see `oci_spec`."""

    monitor: Monitor
    disks: Disks
    ceilings: dict[str, int]
    init: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One container to start. volumes: what it sees of its task's."""

    task: TaskSpec
    spec: ContainerSpec
    image: Image
    place: NetworkPlace
    folder: ContainerFolder
    volumes: tuple[PlacedVolume, ...]


def shared_of(order: Order) -> list[tuple[str, SharedVolume]]:
    """The volumes that it sees and that outlive the task, by their folders' names."""
    known = {folder_name_of(each.volume): each for each in order.task.shared_volumes}
    return [
        (name, known[name]) for name in {v.folder: None for v in order.volumes} if name in known
    ]


def own_volumes(order: Order) -> list[PlacedVolume]:
    """Those on the task's own disk."""
    others = {name for name, _ in shared_of(order)}
    if order.task.attached_volume is not None:
        others.add(folder_name_of(order.task.attached_volume.volume))
    return [volume for volume in order.volumes if volume.folder not in others]


class Starter:
    """For one runtime."""

    def __init__(
        self,
        folders: Folders,
        groups: TaskGroups,
        runtime: OciRuntime,
        machine: Machine,
        clock: Clock,
    ) -> None:
        self._folders = folders
        self._groups = groups
        self._runtime = runtime
        self._machine = machine
        self._clock = clock
        self._observer = Observer(folders, groups, runtime)
        self._sweeper = Sweeper(folders, groups, runtime)
        self._shared = SharedMounts(folders, acts_as_user=runtime.acts_as_user)
        self._attached = VolumeMounts(folders)
        self._holder = Holder(folders, groups, runtime, self._sweeper)
        self._filters = FilterCache(folders.filters, runtime.version)

    def create(
        self, task: TaskSpec, images: dict[str, Image], place: NetworkPlace
    ) -> tuple[Order, ...]:
        """Have the containers; those that `begin` is to let run. Raises StartFailed.

        images: by container name.
        """
        orders = self._orders(task, images, place)
        due = [order for order in orders if self._is_due(order)]
        self._make(task, place, due)
        return tuple(due)

    def restart(
        self,
        task: TaskSpec,
        images: dict[str, Image],
        place: NetworkPlace,
        container: str,
        restarts: int,
    ) -> None:
        """Make a container anew that has ended, and let it run. Raises StartFailed."""
        orders = self._orders(task, images, place)
        order = next(order for order in orders if order.spec.name == container)
        seen = self._observer.observe_one(task.id, order.folder)
        if seen.state != "exited" or seen.restarts >= restarts:
            return
        with _in_words(container):
            write_last_run(order.folder.last_run, last_run_of(seen, restarts))
        self._make(task, place, [order])
        self.begin([order])

    def _orders(self, task: TaskSpec, images: dict[str, Image], place: NetworkPlace) -> list[Order]:
        volumes = volumes_by_container(
            task.containers, {name: image.config.volumes for name, image in images.items()}
        )
        return [
            Order(
                task=task,
                spec=spec,
                image=images[spec.name],
                place=place,
                folder=self._folders.container(task.id, spec.name),
                volumes=volumes[spec.name],
            )
            for spec in task.containers
        ]

    def _make(self, task: TaskSpec, place: NetworkPlace, orders: Sequence[Order]) -> None:
        """Have those containers that are not made yet created."""
        with ExitStack() as opened:
            due = [(order, self._launch(order, opened)) for order in orders]
            self._furnish(task, place)
            made = [(order, monitor) for order, monitor in due if monitor is not None]
            for order, _ in made:
                with _in_words(order.spec.name):
                    _make_root(self._folders, order)
            self._have_volumes(task, [order for order, _ in made])
            for order, monitor in made:
                with _in_words(order.spec.name):
                    self._create(order, monitor)

    def begin(self, orders: Sequence[Order]) -> None:
        """Let created containers run, one after the other. Raises StartFailed."""
        for order in orders:
            with _in_words(order.spec.name):
                self._begin(order)
                _charge(self._groups, order)

    def _is_due(self, order: Order) -> bool:
        state = self._observer.observe_one(order.task.id, order.folder).state
        return state not in ("running", "exited")

    def _launch(self, order: Order, opened: ExitStack) -> Launched | None:
        """A monitor for a container that is still to be made; None for one that was made."""
        folder, spec = order.folder, order.spec
        with _in_words(spec.name):
            life = self._runtime.find_life(folder.runtime_id)
            if is_alive(life) and (folder.started.exists() or find_monitor(folder) is not None):
                return None  # perhaps it was let run already: it is never made anew
            self._check(spec)
            if folder.bundle.exists():
                self._sweeper.discard(order.task.id, folder)
            folder.bundle.mkdir(parents=True, exist_ok=True)
            folder.home.mkdir(exist_ok=True)  # last: before, the task is not made
            monitor = self._machine.monitor
            return opened.enter_context(monitor.launched(folder, self._runtime, spec))

    def _check(self, spec: ContainerSpec) -> None:
        if spec.has_init_process and self._machine.init is None:
            raise StartFailed(
                create_reason("no init process on this host for initProcessEnabled"), spec.name
            )
        for what, is_wanted, is_there in (
            ("Service Connect", spec.role == "proxy", self._runtime.joins_unconnected),
            ("systemControls", bool(spec.system_controls), self._runtime.takes_system_controls),
            ("pseudoTerminal", spec.has_terminal, self._runtime.takes_terminals),
        ):
            if is_wanted and not is_there:
                sentence = f"{what} is not available at this isolation level; {_INSTEAD}"
                raise StartFailed(create_reason(sentence), spec.name)

    def _furnish(self, task: TaskSpec, place: NetworkPlace) -> None:
        """Have what the containers of the task share."""
        try:
            self._groups.limit(task.id, limits_of(task))
            place_of_disk = disk_of(self._folders.task(task.id))
            self._machine.disks.have(place_of_disk, task.ephemeral_storage_gib)
            _write_etc(self._folders, task, place)
        except OSError as error:
            raise StartFailed(disk_reason(error)) from error
        try:
            if task.attached_volume is not None:
                self._attached.have(task.attached_volume)
        except OSError as error:
            raise StartFailed(not_set_up("InternalError", str(error))) from error

    def _have_volumes(self, task: TaskSpec, orders: Sequence[Order]) -> None:
        """Orders of containers whose roots are there, and none of which was begun."""
        try:
            have_volumes(
                volumes_folder(self._folders.task(task.id)),
                [(order.folder.root, own_volumes(order)) for order in orders],
            )
        except VolumeFailed as error:
            raise StartFailed(volume_reason(str(error))) from error
        except OSError as error:
            raise StartFailed(disk_reason(error)) from error

    def _create(self, order: Order, monitor: Launched) -> None:
        folder = order.folder
        sandbox = self._prepare(order)
        used = self._filters.filter_for(capabilities_of(order.spec))
        self._write_config(order, used, sandbox)
        monitor.create()
        if self._runtime.compiles_filters:
            self._filters.keep(used, self._runtime.compiled_filter(folder.runtime_id))

    def _prepare(self, order: Order) -> SandboxOrder:
        task, own = order.task, order.folder.runtime_id
        shared = self._runtime.group_of(own)
        is_for_one = shared != own and ends_with_its_container(task)
        sandbox = SandboxOrder(
            task_id=task.id,
            cgroup=self._groups.path(task.id, shared, is_made=is_for_one),
            namespace=order.place.namespace_path,
            host_name=order.place.host_name,
            is_for_one=is_for_one,
        )
        if is_for_one:
            order.folder.alone.touch()
        with hurried(self._groups, task) if shared != own else nullcontext():
            self._runtime.prepare(sandbox)
        return sandbox

    def _pids_of(self, order: Order, sandbox: SandboxOrder) -> Spec | None:
        """The container's PID namespace; None where it is the sandbox's."""
        if not order.task.shares_processes:
            return {"type": "pid"}
        if self._runtime.shares_processes:
            order.folder.shares.touch()
            return None
        return {"type": "pid", "path": self._holder.have(sandbox)}

    def _write_config(self, order: Order, used: Filter, sandbox: SandboxOrder) -> None:
        folder, image = order.folder, order.image.config
        account = find_account(
            order.spec.user if order.spec.user is not None else image.user,
            read_inside(folder.root, "/etc/passwd"),
            read_inside(folder.root, "/etc/group"),
        )
        shared, account = self._shared.have(folder.runtime_id, shared_of(order), account)
        attached = order.task.attached_volume
        if attached is not None:
            shared[folder_name_of(attached.volume)] = self._attached.place(attached)
        around = Surroundings(
            root=folder.root,
            cgroup=(
                sandbox.cgroup
                if sandbox.is_for_one
                else self._groups.path(order.task.id, folder.runtime_id)
            ),
            host_name=order.place.host_name,
            etc=self._folders.etc(order.task.id),
            account=account,
            task_memory_bytes=order.task.memory_mib << 20,
            seccomp=used.spec_section,
            namespace=order.place.namespace_path,
            annotations={**used.annotations, **self._runtime.annotations(sandbox)},
            ceilings=self._machine.ceilings,
            init=self._machine.init,
            pids=self._pids_of(order, sandbox),
            volumes=tuple(
                FolderMount(
                    source=shared.get(volume.folder) or volumes_folder(folder.home) / volume.folder,
                    destination=volume.destination,
                    is_read_only=volume.is_read_only,
                )
                for volume in order.volumes
            ),
        )
        spec = oci_spec(order.spec, image, around)
        folder.config.write_bytes(msgspec.json.encode(spec))

    def _begin(self, order: Order) -> None:
        folder = order.folder
        _note(folder.started, self._clock.now())
        with hurried(self._groups, order.task) if folder.alone.exists() else nullcontext():
            self._runtime.begin(folder.runtime_id)
        _note(folder.started, self._clock.now())  # a sandbox takes its time
        folder.begun.touch()
        if self._runtime.keeps_config:
            folder.config.unlink(missing_ok=True)


def _note(file: Path, now: Timestamp) -> None:
    file.touch()
    os.utime(file, (now, now))


def _write_etc(folders: Folders, task: TaskSpec, place: NetworkPlace) -> None:
    etc = folders.etc(task.id)
    etc.mkdir(exist_ok=True)
    if not os.path.ismount(etc):
        mount("tmpfs", etc, "tmpfs", MS_NOSUID | MS_NODEV, _ETC_OPTIONS)
    for name, lines in (
        ("hosts", (*place.hosts, *task.hosts)),
        ("hostname", (place.host_name,)),
        ("resolv.conf", place.resolver_lines),
    ):
        path = etc / name
        if not path.exists():
            write_whole(path, "".join(f"{line}\n" for line in lines).encode(), 0o644)


def _make_root(folders: Folders, order: Order) -> None:
    folder = order.folder
    mount_root(folder, (folders.mount_points, *order.image.layers))
    make_working_directory(folder.root, working_directory_of(order.spec, order.image.config))


def _charge(groups: TaskGroups, order: Order) -> None:
    """Who writes much has his task's CPU spent on it, not the neighbours'."""
    monitor = find_monitor(order.folder)
    if monitor is not None:
        groups.charge(order.task.id, monitor.pid)


@contextmanager
def _in_words(container: str) -> Iterator[None]:
    """Turn what goes wrong with a container into what AWS says of it."""
    try:
        yield
    except (CreateFailed, RuntimeFailed) as error:
        raise StartFailed(start_reason(runtime_sentence(str(error))), container) from error
    except (NoCommand, AccountNotFound, BadWorkingDirectory) as error:
        raise StartFailed(start_reason(str(error)), container) from error
    except OSError as error:
        raise StartFailed(disk_reason(error), container) from error
