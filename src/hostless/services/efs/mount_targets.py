"""Mount targets: addresses of a file system in a VPC, with interfaces as EC2 shows them.

No packet reaches them: tasks see the files by mounts of folders. But whether a task may see them
goes by what these records say (zone, security groups), as on AWS. Sentences are EFS's own, except
where a comment says "our words".
"""

import functools
from collections.abc import Iterable
from dataclasses import replace

from hostless.domain.addresses import can_be_given, free_address
from hostless.domain.arns import MountTargetId, SecurityGroupId
from hostless.domain.file_systems import FileSystem, MountTarget
from hostless.domain.network import NetworkInterface, Subnet
from hostless.kit.ids import Ids
from hostless.network.new_interface import new_interface
from hostless.services.efs import requests
from hostless.services.efs.errors import (
    AvailabilityZonesMismatch,
    BadRequest,
    IpAddressInUse,
    MountTargetConflict,
    NoFreeAddressesInSubnet,
    SecurityGroupLimitExceeded,
    SecurityGroupNotFound,
    SubnetNotFound,
)
from hostless.services.efs.references import (
    need_access_point,
    need_available,
    need_file_system,
    need_mount_target,
    page,
)
from hostless.services.efs.views import mount_target_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import MOUNT_TARGETS, NETWORK_INTERFACES, SECURITY_GROUPS, SUBNETS
from hostless.store.network_records import is_address_taken
from hostless.store.store import Store

MOST_GROUPS = 5


