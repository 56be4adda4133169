"""Network interfaces as EC2 shows those that AWS's services made, and what they are found by.

Sources: the EC2 model and reference of DescribeNetworkInterfaces; for whose interface it is, what
AWS shows of Fargate, NAT gateways, VPC endpoints and load balancers.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from hostless.domain.arns import Realm
from hostless.domain.network import InterfaceKind, NetworkInterface
from hostless.domain.public_addresses import public_name_of
from hostless.domain.zones import zone_id
from hostless.services.ec2.describing import Described, IdForm, tags_view, truth
from hostless.store.kinds import ELASTIC_ADDRESSES, MOUNT_TARGETS, SECURITY_GROUPS, VPCS
from hostless.store.store import Store

INTERFACE_FORM = IdForm(noun="NetworkInterfaceID", spoken="networkInterface ID", prefix="eni-")
_AMAZON = "amazon"
"""Whose a public address is that nobody allocated."""
_REQUESTERS: Mapping[InterfaceKind, str] = {
    "task": "amazon-ecs",
    "nat_gateway": "amazon-aws",
    "vpc_endpoint": "amazon-aws",
    "load_balancer": "amazon-elb",
    "mount_target": "amazon-aws",
}
"""AWS shows accounts of its own for some of them."""


_Filters: TypeAlias = Mapping[str, Callable[[NetworkInterface], Iterable[str]]]


class InterfaceViews:
    """The interfaces of one realm."""

    def __init__(self, realm: Realm, store: Store) -> None:
        self._realm = realm
        self._store = store

    def view(self, interface: NetworkInterface) -> dict[str, object]:
        association = self._association_of(interface)
        associated = {} if association is None else {"Association": association}
        address = {
            **associated,
            "Primary": True,
            "PrivateDnsName": interface.private_dns_name,
            "PrivateIpAddress": interface.address,
        }
        ipv6 = interface.ipv6_address
        return {
            **associated,
            "NetworkInterfaceId": interface.id,
            "Attachment": _attachment_view(interface),
            "AvailabilityZone": interface.zone,
            "AvailabilityZoneId": zone_id(interface.zone, self._realm),
            "Description": self._description_of(interface),
            "Groups": list(self._groups(interface)),
            "InterfaceType": _type_of(interface),
            "Ipv6Addresses": [] if ipv6 is None else [{"Ipv6Address": ipv6}],
            "MacAddress": interface.mac_address,
            "OwnerId": self._realm.account_id,
            "PrivateDnsName": interface.private_dns_name,
            "PrivateIpAddress": interface.address,
            "PrivateIpAddresses": [address],
            "RequesterId": _REQUESTERS[interface.kind],
            "RequesterManaged": True,
            "SourceDestCheck": _is_source_checked(interface),
            "Status": interface.status,
            "SubnetId": interface.subnet_id,
            "TagSet": tags_view(interface.tags),
            "VpcId": interface.vpc_id,
        }

    def described(self) -> Described[NetworkInterface]:
        return Described(
            form=INTERFACE_FORM,
            id_of=lambda i: i.id,
            tags_of=lambda i: i.tags,
            filters={**self._filters_of_addresses(), **_ATTACHMENT_FILTERS, **self._filters()},
        )

    def _description_of(self, interface: NetworkInterface) -> str:
        owner = interface.owner or ""
        match interface.kind:
            case "task":
                return self._realm.arn("ecs", f"attachment/{interface.attachment_id}")
            case "nat_gateway":
                return f"Interface for NAT Gateway {owner}"
            case "vpc_endpoint":
                return f"VPC Endpoint Interface {owner}"
            case "load_balancer":
                return f"ELB {owner.partition(':loadbalancer/')[2]}"
            case "mount_target":
                target = self._store.get(MOUNT_TARGETS, owner)
                file_system = "" if target is None else target.file_system_id
                return f"EFS mount target for {file_system} ({owner})"

    def _association_of(self, interface: NetworkInterface) -> dict[str, str] | None:
        """The public address; an elastic one with the ids of the allocation."""
        public = interface.public_address
        if public is None:
            return None
        vpc = self._store.get(VPCS, interface.vpc_id)
        has_name = vpc is not None and vpc.has_dns_hostnames
        view = {
            "IpOwnerId": _AMAZON,
            "PublicDnsName": public_name_of(public, self._realm.region) if has_name else "",
            "PublicIp": public,
        }
        for elastic in self._store.find(ELASTIC_ADDRESSES, "interface", interface.id):
            view["IpOwnerId"] = self._realm.account_id
            view["AllocationId"] = elastic.allocation_id
            view["AssociationId"] = elastic.association_id or ""
        return view

    def _associated(self, interface: NetworkInterface, member: str) -> Iterable[str]:
        association = self._association_of(interface) or {}
        return (association[member],) if member in association else ()

    def _groups(self, interface: NetworkInterface) -> Iterable[dict[str, str | None]]:
        for id_ in interface.security_groups:
            group = self._store.get(SECURITY_GROUPS, id_)
            yield {"GroupId": id_, "GroupName": None if group is None else group.name}

    def _filters_of_addresses(self) -> _Filters:
        return {
            "addresses.association.owner-id": lambda i: self._associated(i, "IpOwnerId"),
            "addresses.association.public-ip": lambda i: self._associated(i, "PublicIp"),
            "addresses.primary": lambda i: truth(True),
            "addresses.private-ip-address": lambda i: (i.address,),
            "association.allocation-id": lambda i: self._associated(i, "AllocationId"),
            "association.association-id": lambda i: self._associated(i, "AssociationId"),
            "association.ip-owner-id": lambda i: self._associated(i, "IpOwnerId"),
            "association.public-dns-name": lambda i: self._associated(i, "PublicDnsName"),
            "association.public-ip": lambda i: self._associated(i, "PublicIp"),
            "ipv6-addresses.ipv6-address": lambda i: (i.ipv6_address,) if i.ipv6_address else (),
            "mac-address": lambda i: (i.mac_address,),
            "private-dns-name": lambda i: (i.private_dns_name,),
            "private-ip-address": lambda i: (i.address,),
        }

    def _filters(self) -> _Filters:
        realm = self._realm
        return {
            "availability-zone": lambda i: (i.zone,),
            "availability-zone-id": lambda i: (zone_id(i.zone, realm),),
            "description": lambda i: (self._description_of(i),),
            "group-id": lambda i: i.security_groups,
            "group-name": lambda i: (g["GroupName"] or "" for g in self._groups(i)),
            "interface-type": lambda i: (_type_of(i),),
            "network-interface-id": lambda i: (i.id,),
            "operator.managed": lambda i: truth(False),
            "operator.principal": lambda i: (),
            "owner-id": lambda i: (realm.account_id,),
            "requester-id": lambda i: (_REQUESTERS[i.kind],),
            "requester-managed": lambda i: truth(True),
            "source-dest-check": lambda i: truth(_is_source_checked(i)),
            "status": lambda i: (i.status,),
            "subnet-id": lambda i: (i.subnet_id,),
            "vpc-id": lambda i: (i.vpc_id,),
        }


def _type_of(interface: NetworkInterface) -> str:
    """A load balancer's are plain ones."""
    own_types = ("nat_gateway", "vpc_endpoint")
    return interface.kind if interface.kind in own_types else "interface"


