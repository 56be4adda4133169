"""The way of one packet and of the answer to it, step by step, as the records have it. Pure.

Groups track connections, so answers pass them; ACLs do not and are asked about answers too, but
never within one subnet. The host is an operator to the VPC that is routed from it, whom nothing
filters, and is the internet to public addresses. Sources: Amazon VPC User Guide, "Control traffic
to your AWS resources using security groups", "Control subnet traffic with network access control
lists", "Configure route tables", "NAT gateways".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address

from hostless.domain.addresses import gateway_of
from hostless.domain.container_identity import METADATA_ADDRESS, METADATA_PORT
from hostless.domain.network import NetworkInterface
from hostless.domain.network_acls import LAST_RULE, NetworkAclEntry
from hostless.domain.network_layout import SubnetLayout, VpcLayout, Way
from hostless.domain.network_sight import NetworkSight, address_towards, is_within, way_to
from hostless.domain.probes import Stage, Step
from hostless.domain.security_groups import SecurityGroupRule
from hostless.domain.traffic import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Peer,
    Traffic,
    contains,
    entry_fits,
    rule_fits,
    traffic_told,
)

DNS_PORT = 53
ROUTER_OFFSET, RESOLVER_OFFSET = 1, 2
LINK_LOCAL = "169.254.0.0/16"
RESOLVERS = ("169.254.169.253", "fd00:ec2::253")
"""Of every VPC, besides the one in its range (Amazon VPC User Guide, "Amazon DNS server")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """answer: what comes back to the packet."""

    sight: NetworkSight
    traffic: Traffic
    answer: Traffic

    def from_interface(self, sender: NetworkInterface, to: str) -> Iterator[Step]:
        """What a packet meets that the interface sends to the address."""
        if address_towards(sender, to) is None:
            text = f"{sender.id} has no address of IPv6 to speak to {to} from"
            yield _step("address", text, passes=False)
            return
        vpc = self.sight.vpcs[sender.vpc_id]
        if _is_routers(vpc, to):
            yield self._by_router(vpc, to)
            return
        receiver = self.sight.inside(sender.vpc_id, to)
        groups = () if receiver is None else receiver.security_groups
        yield self._group(sender, Peer(address=to, groups=groups), is_egress=True)
        if is_within(vpc, to):
            yield from self._within(vpc, sender, to, receiver)
        else:
            yield from self._outward(sender, to)

    def between_vpcs(self, sender: NetworkInterface, receiver: NetworkInterface) -> Iterator[Step]:
        """The receiver's private address means nothing where the sender is."""
        where = f"{receiver.id} is in {receiver.vpc_id}, {sender.id} in {sender.vpc_id}"
        text = f"{where}: VPCs reach each other by public addresses only"
        yield _step("address", text, passes=False)

    def from_outside(self, from_: str, to: str, *, is_host: bool) -> Iterator[Step]:
        """What a packet meets that the host, or somebody of the internet, sends to the address."""
        if self.sight.is_public(to) or self.sight.outside(to) is not None:
            yield from self._arrival(from_, to)
            return
        vpc = self.sight.routed(to)
        if is_host and vpc is not None:
            yield self._by_operator(vpc, to)
            return
        found = self.sight.holding(to)
        what = f"a private address of {found[0].vpc.id}" if found else "no address of a VPC"
        yield _step("address", f"{to} is {what}: no way leads there from outside", passes=False)

    def _by_router(self, vpc: VpcLayout, to: str) -> Step:
        """What the router answers itself is not forwarded, and so not filtered."""
        is_resolver = to in RESOLVERS or _offset_in(vpc, to) == RESOLVER_OFFSET
        asks_names = self.traffic.protocol in (TCP, UDP) and self.traffic.port == DNS_PORT
        if to == METADATA_ADDRESS:
            return self._by_metadata(to)
        if contains(LINK_LOCAL, to) and not is_resolver:
            return _nobody(to)
        who = f"{to} is the {'resolver' if is_resolver else 'router'} of {vpc.vpc.id}"
        is_ping = self.traffic.protocol in (ICMP, ICMPV6)
        if is_ping or (is_resolver and asks_names):
            return _step("router", f"{who}, whom groups and ACLs do not filter")
        what = "names and pings" if is_resolver else "pings"
        return _step("router", f"{who}, who answers {what} only", passes=False)

    def _by_metadata(self, to: str) -> Step:
        asks = self.traffic.protocol == TCP and self.traffic.port == METADATA_PORT
        if asks or self.traffic.protocol == ICMP:
            text = f"{to} tells tasks about themselves; groups and ACLs do not filter that"
            return _step("router", text)
        text = f"{to} tells tasks about themselves, at TCP port {METADATA_PORT} only"
        return _step("router", text, passes=False)

    def _by_operator(self, vpc: VpcLayout, to: str) -> Step:
        if self.sight.inside(vpc.vpc.id, to) is None:
            return _nobody(to)
        text = f"the host reaches every address of {vpc.vpc.id}, whatever groups and ACLs say"
        return _step("host", text)

    def _within(
        self, vpc: VpcLayout, sender: NetworkInterface, to: str, receiver: NetworkInterface | None
    ) -> Iterator[Step]:
        here = self.sight.subnets[sender.subnet_id]
        text = f"{_table(here)}: {vpc.vpc.cidr_block} is local"
        yield _step("route", text, here.route_table_id)
        if receiver is None:
            is_host = vpc.is_routed_from_host and to == self.sight.host_address_in(vpc)
            yield _closed_host(to) if is_host else _nobody(to)
            return
        if receiver.kind == "nat_gateway":
            yield _closed_gateway(to, receiver)
            return
        there = self.sight.subnets[receiver.subnet_id]
        from_ = address_towards(sender, to) or sender.address
        is_crossing = here.subnet.id != there.subnet.id
        if is_crossing:
            yield self._acl(here, to, is_egress=True)
            yield self._acl(there, from_, is_egress=False)
        peer = Peer(address=from_, groups=sender.security_groups)
        yield self._group(receiver, peer, is_egress=False)
        if is_crossing:
            yield self._acl(there, from_, is_egress=True, is_answer=True)
            yield self._acl(here, to, is_egress=False, is_answer=True)

    def _outward(self, sender: NetworkInterface, to: str) -> Iterator[Step]:
        here = self.sight.subnets[sender.subnet_id]
        way = way_to(here, to)
        is_six = ip_address(to).version == 6
        dead_ends = ("nowhere",) if is_six else ("nowhere", "egress_only")
        leads_out = way is not None and way.through not in dead_ends
        yield _step("route", _route(here, way, to), here.route_table_id, passes=leads_out)
        if way is None or not leads_out:
            return
        yield self._acl(here, to, is_egress=True)
        if way.through == "nat":
            yield from self._by_nat(sender, way, to)
        elif is_six:
            yield from self._arrival(sender.ipv6_address or "::", to)
        else:
            yield from self._by_gateway(sender, way, to)
        yield self._acl(here, to, is_egress=False, is_answer=True)

    def _by_gateway(self, sender: NetworkInterface, way: Way, to: str) -> Iterator[Step]:
        own = sender.public_address
        if own is None:
            text = f"{way.target} lets nobody pass without a public address; {sender.id} has none"
            yield _step("gateway", text, way.target, passes=False)
            return
        yield _step("gateway", f"{way.target} sends it on under {own}", way.target)
        yield from self._arrival(own, to)

    def _by_nat(self, sender: NetworkInterface, way: Way, to: str) -> Iterator[Step]:
        """The ACL of the gateway's subnet is asked as it is entered and as it is left."""
        if self.traffic.protocol not in (ICMP, TCP, UDP) or ip_address(to).version == 6:
            text = f"{way.target} carries TCP, UDP and ICMP of IPv4 only"
            yield _step("gateway", text, way.target, passes=False)
            return
        there = self.sight.subnets.get(way.nat_subnet_id) if way.nat_subnet_id else None
        if there is None:
            yield _step("gateway", f"{way.target} is in no subnet", way.target, passes=False)
            return
        is_crossing = there.subnet.id != sender.subnet_id
        if is_crossing:
            yield self._acl(there, sender.address, is_egress=False)
        yield _step("gateway", f"{way.target} sends it on under {way.nat_address}", way.target)
        onward = way_to(there, to)
        leads_out = onward is not None and onward.through == "internet"
        yield _step("route", _route(there, onward, to), there.route_table_id, passes=leads_out)
        if not leads_out:
            return
        if is_crossing:
            yield self._acl(there, to, is_egress=True)
        yield from self._arrival(way.nat_address or "", to)
        if is_crossing:
            yield self._acl(there, to, is_egress=False, is_answer=True)
            yield self._acl(there, sender.address, is_egress=True, is_answer=True)

    def _arrival(self, from_: str, to: str) -> Iterator[Step]:
        """From outside of all VPCs to an address that is not the sender's own VPC's."""
        receiver = self.sight.outside(to)
        holding = self.sight.holding(to)
        if to == self.sight.host_address:
            yield _closed_host(to)
        elif receiver is not None:
            yield from self._into(receiver, from_, to)
        elif self.sight.is_public(to) or (holding and ip_address(to).version == 6):
            yield _nobody(to)
        elif holding:
            other = holding[0].vpc.id
            text = f"{to} is a private address of {other}: VPCs do not reach each other"
            yield _step("address", text, passes=False)
        else:
            yield _step("world", f"{to} is out in the world, where others decide")

    def _into(self, receiver: NetworkInterface, from_: str, to: str) -> Iterator[Step]:
        """By the receiver's public address, or by its one of IPv6, which is public by nature."""
        if receiver.kind == "nat_gateway":
            yield _closed_gateway(to, receiver)
            return
        there = self.sight.subnets[receiver.subnet_id]
        yield _step("address", f"{to} is the public address of {receiver.id}", receiver.id)
        yield self._acl(there, from_, is_egress=False)
        yield self._group(receiver, Peer(address=from_), is_egress=False)
        way = way_to(there, from_)
        leads_back = way is not None and way.through == "internet"
        lost = "" if leads_back else ": no answer gets back under the public address"
        text = _route(there, way, from_) + lost
        yield _step("route", text, there.route_table_id, passes=leads_back, is_answer=True)
        yield self._acl(there, from_, is_egress=True, is_answer=True)

    def _group(self, interface: NetworkInterface, peer: Peer, *, is_egress: bool) -> Step:
        """Of the interface's groups, one rule has to let the packet pass; without groups, none."""
        if not interface.security_groups:
            return _step("group", f"{interface.id} has no security groups, which filters nothing")
        what = f"{self.traffic} {'out to' if is_egress else 'in from'} {_told(peer)}"
        for rule in self._rules(interface):
            fits = rule_fits(rule, self.traffic, peer)
            if rule.is_egress == is_egress and fits:
                text = f"{rule.group_id} of {interface.id}: {_rule(rule)} lets {what}"
                return _step("group", text, rule.id)
        groups = " and ".join(sorted(interface.security_groups))
        return _step("group", f"{groups} of {interface.id}: no rule lets {what}", passes=False)

    def _rules(self, interface: NetworkInterface) -> Iterator[SecurityGroupRule]:
        for group in sorted(interface.security_groups):
            policy = self.sight.policies.get(group)
            yield from sorted(policy.rules if policy else (), key=lambda rule: rule.id)

    def _acl(
        self, subnet: SubnetLayout, peer: str, *, is_egress: bool, is_answer: bool = False
    ) -> Step:
        """The first entry that fits decides."""
        traffic = self.answer if is_answer else self.traffic
        own = (each for each in subnet.acl if each.is_egress == is_egress)
        entry = next((each for each in own if entry_fits(each, traffic, peer)), None)
        passes = entry is not None and entry.allows
        out = f"out of {subnet.subnet.id} to {peer}"
        where = out if is_egress else f"into {subnet.subnet.id} from {peer}"
        verb = "lets" if passes else "drops"
        text = f"{subnet.acl_id or 'no ACL'}: {_entry(entry)} {verb} {traffic} {where}"
        decided_by = f"{subnet.acl_id} {_number(entry)}"
        return _step("acl", text, decided_by, passes=passes, is_answer=is_answer)


