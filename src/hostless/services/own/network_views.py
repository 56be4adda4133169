"""The network as the own API shows it."""

from collections.abc import Iterable, Mapping

from hostless.domain.addresses import address_count
from hostless.domain.arns import SecurityGroupId, VpcId
from hostless.domain.gateways import NatGateway
from hostless.domain.group_talk import Talk
from hostless.domain.network import NetworkInterface, SecurityGroup
from hostless.domain.network_layout import SubnetLayout, VpcLayout
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End, Explanation, Judgement

View = dict[str, object]


def vpc_view(sight: NetworkSight, vpc: VpcLayout) -> View:
    return {
        "vpcId": vpc.vpc.id,
        "cidrBlock": vpc.vpc.cidr_block,
        "ipv6CidrBlock": vpc.vpc.ipv6.cidr_block if vpc.vpc.ipv6 else None,
        "isDefault": vpc.vpc.is_default,
        "isRoutedFromHost": vpc.is_routed_from_host,
        "subnets": [_subnet_view(sight, each) for each in vpc.subnets],
        "interfaces": [interface_view(i) for i in sight.interfaces if i.vpc_id == vpc.vpc.id],
    }


def _subnet_view(sight: NetworkSight, layout: SubnetLayout) -> View:
    subnet = layout.subnet
    taken = sum(1 for each in sight.interfaces if each.subnet_id == subnet.id)
    return {
        "subnetId": subnet.id,
        "cidrBlock": subnet.cidr_block,
        "ipv6CidrBlock": subnet.ipv6.cidr_block if subnet.ipv6 else None,
        "availabilityZone": subnet.zone,
        "kind": _kind_of(layout),
        "freeAddresses": address_count(subnet.cidr_block) - taken,
        "routeTableId": layout.route_table_id,
        "networkAclId": layout.acl_id,
        "routes": [
            {"destination": way.destination, "target": way.target, "through": way.through}
            for way in layout.ways
        ],
    }


def _kind_of(layout: SubnetLayout) -> str:
    """`public`: there is a way to an internet gateway; `private`: one to a NAT gateway, or to an
    egress-only one, only."""
    ways = {way.through for way in layout.ways}
    if "internet" in ways:
        return "public"
    return "private" if ways & {"nat", "egress_only"} else "isolated"


def interface_view(interface: NetworkInterface) -> View:
    return {
        "networkInterfaceId": interface.id,
        "kind": interface.kind,
        "owner": interface.task_arn or interface.owner,
        "vpcId": interface.vpc_id,
        "subnetId": interface.subnet_id,
        "privateIpAddress": interface.address,
        "publicIpAddress": interface.public_address,
        "ipv6Address": interface.ipv6_address,
        "securityGroups": list(interface.security_groups),
        "status": interface.status,
    }


def nat_view(gateway: NatGateway) -> View:
    return {
        "natGatewayId": gateway.id,
        "vpcId": gateway.vpc_id,
        "subnetId": gateway.subnet_id,
        "state": gateway.state,
        "privateIpAddress": gateway.address,
        "publicIpAddress": gateway.public_address,
    }


def group_view(group: SecurityGroup, interfaces: Iterable[NetworkInterface]) -> View:
    return {
        "groupId": group.id,
        "groupName": group.name,
        "vpcId": group.vpc_id,
        "members": sum(1 for each in interfaces if group.id in each.security_groups),
    }


def talk_view(talk: Talk, vpc_id: VpcId) -> View:
    return {
        "vpcId": vpc_id,
        "from": talk.source,
        "to": talk.target,
        "traffic": list(talk.traffic),
        "isPartial": talk.is_partial,
    }


def explanation_view(
    found: Explanation, judgement: Judgement, names: Mapping[SecurityGroupId, str]
) -> View:
    probe = found.probe
    agrees = None if judgement.passes is None else judgement.passes == found.passes
    return {
        "from": _end_view(probe.source, probe.source_address, names),
        "to": _end_view(probe.target, probe.target_address, names),
        "protocol": probe.traffic.protocol,
        "port": probe.traffic.port,
        "sourcePort": probe.source_port,
        "packet": str(probe.traffic),
        "passes": found.passes,
        "decidedBy": found.decisive.text,
        "steps": [
            {
                "stage": step.stage,
                "passes": step.passes,
                "text": step.text,
                "decidedBy": step.decided_by,
                "isAnswer": step.is_answer,
            }
            for step in found.steps
        ],
        "fabric": {
            "isReal": judgement.is_real,
            "passes": judgement.passes,
            "why": judgement.why or None,
            "met": [
                {"where": met.where, "what": met.what, "isAnswer": met.is_answer}
                for met in judgement.met
            ],
        },
        "agrees": agrees,
    }


def _end_view(end: End, address: str, names: Mapping[SecurityGroupId, str]) -> View:
    groups = () if end.interface is None else end.interface.security_groups
    return {
        "kind": end.kind,
        "address": address,
        "interface": None if end.interface is None else interface_view(end.interface),
        "groups": [{"groupId": id_, "groupName": names.get(id_)} for id_ in groups],
    }
