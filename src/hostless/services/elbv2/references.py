"""How callers name balancers, listeners, rules and target groups: by ARN; and what they lead to."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from hostless.domain.errors import ApiError
from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.target_groups import TargetGroup
from hostless.services.elbv2.errors import (
    BadRequest,
    ListenerNotFound,
    LoadBalancerNotFound,
    RuleNotFound,
    TargetGroupNotFound,
)
from hostless.services.paging import BadToken, Page, page_of
from hostless.store.kinds import (
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    TARGET_GROUPS,
    Kind,
)
from hostless.store.store import Store, Transaction

SERVICE = "elasticloadbalancing"
LARGEST_PAGE = 400
R = TypeVar("R")
T = TypeVar("T")


class Noun:
    """How AWS speaks of a kind of thing. resource: how its part of an ARN begins.

    long_noun: of the ARN, where AWS says more.
    """

    def __init__(
        self, noun: str, resource: str, not_found: type[ApiError], long_noun: str | None = None
    ) -> None:
        self._noun = noun
        self._long_noun = long_noun or noun
        self._form = re.compile(rf"arn:[\w-]+:{SERVICE}:[\w-]*:\d*:{resource}/.+")
        self._not_found = not_found

    def need(self, kind: Kind[R], reads: Store | Transaction, arn: str) -> R:
        """Raises BadRequest for what is no ARN of the kind, else not-found."""
        self.check(arn)
        get: Callable[[Kind[R], str], R | None] = reads.get
        found = get(kind, arn)
        if found is None:
            raise self.missing(arn)
        return found

    def check(self, arn: str) -> None:
        if not self._form.fullmatch(arn):
            raise BadRequest(f"'{arn}' is not a valid {self._long_noun} ARN")

    def missing(self, arn: str) -> ApiError:
        spoken = self._noun[0].upper() + self._noun[1:]
        return self._not_found(f"{spoken} '{arn}' not found")

    def need_all(self, kind: Kind[R], store: Store, arns: Iterable[str]) -> list[R]:
        """Each once; one that is missing is not named."""
        found = []
        for arn in dict.fromkeys(arns):
            self.check(arn)
            record = store.get(kind, arn)
            if record is None:
                raise self._not_found(f"One or more {self._noun}s not found")
            found.append(record)
        return found


BALANCER = Noun("load balancer", "loadbalancer", LoadBalancerNotFound)
GROUP = Noun("target group", "targetgroup", TargetGroupNotFound)
LISTENER = Noun("listener", "listener", ListenerNotFound)
RULE = Noun("rule", "listener-rule", RuleNotFound, "listener rule")


def need_load_balancer(reads: Store | Transaction, arn: str) -> LoadBalancer:
    return BALANCER.need(LOAD_BALANCERS, reads, arn)


def need_target_group(reads: Store | Transaction, arn: str) -> TargetGroup:
    return GROUP.need(TARGET_GROUPS, reads, arn)


def need_listener(reads: Store | Transaction, arn: str) -> Listener:
    return LISTENER.need(LISTENERS, reads, arn)


def need_rule(store: Store, arn: str) -> ListenerRule | Listener:
    """A listener stands for its default rule."""
    RULE.check(arn)
    rule = store.get(LISTENER_RULES, arn)
    if rule is not None:
        return rule
    for listener in store.find(LISTENERS, "default_rule", arn):
        return listener
    raise RULE.missing(arn)


def page(
    items: Sequence[T],
    key: Callable[[T], Sequence[str | int]],
    listing: str,
    size: int | None,
    marker: str | None,
) -> Page[T]:
    """Raises BadRequest for a marker of elsewhere."""
    try:
        return page_of(items, key, listing, size=size or LARGEST_PAGE, token=marker)
    except BadToken as error:
        raise BadRequest("The specified marker is not valid") from error  # our words