def _step(
    stage: Stage,
    text: str,
    decided_by: str | None = None,
    *,
    passes: bool = True,
    is_answer: bool = False,
) -> Step:
    return Step(stage=stage, passes=passes, text=text, decided_by=decided_by, is_answer=is_answer)


def _nobody(address: str) -> Step:
    return _step("address", f"nobody has {address}", passes=False)


def _closed_gateway(address: str, owner: NetworkInterface) -> Step:
    text = f"{address} is the address of {owner.owner}, which takes no connections"
    return _step("gateway", text, owner.owner, passes=False)


def _closed_host(address: str) -> Step:
    text = f"{address} is the host's own, to which tasks open no connections"
    return _step("host", text, passes=False)


def _is_routers(vpc: VpcLayout, address: str) -> bool:
    """The router's own: the resolver, the first address of every subnet, all that is link-local."""
    gateways = (gateway_of(each.subnet.cidr_block) for each in vpc.subnets)
    return (
        contains(LINK_LOCAL, address)
        or address in RESOLVERS
        or _offset_in(vpc, address) in (ROUTER_OFFSET, RESOLVER_OFFSET)
        or address in gateways
    )


def _offset_in(vpc: VpcLayout, address: str) -> int | None:
    """None when it is not in the VPC's range of IPv4."""
    if not contains(vpc.vpc.cidr_block, address):
        return None
    return int(ip_address(address)) - int(IPv4Network(vpc.vpc.cidr_block).network_address)


