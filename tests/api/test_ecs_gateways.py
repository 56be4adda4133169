"""Gateways through a real client: what is kept and shown, who uses them, what is refused."""

from typing import Any

import pytest
from tests.support.api_world import ROLE, World, fargate, refusal, service_members
from tests.support.express import everything

INVALID, UNSUPPORTED = "InvalidParameterException", "UnsupportedFeatureException"
NOT_FOUND = "GatewayNotFoundException"


def gateway_members(**changes: Any) -> dict[str, Any]:
    """Of a right request; what is not named elsewhere is of hostSharedAlb."""
    top = {k: changes.pop(k) for k in ("name", "deletionProtection", "tags") if k in changes}
    return {
        "name": "front",
        "infrastructureRoleArn": ROLE,
        "configuration": {"hostSharedAlb": changes},
        **top,
    }


def logs_to(bucket: str, prefix: str = "") -> dict[str, Any]:
    return {"destination": {"s3": {"bucket": bucket, "prefix": prefix}}}


def port(number: int = 80, **changes: Any) -> dict[str, Any]:
    return {"containerPort": number, "name": "web", **changes}


def define(ecs: Any, *ports: dict[str, Any]) -> None:
    container = {"name": "app", "image": "busybox:1", "portMappings": list(ports)}
    ecs.register_task_definition(**fargate(containerDefinitions=[container]))


@pytest.fixture
def ready(ecs: Any) -> Any:
    """A cluster with the gateway `front`, and `web` with a port of that name."""
    ecs.create_cluster()
    ecs.create_gateway(**gateway_members(deletionProtection=False))
    ecs.associate_gateway_with_cluster(gateway="front", cluster="default")
    define(ecs, port())
    return ecs


def connected(ecs: Any, world: World, name: str = "web", **connector: Any) -> dict[str, Any]:
    members = service_members(world, serviceName=name)
    given = [{"portName": "web", **connector}]
    return dict(ecs.create_service(**members, gatewayConnectors=given)["service"])


def let_in(ec2: Any) -> set[str]:
    """The groups that let a balancer in, all at one port, at which it may go out to them."""
    rules = [
        rule
        for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]
        if rule["IpProtocol"] == "tcp" and "ReferencedGroupInfo" in rule
    ]
    groups = {rule["GroupId"] for rule in rules if not rule["IsEgress"]}
    goes_to = [rule["ReferencedGroupInfo"]["GroupId"] for rule in rules if rule["IsEgress"]]
    assert sorted(goes_to) == sorted(groups)
    assert {rule["FromPort"] for rule in rules} <= {80}
    return groups


def route_of(ecs: Any) -> dict[str, Any]:
    (found,) = ecs.list_gateway_routes()["gatewayRoutes"]
    return dict(
        ecs.describe_gateway_route(gatewayRouteArn=found["gatewayRouteArn"])["gatewayRoute"]
    )


def test_a_gateway_has_defaults(ecs: Any, elbv2: Any) -> None:
    made = ecs.create_gateway(**gateway_members())
    assert (made["name"], made["status"]) == ("front", "ACTIVE")
    shown = ecs.describe_gateway(gateway=made["gatewayArn"])["gateway"]
    assert shown["deletionProtection"] is True
    assert (shown["accessType"], shown["propagateTags"]) == ("PUBLIC", "GATEWAY")
    balancers = shown["configuration"]["hostSharedAlb"]
    assert balancers.pop("networkConfiguration") == {"subnets": [], "ipAddressType": "ipv4"}
    assert balancers == {
        "scheme": "internet-facing",
        "port": 443,
        "protocol": "HTTPS",
        "maxAlbCount": 10,
        "currentAlbCount": 0,
        "httpDesync": "defensive",
    }
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []
    assert [each["name"] for each in ecs.list_gateways()["gateways"]] == ["front"]
    assert ecs.list_gateways(names=["other"])["gateways"] == []


def test_the_same_token_makes_one_gateway(ecs: Any) -> None:
    asked = {**gateway_members(), "clientToken": "one"}
    first = ecs.create_gateway(**asked)
    assert ecs.create_gateway(**asked)["gatewayArn"] == first["gatewayArn"]
    assert refusal(ecs.create_gateway, **gateway_members())[0] == INVALID
    assert refusal(ecs.create_gateway, **{**asked, "deletionProtection": False})[0] == INVALID


