"""A network drawn by seed and made by a stock client: VPCs, gateways, routes, lists, groups, tasks.

Two of the VPCs have equal ranges; the third is the default one.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError
from tests.support.api_network import POOL
from tests.support.engine import PATIENTLY

RANGE = "10.0.0.0/26"
"""Of both new VPCs: small, so that addresses are often the same in both."""
SUBNETS = {"public": "10.0.0.0/28", "private": "10.0.0.16/28", "isolated": "10.0.0.32/28"}
DEFAULT_RANGE = "172.31.0.0/16"
WORLD = "198.51.100.1"
EVERYWHERE = "0.0.0.0/0"
PORTS = (80, 443)
DESTINATIONS = (EVERYWHERE, EVERYWHERE, "198.51.100.0/24", POOL)
FIRST_FREE_NUMBER, LAST_NUMBER = 10, 32_767


@dataclass(kw_only=True)
class Part:
    """One VPC. ways_out: what routes may name, as CreateRoute's member and the id."""

    vpc: str
    subnets: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    ways_out: list[dict[str, str]] = field(default_factory=list)


class RandomNetwork:
    """draw: everything about it. `build` it, then `change` it as often as you like."""

    def __init__(self, ec2: Any, ecs: Any, draw: Random) -> None:
        self._ec2, self._ecs, self._draw = ec2, ecs, draw
        self._parts: list[Part] = []
        self._tasks: list[str] = []
        self._ranges, self._far = "", ""
        """Prefix lists: of peers, for rules; of what lies outside, for routes."""

    def build(self) -> None:
        self._ranges = self._prefix_list("peers", EVERYWHERE, RANGE, f"{WORLD}/32")
        self._far = self._prefix_list("far", "198.51.100.0/24", "198.18.4.0/22")
        self._parts = [self._default_part(), self._new_part(), self._new_part()]
        for part in self._parts:
            self._furnish(part)
        self._run_tasks()

    def change(self) -> None:
        """Some of everything."""
        for _ in range(4):
            part = self._draw.choice(self._parts)
            self._change_rules(self._draw.choice(part.groups))
            self._change_list(self._draw.choice(part.lists))
        for part in self._parts:
            self._change_route(part)
        self._place_lists(self._draw.choice(self._parts))
        self._place_tables(self._draw.choice(self._parts[1:]))
        self._change_ranges()
        self._change_tasks()

    def _default_part(self) -> Part:
        ec2 = self._ec2
        (vpc,) = ec2.describe_vpcs()["Vpcs"]
        own = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        (table,) = ec2.describe_route_tables(Filters=own)["RouteTables"]
        gateway = next(r["GatewayId"] for r in table["Routes"] if r["GatewayId"] != "local")
        return Part(
            vpc=vpc["VpcId"],
            subnets=[each["SubnetId"] for each in ec2.describe_subnets(Filters=own)["Subnets"][:2]],
            tables=[table["RouteTableId"]],
            ways_out=[{"GatewayId": gateway}],
        )

    def _new_part(self) -> Part:
        """As CDK builds it, with a public, a private and an isolated subnet."""
        ec2 = self._ec2
        part = Part(vpc=ec2.create_vpc(CidrBlock=RANGE)["Vpc"]["VpcId"])
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=part.vpc)
        for cidr in SUBNETS.values():
            made = ec2.create_subnet(VpcId=part.vpc, CidrBlock=cidr)
            part.subnets.append(made["Subnet"]["SubnetId"])
            table = ec2.create_route_table(VpcId=part.vpc)["RouteTable"]["RouteTableId"]
            ec2.associate_route_table(RouteTableId=table, SubnetId=part.subnets[-1])
            part.tables.append(table)
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=part.subnets[0], AllocationId=address)
        part.ways_out = [
            {"GatewayId": gateway},
            {"NatGatewayId": nat["NatGateway"]["NatGatewayId"]},
        ]
        for table, way in zip(part.tables, part.ways_out, strict=False):
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, **way)
        return part

    def _furnish(self, part: Part) -> None:
        ec2, draw = self._ec2, self._draw
        for number in range(3):
            made = ec2.create_security_group(
                GroupName=f"g{number}", Description="drawn", VpcId=part.vpc
            )
            part.groups.append(made["GroupId"])
        for group in part.groups:
            for _ in range(draw.randint(6, 14)):
                self._authorize(part, group)
        for _ in range(2):
            list_ = ec2.create_network_acl(VpcId=part.vpc)["NetworkAcl"]["NetworkAclId"]
            part.lists.append(list_)
            for is_egress in (False, True):
                if draw.random() < 0.9:
                    self._enter(list_, 100, is_egress, allows=True)
            for number in range(draw.randint(1, 4)):
                self._enter(list_, FIRST_FREE_NUMBER + number, draw.random() < 0.5)
        self._place_lists(part)

    def _run_tasks(self) -> None:
        ecs = self._ecs
        ecs.create_cluster(clusterName="default")
        ecs.register_task_definition(
            family="drawn",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "c0", "image": "drawn"}],
        )
        self._tasks = [
            self._run_task(part, subnet, is_public=is_public)
            for part in self._parts
            for subnet in part.subnets
            for is_public in self._draw.choice(((True,), (False,), (True, False)))
        ]
        self._wait_for("tasks_running", *self._tasks)

    def _change_tasks(self) -> None:
        """Some go, and as many others come, maybe to their addresses."""
        draw = self._draw
        for _ in range(2):
            gone = self._tasks.pop(draw.randrange(len(self._tasks)))
            self._ecs.stop_task(task=gone)
            self._wait_for("tasks_stopped", gone)
            part = draw.choice(self._parts)
            subnet, is_public = draw.choice(part.subnets), draw.random() < 0.5
            self._tasks.append(self._run_task(part, subnet, is_public=is_public))
        self._wait_for("tasks_running", *self._tasks)

    def _wait_for(self, what: str, *tasks: str) -> None:
        self._ecs.get_waiter(what).wait(tasks=tasks, WaiterConfig=PATIENTLY)

    def _run_task(self, part: Part, subnet: str, *, is_public: bool) -> str:
        groups = self._draw.sample(part.groups, self._draw.randint(1, 2))
        answer = self._ecs.run_task(
            taskDefinition="drawn",
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": [subnet],
                    "securityGroups": groups,
                    "assignPublicIp": "ENABLED" if is_public else "DISABLED",
                }
            },
        )
        assert not answer["failures"], answer
        return str(answer["tasks"][0]["taskArn"])

    def _prefix_list(self, name: str, *ranges: str) -> str:
        made = self._ec2.create_managed_prefix_list(
            PrefixListName=name,
            MaxEntries=4,
            AddressFamily="IPv4",
            Entries=[{"Cidr": each} for each in self._draw.sample(ranges, 2)],
        )
        return str(made["PrefixList"]["PrefixListId"])

    def _change_ranges(self) -> None:
        """Of the list that rules name: one goes, another comes."""
        ec2, draw = self._ec2, self._draw
        (shown,) = ec2.describe_managed_prefix_lists(PrefixListIds=[self._ranges])["PrefixLists"]
        entries = ec2.get_managed_prefix_list_entries(PrefixListId=self._ranges)["Entries"]
        had = [each["Cidr"] for each in entries]
        new = [each for each in self._peers() if each not in had]
        ec2.modify_managed_prefix_list(
            PrefixListId=self._ranges,
            CurrentVersion=shown["Version"],
            AddEntries=[{"Cidr": draw.choice(new)}],
            RemoveEntries=[{"Cidr": draw.choice(had)}],
        )

    def _peers(self) -> list[str]:
        return [EVERYWHERE, RANGE, *SUBNETS.values(), DEFAULT_RANGE, POOL, f"{WORLD}/32"]

    def _authorize(self, part: Part, group: str) -> None:
        ec2, permission = self._ec2, self._permission(part)
        ways = (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress)
        _unless("InvalidPermission.Duplicate", self._draw.choice(ways), group, permission)

    def _permission(self, part: Part) -> dict[str, Any]:
        draw = self._draw
        protocol = draw.choice(("-1", "tcp", "tcp", "udp", "udp", "icmp"))
        ports = draw.choice(((80, 80), (443, 443), (80, 443), (0, 65535), (79, 80), (444, 500)))
        if protocol == "icmp":
            ports = draw.choice(((-1, -1), (8, -1), (8, 0), (0, -1)))
        peer = draw.choice(
            (
                {"IpRanges": [{"CidrIp": draw.choice(self._peers())}]},
                {"IpRanges": [{"CidrIp": EVERYWHERE}]},
                {"UserIdGroupPairs": [{"GroupId": draw.choice(part.groups)}]},
                {"PrefixListIds": [{"PrefixListId": self._ranges}]},
            )
        )
        which = {} if protocol == "-1" else {"FromPort": ports[0], "ToPort": ports[1]}
        return {"IpProtocol": protocol, **which, **peer}

    def _change_rules(self, group: str) -> None:
        """One is revoked, one authorized."""
        ec2, draw = self._ec2, self._draw
        own = [{"Name": "group-id", "Values": [group]}]
        rules = ec2.describe_security_group_rules(Filters=own)["SecurityGroupRules"]
        if rules:
            gone = draw.choice(rules)
            revoke = ec2.revoke_security_group_ingress
            if gone["IsEgress"]:
                revoke = ec2.revoke_security_group_egress
            revoke(GroupId=group, SecurityGroupRuleIds=[gone["SecurityGroupRuleId"]])
        part = next(each for each in self._parts if group in each.groups)
        self._authorize(part, group)

    def _enter(
        self, list_: str, number: int, is_egress: bool, *, allows: bool | None = None
    ) -> None:
        """allows: everything; None: a drawn entry."""
        draw = self._draw
        entry: dict[str, Any] = {"Protocol": "-1", "CidrBlock": EVERYWHERE, "RuleAction": "allow"}
        if allows is None:
            entry = {
                "Protocol": draw.choice(("-1", "6", "6", "17", "17", "1")),
                "CidrBlock": draw.choice(self._peers()),
                "RuleAction": draw.choice(("allow", "deny")),
            }
        if entry["Protocol"] in ("6", "17"):
            first, last = draw.choice(((80, 80), (443, 443), (1024, 65535), (0, 1023), (0, 65535)))
            entry["PortRange"] = {"From": first, "To": last}
        if entry["Protocol"] == "1":
            entry["IcmpTypeCode"] = {"Type": draw.choice((-1, 8, 0)), "Code": -1}
        self._ec2.create_network_acl_entry(
            NetworkAclId=list_, RuleNumber=number, Egress=is_egress, **entry
        )

    def _change_list(self, list_: str) -> None:
        """One entry goes, or one comes."""
        ec2, draw = self._ec2, self._draw
        (shown,) = ec2.describe_network_acls(NetworkAclIds=[list_])["NetworkAcls"]
        entries = [each for each in shown["Entries"] if each["RuleNumber"] < LAST_NUMBER]
        if entries and draw.random() < 0.4:
            gone = draw.choice(entries)
            ec2.delete_network_acl_entry(
                NetworkAclId=list_, RuleNumber=gone["RuleNumber"], Egress=gone["Egress"]
            )
            return
        numbers = {each["RuleNumber"] for each in entries}
        free = next(n for n in range(FIRST_FREE_NUMBER, LAST_NUMBER) if n not in numbers)
        self._enter(list_, free, draw.random() < 0.5)

    def _place_lists(self, part: Part) -> None:
        """Every subnet gets one of the VPC's; half of them what lets everything pass."""
        ec2, draw = self._ec2, self._draw
        own = [{"Name": "vpc-id", "Values": [part.vpc]}]
        shown = ec2.describe_network_acls(Filters=own)["NetworkAcls"]
        (default,) = (each["NetworkAclId"] for each in shown if each["IsDefault"])
        for association in (each for list_ in shown for each in list_["Associations"]):
            ec2.replace_network_acl_association(
                AssociationId=association["NetworkAclAssociationId"],
                NetworkAclId=draw.choice((*part.lists, default, default)),
            )

    def _place_tables(self, part: Part) -> None:
        """Some subnet gets another of the VPC's tables."""
        ec2, draw = self._ec2, self._draw
        own = [{"Name": "association.subnet-id", "Values": [draw.choice(part.subnets)]}]
        (shown,) = ec2.describe_route_tables(Filters=own)["RouteTables"]
        association = next(
            each for each in shown["Associations"] if each.get("SubnetId") == own[0]["Values"][0]
        )
        ec2.replace_route_table_association(
            AssociationId=association["RouteTableAssociationId"],
            RouteTableId=draw.choice(part.tables),
        )

    def _change_route(self, part: Part) -> None:
        ec2, draw = self._ec2, self._draw
        table = draw.choice(part.tables)
        member, destination = "DestinationCidrBlock", draw.choice(DESTINATIONS)
        if draw.random() < 0.2:
            member, destination = "DestinationPrefixListId", self._far
        (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        is_there = any(each.get(member) == destination for each in shown["Routes"])
        which = {"RouteTableId": table, member: destination}
        if is_there and draw.random() < 0.4:
            ec2.delete_route(**which)
        else:
            put = ec2.replace_route if is_there else ec2.create_route
            put(**which, **draw.choice(part.ways_out))


def _unless(code: str, authorize: Any, group: str, permission: dict[str, Any]) -> None:
    """What has been authorized before is drawn now and then."""
    try:
        authorize(GroupId=group, IpPermissions=[permission])
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
