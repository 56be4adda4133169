"""What CDK's ApplicationLoadBalancedFargateService makes, call by call, and its end in reverse."""

from typing import Any

from tests.support.api_world import World, fargate, network, refusal
from tests.support.elbv2 import forward_to, subnet_ids


def made_security_groups(ec2: Any) -> tuple[str, str]:
    """Of the balancer, open to the world, and of the service, open to the balancer."""
    front, behind = (
        ec2.create_security_group(GroupName=name, Description=name)["GroupId"]
        for name in ("front", "behind")
    )
    world = [{"CidrIp": "0.0.0.0/0"}]
    for port in (80, 443):
        ports = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        ec2.authorize_security_group_ingress(
            GroupId=front, IpPermissions=[{**ports, "IpRanges": world}]
        )
    http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    ec2.authorize_security_group_ingress(
        GroupId=behind, IpPermissions=[{**http, "UserIdGroupPairs": [{"GroupId": front}]}]
    )
    return front, behind


def made_balancer(elbv2: Any, world: World, front: str) -> str:
    arn = elbv2.create_load_balancer(
        Name="stack-LB",
        Scheme="internet-facing",
        Type="application",
        SecurityGroups=[front],
        Subnets=subnet_ids(world),
    )["LoadBalancers"][0]["LoadBalancerArn"]
    kept = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=kept)
    return str(arn)


def made_group(elbv2: Any, world: World) -> str:
    arn = elbv2.create_target_group(
        Name="stack-ECS",
        Port=80,
        Protocol="HTTP",
        TargetType="ip",
        VpcId=world.network.vpc.id,
    )["TargetGroups"][0]["TargetGroupArn"]
    loose = [{"Key": "stickiness.enabled", "Value": "false"}]
    elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=loose)
    return str(arn)


def test_a_load_balanced_service_is_made_and_taken_apart(
    ecs: Any, ec2: Any, elbv2: Any, acm: Any, world: World
) -> None:
    front, behind = made_security_groups(ec2)
    balancer, group = made_balancer(elbv2, world, front), made_group(elbv2, world)
    certificate = acm.request_certificate(DomainName="shop.example.com", ValidationMethod="DNS")
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Port=443,
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=forward_to(group),
    )
    to_https = {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301"}
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "redirect", "RedirectConfig": to_https}],
    )
    ecs.create_cluster(clusterName="stack")
    app = {"name": "web", "image": "busybox:1", "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(**fargate(containerDefinitions=[app]))
    target = {"targetGroupArn": group, "containerName": "web", "containerPort": 80}
    made = ecs.create_service(
        cluster="stack",
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        launchType="FARGATE",
        loadBalancers=[target],
        healthCheckGracePeriodSeconds=60,
        deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 50},
        **network(world, securityGroups=[behind]),
    )["service"]
    assert made["loadBalancers"] == [target]
    assert made["healthCheckGracePeriodSeconds"] == 60
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    assert [(each["Port"], each["DefaultActions"][0]["Type"]) for each in listeners] == [
        (80, "redirect"),
        (443, "forward"),
    ]

    ecs.delete_service(cluster="stack", service="web", force=True)
    assert refusal(elbv2.delete_target_group, TargetGroupArn=group)[0] == "ResourceInUse"
    for listener in listeners:
        elbv2.delete_listener(ListenerArn=listener["ListenerArn"])
    elbv2.delete_target_group(TargetGroupArn=group)
    assert refusal(ec2.delete_security_group, GroupId=front)[0] == "DependencyViolation"
    elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    acm.delete_certificate(CertificateArn=certificate["CertificateArn"])
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []
