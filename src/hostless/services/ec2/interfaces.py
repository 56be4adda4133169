"""Network interfaces of tasks, as EC2 shows those that Fargate made."""

from hostless.domain.arns import Realm
from hostless.domain.network import NetworkInterface
from hostless.domain.zones import zone_id
from hostless.services.ec2.describing import Described, IdForm, Question, page_for, tags_view, truth
from hostless.services.ec2.errors import IdNotFound, NotYours
from hostless.services.ec2.requests import (
    DescribeNetworkInterfaces,
    ModifyNetworkInterfaceAttribute,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import NETWORK_INTERFACES, SECURITY_GROUPS
from hostless.store.store import Store

_REQUESTER = "amazon-ecs"
"""AWS shows an account of its own here."""
INTERFACE_FORM = IdForm(noun="NetworkInterfaceID", spoken="networkInterface ID", prefix="eni-")


class NetworkInterfaces:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe(self, request: DescribeNetworkInterfaces, call: Call) -> Answer:
        question = Question(
            ids=request.network_interface_ids,
            filters=request.filters,
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        kind = _interfaces(call.realm, self._store)
        page = page_for(question, kind, self._store.all(NETWORK_INTERFACES))
        shown = [_view(interface, call.realm, self._store) for interface in page.items]
        return {"NetworkInterfaces": shown, "NextToken": page.next_token}

    async def modify(self, request: ModifyNetworkInterfaceAttribute, _: Call) -> Answer:
        """AWS lets nobody change what Fargate manages, and there are no others."""
        given = request.network_interface_id
        INTERFACE_FORM.check(given)
        if self._store.get(NETWORK_INTERFACES, given) is None:
            raise IdNotFound(INTERFACE_FORM.noun, INTERFACE_FORM.spoken, given)
        raise NotYours


def description_of(interface: NetworkInterface, realm: Realm) -> str:
    return realm.arn("ecs", f"attachment/{interface.attachment_id}")


def _attachment_id(interface: NetworkInterface) -> str:
    return f"eni-attach-{interface.id.removeprefix('eni-')}"


def _group_names(interface: NetworkInterface, store: Store) -> list[str]:
    groups = (store.get(SECURITY_GROUPS, group) for group in interface.security_groups)
    return [group.name for group in groups if group is not None]


def _interfaces(realm: Realm, store: Store) -> Described[NetworkInterface]:
    return Described(
        form=INTERFACE_FORM,
        id_of=lambda i: i.id,
        tags_of=lambda i: i.tags,
        filters={
            "addresses.primary": lambda i: truth(True),
            "addresses.private-ip-address": lambda i: (i.address,),
            "attachment.attachment-id": lambda i: (_attachment_id(i),),
            "attachment.delete-on-termination": lambda i: truth(False),
            "attachment.device-index": lambda i: ("1",),
            "attachment.instance-id": lambda i: (),
            "attachment.instance-owner-id": lambda i: (_REQUESTER,),
            "attachment.status": lambda i: ("attached",),
            "availability-zone": lambda i: (i.zone,),
            "availability-zone-id": lambda i: (zone_id(i.zone, realm),),
            "association.public-ip": lambda i: (),
            "description": lambda i: (description_of(i, realm),),
            "group-id": lambda i: i.security_groups,
            "group-name": lambda i: _group_names(i, store),
            "interface-type": lambda i: ("interface",),
            "mac-address": lambda i: (i.mac_address,),
            "network-interface-id": lambda i: (i.id,),
            "owner-id": lambda i: (realm.account_id,),
            "private-dns-name": lambda i: (i.private_dns_name,),
            "private-ip-address": lambda i: (i.address,),
            "requester-id": lambda i: (_REQUESTER,),
            "requester-managed": lambda i: truth(True),
            "source-dest-check": lambda i: truth(True),
            "status": lambda i: (i.status,),
            "subnet-id": lambda i: (i.subnet_id,),
            "vpc-id": lambda i: (i.vpc_id,),
        },
    )


def _view(interface: NetworkInterface, realm: Realm, store: Store) -> dict[str, object]:
    groups = [
        {"GroupId": group, "GroupName": None if found is None else found.name}
        for group in interface.security_groups
        for found in (store.get(SECURITY_GROUPS, group),)
    ]
    address = {
        "Primary": True,
        "PrivateDnsName": interface.private_dns_name,
        "PrivateIpAddress": interface.address,
    }
    return {
        "NetworkInterfaceId": interface.id,
        "Attachment": {
            "AttachmentId": _attachment_id(interface),
            "AttachTime": interface.created_at,
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "NetworkCardIndex": 0,
            "InstanceOwnerId": _REQUESTER,
            "Status": "attached",
        },
        "AvailabilityZone": interface.zone,
        "AvailabilityZoneId": zone_id(interface.zone, realm),
        "Description": description_of(interface, realm),
        "Groups": groups,
        "InterfaceType": "interface",
        "Ipv6Addresses": [],
        "MacAddress": interface.mac_address,
        "OwnerId": realm.account_id,
        "PrivateDnsName": interface.private_dns_name,
        "PrivateIpAddress": interface.address,
        "PrivateIpAddresses": [address],
        "RequesterId": _REQUESTER,
        "RequesterManaged": True,
        "SourceDestCheck": True,
        "Status": interface.status,
        "SubnetId": interface.subnet_id,
        "TagSet": tags_view(interface.tags),
        "VpcId": interface.vpc_id,
    }
