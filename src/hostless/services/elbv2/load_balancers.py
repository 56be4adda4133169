"""Load balancers: made, changed, described, deleted.

Nothing is started here: the balancer's controller sees the records. A new balancer is
`provisioning` until that has made it.
"""

from dataclasses import replace
from typing import cast

from hostless.domain.arns import LoadBalancerArn
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.load_balancer_rules import balancer_name_refusal, dns_name_of
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerType, Scheme
from hostless.kit.ids import Ids
from hostless.services.elbv2 import requests
from hostless.services.elbv2.errors import (
    BadConfiguration,
    BadRequest,
    DuplicateLoadBalancerName,
    LoadBalancerNotFound,
    OperationNotPermitted,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.placing import Placing
from hostless.services.elbv2.references import BALANCER, SERVICE, need_load_balancer, page
from hostless.services.elbv2.tags import checked_tags
from hostless.services.elbv2.views import load_balancer_view, zones_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LISTENER_RULES, LISTENERS, LOAD_BALANCERS
from hostless.store.store import Store

_PARTS = {"application": "app", "network": "net"}


class LoadBalancers:
    def __init__(self, store: Store, ids: Ids, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._ids = ids
        self._placing = Placing(store)

    async def create(self, request: requests.CreateLoadBalancer, call: Call) -> Answer:
        asked = self._asked(request, call)
        transaction = self._store.transaction("CreateLoadBalancer")
        for found in self._store.find(LOAD_BALANCERS, "name", asked.name):
            if not _is_same(found, asked):
                raise DuplicateLoadBalancerName(asked.name)
            return {"LoadBalancers": [load_balancer_view(found, call.realm)]}
        self._limits.check_balancer(asked.type)
        transaction.put(LOAD_BALANCERS, asked)
        await transaction.commit()
        return {"LoadBalancers": [load_balancer_view(asked, call.realm)]}

    def _asked(self, request: requests.CreateLoadBalancer, call: Call) -> LoadBalancer:
        refusal = balancer_name_refusal(request.name)
        if refusal is not None:
            raise BadRequest(refusal)
        if request.type not in _PARTS:
            raise BadConfiguration(  # our words
                f"Load balancers of type '{request.type}' are not supported here; "
                "'application' and 'network' are"
            )
        type_, scheme = cast(LoadBalancerType, request.type), cast(Scheme, request.scheme)
        _check_address_type(request.ip_address_type)
        tags = checked_tags(request.tags)
        named = self._store.find(LOAD_BALANCERS, "name", request.name)
        before = tuple(mapping for balancer in named for mapping in balancer.subnets)
        place = self._placing.place(request.subnets, request.subnet_mappings, type_, scheme, before)
        groups = self._placing.security_groups(request.security_groups, place.vpc_id)
        if not groups and type_ == "application":
            groups = self._placing.default_security_group(place.vpc_id)
        id_ = self._ids.hex(16)
        digits = id_ if type_ == "network" else self._ids.digits(10)
        resource = f"loadbalancer/{_PARTS[type_]}/{request.name}/{id_}"
        return LoadBalancer(
            arn=LoadBalancerArn(call.realm.arn(SERVICE, resource)),
            name=request.name,
            type=type_,
            scheme=scheme,
            vpc_id=place.vpc_id,
            subnets=place.subnets,
            security_groups=groups,
            dns_name=dns_name_of(request.name, type_, scheme, call.realm, digits),
            tags=tags,
            created_at=call.now,
        )

    async def delete(self, request: requests.NamedBalancer, _: Call) -> Answer:
        """Its listeners and their rules go too. One that is not there is deleted already."""
        BALANCER.check(request.load_balancer_arn)
        transaction = self._store.transaction("DeleteLoadBalancer")
        balancer = transaction.get(LOAD_BALANCERS, request.load_balancer_arn)
        if balancer is None:
            return {}
        if attributes_of(balancer)["deletion_protection.enabled"] == "true":
            raise OperationNotPermitted(
                f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection "
                "is enabled"
            )
        transaction.delete(LOAD_BALANCERS, balancer.arn)
        for listener in self._store.find(LISTENERS, "load_balancer", balancer.arn):
            transaction.delete(LISTENERS, listener.arn)
        for rule in self._store.find(LISTENER_RULES, "load_balancer", balancer.arn):
            transaction.delete(LISTENER_RULES, rule.arn)
        await transaction.commit()
        return {}

    async def describe(self, request: requests.DescribeLoadBalancers, call: Call) -> Answer:
        found = self._named(request)
        listing = f"load balancers {sorted(request.load_balancer_arns)} {sorted(request.names)}"
        shown = page(found, lambda b: (b.name, b.arn), listing, request.page_size, request.marker)
        return {
            "LoadBalancers": [load_balancer_view(each, call.realm) for each in shown.items],
            "NextMarker": shown.next_token,
        }

    def _named(self, request: requests.DescribeLoadBalancers) -> list[LoadBalancer]:
        if request.load_balancer_arns and request.names:
            raise BadRequest(  # our words
                "Load balancer names and load balancer ARNs cannot be specified at the same time"
            )
        if request.load_balancer_arns:
            return BALANCER.need_all(LOAD_BALANCERS, self._store, request.load_balancer_arns)
        if not request.names:
            return list(self._store.all(LOAD_BALANCERS))
        by_name = {n: self._store.find(LOAD_BALANCERS, "name", n) for n in request.names}
        missing = [name for name, found in by_name.items() if not found]
        if missing:
            raise LoadBalancerNotFound(f"Load balancers '[{', '.join(missing)}]' not found")
        return [balancer for found in by_name.values() for balancer in found]

    async def set_subnets(self, request: requests.SetSubnets, _: Call) -> Answer:
        transaction = self._store.transaction("SetSubnets")
        balancer = need_load_balancer(transaction, request.load_balancer_arn)
        _check_address_type(request.ip_address_type)
        place = self._placing.place(
            request.subnets,
            request.subnet_mappings,
            balancer.type,
            balancer.scheme,
            balancer.subnets,
        )
        if place.vpc_id != balancer.vpc_id:
            raise BadConfiguration(  # our words
                f"The subnets must belong to the VPC '{balancer.vpc_id}' of the load balancer"
            )
        after = replace(balancer, subnets=place.subnets)
        transaction.put(LOAD_BALANCERS, after)
        await transaction.commit()
        return {"AvailabilityZones": zones_view(after), "IpAddressType": after.ip_address_type}

    async def set_security_groups(self, request: requests.SetSecurityGroups, _: Call) -> Answer:
        """A network balancer that was made without groups gets none (NLB user guide)."""
        transaction = self._store.transaction("SetSecurityGroups")
        balancer = need_load_balancer(transaction, request.load_balancer_arn)
        if balancer.type == "network" and not balancer.security_groups:
            raise BadConfiguration(  # our words
                "Security groups cannot be associated with a Network Load Balancer that was "
                "created without security groups"
            )
        groups = self._placing.security_groups(request.security_groups, balancer.vpc_id)
        if not groups:
            raise BadRequest("At least one security group must be specified")  # our words
        transaction.put(LOAD_BALANCERS, replace(balancer, security_groups=groups))
        await transaction.commit()
        return {"SecurityGroupIds": list(groups)}

    async def set_address_type(self, request: requests.SetIpAddressType, _: Call) -> Answer:
        balancer = need_load_balancer(self._store, request.load_balancer_arn)
        _check_address_type(request.ip_address_type)
        return {"IpAddressType": balancer.ip_address_type}

    async def describe_reservation(self, request: requests.NamedBalancer, _: Call) -> Answer:
        """A balancer has what the machine has; nothing is reserved."""
        need_load_balancer(self._store, request.load_balancer_arn)
        return {"CapacityReservationState": []}


def _check_address_type(asked: str) -> None:
    if asked != "ipv4":
        raise BadConfiguration(  # our words
            f"The IP address type '{asked}' is not supported here; 'ipv4' is"
        )


def _is_same(found: LoadBalancer, asked: LoadBalancer) -> bool:
    def settings(balancer: LoadBalancer) -> tuple[object, ...]:
        return (
            balancer.type,
            balancer.scheme,
            frozenset(balancer.subnets),
            frozenset(balancer.security_groups),
            frozenset(balancer.tags),
        )

    return settings(found) == settings(asked)
