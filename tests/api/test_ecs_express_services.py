"""Express services through a real client: what one call makes, shows and refuses."""

from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, refusal, service_members
from tests.support.express import configuration, everything, express_members, managed

INVALID = "InvalidParameterException"


@pytest.fixture
def members() -> dict[str, Any]:
    return express_members()


@pytest.fixture
def shop(ecs: Any, members: dict[str, Any]) -> dict[str, Any]:
    return dict(ecs.create_express_gateway_service(**members)["service"])


def test_an_image_and_two_roles_are_enough(ecs: Any, world: World, shop: dict[str, Any]) -> None:
    assert shop["status"] == {"statusCode": "ACTIVE"}
    assert shop["cluster"].endswith(":cluster/default")
    assert shop["infrastructureRoleArn"] == ROLE
    shown = configuration(shop)
    assert (shown["cpu"], shown["memory"], shown["cpuArchitecture"]) == ("256", "512", "X86_64")
    assert shown["healthCheckPath"] == "/ping"
    assert shown["primaryContainer"]["containerPort"] == 80
    assert shown["scalingTarget"] == {
        "minTaskCount": 1,
        "maxTaskCount": 20,
        "autoScalingMetric": "AVERAGE_CPU",
        "autoScalingTargetValue": 60,
    }
    (path,) = shown["ingressPaths"]
    assert path["accessType"] == "PUBLIC"
    letters, _, rest = path["endpoint"].partition("-")
    assert letters == "sh"
    assert rest.endswith(".ecs.us-east-1.on.aws")
    subnets = {subnet.id for subnet in world.network.subnets}
    assert set(shown["networkConfiguration"]["subnets"]) == subnets


