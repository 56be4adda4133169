"""The engine's inside: services, gateway and controllers, made and handed to each other."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from hostless.balancer.connect_seam import ServiceProxies
from hostless.balancer.seam import Balancer
from hostless.compute.block_volumes import BlockVolumes
from hostless.compute.file_systems import FileSystemFolders
from hostless.compute.images.progress import PullProgress
from hostless.compute.seam import ComputeBackend
from hostless.controllers.balancer.controller import BalancerController, BalancerWorld
from hostless.controllers.balancer.delivering import LogDeliveries, LogWorld
from hostless.controllers.balancer.draining import DrainingController
from hostless.controllers.balancer.logging import LogController
from hostless.controllers.balancer.nodes import NodeRecords
from hostless.controllers.balancer.registering import TargetRegistrar
from hostless.controllers.connect.draining import EndpointDrainer
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.connect.serving import EndpointRegistrar
from hostless.controllers.connect.telling import ProxyTeller
from hostless.controllers.definitions import DefinitionController
from hostless.controllers.ebs.controller import VolumeController
from hostless.controllers.efs.controller import FileSystemController
from hostless.controllers.health.controller import HealthController
from hostless.controllers.ingress.controller import IngressController
from hostless.controllers.metrics.sampler import MetricSampler
from hostless.controllers.metrics.tasks import TaskMeter
from hostless.controllers.names.controller import NameController
from hostless.controllers.names.registering import RegistrationController
from hostless.controllers.network.endpoints import EndpointController
from hostless.controllers.network.groups import GroupController
from hostless.controllers.network.layout import LayoutController
from hostless.controllers.outages import OutageController
from hostless.controllers.service.controller import ServiceController
from hostless.controllers.service.reading import ServiceWorld
from hostless.controllers.task.controller import TaskController
from hostless.controllers.task.perform import TaskWorld
from hostless.controllers.tokens import TokenController
from hostless.domain.settings import Settings
from hostless.gateway.application import Application
from hostless.gateway.asgi import AsgiApp
from hostless.gateway.authentication import Authentication
from hostless.gateway.exec_socket import ExecSocket
from hostless.gateway.keys import Keys
from hostless.gateway.metadata import MetadataListeners
from hostless.gateway.metrics_page import MetricsPage, metrics_page_first
from hostless.gateway.once_log import OnceLog
from hostless.gateway.own_paths import OwnPaths, own_paths_first
from hostless.kit.clock import Clock
from hostless.kit.foreground import Foreground
from hostless.kit.ids import Ids
from hostless.kit.token_buckets import TokenBuckets
from hostless.network.seam import NetworkFabric
from hostless.services.acm.managed import ManagedCertificates
from hostless.services.acm.operations import acm_api
from hostless.services.ec2.operations import ec2_api
from hostless.services.ecs.exec_sessions import ExecSessions
from hostless.services.ecs.execute_command import ExecuteCommand
from hostless.services.ecs.operations import ecs_api
from hostless.services.efs.operations import efs_api
from hostless.services.elbv2.operations import elbv2_api
from hostless.services.logs.operations import logs_api
from hostless.services.operation import ServiceApi
from hostless.services.own.operations import own_operations
from hostless.services.servicediscovery.operations import service_discovery_api
from hostless.services.sts.operations import sts_api
from hostless.services.task_metadata.answering import TaskMetadata
from hostless.store.keys import KEYS_FILE, load_or_make
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.metrics.store import MetricStore
from hostless.telemetry.seam import TaskLogs


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What everything is built on. address: `host:port` that the engine serves at.

    launches: the buckets that all tasks are launched by, whoever asks for them.
    pulls: how far pulls of images are.
    """

    settings: Settings
    address: str
    clock: Clock
    ids: Ids
    store: Store
    compute: ComputeBackend
    file_systems: FileSystemFolders
    volumes: BlockVolumes
    fabric: NetworkFabric
    balancer: Balancer
    proxies: ServiceProxies
    events: EventStore
    metrics: MetricStore
    pulls: Callable[[], tuple[PullProgress, ...]] = tuple
    foreground: Foreground = field(default_factory=Foreground)
    launches: TokenBuckets = field(default_factory=lambda: TokenBuckets({}))


def application_of(base: Foundation) -> AsgiApp:
    """The gateway with every service, and hostless's own API."""
    sessions = ExecSessions(base.clock, base.ids)
    pair = load_or_make(Path(base.settings.state_dir) / KEYS_FILE, base.ids)
    realm = base.settings.realm
    keys = Keys(pair, realm)
    application = Application(
        services_of(base, sessions),
        keys,
        base.clock,
        base.ids,
        base.settings,
        ExecSocket(sessions, base.compute),
    )
    authentication = Authentication(
        keys, realm, OnceLog(), accepts_any_key=base.settings.accepts_any_key
    )
    operations = own_operations(
        base.store, base.ids, base.compute, base.fabric, base.metrics, base.pulls
    )
    own = OwnPaths(operations, authentication, realm, base.clock, base.ids)
    page = MetricsPage(base.metrics, authentication, base.clock, base.ids)
    return metrics_page_first(page, own_paths_first(own, application))


