"""Requests and answers of EC2's security group API, for tests through a real client."""

from typing import Any

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]


def port(number: int, **others: Any) -> dict[str, Any]:
    """An IpPermission for one TCP port."""
    return {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, **others}


def group_shown(ec2: Any, group: str) -> dict[str, Any]:
    """As DescribeSecurityGroups shows it."""
    found: dict[str, Any] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return found
