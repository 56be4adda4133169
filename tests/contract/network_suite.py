"""What every network fabric must do; each fabric's test module subclasses the suite."""

import asyncio
from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from tests.support.layouts import PUBLIC_CIDR, layout_with

from hostless.domain.arns import (
    NetworkInterfaceId,
    SecurityGroupId,
    SecurityGroupRuleId,
    SubnetId,
    TaskArn,
    VpcId,
)
from hostless.domain.network import NetworkInterface, NetworkPlace, Subnet, Vpc
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.domain.probes import End, Probe
from hostless.domain.security_groups import GroupPolicy, SecurityGroupRule
from hostless.domain.traffic import Traffic
from hostless.network.place import private_name_of
from hostless.network.seam import HOST, NetworkFabric, NetworkFailed


class Range:
    """A VPC with a range of 1024 addresses and two subnets of 256.

    base: its range, such as `10.7.4.0/22`. public_cidr: where public addresses are from. digit:
    tells VPCs with the same range apart.
    """

    def __init__(self, base: str, public_cidr: str = PUBLIC_CIDR, digit: str = "0") -> None:
        self.public_cidr = public_cidr
        self.digit = digit
        networks = list(IPv4Network(base).subnets(new_prefix=24))
        number = networks[0].network_address.packed.hex()
        self.networks = networks[:2]
        self.vpc = Vpc(id=VpcId(f"vpc-{number:{digit}>17}"), cidr_block=base)
        self.subnets = tuple(
            Subnet(
                id=SubnetId(f"subnet-{number}{index:{digit}>9x}"),
                vpc_id=self.vpc.id,
                cidr_block=str(network),
                zone=f"us-east-1{'ab'[index]}",
            )
            for index, network in enumerate(self.networks)
        )

    @property
    def resolver(self) -> str:
        return str(self.networks[0][2])

    def layout(self) -> NetworkLayout:
        return layout_with((self.vpc,), self.subnets, public_cidr=self.public_cidr)

    def public_address(self, number: int) -> str:
        """Number 10 + `number` of the pool."""
        return str(IPv4Network(self.public_cidr)[10 + number])

    def interface(
        self, number: int, subnet: int = 0, public: int | None = None
    ) -> NetworkInterface:
        """The one whose address is number 10 + `number` of the subnet.

        public: the number of its public address, None for none.
        """
        address = str(self.networks[subnet][10 + number])
        octets = bytes(map(int, address.split(".")))
        return NetworkInterface(
            id=NetworkInterfaceId(f"eni-{octets.hex():{self.digit}>17}"),
            attachment_id=f"attachment-{address}",
            task_arn=TaskArn(
                f"arn:aws:ecs:us-east-1:000000000000:task/default/{octets.hex():0>32}"
            ),
            vpc_id=self.vpc.id,
            subnet_id=self.subnets[subnet].id,
            zone=self.subnets[subnet].zone,
            address=address,
            prefix_length=24,
            gateway=str(self.networks[subnet][1]),
            mac_address="0a:ff:" + octets.hex(":"),
            private_dns_name=private_name_of(address, "ec2.internal"),
            security_groups=(SecurityGroupId("sg-00000000000000001"),),
            created_at=1_700_000_000.0,
            public_address=None if public is None else self.public_address(public),
        )


def zone_of(vpc_id: VpcId, *addresses: str) -> AnswerZone:
    """`app.local`, in which `web` has these addresses."""
    web = RecordSet(type="A", ttl_seconds=60, values=addresses)
    names = {"app.local": (), "web.app.local": (web,)}
    return AnswerZone(vpc_id=vpc_id, name="app.local", negative_ttl_seconds=15, names=names)


