"""VPCs: made with all that comes with one, described, changed, deleted.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hostless.domain.arns import VpcId
from hostless.domain.default_vpc import default_vpc
from hostless.domain.network import Vpc
from hostless.domain.new_vpc import parts_of_new_vpc
from hostless.domain.quotas import is_reached
from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_vpcs as requests
from hostless.services.ec2.attributes import only_attribute
from hostless.services.ec2.describing import page_for, question_of
from hostless.services.ec2.errors import BadParameter, DryRun, HasDependencies
from hostless.services.ec2.errors_gateways import OverQuota
from hostless.services.ec2.errors_vpcs import DefaultVpcExists
from hostless.services.ec2.requests import DescribeVpcs
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_dependents import parts_of_vpc, vpc_is_needed
from hostless.services.ec2.vpc_lookup import find_default_vpc, need_vpc
from hostless.services.ec2.vpc_ranges import check_border_group, provided_ipv6_range, vpc_range
from hostless.services.ec2.vpc_views import vpc_view, vpcs_shown
from hostless.services.operation import Answer, Call
from hostless.store.kinds import VPCS
from hostless.store.new_networks import NewRecord, default_vpc_records, vpc_records
from hostless.store.store import Store

_FIELDS: Mapping[str, str] = {
    "enableDnsHostnames": "has_dns_hostnames",
    "enableDnsSupport": "has_dns_support",
    "enableNetworkAddressUsageMetrics": "has_address_metrics",
}
"""The record's fields by EC2's names of attributes."""


class Vpcs:
    def __init__(self, store: Store, ids: Ids, settings: Settings) -> None:
        self._store = store
        self._ids = ids
        self._settings = settings

    async def describe(self, request: DescribeVpcs, call: Call) -> Answer:
        question = question_of(request, request.vpc_ids)
        page = page_for(question, vpcs_shown(call.realm), self._store.all(VPCS))
        shown = [vpc_view(vpc, call.realm) for vpc in page.items]
        return {"Vpcs": shown, "NextToken": page.next_token}

    async def create(self, request: requests.CreateVpc, call: Call) -> Answer:
        cidr = vpc_range(self._store, request.cidr_block)
        if request.instance_tenancy == "host":
            # our words; AWS's model has the value, and its reference says that it cannot be used
            raise BadParameter("Value (host) for parameter instanceTenancy is invalid.")
        wants_ipv6 = bool(request.amazon_provided_ipv6_cidr_block)
        check_border_group(request.ipv6_cidr_block_network_border_group, call.realm.region)
        tags = tags_for(request.tag_specifications, "vpc")
        self._check_quota()
        if request.dry_run:
            raise DryRun
        vpc = Vpc(
            id=VpcId(f"vpc-{self._ids.hex(17)}"),
            cidr_block=cidr,
            tags=tags,
            ipv6=provided_ipv6_range(self._store, self._ids) if wants_ipv6 else None,
            tenancy=request.instance_tenancy or "default",
        )
        await self._write("CreateVpc", vpc_records(vpc, parts_of_new_vpc(vpc, self._ids)))
        return {"Vpc": vpc_view(vpc, call.realm, state="pending", ipv6_state="associating")}

    async def create_default(self, request: requests.CreateDefaultVpc, call: Call) -> Answer:
        if find_default_vpc(self._store) is not None:
            raise DefaultVpcExists
        self._check_quota()
        if request.dry_run:
            raise DryRun
        made = default_vpc(call.realm, self._settings.default_vpc_cidr, self._ids)
        await self._write("CreateDefaultVpc", default_vpc_records(made))
        return {"Vpc": vpc_view(made.vpc, call.realm, state="pending")}

    async def delete(self, request: requests.DeleteVpc, _: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        if vpc_is_needed(self._store, vpc.id):
            raise HasDependencies("vpc", vpc.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteVpc")
        for kind, key in parts_of_vpc(self._store, vpc.id):
            transaction.delete(kind, key)
        await transaction.commit()
        return None

    async def describe_attribute(self, request: requests.DescribeVpcAttribute, _: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        if request.dry_run:
            raise DryRun
        value = getattr(vpc, _FIELDS[request.attribute])
        name = request.attribute[:1].upper() + request.attribute[1:]
        return {"VpcId": vpc.id, name: {"Value": value}}

    async def modify_attribute(self, request: requests.ModifyVpcAttribute, _: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        given = {
            "enableDnsHostnames": request.enable_dns_hostnames,
            "enableDnsSupport": request.enable_dns_support,
            "enableNetworkAddressUsageMetrics": request.enable_network_address_usage_metrics,
        }
        name, value = only_attribute(given)
        if name == "enableDnsHostnames" and value.value and not vpc.has_dns_support:
            # our words
            raise BadParameter(
                "Value (true) for parameter enableDnsHostnames is invalid. "
                "DNS hostnames can only be enabled where DNS support is."
            )
        change: dict[str, Any] = {_FIELDS[name]: bool(value.value)}
        await self._write("ModifyVpcAttribute", [(VPCS, replace(vpc, **change))])
        return None

    async def modify_tenancy(self, request: requests.ModifyVpcTenancy, _: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        if request.dry_run:
            raise DryRun
        changed = replace(vpc, tenancy=request.instance_tenancy)
        await self._write("ModifyVpcTenancy", [(VPCS, changed)])
        return {"ReturnValue": True}

    def _check_quota(self) -> None:
        if is_reached(self._settings.api_limits.quotas.vpcs, len(self._store.table(VPCS))):
            raise OverQuota("Vpc", "VPCs")

    async def _write(self, because: str, records: Iterable[NewRecord]) -> None:
        transaction = self._store.transaction(because)
        for kind, record in records:
            transaction.put(kind, record)
        await transaction.commit()
