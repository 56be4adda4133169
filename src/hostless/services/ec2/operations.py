"""The table of EC2 operations: VPCs and what is in them."""

from hostless.kit.ids import Ids
from hostless.services.ec2 import requests
from hostless.services.ec2.interfaces import NetworkInterfaces
from hostless.services.ec2.security_group_operations import security_group_operations
from hostless.services.ec2.vpcs import Vpcs
from hostless.services.operation import Operation, ServiceApi
from hostless.store.store import Store


def ec2_api(store: Store, ids: Ids) -> ServiceApi:
    vpcs, interfaces = Vpcs(store), NetworkInterfaces(store)
    return ServiceApi(
        name="ec2",
        validation_style="EC2",
        operations=(
            Operation(
                name="DescribeVpcs", request=requests.DescribeVpcs, perform=vpcs.describe_vpcs
            ),
            Operation(
                name="DescribeSubnets",
                request=requests.DescribeSubnets,
                perform=vpcs.describe_subnets,
            ),
            Operation(
                name="DescribeNetworkInterfaces",
                request=requests.DescribeNetworkInterfaces,
                perform=interfaces.describe,
            ),
            Operation(
                name="DescribeAvailabilityZones",
                request=requests.DescribeAvailabilityZones,
                perform=vpcs.describe_zones,
            ),
            *security_group_operations(store, ids),
        ),
    )
