"""How much of everything an account may have: quotas if the engine was started with some.

What no quota can raise is always kept to, and lives in the rules. Sources: "Quotas for your
Application Load Balancers" and "… Network Load Balancers", user guides; the sentences are the ELB
model's, shapes TooMany….
"""

from collections.abc import Iterable, Mapping

from hostless.domain.arns import CertificateArn, LoadBalancerArn, TargetGroupArn
from hostless.domain.errors import ApiError
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerType
from hostless.domain.quotas import Quotas
from hostless.domain.routing_rules import MOST_GROUPS_OF_ACTION, MOST_VALUES, MOST_WILDCARDS
from hostless.domain.target_groups import TargetGroup
from hostless.services.elbv2 import errors
from hostless.store.kinds import (
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    TARGET_GROUPS,
    TARGETS,
)
from hostless.store.store import Store


class Limits:
    """Each check raises AWS's error when one more would be too many."""

    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store = store
        self._quotas = quotas

    def check_balancer(self, type_: LoadBalancerType) -> None:
        have = sum(balancer.type == type_ for balancer in self._store.all(LOAD_BALANCERS))
        most = {
            "application": self._quotas.application_load_balancers,
            "network": self._quotas.network_load_balancers,
        }
        _check(have + 1, most[type_], errors.TooManyLoadBalancers())

    def check_group(self) -> None:
        have = len(self._store.table(TARGET_GROUPS))
        _check(have + 1, self._quotas.target_groups, errors.TooManyTargetGroups())

    def check_listener(self, balancer: LoadBalancer) -> None:
        have = self._store.table(LISTENERS).count("load_balancer", balancer.arn)
        _check(have + 1, self._quotas.listeners_per_load_balancer, errors.TooManyListeners())

    def check_rule(self, balancer: LoadBalancer) -> None:
        have = self._store.table(LISTENER_RULES).count("load_balancer", balancer.arn)
        _check(have + 1, self._quotas.rules_per_load_balancer, errors.TooManyRules())

    def check_certificates(
        self, balancer: LoadBalancerArn, added: Iterable[CertificateArn]
    ) -> None:
        """Default certificates do not count."""
        listeners = self._store.find(LISTENERS, "load_balancer", balancer)
        after = {*added, *(arn for listener in listeners for arn in listener.certificates)}
        most = self._quotas.certificates_per_load_balancer
        _check(len(after), most, errors.TooManyCertificates())

    def check_groups(self, balancer: LoadBalancer, added: Iterable[TargetGroupArn]) -> None:
        """A group that several actions name counts once."""
        store = self._store
        listeners = store.find(LISTENERS, "load_balancer", balancer.arn)
        rules = store.find(LISTENER_RULES, "load_balancer", balancer.arn)
        actions = (*(each.default_action for each in listeners), *(each.action for each in rules))
        after = {*added, *(arn for action in actions for arn in action.target_groups())}
        most = self._quotas.target_groups_per_load_balancer
        _check(len(after), most, errors.TooManyUniqueTargetGroups())

    def check_targets(self, group: TargetGroup, added: Iterable[str]) -> None:
        """added: keys of targets, new or not."""
        have = (target.key for target in self._store.find(TARGETS, "target_group", group.arn))
        most = self._quotas.targets_per_target_group
        _check(len({*have, *added}), most, errors.TooManyTargets())

    def shown(self) -> Mapping[str, int]:
        """By AWS's names; what is left out has no limit but the machine's."""
        quotas = self._quotas
        known: dict[str, int | None] = {
            "application-load-balancers": quotas.application_load_balancers,
            "network-load-balancers": quotas.network_load_balancers,
            "target-groups": quotas.target_groups,
            "listeners-per-application-load-balancer": quotas.listeners_per_load_balancer,
            "listeners-per-network-load-balancer": quotas.listeners_per_load_balancer,
            "rules-per-application-load-balancer": quotas.rules_per_load_balancer,
            "certificates-per-application-load-balancer": quotas.certificates_per_load_balancer,
            "certificates-per-network-load-balancer": quotas.certificates_per_load_balancer,
            "target-groups-per-application-load-balancer": quotas.target_groups_per_load_balancer,
            "targets-per-target-group": quotas.targets_per_target_group,
            "target-groups-per-action-on-application-load-balancer": MOST_GROUPS_OF_ACTION,
            "target-groups-per-action-on-network-load-balancer": 1,
            "condition-values-per-alb-rule": MOST_VALUES,
            "condition-wildcards-per-alb-rule": MOST_WILDCARDS,
        }
        return {name: most for name, most in known.items() if most is not None}


def _check(wanted: int, most: int | None, error: ApiError) -> None:
    if most is not None and wanted > most:
        raise error
