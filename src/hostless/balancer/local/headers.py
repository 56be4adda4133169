"""Headers that an application load balancer adds, changes and takes away. Pure.

Sources: "HTTP headers and Application Load Balancers", "HTTP header modification", attributes of
load balancers and listeners, Application Load Balancer user guide.
"""

import hashlib
from collections.abc import Iterator, Mapping

from hostless.balancer.local.actions import GROUP_COOKIES
from hostless.balancer.local.words import in_format, quoted
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.load_balancers import LoadBalancer

_WELL_KNOWN_PORTS = (80, 443)
_FORWARDED, _TRACE = "X-Forwarded-For", "X-Amzn-Trace-Id"
_FORWARDING = "routing.http.xff_header_processing.mode"
_CLIENT = "%[var(sess.client)]"
_TLS_HEADERS = {"version": "ssl_fc_protocol", "cipher_suite": "ssl_fc_cipher"}
_LIFETIME, DEFAULT_LIFETIME = "client_keep_alive.seconds", "3600"
"""How long a connection may be used; it is asked of each request only where it was changed."""
_RESPONSE, _VALUE = "routing.http.response.", ".header_value"


def request_lines(balancer: LoadBalancer, listener: Listener) -> Iterator[str]:
    """What targets get to read."""
    attributes = attributes_of(balancer)
    if attributes[_LIFETIME] != DEFAULT_LIFETIME:
        yield "http-request set-var(sess.since) date if !{ var(sess.since) -m found }"
    if _is_on(attributes, "drop_invalid_header_fields"):
        yield "http-request del-header '[^A-Za-z0-9-]' -m reg"
    if not _is_on(attributes, "preserve_host_header") and listener.port not in _WELL_KNOWN_PORTS:
        host = quoted(f"%[req.hdr(host)]:{listener.port}")
        yield f"http-request set-header Host {host} if !{{ req.hdr(host) -m sub : }}"
    yield from _forwarding_lines(attributes)
    yield f"http-request set-header X-Forwarded-Proto {listener.protocol.lower()}"
    yield f"http-request set-header X-Forwarded-Port {listener.port}"
    if listener.protocol == "HTTPS":
        yield from _tls_lines(attributes, attributes_of(listener))
    yield from _tracing_lines(listener)


def _is_on(attributes: Mapping[str, str], name: str) -> bool:
    return attributes[f"routing.http.{name}.enabled"] == "true"


def session_lines(balancer: LoadBalancer) -> Iterator[str]:
    """What stays the same as long as a connection lasts: who asks, as text, which is more work to
    write than all else that is done for a header. These rules come before all of requests."""
    attributes = attributes_of(balancer)
    if attributes[_FORWARDING] != "append":
        return
    client = "src"
    if _is_on(attributes, "xff_client_port"):
        yield "tcp-request session set-var(sess.port) src_port"
        client = "src,concat(:,sess.port)"
    yield f"tcp-request session set-var(sess.client) {client}"


def _forwarding_lines(attributes: Mapping[str, str]) -> Iterator[str]:
    """What the client says of it goes before, in the same line."""
    match attributes[_FORWARDING]:
        case "append":
            has_one = f"{{ req.fhdr_cnt({_FORWARDED}) eq 1 }}"
            both = quoted(f"%[req.fhdr({_FORWARDED})], {_CLIENT}")
            yield f"http-request set-header {_FORWARDED} {both} if {has_one}"
            yield f"http-request add-header {_FORWARDED} {_CLIENT} if !{has_one}"
        case "remove":
            yield f"http-request del-header {_FORWARDED}"


def _tls_lines(of_balancer: Mapping[str, str], of_listener: Mapping[str, str]) -> Iterator[str]:
    for what, fetch in _TLS_HEADERS.items():
        key = f"routing.http.request.x_amzn_tls_{what}.header_name"
        default = f"X-Amzn-Tls-{what.title().replace('_', '-')}"
        if _is_on(of_balancer, "x_amzn_tls_version_and_cipher_suite") or of_listener[key]:
            name = of_listener[key] or default
            yield f"http-request set-header {quoted(name)} %[{fetch}]"


def _tracing_lines(listener: Listener) -> Iterator[str]:
    """24 digits: 8 are the listener's, 8 are drawn from ten, and 8 are of the time, microseconds
    last: drawing, which all threads do from one place, costs more than telling the time."""
    own = hashlib.sha256(listener.arn.encode()).hexdigest()[:8]
    eight = "mod(90000000),add(10000000)"
    digits = f"{own}%[rand(90000000),add(10000000)]%[date(0,us),{eight}]"
    trace = f"Root=1-%[date,hex,bytes(8,8),lower]-{digits}"
    has_trace = f"{{ req.hdr({_TRACE}) -m found }}"
    yield f"http-request add-header {_TRACE} {quoted(trace)} if !{has_trace}"


def response_lines(
    balancer: LoadBalancer, listener: Listener, rules: tuple[ListenerRule, ...]
) -> Iterator[str]:
    """What clients get to read."""
    lifetime = attributes_of(balancer)[_LIFETIME]
    if lifetime != DEFAULT_LIFETIME:
        is_old = f"{{ date,sub(sess.since) ge {lifetime} }}"
        yield f"http-after-response set-header Connection close if {is_old}"
    actions = (listener.default_action, *(rule.action for rule in rules))
    if any(a.forward and a.forward.stickiness_seconds is not None for a in actions):
        for name in GROUP_COOKIES:
            ending = "; SameSite=None; Secure" if name.endswith("CORS") else ""
            value = f"{name}=%[var(txn.group)]; Max-Age=%[var(txn.stays)]; Path=/{ending}"
            stays = "{ var(txn.stays) -m found }"
            yield f"http-response add-header Set-Cookie {quoted(value)} if {stays}"
    attributes = attributes_of(listener)
    if not _is_on(attributes, "response.server"):
        yield "http-after-response del-header Server"
    for key, value in attributes.items():
        if key.startswith(_RESPONSE) and key.endswith(_VALUE) and value:
            header = key.removeprefix(_RESPONSE).removesuffix(_VALUE).replace("_", "-")
            yield f"http-response set-header {header} {quoted(in_format(value))}"
