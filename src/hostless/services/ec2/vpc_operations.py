"""The rows of the table of EC2 operations that are about VPCs, subnets and the account."""

from typing import Any

from hostless.services.ec2 import requests
from hostless.services.ec2.vpcs import Vpcs
from hostless.services.operation import Operation
from hostless.store.store import Store


def vpc_operations(store: Store) -> tuple[Operation[Any], ...]:
    vpcs = Vpcs(store)
    return (
        Operation(name="DescribeVpcs", request=requests.DescribeVpcs, perform=vpcs.describe_vpcs),
        Operation(
            name="DescribeSubnets",
            request=requests.DescribeSubnets,
            perform=vpcs.describe_subnets,
        ),
        Operation(
            name="DescribeAvailabilityZones",
            request=requests.DescribeAvailabilityZones,
            perform=vpcs.describe_zones,
        ),
    )
