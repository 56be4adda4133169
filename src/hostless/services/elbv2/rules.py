"""Rules of application balancers' listeners: made, changed, ordered, described, deleted."""

from collections.abc import Sequence
from dataclasses import replace

from hostless.domain.arns import ListenerRuleArn
from hostless.domain.listeners import Listener, ListenerRule
from hostless.kit.ids import Ids
from hostless.services.elbv2 import requests_listeners as requests
from hostless.services.elbv2.actions import Actions, conditions_of
from hostless.services.elbv2.errors import (
    BadConfiguration,
    BadRequest,
    OperationNotPermitted,
    PriorityInUse,
    RuleNotFound,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.listener_views import View, default_rule_view, rule_view
from hostless.services.elbv2.references import (
    SERVICE,
    need_listener,
    need_load_balancer,
    need_rule,
    page,
)
from hostless.services.elbv2.tags import checked_tags
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LISTENER_RULES
from hostless.store.store import Store

_LAST = 50_001
"""Behind every priority that a rule can have: the default rule's place in a listing."""


class Rules:
    def __init__(self, store: Store, ids: Ids, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._ids = ids
        self._actions = Actions(store, limits)

    async def create(self, request: requests.CreateRule, call: Call) -> Answer:
        transaction = self._store.transaction("CreateRule")
        listener = need_listener(transaction, request.listener_arn)
        balancer = need_load_balancer(transaction, listener.load_balancer_arn)
        if balancer.type == "network":
            raise BadConfiguration("Rules are unsupported for Network Load Balancer listeners")
        path = f"{listener.arn.split(':listener/')[1]}/{self._ids.hex(16)}"
        rule = ListenerRule(
            arn=ListenerRuleArn(call.realm.arn(SERVICE, f"listener-rule/{path}")),
            listener_arn=listener.arn,
            load_balancer_arn=balancer.arn,
            priority=request.priority,
            conditions=conditions_of(request.conditions),
            action=self._actions.action(request.actions, balancer, listener.protocol),
            tags=checked_tags(request.tags),
            created_at=call.now,
        )
        if any(other.priority == rule.priority for other in self._rules_of(listener)):
            raise PriorityInUse(rule.priority)
        self._limits.check_rule(balancer)
        transaction.put(LISTENER_RULES, rule)
        await transaction.commit()
        return {"Rules": [rule_view(rule)]}

    async def modify(self, request: requests.ModifyRule, _: Call) -> Answer:
        if not request.conditions and not request.actions:
            raise BadRequest("Either conditions or actions must be specified")
        transaction = self._store.transaction("ModifyRule")
        rule = self._need_own(request.rule_arn, "modified")
        transaction.get(LISTENER_RULES, rule.arn)
        listener = need_listener(transaction, rule.listener_arn)
        balancer = need_load_balancer(transaction, rule.load_balancer_arn)
        conditions, action = rule.conditions, rule.action
        if request.conditions:
            conditions = conditions_of(request.conditions)
        if request.actions:
            action = self._actions.action(request.actions, balancer, listener.protocol)
        after = replace(rule, conditions=conditions, action=action)
        transaction.put(LISTENER_RULES, after)
        await transaction.commit()
        return {"Rules": [rule_view(after)]}

    async def delete(self, request: requests.NamedRule, _: Call) -> Answer:
        transaction = self._store.transaction("DeleteRule")
        transaction.delete(LISTENER_RULES, self._need_own(request.rule_arn, "deleted").arn)
        await transaction.commit()
        return {}

    async def set_priorities(self, request: requests.SetRulePriorities, _: Call) -> Answer:
        """All at once: rules may change places."""
        asked: dict[ListenerRuleArn, int] = {}
        for each in request.rule_priorities:
            if each.rule_arn is None or each.priority is None:
                raise BadRequest("A rule ARN and a priority must be specified")  # our words
            rule = self._need_own(each.rule_arn, "modified")
            if rule.arn in asked:
                raise BadRequest(f"Rule '{rule.arn}' was provided multiple times")  # our words
            if each.priority in asked.values():
                raise BadRequest(f"Priority '{each.priority}' was provided multiple times")
            asked[rule.arn] = each.priority
        after = [self._with_priority(arn, priority) for arn, priority in asked.items()]
        self._check_priorities(after)
        transaction = self._store.transaction("SetRulePriorities")
        for rule in after:
            transaction.put(LISTENER_RULES, rule)
        await transaction.commit()
        return {"Rules": [rule_view(rule) for rule in after]}

    def _with_priority(self, arn: ListenerRuleArn, priority: int) -> ListenerRule:
        return replace(self._need_own(arn, "modified"), priority=priority)

    def _check_priorities(self, after: Sequence[ListenerRule]) -> None:
        if not after:
            raise BadRequest("Rule priorities must be specified")  # our words
        if len({rule.listener_arn for rule in after}) > 1:
            raise BadRequest("Rules must be from the same listener")  # our words
        changed = {rule.arn for rule in after}
        taken = {
            other.priority
            for other in self._store.find(LISTENER_RULES, "listener", after[0].listener_arn)
            if other.arn not in changed
        }
        for rule in after:
            if rule.priority in taken:
                raise PriorityInUse(rule.priority)

    async def describe(self, request: requests.DescribeRules, _: Call) -> Answer:
        shown = page(
            self._asked(request),
            lambda each: (each[0], each[1]),
            f"rules {request.listener_arn} {sorted(request.rule_arns)}",
            request.page_size,
            request.marker,
        )
        return {"Rules": [view for _, _, view in shown.items], "NextMarker": shown.next_token}

    def _asked(self, request: requests.DescribeRules) -> list[tuple[int, str, View]]:
        """With priority and ARN; the default rule comes last."""
        if request.listener_arn is not None and not request.rule_arns:
            listener = need_listener(self._store, request.listener_arn)
            return [*map(_shown, self._rules_of(listener)), _shown(listener)]
        if request.rule_arns and request.listener_arn is None:
            return [_shown(self._need_any(arn)) for arn in dict.fromkeys(request.rule_arns)]
        raise BadRequest(
            "You must specify either listener rule ARNs or a listener ARN"  # our words
        )

    def _rules_of(self, listener: Listener) -> list[ListenerRule]:
        return self._store.find(LISTENER_RULES, "listener", listener.arn)

    def _need_any(self, arn: str) -> ListenerRule | Listener:
        try:
            return need_rule(self._store, arn)
        except RuleNotFound as error:
            raise RuleNotFound("One or more rules not found") from error

    def _need_own(self, arn: str, done: str) -> ListenerRule:
        """done: what cannot be done to a default rule."""
        found = need_rule(self._store, arn)
        if isinstance(found, Listener):
            raise OperationNotPermitted(f"Default rule '{arn}' cannot be {done}")
        return found


def _shown(rule: ListenerRule | Listener) -> tuple[int, str, View]:
    if isinstance(rule, Listener):
        return _LAST, rule.default_rule_arn, default_rule_view(rule)
    return rule.priority, rule.arn, rule_view(rule)
