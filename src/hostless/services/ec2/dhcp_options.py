"""Sets of DHCP options, and which VPC has which.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from dataclasses import replace

from hostless.domain.arns import DhcpOptionsId, Realm
from hostless.domain.dhcp_options import DhcpOptions
from hostless.domain.dhcp_rules import option_of, options_refusal
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_vpcs as requests
from hostless.services.ec2.describing import Described, IdForm, page_for, question_of, tags_view
from hostless.services.ec2.errors import (
    BadParameter,
    DryRun,
    HasDependencies,
)
from hostless.services.ec2.lookup import need
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_lookup import need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import DHCP_OPTIONS, VPCS
from hostless.store.store import Store

DHCP_FORM = IdForm(
    noun="DhcpOptionID",
    spoken="dhcpOptions ID",
    prefix="dopt-",
    malformed_noun="DhcpOptionsId",
)
_DEFAULT = "default"
"""AWS's own set, which has no record: its resolver and the region's domain."""


class DhcpOptionSets:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(self, request: requests.CreateDhcpOptions, call: Call) -> Answer:
        options = tuple(option_of(c.key or "", c.values) for c in request.dhcp_configurations)
        refusal = options_refusal(options)
        if refusal is not None:
            raise BadParameter(refusal)
        tags = tags_for(request.tag_specifications, "dhcp-options")
        if request.dry_run:
            raise DryRun
        made = DhcpOptions(
            id=DhcpOptionsId(f"dopt-{self._ids.hex(17)}"), options=options, tags=tags
        )
        transaction = self._store.transaction("CreateDhcpOptions")
        transaction.put(DHCP_OPTIONS, made)
        await transaction.commit()
        return {"DhcpOptions": _view(made, call.realm)}

    async def describe(self, request: requests.DescribeDhcpOptions, call: Call) -> Answer:
        question = question_of(request, request.dhcp_options_ids)
        page = page_for(question, _shown(call.realm), self._store.all(DHCP_OPTIONS))
        shown = [_view(options, call.realm) for options in page.items]
        return {"DhcpOptions": shown, "NextToken": page.next_token}

    async def delete(self, request: requests.DeleteDhcpOptions, _: Call) -> Answer:
        options = self._need(request.dhcp_options_id)
        if any(vpc.dhcp_options_id == options.id for vpc in self._store.all(VPCS)):
            raise HasDependencies("dhcpOptions", options.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteDhcpOptions")
        transaction.delete(DHCP_OPTIONS, options.id)
        await transaction.commit()
        return None

    async def associate(self, request: requests.AssociateDhcpOptions, _: Call) -> Answer:
        asked = request.dhcp_options_id
        options = None if asked == _DEFAULT else self._need(asked)
        vpc = need_vpc(self._store, request.vpc_id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("AssociateDhcpOptions")
        changed = replace(vpc, dhcp_options_id=None if options is None else options.id)
        transaction.put(VPCS, changed)
        await transaction.commit()
        return None

    def _need(self, given: str) -> DhcpOptions:
        return need(self._store, DHCP_OPTIONS, DHCP_FORM, given)


def _shown(realm: Realm) -> Described[DhcpOptions]:
    return Described(
        form=DHCP_FORM,
        id_of=lambda options: options.id,
        tags_of=lambda options: options.tags,
        filters={
            "dhcp-options-id": lambda options: (options.id,),
            "key": lambda options: (each.key for each in options.options),
            "owner-id": lambda options: (realm.account_id,),
            "value": lambda options: (v for each in options.options for v in each.values),
        },
    )


def _view(options: DhcpOptions, realm: Realm) -> dict[str, object]:
    return {
        "DhcpOptionsId": options.id,
        "DhcpConfigurations": [
            {"Key": each.key, "Values": [{"Value": value} for value in each.values]}
            for each in options.options
        ],
        "OwnerId": realm.account_id,
        "Tags": tags_view(options.tags),
    }
