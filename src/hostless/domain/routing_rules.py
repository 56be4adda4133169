"""What may be said in the conditions and actions of listeners.

Sources: the ELB model, shapes RuleCondition and Action; "Condition types for listener rules", user
guide. Sentences are our words, except where a comment says "AWS's".
"""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from hostless.domain.listeners import (
    Condition,
    FixedResponse,
    Forward,
    ListenerProtocol,
    Redirect,
)

MOST_VALUES = 5
MOST_WILDCARDS = 6
MOST_GROUPS_OF_ACTION = 5
MOST_WEIGHT = 999
LONGEST_STICKINESS_SECONDS = 604_800
_LONGEST_VALUE = 128
_LONGEST_HEADER_NAME = 40
_SEVERAL = ("http-header", "query-string")
"""Fields that a rule may name more than once."""
_HOST = re.compile(r"[A-Za-z0-9\-.*?_]+")
_PATH = re.compile(r"[A-Za-z0-9_\-.$/~\"'@:+&*?,;=!%()\[\]#\\]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_METHOD = re.compile(r"[A-Z_\-]{1,40}")
_PORT = re.compile(r"#\{port\}|[0-9]{1,5}")
_KEYWORD = re.compile(r"#\{(\w*)\}")
_KEYWORDS = frozenset({"protocol", "host", "port", "path", "query"})
_CONTENT_TYPES = (
    "text/plain",
    "text/css",
    "text/html",
    "application/javascript",
    "application/json",
)


def conditions_refusal(conditions: Sequence[Condition]) -> str | None:
    """What is wrong first with the conditions of one rule."""
    return next(_rule_refusals(conditions), None)


def _rule_refusals(conditions: Sequence[Condition]) -> Iterator[str]:
    if not conditions:
        yield "A rule must have at least one condition"
    fields = [each.field for each in conditions if each.field not in _SEVERAL]
    for field in fields:
        if fields.count(field) > 1:
            yield f"A rule can only have one '{field}' condition"
    for condition in conditions:
        yield from _condition_refusals(condition)
    if sum(len(each.values) + len(each.pairs) for each in conditions) > MOST_VALUES:
        yield f"A rule can only have '{MOST_VALUES}' condition values"  # AWS's
    if sum(_wildcards_in(each) for each in conditions) > MOST_WILDCARDS:
        yield f"A rule can only have '{MOST_WILDCARDS}' condition wildcards"  # after AWS's


def _wildcards_in(condition: Condition) -> int:
    if condition.field in ("http-request-method", "source-ip"):
        return 0
    pairs = ((pair.key or "") + pair.value for pair in condition.pairs)
    return sum(text.count("*") + text.count("?") for text in (*condition.values, *pairs))


def _condition_refusals(condition: Condition) -> Iterator[str]:
    field = condition.field
    if not condition.values and not condition.pairs:
        yield f"A condition value must be specified for '{field}'"
    for value in condition.values:
        if not value or len(value) > _LONGEST_VALUE:
            yield f"Condition value '{value}' must have 1 to {_LONGEST_VALUE} characters"
        elif not _is_right_value(field, value):
            yield f"Condition value '{value}' is not valid for '{field}'"
    if field == "http-header":
        name = condition.header_name or ""
        if len(name) > _LONGEST_HEADER_NAME or not _HEADER_NAME.fullmatch(name):
            yield f"HTTP header name '{name}' is not valid"
        if name.lower() == "host":
            yield "The host header cannot be used in an 'http-header' condition"
    for pair in condition.pairs:
        for text in (pair.key, pair.value):
            if text is not None and not _is_right_pair(text):
                yield f"Condition value '{text}' is not valid for '{field}'"


def _is_right_value(field: str, value: str) -> bool:
    if field == "source-ip":
        return _is_range(value)
    patterns = {"host-header": _HOST, "path-pattern": _PATH, "http-request-method": _METHOD}
    pattern = patterns.get(field)
    if pattern is None:
        return value.isascii() and value.isprintable()
    return pattern.fullmatch(value) is not None


def _is_right_pair(text: str) -> bool:
    return 1 <= len(text) <= _LONGEST_VALUE and text.isascii() and text.isprintable()


def _is_range(text: str) -> bool:
    if "/" not in text:
        return False
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def forward_refusal(forward: Forward) -> str | None:
    groups = forward.target_groups
    if len(groups) > MOST_GROUPS_OF_ACTION:
        return f"An action can have at most '{MOST_GROUPS_OF_ACTION}' target groups"
    if len({group.target_group_arn for group in groups}) < len(groups):
        return "A target group can only be specified once in an action"
    for group in groups:
        if not 0 <= group.weight <= MOST_WEIGHT:
            return f"Target group weight '{group.weight}' must be between '0' and '{MOST_WEIGHT}'"
    seconds = forward.stickiness_seconds
    if seconds is not None and not 1 <= seconds <= LONGEST_STICKINESS_SECONDS:
        return (
            f"Target group stickiness duration must be between '1' and "
            f"'{LONGEST_STICKINESS_SECONDS}' seconds"
        )
    return None


def redirect_refusal(redirect: Redirect, protocol: ListenerProtocol) -> str | None:
    """protocol: of the listener."""
    same = Redirect(status_code=redirect.status_code, query=redirect.query)
    leads_home = redirect.protocol in (same.protocol, protocol)
    if leads_home and (redirect.host, redirect.port, redirect.path) == (
        same.host,
        same.port,
        same.path,
    ):
        return "The RedirectConfig is not valid because it creates a loop."  # AWS's
    if protocol == "HTTPS" and redirect.protocol == "HTTP":
        return "A redirect from HTTPS to HTTP is not supported"
    if not _PORT.fullmatch(redirect.port) or redirect.port == "0" or not _is_port(redirect.port):
        return f"Redirect port '{redirect.port}' must be '#{{port}}' or between '1' and '65535'"
    if not redirect.path.startswith("/"):
        return f"Redirect path '{redirect.path}' must start with '/'"
    parts = (redirect.host, redirect.path, redirect.query)
    for text in parts:
        for keyword in _KEYWORD.findall(text):
            if keyword not in _KEYWORDS:
                return f"'#{{{keyword}}}' is not a reserved keyword"
        if not text.isascii() or not text.isprintable() or " " in text:
            return f"'{text}' is not valid in a redirect"
    return None


def _is_port(text: str) -> bool:
    return not text.isdigit() or 1 <= int(text) <= 65_535


def fixed_response_refusal(response: FixedResponse) -> str | None:
    if response.content_type and response.content_type not in _CONTENT_TYPES:
        choices = ",".join(f"'{each}'" for each in _CONTENT_TYPES)
        return f"The ContentType must be one of:{choices}"  # AWS's
    return None
