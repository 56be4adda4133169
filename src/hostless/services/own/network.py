"""Looking at the network: what there is, who may talk to whom, and what becomes of one packet."""

from dataclasses import dataclass

from hostless.domain.group_talk import talks_of
from hostless.domain.probes import End, Judgement
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import NAMES, WITH_PORTS, Traffic, protocol_number
from hostless.network.seam import HOST, NetworkFabric, NetworkFailed
from hostless.services.operation import Answer, Call
from hostless.services.own.choosing import BadRequest, NothingThere
from hostless.services.own.network_ends import Ends
from hostless.services.own.network_views import (
    explanation_view,
    group_view,
    nat_view,
    talk_view,
    vpc_view,
)
from hostless.store.kinds import NAT_GATEWAYS, SECURITY_GROUPS, VPCS
from hostless.store.network_records import sight_of
from hostless.store.store import Store

HIGHEST_PORT, HIGHEST_PROTOCOL = 65535, 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowNetwork:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPacket:
    """protocol: a name or a number. source_port: absent: any that callers use."""

    from_: str
    to: str
    port: int | None = None
    protocol: str = "tcp"
    source_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRules:
    """vpc: its id, or `host`; absent: of all of them."""

    vpc: str | None = None


class Network:
    def __init__(self, store: Store, fabric: NetworkFabric) -> None:
        self._store = store
        self._fabric = fabric

    async def show(self, request: ShowNetwork, call: Call) -> Answer:
        sight = sight_of(self._store)
        return {
            "publicCidrBlock": sight.layout.public_cidr,
            "hostAddress": sight.host_address,
            "vpcs": [vpc_view(sight, vpc) for vpc in sight.layout.vpcs],
            "natGateways": [nat_view(each) for each in self._store.all(NAT_GATEWAYS)],
            "securityGroups": [
                group_view(group, sight.interfaces) for group in self._store.all(SECURITY_GROUPS)
            ],
            "talks": [
                talk_view(talk, vpc.vpc.id)
                for vpc in sight.layout.vpcs
                for talk in talks_of(sight, vpc.vpc.id)
            ],
        }

    async def explain(self, request: ExplainPacket, call: Call) -> Answer:
        """By the records, and by what carries packets; whether they agree."""
        traffic = _traffic_of(request)
        sight = sight_of(self._store)
        ends = Ends(self._store, sight)
        source = ends.named(request.from_)
        near = source.interface.vpc_id if source.interface else None
        target = ends.named(request.to, near)
        _check_ends(source, target)
        found = explanation_of(sight, source, target, traffic, request.source_port)
        try:
            judgement = await self._fabric.judge(found.probe)
        except NetworkFailed as failed:
            judgement = Judgement(is_real=True, passes=None, why=failed.reason)
        names = {group.id: group.name for group in self._store.all(SECURITY_GROUPS)}
        return explanation_view(found, judgement, names)

    async def rules(self, request: ShowRules, call: Call) -> Answer:
        """What filters packets in each VPC and on the host, in the fabric's own words."""
        if request.vpc not in (None, HOST) and self._store.get(VPCS, str(request.vpc)) is None:
            raise NothingThere(f"There is no VPC {request.vpc}.")
        found = await self._fabric.rulesets()
        return {
            "rulesets": [
                {"of": name, "text": text}
                for name, text in sorted(found.items())
                if request.vpc in (None, name)
            ]
        }


def _traffic_of(request: ExplainPacket) -> Traffic:
    name = request.protocol.lower()
    is_number = name.isascii() and name.isdigit() and int(name) <= HIGHEST_PROTOCOL
    if name not in NAMES.values() and not is_number:
        raise BadRequest(f"{request.protocol} is no protocol: tcp, udp, icmp, or a number to 255.")
    protocol = protocol_number(name)
    assert protocol is not None, "-1 is no number of digits"
    if protocol not in WITH_PORTS:
        return Traffic(protocol=protocol)
    for member, port in (("port", request.port), ("sourcePort", request.source_port)):
        if port is not None and not 0 <= port <= HIGHEST_PORT:
            raise BadRequest(f"{member} must be 0 to {HIGHEST_PORT}.")
    if request.port is None:
        raise BadRequest(f"{name} needs a port.")
    return Traffic(protocol=protocol, port=request.port)


def _check_ends(source: End, target: End) -> None:
    if source.interface is None and target.interface is None:
        raise BadRequest("One of the ends must be in a VPC: a task, an interface or its address.")
    if source.interface is not None and target.interface == source.interface:
        raise BadRequest("A task's packets to itself do not pass the network.")
