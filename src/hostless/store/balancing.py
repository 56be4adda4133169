"""Which load balancers use a target group: asked by more than one API and by loops."""

from hostless.domain.arns import LoadBalancerArn
from hostless.domain.listeners import Listener, ListenerRule
from hostless.store.kinds import LISTENER_RULES, LISTENERS
from hostless.store.store import Store


def load_balancers_of(store: Store, target_group_arn: str) -> tuple[LoadBalancerArn, ...]:
    """Those of which a listener or a rule forwards to the group, whatever its weight."""
    users: tuple[Listener | ListenerRule, ...] = (
        *store.find(LISTENERS, "target_group", target_group_arn),
        *store.find(LISTENER_RULES, "target_group", target_group_arn),
    )
    return tuple(dict.fromkeys(user.load_balancer_arn for user in users))
