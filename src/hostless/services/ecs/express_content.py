"""What an Express service is to be: from what a caller says, checked, to the parts of a revision.

Making and changing share it. Sentences are AWS's own, except where a comment says "our words".
"""

from dataclasses import replace

from hostless.domain.arns import SecurityGroupId
from hostless.domain.clusters import Cluster
from hostless.domain.errors import InvalidParameter
from hostless.domain.express_services import (
    MAIN,
    ScalingTarget,
    check_of_path,
    main_port,
    scaling_refusal,
)
from hostless.domain.ingress import IngressRoute
from hostless.domain.network import Subnet
from hostless.domain.new_service import RevisionContent
from hostless.domain.services import ServiceLoadBalancer
from hostless.domain.target_group_rules import BadTargetGroup
from hostless.domain.target_groups import TargetCheck
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement
from hostless.kit.either import either
from hostless.services.ecs.launch_network import default_subnets, placement_of
from hostless.services.ecs.launch_platform import LATEST, AskedLaunch
from hostless.services.ecs.requests_express import GivenNetwork, GivenScaling
from hostless.services.ecs.requests_tasks import AwsVpcConfiguration, NetworkConfiguration
from hostless.services.ecs.revision_content import Machine, Wish, content_of_wish
from hostless.store.kinds import SUBNETS
from hostless.store.network_records import is_public_subnet
from hostless.store.store import Store

_MOST_GROUPS = 4
"""A network interface has five at most, and one is the route's."""


def checked_path(path: str, before: TargetCheck | None = None) -> TargetCheck:
    """Raises InvalidParameter."""
    try:
        return check_of_path(path, before)
    except BadTargetGroup as error:
        raise InvalidParameter(str(error)) from error


def scaling_of(asked: GivenScaling | None, before: ScalingTarget) -> ScalingTarget:
    """What is not named stays. Raises InvalidParameter."""
    if asked is None:
        return before
    after = ScalingTarget(
        min_task_count=either(asked.min_task_count, before.min_task_count),
        max_task_count=either(asked.max_task_count, before.max_task_count),
        auto_scaling_metric=either(asked.auto_scaling_metric, before.auto_scaling_metric),
        auto_scaling_target_value=either(
            asked.auto_scaling_target_value, before.auto_scaling_target_value
        ),
    )
    refusal = scaling_refusal(after)
    if refusal is not None:
        raise InvalidParameter(refusal)
    return after


def placement_for(store: Store, definition: TaskDefinition, asked: GivenNetwork) -> Placement:
    """Where tasks may be, with the caller's security groups only; the default VPC's subnets when
    he names none. Raises InvalidParameter."""
    if len(asked.security_groups) > _MOST_GROUPS:
        raise InvalidParameter(f"securityGroups can have at most {_MOST_GROUPS} items.")
    awsvpc = AwsVpcConfiguration(
        subnets=asked.subnets or tuple(each.id for each in default_subnets(store)),
        security_groups=asked.security_groups,
    )
    network = NetworkConfiguration(awsvpc_configuration=awsvpc)
    placement = placement_of(store, definition, network)
    is_public = all(is_public_subnet(store, subnet) for subnet in subnets_of(store, placement))
    return replace(
        placement,
        security_groups=tuple(SecurityGroupId(id_) for id_ in dict.fromkeys(asked.security_groups)),
        assigns_public_ip=is_public,
    )


def subnets_of(store: Store, placement: Placement) -> tuple[Subnet, ...]:
    found = (store.get(SUBNETS, id_) for id_ in placement.subnets)
    return tuple(subnet for subnet in found if subnet is not None)


def content_for(
    cluster: Cluster,
    definition: TaskDefinition,
    placement: Placement,
    route: IngressRoute,
    machine: Machine,
) -> RevisionContent:
    """placement: with the caller's security groups; the route's is added.

    Raises InvalidParameter, UnsupportedFeature, PlatformUnknown, PlatformIncompatible.
    """
    target = ServiceLoadBalancer(
        target_group_arn=route.target_group_arn,
        container_name=MAIN,
        container_port=main_port(definition),
    )
    groups = (route.service_group_id, *placement.security_groups)
    wish = Wish(
        cluster=cluster,
        definition=definition,
        launch=AskedLaunch(
            launch_type="FARGATE",
            capacity_provider_strategy=(),
            platform_version=LATEST,
            enable_execute_command=False,
        ),
        placement=replace(placement, security_groups=groups),
        load_balancers=(target,),
    )
    return content_of_wish(wish, machine)
