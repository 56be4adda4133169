"""What becomes of a request, in HAProxy's words. Pure.

The rule that applies is found first and kept in a variable, since HAProxy asks its own kinds of
rules in an order of its own; then the action of that rule is taken. A forward leaves the chosen
group's backend in a variable too.
"""

from collections.abc import Iterator

from hostless.balancer.local.conditions import acls_of
from hostless.balancer.local.words import SERVER, group_name_of, in_format, quoted
from hostless.domain.listeners import (
    Action,
    FixedResponse,
    Forward,
    Listener,
    ListenerRule,
    Redirect,
)

DEFAULT_RULE = "default"
GROUP_COOKIES = ("AWSALBTG", "AWSALBTGCORS")
_BODILESS = "204"
_REDIRECT_VARIABLES = {
    "#{protocol}": "%[var(txn.protocol)]",
    "#{host}": "%[req.hdr(host),field(1,:)]",
    "#{port}": "%[var(txn.port)]",
    "#{path}": "%[path,regsub(^/,)]",
    "#{query}": "%[query]",
}


def is_plain(action: Action) -> bool:
    """Whether every request goes to one group."""
    groups = () if action.forward is None else action.forward.target_groups
    return len(groups) == 1 and groups[0].weight > 0


def rule_lines(rules: tuple[ListenerRule, ...]) -> Iterator[str]:
    """Find the rule that applies. rules: the lowest priority first."""
    is_open = "!{ var(txn.rule) -m found }"
    for rule in rules:
        names = []
        for name, lines in acls_of(rule_name_of(rule), rule.conditions):
            names.append(name)
            yield from lines
        choice = f"http-request set-var(txn.rule) str({rule_name_of(rule)})"
        yield " ".join([choice, "if", is_open, *names])
    yield f"http-request set-var(txn.rule) str({DEFAULT_RULE}) if {is_open}"


def rule_name_of(rule: ListenerRule) -> str:
    return f"rule{rule.priority}"


def action_lines(
    listener: Listener, rules: tuple[ListenerRule, ...], files: dict[str, str]
) -> Iterator[str]:
    """files: bodies of answers, by the name of the file they are read from, are added to it."""
    named = [(rule_name_of(rule), rule.action) for rule in rules]
    for name, action in (*named, (DEFAULT_RULE, listener.default_action)):
        yield from _lines_of(action, f"{{ var(txn.rule) -m str {name} }}", files)


def _lines_of(action: Action, applies: str, files: dict[str, str]) -> Iterator[str]:
    if action.fixed_response is not None:
        yield f"http-request return {_answer_of(action.fixed_response, files)} if {applies}"
    if action.redirect is not None:
        yield from _redirect_lines(action.redirect, applies)
    if action.forward is not None:
        yield from _forward_lines(action.forward, applies)


def _answer_of(response: FixedResponse, files: dict[str, str]) -> str:
    status = f"status {response.status_code} hdr Server {SERVER}"
    if not response.message_body or response.status_code == _BODILESS:
        return status
    name = f"body-{len(files)}"
    files[name] = response.message_body
    kind = response.content_type or "text/plain"
    return f"{status} content-type {quoted(kind)} file {name}"


def _redirect_lines(redirect: Redirect, applies: str) -> Iterator[str]:
    """A query that is empty is left out with its question mark."""
    parts = {"protocol": redirect.protocol, "host": redirect.host, "port": redirect.port}
    spoken = {name: _spoken(text) for name, text in parts.items()}
    place = f"{spoken['protocol']}://{spoken['host']}:{spoken['port']}{_spoken(redirect.path)}"
    code = redirect.status_code.removeprefix("HTTP_")
    query = _spoken(redirect.query)
    if redirect.query == "#{query}":
        has_query = "{ query -m found } { query -m len gt 0 }"
        yield (
            f"http-request redirect location {quoted(f'{place}?{query}')} code {code} "
            f"if {applies} {has_query}"
        )
        query = ""
    location = f"{place}?{query}" if query else place
    yield f"http-request redirect location {quoted(location)} code {code} if {applies}"


def _spoken(text: str) -> str:
    """The text with the request's own parts in place of `#{…}`; protocols are in small letters."""
    if text in ("HTTP", "HTTPS"):
        return text.lower()
    spoken = in_format(text)
    for variable, fetch in _REDIRECT_VARIABLES.items():
        spoken = spoken.replace(variable, fetch)
    return spoken


def _forward_lines(forward: Forward, applies: str) -> Iterator[str]:
    groups = [(group_name_of(g.target_group_arn), g.weight) for g in forward.target_groups]
    if len(groups) == 1 and groups[0][1]:
        yield f"http-request set-var(txn.group) str({groups[0][0]}) if {applies}"
        return
    is_open = "!{ var(txn.group) -m found }"
    if forward.stickiness_seconds is not None:
        yield f"http-request set-var(txn.stays) int({forward.stickiness_seconds}) if {applies}"
        for name, _ in groups:
            stays = f"{{ req.cook({GROUP_COOKIES[0]}) -m str {name} }}"
            yield f"http-request set-var(txn.group) str({name}) if {applies} {is_open} {stays}"
    total = sum(weight for _, weight in groups)
    if total:
        yield f"http-request set-var(txn.draw) rand({total}) if {applies} {is_open}"
    before = 0
    for name, weight in groups:
        before += weight
        if weight:
            drawn = f"{{ var(txn.draw) -m int lt {before} }}"
            yield f"http-request set-var(txn.group) str({name}) if {applies} {is_open} {drawn}"
