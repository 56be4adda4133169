"""Network ACLs: made, filled with entries, given to subnets, described, deleted.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from hostless.domain.arns import NetworkAclId, Realm
from hostless.domain.network_acl_rules import (
    entries_like,
    has_icmp_type,
    has_ports,
    number_refusal,
    protocol_refusal,
    traffic_refusal,
    with_entry,
    without_entry,
)
from hostless.domain.network_acls import NetworkAcl, NetworkAclAssociation, NetworkAclEntry
from hostless.domain.new_vpc import last_entries
from hostless.domain.quotas import Quotas, is_reached
from hostless.domain.security_group_rules import canonical_cidr
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_acls as requests
from hostless.services.ec2.client_tokens import find_made, remember
from hostless.services.ec2.describing import Described, IdForm, page_for, question_of, truth
from hostless.services.ec2.errors import (
    AclEntryDuplicate,
    AclEntryNotFound,
    BadCombination,
    BadParameter,
    DryRun,
    HasDependencies,
    MissingParameter,
)
from hostless.services.ec2.errors_gateways import OverQuota
from hostless.services.ec2.lookup import need
from hostless.services.ec2.network_acl_views import acl_view, protocol_words
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_lookup import need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import NETWORK_ACL_ASSOCIATIONS, NETWORK_ACLS
from hostless.store.store import Store

ACL_FORM = IdForm(
    noun="NetworkAclID", spoken="networkAcl ID", prefix="acl-", malformed_noun="NetworkAclId"
)
ASSOCIATION_FORM = IdForm(noun="AssociationID", spoken="association ID", prefix="aclassoc-")


class NetworkAcls:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def create(self, request: requests.CreateNetworkAcl, call: Call) -> Answer:
        """It denies everything."""
        vpc = need_vpc(self._store, request.vpc_id)
        tags = tags_for(request.tag_specifications, "network-acl")
        acl = find_made(self._store, NETWORK_ACLS, "CreateNetworkAcl", request)
        if acl is None:
            existing = self._store.table(NETWORK_ACLS).count("vpc", vpc.id)
            if is_reached(self._quotas.network_acls_per_vpc, existing):
                raise OverQuota("NetworkAcl", "network ACLs")
            if request.dry_run:
                raise DryRun
            acl = NetworkAcl(
                id=NetworkAclId(f"acl-{self._ids.hex(17)}"),
                vpc_id=vpc.id,
                is_default=False,
                entries=last_entries(has_ipv6=vpc.ipv6 is not None),
                tags=tags,
            )
            transaction = self._store.transaction("CreateNetworkAcl")
            transaction.put(NETWORK_ACLS, acl)
            remember(transaction, "CreateNetworkAcl", request, acl.id, call)
            await transaction.commit()
        return {"NetworkAcl": self._view(acl, call.realm), "ClientToken": request.client_token}

    async def delete(self, request: requests.DeleteNetworkAcl, _: Call) -> Answer:
        acl = self._need(request.network_acl_id)
        if acl.is_default:
            raise BadParameter(f"cannot delete default network ACL {acl.id}")
        if self._associations(acl):
            raise HasDependencies("networkAcl", acl.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteNetworkAcl")
        transaction.delete(NETWORK_ACLS, acl.id)
        await transaction.commit()
        return None

    async def describe(self, request: requests.DescribeNetworkAcls, call: Call) -> Answer:
        question = question_of(request, request.network_acl_ids)
        page = page_for(question, self._kind(call.realm), self._store.all(NETWORK_ACLS))
        shown = [self._view(acl, call.realm) for acl in page.items]
        return {"NetworkAcls": shown, "NextToken": page.next_token}

    async def create_entry(self, request: requests.PutNetworkAclEntry, _: Call) -> Answer:
        acl, entry = self._need(request.network_acl_id), _entry_of(request)
        if _find_entry(acl, entry.number, is_egress=entry.is_egress):
            raise AclEntryDuplicate(entry.number)
        if is_reached(self._quotas.network_acl_entries, entries_like(entry, acl.entries)):
            raise OverQuota("NetworkAclEntry", "network ACL entries")
        return await self._write(acl, with_entry(acl.entries, entry), is_dry=request.dry_run)

    async def replace_entry(self, request: requests.PutNetworkAclEntry, _: Call) -> Answer:
        acl, entry = self._need(request.network_acl_id), _entry_of(request)
        if not _find_entry(acl, entry.number, is_egress=entry.is_egress):
            raise AclEntryNotFound(entry.number)
        return await self._write(acl, with_entry(acl.entries, entry), is_dry=request.dry_run)

    async def delete_entry(self, request: requests.DeleteNetworkAclEntry, _: Call) -> Answer:
        acl = self._need(request.network_acl_id)
        number, is_egress = request.rule_number, request.egress
        _refuse(number_refusal(number))
        if not _find_entry(acl, number, is_egress=is_egress):
            raise AclEntryNotFound(number)
        entries = without_entry(acl.entries, number, is_egress=is_egress)
        return await self._write(acl, entries, is_dry=request.dry_run)

    async def replace_association(
        self, request: requests.ReplaceNetworkAclAssociation, _: Call
    ) -> Answer:
        """The subnet has another list, and its association another id."""
        given = request.association_id
        before = need(self._store, NETWORK_ACL_ASSOCIATIONS, ASSOCIATION_FORM, given)
        acl = self._need(request.network_acl_id)
        if acl.vpc_id != before.vpc_id:
            raise BadParameter(
                f"network ACL {acl.id} and subnet {before.subnet_id} belong to different networks"
            )
        if request.dry_run:
            raise DryRun
        after = replace(before, id=f"aclassoc-{self._ids.hex(17)}", acl_id=acl.id)
        transaction = self._store.transaction("ReplaceNetworkAclAssociation")
        transaction.delete(NETWORK_ACL_ASSOCIATIONS, before.id)
        transaction.put(NETWORK_ACL_ASSOCIATIONS, after)
        await transaction.commit()
        return {"NewAssociationId": after.id}

    async def _write(
        self, acl: NetworkAcl, entries: tuple[NetworkAclEntry, ...], *, is_dry: bool | None
    ) -> Answer:
        if is_dry:
            raise DryRun
        transaction = self._store.transaction("network ACL entries")
        transaction.put(NETWORK_ACLS, replace(acl, entries=entries))
        await transaction.commit()
        return None

    def _need(self, given: str) -> NetworkAcl:
        return need(self._store, NETWORK_ACLS, ACL_FORM, given)

    def _associations(self, acl: NetworkAcl) -> list[NetworkAclAssociation]:
        return self._store.find(NETWORK_ACL_ASSOCIATIONS, "acl", acl.id)

    def _view(self, acl: NetworkAcl, realm: Realm) -> dict[str, object]:
        return acl_view(acl, self._associations(acl), realm)

    def _kind(self, realm: Realm) -> Described[NetworkAcl]:
        return Described(
            form=ACL_FORM,
            id_of=lambda acl: acl.id,
            tags_of=lambda acl: acl.tags,
            filters={
                "association.association-id": lambda acl: [a.id for a in self._associations(acl)],
                "association.network-acl-id": lambda acl: [
                    a.acl_id for a in self._associations(acl)
                ],
                "association.subnet-id": lambda acl: [a.subnet_id for a in self._associations(acl)],
                "default": lambda acl: truth(acl.is_default),
                "entry.cidr": _some(lambda e: e.cidr_ipv4),
                "entry.egress": _some(lambda e: "true" if e.is_egress else "false"),
                "entry.icmp.code": _some(lambda e: e.icmp_code),
                "entry.icmp.type": _some(lambda e: e.icmp_type),
                "entry.ipv6-cidr": _some(lambda e: e.cidr_ipv6),
                "entry.port-range.from": _some(lambda e: e.from_port),
                "entry.port-range.to": _some(lambda e: e.to_port),
                "entry.protocol": lambda acl: [
                    word for entry in acl.entries for word in protocol_words(entry)
                ],
                "entry.rule-action": _some(lambda e: "allow" if e.allows else "deny"),
                "entry.rule-number": _some(lambda e: e.number),
                "network-acl-id": lambda acl: (acl.id,),
                "owner-id": lambda acl: (realm.account_id,),
                "vpc-id": lambda acl: (acl.vpc_id,),
            },
        )


def _some(
    value_of: Callable[[NetworkAclEntry], object],
) -> Callable[[NetworkAcl], Iterable[str]]:
    """Whether some entry has the value."""
    return lambda acl: [str(v) for entry in acl.entries if (v := value_of(entry)) is not None]


def _find_entry(acl: NetworkAcl, number: int, *, is_egress: bool) -> NetworkAclEntry | None:
    fitting = (e for e in acl.entries if (e.number, e.is_egress) == (number, is_egress))
    return next(fitting, None)


def _refuse(why: str | None) -> None:
    if why is not None:
        raise BadParameter(why)


def _entry_of(request: requests.PutNetworkAclEntry) -> NetworkAclEntry:
    """Raises EC2's errors. What a protocol has no use for is left out (model)."""
    _refuse(number_refusal(request.rule_number))
    _refuse(protocol_refusal(request.protocol))
    protocol = str(int(request.protocol))
    ipv4, ipv6 = _ranges(request)
    ports = request.port_range if has_ports(protocol) else None
    icmp = request.icmp_type_code if has_icmp_type(protocol, is_ipv6=ipv6 is not None) else None
    entry = NetworkAclEntry(
        number=request.rule_number,
        is_egress=request.egress,
        allows=request.rule_action == "allow",
        protocol=protocol,
        cidr_ipv4=ipv4,
        cidr_ipv6=ipv6,
        icmp_type=icmp.type if icmp else None,
        icmp_code=icmp.code if icmp else None,
        from_port=ports.from_ if ports else None,
        to_port=ports.to if ports else None,
    )
    _refuse(traffic_refusal(entry))
    return entry


def _ranges(request: requests.PutNetworkAclEntry) -> tuple[str | None, str | None]:
    if request.cidr_block and request.ipv6_cidr_block:
        raise BadCombination(  # our words
            "The parameter cidrBlock cannot be used with the parameter ipv6CidrBlock"
        )
    if request.ipv6_cidr_block:
        return None, _canonical(request.ipv6_cidr_block, 6)
    if request.cidr_block:
        return _canonical(request.cidr_block, 4), None
    raise MissingParameter(  # our words
        "The request must contain exactly one of: cidrBlock, ipv6CidrBlock"
    )


def _canonical(given: str, version: int) -> str:
    found = canonical_cidr(given, version)
    if found is None:
        raise BadParameter(f"CIDR block {given} is malformed")
    return found
