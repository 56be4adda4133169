"""What a new state folder gets: the default VPC that a new account has.

An older one gets the rules of its default group, which engines did not always keep. Kept only when
the network could be made of it, so that after a refused range the next start may name another.
"""

import logging
from dataclasses import dataclass, replace

from hostless.domain.default_vpc import default_vpc
from hostless.domain.network import SecurityGroup, Subnet, Vpc
from hostless.domain.security_group_rules import default_group_rules
from hostless.domain.security_groups import SecurityGroupRule
from hostless.domain.settings import DEFAULT_VPC_RANGE, Settings
from hostless.kit.ids import Ids
from hostless.store.kinds import SECURITY_GROUP_RULES, SECURITY_GROUPS, SUBNETS, VPCS
from hostless.store.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """Every VPC there is, with its subnets.

    new_groups, new_rules: of those that are not in the store yet, or without their rules.
    """

    vpcs: tuple[Vpc, ...]
    subnets: tuple[Subnet, ...]
    new_groups: tuple[SecurityGroup, ...] = ()
    new_rules: tuple[SecurityGroupRule, ...] = ()


def networks_of(store: Store, settings: Settings, ids: Ids) -> Networks:
    """Those of the store; in an empty one the default VPC. Raises BadRange."""
    vpcs, subnets = tuple(store.all(VPCS)), tuple(store.all(SUBNETS))
    if not vpcs:
        made = default_vpc(settings.realm, settings.default_vpc_cidr, ids)
        return Networks(
            vpcs=(made.vpc,),
            subnets=made.subnets,
            new_groups=(made.security_group,),
            new_rules=made.rules,
        )
    asked = settings.default_vpc_cidr
    if asked not in (DEFAULT_VPC_RANGE, *(vpc.cidr_block for vpc in vpcs)):
        _log.warning("--vpc-cidr %s has no effect: %s is there already", asked, vpcs[0].cidr_block)
    ruled = _ruled(store)
    rules = tuple(rule for group in ruled for rule in default_group_rules(group, ids))
    return Networks(vpcs=vpcs, subnets=subnets, new_groups=ruled, new_rules=rules)


def _ruled(store: Store) -> tuple[SecurityGroup, ...]:
    """Groups of engines that kept no rules; there were default ones only."""
    return tuple(
        replace(group, has_recorded_rules=True)
        for group in store.all(SECURITY_GROUPS)
        if not group.has_recorded_rules
    )


async def keep(networks: Networks, store: Store) -> None:
    """Write down what is new."""
    if not networks.new_groups:
        return
    transaction = store.transaction("the first start")
    for vpc in networks.vpcs:
        transaction.put(VPCS, vpc)
    for subnet in networks.subnets:
        transaction.put(SUBNETS, subnet)
    for group in networks.new_groups:
        transaction.put(SECURITY_GROUPS, group)
    for rule in networks.new_rules:
        transaction.put(SECURITY_GROUP_RULES, rule)
    await transaction.commit()
