"""Prefix lists that rules and routes refer to, through a real EC2 client."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.ec2 import ANYWHERE, group_shown, port

from hostless.domain.routing import Route
from hostless.store.kinds import ROUTE_TABLES

FULL = (
    "RulesPerSecurityGroupLimitExceeded",
    "The maximum number of rules per security group has been reached.",
)


@pytest.fixture
def web(ec2: Any) -> str:
    """The id of a new group."""
    return str(ec2.create_security_group(GroupName="web", Description="of the web")["GroupId"])


def make_list(ec2: Any, most_entries: int) -> str:
    made = ec2.create_managed_prefix_list(
        PrefixListName="office", MaxEntries=most_entries, AddressFamily="IPv4"
    )
    return str(made["PrefixList"]["PrefixListId"])


@pytest.fixture
def office(ec2: Any) -> str:
    return make_list(ec2, 10)


def of(list_id: str, number: int = 80, **others: Any) -> dict[str, Any]:
    return port(number, PrefixListIds=[{"PrefixListId": list_id, **others}])


def state(ec2: Any, list_id: str) -> tuple[str, str]:
    found = ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"][0]
    return found["State"], found.get("StateMessage", "")


def test_a_rule_may_name_a_prefix_list(ec2: Any, web: str, office: str) -> None:
    answer = ec2.authorize_security_group_ingress(
        GroupId=web, IpPermissions=[of(office, Description="from there")]
    )
    (rule,) = answer["SecurityGroupRules"]
    assert (rule["PrefixListId"], rule["Description"]) == (office, "from there")
    assert not {"CidrIpv4", "CidrIpv6", "ReferencedGroupInfo"} & set(rule)
    (shown,) = group_shown(ec2, web)["IpPermissions"]
    assert shown["PrefixListIds"] == [{"PrefixListId": office, "Description": "from there"}]
    filters = [{"Name": "ip-permission.prefix-list-id", "Values": [office]}]
    found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert [group["GroupId"] for group in found] == [web]
    again = refusal(ec2.authorize_security_group_ingress, GroupId=web, IpPermissions=[of(office)])
    assert again == (
        "InvalidPermission.Duplicate",
        f'the specified rule "peer: {office}, TCP, from port: 80, to port: 80, ALLOW" '
        "already exists",
    )
    ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=[of(office)])
    assert group_shown(ec2, web)["IpPermissions"] == []


def test_what_was_not_authorized_is_unknown_in_the_form_in_which_it_was_given(
    ec2: Any, web: str, office: str
) -> None:
    answer = ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=[of(office)])
    (unknown,) = answer["UnknownIpPermissions"]
    assert unknown["PrefixListIds"] == [{"PrefixListId": office}]


def test_a_rule_may_come_to_name_another_list_but_nothing_else(
    ec2: Any, web: str, office: str
) -> None:
    rule_id = ec2.authorize_security_group_egress(GroupId=web, IpPermissions=[of(office)])[
        "SecurityGroupRules"
    ][0]["SecurityGroupRuleId"]
    other = make_list(ec2, 1)

    def modified(**peer: str) -> dict[str, Any]:
        rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, **peer}
        update = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": rule}
        return {"GroupId": web, "SecurityGroupRules": [update]}

    ec2.modify_security_group_rules(**modified(PrefixListId=other))
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])
    assert found["SecurityGroupRules"][0]["PrefixListId"] == other
    assert refusal(ec2.modify_security_group_rules, **modified(CidrIpv4="10.0.0.0/8")) == (
        "InvalidParameterValue",
        f"Invalid rule type for security group rule '{rule_id}'. "
        "You may not specify CidrIpv4 for an existing prefix list rule.",
    )
    too_large = make_list(ec2, 60)
    assert refusal(ec2.modify_security_group_rules, **modified(PrefixListId=too_large)) == FULL


def test_a_list_counts_for_as_many_rules_as_it_may_have_entries(
    ec2: Any, web: str, office: str
) -> None:
    large = make_list(ec2, 51)
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[of(office)])
    adding = {"GroupId": web, "IpPermissions": [of(large)]}
    assert refusal(ec2.authorize_security_group_ingress, **adding) == FULL
    fifty = [port(number, IpRanges=ANYWHERE) for number in range(50)]
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=fifty)
    more = {"GroupId": web, "IpPermissions": [port(99, IpRanges=ANYWHERE)]}
    assert refusal(ec2.authorize_security_group_ingress, **more) == FULL


def test_a_list_that_a_group_has_no_room_for_is_not_resized(
    ec2: Any, web: str, office: str
) -> None:
    fifty = [port(number, IpRanges=ANYWHERE) for number in range(50)]
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[*fifty, of(office)])
    answer = ec2.modify_managed_prefix_list(PrefixListId=office, MaxEntries=11)["PrefixList"]
    assert answer["MaxEntries"] == 10
    assert state(ec2, office) == (
        "modify-failed",
        f"The following resources cannot support the new maximum size: [{web}]",
    )
    ec2.modify_managed_prefix_list(PrefixListId=office, MaxEntries=9)
    assert state(ec2, office) == ("modify-complete", "")


def test_a_list_in_use_says_by_whom_and_is_not_deleted(
    ec2: Any, world: World, portal: LoopThread, web: str, office: str
) -> None:
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[of(office)])
    table = world.network.parts.route_table

    async def put_route() -> None:
        transaction = world.store.transaction("test")
        routes = (*table.routes, Route(destination=office, target=world.network.gateway.id))
        transaction.put(ROUTE_TABLES, replace(table, routes=routes))
        await transaction.commit()

    portal.run(put_route())
    answer = ec2.get_managed_prefix_list_associations(PrefixListId=office)
    assert answer["PrefixListAssociations"] == [
        {"ResourceId": table.id, "ResourceOwner": world.realm.account_id},
        {"ResourceId": web, "ResourceOwner": world.realm.account_id},
    ]
    ec2.delete_managed_prefix_list(PrefixListId=office)
    assert state(ec2, office) == (
        "delete-failed",
        f"The following resources still reference the prefix list: [{web}, {table.id}]",
    )


def test_a_rule_may_name_a_list_of_aws(ec2: Any, web: str) -> None:
    answer = ec2.authorize_security_group_egress(
        GroupId=web, IpPermissions=[of("pl-63a5400a", 443)]
    )
    assert answer["SecurityGroupRules"][0]["PrefixListId"] == "pl-63a5400a"
