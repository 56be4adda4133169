"""Load balancers through a real client: made, shown, changed, deleted, refused in AWS's words."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from tests.support.api_world import EPOCH, World, refusal
from tests.support.client import LoopThread
from tests.support.elbv2 import made_active, new_balancer, put, subnet_ids, taken_away

from hostless.domain.arns import AllocationId, SubnetId
from hostless.domain.gateways import ElasticAddress
from hostless.store.kinds import ELASTIC_ADDRESSES, INTERNET_GATEWAYS, SUBNETS


def test_a_new_balancer_shows_what_was_asked_for_and_is_provisioning(
    elbv2: Any, world: World
) -> None:
    made = elbv2.create_load_balancer(
        Name="Web", Subnets=subnet_ids(world), Tags=[{"Key": "a", "Value": "b"}]
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    assert arn.startswith(
        "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/Web/"
    )
    assert made["State"] == {"Code": "provisioning"}
    assert made["DNSName"].startswith("web-")
    assert made["DNSName"].endswith(".us-east-1.elb.amazonaws.com")
    assert made["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
    assert made["CreatedTime"].timestamp() > EPOCH
    assert (made["Type"], made["Scheme"], made["IpAddressType"]) == (
        "application",
        "internet-facing",
        "ipv4",
    )
    assert made["VpcId"] == world.network.vpc.id
    assert made["SecurityGroups"] == [world.network.parts.security_group.id]
    zones = [(zone["ZoneName"], zone["SubnetId"]) for zone in made["AvailabilityZones"]]
    assert zones == [(each.zone, each.id) for each in world.network.subnets]
    assert elbv2.describe_load_balancers(Names=["Web"])["LoadBalancers"] == [made]
    assert elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"] == [made]
    tags = elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert tags == [{"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}]


def test_an_internal_network_balancer_may_have_one_subnet_and_an_address_of_its_own(
    elbv2: Any, world: World
) -> None:
    mapping = {"SubnetId": subnet_ids(world)[0], "PrivateIPv4Address": "172.31.0.77"}
    made = elbv2.create_load_balancer(
        Name="net", Type="network", Scheme="internal", SubnetMappings=[mapping]
    )["LoadBalancers"][0]
    id_ = made["LoadBalancerArn"].rsplit("/", 1)[1]
    assert made["DNSName"] == f"net-{id_}.elb.us-east-1.amazonaws.com"
    addresses = made["AvailabilityZones"][0]["LoadBalancerAddresses"]
    assert addresses == [{"PrivateIPv4Address": "172.31.0.77"}]
    assert made.get("SecurityGroups", []) == []


def test_asking_for_the_same_balancer_again_gives_the_one_there_is(
    elbv2: Any, world: World
) -> None:
    first = new_balancer(elbv2, world)
    again = elbv2.create_load_balancer(Name="web", Subnets=subnet_ids(world)[::-1])
    assert again["LoadBalancers"][0]["LoadBalancerArn"] == first
    other = refusal(
        elbv2.create_load_balancer, Name="web", Subnets=subnet_ids(world), Scheme="internal"
    )
    assert other == (
        "DuplicateLoadBalancerName",
        "A load balancer with the same name 'web' exists, but with different settings",
    )


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"count": 1},
            "ValidationError",
            "At least two subnets in two different Availability Zones must be specified",
        ),
        (
            {"Name": "a" * 33},
            "ValidationError",
            f"The load balancer name '{'a' * 33}' cannot be longer than '32' characters",
        ),
        (
            {"Name": "-a"},
            "ValidationError",
            "The load balancer name '-a' cannot begin or end with a hyphen(-)",
        ),
        (
            {"Name": "a_b"},
            "ValidationError",
            "The load balancer name 'a_b' can only contain characters that are alphanumeric "
            "characters and hyphens(-)",
        ),
        (
            {"Subnets": ["subnet-1", "subnet-2"]},
            "SubnetNotFound",
            "The subnet ID 'subnet-1' does not exist",
        ),
        (
            {"SecurityGroups": ["sg-1"]},
            "InvalidSecurityGroup",
            "One or more security groups are invalid",
        ),
        (
            {"Type": "gateway"},
            "InvalidConfigurationRequest",
            "Load balancers of type 'gateway' are not supported here; 'application' and "
            "'network' are",
        ),
        (
            {"IpAddressType": "dualstack"},
            "InvalidConfigurationRequest",
            "The IP address type 'dualstack' is not supported here; 'ipv4' is",
        ),
        (
            {"Scheme": "public"},
            "ValidationError",
            "1 validation error detected: Value 'public' at 'scheme' failed to satisfy "
            "constraint: Member must satisfy enum value set: [internet-facing, internal]",
        ),
        (
            {"CustomerOwnedIpv4Pool": "ipv4pool-coip-1"},
            "ValidationError",
            "CustomerOwnedIpv4Pool: there are no Outposts here",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
            "DuplicateTagKeys",
            "A tag key was specified more than once.",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    elbv2: Any, world: World, members: dict[str, Any], code: str, sentence: str
) -> None:
    members = dict(members)
    subnets = subnet_ids(world)[: members.pop("count", 3)]
    asked = {"Name": "web", "Subnets": subnets, **members}
    assert refusal(elbv2.create_load_balancer, **asked) == (code, sentence)
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []


def test_two_subnets_of_one_zone_are_refused(elbv2: Any, world: World, portal: LoopThread) -> None:
    extra = replace(world.network.subnets[0], id=SubnetId("subnet-2"), cidr_block="172.31.240.0/24")
    portal.run(put(world, SUBNETS, extra))
    asked = {"Name": "web", "Subnets": [*subnet_ids(world), extra.id]}
    assert refusal(elbv2.create_load_balancer, **asked) == (
        "InvalidConfigurationRequest",
        "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    )


def test_what_is_not_there_is_not_found(elbv2: Any) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/x/0123456789abcdef"
    assert refusal(elbv2.describe_load_balancers, Names=["x"]) == (
        "LoadBalancerNotFound",
        "Load balancers '[x]' not found",
    )
    assert refusal(elbv2.describe_load_balancers, LoadBalancerArns=[arn]) == (
        "LoadBalancerNotFound",
        "One or more load balancers not found",
    )
    assert refusal(elbv2.set_subnets, LoadBalancerArn=arn, Subnets=["a"]) == (
        "LoadBalancerNotFound",
        f"Load balancer '{arn}' not found",
    )
    assert refusal(elbv2.describe_load_balancer_attributes, LoadBalancerArn="x") == (
        "ValidationError",
        "'x' is not a valid load balancer ARN",
    )
    elbv2.delete_load_balancer(LoadBalancerArn=arn)


def test_waiters_see_the_balancer_come_and_go(elbv2: Any, world: World, portal: LoopThread) -> None:
    arn = new_balancer(elbv2, world)
    quick = {"Delay": 0, "MaxAttempts": 2}
    with pytest.raises(WaiterError):
        elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn], WaiterConfig=quick)
    portal.run(made_active(world, arn))
    elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn], WaiterConfig=quick)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    elbv2.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn], WaiterConfig=quick)


def test_subnets_and_security_groups_can_be_changed(elbv2: Any, ec2: Any, world: World) -> None:
    arn = new_balancer(elbv2, world)
    two = subnet_ids(world)[:2]
    answer = elbv2.set_subnets(LoadBalancerArn=arn, Subnets=two)
    assert [zone["SubnetId"] for zone in answer["AvailabilityZones"]] == two
    assert refusal(elbv2.set_subnets, LoadBalancerArn=arn, Subnets=two[:1])[0] == "ValidationError"
    group = ec2.create_security_group(GroupName="front", Description="front")["GroupId"]
    answer = elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group])
    assert answer["SecurityGroupIds"] == [group]
    assert elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="ipv4")
    shown = elbv2.describe_load_balancers()["LoadBalancers"][0]
    assert shown["SecurityGroups"] == [group]
    assert len(shown["AvailabilityZones"]) == 2


def test_a_network_balancer_without_groups_gets_none(elbv2: Any, world: World) -> None:
    arn = new_balancer(elbv2, world, Type="network")
    asked = {"LoadBalancerArn": arn, "SecurityGroups": [world.network.parts.security_group.id]}
    assert refusal(elbv2.set_security_groups, **asked)[0] == "InvalidConfigurationRequest"


def test_attributes_have_defaults_and_are_changed_together(elbv2: Any, world: World) -> None:
    arn = new_balancer(elbv2, world)

    def shown() -> dict[str, str]:
        answer = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)
        return {each["Key"]: each["Value"] for each in answer["Attributes"]}

    assert shown()["idle_timeout.timeout_seconds"] == "60"
    assert shown()["routing.http2.enabled"] == "true"
    changes = {"idle_timeout.timeout_seconds": "4000", "deletion_protection.enabled": "true"}
    given = [{"Key": key, "Value": value} for key, value in changes.items()]
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=given)
    assert changes.items() <= shown().items()
    code, sentence = refusal(elbv2.delete_load_balancer, LoadBalancerArn=arn)
    assert code == "OperationNotPermitted"
    assert sentence.endswith("cannot be deleted because deletion protection is enabled")
    before = shown()
    for key, value, code in (
        ("idle_timeout.timeout_seconds", "4001", "InvalidConfigurationRequest"),
        ("routing.http2.enabled", "yes", "InvalidConfigurationRequest"),
        ("access_logs.s3.enabled", "true", "InvalidConfigurationRequest"),
        ("waf.fail_open.enabled", "true", "InvalidConfigurationRequest"),
        ("dns_record.client_routing_policy", "any_availability_zone", "ValidationError"),
    ):
        asked = [{"Key": "deletion_protection.enabled", "Value": "false"}]
        asked.append({"Key": key, "Value": value})
        call = elbv2.modify_load_balancer_attributes
        assert refusal(call, LoadBalancerArn=arn, Attributes=asked)[0] == code
    assert shown() == before


def test_balancers_are_listed_by_pages(elbv2: Any, world: World) -> None:
    for name in ("c", "a", "b"):
        new_balancer(elbv2, world, Name=name)
    pages = elbv2.get_paginator("describe_load_balancers").paginate(
        PaginationConfig={"PageSize": 2}
    )
    names = [[each["LoadBalancerName"] for each in page["LoadBalancers"]] for page in pages]
    assert names == [["a", "b"], ["c"]]
    assert refusal(elbv2.describe_load_balancers, Marker="x")[0] == "ValidationError"


def test_an_address_is_one_balancers_and_asking_again_for_it_gives_the_balancer(
    elbv2: Any, world: World, portal: LoopThread
) -> None:
    subnet = subnet_ids(world)[0]
    private = {"SubnetId": subnet, "PrivateIPv4Address": "172.31.0.77"}
    asked = {"Type": "network", "Scheme": "internal", "SubnetMappings": [private]}
    arns = {
        elbv2.create_load_balancer(Name="a", **asked)["LoadBalancers"][0]["LoadBalancerArn"]
        for _ in range(2)
    }
    assert len(arns) == 1
    assert refusal(elbv2.create_load_balancer, Name="b", **asked) == (
        "InvalidConfigurationRequest",
        "The IP address '172.31.0.77' is in use",
    )
    address = ElasticAddress(allocation_id=AllocationId("eipalloc-1"), public_address="192.0.2.1")
    portal.run(put(world, ELASTIC_ADDRESSES, address))
    public = {"SubnetId": subnet, "AllocationId": "eipalloc-1"}
    made = elbv2.create_load_balancer(Name="c", Type="network", SubnetMappings=[public])
    zone = made["LoadBalancers"][0]["AvailabilityZones"][0]
    assert zone["LoadBalancerAddresses"] == [{"AllocationId": "eipalloc-1"}]
    again = {"Name": "d", "Type": "network", "SubnetMappings": [public]}
    assert refusal(elbv2.create_load_balancer, **again)[0] == "InvalidConfigurationRequest"
    again["SubnetMappings"] = [{"SubnetId": subnet, "AllocationId": "eipalloc-2"}]
    assert refusal(elbv2.create_load_balancer, **again)[0] == "AllocationIdNotFound"


def test_a_balancer_that_faces_the_internet_needs_a_way_to_it(
    elbv2: Any, world: World, portal: LoopThread
) -> None:
    portal.run(taken_away(world, INTERNET_GATEWAYS, world.network.gateway.id))
    vpc = world.network.vpc.id
    asked = {"Name": "web", "Subnets": subnet_ids(world)}
    assert refusal(elbv2.create_load_balancer, **asked) == (
        "InvalidSubnet",
        f"VPC {vpc} has no internet gateway",
    )
    elbv2.create_load_balancer(**asked, Scheme="internal")
