"""What a load balancer's nodes are to serve, read from the store."""

from collections.abc import Iterator
from dataclasses import dataclass

from hostless.balancer.seam import CertificateFiles, NodePlan
from hostless.domain.arns import CertificateArn, ListenerArn, TargetGroupArn
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.domain.network import NetworkPlace
from hostless.domain.target_groups import ALL_ZONES, Target, TargetGroup
from hostless.store.kinds import (
    CERTIFICATE_KEYS,
    CERTIFICATES,
    LISTENER_RULES,
    LISTENERS,
    TARGET_GROUPS,
    TARGETS,
)
from hostless.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerFacts:
    """A load balancer with all that it serves.

    crossing: groups that each node sends to in all zones. Asked for each target at each node, and
    found but once, because it took a third of the CPU of the simulated control plane.
    """

    load_balancer: LoadBalancer
    listeners: tuple[Listener, ...]
    rules: dict[ListenerArn, tuple[ListenerRule, ...]]
    groups: dict[TargetGroupArn, TargetGroup]
    targets: dict[TargetGroupArn, tuple[Target, ...]]
    certificates: dict[CertificateArn, CertificateFiles]
    crossing: frozenset[TargetGroupArn]


def facts_of(store: Store, load_balancer: LoadBalancer) -> BalancerFacts:
    listeners = tuple(
        sorted(store.find(LISTENERS, "load_balancer", load_balancer.arn), key=lambda x: x.port)
    )
    rules = {
        each.arn: tuple(
            sorted(store.find(LISTENER_RULES, "listener", each.arn), key=lambda r: r.priority)
        )
        for each in listeners
    }
    actions = [each.default_action for each in listeners]
    actions += [rule.action for found in rules.values() for rule in found]
    named = dict.fromkeys(arn for action in actions for arn in action.target_groups())
    groups = {arn: group for arn in named if (group := store.get(TARGET_GROUPS, arn)) is not None}
    return BalancerFacts(
        load_balancer=load_balancer,
        listeners=listeners,
        rules=rules,
        groups=groups,
        targets={
            arn: tuple(sorted(store.find(TARGETS, "target_group", arn), key=lambda t: t.key))
            for arn in groups
        },
        certificates=dict(_certificates(store, listeners)),
        crossing=frozenset(arn for arn in groups if _crosses_zones(groups[arn], load_balancer)),
    )


def _crosses_zones(group: TargetGroup, load_balancer: LoadBalancer) -> bool:
    own = attributes_of(group)["load_balancing.cross_zone.enabled"]
    if own != "use_load_balancer_configuration":
        return own == "true"
    return attributes_of(load_balancer)["load_balancing.cross_zone.enabled"] == "true"


def _certificates(
    store: Store, listeners: tuple[Listener, ...]
) -> Iterator[tuple[CertificateArn, CertificateFiles]]:
    for listener in listeners:
        for arn in listener.all_certificates():
            certificate, key = store.get(CERTIFICATES, arn), store.get(CERTIFICATE_KEYS, arn)
            if certificate is not None and key is not None:
                yield (
                    arn,
                    CertificateFiles(
                        certificate=certificate.body,
                        chain=certificate.chain or "",
                        private_key=key.private_key,
                    ),
                )


def plan_of(facts: BalancerFacts, node: LoadBalancerNode, place: NetworkPlace) -> NodePlan:
    return NodePlan(
        load_balancer=facts.load_balancer,
        node=node,
        place=place,
        listeners=facts.listeners,
        rules=facts.rules,
        groups=facts.groups,
        targets={
            arn: tuple(t for t in targets if is_sent_to(t, facts, node))
            for arn, targets in facts.targets.items()
        },
        certificates=facts.certificates,
    )


def is_sent_to(target: Target, facts: BalancerFacts, node: LoadBalancerNode) -> bool:
    """Whether the node sends to the target, which may be in another zone."""
    crosses = target.target_group_arn in facts.crossing
    return crosses or target.zone in (node.zone, ALL_ZONES)
