"""What callers ask about many security groups at once: who may use them, and who refers to them.

There are no peerings, transit gateways nor shared groups here, so nobody refers to a group from
elsewhere and no rule is stale. Source: the EC2 model and reference of each call.
"""

from hostless.domain.arns import Realm
from hostless.domain.network import SecurityGroup
from hostless.services.ec2 import requests_security_groups as requests
from hostless.services.ec2.describing import Described, page_for, question_of, tags_view
from hostless.services.ec2.errors import DryRun
from hostless.services.ec2.group_lookup import GROUP_FORM, GroupLookup
from hostless.services.ec2.vpc_lookup import need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import SECURITY_GROUPS
from hostless.store.store import Store


class GroupSurveys:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lookup = GroupLookup(store)

    async def for_vpc(self, request: requests.GetSecurityGroupsForVpc, call: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        question = question_of(request)
        groups = self._store.find(SECURITY_GROUPS, "vpc", vpc.id)
        page = page_for(question, _groups(call.realm), groups)
        shown = [
            {
                "GroupId": group.id,
                "GroupName": group.name,
                "Description": group.description,
                "OwnerId": call.realm.account_id,
                "PrimaryVpcId": group.vpc_id,
                "Tags": tags_view(group.tags),
            }
            for group in page.items
        ]
        return {"SecurityGroupForVpcs": shown, "NextToken": page.next_token}

    async def references(
        self, request: requests.DescribeSecurityGroupReferences, _: Call
    ) -> Answer:
        for given in request.group_id:
            self._lookup.need(given)
        if request.dry_run:
            raise DryRun
        return {"SecurityGroupReferenceSet": []}

    async def stale(self, request: requests.DescribeStaleSecurityGroups, _: Call) -> Answer:
        need_vpc(self._store, request.vpc_id)
        if request.dry_run:
            raise DryRun
        return {"StaleSecurityGroupSet": []}


def _groups(realm: Realm) -> Described[SecurityGroup]:
    return Described(
        form=GROUP_FORM,
        id_of=lambda group: group.id,
        tags_of=lambda group: group.tags,
        filters={
            "description": lambda group: (group.description,),
            "group-id": lambda group: (group.id,),
            "group-name": lambda group: (group.name,),
            "owner-id": lambda group: (realm.account_id,),
            "primary-vpc-id": lambda group: (group.vpc_id,),
        },
    )
