"""What nodes of load balancers are to have counted, made to measure for tests."""

from collections.abc import Mapping
from typing import Any

from hostless.balancer.seam import GroupCounters, NodeCounters
from hostless.domain.arns import TargetGroupArn

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


def group_counters(times: Mapping[float, int] | None = None, **changes: Any) -> GroupCounters:
    """times: of answers with 200. changes: other members; classes as `s404=3`, `s500=1`."""
    times = times or {}
    classes = {**dict.fromkeys(CLASSES, 0), "2xx": sum(times.values())}
    for name in [name for name in changes if name.startswith("s")]:
        classes[f"{name[1]}xx"] += changes.pop(name)
    members: dict[str, Any] = {
        "requests": sum(classes.values()),
        "responses_by_class": classes,
        "response_times": times,
        "connections": 0,
        "failed_connections": 0,
        "active": 0,
        "healthy": 1,
        "unhealthy": 0,
    }
    return GroupCounters(**{**members, **changes})


def node_counters(
    groups: Mapping[TargetGroupArn, GroupCounters],
    process: str = "1",
    own: Mapping[str, int] | None = None,
    **changes: Any,
) -> NodeCounters:
    """own: answers of the balancer's own, by class."""
    targets = {
        each: sum(group.responses_by_class[each] for group in groups.values()) for each in CLASSES
    }
    clients = {each: number + (own or {}).get(each, 0) for each, number in targets.items()}
    members: dict[str, Any] = {
        "at": 0.0,
        "requests": sum(clients.values()),
        "responses_by_class": clients,
        "target_responses_by_class": targets,
        "connections": 0,
        "active": 0,
        "failed_handshakes": 0,
        "bytes_in": 0,
        "bytes_out": 0,
    }
    return NodeCounters(process=process, groups=groups, **{**members, **changes})
