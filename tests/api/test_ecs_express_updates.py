"""Express services through a real client: what an update changes, what it keeps, and the end."""

from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, refusal
from tests.support.express import configuration, everything, express_members

INVALID = "InvalidParameterException"
NOT_ACTIVE = "ServiceNotActiveException"
CONTAINER = {
    "image": "shop:1",
    "containerPort": 8080,
    "command": ["serve"],
    "environment": [{"name": "A", "value": "b"}],
}


@pytest.fixture
def arn(ecs: Any) -> str:
    """Of a service."""
    made = ecs.create_express_gateway_service(**express_members(primaryContainer=CONTAINER))
    return str(made["service"]["serviceArn"])


def described(ecs: Any, arn: str) -> dict[str, Any]:
    return dict(ecs.describe_express_gateway_service(serviceArn=arn)["service"])


def updated(ecs: Any, arn: str, **changes: Any) -> dict[str, Any]:
    answer = ecs.update_express_gateway_service(serviceArn=arn, **changes)["service"]
    return dict(answer["targetConfiguration"])


def test_another_image_is_a_new_revision_with_all_else_as_it_was(ecs: Any, arn: str) -> None:
    before = configuration(described(ecs, arn))
    after = updated(ecs, arn, primaryContainer={"image": "shop:2"})
    assert after["primaryContainer"] == {**before["primaryContainer"], "image": "shop:2"}
    assert after["taskDefinitionArn"].endswith("default-shop:2")
    assert after["serviceRevisionArn"] != before["serviceRevisionArn"]
    same = ("cpu", "memory", "ingressPaths", "networkConfiguration", "scalingTarget")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    shown = described(ecs, arn)
    assert shown["activeConfigurations"][0]["serviceRevisionArn"] == after["serviceRevisionArn"]
    (service,) = ecs.describe_services(services=["shop"])["services"]
    assert service["taskDefinition"] == after["taskDefinitionArn"]
    assert shown["currentDeployment"] == service["currentServiceDeployment"]


def test_the_same_image_is_rolled_out_again_with_the_same_definition(ecs: Any, arn: str) -> None:
    before = configuration(described(ecs, arn))
    after = updated(ecs, arn, primaryContainer={"image": "shop:1"})
    assert after["taskDefinitionArn"] == before["taskDefinitionArn"]
    assert after["serviceRevisionArn"] != before["serviceRevisionArn"]


def test_another_number_of_tasks_is_no_rollout(ecs: Any, arn: str) -> None:
    before = configuration(described(ecs, arn))
    after = updated(ecs, arn, scalingTarget={"minTaskCount": 3})
    assert after["serviceRevisionArn"] == before["serviceRevisionArn"]
    assert after["scalingTarget"] == {**before["scalingTarget"], "minTaskCount": 3}
    (service,) = ecs.describe_services(services=["shop"])["services"]
    assert service["desiredCount"] == 3


def test_the_balancer_reaches_old_and_new_tasks_at_their_ports(
    ecs: Any, ec2: Any, arn: str
) -> None:
    (service,) = ecs.describe_services(services=["shop"])["services"]
    (group,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]

    def ports() -> set[int]:
        of_group = [{"Name": "group-id", "Values": [group]}]
        rules = ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
        return {rule["FromPort"] for rule in rules if not rule["IsEgress"]}

    updated(ecs, arn, primaryContainer={"image": "shop:2", "containerPort": 9090})
    assert ports() == {8080, 9090}
    updated(ecs, arn, primaryContainer={"image": "shop:3"})
    assert ports() == {9090}


def test_another_health_check_path_is_the_target_groups(ecs: Any, elbv2: Any, arn: str) -> None:
    (group,) = elbv2.describe_target_groups()["TargetGroups"]
    elbv2.modify_target_group(TargetGroupArn=group["TargetGroupArn"], HealthCheckIntervalSeconds=7)
    assert updated(ecs, arn, healthCheckPath="/ok?a=b")["healthCheckPath"] == "/ok?a=b"
    (group,) = elbv2.describe_target_groups()["TargetGroups"]
    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"]) == ("/ok?a=b", 7)


