"""Where tasks may be put: subnets and security groups that exist, in one VPC.

RunTask and the services share it. Sentences are AWS's own, except where a comment says "our words".
"""

from hostless.domain.arns import SecurityGroupId, SubnetId, VpcId
from hostless.domain.errors import InvalidParameter
from hostless.domain.network import Subnet
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Placement
from hostless.services.ecs.requests_tasks import AwsVpcConfiguration, NetworkConfiguration
from hostless.store.kinds import SECURITY_GROUPS, SUBNETS, VPCS
from hostless.store.store import Store

_MOST_SUBNETS = 16
_MOST_GROUPS = 5


def placement_of(
    store: Store, definition: TaskDefinition, network: NetworkConfiguration | None
) -> Placement:
    """The places that the caller allows. Raises InvalidParameter."""
    asked = None if network is None else network.awsvpc_configuration
    if asked is None:
        raise InvalidParameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if definition.network_mode != "awsvpc":
        raise InvalidParameter(
            "Network Configuration is not valid for the given networkMode of this task definition."
        )
    if asked.assign_public_ip not in (None, "ENABLED", "DISABLED"):
        raise InvalidParameter("assignPublicIp should be one of [ENABLED,DISABLED]")
    subnets = _subnets(store, asked)
    return Placement(
        subnets=tuple(subnet.id for subnet in subnets),
        security_groups=_groups(store, asked, subnets[0].vpc_id),
        assigns_public_ip=asked.assign_public_ip == "ENABLED",
    )


def _subnets(store: Store, asked: AwsVpcConfiguration) -> list[Subnet]:
    names = tuple(dict.fromkeys(asked.subnets))
    if not names:
        raise InvalidParameter("subnets can not be empty.")
    if len(names) > _MOST_SUBNETS:
        raise InvalidParameter(f"subnets can have at most {_MOST_SUBNETS} items.")
    found = []
    for name in names:
        subnet = store.get(SUBNETS, SubnetId(name))
        if subnet is None:
            raise InvalidParameter(
                f"Error retrieving subnet information for [{', '.join(names)}]: "
                f"The subnet ID '{name}' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
            )
        found.append(subnet)
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise InvalidParameter("Subnets must belong to the same VPC.")  # our words
    vpc = store.get(VPCS, found[0].vpc_id)
    if vpc is not None and vpc.tenancy != "default":
        # our words
        raise InvalidParameter(
            f"The VPC '{vpc.id}' has dedicated tenancy, which Fargate does not support."
        )
    return found


def _groups(store: Store, asked: AwsVpcConfiguration, vpc_id: VpcId) -> tuple[SecurityGroupId, ...]:
    names = tuple(dict.fromkeys(asked.security_groups))
    if len(names) > _MOST_GROUPS:
        raise InvalidParameter(f"securityGroups can have at most {_MOST_GROUPS} items.")
    for name in names:
        group = store.get(SECURITY_GROUPS, name)
        if group is None:
            raise InvalidParameter(
                f"Error retrieving security group information for [{', '.join(names)}]: "
                f"The security group '{name}' does not exist (ErrorCode: InvalidGroup.NotFound)"
            )
        if group.vpc_id != vpc_id:
            raise InvalidParameter(
                f"Security group {name} does not appear to belong to the same VPC as the "
                "input subnets."
            )
    if names:
        return tuple(SecurityGroupId(name) for name in names)
    own = store.find(SECURITY_GROUPS, "vpc", vpc_id)
    return tuple(group.id for group in own if group.name == "default")


def default_subnets(store: Store) -> tuple[Subnet, ...]:
    """Of the default VPC, one in each zone. Raises InvalidParameter."""
    default = {vpc.id for vpc in store.all(VPCS) if vpc.is_default}
    found = tuple(
        subnet
        for subnet in store.all(SUBNETS)
        if subnet.vpc_id in default and subnet.is_default_for_zone
    )
    if not found:
        raise InvalidParameter("No default VPC or subnets found")
    return found
