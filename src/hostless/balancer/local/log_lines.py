"""What HAProxy is told to log: each request to an application load balancer, each connection to a
TLS listener of a network one. Pure.

A line has everything in it that an access log says of a request, so that it can be read by an
engine that did not write the configuration, when the records are others already. `log_entries` and
`log_connections` read it; the fields are in the order that they say. With one thread no line is
lost: two that write to a file at the same moment make HAProxy drop one of the lines. Source:
HAProxy's configuration manual, "log" and "Custom log format".
"""

import hashlib
import ssl
from collections.abc import Iterator

from hostless.balancer.local.actions import DEFAULT_RULE, is_plain, rule_name_of
from hostless.balancer.local.words import group_name_of, in_format, quoted
from hostless.balancer.seam import NodePlan
from hostless.domain.access_logs import address_told, destination_of, resource_id_of
from hostless.domain.arns import TargetGroupArn
from hostless.domain.listeners import Action, Listener, ListenerRule

MARK, CONNECTION_MARK = "HL1", "HT1"
"""A line of ours begins with one of them: HAProxy tells of itself, too."""
DESCRIPTOR = 9
"""Of the file that lines are written to; the process is born with it."""
LONGEST_LINE = 65_535
GROUPS, CERTIFICATES = "groups.map", "certificates.map"
_OUTPUT = f"log fd@{DESCRIPTOR} len {LONGEST_LINE} format raw local0 info"
_CERTIFICATE = f"%[ssl_f_sha1,hex,map_str({CERTIFICATES})]"
_TRACE = "X-Amzn-Trace-Id"


def is_logged(plan: NodePlan) -> bool:
    if destination_of(plan.load_balancer) is None:
        return False
    is_application = plan.load_balancer.type == "application"
    return is_application or any(each.protocol == "TLS" for each in plan.listeners)


def thread_lines(plan: NodePlan, threads: int) -> Iterator[str]:
    """Two threads that log lose lines (docs/adr/0013)."""
    yield f"  nbthread {1 if is_logged(plan) else threads}"


def map_files(plan: NodePlan) -> Iterator[tuple[str, str]]:
    """What names in lines stand for, for HAProxy to look up."""
    if not is_logged(plan):
        return
    yield (
        GROUPS,
        "".join(f"{group_name_of(arn)} {_group_word(plan, arn)}\n" for arn in sorted(plan.groups)),
    )
    yield (
        CERTIFICATES,
        "".join(
            f"{_fingerprint(found.certificate)} {arn}\n"
            for arn, found in sorted(plan.certificates.items())
        ),
    )


def _group_word(plan: NodePlan, arn: TargetGroupArn) -> str:
    group = plan.groups.get(arn)
    return f"{arn},{group.protocol_version if group else '-'}"


def _fingerprint(pem: str) -> str:
    """As `ssl_f_sha1,hex` says it."""
    try:
        return hashlib.sha1(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest().upper()
    except ValueError:
        return "-"


def begin_lines(plan: NodePlan, listener: Listener) -> Iterator[str]:
    """Before anything is changed in a request."""
    if not is_logged(plan):
        return
    yield _OUTPUT
    yield "option dontlognull"
    yield f"log-format {quoted(_format(plan, listener))}"
    yield "http-request set-var(txn.began) date(0,us)"
    yield "http-request set-var(txn.asked) pathq"
    yield "http-request set-var(txn.host) req.hdr(host)"
    yield "http-request set-var(txn.agent) req.fhdr(user-agent)"
    yield "http-response set-var(txn.told) status"
    if _redirects(plan, listener):
        redirected = "{ var(txn.done) -m str redirect }"
        yield f"http-after-response set-var(txn.place) res.hdr(location) if {redirected}"


def trace_lines(plan: NodePlan) -> Iterator[str]:
    """After the header is there."""
    if is_logged(plan):
        yield f"http-request set-var(txn.trace) req.hdr({_TRACE})"


def done_lines(plan: NodePlan, listener: Listener) -> Iterator[str]:
    """After the rule is found, before its action, which may be the end."""
    if not is_logged(plan):
        return
    for name, action in _named_actions(listener, plan.rules[listener.arn]):
        if word := _word_of(action):
            applies = f"{{ var(txn.rule) -m str {name} }}"
            yield f"http-request set-var(txn.done) str({word}) if {applies}"


def _named_actions(
    listener: Listener, rules: tuple[ListenerRule, ...]
) -> Iterator[tuple[str, Action]]:
    yield from ((rule_name_of(rule), rule.action) for rule in rules)
    yield DEFAULT_RULE, listener.default_action


def _word_of(action: Action) -> str | None:
    """What the log calls an action that asks no target; of others the group is told."""
    if action.redirect is not None:
        return "redirect"
    return "fixed-response" if action.fixed_response is not None else None


def _redirects(plan: NodePlan, listener: Listener) -> bool:
    return any(a.redirect for _, a in _named_actions(listener, plan.rules[listener.arn]))


def _format(plan: NodePlan, listener: Listener) -> str:
    balancer = plan.load_balancer
    is_secure = listener.protocol == "HTTPS"
    known = tuple(listener.default_action.target_groups())
    is_decided = bool(plan.rules[listener.arn]) or not is_plain(listener.default_action)
    group = f"%[var(txn.group),map_str({GROUPS})]"
    if not is_decided:
        group = in_format(_group_word(plan, known[0]))
    words = (
        MARK,
        listener.protocol.lower(),
        "%[date(0,us)]",
        resource_id_of(balancer.arn),
        address_told(plan.node),
        str(listener.port),
        "%ci:%cp",
        "%Ts.%ms",
        "%si:%sp",
        "%s",
        "%TR %Tw %Tc %Tr %Ta",
        "%ts",
        "%ST",
        "%[var(txn.told)]",
        "%U %B",
        "%HM %HV",
        "%[var(txn.began)]",
        "%sslc %sslv" if is_secure else "- -",
        f"{_CERTIFICATE} %[ssl_fc_is_resumed]" if is_secure else "- -",
        group,
        "%[var(txn.rule)]",
        "%[var(txn.done)]",
        *(f"%{{+Q,+E}}[var(txn.{name})]" for name in ("host", "asked", "agent", "trace", "place")),
        "%{+Q,+E}[ssl_fc_sni]" if is_secure else '""',
    )
    return " ".join(words)


def connection_lines(plan: NodePlan, listener: Listener) -> Iterator[str]:
    """Of a listener of a network balancer. Handshakes that fail are told, too."""
    if not is_logged(plan) or listener.protocol != "TLS":
        return
    listener_id = listener.arn.rsplit("/", 1)[-1]
    words = (
        f"{CONNECTION_MARK} %[date(0,us)] {resource_id_of(plan.load_balancer.arn)} {listener_id}",
        "%ci:%cp %fi:%fp %Ts %Tt %Th %U %B",
        f"{_CERTIFICATE} %sslc %sslv %[ssl_fc_alpn]",
        "%{+Q,+E}[ssl_fc_sni]",
    )
    yield _OUTPUT
    yield "option dontlognull"
    yield f"log-format {quoted(' '.join(words))}"
    yield f"error-log-format {quoted(' '.join(words))}"
