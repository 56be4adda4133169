"""Network ACLs for tests through a real client: what is shown, and a VPC beside the default one."""

from collections.abc import Callable
from typing import Any

from tests.support.api_world import World, refusal

from hostless.domain.arns import VpcId
from hostless.domain.network import Ipv6Range, Vpc
from hostless.store.kinds import VPCS

NOWHERE = "acl-0000000000000dead"


def shown(ec2: Any, acl: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]
    return found


def ids(ec2: Any, name: str, *values: str) -> list[str]:
    found = ec2.describe_network_acls(Filters=[{"Name": name, "Values": list(values)}])
    return [each["NetworkAclId"] for each in found["NetworkAcls"]]


def is_dry(call: Callable[..., Any], **members: Any) -> bool:
    return refusal(call, DryRun=True, **members)[0] == "DryRunOperation"


async def put_ipv6_vpc(world: World) -> str:
    """With IPv6."""
    vpc = Vpc(
        id=VpcId("vpc-0000000000000beef"),
        cidr_block="10.0.0.0/16",
        ipv6=Ipv6Range(association_id="vpc-cidr-assoc-1", cidr_block="fd00:1::/56"),
    )
    transaction = world.store.transaction("test")
    transaction.put(VPCS, vpc)
    await transaction.commit()
    return vpc.id
