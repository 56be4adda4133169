"""What callers say that a group lets pass, read into permissions and checked.

Neither whether a group has them already nor what becomes of them is asked here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hostless.domain.arns import Realm, SecurityGroupId
from hostless.domain.network import SecurityGroup
from hostless.domain.security_group_rules import (
    ALL,
    Permission,
    Ports,
    canonical_cidr,
    ports_of,
    ports_refusal,
    protocol_of,
)
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    GroupNotFound,
    IdNotFound,
    MissingParameter,
)
from hostless.services.ec2.group_lookup import GROUP_FORM, GroupLookup
from hostless.services.ec2.requests_security_groups import (
    IngressRules,
    IpPermission,
    IpRange,
    SecurityGroupRuleRequest,
    UserIdGroupPair,
)

_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
REPEATED = "The same permission must not appear multiple times"
_PORTS_OF_ALL = (
    "You may not specify all protocols and specific ports. Please specify each protocol and port "
    "range combination individually, or all protocols and no port range."
)
_OTHER_NETWORK = "You have specified two resources that belong to different networks."
_ONE_PEER = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One rule that a caller speaks of."""

    permission: Permission
    description: str | None = None


def check_rule_description(description: str | None) -> None:
    if description is not None and not _DESCRIPTION.fullmatch(description):
        raise BadParameter(
            "Invalid rule description. Valid descriptions are strings less than 256 characters "
            "from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )


class PermissionReader:
    """Reads what is said of one group. Raises EC2's errors."""

    def __init__(self, group: SecurityGroup, lookup: GroupLookup, realm: Realm) -> None:
        self._group = group
        self._lookup = lookup
        self._realm = realm

    def of(self, permissions: Iterable[IpPermission]) -> list[Asked]:
        """Each once."""
        asked = [each for permission in permissions for each in self._one(permission)]
        if len({each.permission for each in asked}) < len(asked):
            raise BadParameter(REPEATED)
        return asked

    def of_ingress(self, request: IngressRules) -> list[Asked]:
        """In the new way or the old one."""
        flat = _flat_permissions(request)
        if flat and request.ip_permissions:
            raise BadCombination(
                "The parameter ipPermissions cannot be used with the parameter ipProtocol"
            )
        return self.of(flat or request.ip_permissions)

    def of_rule(self, request: SecurityGroupRuleRequest) -> Asked:
        """The whole of one rule, as ModifySecurityGroupRules has it."""
        peers = (
            request.cidr_ipv4,
            request.cidr_ipv6,
            request.prefix_list_id,
            request.referenced_group_id,
        )
        if sum(1 for peer in peers if peer) > 1:
            raise BadCombination(f"Only one of {_ONE_PEER} can be specified")
        if not any(peers):
            raise MissingParameter(f"The request must contain exactly one of: {_ONE_PEER}")
        protocol, ports = _passing(request.ip_protocol, request.from_port, request.to_port)
        no_ports = ((None, None), (-1, -1))
        if protocol == ALL and (request.from_port, request.to_port) not in no_ports:
            raise BadParameter(_PORTS_OF_ALL)
        group, list_ = request.referenced_group_id, request.prefix_list_id
        permission = Permission(
            protocol=protocol,
            ports=ports,
            cidr_ipv4=_cidr(request.cidr_ipv4, 4) if request.cidr_ipv4 else None,
            cidr_ipv6=_cidr(request.cidr_ipv6, 6) if request.cidr_ipv6 else None,
            referenced_group_id=self._peer(UserIdGroupPair(group_id=group)) if group else None,
            prefix_list_id=self._lookup.need_list(list_, self._realm) if list_ else None,
        )
        return _asked(permission, request.description)

    def _one(self, given: IpPermission) -> Iterator[Asked]:
        protocol, ports = _passing(given.ip_protocol, given.from_port, given.to_port)
        ranges, pairs = given.ip_ranges, given.user_id_group_pairs
        if not (ranges or given.ipv6_ranges or pairs or given.prefix_list_ids):
            raise MissingParameter(  # our words
                "The request must contain at least one of: ipRanges, ipv6Ranges, prefixListIds, "
                "or userIdGroupPairs"
            )
        anyone = Permission(protocol=protocol, ports=ports)
        for ipv4 in ranges:
            yield _asked(replace(anyone, cidr_ipv4=_cidr(ipv4.cidr_ip, 4)), ipv4.description)
        for ipv6 in given.ipv6_ranges:
            yield _asked(replace(anyone, cidr_ipv6=_cidr(ipv6.cidr_ipv6, 6)), ipv6.description)
        for pair in pairs:
            yield _asked(replace(anyone, referenced_group_id=self._peer(pair)), pair.description)
        for named in given.prefix_list_ids:
            list_id = self._lookup.need_list(named.prefix_list_id or "", self._realm)
            yield _asked(replace(anyone, prefix_list_id=list_id), named.description)

    def _peer(self, pair: UserIdGroupPair) -> SecurityGroupId:
        """The group at the other end; there are no peerings, so it is of the same VPC."""
        if pair.vpc_peering_connection_id:
            raise IdNotFound(
                "VpcPeeringConnectionID", "vpcPeeringConnection ID", pair.vpc_peering_connection_id
            )
        named = pair.group_id or pair.group_name
        if named and pair.user_id not in (None, "", self._realm.account_id):
            raise GROUP_FORM.not_found(named)
        # A caller may give the name beside the id, as describe calls of old did.
        group = (
            self._lookup.need(pair.group_id)
            if pair.group_id
            else self._lookup.need_either(None, pair.group_name)
        )
        if group.vpc_id != self._group.vpc_id or pair.vpc_id not in (None, "", group.vpc_id):
            raise GroupNotFound(_OTHER_NETWORK)
        return group.id


def _asked(permission: Permission, description: str | None) -> Asked:
    check_rule_description(description)
    return Asked(permission=permission, description=description or None)


def _passing(protocol: str | None, low: int | None, high: int | None) -> tuple[str, Ports]:
    if not protocol:
        raise BadParameter(
            "Invalid value 'null' for protocol. "
            "VPC security group rules must specify protocols explicitly."
        )
    canonical = protocol_of(protocol)
    if canonical is None:
        raise BadParameter(f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")
    refusal = ports_refusal(canonical, low, high)
    if refusal is not None:
        raise BadParameter(refusal)
    return canonical, ports_of(canonical, low, high)


def _cidr(given: str | None, version: int) -> str:
    canonical = canonical_cidr(given or "", version)
    if canonical is None:
        raise BadParameter(f"CIDR block {given or ''} is malformed")
    return canonical


def _flat_permissions(request: IngressRules) -> tuple[IpPermission, ...]:
    """The old way: one range, or everything from a group that is named."""
    source = request.source_security_group_name
    rest = (request.cidr_ip, request.ip_protocol, request.from_port, request.to_port)
    if source:
        if any(value is not None for value in rest):
            raise BadCombination(
                "The parameter sourceSecurityGroupName cannot be used with the parameter cidrIp"
            )
        pair = UserIdGroupPair(group_name=source, user_id=request.source_security_group_owner_id)
        return tuple(
            IpPermission(ip_protocol=name, from_port=low, to_port=high, user_id_group_pairs=(pair,))
            for name, low, high in (("tcp", 0, 65535), ("udp", 0, 65535), ("icmp", -1, -1))
        )
    if all(value is None for value in rest):
        return ()
    return (
        IpPermission(
            ip_protocol=request.ip_protocol,
            from_port=request.from_port,
            to_port=request.to_port,
            ip_ranges=(IpRange(cidr_ip=request.cidr_ip),),
        ),
    )
