"""The target groups that tasks of an ECS service are registered with.

Sentences are AWS's own, except where a comment says "our words".
"""

from hostless.domain.errors import InvalidParameter
from hostless.domain.services import ServiceLoadBalancer
from hostless.services.ecs.requests_services import LoadBalancer
from hostless.store.balancing import load_balancers_of
from hostless.store.kinds import TARGET_GROUPS
from hostless.store.store import Store


def targets_of(asked: tuple[LoadBalancer, ...]) -> tuple[ServiceLoadBalancer, ...]:
    """Raises InvalidParameter for what names no target."""
    return tuple(_target(balancer) for balancer in asked)


def check_target_groups(store: Store, targets: tuple[ServiceLoadBalancer, ...]) -> None:
    """Each group takes addresses, and a load balancer sends to it. Raises InvalidParameter."""
    for target in targets:
        arn = target.target_group_arn
        group = store.get(TARGET_GROUPS, arn)
        if group is None:
            raise InvalidParameter(
                "Unable to assume role and validate the specified targetGroupArn. Please verify "
                "that the ECS service role being passed has the proper permissions."
            )
        if group.target_type != "ip":
            raise InvalidParameter(
                f"The provided target group {arn} has target type {group.target_type}, which is "
                "incompatible with the awsvpc network mode specified in the task definition."
            )
        if not load_balancers_of(store, arn):
            raise InvalidParameter(
                f"The target group with targetGroupArn {arn} does not have an associated load "
                "balancer."
            )


def _target(asked: LoadBalancer) -> ServiceLoadBalancer:
    if asked.load_balancer_name and asked.target_group_arn:
        raise InvalidParameter("loadBalancerName and targetGroupArn cannot both be specified.")
    if asked.load_balancer_name:
        raise InvalidParameter("Classic Load Balancers are not supported with Fargate.")
    if not asked.target_group_arn:
        raise InvalidParameter("targetGroupArn can not be blank.")  # our words
    if not asked.container_name:
        raise InvalidParameter("containerName can not be blank.")  # our words
    if asked.container_port is None:
        raise InvalidParameter("containerPort can not be blank.")  # our words
    return ServiceLoadBalancer(
        target_group_arn=asked.target_group_arn,
        container_name=asked.container_name,
        container_port=asked.container_port,
    )
