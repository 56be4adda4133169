"""Target groups as backends of HAProxy. Pure.

A target that is new goes to the group's trial first, where it is looked at every second, and to the
group itself once it was found healthy: AWS, too, takes one good check for enough in the beginning
("Health checks for your target groups"). When none of a group's targets is healthy, all of them are
asked ("fail open"). Draining ones are in maintenance: what they serve goes on, and nothing new is
sent to them, not even by a cookie ("Deregistration delay").
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hostless.balancer.local.words import (
    SERVER,
    TALLY,
    argument,
    group_name_of,
    open_name_of,
    quoted,
    server_name_of,
    trial_name_of,
)
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.target_group_rules import HTTP_PROTOCOLS, code_ranges
from hostless.domain.target_groups import TRAFFIC_PORT, Target, TargetGroup

CHECKER = "ELB-HealthChecker/2.0"
TRIAL_SECONDS = 1
"""How often a target is looked at until it was healthy for the first time."""
STAYS = "!{ stopping }"
"""An old process counts no servers any more, though it asks them until its connections end."""
UNAVAILABLE, REFUSED = "error-503", "refused"
"""Files: the body when there is nobody to ask, and the whole answer when nobody could be reached,
which is 503 for HAProxy and 502 for AWS."""
SERVER_COOKIES = ("AWSALB", "AWSALBCORS")
TALLY_KEY_BYTES, TALLY_KEYS = 64, "100k"
"""A group has a hundred times that occur, and five classes; a key takes memory when it is used."""
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
    yield from _answering(group)
    yield from _checking(group)
    yield from _sticking(group)
    yield from (f"  server {server_line(each, group)}{_state_of(each)}" for each in tried)
    yield from _section(open_name_of(name), group, idle_seconds)
    if is_application(group):
        answer = f"content-type text/html file {UNAVAILABLE} hdr Server {SERVER}"
        yield f"  http-request return status 503 {answer} if {{ nbsrv eq 0 }} {STAYS}"
    yield from _asking(group)
    yield from _answering(group)
    yield from _sticking(group)
    yield from (f"  server {open_line(each, group)}{_state_of(each)}" for each in (*tried, *new))
    yield from _section(trial_name_of(name), group, idle_seconds)
    yield from _checking(group)
    yield from (f"  server {trial_line(each, group)}" for each in new)


def _section(name: str, group: TargetGroup, idle_seconds: int) -> Iterator[str]:
    attributes = attributes_of(group)
    algorithm = attributes.get("load_balancing.algorithm.type", "round_robin")
    yield f"backend {name}"
    yield f"  mode {'http' if is_application(group) else 'tcp'}"
    yield f"  balance {_ALGORITHMS[algorithm]}"
    yield f"  timeout server {idle_seconds}s"
    if is_application(group):
        yield f"  timeout tunnel {idle_seconds}s"
        yield f"  errorfile 503 {REFUSED}"


def tally_lines() -> Iterator[str]:
    """Where `_asking` and `_answering` count."""
    yield f"backend {TALLY}"
    yield f"  stick-table type string len {TALLY_KEY_BYTES} size {TALLY_KEYS} store conn_cnt"


def _asking(group: TargetGroup) -> Iterator[str]:
    """Counts requests in the backend whose own count has those in it that nobody is asked for."""
    if is_application(group):
        yield f"  http-request track-sc0 str({group_name_of(group.arn)}) table {TALLY}"


def _answering(group: TargetGroup) -> Iterator[str]:
    """Counts what targets answer, by the group, the class of the status and the time until then:
    HAProxy's own statistics know it neither apart from its own answers, nor once a target is gone.

    A time is the number of its digits, of microseconds, and the first two of them: `5.12`. Each
    rule costs every request: so an entry counts by itself how often it is tracked, one variable is
    the beginning and then the time, and no regular expression finds the digits.
    """
    if not is_application(group):
        return
    name = group_name_of(group.arn)
    time = "var(txn.took),length,concat(.,txn.took),bytes(0,4)"
    good = quoted(f"{time},concat({argument(f':2:{name}')})")
    other = quoted(f"{time},concat(:,txn.class),concat({argument(f':{name}')})")
    is_good = "{ status 200:299 }"
    yield "  http-request set-var(txn.took) date(0,us)"
    yield "  http-response set-var(txn.took) date(0,us),sub(txn.took)"
    yield f"  http-response track-sc1 {good} table {TALLY} if {is_good}"
    yield f"  http-response set-var(txn.class) status,div(100) if !{is_good}"
    yield f"  http-response track-sc1 {other} table {TALLY} if !{is_good}"


def _state_of(target: Target) -> str:
    return "" if target.drains_since is None else " disabled"


def is_application(group: TargetGroup) -> bool:
    return group.protocol in HTTP_PROTOCOLS


def _checking(group: TargetGroup) -> Iterator[str]:
    check = group.health_check
    yield f"  timeout check {check.timeout_seconds}s"
    if check.path is None:
        return
    yield "  option httpchk"
    uri = f"uri {quoted(check.path)}"
    who = f"hdr Host localhost hdr User-Agent {CHECKER}"
    ranges = code_ranges(check.codes or "200")
    if group.protocol_version == "GRPC":
        kind = "hdr Content-Type application/grpc hdr TE trailers"
        yield f"  http-check send meth POST {uri} ver HTTP/2 {who} {kind}"
        yield f"  http-check expect {_good_status(ranges)}"
        return
    version, ending = ("HTTP/2", "") if _speaks_h2(group) else ("HTTP/1.1", " hdr Connection close")
    yield f"  http-check send meth GET {uri} ver {version} {who}{ending}"
    spoken = ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
    yield f"  http-check expect status {spoken}"


def _good_status(ranges: Iterable[tuple[int, int]]) -> str:
    """A status of gRPC's that is no failure ends the answer, out of a check's sight: then that of
    HTTP decides."""
    codes = [code for low, high in ranges for code in range(low, high + 1)]
    if 0 in codes:
        return "status 200"
    return f"hdr name grpc-status value -m reg '^({'|'.join(map(str, codes))})$'"


def _speaks_h2(group: TargetGroup) -> bool:
    return group.protocol_version in ("HTTP2", "GRPC")


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
    told = ""
    if by_application:
        cookie = argument(attributes["stickiness.app_cookie.cookie_name"])
        told = f" if {{ {quoted(f'res.cook({cookie})')} -m found }}"
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
            *_check_words(target, group),
            f"inter {check.interval_seconds}s",
            f"rise {check.healthy_threshold} fall {check.unhealthy_threshold}",
        )
    )


def trial_line(target: Target, group: TargetGroup) -> str:
    often = f"inter {TRIAL_SECONDS}s rise 1 fall 1"
    return " ".join((open_line(target, group), *_check_words(target, group), often))


def open_line(target: Target, group: TargetGroup) -> str:
    attributes = attributes_of(group)
    words = [server_name_of(target), f"{target.id}:{target.port}"]
    if group.protocol in ("HTTPS", "TLS"):
        words.append("ssl verify none")
    if _speaks_h2(group):
        words.append("alpn h2" if group.protocol == "HTTPS" else "proto h2")
    slow_seconds = attributes.get("slow_start.duration_seconds", "0")
    if slow_seconds != "0":
        words.append(f"slowstart {slow_seconds}s")
    if attributes.get("proxy_protocol_v2.enabled") == "true":
        words.append("send-proxy-v2")
    return " ".join(words)


def _check_words(target: Target, group: TargetGroup) -> Iterator[str]:
    """With a port that is said, a check takes nothing over from the server by itself."""
    check = group.health_check
    yield "check"
    yield f"port {target.port if check.port == TRAFFIC_PORT else check.port}"
    if check.protocol == "HTTPS":
        yield "check-ssl verify none"
    if check.path is not None and _speaks_h2(group):
        yield "check-alpn h2" if check.protocol == "HTTPS" else "check-proto h2"
    if attributes_of(group).get("proxy_protocol_v2.enabled") == "true":
        yield "check-send-proxy"


def servers_of(group: TargetGroup, targets: SortedTargets) -> Mapping[str, Mapping[str, str]]:
    """By backend and name, the words of each server of a group: what the file says of servers."""
    name = group_name_of(group.arn)
    tried, new = targets.tried, targets.new
    return {
        name: {server_name_of(t): server_line(t, group) for t in tried},
        open_name_of(name): {server_name_of(t): open_line(t, group) for t in (*tried, *new)},
        trial_name_of(name): {server_name_of(t): trial_line(t, group) for t in new},
    }
