"""Express services as ECS shows them, and what ECS made for them.

Shapes: `ECSExpressGatewayService`, `UpdatedExpressGatewayService`, `ECSManagedResources` of the
ECS model. Scaling policies and metric alarms are not shown: there are none here.
"""

from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.deployments import ServiceRevision
from hostless.domain.express_services import ExpressConfiguration, ExpressService, find_main
from hostless.domain.ingress import IngressRoute
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.services import Service
from hostless.domain.target_groups import TargetGroup
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.clock import Timestamp
from hostless.services.ecs.lean import lean
from hostless.services.ecs.views import View, tags_view

_STATES = {
    "provisioning": "PROVISIONING",
    "active": "ACTIVE",
    "active_impaired": "ACTIVE",
    "failed": "FAILED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationPicture:
    """definition: None when it was deleted meanwhile."""

    configuration: ExpressConfiguration
    revision: ServiceRevision
    definition: TaskDefinition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressPicture:
    """configurations: of the revisions that there are tasks of or are to be, the newest first.
    current_deployment: the newest service deployment's ARN."""

    service: Service
    express: ExpressService
    route: IngressRoute | None
    configurations: tuple[ConfigurationPicture, ...]
    current_deployment: str | None


def express_view(picture: ExpressPicture, *, with_tags: bool = False) -> View:
    service, express = picture.service, picture.express
    view: View = {
        "cluster": service.cluster_arn,
        "serviceName": service.name,
        "serviceArn": service.arn,
        "infrastructureRoleArn": express.infrastructure_role_arn,
        "status": {"statusCode": service.status},
        "currentDeployment": picture.current_deployment,
        "activeConfigurations": [
            configuration_view(each, picture) for each in picture.configurations
        ],
        "createdAt": service.created_at,
        "updatedAt": express.updated_at,
    }
    if with_tags:
        view["tags"] = tags_view(service.tags)
    return view


def updated_view(picture: ExpressPicture) -> View:
    service = picture.service
    return {
        "serviceArn": service.arn,
        "cluster": service.cluster_arn,
        "serviceName": service.name,
        "status": {"statusCode": service.status},
        "targetConfiguration": configuration_view(picture.configurations[0], picture),
        "createdAt": service.created_at,
        "updatedAt": picture.express.updated_at,
    }


def configuration_view(shown: ConfigurationPicture, picture: ExpressPicture) -> View:
    """The caller's security groups; the one that was made is shown where there are none."""
    revision, definition, route = shown.revision, shown.definition, picture.route
    groups = revision.placement.security_groups
    made = None if route is None else route.service_group_id
    view: View = {
        "serviceRevisionArn": revision.arn,
        "taskDefinitionArn": revision.definition_arn,
        "networkConfiguration": {
            "securityGroups": [id_ for id_ in groups if id_ != made] or groups,
            "subnets": revision.placement.subnets,
        },
        "healthCheckPath": shown.configuration.health_check_path,
        "scalingTarget": lean(shown.configuration.scaling_target),
        "ingressPaths": [] if route is None else [_path_view(route)],
        "createdAt": revision.created_at,
    }
    return view if definition is None else {**view, **_definition_view(definition)}


def _path_view(route: IngressRoute) -> View:
    return {"accessType": route.access_type, "endpoint": route.endpoint}


def _definition_view(definition: TaskDefinition) -> View:
    platform, main = definition.runtime_platform, find_main(definition)
    return {
        "executionRoleArn": definition.execution_role_arn,
        "taskRoleArn": definition.task_role_arn,
        "cpu": definition.cpu,
        "memory": definition.memory,
        "cpuArchitecture": None if platform is None else platform.cpu_architecture,
        "primaryContainer": None if main is None else _container_view(main),
    }


def _container_view(container: ContainerDefinition) -> View:
    logging = container.log_configuration
    options = {} if logging is None else logging.options or {}
    credentials = container.repository_credentials
    view: View = {
        "image": container.image,
        "containerPort": next((each.container_port for each in container.port_mappings), None),
        "repositoryCredentials": None if credentials is None else lean(credentials),
        "command": container.command,
        "environment": [lean(pair) for pair in container.environment],
        "secrets": [lean(secret) for secret in container.secrets],
    }
    if "awslogs-group" in options:
        view["awsLogsConfiguration"] = {
            "logGroup": options["awslogs-group"],
            "logStreamPrefix": options.get("awslogs-stream-prefix", ""),
        }
    return view


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPicture:
    """What was made for a service, as far as it is still there."""

    express: ExpressService
    route: IngressRoute
    balancer: LoadBalancer | None
    group: TargetGroup | None


def managed_view(picture: ManagedPicture, realm: Realm) -> View:
    route, log_group = picture.route, picture.express.log_group
    at = route.updated_at
    view: View = {
        "ingressPaths": [_managed_path_view(picture, realm)],
        "serviceSecurityGroups": [_group_view(route.service_group_id, realm, at)],
    }
    if log_group is not None:
        arn = realm.log_group_arn(log_group)
        view["logGroups"] = [{**_there(arn, at), "logGroupName": log_group}]
    return view


def _managed_path_view(picture: ManagedPicture, realm: Realm) -> View:
    route, balancer, group = picture.route, picture.balancer, picture.group
    at = route.updated_at
    view: View = {
        **_path_view(route),
        "loadBalancerSecurityGroups": [_group_view(route.balancer_group_id, realm, at)],
        "certificate": {**_there(route.certificate_arn, at), "domainName": route.endpoint},
        "listener": _there(route.listener_arn, at),
        "rule": _there(route.rule_arn, at),
        "targetGroups": [],
    }
    if balancer is not None:
        view["loadBalancer"] = {
            "arn": balancer.arn,
            "status": _STATES[balancer.state],
            "statusReason": balancer.state_reason,
            "updatedAt": at,
            "scheme": balancer.scheme,
            "subnetIds": [mapping.subnet_id for mapping in balancer.subnets],
            "securityGroupIds": balancer.security_groups,
        }
    if group is not None:
        view["targetGroups"] = [
            {
                **_there(group.arn, at),
                "healthCheckPath": group.health_check.path or "/",
                "healthCheckPort": group.port,
                "port": group.port,
            }
        ]
    return view


def _group_view(group_id: str, realm: Realm, at: Timestamp) -> View:
    return _there(realm.arn("ec2", f"security-group/{group_id}"), at)


def _there(arn: str, at: Timestamp) -> View:
    return {"arn": arn, "status": "ACTIVE", "updatedAt": at}
