"""Conditions of listener rules as ACLs of HAProxy. Pure.

Host names, headers and query strings are compared without regard to case, paths and methods with
it ("Listener rules", Application Load Balancer user guide).
"""

from collections.abc import Iterator, Sequence

from hostless.balancer.local.words import argument, pattern_of, quoted
from hostless.domain.listeners import Condition, QueryPair


def acls_of(name: str, conditions: Sequence[Condition]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each condition the name of its ACL and the lines that define it; a line is enough."""
    for number, condition in enumerate(conditions):
        own = f"{name}-{number}"
        yield own, tuple(f"acl {own} {test}" for test in _tests_of(condition))


def _tests_of(condition: Condition) -> Iterator[str]:
    match condition.field:
        case "host-header":
            for value in condition.values:
                yield _matching("req.hdr(host),field(1,:)", value, "-i")
        case "path-pattern":
            for value in condition.values:
                yield _matching("path", value)
        case "http-header":
            for value in condition.values:
                header = f"req.fhdr({argument(condition.header_name or '')})"
                yield _matching(quoted(header), value, "-i")
        case "http-request-method":
            yield f"method -m str -- {' '.join(map(quoted, condition.values))}"
        case "query-string":
            for pair in condition.pairs:
                yield f"query -m reg -i {quoted(_pattern_of_pair(pair))}"
        case "source-ip":
            yield f"src {' '.join(condition.values)}"


def _matching(fetch: str, value: str, flag: str = "") -> str:
    words = [fetch, "-m reg", flag, "--", quoted(f"^{pattern_of(value)}$")]
    return " ".join(word for word in words if word)


def _pattern_of_pair(pair: QueryPair) -> str:
    """Within a query string; a wildcard does not reach over to the next pair."""
    any_ = "[^&]"
    key = f"({any_}*=)?" if pair.key is None else f"{pattern_of(pair.key, any_=any_)}="
    return f"(^|&){key}{pattern_of(pair.value, any_=any_)}(&|$)"
