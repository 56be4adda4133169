"""The table of EC2 operations: VPCs and what is in them, and volumes."""

from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests
from hostless.services.ec2.acl_operations import acl_operations
from hostless.services.ec2.address_operations import address_operations
from hostless.services.ec2.endpoint_operations import endpoint_operations
from hostless.services.ec2.gateway_operations import gateway_operations
from hostless.services.ec2.interfaces import NetworkInterfaces
from hostless.services.ec2.prefix_list_operations import prefix_list_operations
from hostless.services.ec2.requests_security_groups import ChangeTags, DescribeTags
from hostless.services.ec2.route_table_operations import route_table_operations
from hostless.services.ec2.security_group_operations import security_group_operations
from hostless.services.ec2.tags import Tags
from hostless.services.ec2.volume_operations import volume_operations
from hostless.services.ec2.vpc_operations import vpc_operations
from hostless.services.operation import Operation, ServiceApi
from hostless.store.store import Store


def ec2_api(store: Store, ids: Ids, settings: Settings) -> ServiceApi:
    interfaces, tags = NetworkInterfaces(store), Tags(store)
    return ServiceApi(
        name="ec2",
        validation_style="EC2",
        operations=(
            *vpc_operations(store, ids, settings),
            Operation(
                name="DescribeNetworkInterfaces",
                request=requests.DescribeNetworkInterfaces,
                perform=interfaces.describe,
            ),
            Operation(
                name="DescribeNetworkInterfaceAttribute",
                request=requests.DescribeNetworkInterfaceAttribute,
                perform=interfaces.describe_attribute,
            ),
            Operation(
                name="ModifyNetworkInterfaceAttribute",
                request=requests.ModifyNetworkInterfaceAttribute,
                perform=interfaces.modify,
                always_refused="every network interface is managed by Fargate, as AWS has it too",
            ),
            Operation(name="CreateTags", request=ChangeTags, perform=tags.create),
            Operation(name="DeleteTags", request=ChangeTags, perform=tags.delete),
            Operation(name="DescribeTags", request=DescribeTags, perform=tags.describe),
            *security_group_operations(store, ids),
            *acl_operations(store, ids, settings.api_limits.quotas),
            *prefix_list_operations(store, ids),
            *route_table_operations(store, ids, settings.api_limits.quotas),
            *endpoint_operations(store, ids),
            *volume_operations(store, ids),
            *gateway_operations(store, ids, settings.api_limits.quotas),
            *address_operations(store, ids, settings.api_limits.quotas),
        ),
    )
