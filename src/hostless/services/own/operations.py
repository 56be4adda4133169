"""The own API's operations in one table: by method and path (docs/own-api.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from hostless.compute.images.progress import PullProgress
from hostless.compute.seam import ComputeBackend
from hostless.kit.ids import Ids
from hostless.network.seam import NetworkFabric
from hostless.services.operation import Operation
from hostless.services.own.drill_requests import (
    EndOfSpotOutage,
    EndOfZoneLoss,
    HostLoss,
    ListDrills,
    Retirement,
    SpotDrill,
    ZoneLoss,
)
from hostless.services.own.drills import Drills
from hostless.services.own.events import Events, ReadEvents
from hostless.services.own.network import ExplainPacket, Network, ShowNetwork, ShowRules
from hostless.services.own.pulls import ListPulls, Pulls
from hostless.services.own.samples import ReadSamples, Samples
from hostless.services.own.usage import ReadUsage, Usage
from hostless.store.store import Store
from hostless.telemetry.metrics.store import MetricStore

PREFIX = "/_hostless/"
"""No path of an AWS service begins so."""
SIGNING_NAME = "hostless"
"""The service in the scope of a signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOperation:
    """path: without PREFIX. Members come from the query string, with POST from a JSON object."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    operation: Operation[Any]


def own_operations(
    store: Store,
    ids: Ids,
    compute: ComputeBackend,
    fabric: NetworkFabric,
    metrics: MetricStore,
    pulls: Callable[[], tuple[PullProgress, ...]] = tuple,
) -> tuple[OwnOperation, ...]:
    drills, events, network = Drills(store, ids), Events(store), Network(store, fabric)
    usage = Usage(store, ids, compute, fabric)
    return (
        _get("drills", Operation(name="ListDrills", request=ListDrills, perform=drills.current)),
        _post("drills/spot", Operation(name="DrillSpot", request=SpotDrill, perform=drills.spot)),
        _delete(
            "drills/spot",
            Operation(
                name="EndSpotOutage", request=EndOfSpotOutage, perform=drills.end_spot_outage
            ),
        ),
        _post(
            "drills/zone-loss",
            Operation(name="DrillZoneLoss", request=ZoneLoss, perform=drills.zone_loss),
        ),
        _delete(
            "drills/zone-loss",
            Operation(name="EndZoneLoss", request=EndOfZoneLoss, perform=drills.end_zone_loss),
        ),
        _post(
            "drills/host-loss",
            Operation(name="DrillHostLoss", request=HostLoss, perform=drills.host_loss),
        ),
        _post(
            "drills/retire",
            Operation(name="DrillRetire", request=Retirement, perform=drills.retire),
        ),
        _get("events", Operation(name="ReadEvents", request=ReadEvents, perform=events.read)),
        _get("pulls", Operation(name="ListPulls", request=ListPulls, perform=Pulls(pulls).list)),
        _get("network", Operation(name="ShowNetwork", request=ShowNetwork, perform=network.show)),
        _get(
            "samples",
            Operation(name="ReadSamples", request=ReadSamples, perform=Samples(metrics).read),
        ),
        _get("usage", Operation(name="ReadUsage", request=ReadUsage, perform=usage.read)),
        _get(
            "network/explain",
            Operation(name="ExplainPacket", request=ExplainPacket, perform=network.explain),
        ),
        _get(
            "network/rules",
            Operation(name="ShowRules", request=ShowRules, perform=network.rules),
        ),
    )


def _get(path: str, operation: Operation[Any]) -> OwnOperation:
    return OwnOperation(method="GET", path=path, operation=operation)


def _post(path: str, operation: Operation[Any]) -> OwnOperation:
    return OwnOperation(method="POST", path=path, operation=operation)


def _delete(path: str, operation: Operation[Any]) -> OwnOperation:
    return OwnOperation(method="DELETE", path=path, operation=operation)
