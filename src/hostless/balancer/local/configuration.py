"""The configuration of one node's HAProxy, compiled from records. Pure.

Everything but servers takes a reload when it changes; servers come and go by the runtime socket and
are written here too, since a reload knows only what is written. Paths are relative to the node's
folder, in which the process lives: those of sockets may not be long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hostless.balancer.local.actions import GROUP_COOKIES, action_lines, is_plain, rule_lines
from hostless.balancer.local.backends import SortedTargets, backend_lines
from hostless.balancer.local.words import group_name_of, listener_name_of, open_name_of, quoted
from hostless.balancer.seam import NodePlan
from hostless.domain.arns import CertificateArn, TargetGroupArn
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.ssl_policies import DEFAULT_POLICY, SSL_POLICIES

SOCKET, STATE, CERTIFICATES = "socket", "servers.state", "certificates-{}"
CONNECT_SECONDS = 10
TCP_IDLE_SECONDS = 350
OLD_PROCESS_SECONDS = 3600
"""How long connections that were there before a reload may go on."""
SERVER_HEADER = "awselb/2.0"
_STATUSES = {
    400: "Bad Request",
    408: "Request Time-out",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_HAPROXY_VERSIONS = {"TLSv1": "TLSv1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """text: of the file. files: by name, what else has to lie in the node's folder; secret ones,
    certificates with their keys, are among them."""

    text: str
    files: Mapping[str, str]


def configuration_of(
    plan: NodePlan, places: Mapping[TargetGroupArn, SortedTargets]
) -> Configuration:
    files = dict(_certificate_files(plan))
    lines = [*_global(), *_defaults(plan, files)]
    for listener in plan.listeners:
        lines += _frontend(plan, listener, files)
    for arn, group in plan.groups.items():
        lines += backend_lines(group, places[arn], _idle_seconds(plan))
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
    yield "defaults"
    yield "  load-server-state-from-file global"
    yield f"  timeout connect {CONNECT_SECONDS}s"
    yield f"  timeout client {_idle_seconds(plan)}s"
    yield f"  timeout server {_idle_seconds(plan)}s"
    yield "  option redispatch 1"
    yield "  retries 3"
    if plan.load_balancer.type == "network":
        yield "  mode tcp"
        return
    yield "  mode http"
    yield f"  timeout http-keep-alive {attributes['client_keep_alive.seconds']}s"
    yield "  http-reuse safe"
    for status, words in _STATUSES.items():
        name = f"error-{status}"
        files[name] = _error_page(status, words)
        yield (
            f"  http-error status {status} content-type text/html file {name} "
            f"hdr Server {SERVER_HEADER}"
        )


def _idle_seconds(plan: NodePlan) -> int:
    attributes = attributes_of(plan.load_balancer)
    return int(attributes.get("idle_timeout.timeout_seconds", TCP_IDLE_SECONDS))


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
        yield from _plain_lines(listener)
        return
    yield from (f"  {line}" for line in _request_lines(plan, listener))
    rules = plan.rules.get(listener.arn, ())
    yield from (f"  {line}" for line in _response_lines(listener, rules))
    if rules or not is_plain(listener.default_action):
        yield from (f"  {line}" for line in _deciding_lines(listener, rules, files))
    else:
        yield from _plain_lines(listener)


def _deciding_lines(
    listener: Listener, rules: tuple[ListenerRule, ...], files: dict[str, str]
) -> Iterator[str]:
    yield f"http-request set-var(txn.protocol) str({listener.protocol.lower()})"
    yield f"http-request set-var(txn.port) str({listener.port})"
    yield from rule_lines(rules)
    yield from action_lines(listener, rules, files)
    yield "http-request set-var(txn.open) str(open-),concat(,txn.group)"
    yield "use_backend %[var(txn.open)] if { var(txn.group),nbsrv -m int 0 }"
    yield "use_backend %[var(txn.group)]"


def _plain_lines(listener: Listener) -> Iterator[str]:
    for arn in listener.default_action.target_groups():
        name = group_name_of(arn)
        yield f"  use_backend {open_name_of(name)} if {{ nbsrv({name}) eq 0 }}"
        yield f"  default_backend {name}"


def _request_lines(plan: NodePlan, listener: Listener) -> Iterator[str]:
    """Headers that targets get ("HTTP headers and Application Load Balancers", user guide)."""
    attributes = attributes_of(plan.load_balancer)
    protocol = listener.protocol.lower()
    client = "%[src]:%[src_port]" if _is_on(attributes, "xff_client_port") else "%[src]"
    match attributes["routing.http.xff_header_processing.mode"]:
        case "append" if client == "%[src]":
            yield "option forwardfor"
        case "append":
            yield f"http-request add-header X-Forwarded-For {quoted(client)}"
        case "remove":
            yield "http-request del-header X-Forwarded-For"
    yield f"http-request set-header X-Forwarded-Proto {protocol}"
    yield f"http-request set-header X-Forwarded-Port {listener.port}"
    yield "http-request set-var-fmt(txn.time) %{+X}Ts"
    yield "http-request set-var(txn.id) uuid()"
    digits = "".join(f"%[var(txn.id),field({part},-)]" for part in (1, 2, 5))
    trace = f"Root=1-%[var(txn.time),lower]-{digits}"
    has_trace = "{ req.hdr(X-Amzn-Trace-Id) -m found }"
    yield f"http-request set-header X-Amzn-Trace-Id {quoted(trace)} if !{has_trace}"


def _is_on(attributes: Mapping[str, str], name: str) -> bool:
    return attributes[f"routing.http.{name}.enabled"] == "true"


def _response_lines(listener: Listener, rules: tuple[ListenerRule, ...]) -> Iterator[str]:
    actions = (listener.default_action, *(rule.action for rule in rules))
    if any(a.forward and a.forward.stickiness_seconds is not None for a in actions):
        for name in GROUP_COOKIES:
            ending = "; SameSite=None; Secure" if name.endswith("CORS") else ""
            value = f"{name}=%[var(txn.group)]; Max-Age=%[var(txn.stays)]; Path=/{ending}"
            stays = "{ var(txn.stays) -m found }"
            yield f"http-response add-header Set-Cookie {quoted(value)} if {stays}"
    prefix, suffix = "routing.http.response.", ".header_value"
    for key, value in attributes_of(listener).items():
        if key.startswith(prefix) and key.endswith(suffix) and value:
            header = key.removeprefix(prefix).removesuffix(suffix).replace("_", "-")
            safe = quoted(value.replace("%", "%%"))
            yield f"http-response set-header {header} {safe}"


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
        words.append(f"ciphers {':'.join(older)}")
    if tls13:
        words.append(f"ciphersuites {':'.join(tls13)}")
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
