"""The engine's outside: which backend, which fabric, where logs lie, as the settings say.

Every constructor of an implementation is called here and nowhere else. Imports are local to the
choice, so that a simulated engine loads nothing of the real one.
"""

import functools
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hostless.balancer.connect_seam import ServiceProxies
from hostless.balancer.seam import Balancer
from hostless.compute.block_volumes import BlockVolumes
from hostless.compute.file_systems import FileSystemFolders
from hostless.compute.images.progress import PullProgress
from hostless.compute.seam import ComputeBackend
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.private_names import AnswerZone
from hostless.domain.settings import Settings
from hostless.engine.first_start import Networks
from hostless.kit.clock import Clock
from hostless.network.seam import NetworkFabric, NetworkFailed
from hostless.store.store import Store
from hostless.telemetry.seam import Hold

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBackend:
    """keep: what has to run beside the backend until cancelled, given the engine's store.

    pulls: how far pulls of images are; a simulated backend moves no bytes. hold: keeps a container
    from writing on; a simulated one writes nothing.
    """

    compute: ComputeBackend
    file_systems: FileSystemFolders
    volumes: BlockVolumes
    pulls: Callable[[], tuple[PullProgress, ...]] = tuple
    keep: Callable[[Store], Coroutine[None, None, None]] | None = None
    hold: Hold | None = None


@asynccontextmanager
async def opened_backend(settings: Settings, clock: Clock) -> AsyncIterator[OpenBackend]:
    """The backend, ready for use; let go at the end without stopping anything."""
    if settings.backend == "simulated":
        from hostless.compute.simulated.block_volumes import SimulatedBlockVolumes
        from hostless.compute.simulated.file_systems import SimulatedFileSystems

        simulated = _simulated_backend(settings, clock)
        await simulated.open()
        try:
            yield OpenBackend(
                compute=simulated,
                file_systems=SimulatedFileSystems(),
                volumes=SimulatedBlockVolumes(),
            )
        finally:
            await simulated.close()
        return
    async with _local_backend(settings, clock) as local:
        yield local


def _simulated_backend(settings: Settings, clock: Clock) -> ComputeBackend:
    from hostless.compute.simulated.backend import SimulatedBackend
    from hostless.compute.simulated.behaviour import read_simulation

    behaviour = settings.behaviour_file
    return SimulatedBackend(
        clock,
        None if behaviour is None else read_simulation(Path(behaviour)),
        Path(settings.state_dir) / "simulated.json",
    )


@asynccontextmanager
async def _local_backend(settings: Settings, clock: Clock) -> AsyncIterator[OpenBackend]:
    from hostless.compute.images.credentials import DockerCredentials
    from hostless.compute.images.garbage import Watermarks, disk_of, keep_images
    from hostless.compute.images.registry import RegistryClient
    from hostless.compute.images.store import ImageStore
    from hostless.compute.local.backend import LocalBackend
    from hostless.compute.local.block_volumes import LocalBlockVolumes
    from hostless.compute.local.file_systems import LocalFileSystems
    from hostless.compute.local.folders import file_systems_folder
    from hostless.compute.local.monitor import hold_writer

    root = Path(settings.state_dir)
    file = settings.registry_auth_file
    credentials = DockerCredentials(None if file is None else Path(file))
    images = ImageStore(root / "images", RegistryClient(credentials, clock), clock)
    await images.open()
    try:
        backend = LocalBackend(
            root / "compute", settings.engine_id, images, clock, settings.isolation
        )
        await backend.open()
        try:
            marks = Watermarks(high=settings.images_high_water, low=settings.images_low_water)
            yield OpenBackend(
                compute=backend,
                file_systems=LocalFileSystems(file_systems_folder(root / "compute")),
                volumes=LocalBlockVolumes(root / "compute"),
                pulls=images.progress,
                keep=lambda store: keep_images(images, store, lambda: disk_of(root), marks),
                hold=functools.partial(hold_writer, root / "compute"),
            )
        finally:
            await backend.close()
    finally:
        await images.close()


@asynccontextmanager
async def opened_fabric(
    settings: Settings,
    networks: Networks,
    zones: tuple[AnswerZone, ...],
    address: tuple[str, int],
) -> AsyncIterator[NetworkFabric]:
    """The fabric with every VPC; let go at the end without disconnecting anything.

    zones: known before the first question, so that no name seems to be gone after a restart.
    address: where the API will answer.
    """
    fabric = fabric_of(settings, address)
    fabric.answer_zones(zones)
    await lay_out_first(fabric, networks.layout)
    try:
        yield fabric
    finally:
        await fabric.close()


async def lay_out_first(fabric: NetworkFabric, layout: NetworkLayout) -> None:
    """Raises NetworkFailed when the default VPC is refused, or all is. Another one that is holds
    up nobody but itself: it is tried again as long as the engine runs."""
    try:
        await fabric.lay_out(layout)
    except NetworkFailed as failure:
        default = {each.vpc.id for each in layout.vpcs if each.vpc.is_default}
        if failure.refused is None or default & failure.refused:
            raise
        log.warning("%s carry no packets yet: %s", ", ".join(sorted(failure.refused)), failure)


def free_pools_of(settings: Settings) -> Callable[[str], bool]:
    """Whether the host uses no address of a range, that public addresses could be taken from."""
    if settings.backend == "simulated":
        return lambda cidr: True
    from hostless.network.local.public_routes import free_pools_here

    return free_pools_here(settings.engine_id)


def fabric_of(settings: Settings, address: tuple[str, int] | None = None) -> NetworkFabric:
    """address: where the API will answer, for VPC endpoints to lead to. They lead nowhere
    where every key is accepted: then whoever asks is the admin, and tasks are to be no admins.
    """
    if settings.backend == "simulated":
        from hostless.network.simulated.fabric import SimulatedFabric

        return SimulatedFabric()
    from hostless.network.local.fabric import LocalFabric

    api = None if address is None or settings.accepts_any_key else _reached_at(*address)
    return LocalFabric(settings.engine_id, settings.realm.region, api=api)


def _reached_at(host: str, port: int) -> tuple[str, int]:
    """Who listens at every address is reached by the loopback one."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


def balancer_of(settings: Settings, clock: Clock) -> Balancer:
    if settings.backend == "simulated":
        from hostless.balancer.simulated.balancer import SimulatedBalancer

        return SimulatedBalancer()
    from hostless.balancer.local.balancer import LocalBalancer
    from hostless.compute.local.balancer_groups import BalancerGroups
    from hostless.compute.local.cgroups import find_tree

    groups = BalancerGroups(find_tree(), settings.engine_id)
    return LocalBalancer(Path(settings.state_dir) / "balancers", groups, clock)


def service_proxies_of(settings: Settings, clock: Clock) -> ServiceProxies:
    if settings.backend == "simulated":
        from hostless.balancer.simulated.proxies import SimulatedServiceProxies

        return SimulatedServiceProxies(clock)
    from hostless.balancer.local.proxies import LocalServiceProxies

    return LocalServiceProxies(Path(settings.state_dir) / "service-connect", clock)
