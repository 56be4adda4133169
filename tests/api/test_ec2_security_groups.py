"""Security groups and their rules through a real EC2 client."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.api_world import World, network, refusal
from tests.support.client import LoopThread
from tests.support.ec2 import ANYWHERE, group_shown, port

from hostless.store.kinds import DEPLOYMENTS, SERVICES

ACCOUNT = "000000000000"


@pytest.fixture
def web(ec2: Any) -> str:
    """The id of a new group."""
    made = ec2.create_security_group(GroupName="web", Description="of the web")
    return str(made["GroupId"])


def test_a_new_group_lets_everything_out_and_nothing_in(ec2: Any, world: World) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    made = ec2.create_security_group(
        GroupName="web",
        Description="of the web",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )
    group = made["GroupId"]
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/{group}"
    assert (made["Tags"], made["SecurityGroupArn"]) == (tags, arn)
    assert group_shown(ec2, group) == {
        "GroupId": group,
        "GroupName": "web",
        "Description": "of the web",
        "VpcId": world.network.vpc.id,
        "OwnerId": ACCOUNT,
        "SecurityGroupArn": arn,
        "IpPermissions": [],
        "IpPermissionsEgress": [
            {
                "IpProtocol": "-1",
                "IpRanges": ANYWHERE,
                "Ipv6Ranges": [],
                "PrefixListIds": [],
                "UserIdGroupPairs": [],
            }
        ],
        "Tags": tags,
    }


def test_an_authorized_rule_is_answered_and_described_to_the_field(ec2: Any, web: str) -> None:
    answer = ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[port(80, IpRanges=[{"CidrIp": "10.0.0.9/8", "Description": "all of ten"}])],
        TagSpecifications=[
            {"ResourceType": "security-group-rule", "Tags": [{"Key": "a", "Value": "b"}]}
        ],
    )
    rule = answer["SecurityGroupRules"][0]
    assert answer["Return"] is True
    assert rule == {
        "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
        "SecurityGroupRuleArn": (
            f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group-rule/{rule['SecurityGroupRuleId']}"
        ),
        "GroupId": web,
        "GroupOwnerId": ACCOUNT,
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "CidrIpv4": "10.0.0.0/8",
        "Description": "all of ten",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    described = ec2.describe_security_group_rules(
        SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    assert described["SecurityGroupRules"] == [rule]
    assert group_shown(ec2, web)["IpPermissions"] == [
        {
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 80,
            "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "all of ten"}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [],
        }
    ]


def test_rules_of_one_port_range_are_shown_together(ec2: Any, web: str) -> None:
    ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[
            port(80, IpRanges=ANYWHERE, Ipv6Ranges=[{"CidrIpv6": "FD00:0::1/8"}]),
            {
                "IpProtocol": "6",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [{"GroupId": web}],
            },
            {"IpProtocol": "50", "IpRanges": ANYWHERE},
        ],
    )
    permissions = group_shown(ec2, web)["IpPermissions"]
    assert permissions == [
        {
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 80,
            "IpRanges": ANYWHERE,
            "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}],
            "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": web, "UserId": ACCOUNT}],
        },
        {
            "IpProtocol": "50",
            "IpRanges": ANYWHERE,
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [],
        },
    ]
    filters = [{"Name": "group-id", "Values": [web]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert len(rules) == 5
    assert {r["FromPort"] for r in rules if r["IpProtocol"] in ("50", "-1")} == {-1}


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"GroupName": "sg-web"},
            "InvalidParameterValue",
            "Value (sg-web) for parameter GroupName is invalid. "
            "Group names may not be in the format sg-*.",
        ),
        (
            {"GroupName": "default"},
            "InvalidParameterValue",
            "Cannot use reserved security group name: default",
        ),
        (
            {"Description": "größer"},
            "InvalidParameterValue",
            "Value (größer) for parameter GroupDescription is invalid. "
            "Character sets beyond ASCII are not supported.",
        ),
        (
            {"Description": "it's"},
            "InvalidParameterValue",
            "Invalid security group description. Valid descriptions are strings less than 256 "
            "characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        ),
        (
            {"VpcId": "vpc-0123456789abcdef0"},
            "InvalidVpcID.NotFound",
            "The vpc ID 'vpc-0123456789abcdef0' does not exist",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a"}]}]},
            "InvalidParameterValue",
            "'vpc' is not a valid taggable resource type for this operation.",
        ),
        ({"DryRun": True}, "DryRunOperation", None),
    ],
)
def test_a_group_that_cannot_be_made(
    ec2: Any, members: dict[str, Any], code: str, sentence: str | None
) -> None:
    before = ec2.describe_security_groups()["SecurityGroups"]
    asked = {"GroupName": "new", "Description": "new", **members}
    found = refusal(ec2.create_security_group, **asked)
    assert found[0] == code
    assert sentence in (None, found[1])
    assert ec2.describe_security_groups()["SecurityGroups"] == before


def test_a_name_is_used_once_in_a_vpc_whatever_its_case(ec2: Any, world: World, web: str) -> None:
    assert refusal(ec2.create_security_group, GroupName="WEB", Description="x") == (
        "InvalidGroup.Duplicate",
        f"The security group 'WEB' already exists for VPC '{world.network.vpc.id}'",
    )


TCP = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
ICMP = "Invalid value for portRange. Must specify both from and to ports with ICMP."


@pytest.mark.parametrize(
    ("permission", "code", "sentence"),
    [
        ({"IpRanges": ANYWHERE}, "InvalidParameterValue", None),
        (
            {"IpProtocol": "all", "IpRanges": ANYWHERE},
            "InvalidParameterValue",
            "Invalid value 'all' for IP protocol. Unknown protocol.",
        ),
        ({"IpProtocol": "tcp", "IpRanges": ANYWHERE}, "InvalidParameterValue", TCP),
        ({"IpProtocol": "1", "IpRanges": ANYWHERE}, "InvalidParameterValue", ICMP),
        (
            port(-1, IpRanges=ANYWHERE),
            "InvalidParameterValue",
            "TCP/UDP port (-1) out of range",
        ),
        (
            {"IpProtocol": "icmp", "FromPort": 0, "ToPort": 65535, "IpRanges": ANYWHERE},
            "InvalidParameterValue",
            "ICMP code (65535) out of range",
        ),
        (
            port(1, IpRanges=[{"CidrIp": "::/0"}]),
            "InvalidParameterValue",
            "CIDR block ::/0 is malformed",
        ),
        (
            port(1, IpRanges=[{"CidrIp": "10.0.0.1"}]),
            "InvalidParameterValue",
            "CIDR block 10.0.0.1 is malformed",
        ),
        (
            port(1, IpRanges=[*ANYWHERE, *ANYWHERE]),
            "InvalidParameterValue",
            "The same permission must not appear multiple times",
        ),
        (
            port(1, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}]),
            "InvalidGroup.NotFound",
            "The security group 'sg-0123456789abcdef0' does not exist",
        ),
        (
            port(1, UserIdGroupPairs=[{"GroupId": "web"}]),
            "InvalidGroupId.Malformed",
            'Invalid id: "web" (expecting "sg-...")',
        ),
        (
            port(1, PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]),
            "InvalidPrefixListID.NotFound",
            "The prefix list ID 'pl-0123456789abcdef0' does not exist",
        ),
        (
            port(1, IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "it's"}]),
            "InvalidParameterValue",
            "Invalid rule description. Valid descriptions are strings less than 256 characters "
            "from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        ),
        (
            port(1, UserIdGroupPairs=[{"GroupName": "web", "UserId": "111111111111"}]),
            "InvalidGroup.NotFound",
            "The security group 'web' does not exist",
        ),
        (
            port(1, UserIdGroupPairs=[{"GroupName": "web", "VpcPeeringConnectionId": "pcx-1"}]),
            "InvalidVpcPeeringConnectionID.NotFound",
            "The vpcPeeringConnection ID 'pcx-1' does not exist",
        ),
        (
            port(1, UserIdGroupPairs=[{"UserId": "000000000000"}]),
            "MissingParameter",
            "The request must contain the parameter groupName or groupId",
        ),
        (port(1), "MissingParameter", None),
    ],
)
def test_a_rule_that_cannot_be_takes_the_whole_request_with_it(
    ec2: Any, web: str, permission: dict[str, Any], code: str, sentence: str | None
) -> None:
    for call in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
        before = group_shown(ec2, web)
        found = refusal(call, GroupId=web, IpPermissions=[port(22, IpRanges=ANYWHERE), permission])
        assert found[0] == code
        assert sentence in (None, found[1])
        assert group_shown(ec2, web) == before


@pytest.mark.parametrize(
    ("permission", "spoken"),
    [
        (port(80, IpRanges=ANYWHERE), "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW"),
        ({"IpProtocol": "-1", "IpRanges": ANYWHERE}, "peer: 0.0.0.0/0, ALL, ALLOW"),
        ({"IpProtocol": "50", "IpRanges": ANYWHERE}, "peer: 0.0.0.0/0, protocol: 50, ALLOW"),
        (
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": ANYWHERE},
            "peer: 0.0.0.0/0, ICMP, type: ALL, code: ALL, ALLOW",
        ),
    ],
)
def test_a_rule_that_is_there_is_no_new_one(
    ec2: Any, web: str, permission: dict[str, Any], spoken: str
) -> None:
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[permission])
    before = group_shown(ec2, web)
    more = [port(22, IpRanges=ANYWHERE), permission]
    assert refusal(ec2.authorize_security_group_ingress, GroupId=web, IpPermissions=more) == (
        "InvalidPermission.Duplicate",
        f'the specified rule "{spoken}" already exists',
    )
    assert group_shown(ec2, web) == before


def test_the_default_group_stays(ec2: Any, world: World) -> None:
    group = world.network.parts.security_group.id
    assert refusal(ec2.delete_security_group, GroupId=group) == (
        "CannotDelete",
        f'the specified group: "{group}" name: "default" cannot be deleted by a user',
    )


def test_a_request_names_one_group_in_one_way(ec2: Any, web: str) -> None:
    for call in (ec2.delete_security_group, ec2.authorize_security_group_ingress):
        assert refusal(call) == (
            "MissingParameter",
            "The request must contain the parameter groupName or groupId",
        )
        both = refusal(call, GroupId=web, GroupName="web")
        assert both[0] == "InvalidParameterCombination"


def test_a_request_without_rules_is_refused(ec2: Any, web: str) -> None:
    for call in (
        ec2.authorize_security_group_ingress,
        ec2.authorize_security_group_egress,
        ec2.revoke_security_group_ingress,
        ec2.revoke_security_group_egress,
    ):
        assert refusal(call, GroupId=web)[0] == "MissingParameter"


def in_use(group: str) -> tuple[str, str]:
    return ("DependencyViolation", f"resource {group} has a dependent object")


def test_a_group_that_another_groups_rule_names_stays(ec2: Any, web: str) -> None:
    pair = [port(80, UserIdGroupPairs=[{"GroupId": web}])]
    ec2.authorize_security_group_ingress(GroupName="default", IpPermissions=pair)
    assert refusal(ec2.delete_security_group, GroupId=web) == in_use(web)
    ec2.revoke_security_group_ingress(GroupName="default", IpPermissions=pair)
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=pair)
    ec2.delete_security_group(GroupName="web")


def test_a_group_that_a_task_or_a_service_needs_stays(
    ec2: Any, world: World, portal: LoopThread, ready_to_run: Any, web: str
) -> None:
    ecs = ready_to_run
    members = {"taskDefinition": "web", "launchType": "FARGATE"}
    members |= network(world, securityGroups=[web])
    task = ecs.run_task(**members)["tasks"][0]["taskArn"]
    assert refusal(ec2.delete_security_group, GroupId=web) == in_use(web)
    portal.run(world.set_task(task, status="STOPPED"))
    ecs.create_service(serviceName="api", desiredCount=0, **members)
    assert refusal(ec2.delete_security_group, GroupId=web) == in_use(web)
    changed = network(world, securityGroups=[world.network.parts.security_group.id])
    ecs.update_service(service="api", **changed)
    assert refusal(ec2.delete_security_group, GroupId=web) == in_use(web)
    portal.run(end_old_deployments(world))
    ec2.delete_security_group(GroupId=web)


async def end_old_deployments(world: World) -> None:
    """What the service controller does when a rollout is complete."""
    current = {service.revision_arn for service in world.store.all(SERVICES)}
    transaction = world.store.transaction("test")
    for deployment in world.store.all(DEPLOYMENTS):
        if deployment.revision_arn not in current:
            transaction.delete(DEPLOYMENTS, deployment.id)
    await transaction.commit()


def test_a_deleted_group_is_gone_with_its_rules(ec2: Any, web: str) -> None:
    assert ec2.delete_security_group(GroupId=web)["GroupId"] == web
    with pytest.raises(ClientError, match="does not exist"):
        group_shown(ec2, web)
    filters = [{"Name": "group-id", "Values": [web]}]
    assert ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"] == []