REFUSED = {
    "name": (gateway_members(name="no name"), INVALID),
    "role": ({**gateway_members(), "infrastructureRoleArn": "x"}, INVALID),
    "nothing": ({**gateway_members(), "configuration": {}}, INVALID),
    "port": (gateway_members(port=80), INVALID),
    "protocol": (gateway_members(protocol="HTTP"), INVALID),
    "balancers": (gateway_members(maxAlbCount=0), INVALID),
    "waf": (gateway_members(webACLArn="arn:x"), UNSUPPORTED),
    "desync": (gateway_members(httpDesync="strictest"), UNSUPPORTED),
    "dual": (gateway_members(networkConfiguration={"ipAddressType": "dualstack"}), UNSUPPORTED),
    "subnet": (gateway_members(networkConfiguration={"subnets": ["subnet-1"]}), INVALID),
    "group": (gateway_members(networkConfiguration={"inboundSecurityGroup": "sg-1"}), INVALID),
    "bucket": (gateway_members(accessLogs=logs_to("../elsewhere")), INVALID),
    "no bucket": (gateway_members(accessLogs=logs_to("")), INVALID),
    "prefix": (gateway_members(accessLogs=logs_to("logs", "../elsewhere")), INVALID),
    "tag": (gateway_members(tags=[{"key": "aws:a", "value": ""}]), INVALID),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(ecs: Any, world: World, case: str) -> None:
    members, code = REFUSED[case]
    before = everything(world)
    assert refusal(ecs.create_gateway, **members)[0] == code
    assert everything(world) == before


def test_a_cluster_has_five_gateways_at_most(ecs: Any) -> None:
    ecs.create_cluster()
    for number in range(6):
        ecs.create_gateway(**gateway_members(name=f"g{number}"))
    pairs = [{"gateway": f"g{number}", "cluster": "default"} for number in range(6)]
    for pair in pairs[:5]:
        assert ecs.associate_gateway_with_cluster(**pair)["status"] == "ACTIVE"
    assert refusal(ecs.associate_gateway_with_cluster, **pairs[5])[0] == INVALID
    ecs.associate_gateway_with_cluster(**pairs[0])
    assert ecs.disassociate_gateway_from_cluster(**pairs[0])["status"] == "DISASSOCIATING"
    listed = ecs.list_gateway_cluster_associations(cluster="default")
    assert len(listed["gatewayClusterAssociations"]) == 4
    said = refusal(ecs.disassociate_gateway_from_cluster, **pairs[0])
    assert said[0] == "ResourceNotFoundException"


def test_a_gateway_goes_when_it_is_not_protected_and_has_no_cluster(ready: Any) -> None:
    ready.update_gateway(gateway="front", deletionProtection=True)
    assert refusal(ready.delete_gateway, gateway="front")[0] == "ClientException"
    ready.update_gateway(gateway="front", deletionProtection=False)
    assert refusal(ready.delete_gateway, gateway="front")[0] == "ClientException"
    ready.disassociate_gateway_from_cluster(gateway="front", cluster="default")
    assert ready.delete_gateway(gateway="front")["status"] == "DELETED"
    assert refusal(ready.describe_gateway, gateway="front")[0] == NOT_FOUND


def test_a_service_with_a_connector_has_a_route(
    ready: Any, elbv2: Any, ec2: Any, world: World
) -> None:
    service = connected(
        ready,
        world,
        healthCheck={"healthCheckPath": "/ok", "healthCheckIntervalSeconds": 7},
        deregistrationDelay={"timeoutSeconds": 5},
    )
    route = route_of(ready)
    assert (route["serviceArn"], route["status"]) == (service["serviceArn"], "CREATE_IN_PROGRESS")
    assert route["serviceContainerPortName"] == "web"
    assert route["serviceUrl"].startswith("https://we-")
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    (made,) = route["resources"]["hostSharedAlb"]
    assert made["loadBalancerArn"] == balancer["LoadBalancerArn"]
    (group,) = elbv2.describe_target_groups()["TargetGroups"]
    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"]) == ("/ok", 7)
    arn = group["TargetGroupArn"]
    attributes = elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
    assert delay in attributes
    target = {"targetGroupArn": arn, "containerName": "app", "containerPort": 80}
    assert service["loadBalancers"] == [target]
    own = world.network.parts.security_group.id
    assert made["serviceSecurityGroupArn"].endswith(own)
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    let_in = [r for r in rules if r["GroupId"] == own and r.get("FromPort") == 80]
    assert [r["ReferencedGroupInfo"]["GroupId"] for r in let_in] == balancer["SecurityGroups"]
    ((front,),) = (each["ruleArns"] for each in made["loadBalancerSecurityGroups"])
    goes_out = [r for r in rules if r["GroupId"] != own and r.get("FromPort") == 80]
    assert [front.rpartition("/")[2]] == [r["SecurityGroupRuleId"] for r in goes_out]
    resources = ready.describe_gateway_resources(gateway="front")["gatewayResources"]
    (of_balancer,) = resources["resources"]["hostSharedAlb"]
    assert of_balancer["gatewayRouteArns"] == [route["gatewayRouteArn"]]
    (deployment,) = service["deployments"]
    assert deployment["status"] == "PRIMARY"


def test_services_share_the_gateways_balancer_and_rules(
    ready: Any, elbv2: Any, world: World
) -> None:
    for name in ("one", "two"):
        connected(ready, world, name)
    assert len(elbv2.describe_load_balancers()["LoadBalancers"]) == 1
    gateway = ready.describe_gateway(gateway="front")["gateway"]
    assert gateway["configuration"]["hostSharedAlb"]["currentAlbCount"] == 1
    assert len(ready.list_gateway_routes(gateway="front")["gatewayRoutes"]) == 2
    assert len(ready.list_gateway_routes(service="one")["gatewayRoutes"]) == 1
    assert ready.list_gateway_routes(status=["ACTIVE"])["gatewayRoutes"] == []


def test_a_revision_tells_its_connector_and_connection(ready: Any, world: World) -> None:
    service = connected(ready, world, filters={"accessTypes": ["PUBLIC"]})
    (arn,) = [each["arn"] for each in service["currentServiceRevisions"]]
    (revision,) = ready.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"]
    connector = {"portName": "web", "filters": {"accessTypes": ["PUBLIC"]}}
    assert revision["gatewayConnectors"] == [connector]
    (connection,) = revision["ecsManagedResources"]["gatewayConnections"]
    assert connection["serviceUrl"] == route_of(ready)["serviceUrl"]
    assert connection["accessType"] == "PUBLIC"


def test_a_connector_that_leads_nowhere_is_refused(ready: Any, world: World) -> None:
    define(ready, port(), port(53, name="dns", protocol="udp"))
    before = everything(world)
    members = service_members(world)
    for connectors in (
        [{"portName": "none"}],
        [{"portName": "dns"}],
        [{"portName": "web"}, {"portName": "web"}],
        [{"portName": "web", "filters": {"accessTypes": ["PRIVATE"]}}],
        [{"portName": "web", "healthCheck": {"healthCheckPath": "ok"}}],
    ):
        code, _ = refusal(ready.create_service, **members, gatewayConnectors=connectors)
        assert code == INVALID
    assert everything(world) == before


def test_an_update_keeps_the_route_and_follows_the_port(
    ready: Any, elbv2: Any, world: World
) -> None:
    connected(ready, world)
    before = route_of(ready)
    define(ready, port(8080))
    service = ready.update_service(service="web", taskDefinition="web")["service"]
    (target,) = service["loadBalancers"]
    assert target["containerPort"] == 8080
    assert route_of(ready)["serviceUrl"] == before["serviceUrl"]
    (group,) = elbv2.describe_target_groups()["TargetGroups"]
    assert target["targetGroupArn"] == group["TargetGroupArn"]
    again = ready.update_service(service="web", desiredCount=3)["service"]
    assert len(again["deployments"]) == 1


def test_a_rule_of_the_callers_between_the_same_groups_stays_when_the_port_changes(
    ready: Any, ec2: Any, elbv2: Any, world: World
) -> None:
    connected(ready, world)
    own = world.network.parts.security_group.id
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    (front,) = balancer["SecurityGroups"]
    given = {"IpProtocol": "tcp", "FromPort": 9000, "ToPort": 9000}
    ec2.authorize_security_group_ingress(
        GroupId=own, IpPermissions=[{**given, "UserIdGroupPairs": [{"GroupId": front}]}]
    )

    def open_ports() -> set[int]:
        rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        return {
            rule["FromPort"]
            for rule in rules
            if not rule["IsEgress"] and rule.get("ReferencedGroupInfo", {}).get("GroupId") == front
        }

    assert open_ports() == {80, 9000}
    define(ready, port(8080))
    ready.update_service(service="web", taskDefinition="web")
    assert open_ports() >= {8080, 9000}
    ready.update_service(service="web", forceNewDeployment=True)
    assert open_ports() >= {8080, 9000}


def test_a_service_that_moves_to_other_groups_is_reached_in_them_and_no_more_in_the_first(
    ready: Any, ec2: Any, world: World
) -> None:
    connected(ready, world)
    first = world.network.parts.security_group.id
    vpc = world.network.vpc.id
    second, third = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("second", "third")
    )
    place = service_members(world)["networkConfiguration"]["awsvpcConfiguration"]

    def move(group: str) -> None:
        network = {"awsvpcConfiguration": {**place, "securityGroups": [group]}}
        ready.update_service(service="web", networkConfiguration=network)

    move(second)
    assert route_of(ready)["resources"]["hostSharedAlb"][0]["serviceSecurityGroupArn"].endswith(
        second
    )
    assert let_in(ec2) == {first, second}
    move(third)
    assert let_in(ec2) == {second, third}
    ready.update_service(service="web", forceNewDeployment=True)
    assert let_in(ec2) == {third}


