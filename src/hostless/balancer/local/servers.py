"""Which servers an HAProxy has, and the commands that bring them to what a plan wants. Pure.

Sources: HAProxy's management guide, "show servers state", "show stat", "add server", "del server".
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hostless.balancer.local.backends import SortedTargets, servers_of
from hostless.balancer.local.words import group_name_of, open_name_of, server_name_of, trial_name_of
from hostless.balancer.seam import NodePlan, SeenTarget
from hostless.domain.arns import TargetGroupArn

_FORCED_MAINTENANCE = 0x01
_PASSED = ("L4OK", "L6OK", "L7OK", "L7OKC")
_TIMED_OUT = ("L4TOUT", "L6TOUT", "L7TOUT")
Servers = Mapping[str, Mapping[str, str]]
"""By backend and name, the words of each server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentServer:
    backend: str
    name: str
    is_in_maintenance: bool

    @property
    def path(self) -> str:
        return f"{self.backend}/{self.name}"


def sorted_targets(
    plan: NodePlan, present: Iterable[PresentServer]
) -> dict[TargetGroupArn, SortedTargets]:
    """What is in its group already stays there, healthy or not; else health decides.

    A target that drains is not tried any more; one that was asked while it was new, because none
    was healthy, moves to its group to end what is under way.
    """
    there = {each.path for each in present}
    found = {}
    for arn in plan.groups:
        group, targets = group_name_of(arn), plan.targets.get(arn, ())
        tried = tuple(
            each
            for each in targets
            if f"{group}/{server_name_of(each)}" in there
            or (each.health is not None and each.health.state == "healthy")
            or (
                each.drains_since is not None
                and f"{open_name_of(group)}/{server_name_of(each)}" in there
            )
        )
        new = tuple(t for t in targets if t not in tried and t.drains_since is None)
        found[arn] = SortedTargets(tried=tried, new=new)
    return found


def wanted_servers(plan: NodePlan, places: Mapping[TargetGroupArn, SortedTargets]) -> Servers:
    found: dict[str, Mapping[str, str]] = {}
    for arn, group in plan.groups.items():
        found.update(servers_of(group, places[arn]))
    return found


def draining_servers(plan: NodePlan, wanted: Servers) -> frozenset[str]:
    """Paths, `backend/name`, of those that take no new connections."""
    names = {
        server_name_of(target)
        for targets in plan.targets.values()
        for target in targets
        if target.drains_since is not None
    }
    return frozenset(
        f"{backend}/{name}" for backend, servers in wanted.items() for name in names & set(servers)
    )


def present_servers(listed: str) -> tuple[PresentServer, ...]:
    """listed: what `show servers state` says."""
    lines = [line.split() for line in listed.splitlines()]
    return tuple(
        PresentServer(
            backend=words[1],
            name=words[3],
            is_in_maintenance=bool(int(words[6]) & _FORCED_MAINTENANCE),
        )
        for words in lines
        if len(words) > 6 and words[0].isdigit()
    )


def commands_between(
    present: Iterable[PresentServer], wanted: Servers, draining: frozenset[str]
) -> Iterator[str]:
    """Commands for the runtime socket, in order; none when all is as it should be."""
    there = {each.path: each for each in present}
    for backend, servers in wanted.items():
        for name, words in servers.items():
            path = f"{backend}/{name}"
            found = there.pop(path, None)
            if found is None:
                yield f"add server {backend}/{words}"
                if " check" in words:
                    yield f"enable health {path}"
            is_in_maintenance = found is None or found.is_in_maintenance
            if is_in_maintenance != (path in draining):
                yield f"set server {path} state {'ready' if is_in_maintenance else 'maint'}"
    for path, found in there.items():
        yield from _ending(path, found)


def _ending(path: str, found: PresentServer) -> Iterator[str]:
    """Connections that wait for a next request are closed on the way into maintenance only."""
    if found.is_in_maintenance:
        yield f"set server {path} state drain"
    yield f"set server {path} state maint"
    yield f"shutdown sessions server {path}"
    yield f"del server {path}"


def seen_targets(plan: NodePlan, statistics: str) -> dict[str, SeenTarget]:
    """By the target's key. statistics: what `show stat` says."""
    rows = {(row["pxname"], row["svname"]): row for row in rows_of(statistics)}
    found: dict[str, SeenTarget] = {}
    for arn, targets in plan.targets.items():
        group = group_name_of(arn)
        for target in targets:
            name = server_name_of(target)
            row, on_trial = rows.get((group, name)), rows.get((trial_name_of(group), name))
            if row is not None:
                seen, asked_anyway = _seen(row), rows.get((open_name_of(group), name), {})
                active = seen.active + int(asked_anyway.get("scur") or 0)
                found[target.key] = replace(seen, active=active)
            elif on_trial is not None:
                found[target.key] = _seen_on_trial(on_trial)
    return found


def rows_of(statistics: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(statistics.lstrip("# ").splitlines())


def _seen(row: Mapping[str, str]) -> SeenTarget:
    active = int(row["scur"] or 0)
    if row["status"].startswith("DOWN"):
        reason, description = _why(row)
        return SeenTarget(state="unhealthy", reason=reason, description=description, active=active)
    return SeenTarget(state="healthy", active=active)


def _seen_on_trial(row: Mapping[str, str]) -> SeenTarget:
    if row["check_status"].lstrip("* ") in _PASSED:
        return SeenTarget(state="healthy")
    if row["check_status"].lstrip("* ") in ("", "INI"):
        return SeenTarget(
            state="initial",
            reason="Elb.RegistrationInProgress",
            description="Target registration is in progress",
        )
    reason, description = _why(row)
    return SeenTarget(state="unhealthy", reason=reason, description=description)


def _why(row: Mapping[str, str]) -> tuple[str, str]:
    """AWS's code and sentence ("Target health reason codes", user guide)."""
    status = row["check_status"].lstrip("* ")
    if status in _TIMED_OUT:
        return "Target.Timeout", "Request timed out"
    if status == "L7STS":
        sentence = f"Health checks failed with these codes: [{row['check_code']}]"
        return "Target.ResponseCodeMismatch", sentence
    return "Target.FailedHealthChecks", "Health checks failed"
