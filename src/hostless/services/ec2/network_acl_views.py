"""Network ACLs as EC2 shows them."""

from collections.abc import Iterable

from hostless.domain.arns import Realm
from hostless.domain.network_acls import NetworkAcl, NetworkAclAssociation, NetworkAclEntry
from hostless.services.ec2.describing import tags_view

_NAMES = {"1": "icmp", "6": "tcp", "17": "udp"}


def protocol_words(entry: NetworkAclEntry) -> tuple[str, ...]:
    """By which a filter finds the entry's protocol."""
    name = _NAMES.get(entry.protocol)
    return (entry.protocol,) if name is None else (entry.protocol, name)


def acl_view(
    acl: NetworkAcl, associations: Iterable[NetworkAclAssociation], realm: Realm
) -> dict[str, object]:
    """Entries: those of packets that leave come first, each direction by number."""
    ordered = sorted(acl.entries, key=lambda entry: (not entry.is_egress, entry.number))
    return {
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc_id,
        "OwnerId": realm.account_id,
        "IsDefault": acl.is_default,
        "Entries": [_entry_view(entry) for entry in ordered],
        "Associations": [
            {
                "NetworkAclAssociationId": each.id,
                "NetworkAclId": each.acl_id,
                "SubnetId": each.subnet_id,
            }
            for each in associations
        ],
        "Tags": tags_view(acl.tags),
    }


def _entry_view(entry: NetworkAclEntry) -> dict[str, object]:
    return {
        "RuleNumber": entry.number,
        "Egress": entry.is_egress,
        "RuleAction": "allow" if entry.allows else "deny",
        "Protocol": entry.protocol,
        "CidrBlock": entry.cidr_ipv4,
        "Ipv6CidrBlock": entry.cidr_ipv6,
        "IcmpTypeCode": None
        if entry.icmp_type is None
        else {"Type": entry.icmp_type, "Code": entry.icmp_code},
        "PortRange": None
        if entry.from_port is None
        else {"From": entry.from_port, "To": entry.to_port},
    }