def _is_source_checked(interface: NetworkInterface) -> bool:
    """A NAT gateway passes on what is not meant for it."""
    return interface.kind != "nat_gateway"


def _attachment_id(interface: NetworkInterface) -> str:
    """Elastic Network Interface of an instance, or of one of AWS's own services."""
    prefix = "eni" if interface.kind == "task" else "ela"
    return f"{prefix}-attach-{interface.id.removeprefix('eni-')}"


def _attachment_view(interface: NetworkInterface) -> dict[str, object]:
    return {
        "AttachmentId": _attachment_id(interface),
        "AttachTime": interface.created_at,
        "DeleteOnTermination": False,
        "DeviceIndex": 1,
        "NetworkCardIndex": 0,
        "InstanceOwnerId": _REQUESTERS[interface.kind],
        "Status": "attached",
    }


def _attach_time(interface: NetworkInterface) -> str:
    at = datetime.fromtimestamp(interface.created_at, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


_ATTACHMENT_FILTERS: _Filters = {
    "attachment.attach-time": lambda i: (_attach_time(i),),
    "attachment.attachment-id": lambda i: (_attachment_id(i),),
    "attachment.delete-on-termination": lambda i: truth(False),
    "attachment.device-index": lambda i: ("1",),
    "attachment.instance-id": lambda i: (),
    "attachment.instance-owner-id": lambda i: (_REQUESTERS[i.kind],),
    "attachment.status": lambda i: ("attached",),
}