class MountTargets:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(self, request: requests.CreateMountTarget, call: Call) -> Answer:
        file_system = need_available(self._store, request.file_system_id, call.realm)
        if request.ip_address_type not in (None, "IPV4_ONLY"):
            # our words
            raise BadRequest("Mount targets have addresses of IPv4 only here.")
        subnet = self._store.get(SUBNETS, request.subnet_id)
        if subnet is None:
            raise SubnetNotFound(request.subnet_id)
        self._check_place(file_system, subnet)
        groups = self._groups(subnet.vpc_id, request.security_groups)
        id_ = MountTargetId(f"fsmt-{self._ids.hex(17)}")
        interface = self._interface(id_, subnet, request.ip_address, groups, call)
        target = MountTarget(
            id=id_,
            file_system_id=file_system.id,
            subnet_id=subnet.id,
            vpc_id=subnet.vpc_id,
            zone=subnet.zone,
            address=interface.address,
            interface_id=interface.id,
            created_at=call.now,
        )
        transaction = self._store.transaction("CreateMountTarget")
        transaction.put(MOUNT_TARGETS, target)
        transaction.put(NETWORK_INTERFACES, interface)
        await transaction.commit()
        return mount_target_view(target, call.realm)

    async def describe(self, request: requests.DescribeMountTargets, call: Call) -> Answer:
        found = self._asked_for(request, call)
        listing = f"m{found[0].file_system_id if found else ''}"
        shown = page(found, lambda m: (m.id,), listing, request.max_items, request.marker)
        return {
            "Marker": request.marker,
            "MountTargets": [mount_target_view(each, call.realm) for each in shown.items],
            "NextMarker": shown.next_token,
        }

    async def delete(self, request: requests.NamedMountTarget, _: Call) -> Answer:
        """Tasks that have its files go on; no new one gets them."""
        transaction = self._store.transaction("DeleteMountTarget")
        found = need_mount_target(transaction, request.mount_target_id)
        transaction.delete(MOUNT_TARGETS, found.id)
        transaction.delete(NETWORK_INTERFACES, found.interface_id)
        await transaction.commit()
        return None

    async def groups(self, request: requests.NamedMountTarget, _: Call) -> Answer:
        target = need_mount_target(self._store, request.mount_target_id)
        interface = self._store.get(NETWORK_INTERFACES, target.interface_id)
        return {"SecurityGroups": list(interface.security_groups) if interface else []}

    async def set_groups(
        self, request: requests.ModifyMountTargetSecurityGroups, _: Call
    ) -> Answer:
        transaction = self._store.transaction("ModifyMountTargetSecurityGroups")
        target = need_mount_target(transaction, request.mount_target_id)
        groups = self._groups(target.vpc_id, request.security_groups or ())
        interface = transaction.get(NETWORK_INTERFACES, target.interface_id)
        if interface is not None:
            transaction.put(NETWORK_INTERFACES, replace(interface, security_groups=groups))
        await transaction.commit()
        return None

    def _asked_for(self, request: requests.DescribeMountTargets, call: Call) -> list[MountTarget]:
        """Exactly one of three is named (API reference, DescribeMountTargets)."""
        asked = (request.file_system_id, request.mount_target_id, request.access_point_id)
        if sum(each is not None for each in asked) != 1:
            # our words
            raise BadRequest(
                "Exactly one of FileSystemId, MountTargetId and AccessPointId must be specified."
            )
        if request.mount_target_id is not None:
            return [need_mount_target(self._store, request.mount_target_id)]
        if request.access_point_id is not None:
            point = need_access_point(self._store, request.access_point_id, call.realm)
            return list(self._store.find(MOUNT_TARGETS, "file_system", point.file_system_id))
        given = request.file_system_id or ""
        found = need_file_system(self._store, given, call.realm)
        return list(self._store.find(MOUNT_TARGETS, "file_system", found.id))

    def _check_place(self, file_system: FileSystem, subnet: Subnet) -> None:
        if file_system.zone not in (None, subnet.zone):
            # our words
            raise AvailabilityZonesMismatch(
                f"The file system '{file_system.id}' is in {file_system.zone}, the subnet in "
                f"{subnet.zone}."
            )
        for other in self._store.find(MOUNT_TARGETS, "file_system", file_system.id):
            if other.vpc_id != subnet.vpc_id:
                raise MountTargetConflict(
                    "requested subnet for new mount target is not in the same VPC as existing "
                    "mount targets"
                )
            if other.zone == subnet.zone:
                raise MountTargetConflict("mount target already exists in this AZ")

    def _groups(self, vpc_id: str, given: Iterable[str]) -> tuple[SecurityGroupId, ...]:
        """The VPC's default group where none is given."""
        wanted = list(dict.fromkeys(given))
        if not wanted:
            groups = self._store.find(SECURITY_GROUPS, "vpc", vpc_id)
            return tuple(group.id for group in groups if group.name == "default")
        if len(wanted) > MOST_GROUPS:
            raise SecurityGroupLimitExceeded(
                "The maximum number of security groups per interface has been reached."
            )
        found = []
        for each in wanted:
            group = self._store.get(SECURITY_GROUPS, each)
            if group is None or group.vpc_id != vpc_id:
                raise SecurityGroupNotFound(each)
            found.append(group.id)
        return tuple(found)

    def _interface(
        self,
        owner: MountTargetId,
        subnet: Subnet,
        wanted: str | None,
        groups: tuple[SecurityGroupId, ...],
        call: Call,
    ) -> NetworkInterface:
        address = self._address(subnet, wanted)
        made = new_interface(subnet, address, self._ids.hex(17), call.realm.region, call.now)
        return replace(made, kind="mount_target", owner=owner, security_groups=groups)

    def _address(self, subnet: Subnet, wanted: str | None) -> str:
        is_taken = functools.partial(is_address_taken, self._store, subnet.vpc_id)
        if wanted is None:
            found = free_address(subnet.cidr_block, int(self._ids.hex(8), 16), is_taken)
            if found is None:
                # our words
                raise NoFreeAddressesInSubnet(f"The subnet '{subnet.id}' has no free address.")
            return found
        if not can_be_given(subnet.cidr_block, wanted):
            raise BadRequest("Address does not fall within the subnet's address range")
        if is_taken(wanted):
            raise IpAddressInUse(f"The address {wanted} is in use.")  # our words
        return wanted