class NetworkSuite:
    """A subclass gives the fixtures `fabric` (opened with `range_`) and `range_`."""

    async def found(
        self, fabric: NetworkFabric, place: NetworkPlace, range_: Range, name: str
    ) -> set[str]:
        """The addresses that the VPC's resolver has for the name, asked at this place."""
        raise NotImplementedError

    async def test_an_attached_interface_has_its_place(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        place = await fabric.attach(interface)
        assert place.address == interface.address
        assert place.host_name == interface.private_dns_name
        assert place.hosts == (
            "127.0.0.1 localhost",
            f"{interface.address} {interface.private_dns_name}",
        )
        assert place.resolver_lines == (
            "search ec2.internal",
            f"nameserver {range_.resolver}",
        )

    async def test_attaching_twice_gives_the_same_place_once(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        assert await fabric.attach(interface) == await fabric.attach(interface)
        assert await fabric.attached() == {interface.id}

    async def test_an_interface_with_an_address_of_ipv6_comes_and_goes_as_any_other(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        plain = range_.interface(1)
        dual = replace(plain, ipv6_address="2001:db8:1:2::9")
        place = await fabric.attach(dual)
        assert await fabric.attach(dual) == place
        assert await fabric.attached() == {dual.id}
        await fabric.detach(dual.id)
        assert await fabric.attached() == frozenset()
        assert await fabric.attach(plain) == place

    async def test_a_reserved_place_is_that_of_the_interface_to_come(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        place = await fabric.reserve(interface)
        assert await fabric.reserve(interface) == place
        assert await fabric.attach(interface) == place
        assert await fabric.reserve(interface) == place
        assert await fabric.attached() == {interface.id}

    async def test_a_place_that_was_only_reserved_can_be_taken_away(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        await fabric.reserve(interface)
        await fabric.detach(interface.id)
        assert await fabric.attached() == frozenset()

    async def test_attached_names_what_is_there_and_no_more(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        first, second = range_.interface(1), range_.interface(2, subnet=1)
        await fabric.attach(first)
        await fabric.attach(second)
        assert await fabric.attached() == {first.id, second.id}
        await fabric.detach(first.id)
        assert await fabric.attached() == {second.id}

    async def test_detaching_again_or_what_never_was_is_no_error(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        await fabric.attach(interface)
        await fabric.detach(interface.id)
        await fabric.detach(interface.id)
        await fabric.detach(range_.interface(9).id)
        assert await fabric.attached() == frozenset()

    async def test_an_address_can_be_used_again_after_its_interface_is_gone(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        await fabric.attach(interface)
        await fabric.detach(interface.id)
        place = await fabric.attach(interface)
        assert place.address == interface.address

    async def test_an_interface_of_an_unknown_vpc_is_refused_and_leaves_nothing(
        self, fabric: NetworkFabric
    ) -> None:
        unknown = Range("192.168.252.0/22").interface(1)
        with pytest.raises(NetworkFailed):
            await fabric.reserve(unknown)
        with pytest.raises(NetworkFailed):
            await fabric.attach(unknown)
        assert await fabric.attached() == frozenset()

    async def test_opening_again_changes_nothing(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        place = await fabric.attach(interface)
        await fabric.lay_out(range_.layout())
        assert await fabric.attached() == {interface.id}
        assert await fabric.attach(interface) == place

    async def test_a_vpc_that_is_left_out_is_gone_and_can_come_again(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        place = await fabric.attach(range_.interface(1, public=1))
        await fabric.detach(range_.interface(1).id)
        await fabric.lay_out(replace(range_.layout(), vpcs=()))
        assert await fabric.rulesets() == {}
        with pytest.raises(NetworkFailed):
            await fabric.attach(range_.interface(1))
        assert await fabric.attached() == frozenset()
        await fabric.lay_out(range_.layout())
        assert await fabric.attach(range_.interface(1, public=1)) == place

    async def test_subnets_come_and_go(self, fabric: NetworkFabric, range_: Range) -> None:
        (whole,) = range_.layout().vpcs
        part = replace(whole, subnets=whole.subnets[:1])
        await fabric.attach(range_.interface(1))
        await fabric.lay_out(replace(range_.layout(), vpcs=(part,)))
        with pytest.raises(NetworkFailed):
            await fabric.attach(range_.interface(1, subnet=1))
        await fabric.lay_out(range_.layout())
        await fabric.attach(range_.interface(1, subnet=1))
        both = {range_.interface(1, subnet=subnet).id for subnet in (0, 1)}
        assert await fabric.attached() == both

    async def test_an_interface_waits_for_its_vpc(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        await fabric.lay_out(replace(range_.layout(), vpcs=()))
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(fabric.attach(range_.interface(1)))
            await asyncio.sleep(0)
            await fabric.lay_out(range_.layout())
        assert waiting.result().address == range_.interface(1).address

    async def test_closing_disconnects_nothing(self, fabric: NetworkFabric, range_: Range) -> None:
        interface = range_.interface(1)
        await fabric.attach(interface)
        await fabric.close()
        await fabric.lay_out(range_.layout())
        assert await fabric.attached() == {interface.id}

    async def test_groups_may_be_enforced_before_and_after_and_again(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        first, second = range_.interface(1), range_.interface(2)
        await fabric.attach(first)
        policies = {
            group: GroupPolicy(group_id=group, vpc_id=range_.vpc.id, rules=())
            for group in (*first.security_groups, SecurityGroupId("sg-00000000000000002"))
        }
        for known in (policies, policies, {}, policies):
            await fabric.enforce(known, (first, second))
        assert await fabric.attached() == {first.id}
        changed = replace(first, security_groups=tuple(policies))
        await fabric.enforce(policies, (changed,))
        await fabric.attach(changed)
        await fabric.attach(second)
        await fabric.detach(first.id)
        await fabric.enforce({}, ())
        assert await fabric.attached() == {second.id}
        assert set(await fabric.rulesets()) <= {range_.vpc.id, HOST}

    async def test_an_interface_that_is_offered_the_api_is_attached_until_it_is_detached(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        await fabric.offer_api(interface)
        await fabric.offer_api(interface)
        assert await fabric.attached() == {interface.id}
        await fabric.detach(interface.id)
        assert await fabric.attached() == frozenset()
        with pytest.raises(NetworkFailed):
            await fabric.offer_api(replace(interface, subnet_id=SubnetId("subnet-gone")))

    async def test_zones_are_answered_for_until_others_take_their_place(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        place = await fabric.attach(range_.interface(1))
        vpc_id, name = range_.vpc.id, "web.app.local"
        fabric.answer_zones((zone_of(vpc_id, "10.0.0.1", "10.0.0.2"),))
        assert await self.found(fabric, place, range_, name) == {"10.0.0.1", "10.0.0.2"}
        assert await self.found(fabric, place, range_, "other.app.local") == set()
        assert await self.found(fabric, place, range_, "app.local") == set()
        fabric.answer_zones((zone_of(vpc_id, "10.0.0.3"),))
        assert await self.found(fabric, place, range_, name) == {"10.0.0.3"}
        fabric.answer_zones(())
        assert await self.found(fabric, place, range_, name) == set()

    async def test_a_zone_is_answered_for_in_its_vpc_only(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        place = await fabric.attach(range_.interface(1))
        elsewhere = zone_of(VpcId("vpc-0fffffffffffffff0"), "10.0.0.9")
        fabric.answer_zones((elsewhere,))
        assert await self.found(fabric, place, range_, "web.app.local") == set()
        fabric.answer_zones((elsewhere, zone_of(range_.vpc.id, "10.0.0.1")))
        assert await self.found(fabric, place, range_, "web.app.local") == {"10.0.0.1"}

    async def test_zones_may_be_known_before_the_vpc_is_laid_out(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        await fabric.close()
        fabric.answer_zones((zone_of(range_.vpc.id, "10.0.0.1"),))
        await fabric.lay_out(range_.layout())
        place = await fabric.attach(range_.interface(1))
        assert await self.found(fabric, place, range_, "web.app.local") == {"10.0.0.1"}

    async def test_purge_leaves_nothing_and_can_be_repeated(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        await fabric.attach(range_.interface(1))
        await fabric.purge()
        await fabric.purge()
        assert await fabric.attached() == frozenset()

    async def test_a_packet_is_judged_by_the_groups_of_both_ends(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        first, second = range_.interface(1), range_.interface(2, subnet=1)
        await fabric.attach(first)
        await fabric.attach(second)
        probe = Probe(
            source=End(kind="interface", interface=first),
            target=End(kind="interface", interface=second),
            source_address=first.address,
            target_address=second.address,
            traffic=Traffic(protocol=6, port=80),
            source_port=40000,
        )
        (group,) = first.security_groups
        closed = GroupPolicy(group_id=group, vpc_id=range_.vpc.id, rules=())
        await fabric.enforce({group: closed}, (first, second))
        assert (await fabric.judge(probe)).passes is False
        rules = tuple(
            SecurityGroupRule(
                id=SecurityGroupRuleId(f"sgr-{out}"),
                group_id=group,
                is_egress=out,
                protocol="-1",
                referenced_group_id=group,
            )
            for out in (True, False)
        )
        await fabric.enforce({group: replace(closed, rules=rules)}, (first, second))
        assert (await fabric.judge(probe)).passes is True
        await fabric.detach(second.id)
        assert not (await fabric.judge(probe)).passes

    async def test_every_interface_that_carries_packets_is_counted(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        one, other = range_.interface(1), range_.interface(2, subnet=1)
        assert await fabric.counters() == {}
        for each in (one, other):
            await fabric.attach(each)
        assert set(await fabric.counters()) == {one.id, other.id}
        await fabric.detach(one.id)
        assert set(await fabric.counters()) == {other.id}