def _table(subnet: SubnetLayout) -> str:
    return f"{subnet.route_table_id} of {subnet.subnet.id}"


def _route(subnet: SubnetLayout, way: Way | None, to: str) -> str:
    if way is None:
        return f"{_table(subnet)} has no route to {to}"
    dead = " (blackhole)" if way.through == "nowhere" else ""
    return f"{_table(subnet)}: {way.destination} goes to {way.target}{dead}"


def _told(peer: Peer) -> str:
    return f"{peer.address} ({', '.join(sorted(peer.groups))})" if peer.groups else peer.address


def _rule(rule: SecurityGroupRule) -> str:
    ranges = (rule.cidr_ipv4, rule.cidr_ipv6, rule.referenced_group_id, rule.prefix_list_id)
    peer = next((each for each in ranges if each is not None), "nobody")
    what = traffic_told(rule.protocol, rule.from_port, rule.to_port)
    return f"{rule.id} ({what} {'to' if rule.is_egress else 'from'} {peer})"


def _number(entry: NetworkAclEntry | None) -> str:
    return "*" if entry is None or entry.number == LAST_RULE else str(entry.number)


def _entry(entry: NetworkAclEntry | None) -> str:
    if entry is None or entry.number == LAST_RULE:
        return "rule * (what no other rule lets pass)"
    is_icmp = entry.icmp_type is not None
    first, last = (
        (entry.icmp_type, entry.icmp_code) if is_icmp else (entry.from_port, entry.to_port)
    )
    what = traffic_told(entry.protocol, first, last)
    verb = "allow" if entry.allows else "deny"
    direction = "to" if entry.is_egress else "from"
    return f"rule {entry.number} ({verb} {what} {direction} {entry.cidr_ipv4 or entry.cidr_ipv6})"
