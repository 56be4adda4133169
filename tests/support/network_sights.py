"""Records of a small network for tests of who reaches whom: two VPCs, public and private subnets.

`small_network()` is a sight on it; every part can be replaced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tests.contract.network_suite import Range
from tests.support.security_groups import Policies, carrying, policies, rule

from hostless.domain.network import NetworkInterface
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import NetworkLayout, SubnetLayout, VpcLayout, Way
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End, Explanation
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import Traffic

POOL = "198.18.8.0/21"
HOST = "198.18.8.1"
HOME, OTHER = Range("10.20.0.0/22"), Range("10.30.0.0/22")
EVERYWHERE = "0.0.0.0/0"
TO_INTERNET = Way(destination=EVERYWHERE, through="internet", target="igw-1")
BY_NAT = Way(
    destination=EVERYWHERE,
    through="nat",
    target="nat-1",
    nat_address="198.18.8.9",
    nat_subnet_id=HOME.subnets[0].id,
)
OPEN = tuple(
    NetworkAclEntry(number=100, is_egress=out, allows=True, cidr_ipv4=EVERYWHERE)
    for out in (True, False)
)
WEB = Traffic(protocol=6, port=80)
PING = Traffic(protocol=1)


def at(
    range_: Range, number: int, subnet: int, *groups: int, public: str | None = None
) -> NetworkInterface:
    return replace(carrying(range_.interface(number, subnet), *groups), public_address=public)


CALLER = at(HOME, 1, 0, 1, public="198.18.8.10")
"""In the public subnet of HOME, with group 1."""
SERVER = at(HOME, 1, 1, 2)
"""In the private subnet of HOME, with group 2."""
STRANGER = at(OTHER, 1, 0, 4, public="198.18.8.11")
"""In OTHER, with group 4."""
NAT = replace(at(HOME, 9, 0, public="198.18.8.9"), kind="nat_gateway", owner="nat-1", task_arn=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """ways, acls: of the subnets: HOME's public one, HOME's private one, OTHER's."""

    policies: Policies
    ways: Mapping[int, tuple[Way, ...]] = field(
        default_factory=lambda: {0: (TO_INTERNET,), 1: (BY_NAT,), 2: (TO_INTERNET,)}
    )
    acls: Mapping[int, tuple[NetworkAclEntry, ...]] = field(default_factory=dict)
    interfaces: tuple[NetworkInterface, ...] = (CALLER, SERVER, STRANGER, NAT)

    @property
    def sight(self) -> NetworkSight:
        return NetworkSight(self.layout, self.policies, self.interfaces)

    @property
    def layout(self) -> NetworkLayout:
        return NetworkLayout(
            public_cidr=POOL,
            vpcs=(
                VpcLayout(
                    vpc=HOME.vpc,
                    subnets=(self._subnet(HOME, 0, 0), self._subnet(HOME, 1, 1)),
                    is_routed_from_host=True,
                ),
                VpcLayout(
                    vpc=OTHER.vpc,
                    subnets=(self._subnet(OTHER, 0, 2),),
                    is_routed_from_host=False,
                ),
            ),
        )

    def _subnet(self, range_: Range, number: int, place: int) -> SubnetLayout:
        return SubnetLayout(
            subnet=range_.subnets[number],
            route_table_id=f"rtb-{place}",
            ways=self.ways[place],
            acl_id=f"acl-{place}",
            acl=tuple(sorted(self.acls.get(place, OPEN), key=lambda entry: entry.number)),
        )

    def explained(
        self, source: End, target: End, traffic: Traffic = WEB, source_port: int | None = None
    ) -> Explanation:
        return explanation_of(self.sight, source, target, traffic, source_port)


def open_groups(*numbers: int) -> Policies:
    """These groups let everything out and in."""
    rules = [
        rule(number, is_egress=out, cidr=EVERYWHERE) for number in numbers for out in (True, False)
    ]
    return policies(HOME.vpc.id, rules)


def end(interface: NetworkInterface, address: str | None = None) -> End:
    return End(kind="interface", interface=interface, address=address)


def entry(
    number: int, *, is_egress: bool, allows: bool = False, **which: str | int
) -> NetworkAclEntry:
    made = NetworkAclEntry(number=number, is_egress=is_egress, allows=allows)
    return replace(made, **{"cidr_ipv4": EVERYWHERE, **which})  # type: ignore[arg-type]


def stages(found: Explanation) -> list[str]:
    """Where the packet comes by; answers marked."""
    return [f"{step.stage}{' back' if step.is_answer else ''}" for step in found.steps]


def without_rule(small: Small, rule_ids: Iterable[str]) -> Small:
    gone = set(rule_ids)
    kept = {
        id_: replace(policy, rules=tuple(r for r in policy.rules if r.id not in gone))
        for id_, policy in small.policies.items()
    }
    return replace(small, policies=kept)
