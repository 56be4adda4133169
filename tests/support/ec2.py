"""What tests of EC2's API through a real client share."""

from dataclasses import replace
from typing import Any

from tests.support.api_world import EPOCH, World

from hostless.domain.arns import NetworkInterfaceId, TaskArn
from hostless.domain.network import NetworkInterface
from hostless.store.kinds import NETWORK_INTERFACES

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]


def port(number: int, **others: Any) -> dict[str, Any]:
    """An IpPermission for one TCP port."""
    return {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, **others}


def group_shown(ec2: Any, group: str) -> dict[str, Any]:
    """As DescribeSecurityGroups shows it."""
    found: dict[str, Any] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return found


async def put_interface(world: World, **changes: Any) -> NetworkInterface:
    """What the task controller would have made for a task in the first default subnet."""
    subnet = world.network.subnets[0]
    interface = NetworkInterface(
        id=NetworkInterfaceId("eni-0123456789abcdef0"),
        attachment_id="a-b-c",
        task_arn=TaskArn("arn:aws:ecs:us-east-1:000000000000:task/default/x"),
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        zone=subnet.zone,
        address="172.31.0.10",
        prefix_length=20,
        gateway="172.31.0.1",
        mac_address="0a:00:00:00:00:01",
        private_dns_name="ip-172-31-0-10.ec2.internal",
        security_groups=(world.network.parts.security_group.id,),
        created_at=EPOCH,
    )
    interface = replace(interface, **changes)
    transaction = world.store.transaction("test")
    transaction.put(NETWORK_INTERFACES, interface)
    await transaction.commit()
    return interface