def metadata_of(base: Foundation) -> MetadataListeners:
    """What tells tasks about themselves."""
    answers = TaskMetadata(base.store, base.compute, base.fabric, base.clock)
    return MetadataListeners(answers, base.clock)


def services_of(base: Foundation, sessions: ExecSessions) -> tuple[ServiceApi, ...]:
    """Every service's operations."""
    execute_command = ExecuteCommand(base.store, sessions, f"ws://{base.address}/exec")
    return (
        ecs_api(
            base.store,
            base.ids,
            base.settings,
            base.compute.capabilities,
            ManagedCertificates(base.ids).put,
            (execute_command.operation(),),
            base.launches,
        ),
        logs_api(base.store, base.events),
        ec2_api(base.store, base.ids, base.settings),
        service_discovery_api(base.store, base.ids),
        elbv2_api(base.store, base.ids, base.settings.api_limits.quotas, _buckets(base)),
        acm_api(base.store, base.ids),
        efs_api(base.store, base.ids),
        sts_api(),
    )


def _buckets(base: Foundation) -> Buckets:
    return Buckets(Path(base.settings.buckets))


def controllers_of(base: Foundation, logs: TaskLogs) -> dict[str, Coroutine[None, None, None]]:
    """Every controller's work by its name; each runs until cancelled."""
    proxies = TaskProxies(base.store, base.proxies, base.clock)
    world = TaskWorld(
        store=base.store,
        compute=base.compute,
        fabric=base.fabric,
        proxies=proxies,
        logs=logs,
        clock=base.clock,
        ids=base.ids,
    )
    services = ServiceWorld(
        store=base.store,
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
        capabilities=base.compute.capabilities,
        launches=base.launches,
    )
    delivered = LogDeliveries(_log_world(base))
    health = HealthController(base.store, base.compute, base.clock, base.foreground)
    return {
        "tasks": TaskController(world, base.foreground).run(),
        "health": health.run(),
        "services": ServiceController(services, base.foreground).run(),
        "security groups": GroupController(base.store, base.fabric, base.clock).run(),
        "VPC endpoints": EndpointController(base.store, base.fabric, base.clock).run(),
        "network layout": LayoutController(base.store, base.fabric, base.clock).run(),
        "load balancers": _balancing(base, delivered).run(),
        "access logs": _logging(base, delivered).run(),
        "targets": TargetRegistrar(base.store, base.clock).run(),
        "draining targets": DrainingController(base.store, base.clock).run(),
        "endpoints": EndpointRegistrar(base.store, base.clock).run(),
        "proxies": ProxyTeller(base.store, proxies, base.clock).run(),
        "draining endpoints": EndpointDrainer(base.store, proxies, base.clock).run(),
        "ways in": IngressController(base.store, base.clock).run(),
        "file systems": FileSystemController(base.store, base.file_systems, base.clock).run(),
        "volumes": VolumeController(base.store, base.volumes, base.clock).run(),
        "outages": OutageController(base.store, base.clock).run(),
        "names": NameController(base.store, base.fabric).run(),
        "registrations": RegistrationController(base.store, base.clock).run(),
        "tokens": TokenController(base.store, base.clock).run(),
        "task definitions": DefinitionController(base.store, base.clock).run(),
    }


def _log_world(base: Foundation) -> LogWorld:
    return LogWorld(
        store=base.store,
        balancer=base.balancer,
        buckets=_buckets(base),
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
    )


def _logging(base: Foundation, delivered: LogDeliveries) -> LogController:
    every_seconds = base.settings.access_log_seconds
    return LogController(base.store, base.balancer, delivered, base.clock, every_seconds)


def _balancing(base: Foundation, logs: LogDeliveries) -> BalancerController:
    world = BalancerWorld(
        store=base.store, balancer=base.balancer, fabric=base.fabric, clock=base.clock
    )
    nodes = NodeRecords(base.store, base.ids, base.settings.realm.region)
    return BalancerController(world, nodes, logs)


def sampler_of(base: Foundation) -> MetricSampler:
    """What fills `base.metrics`."""
    tasks = TaskMeter(base.store, base.compute, base.fabric, base.metrics)
    return MetricSampler(base.store, base.balancer, base.proxies, base.metrics, base.clock, tasks)