def test_what_is_made_is_there_for_every_other_service(
    ecs: Any, elbv2: Any, ec2: Any, acm: Any, shop: dict[str, Any]
) -> None:
    made = managed(ecs, shop)
    (path,) = made["ingressPaths"]
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    assert path["loadBalancer"]["arn"] == balancer["LoadBalancerArn"]
    assert balancer["Scheme"] == "internet-facing"
    (listener,) = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert listener["Certificates"] == [{"CertificateArn": path["certificate"]["arn"]}]
    described = acm.describe_certificate(CertificateArn=path["certificate"]["arn"])["Certificate"]
    assert described["DomainName"] == path["endpoint"]
    assert described["Status"] == "ISSUED"
    rule, default = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    assert rule["Priority"] == "1"
    assert rule["Conditions"][0]["HostHeaderConfig"] == {"Values": [path["endpoint"]]}
    assert default["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    (group,) = elbv2.describe_target_groups()["TargetGroups"]
    assert rule["Actions"][0]["TargetGroupArn"] == group["TargetGroupArn"]
    assert (group["HealthCheckPath"], group["TargetType"]) == ("/ping", "ip")
    tags = elbv2.describe_tags(ResourceArns=[group["TargetGroupArn"]])["TagDescriptions"][0]
    assert tags["Tags"] == [{"Key": "AmazonECSManaged", "Value": "true"}]
    (behind,) = (group["arn"].rpartition("/")[2] for group in made["serviceSecurityGroups"])
    (front,) = balancer["SecurityGroups"]
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    let_in = [
        (r["GroupId"], r["FromPort"], r.get("CidrIpv4"))
        for r in rules
        if not r["IsEgress"] and r["GroupId"] in (front, behind)
    ]
    assert sorted(let_in, key=str) == sorted(
        [(front, 443, "0.0.0.0/0"), (behind, 80, None)], key=str
    )


def test_it_is_a_service_that_ecs_manages(ecs: Any, shop: dict[str, Any]) -> None:
    (service,) = ecs.describe_services(services=["shop"])["services"]
    assert service["resourceManagementType"] == "ECS"
    assert service["desiredCount"] == 1
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"]
    assert shop["currentDeployment"] == service["currentServiceDeployment"]
    listed = ecs.list_services(resourceManagementType="ECS")["serviceArns"]
    assert listed == [shop["serviceArn"]]
    assert ecs.list_services(resourceManagementType="CUSTOMER")["serviceArns"] == []


def test_the_definition_is_made_of_what_was_said(ecs: Any, members: dict[str, Any]) -> None:
    container = {
        "image": "shop:1",
        "containerPort": 8080,
        "command": ["serve"],
        "environment": [{"name": "A", "value": "b"}],
    }
    sized = {"cpu": "512", "memory": "1024", "taskRoleArn": ROLE, "healthCheckPath": "/ok"}
    made = ecs.create_express_gateway_service(**{**members, "primaryContainer": container, **sized})
    shown = configuration(made["service"])
    kept = ecs.describe_task_definition(taskDefinition=shown["taskDefinitionArn"])["taskDefinition"]
    assert (kept["family"], kept["cpu"], kept["memory"]) == ("default-shop", "512", "1024")
    (main,) = kept["containerDefinitions"]
    assert (main["name"], main["image"], main["command"]) == ("Main", "shop:1", ["serve"])
    assert main["portMappings"][0]["containerPort"] == 8080
    group = main["logConfiguration"]["options"]["awslogs-group"]
    assert group.startswith("/aws/ecs/default/shop-")
    logs = {"logGroup": group, "logStreamPrefix": "ecs"}
    expected = {**container, "awsLogsConfiguration": logs, "secrets": []}
    assert shown["primaryContainer"] == expected
    assert (shown["taskRoleArn"], shown["healthCheckPath"]) == (ROLE, "/ok")
    assert [each["logGroupName"] for each in managed(ecs, made["service"])["logGroups"]] == [group]


def test_services_of_one_place_share_a_balancer_of_twenty_five(
    ecs: Any, elbv2: Any, members: dict[str, Any]
) -> None:
    for number in range(26):
        ecs.create_express_gateway_service(**{**members, "serviceName": f"shop-{number}"})
    balancers = elbv2.describe_load_balancers()["LoadBalancers"]
    assert len(balancers) == 2
    counts = []
    for balancer in balancers:
        arn = balancer["LoadBalancerArn"]
        (listener,) = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        rules = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        numbers = [int(rule["Priority"]) for rule in rules if not rule["IsDefault"]]
        assert numbers == list(range(1, len(numbers) + 1))
        counts.append(len(numbers))
    assert sorted(counts) == [1, 25]


def test_subnets_without_a_way_to_the_internet_have_a_private_way_in(
    ecs: Any, ec2: Any, elbv2: Any, world: World, members: dict[str, Any]
) -> None:
    vpc = world.network.vpc.id
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnets = []
    for number, zone in enumerate(("us-east-1a", "us-east-1b")):
        made = ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"172.31.{200 + number}.0/24", AvailabilityZone=zone
        )["Subnet"]["SubnetId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=made)
        subnets.append(made)
    own = world.network.parts.security_group.id
    place = {"subnets": subnets, "securityGroups": [own]}
    made = ecs.create_express_gateway_service(**members, networkConfiguration=place)["service"]
    shown = configuration(made)
    assert shown["ingressPaths"][0]["accessType"] == "PRIVATE"
    assert shown["networkConfiguration"] == {"securityGroups": [own], "subnets": subnets}
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    (service,) = ecs.describe_services(services=["shop"])["services"]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "DISABLED"
    assert own in network["securityGroups"]
    assert len(network["securityGroups"]) == 2


def test_a_caller_may_have_a_definition_of_his_own(ecs: Any) -> None:
    ecs.create_cluster()
    main = {
        "name": "Main",
        "image": "app:1",
        "portMappings": [{"containerPort": 90, "name": "web"}],
    }
    side = {"name": "side", "image": "side:1"}
    ecs.register_task_definition(**fargate(containerDefinitions=[main, side]))
    made = ecs.create_express_gateway_service(
        infrastructureRoleArn=ROLE, serviceName="own", taskDefinitionArn="web"
    )["service"]
    shown = configuration(made)
    assert shown["taskDefinitionArn"].endswith("task-definition/web:1")
    assert shown["primaryContainer"]["image"] == "app:1"
    assert "cpuArchitecture" not in shown
    (service,) = ecs.describe_services(services=["own"])["services"]
    assert service["loadBalancers"][0]["containerPort"] == 90


def test_a_name_is_found_for_who_names_none(ecs: Any, members: dict[str, Any]) -> None:
    del members["serviceName"]
    made = ecs.create_express_gateway_service(**members)["service"]
    base, _, digits = made["serviceName"].rpartition("-")
    assert (base, len(digits)) == ("shop", 4)


def test_tags_are_shown_to_who_asks(ecs: Any, members: dict[str, Any]) -> None:
    tags = [{"key": "team", "value": "blue"}]
    arn = ecs.create_express_gateway_service(**members, tags=tags)["service"]["serviceArn"]
    plain = ecs.describe_express_gateway_service(serviceArn=arn)["service"]
    assert "tags" not in plain
    asked = ecs.describe_express_gateway_service(serviceArn=arn, include=["TAGS"])["service"]
    assert asked["tags"] == tags
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == tags


OWN = {"taskDefinitionArn": "own", "primaryContainer": None, "executionRoleArn": None}
REFUSED = {
    "name": ({"serviceName": "no name"}, "Invalid service name."),
    "role": ({"infrastructureRoleArn": "role"}, "infrastructureRoleArn is not valid."),
    "no container": (
        {"primaryContainer": None},
        "You must specify primaryContainer or taskDefinitionArn.",
    ),
    "no execution role": (
        {"executionRoleArn": None},
        "You must specify executionRoleArn when you don't specify taskDefinitionArn.",
    ),
    "both": (
        {**OWN, "cpu": "256"},
        "You can't specify cpu together with taskDefinitionArn.",
    ),
    "not Main": (OWN, "The task definition must have a container named Main."),
    "two ports": (
        {**OWN, "taskDefinitionArn": "ports"},
        "The container named Main must have a single TCP port mapping that includes a container "
        "port and port name.",
    ),
    "path": (
        {"healthCheckPath": "ping"},
        "The health check path must start with a forward slash.",
    ),
    "port": (
        {"primaryContainer": {"image": "a", "containerPort": 0}},
        "primaryContainer.containerPort must be between 1 and 65535.",
    ),
    "no task": (
        {"scalingTarget": {"minTaskCount": 0}},
        "scalingTarget.minTaskCount must be at least 1.",
    ),
    "fewer than the fewest": (
        {"scalingTarget": {"minTaskCount": 3, "maxTaskCount": 2}},
        "scalingTarget.maxTaskCount must not be less than scalingTarget.minTaskCount.",
    ),
    "percent": (
        {"scalingTarget": {"autoScalingTargetValue": 101}},
        "scalingTarget.autoScalingTargetValue must be at most 100 for a percentage.",
    ),
    "tag": (
        {"tags": [{"key": "aws:x", "value": ""}]},
        "Tag key 'aws:x' is invalid: keys that start with aws: are reserved for AWS use.",
    ),
    "five groups": (
        {"networkConfiguration": {"securityGroups": ["a", "b", "c", "d", "e"]}},
        "securityGroups can have at most 4 items.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(ecs: Any, world: World, case: str) -> None:
    changes, message = REFUSED[case]
    ecs.create_cluster()
    ports = [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "b"}]
    two = {"name": "Main", "image": "app:1", "portMappings": ports}
    ecs.register_task_definition(**fargate(family="own"))
    ecs.register_task_definition(**fargate(family="ports", containerDefinitions=[two]))
    before = everything(world)
    asked = express_members(**changes)
    assert refusal(ecs.create_express_gateway_service, **asked) == (INVALID, message)
    assert everything(world) == before


def test_one_subnet_is_too_few_for_a_balancer(
    ecs: Any, world: World, members: dict[str, Any]
) -> None:
    place = {"subnets": [world.network.subnets[0].id]}
    said = refusal(ecs.create_express_gateway_service, **members, networkConfiguration=place)
    words = "At least two subnets in two different Availability Zones must be specified"
    assert said == (INVALID, words)


def test_without_a_default_vpc_subnets_have_to_be_named(
    ecs: Any, ec2: Any, world: World, members: dict[str, Any]
) -> None:
    for subnet in world.network.subnets:
        ec2.delete_subnet(SubnetId=subnet.id)
    said = refusal(ecs.create_express_gateway_service, **members)
    assert said == (INVALID, "No default VPC or subnets found")


def test_a_name_that_is_taken_is_refused(
    ecs: Any, members: dict[str, Any], shop: dict[str, Any]
) -> None:
    again = refusal(ecs.create_express_gateway_service, **members)
    assert again == (INVALID, "Creation of service was not idempotent.")
    ecs.delete_express_gateway_service(serviceArn=shop["serviceArn"])
    again = refusal(ecs.create_express_gateway_service, **members)
    assert again == (INVALID, "Unable to Start a service that is still Draining.")


def test_only_the_default_cluster_is_made(ecs: Any, members: dict[str, Any]) -> None:
    said = refusal(ecs.create_express_gateway_service, **members, cluster="other")
    assert said == ("ClusterNotFoundException", "Cluster not found.")
    assert ecs.list_clusters()["clusterArns"] == []
    ecs.create_express_gateway_service(**members)
    (cluster,) = ecs.describe_clusters()["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE"]


def test_what_is_not_an_express_service_is_told_so(ecs: Any, world: World) -> None:
    ecs.create_cluster()
    arn = "arn:aws:ecs:us-east-1:000000000000:service/default/none"
    for call, code in (
        (ecs.describe_express_gateway_service, "ResourceNotFoundException"),
        (ecs.update_express_gateway_service, "ServiceNotFoundException"),
        (ecs.delete_express_gateway_service, "ServiceNotFoundException"),
    ):
        assert refusal(call, serviceArn=arn)[0] == code
    ecs.register_task_definition(**fargate())
    plain = ecs.create_service(**service_members(world))["service"]["serviceArn"]
    for call in (
        ecs.describe_express_gateway_service,
        ecs.update_express_gateway_service,
        ecs.delete_express_gateway_service,
    ):
        assert refusal(call, serviceArn=plain) == (
            INVALID,
            f"The service {plain} is not an Express service.",
        )
