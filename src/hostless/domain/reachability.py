"""Whether a packet arrives, and what decides it, as the records have it. Pure.

What the kernel makes of the same packet is the fabric's to say.
"""

from collections.abc import Iterator
from dataclasses import replace

from hostless.domain.journey import Journey
from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import SubnetLayout
from hostless.domain.network_sight import NetworkSight, address_towards
from hostless.domain.probes import End, Explanation, Probe
from hostless.domain.traffic import CALLERS_PORTS, WITH_PORTS, Traffic

SOMEWHERE, SOMEWHERE_IPV6 = "192.0.2.1", "3fff:1::1"
"""Stand for every address of the internet; nobody has them (RFC 5737, RFC 9637)."""


def explanation_of(
    sight: NetworkSight,
    source: End,
    target: End,
    traffic: Traffic,
    source_port: int | None = None,
) -> Explanation:
    """One of the ends is an interface, or the host speaks to one.

    source_port: None stands for all that callers use; then one whose answers are dropped, if any.
    """
    to = target.address or address_of_target(sight, source, target)
    probe = Probe(
        source=source,
        target=target,
        source_address=_address_of_source(sight, source, to),
        target_address=to,
        traffic=traffic,
    )
    ports: tuple[int | None, ...] = (None,)
    if traffic.protocol in WITH_PORTS:
        ports = (source_port,) if source_port is not None else _telling_ports(sight, source, to)
    found = [explained(sight, replace(probe, source_port=port)) for port in ports]
    return next((each for each in found if not each.passes), found[0])


def address_of_target(sight: NetworkSight, source: End, target: End) -> str:
    """Of an interface the private address, where that leads to it, else its public one."""
    receiver, sender = target.interface, source.interface
    if receiver is None:
        return _host_address(sight, sender) if target.kind == "host" else SOMEWHERE
    is_near = sender is not None and sender.vpc_id == receiver.vpc_id
    is_routed = source.kind == "host" and sight.vpcs[receiver.vpc_id].is_routed_from_host
    if is_near or is_routed or receiver.public_address is None:
        return receiver.address
    return receiver.public_address


def _host_address(sight: NetworkSight, sender: NetworkInterface | None) -> str:
    """The host's own as its VPC knows it, where the host is in the VPC; else the public one."""
    vpc = None if sender is None else sight.vpcs[sender.vpc_id]
    if vpc is None or not vpc.is_routed_from_host:
        return sight.host_address
    return sight.host_address_in(vpc)


def _address_of_source(sight: NetworkSight, source: End, to: str) -> str:
    if source.interface is not None:
        return address_towards(source.interface, to) or source.interface.address
    if ":" in to or source.kind == "internet":
        return source.address or (SOMEWHERE_IPV6 if ":" in to else SOMEWHERE)
    vpc = sight.routed(to)
    if vpc is not None:
        return sight.host_address_in(vpc)
    return sight.host_address


def _telling_ports(sight: NetworkSight, source: End, to: str) -> tuple[int, ...]:
    """Of those that callers use, one of each part that some list may treat in its own way."""
    bounds = {CALLERS_PORTS[0]}
    for subnet in _subnets_on_the_way(sight, source.interface, to):
        for entry in subnet.acl:
            bounds |= {entry.from_port or 0, (entry.to_port or 0) + 1}
    return tuple(sorted(port for port in bounds if port in CALLERS_PORTS))


def _subnets_on_the_way(
    sight: NetworkSight, sender: NetworkInterface | None, to: str
) -> Iterator[SubnetLayout]:
    """The sender's, those of its NAT gateways, and the receiver's."""
    receiver = sight.outside(to)
    if sender is not None:
        receiver = receiver or sight.inside(sender.vpc_id, to)
        here = sight.subnets[sender.subnet_id]
        yield here
        gateways = {way.nat_subnet_id for way in here.ways if way.nat_subnet_id is not None}
        yield from (sight.subnets[each] for each in gateways if each in sight.subnets)
    if receiver is not None:
        yield sight.subnets[receiver.subnet_id]


def explained(sight: NetworkSight, probe: Probe) -> Explanation:
    """Of exactly this packet."""
    traffic = probe.traffic
    answer = Traffic(protocol=traffic.protocol, port=probe.source_port, is_answer=True)
    journey = Journey(sight=sight, traffic=traffic, answer=answer)
    sender, receiver = probe.source.interface, probe.target.interface
    to = probe.target_address
    if sender and receiver and sender.vpc_id != receiver.vpc_id and to == receiver.address:
        steps = journey.between_vpcs(sender, receiver)
    elif sender is not None:
        steps = journey.from_interface(sender, to)
    else:
        is_host = probe.source.kind == "host"
        steps = journey.from_outside(probe.source_address, to, is_host=is_host)
    return Explanation(probe=probe, steps=tuple(steps))