def test_an_update_connects_and_disconnects(ready: Any, world: World) -> None:
    ready.create_service(**service_members(world))
    given = [{"portName": "web"}]
    service = ready.update_service(service="web", gatewayConnectors=given)["service"]
    assert len(service["loadBalancers"]) == 1
    ready.disassociate_gateway_from_cluster(gateway="front", cluster="default")
    (association,) = ready.list_gateway_cluster_associations()["gatewayClusterAssociations"]
    assert association["status"] == "DISASSOCIATING"
    service = ready.update_service(service="web", gatewayConnectors=[])["service"]
    assert service["loadBalancers"] == []


def test_an_update_of_the_gateway_is_its_balancers(ready: Any, elbv2: Any, world: World) -> None:
    connected(ready, world)
    logs = logs_to("logs", "a")
    changes = {"hostSharedAlb": {"accessLogs": logs, "maxAlbCount": 3}}
    said = ready.update_gateway(gateway="front", configuration=changes, deletionProtection=True)
    assert said["status"] == "UPDATE_IN_PROGRESS"
    shown = ready.describe_gateway(gateway="front")["gateway"]
    assert shown["status"] == "UPDATE_COMPLETE"
    assert shown["configuration"]["hostSharedAlb"]["accessLogs"] == logs
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    values = {each["Key"]: each["Value"] for each in attributes}
    assert values["deletion_protection.enabled"] == "true"
    assert (values["access_logs.s3.bucket"], values["access_logs.s3.prefix"]) == ("logs", "a")
    bad = {"hostSharedAlb": {"accessLogs": logs_to("../elsewhere")}}
    said = refusal(ready.update_gateway, gateway="front", configuration=bad)
    words = "Attribute value '../elsewhere' is not valid for the attribute 'access_logs.s3.bucket'"
    assert said == (INVALID, words)
    plain = {"hostSharedAlb": {"accessLogs": {"destination": {"s3": {"bucket": "logs"}}}}}
    ready.update_gateway(gateway="front", configuration=plain)
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "access_logs.s3.prefix", "Value": ""} in attributes


def test_a_group_of_the_callers_is_the_only_one_that_lets_clients_in(
    ready: Any, elbv2: Any, ec2: Any, world: World
) -> None:
    connected(ready, world)
    own = world.network.parts.security_group.id

    def ways_in() -> list[int]:
        rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        return [r["FromPort"] for r in rules if not r["IsEgress"] and r.get("CidrIpv4")]

    assert ways_in() == [443]
    network = {"hostSharedAlb": {"networkConfiguration": {"inboundSecurityGroup": own}}}
    ready.update_gateway(gateway="front", configuration=network)
    assert ways_in() == []
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    assert own in balancer["SecurityGroups"]
    assert route_of(ready)["status"] == "CREATE_IN_PROGRESS"
