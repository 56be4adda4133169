"""The configuration of one node's HAProxy, compiled from records. Pure.

Everything but servers takes a reload when it changes; servers come and go by the runtime socket and
are written here too, since a reload knows only what is written. Paths are relative to the node's
folder, in which the process lives: those of sockets may not be long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hostless.balancer.local.actions import action_lines, is_plain, rule_lines
from hostless.balancer.local.backends import (
    REFUSED,
    STAYS,
    UNAVAILABLE,
    SortedTargets,
    backend_lines,
    tally_lines,
)
from hostless.balancer.local.headers import request_lines, response_lines, session_lines
from hostless.balancer.local.log_lines import (
    begin_lines,
    connection_lines,
    done_lines,
    map_files,
    thread_lines,
    trace_lines,
)
from hostless.balancer.local.words import SERVER, group_name_of, listener_name_of, open_name_of
from hostless.balancer.seam import NodePlan
from hostless.domain.arns import CertificateArn, TargetGroupArn
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.listeners import Listener
from hostless.domain.ssl_policies import DEFAULT_POLICY, SSL_POLICIES

SOCKET, STATE, CERTIFICATES = "socket", "servers.state", "certificates-{}"
CONNECT_SECONDS = 10
TCP_IDLE_SECONDS = 350
OLD_PROCESS_SECONDS = 3600
"""How long connections that were there before a reload may go on."""
_STATUSES = {
    400: "Bad Request",
    408: "Request Time-out",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_OLD_LEVEL = "@SECLEVEL=0"
"""OpenSSL 3 speaks the versions before 1.2 no more unless it is told to."""
_ALPN = {
    "HTTP1Only": "http/1.1",
    "HTTP2Only": "h2",
    "HTTP2Optional": "http/1.1,h2",
    "HTTP2Preferred": "h2,http/1.1",
}
_HAPROXY_VERSIONS = {"TLSv1": "TLSv1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """text: of the file. files: by name, what else has to lie in the node's folder; secret ones,
    certificates with their keys, are among them."""

    text: str
    files: Mapping[str, str]


def configuration_of(
    plan: NodePlan, places: Mapping[TargetGroupArn, SortedTargets], threads: int = 1
) -> Configuration:
    """threads: that the node may have."""
    files = {**dict(_certificate_files(plan)), **dict(map_files(plan))}
    lines = [*_global(), *thread_lines(plan, threads), *_defaults(plan, files)]
    for listener in plan.listeners:
        lines += _frontend(plan, listener, files)
    if plan.load_balancer.type == "application":
        lines += tally_lines()
    for arn, group in plan.groups.items():
        lines += backend_lines(group, places[arn], _idle_seconds_to(plan, arn))
    return Configuration(text="\n".join(lines) + "\n", files=files)


def _global() -> Iterator[str]:
    yield "global"
    yield f"  stats socket unix@{SOCKET} mode 600 level admin expose-fd listeners"
    yield f"  server-state-file {STATE}"
    yield f"  hard-stop-after {OLD_PROCESS_SECONDS}s"
    yield "  tune.ssl.default-dh-param 2048"
    yield "  ssl-default-server-options no-tls-tickets"


def _defaults(plan: NodePlan, files: dict[str, str]) -> Iterator[str]:
    attributes = attributes_of(plan.load_balancer)
    idle_seconds = attributes.get("idle_timeout.timeout_seconds", TCP_IDLE_SECONDS)
    yield "defaults"
    yield "  load-server-state-from-file global"
    yield f"  timeout connect {CONNECT_SECONDS}s"
    yield f"  timeout client {idle_seconds}s"
    yield f"  timeout server {idle_seconds}s"
    yield "  option redispatch 1"
    yield "  retries 3"
    if plan.load_balancer.type == "network":
        yield "  mode tcp"
        return
    yield "  mode http"
    yield f"  timeout http-keep-alive {idle_seconds}s"
    yield "  http-reuse safe"
    yield "  option idle-close-on-response"  # or a reload would lose requests on their way
    for status, words in _STATUSES.items():
        name = UNAVAILABLE if status == 503 else f"error-{status}"
        files[name] = _error_page(status, words)
        yield (
            f"  http-error status {status} content-type text/html file {name} hdr Server {SERVER}"
        )
    bad_gateway = files["error-502"]
    files[REFUSED] = (
        f"HTTP/1.1 502 Bad Gateway\r\nServer: {SERVER}\r\nContent-Type: text/html\r\n"
        f"Content-Length: {len(bad_gateway)}\r\n\r\n{bad_gateway}"
    )


def idle_seconds_of(plan: NodePlan, listener: Listener) -> int:
    """Of a balancer, or of a listener of a network balancer."""
    of_balancer = attributes_of(plan.load_balancer).get("idle_timeout.timeout_seconds")
    of_listener = attributes_of(listener).get("tcp.idle_timeout.seconds")
    return int(of_balancer or of_listener or TCP_IDLE_SECONDS)


def _idle_seconds_to(plan: NodePlan, group: TargetGroupArn) -> int:
    """The most that a listener which sends there allows; the listener ends its own before."""
    allowed = [
        idle_seconds_of(plan, listener)
        for listener in plan.listeners
        for action in (listener.default_action, *(r.action for r in plan.rules[listener.arn]))
        if group in action.target_groups()
    ]
    return max(allowed, default=TCP_IDLE_SECONDS)


def _error_page(status: int, words: str) -> str:
    """As an application load balancer writes it."""
    return (
        f"<html>\r\n<head><title>{status} {words}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {words}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


def _frontend(plan: NodePlan, listener: Listener, files: dict[str, str]) -> Iterator[str]:
    yield f"frontend {listener_name_of(listener.arn)}"
    yield f"  bind {plan.node.address}:{listener.port}{_tls_words(plan, listener)}"
    if plan.load_balancer.type == "network":
        yield f"  timeout client {idle_seconds_of(plan, listener)}s"
        yield from (f"  {line}" for line in connection_lines(plan, listener))
        yield from _plain_lines(listener)
        return
    rules = plan.rules[listener.arn]
    yield from (f"  {line}" for line in session_lines(plan.load_balancer))
    yield from (f"  {line}" for line in begin_lines(plan, listener))
    yield from (f"  {line}" for line in request_lines(plan.load_balancer, listener))
    yield from (f"  {line}" for line in trace_lines(plan))
    yield from (f"  {line}" for line in response_lines(plan.load_balancer, listener, rules))
    if rules or not is_plain(listener.default_action):
        yield from (f"  {line}" for line in _deciding_lines(plan, listener, files))
    else:
        yield from _plain_lines(listener)


def _deciding_lines(plan: NodePlan, listener: Listener, files: dict[str, str]) -> Iterator[str]:
    rules = plan.rules[listener.arn]
    yield f"http-request set-var(txn.protocol) str({listener.protocol.lower()})"
    yield f"http-request set-var(txn.port) str({listener.port})"
    yield from rule_lines(rules)
    yield from done_lines(plan, listener)
    yield from action_lines(listener, rules, files)
    yield "http-request set-var(txn.open) str(open-),concat(,txn.group)"
    yield f"use_backend %[var(txn.open)] if {{ var(txn.group),nbsrv -m int 0 }} {STAYS}"
    yield "use_backend %[var(txn.group)]"


def _plain_lines(listener: Listener) -> Iterator[str]:
    for arn in listener.default_action.target_groups():
        name = group_name_of(arn)
        yield f"  use_backend {open_name_of(name)} if {{ nbsrv({name}) eq 0 }} {STAYS}"
        yield f"  default_backend {name}"


def _tls_words(plan: NodePlan, listener: Listener) -> str:
    if listener.protocol not in ("HTTPS", "TLS"):
        return ""
    policy = SSL_POLICIES[listener.ssl_policy or DEFAULT_POLICY]
    versions = [each for each in _VERSIONS if each in policy.protocols]
    least, most = (_HAPROXY_VERSIONS.get(v, v) for v in (versions[0], versions[-1]))
    tls13 = [name for name in policy.ciphers if name.startswith("TLS_")]
    older = [name for name in policy.ciphers if not name.startswith("TLS_")]
    words = [f" ssl crt-list {CERTIFICATES.format(listener.port)}"]
    words.append(f"ssl-min-ver {least} ssl-max-ver {most}")
    if older:
        level = () if least == "TLSv1.2" else (_OLD_LEVEL,)
        words.append(f"ciphers {':'.join((*older, *level))}")
    if tls13:
        words.append(f"ciphersuites {':'.join(tls13)}")
    if alpn := _ALPN.get(listener.alpn_policy or "None"):
        words.append(f"alpn {alpn}")
    if listener.protocol == "HTTPS":
        has_h2 = attributes_of(plan.load_balancer)["routing.http2.enabled"] == "true"
        words.append("alpn h2,http/1.1" if has_h2 else "alpn http/1.1")
    return " ".join(words)


def _certificate_files(plan: NodePlan) -> Iterator[tuple[str, str]]:
    for arn, found in plan.certificates.items():
        parts = (found.certificate, found.chain, found.private_key)
        pem = "\n".join(part.strip() for part in parts if part.strip()) + "\n"
        yield certificate_file_of(arn), pem
    for listener in plan.listeners:
        if listener.protocol in ("HTTPS", "TLS"):
            names = map(certificate_file_of, listener.all_certificates())
            listed = "".join(f"{name}\n" for name in names)
            yield CERTIFICATES.format(listener.port), listed


def certificate_file_of(arn: CertificateArn) -> str:
    return f"certificate-{arn.rsplit('/', 1)[-1]}.pem"