def test_a_definition_of_the_callers_and_back(ecs: Any, arn: str) -> None:
    port = {"containerPort": 90, "name": "web"}
    main = {"name": "Main", "image": "app:1", "portMappings": [port]}
    ecs.register_task_definition(**fargate(containerDefinitions=[main], executionRoleArn=ROLE))
    own = updated(ecs, arn, taskDefinitionArn="web")
    assert own["taskDefinitionArn"].endswith("task-definition/web:1")
    back = updated(ecs, arn, primaryContainer={"image": "app:2"})
    assert back["taskDefinitionArn"].endswith("task-definition/default-shop:2")
    assert back["primaryContainer"]["containerPort"] == 90


def test_what_was_said_by_update_service_stays(ecs: Any, arn: str, world: World) -> None:
    own = world.network.parts.security_group.id
    (service,) = ecs.describe_services(services=["shop"])["services"]
    place = service["networkConfiguration"]["awsvpcConfiguration"]
    groups = [*place["securityGroups"], own]
    place = {"awsvpcConfiguration": {**place, "securityGroups": groups}}
    ecs.update_service(service="shop", networkConfiguration=place)
    after = updated(ecs, arn, primaryContainer={"image": "shop:2"})
    assert after["networkConfiguration"]["securityGroups"] == [own]
    (service,) = ecs.describe_services(services=["shop"])["services"]
    assert service["networkConfiguration"] == place


@pytest.mark.parametrize("name", ["app", "Main"])
def test_one_that_update_service_left_without_a_port_is_shown_and_may_be_put_right(
    ecs: Any, arn: str, name: str
) -> None:
    container = {"name": name, "image": "app:1"}
    ecs.register_task_definition(**fargate(containerDefinitions=[container], executionRoleArn=ROLE))
    ecs.update_service(service="shop", taskDefinition="web", loadBalancers=[])
    newest = described(ecs, arn)["activeConfigurations"][0]
    assert newest["taskDefinitionArn"].endswith("task-definition/web:1")
    assert "containerPort" not in newest.get("primaryContainer", {})
    for changes in ({"cpu": "512", "memory": "1024"}, {"primaryContainer": {"image": "app:2"}}):
        code, words = refusal(ecs.update_express_gateway_service, serviceArn=arn, **changes)
        assert (code, "container named Main" in words) == (INVALID, True)
    after = updated(ecs, arn, taskDefinitionArn="default-shop")
    assert after["primaryContainer"]["containerPort"] == 8080
    (service,) = ecs.describe_services(services=["shop"])["services"]
    assert [each["containerPort"] for each in service["loadBalancers"]] == [8080]


def test_other_subnets_are_where_new_tasks_are(ecs: Any, arn: str, world: World) -> None:
    subnets = [subnet.id for subnet in world.network.subnets][:2]
    after = updated(ecs, arn, networkConfiguration={"subnets": subnets})
    assert after["networkConfiguration"]["subnets"] == subnets


def test_subnets_of_another_vpc_are_refused(ecs: Any, ec2: Any, arn: str) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    place = {"subnets": [subnet]}
    said = refusal(ecs.update_express_gateway_service, serviceArn=arn, networkConfiguration=place)
    assert said == (INVALID, "The subnets must belong to the VPC of the service's load balancer.")


@pytest.mark.parametrize(
    "changes",
    [
        {"healthCheckPath": "ok"},
        {"cpu": "300"},
        {"primaryContainer": {"image": "a", "containerPort": 70000}},
        {"scalingTarget": {"maxTaskCount": 0}},
        {"taskDefinitionArn": "none"},
        {"cpuArchitecture": "ARM64"},
    ],
)
def test_what_is_refused_changes_nothing(
    ecs: Any, world: World, arn: str, changes: dict[str, Any]
) -> None:
    before = everything(world)
    refusal(ecs.update_express_gateway_service, serviceArn=arn, **changes)
    assert everything(world) == before


def test_one_that_goes_is_not_changed_any_more(ecs: Any, arn: str) -> None:
    gone = ecs.delete_express_gateway_service(serviceArn=arn)["service"]
    assert gone["status"] == {"statusCode": "DRAINING"}
    again = ecs.delete_express_gateway_service(serviceArn=arn)["service"]
    assert again["status"] == {"statusCode": "DRAINING"}
    said = refusal(ecs.update_express_gateway_service, serviceArn=arn)
    assert said == (
        NOT_ACTIVE,
        "Cannot perform this operation on a service in DRAINING status.",
    )
    assert described(ecs, arn)["status"]["statusCode"] == "DRAINING"
