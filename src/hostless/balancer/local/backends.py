"""Target groups as backends of HAProxy. Pure.

A target that is new goes to the group's trial first, where it is looked at every second, and to the
group itself once it was found healthy: AWS, too, takes one good check for enough in the beginning
("Health checks for your target groups"). When none of a group's targets is healthy, all of them are
asked ("fail open"). Draining ones take no new connections and are left where they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hostless.balancer.local.words import (
    group_name_of,
    open_name_of,
    quoted,
    server_name_of,
    trial_name_of,
)
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.target_group_rules import HTTP_PROTOCOLS, code_ranges
from hostless.domain.target_groups import TRAFFIC_PORT, Target, TargetCheck, TargetGroup

CHECKER = "ELB-HealthChecker/2.0"
TRIAL_SECONDS = 1
"""How often a target is looked at until it was healthy for the first time."""
SERVER_COOKIES = ("AWSALB", "AWSALBCORS")
_ALGORITHMS = {
    "round_robin": "roundrobin",
    "least_outstanding_requests": "leastconn",
    "weighted_random": "random",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedTargets:
    """The targets of a group: those that requests go to if they are healthy, and those on trial."""

    tried: tuple[Target, ...]
    new: tuple[Target, ...]


def backend_lines(group: TargetGroup, targets: SortedTargets, idle_seconds: int) -> Iterator[str]:
    name = group_name_of(group.arn)
    tried, new = targets.tried, targets.new
    yield from _section(name, group, idle_seconds)
    yield from _checking(group.health_check)
    yield from _sticking(group)
    yield from (f"  server {server_line(each, group)}" for each in tried)
    yield from _section(open_name_of(name), group, idle_seconds)
    yield from _sticking(group)
    yield from (f"  server {open_line(each, group)}" for each in (*tried, *new))
    yield from _section(trial_name_of(name), group, idle_seconds)
    yield from _checking(group.health_check)
    yield from (f"  server {trial_line(each, group)}" for each in new)


def _section(name: str, group: TargetGroup, idle_seconds: int) -> Iterator[str]:
    attributes = attributes_of(group)
    algorithm = attributes.get("load_balancing.algorithm.type", "round_robin")
    yield f"backend {name}"
    yield f"  mode {'http' if is_application(group) else 'tcp'}"
    yield f"  balance {_ALGORITHMS[algorithm]}"
    yield f"  timeout server {idle_seconds}s"
    yield f"  timeout tunnel {idle_seconds}s"


def is_application(group: TargetGroup) -> bool:
    return group.protocol in HTTP_PROTOCOLS


def _checking(check: TargetCheck) -> Iterator[str]:
    yield f"  timeout check {check.timeout_seconds}s"
    if check.path is None:
        return
    yield "  option httpchk"
    yield (
        f"  http-check send meth GET uri {quoted(check.path)} ver HTTP/1.1 "
        f"hdr Host localhost hdr User-Agent {CHECKER} hdr Connection close"
    )
    ranges = code_ranges(check.codes or "200")
    spoken = ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
    yield f"  http-check expect status {spoken}"


def _sticking(group: TargetGroup) -> Iterator[str]:
    attributes = attributes_of(group)
    if attributes["stickiness.enabled"] != "true":
        return
    if not is_application(group):
        yield "  stick-table type ip size 100k expire 1h"
        yield "  stick on src"
        return
    by_application = attributes["stickiness.type"] == "app_cookie"
    kind = "app" if by_application else "lb"
    seconds = attributes[f"stickiness.{kind}_cookie.duration_seconds"]
    sent = SERVER_COOKIES if not by_application else ("AWSALBAPP-0",)
    yield f"  use-server %[req.cook({sent[0]})] if {{ req.cook({sent[0]}) -m found }}"
    told = (
        ""
        if not by_application
        else (f" if {{ res.cook({attributes['stickiness.app_cookie.cookie_name']}) -m found }}")
    )
    for name in sent:
        ending = "; SameSite=None; Secure" if name.endswith("CORS") else ""
        value = f"{name}=%s; Expires=%[date({seconds}),http_date]; Path=/{ending}"
        yield f"  http-response add-header Set-Cookie {quoted(value)}{told}"


def server_line(target: Target, group: TargetGroup) -> str:
    """A server of the group itself, as a line of the file and as words for the runtime socket."""
    check = group.health_check
    return " ".join(
        (
            open_line(target, group),
            *_check_words(check),
            f"inter {check.interval_seconds}s",
            f"rise {check.healthy_threshold} fall {check.unhealthy_threshold}",
        )
    )


def trial_line(target: Target, group: TargetGroup) -> str:
    check = group.health_check
    often = f"inter {TRIAL_SECONDS}s rise 1 fall 1"
    return " ".join((open_line(target, group), *_check_words(check), often))


def open_line(target: Target, group: TargetGroup) -> str:
    attributes = attributes_of(group)
    words = [server_name_of(target), f"{target.id}:{target.port}"]
    if group.protocol in ("HTTPS", "TLS"):
        words.append("ssl verify none")
    if group.protocol_version in ("HTTP2", "GRPC"):
        words.append("alpn h2" if group.protocol == "HTTPS" else "proto h2")
    slow_seconds = attributes.get("slow_start.duration_seconds", "0")
    if slow_seconds != "0":
        words.append(f"slowstart {slow_seconds}s")
    if attributes.get("proxy_protocol_v2.enabled") == "true":
        words.append("send-proxy-v2")
    return " ".join(words)


def _check_words(check: TargetCheck) -> Iterator[str]:
    yield "check"
    if check.port != TRAFFIC_PORT:
        yield f"port {check.port}"
    if check.protocol == "HTTPS":
        yield "check-ssl"


def servers_of(group: TargetGroup, targets: SortedTargets) -> Mapping[str, Mapping[str, str]]:
    """By backend and name, the words of each server of a group: what the file says of servers."""
    name = group_name_of(group.arn)
    tried, new = targets.tried, targets.new
    return {
        name: {server_name_of(t): server_line(t, group) for t in tried},
        open_name_of(name): {server_name_of(t): open_line(t, group) for t in (*tried, *new)},
        trial_name_of(name): {server_name_of(t): trial_line(t, group) for t in new},
    }
