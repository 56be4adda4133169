"""What a node has done, of HAProxy's statistics. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from hostless.balancer.local.words import group_name_of, open_name_of, trial_name_of
from hostless.balancer.seam import NodeCounters, NodePlan
from hostless.kit.clock import Timestamp

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
Row = Mapping[str, str]


def counters_of(plan: NodePlan, rows: Sequence[Row], now: Timestamp) -> NodeCounters:
    """rows: of `show stat`."""
    fronts = [row for row in rows if row["svname"] == "FRONTEND"]
    backs = [row for row in rows if row["svname"] == "BACKEND"]
    names = {arn: group_name_of(arn) for arn in plan.groups}
    servers = [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]
    up = dict.fromkeys(names.values(), 0)
    down = dict(up)
    for row in servers:
        if row["pxname"] in up:
            by = down if row["status"].startswith("DOWN") else up
            by[row["pxname"]] += 1
    for name in names.values():
        down[name] += sum(1 for row in servers if row["pxname"] == trial_name_of(name))
    asked = [r for r in backs if r["pxname"] in {*up, *map(open_name_of, up)}]
    return NodeCounters(
        at=now,
        requests=sum_of(fronts, "req_tot"),
        responses_by_class={each: sum_of(fronts, f"hrsp_{each}") for each in CLASSES},
        target_responses_by_class={each: sum_of(asked, f"hrsp_{each}") for each in CLASSES},
        connections=sum_of(fronts, "stot"),
        active=sum_of(fronts, "scur"),
        bytes_in=sum_of(fronts, "bin"),
        bytes_out=sum_of(fronts, "bout"),
        mean_response_seconds=mean_seconds(asked, "rtime"),
        healthy={arn: up[name] for arn, name in names.items()},
        unhealthy={arn: down[name] for arn, name in names.items()},
    )


def sum_of(rows: Iterable[Row], column: str) -> int:
    return sum(int(row[column] or 0) for row in rows)


def mean_seconds(rows: Sequence[Row], column: str) -> float:
    """Weighted by how much each backend was asked. column: with milliseconds."""
    weights = [(int(row["stot"] or 0), int(row[column] or 0)) for row in rows]
    total = sum(weight for weight, _ in weights)
    return sum(weight * ms for weight, ms in weights) / total / 1000 if total else 0.0
