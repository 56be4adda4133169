"""Tags of whatever EC2 resource there is: put on, taken off, described.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from hostless.domain.resource_tags import RESERVED_PREFIX
from hostless.domain.tags import Tag
from hostless.services.ec2.describing import Described, IdForm, Question, page_for
from hostless.services.ec2.dhcp_options import DHCP_FORM
from hostless.services.ec2.endpoint_views import ENDPOINT_FORM
from hostless.services.ec2.errors import BadId, BadParameter, DryRun
from hostless.services.ec2.gateway_lookup import (
    EGRESS_ONLY_FORM,
    ELASTIC_IP_FORM,
    INTERNET_GATEWAY_FORM,
    NAT_TARGET_FORM,
    ROUTE_TABLE_FORM,
)
from hostless.services.ec2.group_lookup import GROUP_FORM, RULE_FORM
from hostless.services.ec2.interface_views import INTERFACE_FORM
from hostless.services.ec2.network_acls import ACL_FORM
from hostless.services.ec2.prefix_list_lookup import PREFIX_LIST_FORM
from hostless.services.ec2.requests_security_groups import ChangeTags, DescribeTags
from hostless.services.ec2.tagging import check_tags, joined_tags
from hostless.services.ec2.volume_views import SNAPSHOT_FORM, VOLUME_FORM
from hostless.services.ec2.vpc_lookup import SUBNET_FORM, VPC_FORM
from hostless.services.operation import Answer, Call
from hostless.store.kinds import (
    BLOCK_SNAPSHOTS,
    BLOCK_VOLUMES,
    DHCP_OPTIONS,
    EGRESS_ONLY_GATEWAYS,
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_ACLS,
    NETWORK_INTERFACES,
    PREFIX_LISTS,
    ROUTE_TABLES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPC_ENDPOINTS,
    VPCS,
    Kind,
)
from hostless.store.store import Store

_MOST_RESOURCES = 1000
_SMALLEST_PAGE = 5
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taggable(Generic[R]):
    """resource_type: as in a TagSpecification. Records of the kind have `tags`."""

    resource_type: str
    form: IdForm
    kind: Kind[R]


TAGGABLE: tuple[Taggable[Any], ...] = (
    Taggable(resource_type="vpc", form=VPC_FORM, kind=VPCS),
    Taggable(resource_type="subnet", form=SUBNET_FORM, kind=SUBNETS),
    Taggable(resource_type="dhcp-options", form=DHCP_FORM, kind=DHCP_OPTIONS),
    Taggable(resource_type="security-group", form=GROUP_FORM, kind=SECURITY_GROUPS),
    Taggable(resource_type="security-group-rule", form=RULE_FORM, kind=SECURITY_GROUP_RULES),
    Taggable(resource_type="network-interface", form=INTERFACE_FORM, kind=NETWORK_INTERFACES),
    Taggable(resource_type="route-table", form=ROUTE_TABLE_FORM, kind=ROUTE_TABLES),
    Taggable(resource_type="internet-gateway", form=INTERNET_GATEWAY_FORM, kind=INTERNET_GATEWAYS),
    Taggable(
        resource_type="egress-only-internet-gateway",
        form=EGRESS_ONLY_FORM,
        kind=EGRESS_ONLY_GATEWAYS,
    ),
    Taggable(resource_type="natgateway", form=NAT_TARGET_FORM, kind=NAT_GATEWAYS),
    Taggable(resource_type="elastic-ip", form=ELASTIC_IP_FORM, kind=ELASTIC_ADDRESSES),
    Taggable(resource_type="network-acl", form=ACL_FORM, kind=NETWORK_ACLS),
    Taggable(resource_type="prefix-list", form=PREFIX_LIST_FORM, kind=PREFIX_LISTS),
    Taggable(resource_type="volume", form=VOLUME_FORM, kind=BLOCK_VOLUMES),
    Taggable(resource_type="snapshot", form=SNAPSHOT_FORM, kind=BLOCK_SNAPSHOTS),
    Taggable(resource_type="vpc-endpoint", form=ENDPOINT_FORM, kind=VPC_ENDPOINTS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOfResource:
    resource_id: str
    resource_type: str
    tag: Tag


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, request: ChangeTags, _: Call) -> Answer:
        check_tags(request.tags)
        return await self._change(request, lambda tags: joined_tags(tags, request.tags))

    async def delete(self, request: ChangeTags, _: Call) -> Answer:
        for tag in request.tags:
            if not tag.key:
                check_tags((tag,))
        return await self._change(request, lambda tags: _without(tags, request.tags))

    async def describe(self, request: DescribeTags, _: Call) -> Answer:
        most = request.max_results
        if most is not None and most < _SMALLEST_PAGE:
            raise BadParameter(
                f"Value ( {most} ) for parameter maxResults is invalid. "
                f"Expecting a value greater than {_SMALLEST_PAGE}."
            )
        question = Question(
            filters=request.filters,
            next_token=request.next_token,
            max_results=most,
            dry_run=request.dry_run,
        )
        page = page_for(question, _TAGS, self._all())
        return {"Tags": [_view(each) for each in page.items], "NextToken": page.next_token}

    def _all(self) -> Iterable[TagOfResource]:
        for taggable in TAGGABLE:
            for record in self._store.all(taggable.kind):
                for tag in record.tags:
                    yield TagOfResource(
                        resource_id=taggable.kind.key(record),
                        resource_type=taggable.resource_type,
                        tag=tag,
                    )

    async def _change(
        self, request: ChangeTags, change: Callable[[tuple[Tag, ...]], tuple[Tag, ...]]
    ) -> Answer:
        """On every resource or on none."""
        if len(request.resources) > _MOST_RESOURCES:
            # our words
            raise BadParameter(f"A request can have at most {_MOST_RESOURCES} resource IDs")
        transaction = self._store.transaction("tags")
        for resource in dict.fromkeys(request.resources):
            taggable, record = self._need(resource)
            tags = change(record.tags)
            if tags != record.tags:
                transaction.put(taggable.kind, replace(record, tags=tags))
        if request.dry_run:
            raise DryRun
        await transaction.commit()
        return None

    def _need(self, resource: str) -> tuple[Taggable[Any], Any]:
        for taggable in TAGGABLE:
            if not taggable.form.fits(resource):
                continue
            record = self._store.get(taggable.kind, resource)
            if record is None:
                raise taggable.form.not_found(resource)
            return taggable, record
        raise BadId(resource)


def _without(tags: tuple[Tag, ...], gone: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """Without those of a key, or of a key and a value; without gone: without all of the user's."""
    if not gone:
        return tuple(tag for tag in tags if (tag.key or "").startswith(RESERVED_PREFIX))
    return tuple(
        tag
        for tag in tags
        if not any(tag.key == each.key and each.value in (None, tag.value or "") for each in gone)
    )


def _view(each: TagOfResource) -> dict[str, object]:
    return {
        "Key": each.tag.key,
        "Value": each.tag.value or "",
        "ResourceId": each.resource_id,
        "ResourceType": each.resource_type,
    }


_TAGS: Described[TagOfResource] = Described(
    form=IdForm(noun="ID", spoken="ID", prefix=""),
    id_of=lambda each: f"{each.resource_id} {each.tag.key}",
    tags_of=lambda each: (each.tag,),
    filters={
        "key": lambda each: (each.tag.key or "",),
        "resource-id": lambda each: (each.resource_id,),
        "resource-type": lambda each: (each.resource_type,),
        "value": lambda each: (each.tag.value or "",),
    },
)
